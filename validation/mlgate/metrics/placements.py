"""ROC AUC of independent rows from whole numbers: how many rows of the other class each row ranks rightly against.

The general way, a float of influence for every row, is many times the work. Placements are counts, so their sums,
squares and products are exact in integers, and DeLong's covariance needs nothing else. Rows with weights or units go
the general way; a test holds the two against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.influence import Errors, errors_of_sums
from mlgate.metrics.metric import quotient
from mlgate.sums import blocks

__all__ = ["areas", "placements", "products"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Starts = NDArray[np.intp]
#: Rows whose squares and products are added up at a time, so that they stay in the processor's cache.
_BLOCK = 1 << 13
#: Sums are below this.
_LIMIT = 1 << 63


def placements(labels: NDArray[Any], starts: Starts, levels: Counts | None = None) -> Counts:
    """Twice the number of rows of the other class that each row ranks rightly against, ties counting once; (n,).

    Parameters
    ----------
    labels
        (n,) int8, 0 or 1, of rows by slice and then by score.
    starts
        (slices + 1,) where each slice starts.
    levels
        (n,) a number that rises with the score; rows that share one have their negatives first. None when no two
        scores are equal.

    >>> labels = np.array([0, 1, 1], dtype=np.int8)
    >>> placements(labels, np.array([0, 3])).tolist()
    [4, 2, 2]
    >>> placements(labels, np.array([0, 3]), np.array([0, 0, 1], dtype=np.int32)).tolist()
    [3, 1, 2]
    """
    hits = np.zeros(len(labels) + 1, dtype=np.int32)
    np.cumsum(labels, dtype=np.int32, out=hits[1:])
    whole = starts.astype(np.int32)
    base, top = hits[starts[:-1]], hits[starts[1:]]
    # Positives above a row; for a positive row, negatives below it instead, which is so much more.
    found = _spread(top, starts) - hits[1:]
    more = np.arange(len(labels), dtype=np.int32)
    more += _spread(1 + base - top - whole[:-1], starts)
    more *= labels
    found += more
    found *= np.int32(2)
    if levels is not None:
        _level(found, labels, starts, levels, hits)
    return found


def _spread(values: Counts, starts: Starts) -> Counts | np.int32:
    """A slice's value for each of its rows."""
    if len(values) == 1:
        return np.int32(values[0])
    found: Counts = np.repeat(values, np.diff(starts))
    return found


def _level(found: Counts, labels: NDArray[Any], starts: Starts, levels: Counts, hits: Counts) -> None:
    """Take rows of the same score for level: what was counted as if their positives stood above their negatives."""
    new = np.empty(len(levels) + 1, dtype=np.bool_)
    new[0] = new[-1] = True
    np.not_equal(levels[1:], levels[:-1], out=new[1:-1])
    new[starts[:-1]] = True
    tied = np.flatnonzero(~(new[:-1] & new[1:]))
    if not len(tied):
        return
    edges = np.flatnonzero(new).astype(np.int32)
    group = np.searchsorted(edges, tied.astype(np.int32), side="right")
    first, last = edges[group - 1], edges[group]
    hit = hits[last] - hits[first]
    # Each level row of the other class was counted as a pair won, and is half of one.
    found[tied] -= np.where(labels[tied] == 1, last - first - hit, hit)


def products(
    first: Counts, second: Counts, labels: NDArray[Any], starts: Starts
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Exact sums of the placements by two models, of their squares and of their products.

    Parameters
    ----------
    first, second
        (n,) placements by the champion's and by the challenger's scores, rows in one order for both.
    labels
        (n,) int8, 0 or 1, in the same order.
    starts
        (slices + 1,) where each slice starts in it.

    Returns
    -------
    tuple
        (slices, 2, 5) Python integers, of the negative and of the positive rows: sums of a, b, a², ab and b²; and
        (slices, 2) how many rows those are.
    """
    sizes = np.diff(starts)
    filled = np.flatnonzero(sizes)
    begins = starts[:-1][filled]
    largest = int(sizes.max(initial=1))
    # The largest square is that of twice the rows of a slice; a sum of so few blocks, or of all of a slice, fits.
    block = max(min(_BLOCK, _LIMIT // (2 * largest) ** 2 - 1), 1)
    total = np.zeros((len(filled), 2, 5), dtype=np.int64 if 4 * largest**3 < _LIMIT else object)
    for part, held, edges in blocks(np.append(begins, len(labels)), block):
        columns = np.empty((5, part.stop - part.start), dtype=np.int64)
        columns[0], columns[1] = first[part], second[part]
        np.multiply(columns[0], columns[:2], out=columns[2:4])
        np.multiply(columns[1], columns[1], out=columns[4])
        whole = np.add.reduceat(columns, edges, axis=1)
        columns *= labels[part].astype(np.int64)
        hit = np.add.reduceat(columns, edges, axis=1)
        total[held, 0] += (whole - hit).T
        total[held, 1] += hit.T
    sums = np.zeros((len(sizes), 2, 5), dtype=object)
    sums[filled] = total
    rows = np.zeros((len(sizes), 2), dtype=np.int64)
    if len(filled):
        rows[filled, 1] = np.add.reduceat(labels, begins, dtype=np.int64)
    rows[:, 0] = sizes - rows[:, 1]
    return sums, rows


def areas(sums: NDArray[np.object_], rows: NDArray[np.int64]) -> tuple[Floats, Errors]:
    """AUC of both models, (slices, 2), and standard errors (DeLong, DeLong and Clarke-Pearson 1988).

    Parameters
    ----------
    sums, rows
        As ``products`` gives them.
    """
    pairs = 2 * rows.prod(axis=1)
    values = np.stack([quotient(sums[:, 1, side].astype(np.float64), pairs.astype(np.float64)) for side in (0, 1)], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Influence is a placement times this, but for a constant: the share of the other class, by its own share.
        unit = np.where(pairs > 0, rows.sum(axis=1) / pairs, 0.0)
    return values, errors_of_sums(sums.reshape(2 * len(rows), 5), np.repeat(unit, 2), rows)
