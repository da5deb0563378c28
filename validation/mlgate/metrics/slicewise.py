"""Sums over the rows of many slices at once, and rows of equal score taken together.

What the files of ranking metrics share. There is no loop over slices anywhere: sums run within the stretches of sorted
rows that ``Sorted.starts`` marks off. Separate from ``metric.py`` because only metrics that need the rows need it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlgate.frozen import dataclass
from mlgate.metrics.metric import Sorted
from mlgate.sums import totals

__all__ = ["Ties", "effective", "one_slice", "positives", "running", "ties", "totals"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ties:
    """The rows of ``Sorted`` with equal scores taken together as groups, ascending within each slice."""

    #: (n,) which group a row is in.
    of_row: Places
    #: (groups,) which slice a group is in.
    where: Places
    #: (slices + 1,) where each slice's groups start.
    starts: Places
    #: (groups,) weight of the group's negative, and of its positive rows.
    negative: Floats
    positive: Floats
    #: (groups,) weight of the slice's rows of that class that score lower.
    negative_below: Floats
    positive_below: Floats
    #: (slices,) weight of all rows of that class.
    negatives: Floats
    positives: Floats


def running(values: Floats, where: Places, starts: Places) -> Floats:
    """Sum of the values of the same slice up to and including each, (n,).

    >>> running(np.array([1.0, 2.0, 4.0]), np.array([0, 0, 1]), np.array([0, 2, 3])).tolist()
    [1.0, 3.0, 4.0]
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    found: Floats = sums[1:] - sums[starts[:-1]][where]
    return found


def effective(rows: Sorted) -> Floats:
    """Rows that the weighted rows of each slice are worth, (Σw)² / Σw² (Kish 1965); 0 for an empty slice."""
    weight, square = totals(rows.weights, rows.starts), totals(rows.weights**2, rows.starts)
    found: Floats = np.divide(weight**2, square, out=np.zeros_like(weight), where=square > 0)
    return found


def positives(rows: Sorted) -> Floats:
    """Number of positive rows that weigh anything, per slice."""
    found: Floats = totals(((rows.labels == 1) & (rows.weights > 0)).astype(np.float64), rows.starts)
    return found


def ties(rows: Sorted) -> Ties:
    """Group the rows by slice and score.

    With weights that are whole multiples of a power of two every sum is exact, so the order of equal rows is of no
    account.
    """
    positive = rows.labels == 1
    new = np.empty(len(positive), dtype=np.bool_)
    new[:1] = True
    np.not_equal(rows.scores[1:], rows.scores[:-1], out=new[1:])
    new[rows.starts[:-1][rows.starts[:-1] < len(new)]] = True
    first = np.flatnonzero(new)
    where, starts, edges = rows.slices, rows.starts, np.append(first, len(new))
    plain = len(first) == len(new)  # without any tie every row is a group of its own
    if not plain:
        where = rows.slices[first]
        starts = np.searchsorted(where, np.arange(len(rows.starts)))
    # Counts are whole numbers, weights multiples of a power of two: sums of both are exact, in whatever order.
    counted = (~positive, positive) if rows.even else _by_class(positive, rows.weights)
    sums = [_sums(part) for part in counted]
    below, groups = [], []
    for one in sums:
        begin, end = (one[:-1], one[1:]) if plain else (one[edges[:-1]], one[edges[1:]])
        groups.append((end - begin).astype(np.float64))
        below.append((begin - np.repeat(one[rows.starts[:-1]], np.diff(starts))).astype(np.float64))
    whole = [np.diff(one[rows.starts]).astype(np.float64) for one in sums]
    return Ties(
        of_row=np.arange(len(new)) if plain else np.cumsum(new) - 1,
        where=where,
        starts=starts,
        negative=groups[0],
        positive=groups[1],
        negative_below=below[0],
        positive_below=below[1],
        negatives=whole[0],
        positives=whole[1],
    )


def _by_class(positive: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    return np.where(positive, 0.0, weights), np.where(positive, weights, 0.0)


def _sums(values: NDArray[Any]) -> NDArray[Any]:
    """Sum of all values before each place, (n + 1,)."""
    sums = np.zeros(len(values) + 1, dtype=np.int32 if values.dtype == np.bool_ else np.float64)
    np.cumsum(values, dtype=sums.dtype, out=sums[1:])
    return sums


def one_slice(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None, key: str = "score") -> Sorted:
    """Rows of a single slice, sorted as ``Ranking.key`` has it: for examples, tests and trying a metric out.

    Parameters
    ----------
    labels, scores
        (n,) each.
    weights
        (n,); None: all 1.
    key
        ``score`` or ``error``.
    """
    truth: NDArray[Any] = np.asarray(labels)
    answers = np.asarray(scores, dtype=np.float64)
    order = np.argsort(np.abs(truth - answers) if key == "error" else answers, kind="stable")
    return Sorted(
        labels=truth[order],
        scores=answers[order],
        weights=np.ones(len(order)) if weights is None else np.asarray(weights, dtype=np.float64)[order],
        slices=np.zeros(len(order), dtype=np.intp),
        starts=np.array([0, len(order)]),
        even=weights is None,
    )
