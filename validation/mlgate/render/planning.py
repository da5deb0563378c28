"""Sections about what the rows can tell at all: which requirements they decide, and how often they were asked before.

Each takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.records.decision import Decision
from mlgate.render.exhibits import Cell, figure, overused, rows_of, word
from mlgate.render.figures import count, margin_text, number, plural, significant
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.prose import lead, section_of
from mlgate.render.tables import Column, remaining, table
from mlgate.render.words import clip, unit_of

__all__ = ["power", "uses"]

_POWER = ("title", "metric", "margin", "rows", "smallest_detectable", "rows_to_decide", "decides", "proposed_margin")


def power(decision: Decision, limit: int) -> Markup | None:
    """What these rows can decide: per requirement the smallest regression seen, and the margin that they resolve."""
    found = rows_of(decision, "power", _POWER)
    if not found:
        return None
    ordered = sorted(found, key=_open_first)
    known = [row for row in found if math.isfinite(figure(row, "decides"))]
    able = sum(figure(row, "decides") > 0 for row in known)
    said = f"{count(able)} of {plural(len(known), 'requirement')} can be decided with these rows"
    said = said if known else "No requirement here has a margin that rows could resolve"
    columns = [Column(title="Requirement")] + [
        Column(title=title, figures=True)
        for title in ("Rows", "Margin", "Smallest regression seen", "Rows that would decide", "Margin these rows resolve")
    ]
    rows = [_power_row(row) for row in ordered[:limit]]
    listed = {word(row, "title") for row in found}
    others = sum(finding.smallest_detectable is not None and finding.title not in listed for finding in decision.findings)
    return section_of(
        "power",
        "What these rows can decide",
        lead(f"{said}: a challenger that is as good as the champion passes with 80 % power."),
        table(
            "In the units of the metric's tables; what cannot be decided comes first",
            [*columns, Column(title="Decides")],
            rows,
        ),
        remaining(len(ordered), limit, "requirement"),
        _unlisted(others),
        tag(
            "p",
            {"class": "note"},
            "The smallest regression seen is the one that is declared a fail with 80 % power. To plan before anyone "
            "trains: mlgate power.",
        ),
    )


def _unlisted(others: int) -> Markup | None:
    if not others:
        return None
    said = f"{plural(others, 'more finding')} on slices: the same figures stand in decision.json and, for the rows shown, "
    return tag("p", {"class": "note"}, f"{said}in the table of the metric.")


def _open_first(row: Mapping[str, Cell]) -> tuple[float, float]:
    decides, needed = figure(row, "decides"), figure(row, "rows_to_decide")
    have = figure(row, "rows")
    ratio = needed / have if have and math.isfinite(needed) else math.inf
    return (decides if math.isfinite(decides) else 0.5), -ratio


def _power_row(row: Mapping[str, Cell]) -> list[Child]:
    unit = unit_of(word(row, "metric"))
    decides, needed = figure(row, "decides"), figure(row, "rows_to_decide")
    smallest, proposed = figure(row, "smallest_detectable"), figure(row, "proposed_margin")
    answer = ("unsure", "not yet") if decides == 0 else ("pass", "yes")
    return [
        clip(word(row, "title"), 200),
        count(figure(row, "rows")),
        margin_text(figure(row, "margin"), unit),
        number(smallest, unit) if math.isfinite(smallest) else "–",
        significant(needed) if math.isfinite(needed) else "none would",
        number(proposed, unit) if math.isfinite(proposed) else "–",
        join([icon(answer[0]), f" {answer[1]}"]) if math.isfinite(decides) else "depends on the gain",
    ]


def uses(decision: Decision, limit: int) -> Markup | None:
    """How often each data set has been used to decide, against its budget."""
    found = rows_of(decision, "uses", ("dataset", "digest", "uses", "budget"))
    if not found:
        return None
    rows: list[list[Child]] = [
        [
            clip(word(row, "dataset").replace("_", " "), 80),
            count(figure(row, "uses")),
            count(figure(row, "budget")),
            join([icon("look"), " over budget"]) if figure(row, "uses") > figure(row, "budget") else "within budget",
            clip(word(row, "digest"), 100)[:19],
        ]
        for row in found[:limit]
    ]
    said = (
        "Each decision on the same rows spends a little of their worth, because the challengers that are kept are also "
        "those that were lucky on them."
    )
    columns = [Column(title="Data set"), Column(title="Decisions so far", figures=True)]
    columns += [Column(title="Budget", figures=True), Column(title="State"), Column(title="Digest")]
    return section_of(
        "uses",
        "How often these rows have decided",
        lead(said),
        *(tag("p", {}, icon("look"), " ", tag("b", {"class": "accent"}, warning)) for warning in overused(decision)),
        table("From the ledger; the budget is uses in mlgate.yaml", columns, rows),
        remaining(len(found), limit, "data set"),
    )
