"""The section that is drawn from exhibits and findings together: oddities.

It takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import number
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.metric_names import metric_title, unit_of
from mlgate.render.plain import clip
from mlgate.render.prose import findings_of, lead, section_of, tallied
from mlgate.render.tables import Column, check_table, outcome, remaining, table
from mlgate.render.terms import terms_of

__all__ = ["oddities"]

_MODELS = ("champion", "challenger")


def oddities(decision: Decision, limit: int) -> Markup | None:
    """The base case again with one abnormality at a time: what each model did."""
    findings = findings_of(decision, Section.ODDITIES)
    rows = rows_of(decision, "oddities", ("name", "model", "answered", "value"))
    if not findings and not rows:
        return None
    every = list(dict.fromkeys(word(row, "name") for row in rows))
    names = every[:limit]
    metric = next((word(row, "metric") for row in rows if word(row, "metric")), "")
    grid = [_odd_row(name, [row for row in rows if word(row, "name") == name], findings) for name in names]
    known = {id(finding) for name in names for finding in findings if _about(finding, name)}
    rest = [finding for finding in findings if id(finding) not in known]
    said = f"The base case again, with one abnormality at a time. {tallied(findings) if findings else ''}"
    columns = [
        Column(title="One abnormality each"),
        *(Column(title=role.capitalize()) for role in _MODELS),
        Column(title="Finding"),
    ]
    unit = unit_of(metric, terms_of(decision).currency).name.replace("percentage points", "percent")
    in_unit = f" {unit}" if unit.startswith("in ") else f" in {unit}" if unit else ""
    caption = f"{metric_title(metric)}{in_unit} under each oddity" if metric else "Answers under each oddity"
    return section_of(
        "oddities",
        "Oddities",
        lead(said),
        table(caption, columns, [_clean_row(rows), *grid]) if grid else None,
        remaining(len(every), len(names), "oddity", "oddities"),
        check_table("Findings on oddities", rest, limit) if rest else None,
    )


def _about(finding: Finding, name: str) -> bool:
    return name in finding.id.split("/") or finding.dataset in (name, f"oddity {name}")


def _clean_row(rows: Sequence[Mapping[str, Cell]]) -> list[Child]:
    said: list[Child] = ["Clean base case"]
    for role in _MODELS:
        row = next(
            (row for row in rows if word(row, "model") == role and math.isfinite(figure(row, "base_value"))), None
        )
        said.append(number(figure(row, "base_value"), unit_of(word(row, "metric"))) if row else "–")
    return [*said, "reference"]


def _odd_row(name: str, rows: Sequence[Mapping[str, Cell]], findings: Sequence[Finding]) -> list[Child]:
    title = next((word(row, "title") for row in rows if word(row, "title")), name)
    cells_: list[Child] = [clip(title, 160)]
    for role in _MODELS:
        row = next((row for row in rows if word(row, "model") == role), None)
        cells_.append("–" if row is None else _odd_cell(row))
    about = [finding for finding in findings if _about(finding, name)]
    return [
        *cells_,
        join([tag("div", {}, outcome(finding), f" ({finding.level})") for finding in about]) if about else "–",
    ]


def _odd_cell(row: Mapping[str, Cell]) -> Markup:
    reason = clip(word(row, "reason"), 200)
    if not figure(row, "answered") > 0:
        return join([icon("fail"), f" no answer{f': {reason}' if reason else ''}"])
    said = number(figure(row, "value"), unit_of(word(row, "metric")))
    return join([said, f", {reason}" if reason else None])
