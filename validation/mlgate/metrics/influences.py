"""One model's value of a metric over all rows, and what each row moves it by: the same for every kind of metric.

The stages read most metrics off tables that hold two models side by side. A loss of quality has four sides (two models,
on the base case and under an oddity), so it is worked out here from rows instead. The definitions are the metrics' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.inference.fixed_point import exact_sums
from mlgate.inference.table_pairs import PSEUDO_ROWS, smooth
from mlgate.metrics.metric import ClassTable, Confusion, Hits, MeanLoss, Metric, Ranking, Sorted
from mlgate.records.rows import Answers

__all__ = ["Moved", "move", "pseudo_squares"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Moved:
    """One side of a metric."""

    value: float
    #: (n,) what each row moves the value by, n times over; its weighted mean is 0.
    influence: Floats
    #: (labels, outcomes) the same per cell of the table, where the metric is of one; else None.
    cells: Floats | None = None


def move(metric: Metric, answers: Answers, raw: NDArray[Any], weights: Floats, classes: int) -> Moved:
    """Value and influence of a metric that is neither of a pair of models nor a user's own.

    Parameters
    ----------
    metric
        A ``Confusion``, ``ClassTable``, ``Hits``, ``MeanLoss`` or ``Ranking``.
    answers
        Of n rows.
    raw
        (n,) or (n, classes) the answers as the model gave them.
    weights
        (n,) positive.
    classes
        Of the task; 0 in regression.
    """
    match metric:
        case Hits():
            return _table(metric.of(answers).astype(np.intp), (1, 2), weights, *_SHARE)
        case Confusion():
            assert answers.decisions is not None
            label, decision = answers.labels, answers.decisions
            if metric.of_class is not None:
                label, decision = label == metric.of_class, decision == metric.of_class
            cell = 2 * label.astype(np.intp) + decision.astype(np.intp)
            return _table(cell, (2, 2), weights, metric.value, metric.influence)
        case ClassTable():
            assert answers.decisions is not None
            cell = answers.labels.astype(np.intp) * classes + answers.decisions
            return _table(cell, (classes, classes), weights, metric.value, metric.influence)
        case MeanLoss():
            return _mean(metric, answers, weights)
        case Ranking():
            return _ranked(metric, answers.labels, raw, weights)
    raise ValueError(f"{metric.name} has no influence of rows")


def _share(cells: Floats) -> Floats:
    share: Floats = cells[..., 1] / cells.sum(axis=-1)
    return share


def _share_influence(cells: Floats) -> Floats:
    influence: Floats = np.array([0.0, 1.0]) - _share(cells)[..., None]
    return influence


#: The share of rows that are hits, over a table of two cells.
_SHARE = (_share, _share_influence)


def _table(cell: NDArray[np.intp], shape: tuple[int, int], weights: Floats, value: Any, influence: Any) -> Moved:
    """A metric of a table; influence is that of the smoothed table, so that it exists wherever the value does."""
    counts = np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]).astype(np.float64)
    unit = float(weights.mean()) if len(weights) else 1.0
    square = shape[0] == shape[1] and shape != (2, 2)
    table = counts.reshape(shape) if square else counts
    even = table / unit
    smoothed = smooth(even) if square else even + PSEUDO_ROWS / table.size
    with np.errstate(invalid="ignore", divide="ignore"):
        found = float(value(table))
        per_cell = np.nan_to_num(np.asarray(influence(smoothed * unit), dtype=np.float64)).reshape(-1)
    rows = per_cell[cell]
    centre = float((weights * rows).sum() / weights.sum()) if len(rows) else 0.0
    return Moved(value=found, influence=rows - centre, cells=per_cell.reshape(shape))


def _mean(metric: MeanLoss, answers: Answers, weights: Floats) -> Moved:
    with np.errstate(over="ignore", invalid="ignore"):  # told below, in words
        losses = np.asarray(metric.of(answers), dtype=np.float64)
    if not np.isfinite(losses).all():
        raise DataError(
            f"{metric.name} is too large for a number; look at the largest predictions, or leave {metric.name} out."
        )
    code = np.zeros(len(losses), dtype=np.intp)
    mean = float(exact_sums(weights * losses, code, 1)[0] / weights.sum())
    if not metric.root:
        return Moved(value=mean, influence=losses - mean)
    root = float(np.sqrt(mean))
    return Moved(value=root, influence=(losses - mean) / (2 * root) if root > 0 else np.zeros_like(losses))


def _ranked(metric: Ranking, labels: NDArray[Any], scores: NDArray[Any], weights: Floats) -> Moved:
    key = np.abs(scores - labels) if metric.key == "error" else scores + 0.0
    order = np.lexsort((weights, labels, scores, key))
    rows = Sorted(
        labels=labels[order],
        scores=scores[order],
        weights=weights[order],
        slices=np.zeros(len(order), dtype=np.intp),
        starts=np.array([0, len(order)]),
    )
    values, influence = metric.of(rows)
    placed = np.zeros(len(order))
    placed[order] = influence if np.isfinite(values[0]) else 0.0
    return Moved(value=float(values[0]), influence=placed)


def pseudo_squares(sides: Sequence[Moved], signs: Sequence[int]) -> float:
    """Squared influence of the pseudo rows on a signed sum of sides, added to the rows' own; 0 for sides of no table.

    ``PSEUDO_ROWS`` are dealt evenly over label and every side's outcome, as for the joint table of two models: without
    them the error is 0 wherever the outcomes happen to agree.
    """
    grids = [side.cells for side in sides]
    if any(grid is None for grid in grids):
        return 0.0
    stacked = np.stack([sign * grid for sign, grid in zip(signs, grids, strict=True) if grid is not None])
    occurs = np.abs(stacked).sum(axis=(0, 2)) > 0
    if not occurs.any():
        return 0.0
    kept = stacked[:, occurs, :]
    kept = kept[:, :, np.abs(kept).sum(axis=(0, 1)) > 0]
    means = kept.mean(axis=2)
    spread = (kept**2).mean(axis=2) - means**2
    return PSEUDO_ROWS * float((spread.sum(axis=0) + means.sum(axis=0) ** 2).mean())
