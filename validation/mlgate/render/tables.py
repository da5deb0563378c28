"""Findings and figures as HTML tables, each in a region that scrolls by itself and stacks on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlgate.records.decision import Finding
from mlgate.records.words import Verdict
from mlgate.render.forest_rows import row_label
from mlgate.render.groups import Group, left_out, most_telling, urgent_first
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.words import (
    clip,
    count,
    enough_decimals,
    interval,
    kind,
    level_of,
    margin_text,
    number,
    p_value,
    unit_of,
    verdict_words,
)

__all__ = ["Column", "check_table", "fold", "gap_tables", "group_table", "outcome", "table"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """Heading of a column, and whether it holds figures."""

    title: str
    figures: bool = False


def table(
    caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Child]], *, classes: str = "stack"
) -> Markup:
    """A table whose first column names the rows.

    Parameters
    ----------
    caption
        What the table holds and in which unit.
    columns
        One heading per column.
    rows
        One cell per column; plain strings are escaped.
    classes
        ``stack`` for tables that become lists on a phone, ``tight`` for those that scroll sideways.
    """
    head = [tag("th", {"scope": "col", "class": "n" if column.figures else None}, column.title) for column in columns]
    body = [_table_row(columns, row, classes == "stack") for row in rows]
    content = tag(
        "table",
        {"class": classes},
        tag("caption", {}, caption),
        tag("thead", {}, tag("tr", {}, *head)),
        tag("tbody", {}, *body),
    )
    return tag("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption}, content)


def _table_row(columns: Sequence[Column], row: Sequence[Child], labelled: bool) -> Markup:
    cells = [tag("th", {"scope": "row"}, row[0])]
    for column, cell in zip(columns[1:], row[1:]):
        label = column.title if labelled else None
        cells.append(tag("td", {"class": "n" if column.figures else None, "data-l": label}, cell))
    return tag("tr", {}, *cells)


def fold(summary: str, *content: Child, opened: bool = False) -> Markup:
    """Content that opens on demand, and in print."""
    return tag("details", {"open": "" if opened else None}, tag("summary", {}, summary), *content)


def outcome(finding: Finding, *, short: bool = False) -> Markup:
    """Sign and word of a finding."""
    accent = {"class": "accent"} if kind(finding) in ("fail", "look") else {}
    return join([icon(kind(finding)), tag("span", accent, f" {clip(verdict_words(finding, short=short), 120)}")])


def _left_out(findings: Sequence[Finding], shown: Sequence[Finding]) -> Markup | None:
    said = left_out(findings, shown)
    return tag("p", {"class": "note"}, f"{said}.") if said else None


def _smallest(finding: Finding) -> str:
    value = finding.smallest_detectable
    return "–" if value is None or not math.isfinite(value) else number(value, unit_of(finding.metric))


def group_table(group: Group, limit: int, sure: str) -> Markup:
    """All figures behind one forest plot; ``sure`` is the confidence of the intervals, such as "95 %"."""
    shown = most_telling(group.findings, limit)
    unit = unit_of(group.metric)
    counted = any(finding.gained is not None for finding in shown)
    bounded = any(finding.bound is not None for finding in shown)
    adjusted = any(finding.adjusted_p is not None for finding in shown)
    columns = [Column(title="Slice"), Column(title="Level"), Column(title="Rows", figures=True)]
    columns += [Column(title="Newly wrong / right", figures=True)] if counted else []
    titles = (
        ["Champion", "Challenger", "Improve\u00adment", f"{sure} interval"]
        if group.paired
        else ["Challenger", f"{sure} interval"]
    )
    titles += ["Bound" if bounded else "Margin"]
    titles += ["Adjusted p"] if adjusted else []
    titles += ["Smallest detect\u00adable", "Would decide"] if group.paired else []
    columns += [Column(title=title, figures=True) for title in titles] + [Column(title="Verdict")]
    rows = [_group_row(finding, group.paired, counted, adjusted) for finding in shown]
    caption = f"{clip(group.metric, 80)}{f', {unit.name}' if unit.name else ''}"
    caption += "; improvement is turned so that positive is better for the challenger" if group.paired else ""
    return join([table(caption, columns, rows, classes="tight"), _left_out(group.findings, shown)])


def _group_row(finding: Finding, paired: bool, counted: bool, adjusted: bool) -> list[Child]:
    unit, decimals = unit_of(finding.metric), enough_decimals(finding)
    cells: list[Child] = [clip(row_label(finding), 120), level_of(finding), count(finding.rows)]
    if counted:
        cells.append("–" if finding.gained is None else f"{count(finding.lost)} / {count(finding.gained)}")
    challenger = number(finding.challenger.value, unit) if finding.challenger else "–"
    limit = margin_text(finding.margin if finding.bound is None else finding.bound, unit)
    if paired:
        gain = finding.improvement
        cells += [
            number(finding.champion.value, unit) if finding.champion else "–",
            challenger,
            number(gain.value, unit, signed=True, decimals=decimals) if gain else "–",
            interval(gain, unit, decimals=decimals),
            limit,
        ]
    else:
        cells += [challenger, interval(finding.challenger, unit, signed=False), limit]
    cells += [p_value(finding.adjusted_p)] if adjusted else []
    cells += [_smallest(finding), count(finding.rows_to_decide)] if paired else []
    return cells + [outcome(finding, short=True)]


def gap_tables(findings: Sequence[Finding], sure: str) -> list[Markup]:
    """Gaps between groups, a table per question: of both models, and how much the challenger narrows or widens them."""
    questions = dict.fromkeys((finding.metric, finding.rule, finding.level) for finding in findings)
    return [
        _gap_table([finding for finding in findings if (finding.metric, finding.rule, finding.level) == question], sure)
        for question in questions
    ]


def _gap_table(findings: Sequence[Finding], sure: str) -> Markup:
    first = findings[0]
    unit, paired = unit_of(first.metric), first.bound is None
    figures = ("Champion", "Challenger", "Improvement", f"{sure} interval", "Margin" if paired else "Bound")
    columns = [
        Column(title=f"Gap in {clip(first.metric.removesuffix('_gap'), 80) or 'rates'}"),
        *(Column(title=title, figures=True) for title in figures),
    ]
    rows: list[list[Child]] = []
    for finding in findings:
        decimals, gain = enough_decimals(finding), finding.improvement
        rows.append(
            [
                clip(finding.slice_title or finding.slice or finding.title, 160),
                number(finding.champion.value, unit, signed=True) if finding.champion else "–",
                number(finding.challenger.value, unit, signed=True) if finding.challenger else "–",
                number(gain.value, unit, signed=True, decimals=decimals) if gain else "–",
                interval(gain if paired else finding.challenger, unit, decimals=decimals),
                margin_text(finding.margin if paired else finding.bound, unit),
                outcome(finding),
            ]
        )
    asked = "may not widen by more than the margin" if paired else "must stay within the bound"
    caption = f"{first.level.capitalize()}: the gap {asked}{f'; {unit.name}' if unit.name else ''}"
    return table(caption, [*columns, Column(title="Verdict")], rows)


def check_table(caption: str, findings: Sequence[Finding], limit: int) -> Markup:
    """Checks and tests: what was asked, what was seen, and the verdict; what blocks comes first."""
    ordered = urgent_first(tuple(findings))
    shown = most_telling(ordered, limit)
    columns = [Column(title="Check"), Column(title="Seen"), Column(title="Level"), Column(title="Verdict")]
    rows: list[list[Child]] = [
        [
            clip(finding.title or finding.id, 240),
            clip(finding.reason, 320),
            level_of(finding) + (", blocks" if finding.blocking and finding.verdict is not Verdict.PASS else ""),
            outcome(finding, short=True),
        ]
        for finding in shown
    ]
    return join([table(caption, columns, rows), _left_out(findings, shown)])
