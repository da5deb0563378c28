"""What stands in the section "Behaviour" above its findings: shares of rows that a change moves, and golden examples.

Both models side by side, from the exhibits ``behaviour`` and ``golden``; nothing where a decision has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import PERCENT, count, number
from mlgate.render.markup import Child, Markup, icon, join
from mlgate.render.plain import clip
from mlgate.render.prose import findings_of, reasons
from mlgate.render.tables import Column, outcome, remaining, table

__all__ = ["behaviour_tables"]

_MODELS = ("champion", "challenger")


def behaviour_tables(decision: Decision, limit: int) -> list[Markup | None]:
    """Golden examples and shares of moved rows, each as a table; and why they are asked about."""
    return [*_golden(decision, limit), *_shares(decision, limit), reasons(findings_of(decision, Section.BEHAVIOUR))]


def _by(rows: Sequence[Mapping[str, Cell]], key: str) -> dict[str, dict[str, Mapping[str, Cell]]]:
    """Rows by the value of one column, then by model."""
    found: dict[str, dict[str, Mapping[str, Cell]]] = {}
    for row in rows:
        found.setdefault(word(row, key), {})[word(row, "model")] = row
    return found


def _golden(decision: Decision, limit: int) -> list[Markup | None]:
    every = _by(rows_of(decision, "golden", ("name", "expected", "model", "answer", "right")), "name")
    if not every:
        return []
    # What is wrong goes first: a table may be cut.
    names = sorted(every, key=lambda name: all(figure(row, "right") > 0 for row in every[name].values()))[:limit]
    cells: list[list[Child]] = [
        [
            clip(name, 120),
            clip(next((word(row, "expected") for row in every[name].values()), ""), 60),
            *(_answer(every[name].get(role)) for role in _MODELS),
        ]
        for name in names
    ]
    columns = [Column(title=title) for title in ("Golden example", "Right is", "Champion", "Challenger")]
    return [
        table("Rows that a person has judged, and what the models say", columns, cells),
        remaining(len(every), limit, "golden example"),
    ]


def _answer(row: Mapping[str, Cell] | None) -> Child:
    if row is None:
        return "–"
    right = figure(row, "right") > 0
    return join(
        [icon("pass" if right else "fail"), f" {'' if right else 'not right: '}{clip(word(row, 'answer'), 80)}"]
    )


def _shares(decision: Decision, limit: int) -> list[Markup | None]:
    every = _by(rows_of(decision, "behaviour", ("id", "title", "model", "rows", "share", "low", "high")), "id")
    if not every:
        return []
    findings = {finding.id: finding for finding in findings_of(decision, Section.BEHAVIOUR)}
    cells: list[list[Child]] = []
    for name, models in list(every.items())[:limit]:
        first = next(iter(models.values()))
        finding = findings.get(name)
        cells.append(
            [
                clip(word(first, "title"), 160),
                count(figure(first, "rows")) if figure(first, "rows") > 0 else "–",
                *(_share(models.get(role)) for role in _MODELS),
                join([outcome(finding), f" ({finding.level})"]) if finding else "–",
            ]
        )
    columns = [
        Column(title="What must hold"),
        Column(title="Rows", figures=True),
        Column(title="Champion", figures=True),
        Column(title="Challenger", figures=True),
        Column(title="Finding"),
    ]
    return [
        table("Rows for which it does not hold, in percent, with intervals", columns, cells),
        remaining(len(every), limit, "question"),
    ]


def _share(row: Mapping[str, Cell] | None) -> str:
    if row is None:
        return "–"
    value, low, high = (figure(row, name) for name in ("share", "low", "high"))
    if not math.isfinite(value):
        return "cannot be told"
    said = number(value, PERCENT)
    return f"{said} ({number(low, PERCENT)} to {number(high, PERCENT)})" if math.isfinite(low) else said
