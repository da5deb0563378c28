"""ROC AUC of independent rows from whole numbers: how many rows of the other class each row ranks rightly against.

The general way, a float of influence for every row, is four times the work. Placements are counts, so their sums,
squares and products are exact in integers, and DeLong's covariance needs nothing else. Rows with weights or units go
the general way; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.influence import Errors, errors_of_sums
from mlgate.metrics.metric import quotient

__all__ = ["Ordered", "areas", "placements"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
#: Slices of more rows than this have squares whose sums need two parts.
_LARGE = 1 << 20
_BITS, _LOW = 30, (1 << 30) - 1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ordered:
    """One model's rows of some slices, by slice and then by score."""

    #: (n,) int8, 0 or 1.
    labels: NDArray[Any]
    #: (n,) a number that rises with the score; None when no two scores are equal.
    levels: Counts | None
    #: (slices + 1,) where each slice starts.
    starts: NDArray[np.intp]


def placements(rows: Ordered) -> Counts:
    """Twice the number of rows of the other class that each row ranks rightly against, ties counting once; (n,).

    >>> labels = np.array([1, 0, 1], dtype=np.int8)
    >>> placements(Ordered(labels=labels, levels=None, starts=np.array([0, 3]))).tolist()
    [0, 2, 2]
    >>> placements(Ordered(labels=labels, levels=np.array([0, 0, 1], dtype=np.int32), starts=np.array([0, 3]))).tolist()
    [1, 3, 2]
    """
    sizes = np.diff(rows.starts)
    hits = np.zeros(len(rows.labels) + 1, dtype=np.int32)
    np.cumsum(rows.labels, dtype=np.int32, out=hits[1:])
    base, top = hits[rows.starts[:-1]], hits[rows.starts[1:]]
    row = np.arange(len(rows.labels), dtype=np.int32)
    if rows.levels is None:
        first, last, after = row, row + np.int32(1), hits[1:]
        before = hits[:-1]
    else:
        new = np.empty(len(row), dtype=np.bool_)
        new[:1] = True
        np.not_equal(rows.levels[1:], rows.levels[:-1], out=new[1:])
        new[rows.starts[:-1][sizes > 0]] = True
        edges = np.append(np.flatnonzero(new), len(row)).astype(np.int32)
        group = np.cumsum(new, dtype=np.int32)
        first, last = edges[group - 1], edges[group]
        before, after = hits[first], hits[last]
    start = np.repeat(rows.starts[:-1].astype(np.int32), sizes)
    # Negatives below and level with a positive row; positives above and level with a negative one.
    below = (first - start - before + np.repeat(base, sizes)) * np.int32(2) + (last - first - after + before)
    above = (np.repeat(top, sizes) - after) * np.int32(2) + (after - before)
    found: Counts = np.where(rows.labels == 1, below, above)
    return found


def areas(
    first: NDArray[np.int64], second: NDArray[np.int64], labels: NDArray[Any], starts: NDArray[np.intp]
) -> tuple[Floats, Errors]:
    """AUC of both models, (slices, 2), and standard errors (DeLong, DeLong and Clarke-Pearson 1988).

    Parameters
    ----------
    first, second
        (n,) placements by the champion's and by the challenger's scores, rows in one order for both.
    labels
        (n,) in the same order.
    starts
        (slices + 1,) where each slice starts in it.
    """
    positive = labels.astype(np.int64)
    columns: list[Sequence[NDArray[np.int64]]] = [(first,), (second,)]
    columns += [_halves(part) for part in (first * first, first * second, second * second)]
    n = np.diff(starts)
    hits = _total(positive, starts)
    rows = np.stack([n - hits, hits], axis=1)
    sums = np.stack([_by_class(column, positive, starts) for column in columns], axis=2)
    pairs = 2 * rows.prod(axis=1)
    values = np.stack([quotient(sums[:, 1, side].astype(np.float64), pairs.astype(np.float64)) for side in (0, 1)], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Influence is a placement times this, but for a constant: the share of the other class, by its own share.
        unit = np.where(pairs > 0, n / pairs, 0.0)
    return values, errors_of_sums(sums.reshape(2 * len(n), 5), np.repeat(unit, 2), rows)


def _halves(values: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
    """Numbers in parts whose sums fit 64 bits, the low part last."""
    return (values,) if len(values) <= _LARGE else (values >> _BITS, values & _LOW)


def _by_class(
    parts: Sequence[NDArray[np.int64]], positive: NDArray[np.int64], starts: NDArray[np.intp]
) -> NDArray[np.object_]:
    """Exact sums over the negative and over the positive rows of each slice: (slices, 2) Python integers."""
    found = np.zeros((len(starts) - 1, 2), dtype=object)
    for part in parts:
        whole, inside = _total(part, starts), _total(part * positive, starts)
        found = (found << _BITS) + np.stack([whole - inside, inside], axis=1).astype(object)
    return found


def _total(values: NDArray[np.int64], starts: NDArray[np.intp]) -> NDArray[np.int64]:
    """Sum of each stretch; 0 for an empty one."""
    found = np.zeros(len(starts) - 1, dtype=np.int64)
    filled = starts[1:] > starts[:-1]
    if filled.any():
        found[filled] = np.add.reduceat(values, starts[:-1][filled])
    return found
