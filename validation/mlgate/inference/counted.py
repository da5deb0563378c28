"""Limits of a difference between two tables of decisions: the rows on which the models differ are counts.

Where a handful of rows of a class are decided otherwise, their number is no normal variable: with three lost on average
one sample in twenty shows none, and Student's interval, though cells are smoothed, then says that nothing was lost. The
rows that lower the metric and those that raise it are sums of counts, each with a score limit of its own, and the
distances are joined by square-and-add (Zou and Donner 2008, Stat Med 27:1693). For a sum Σ w x of Poisson counts with
estimated variance v = Σ w² x and heaviest row a the limits are

    a z² / 2 ± z √(v + a² z² / 4)

beyond the sum: the score interval of a single count (Barker 2002, Am Stat 56:85), scaled by the heaviest row as Dobson,
Kuulasmaa, Eberle and Scherer (1991, Stat Med 10:457) scale exact ones. Rows that both models decide alike, whose weight
differs because the tables do, stay normal. For a plain share it is close to Tango's interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.means import student_half, student_p_below
from mlgate.scipy_parts import stdtr, stdtrit

__all__ = ["counted_interval", "counted_p_below", "parts_of_cells", "parts_of_triples", "scaled", "turned"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
#: Halvings of the bracket of a quantile: it is known to 2^-60 of its size.
_HALVINGS = 60


def parts_of_cells(cells: NDArray[np.int64] | Floats, moved: Floats) -> Floats:
    """What the limits are made of, (slices, 5): see ``Spread.counts`` for their order.

    Parameters
    ----------
    cells
        (slices, 8) joint counts; fractions when weighted.
    moved
        (slices, 8) what one row of a cell moves the difference by, times the rows; with mean 0 over the rows.
    """
    label, first, second = np.unravel_index(np.arange(8), (2, 2, 2))
    differ = first != second
    rows = np.asarray(cells.sum(axis=-1), dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = moved / rows[:, None]
    squares = cells * each**2
    down, up = np.where(differ, np.maximum(-each, 0.0), 0.0), np.where(differ, np.maximum(each, 0.0), 0.0)
    columns = [squares[:, ~differ].sum(axis=1)]
    for side in (down, up):
        columns += [np.where(side > 0, squares, 0.0).sum(axis=1), side.max(axis=1)]
    return np.stack(columns, axis=1)


def parts_of_triples(
    place: Places, differ: NDArray[np.bool_], count: NDArray[np.int64] | Floats, moved: Floats, heaviest: Floats
) -> Floats:
    """The same from sparse cells of many classes.

    Parameters
    ----------
    place
        (k,) slice of each cell.
    differ
        (k,) whether the two decisions differ in it.
    count
        (k,) rows.
    moved
        (k,) what one of these rows moves the difference by.
    heaviest
        (slices, 2) the most that any row can lower and raise it, seen or not.
    """
    squares = count * moved**2
    groups = (~differ, differ & (moved < 0), differ & (moved >= 0))
    agree, down, up = (np.bincount(place[one], weights=squares[one], minlength=len(heaviest)) for one in groups)
    return np.stack([agree, down, heaviest[:, 0], up, heaviest[:, 1]], axis=1)


def scaled(parts: Floats, share: Floats) -> Floats:
    """The same at an effective number of rows, (slices,) a share of the real one: counts are scaled as they are."""
    found: Floats = parts / share[:, None]
    return found


def turned(parts: Floats) -> Floats:
    """The same of the negated difference: what lowers it and what raises it change places."""
    return parts[..., [0, 3, 4, 1, 2]]


def counted_interval(
    value: Floats, error: Floats, freedom: Floats, parts: Floats, confidence: Floats
) -> tuple[Floats, Floats]:
    """The wider side of Student's t and of the limits by counts, elementwise.

    Parameters
    ----------
    value, error, freedom
        (n,) as for Student's.
    parts
        (5, n), see ``Spread.counts``.
    confidence
        (n,) two-sided.

    >>> parts = np.array([[0.0], [0.0], [0.01], [0.0], [0.01]])
    >>> low, high = counted_interval(np.zeros(1), np.full(1, 0.01), np.full(1, 1e9), parts, np.full(1, 0.95))
    >>> low.round(4).tolist(), high.round(4).tolist()  # as Tango's: no row of 100 differs, and 3.84 might
    ([-0.0384], [0.0384])
    """
    plain = student_half(error, freedom, confidence)
    known = freedom > 0
    quantile = stdtrit(np.where(known, freedom, 1.0), 0.5 + confidence / 2)
    with np.errstate(invalid="ignore"):
        down, up = (np.where(known, _reach(quantile, one), 0.0) for one in (parts, _swapped(parts)))
        return value - np.fmax(plain, down), value + np.fmax(plain, up)


def counted_p_below(value: Floats, error: Floats, freedom: Floats, parts: Floats, bound: Floats) -> Floats:
    """One-sided p for H0: the difference is at least ``bound``; of the two intervals' p the larger, elementwise."""
    plain = student_p_below(value, error, freedom, bound)
    distance, ways = np.asarray(bound - value, dtype=np.float64), _swapped(parts)
    asked = (distance > 0) & (freedom > 0) & np.isfinite(ways).all(axis=0)
    if not asked.any():
        return plain
    distance, ways = distance[asked], ways[:, asked]
    with np.errstate(divide="ignore"):
        # The reach is at least that of the rows of one side alone.
        beyond = np.minimum(distance / np.sqrt(ways[0] + ways[1]), np.sqrt(distance / ways[2]))
    near, far = np.zeros(len(distance)), np.minimum(beyond, 1e6)
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        reached = _reach(middle, ways) >= distance
        near, far = np.where(reached, near, middle), np.where(reached, middle, far)
    found = plain.copy()
    found[asked] = np.maximum(plain[asked], stdtr(freedom[asked], -far))
    return found


def _swapped(parts: Floats) -> Floats:
    return parts[[0, 3, 4, 1, 2]]


def _reach(quantile: Floats, parts: Floats) -> Floats:
    """Distance of the lower limit at a quantile: more of what lowers, less of what raises."""
    agree, down, down_row, up, up_row = parts
    # No quantile that a limit hangs on is larger, and squares of it must not overflow.
    quantile = np.minimum(quantile, 1e30)
    more = _score(quantile, down, down_row) + down_row * quantile**2 / 2
    # The same difference without what cancels.
    rest = 2 * _score(quantile, up, up_row) + up_row * quantile**2
    less = np.divide(2 * quantile**2 * up, rest, out=np.zeros_like(rest), where=rest > 0)
    found: Floats = np.sqrt(quantile**2 * agree + more**2 + less**2)
    return found


def _score(quantile: Floats, variance: Floats, heaviest: Floats) -> Floats:
    found: Floats = quantile * np.sqrt(variance + (heaviest * quantile / 2) ** 2)
    return found
