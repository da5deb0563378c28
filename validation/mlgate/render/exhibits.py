"""Exhibits read as typed rows: the one place where the columns' names are known to the renderers.

An exhibit that is absent, or lacks a column, gives no rows, and its section is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.frozen import dataclass
from mlgate.records.decision import Decision
from mlgate.records.run import OVERALL
from mlgate.records.settings import CONFIG
from mlgate.render.figures import count
from mlgate.render.plain import clip

__all__ = ["Cell", "Counts", "cells", "config_of", "figure", "money_rows", "overused", "rows_of", "whole_cells", "word"]

Cell = str | float | int | None
_CELLS = ("n000", "n001", "n010", "n011", "n100", "n101", "n110", "n111")


def rows_of(decision: Decision, name: str, needed: tuple[str, ...]) -> tuple[Mapping[str, Cell], ...]:
    """Rows of the exhibit of that name as mappings; none when it is absent or lacks a needed column."""
    for exhibit in decision.exhibits:
        if exhibit.name == name and set(needed) <= set(exhibit.columns):
            return tuple(dict(zip(exhibit.columns, row)) for row in exhibit.rows)
    return ()


def config_of(decision: Decision) -> str:
    """The configuration file of a run, as it is typed."""
    return next((word(row, "file") for row in rows_of(decision, "config", ("file",))), CONFIG)


def word(row: Mapping[str, Cell], column: str) -> str:
    """A cell as text; empty where there is none."""
    value = row.get(column)
    return "" if value is None else str(value)


def figure(row: Mapping[str, Cell], column: str) -> float:
    """A cell as a number; NaN where it is none."""
    value = row.get(column)
    return float(value) if isinstance(value, (int, float)) else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Rows of one slice by label and both decisions: ``n101`` is label 1, champion 0, challenger 1."""

    slice: str
    title: str
    n000: int
    n001: int
    n010: int
    n011: int
    n100: int
    n101: int
    n110: int
    n111: int

    @property
    def rows(self) -> int:
        """All rows of the slice."""
        return sum(getattr(self, name) for name in _CELLS)

    @property
    def wrong(self) -> int:
        """Rows that only the champion got right."""
        return self.n001 + self.n110

    @property
    def right(self) -> int:
        """Rows that only the challenger got right."""
        return self.n010 + self.n101


def cells(decision: Decision, dataset: str) -> tuple[Counts, ...]:
    """The exhibit ``cells`` of one data set; slices without both models are left out."""
    rows = rows_of(decision, "cells", ("dataset", "slice", *_CELLS))
    found = [_counts(row) for row in rows if word(row, "dataset") == dataset]
    return tuple(counts for counts in found if counts is not None)


def whole_cells(decision: Decision, dataset: str) -> Counts | None:
    """The cells of all rows of one data set; None where they are not known."""
    rows = rows_of(decision, "cells", ("dataset", "slice", *_CELLS))
    whole = (row for row in rows if word(row, "dataset") == dataset and word(row, "slice") == OVERALL)
    return next((counts for counts in map(_counts, whole) if counts is not None), None)


def _counts(row: Mapping[str, Cell]) -> Counts | None:
    """A row of cells; None where a count is missing."""
    counts = [figure(row, name) for name in _CELLS]
    if not all(map(math.isfinite, counts)):
        return None
    title = word(row, "slice_title") or word(row, "slice")
    return Counts(slice=word(row, "slice"), title=title, **dict(zip(_CELLS, map(int, counts))))


def money_rows(decision: Decision) -> dict[str, dict[str, Mapping[str, Cell]]]:
    """The exhibit ``money`` by slice and model; the model ``improvement`` is the difference, positive is better."""
    found: dict[str, dict[str, Mapping[str, Cell]]] = {}
    for row in rows_of(decision, "money", ("slice", "rows", "model", "mean", "total", "low", "high")):
        found.setdefault(word(row, "slice"), {})[word(row, "model")] = row
    return found


def overused(decision: Decision) -> tuple[tuple[str, str], ...]:
    """Every data set that has decided more often than its budget allows: its name, and the rest of the warning."""
    said = []
    for row in rows_of(decision, "uses", ("dataset", "uses", "budget")):
        uses, budget = figure(row, "uses"), figure(row, "budget")
        if uses > budget:
            name = clip(word(row, "dataset").replace("_", " "), 60)
            warning = (
                f" has decided {count(uses)} times, more than its budget of {count(budget)}: challengers have been "
                "chosen by their luck on these very rows (adaptive overfitting), so a pass says less each time; "
                "collect fresh rows."
            )
            said.append((f"{name[:1].upper()}{name[1:]}", warning))
    return tuple(said)
