"""Partial dependence of both models: what they answer on average when one column is given one value after the other.

The brute-force definition of Friedman (2001), as ``sklearn.inspection.partial_dependence(method="brute")`` has it,
asked through the models' processes. Separate from ``explanations.py``, which says on which columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.commands.model_steps.explained_rows import Ask, outputs_of
from mlgate.edges.model_checks.permuted import POINTS, Grid, grid_of, on_grid
from mlgate.records.decision import Exhibit
from mlgate.records.settings import Settings
from mlgate.records.words import Task

__all__ = ["POINTS_ASKED", "SHOWN", "averages", "dependence_of"]

Floats = NDArray[np.float64]

#: Columns that are shown: the most important ones.
SHOWN = 4
#: Values that a column is given, at most.
POINTS_ASKED = POINTS

_COLUMNS = ("column", "output", "place", "at", "text", "champion", "challenger", "rows")


def dependence_of(
    settings: Settings,
    ask: Ask,
    rows: pa.Table,
    weights: Floats | None,
    columns: Sequence[str],
    *,
    paired: bool,
) -> Exhibit:
    """Curves of the first columns that have any, of the output on which the models lie farthest apart.

    Parameters
    ----------
    settings
        Task and classes.
    ask
        How both models, or the challenger alone, answer.
    rows
        n rows, of which each is given every value.
    weights
        (n,) of rows; None: all alike.
    columns
        The most important first; private ones are not among them.
    paired
        Whether there is a champion.
    """
    shown: list[tuple[str | float | int | None, ...]] = []
    drawn = 0
    for column in columns:
        grid = grid_of(rows.column(column)) if drawn < SHOWN else None
        if grid is None:
            continue
        drawn += 1
        curves = [averages(settings, one, grid, weights) for one in ask(on_grid(rows, column, grid))]
        mine, theirs = curves[-1], curves[0] if paired else None
        output = int(np.argmax(np.max(np.abs(mine - (0.0 if theirs is None else theirs)), axis=0)))
        name = settings.run.classes[output] if settings.run.task is Task.MULTICLASS else ""
        for place, text in enumerate(grid.texts):
            at = None if grid.numbers is None else grid.numbers[place]
            text = text if at is None else ""
            champion = None if theirs is None else float(theirs[place, output])
            shown.append((column, name, place, at, text, champion, float(mine[place, output]), grid.rows[place]))
    return Exhibit(name="partial_dependence", columns=_COLUMNS, rows=tuple(shown))


def averages(settings: Settings, answers: NDArray[Any], grid: Grid, weights: Floats | None) -> Floats:
    """Mean answers, (values, outputs): one output, or the score (without scores: the share) of each class."""
    outputs, values = outputs_of(settings, answers), len(grid.values)
    stacked = outputs.reshape(values, len(outputs) // values, -1)
    return np.asarray(np.average(stacked, axis=1, weights=weights), dtype=np.float64)
