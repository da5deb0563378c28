"""ROC AUC of independent rows from whole numbers: how many rows of the other class each row ranks rightly against.

The general way, a float of influence for every row, is many times the work. Placements are counts, so their sums,
squares and products are exact in integers, and DeLong's covariance needs nothing else. Rows with weights or units go
the general way; a test holds the two against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.influence import Errors, errors_of_sums
from mlgate.metrics.metric import quotient
from mlgate.sums import LEVELS, blocks, powers, thirds_of

__all__ = ["Products", "areas", "no_products", "placements", "products"]

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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Products:
    """Exact sums per slice and class, negative rows first."""

    #: (slices, 2, 5) Python integers: sums of a, b, a², ab and b² of placements a and b by two models.
    sums: NDArray[np.object_]
    #: (slices, 2) number of rows.
    rows: NDArray[np.int64]
    #: (slices, 2) sum of (d - mean)³ of their differences d = b - a, and (slices,) what 1 in such a d stands for.
    thirds: Floats
    steps: Floats

    def fill(self, slices: slice, other: Products) -> None:
        """Put those of some slices in their place."""
        self.sums[slices], self.rows[slices] = other.sums, other.rows
        self.thirds[slices], self.steps[slices] = other.thirds, other.steps


def no_products(slices: int) -> Products:
    """Those of slices without rows, to be filled in."""
    return Products(
        sums=np.zeros((slices, 2, 5), dtype=object),
        rows=np.zeros((slices, 2), dtype=np.int64),
        thirds=np.zeros((slices, 2)),
        steps=np.ones(slices),
    )


def products(first: Counts, second: Counts, labels: NDArray[Any], starts: Starts) -> Products:
    """Exact sums of the placements by two models, of their squares and products, and of cubes of their differences.

    Parameters
    ----------
    first, second
        (n,) placements by the champion's and by the challenger's scores, rows in one order for both.
    labels
        (n,) int8, 0 or 1, in the same order.
    starts
        (slices + 1,) where each slice starts in it.
    """
    sizes = np.diff(starts)
    filled = np.flatnonzero(sizes)
    begins = starts[:-1][filled]
    largest = int(sizes.max(initial=1))
    # The largest square is that of twice the rows of a slice; a sum of so few blocks, or of all of a slice, fits.
    block = max(min(_BLOCK, _LIMIT // (2 * largest) ** 2 - 1), 1)
    total = np.zeros((len(filled), 2, 5), dtype=np.int64 if 4 * largest**3 < _LIMIT else object)
    cubes = np.zeros((len(filled), 2, 4), dtype=np.int64)
    steps = _steps(second - first, begins)
    for part, held, edges in blocks(np.append(begins, len(labels)), block):
        columns = np.empty((9, part.stop - part.start), dtype=np.int64)
        columns[0], columns[1] = first[part], second[part]
        np.multiply(columns[0], columns[:2], out=columns[2:4])
        np.multiply(columns[1], columns[1], out=columns[4])
        each = np.diff(edges, append=part.stop - part.start)
        moved = np.rint((columns[1] - columns[0]) / np.repeat(steps[held], each)).astype(np.int64)
        columns[5], columns[6], columns[7], columns[8] = powers(moved)
        whole = np.add.reduceat(columns, edges, axis=1)
        columns *= labels[part].astype(np.int64)
        hit = np.add.reduceat(columns, edges, axis=1)
        both = np.stack([whole - hit, hit]).transpose(2, 0, 1)
        total[held] += both[:, :, :5]
        cubes[held] += both[:, :, 5:]
    found = no_products(len(sizes))
    found.sums[filled], found.steps[filled] = total, steps
    if len(filled):
        found.rows[filled, 1] = np.add.reduceat(labels, begins, dtype=np.int64)
    found.rows[:, 0] = sizes - found.rows[:, 1]
    counted = np.concatenate([found.rows[filled, :, None], cubes], axis=2)
    found.thirds[filled] = thirds_of(counted.reshape(-1, 5)).reshape(-1, 2)
    return found


def _steps(differences: Counts, begins: Starts) -> Floats:
    """What makes the differences of each slice at most ``LEVELS``, when divided by; no slice is empty."""
    if not len(begins):
        return np.ones(0)
    return np.maximum(np.maximum.reduceat(np.abs(differences), begins), 1) / LEVELS


def areas(found: Products) -> tuple[Floats, Errors]:
    """AUC of both models, (slices, 2), and standard errors (DeLong, DeLong and Clarke-Pearson 1988)."""
    sums, rows = found.sums, found.rows
    pairs = 2 * rows.prod(axis=1)
    values = np.stack([quotient(sums[:, 1, side].astype(np.float64), pairs.astype(np.float64)) for side in (0, 1)], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Influence is a placement times this, but for a constant: the share of the other class, by its own share.
        unit = np.where(pairs > 0, rows.sum(axis=1) / pairs, 0.0)
    thirds = {2: (found.thirds.ravel(), np.repeat(unit * found.steps, 2))}
    return values, errors_of_sums(sums.reshape(2 * len(rows), 5), np.repeat(unit, 2), rows, thirds)
