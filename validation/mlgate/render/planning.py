"""Sections about what the rows can tell at all: which requirements they decide, and how often they were asked before.

Each takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.render.exhibits import Cell, figure, overused, rows_of, word
from mlgate.render.figures import Unit, count, margin_text, number, plural, significant, significant_decimals
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip
from mlgate.render.prose import lead, section_of
from mlgate.render.tables import Column, fold, remaining, table
from mlgate.render.telling import power_rows, power_said
from mlgate.render.terms import Terms, terms_of

__all__ = ["power", "uses"]

#: Requirements in the open; the others are in a fold.
_OPEN = 6


def power(decision: Decision, limit: int) -> Markup | None:
    """What these rows can decide: per requirement the smallest regression seen, and the margin that they resolve."""
    ordered = power_rows(decision)
    if not ordered:
        return None
    terms = terms_of(decision)
    first, rest = ordered[:_OPEN], ordered[_OPEN:limit]
    listed = {word(row, "title") for row in ordered}
    others = sum(_detectable(finding) and finding.title not in listed for finding in decision.findings)
    note = (
        "The smallest loss seen is the one that is declared a fail with 80 % power. To plan before anyone trains: "
        "mlgate power."
    )
    return section_of(
        "power",
        "What these rows can decide",
        lead(
            f"{power_said(decision)} “Decides” means that an equal challenger would pass with 80 % power; one that is "
            "clearly better or worse is decided on fewer rows."
        ),
        _power_table(first, terms),
        fold(f"{plural(len(rest), 'more requirement')}", _power_table(rest, terms)) if rest else None,
        remaining(len(ordered), max(limit, _OPEN), "requirement"),
        tag("p", {"class": "note"}, note + _unlisted(others)),
    )


def _detectable(finding: Finding) -> bool:
    return finding.smallest_detectable is not None and math.isfinite(finding.smallest_detectable)


def _power_table(found: Sequence[Mapping[str, Cell]], terms: Terms) -> Markup:
    figures = ("Rows", "Margin or bound", "Smallest loss seen", "Rows that would decide", "Margin these rows resolve")
    columns = [Column(title="Requirement"), *(Column(title=title, figures=True) for title in figures)]
    caption = "Figures as in the tables of each metric; what cannot be decided comes first"
    return table(caption, [*columns, Column(title="Decides")], [_power_row(row, terms) for row in found])


def _unlisted(others: int) -> str:
    if not others:
        return ""
    verb = "is" if others == 1 else "are"
    return (
        f" {plural(others, 'more finding')} {verb} not listed here: the same figures stand in the table of the metric."
    )


def _power_row(row: Mapping[str, Cell], terms: Terms) -> list[Child]:
    unit = unit_of(word(row, "metric"), terms.currency)
    decides, needed, margin = (figure(row, name) for name in ("decides", "rows_to_decide", "margin"))
    smallest, proposed = figure(row, "smallest_detectable"), figure(row, "proposed_margin")
    answer = ("unsure", "not yet") if decides == 0 else ("pass", "yes")
    return [
        clip(word(row, "title"), 200),
        count(figure(row, "rows")),
        (
            _own(margin, unit)
            if unit.decimals is None and len(margin_text(margin, unit)) > 5
            else margin_text(margin, unit)
        ),
        _own(smallest, unit),
        significant(needed) if math.isfinite(needed) else "none would",
        _own(proposed, unit),
        join([icon(answer[0]), f" {answer[1]}"]) if math.isfinite(decides) else "depends on the gain",
    ]


def _own(value: float, unit: Unit) -> str:
    """A figure in its metric's unit, in three digits where that is a unit of its own."""
    if not math.isfinite(value):
        return "–"
    return number(value, unit, decimals=significant_decimals(abs(value)) if unit.decimals is None else None)


def uses(decision: Decision, limit: int) -> Markup | None:
    """How often each data set has been used to decide, against its budget."""
    found = rows_of(decision, "uses", ("dataset", "uses", "budget"))
    if not found:
        return None
    rows: list[list[Child]] = [
        [
            clip(word(row, "dataset").replace("_", " "), 80),
            count(figure(row, "uses")),
            count(figure(row, "budget")),
            join([icon("look"), " over budget"]) if figure(row, "uses") > figure(row, "budget") else "within budget",
        ]
        for row in found[:limit]
    ]
    said = (
        "Each decision on the same rows spends a little of their worth, because the challengers that are kept are also "
        "those that were lucky on them."
    )
    columns = [Column(title="Data set"), Column(title="Decisions so far", figures=True)]
    columns += [Column(title="Budget", figures=True), Column(title="State")]
    return section_of(
        "uses",
        "How often these rows have decided",
        lead(said),
        *(
            tag("p", {}, icon("look"), " ", tag("b", {"class": "accent"}, name), said)
            for name, said in overused(decision)
        ),
        table("From the ledger; the budget is uses in mlgate.yaml", columns, rows),
        remaining(len(found), limit, "data set"),
    )
