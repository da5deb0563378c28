"""Findings and figures as HTML tables, each in a region that scrolls by itself and stacks on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlgate.frozen import dataclass
from mlgate.records.decision import Finding
from mlgate.records.words import Level, Rule, Verdict
from mlgate.render.figures import count, interval, margin_text, number, plural
from mlgate.render.forest_rows import row_label
from mlgate.render.groups import Group, left_out, most_telling, urgent_first
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.plain import clip
from mlgate.render.terms import Terms, unit_in, worth
from mlgate.render.words import (
    brief_p,
    common_decimals,
    enough_decimals,
    kind,
    level_of,
    limit_of,
    shares_of,
    value_decimals,
    verdict_words,
)

__all__ = ["Column", "check_table", "fold", "gap_tables", "group_table", "left_note", "outcome", "remaining", "table"]


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


def left_note(findings: Sequence[Finding], shown: Sequence[Finding]) -> Markup | None:
    """How many findings are not in the table, and where they are; None when all are."""
    said = left_out(findings, shown)
    return tag("p", {"class": "note"}, f"{said}.") if said else None


def remaining(every: int, shown: int, one: str, many: str = "") -> Markup | None:
    """How many rows of something else than findings are not in the table; None when all are."""
    if every <= shown:
        return None
    said = plural(every - shown, f"more {one}", f"more {many or f'{one}s'}")
    return tag("p", {"class": "note"}, f"{said} in decision.json.")


def group_table(group: Group, limit: int, terms: Terms) -> Markup:
    """The figures behind one forest plot, at most ``limit`` rows: what blocks, then the worst; the rest is counted."""
    shown = most_telling(group.findings, limit)
    extras = _extras(shown)
    rows = [_group_row(finding, group.paired, extras, terms) for finding in shown]
    unit = unit_in(group.findings[0], terms)
    caption = f"{clip(group.metric, 80)}{f', {unit.name}' if unit.name else ''}"
    if group.rule is Rule.UNCHANGED:
        caption += f"; the change is challenger less {group.than}" if group.paired else ""
    elif group.paired:
        caption += "; improvement is turned so that positive is better for the challenger"
    share = shares_of(group.findings)
    caption += f"; margins are {share}" if share else ""
    columns = _group_columns(group, extras, terms)
    return join([table(caption, columns, rows, classes="tight"), left_note(group.findings, shown)])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Extras:
    """Columns that only some groups need."""

    counted: bool
    bounded: bool
    adjusted: bool
    worth: bool
    #: decimals of the columns, where the metric's unit does not say.
    decimals: int | None


def _extras(shown: Sequence[Finding]) -> _Extras:
    return _Extras(
        counted=any(finding.gained is not None for finding in shown),
        bounded=any(finding.bound is not None for finding in shown),
        adjusted=any(finding.adjusted_p is not None for finding in shown),
        worth=any(worth(finding) for finding in shown),
        decimals=common_decimals(shown),
    )


def _group_columns(group: Group, extras: _Extras, terms: Terms) -> list[Column]:
    titles = ["Rows"]
    titles += [f"{terms.units.capitalize() or 'Units'} (worth)"] if extras.worth else []
    titles += ["Newly wrong / right"] if extras.counted else []
    titles += [group.than.capitalize(), "Challenger", _change(group)] if group.paired else ["Challenger"]
    titles += [f"{terms.sure} interval", "Bound" if extras.bounded else "Margin"]
    titles += ["Adjusted p"] if extras.adjusted else []
    titles += ["Smallest detect\u00adable", "Would decide"] if group.paired else []
    figures = [Column(title=title, figures=True) for title in titles]
    return [Column(title="Slice"), Column(title="Level"), *figures, Column(title="Verdict")]


def _change(group: Group) -> str:
    return "Change" if group.rule is Rule.UNCHANGED else "Improve\u00adment"


def _group_row(finding: Finding, paired: bool, extras: _Extras, terms: Terms) -> list[Child]:
    unit, common = unit_in(finding, terms), extras.decimals
    decimals, whole = enough_decimals(finding, common), value_decimals(finding, common)
    cells: list[Child] = [clip(row_label(finding), 120), level_of(finding), count(finding.rows)]
    if extras.worth:
        cells.append(f"{count(finding.units)} ({worth(finding) or '–'})")
    if extras.counted:
        cells.append("–" if finding.gained is None else f"{count(finding.lost)} / {count(finding.gained)}")
    challenger = number(finding.challenger.value, unit, decimals=whole) if finding.challenger else "–"
    limit = limit_of(finding, unit, common)
    if paired:
        gain = finding.improvement
        cells += [
            number(finding.champion.value, unit, decimals=whole) if finding.champion else "–",
            challenger,
            number(gain.value, unit, signed=True, decimals=decimals) if gain else "–",
            interval(gain, unit, decimals=decimals),
            limit,
        ]
    else:
        cells += [challenger, interval(finding.challenger, unit, signed=False, decimals=whole), limit]
    cells += [brief_p(finding.adjusted_p)] if extras.adjusted else []
    cells += [_smallest(finding, terms, whole), count(finding.rows_to_decide)] if paired else []
    return cells + [outcome(finding, short=True)]


def _smallest(finding: Finding, terms: Terms, decimals: int | None) -> str:
    value = finding.smallest_detectable
    if value is None or not math.isfinite(value):
        return "–"
    return number(value, unit_in(finding, terms), decimals=decimals)


def gap_tables(findings: Sequence[Finding], limit: int, terms: Terms) -> list[Markup]:
    """Gaps between groups, a table per question: of both models, and how much the challenger narrows or widens them."""
    questions: dict[tuple[str, Rule | None, Level], list[Finding]] = {}
    for finding in findings:
        questions.setdefault((finding.metric, finding.rule, finding.level), []).append(finding)
    return [_gap_table(tuple(asked), limit, terms) for asked in questions.values()]


def _gap_table(findings: tuple[Finding, ...], limit: int, terms: Terms) -> Markup:
    first, shown = findings[0], most_telling(findings, limit)
    unit, paired = unit_in(first, terms), first.bound is None
    figures = ("Champion", "Challenger", "Improvement", f"{terms.sure} interval", "Margin" if paired else "Bound")
    columns = [
        Column(title=f"Gap in {clip(first.metric.removesuffix('_gap'), 80) or 'rates'}"),
        *(Column(title=title, figures=True) for title in figures),
    ]
    rows: list[list[Child]] = []
    for finding in shown:
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
    return join([table(caption, [*columns, Column(title="Verdict")], rows), left_note(findings, shown)])


def check_table(caption: str, findings: Sequence[Finding], limit: int) -> Markup:
    """Checks and tests: what was asked, what was seen, and the verdict; what blocks comes first."""
    ordered = urgent_first(findings)
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
    return join([table(caption, columns, rows), left_note(findings, shown)])
