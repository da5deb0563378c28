"""The section about what the models cost: both side by side, with the ratio, and what was asked of it.

Takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.records.decision import Decision, Finding
from mlgate.records.sizes import size_text
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import count
from mlgate.render.markup import Child, Markup, join, tag
from mlgate.render.plain import clip
from mlgate.render.prose import findings_of, lead, section_of, tallied
from mlgate.render.tables import Column, check_table, outcome, remaining, table

__all__ = ["ABOUT_COST", "model_cost"]

#: How the ids of these findings begin.
ABOUT_COST = "behaviour/cost/"
_NEEDED = ("name", "title", "unit", "champion", "challenger", "ratio", "ratio_low", "ratio_high")


def model_cost(decision: Decision, limit: int) -> Markup | None:
    """Time, memory and disk of both models."""
    findings = tuple(one for one in findings_of(decision, Section.BEHAVIOUR) if one.id.startswith(ABOUT_COST))
    rows = rows_of(decision, "model_cost", _NEEDED)
    if not findings and not rows:
        return None
    paired = any(math.isfinite(figure(row, "champion")) for row in rows)
    columns = [Column(title="Figure")] + [Column(title="Champion", figures=True)] * paired
    columns += [Column(title="Challenger", figures=True)] + [Column(title="Ratio", figures=True)] * paired
    columns += [Column(title="Measured", figures=True), Column(title="Finding")]
    shown = rows[:limit]
    said = "Measured by turns, in processes of their own, so that a busy machine is busy for both. "
    rest = [finding for finding in findings if _name(finding) not in {word(row, "name") for row in shown}]
    return section_of(
        "cost",
        "Cost of the models",
        lead(said + (tallied(findings) if findings else "Nothing is asked of it.")),
        table(
            "Figures with intervals; ratio: challenger over champion",
            columns,
            [_row(row, findings, paired) for row in shown],
        ),
        remaining(len(rows), limit, "figure"),
        check_table("Other findings about cost", rest, limit) if rest else None,
    )


def _name(finding: Finding) -> str:
    return finding.id.removeprefix(ABOUT_COST).partition("/")[0]


def _row(row: Mapping[str, Cell], findings: tuple[Finding, ...], paired: bool) -> list[Child]:
    about = [finding for finding in findings if _name(finding) == word(row, "name")]
    measured = figure(row, "measured")
    cells: list[Child] = [clip(word(row, "title"), 80)]
    cells += [_interval(row, "champion")] * paired
    cells += [_interval(row, "challenger")]
    cells += [_interval(row, "ratio")] * paired
    said = [tag("div", {}, outcome(one), f" ({one.level}): {clip(one.reason, 240)}") for one in about]
    return [*cells, count(measured) if measured > 1 else "–", join(said) if said else "–"]


def _interval(row: Mapping[str, Cell], name: str) -> str:
    value, low, high = (figure(row, column) for column in (name, f"{name}_low", f"{name}_high"))
    if not math.isfinite(value):
        return "–"
    unit = "times" if name == "ratio" else word(row, "unit")
    if not low < high:
        return _text(value, unit)
    return f"{_text(value, unit)} ({_text(low, unit)} to {_text(high, unit)})"


def _text(value: float, unit: str) -> str:
    if unit == "bytes":
        return size_text(value)
    if unit == "times":
        return f"{value:.3g}"
    if not math.isfinite(value):
        return "–"
    return f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"
