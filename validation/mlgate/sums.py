"""Exact sums of numbers, and of their squares and products, per group of rows.

Separate from ``counting.py``, which counts what a tally is made of: here are groups of any kind, whether rows lie in
their order or not. Products are split into parts whose sums are exact, so that no order of the rows can change a bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.tables import LARGEST

__all__ = [
    "LEVELS",
    "blocks",
    "cubed",
    "cubed_between",
    "powers",
    "sum_products",
    "sum_products_between",
    "thirds_of",
    "totals",
]

#: Rows that are worked on at a time: few enough that their columns stay in the processor's cache.
_CHUNK = 1 << 14
#: Most that a number to be cubed may be: no skewness needs more.
LEVELS = 1 << 17
#: Cubes are cut after so many bits, so that each part has an exact sum.
_CUT = 21
_LOW = LARGEST - 1
_BITS = 30


def totals(values: NDArray[Any], starts: NDArray[np.intp]) -> NDArray[Any]:
    """Sum of the values in each stretch ``starts[s]:starts[s + 1]``, (slices,); 0 for an empty one.

    A slice's sum is computed from its own values only, so that other slices cannot change a bit of it.

    >>> totals(np.array([1.0, 2.0, 4.0]), np.array([0, 2, 2, 3])).tolist()
    [3.0, 0.0, 4.0]
    """
    found = np.zeros(len(starts) - 1, dtype=values.dtype)
    filled = starts[1:] > starts[:-1]
    if filled.any():
        found[filled] = np.add.reduceat(values, starts[:-1][filled])
    return found


def blocks(starts: NDArray[np.intp], rows: int) -> Iterator[tuple[slice, slice, NDArray[np.intp]]]:
    """Stretches of rows cut into blocks that stay in the processor's cache.

    Parameters
    ----------
    starts
        (slices + 1,) where each stretch starts; none is empty.
    rows
        Of a block, at most.

    Yields
    ------
    tuple
        The rows of a block, the slices that it has rows of, and where these start in it.

    >>> [(part.stop, held.start, held.stop, edges.tolist()) for part, held, edges in blocks(np.array([0, 1, 5]), 3)]
    [(3, 0, 2, [0, 1]), (5, 1, 2, [0])]
    """
    begins, end = starts[:-1], int(starts[-1])
    firsts = np.arange(0, end, rows)
    lows, highs = np.searchsorted(begins, firsts, side="right") - 1, np.searchsorted(begins, firsts + rows)
    for first, low, high in zip(firsts.tolist(), lows.tolist(), highs.tolist(), strict=True):
        yield slice(first, min(first + rows, end)), slice(low, high), np.maximum(begins[low:high] - first, 0)


def sum_products_between(starts: NDArray[np.intp], a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.object_]:
    """What ``sum_products`` gives, of rows that lie in the order of their groups: (slices, 5) Python integers."""
    filled = np.flatnonzero(np.diff(starts))
    total = np.zeros((len(filled), 8), dtype=np.int64)
    for part, held, edges in blocks(np.append(starts[:-1][filled], starts[-1]), _CHUNK):
        # Sums of fewer than 2^32 numbers of 31 bits are exact in 64.
        total[held] += np.stack([np.add.reduceat(column, edges) for column in _squares(a[part], b[part])], axis=1)
    joined = np.zeros((len(starts) - 1, 5), dtype=object)
    joined[filled] = _joined_products(total)
    return joined


def sum_products(
    codes: NDArray[np.intp], a: NDArray[np.int64], b: NDArray[np.int64], groups: int
) -> NDArray[np.object_]:
    """Exact sums of a, b, a², ab and b² per group, (groups, 5) Python integers; values are at most ``LARGEST``."""
    total = np.zeros((groups, 8), dtype=np.int64)
    for start in range(0, len(codes), _CHUNK):
        part = slice(start, start + _CHUNK)
        for place, column in enumerate(_squares(a[part], b[part])):
            # Sums of 2^15 numbers of 31 bits are exact in float64.
            total[:, place] += np.bincount(codes[part], weights=column, minlength=groups).astype(np.int64)
    return _joined_products(total)


def cubed(codes: NDArray[np.intp], values: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """Σ (x - mean)³ per group, (groups,), of whole numbers of at most ``LEVELS``; no order can change a bit of it.

    >>> cubed(np.array([0, 0, 0, 1]), np.array([0, 0, 3, 5]), 2).tolist()
    [6.0, 0.0]
    """
    total = np.zeros((groups, 5), dtype=np.int64)
    for start in range(0, len(codes), _CHUNK):
        part = slice(start, start + _CHUNK)
        # Sums of 2^14 numbers of 34 bits are exact in float64.
        for place, column in enumerate((None, *powers(values[part]))):
            total[:, place] += np.bincount(codes[part], weights=column, minlength=groups).astype(np.int64)
    return thirds_of(total)


def cubed_between(starts: NDArray[np.intp], values: NDArray[np.int64]) -> NDArray[np.float64]:
    """What ``cubed`` gives, of rows that lie in the order of their groups."""
    columns = [totals(column, starts) for column in powers(values)]
    return thirds_of(np.stack([np.diff(starts), *columns], axis=1))


def powers(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Whole numbers of at most ``LEVELS``, their squares, and their cubes in two parts: what ``thirds_of`` takes."""
    square = values * values
    cube = square * values
    return values, square, cube >> _CUT, cube & ((1 << _CUT) - 1)


def thirds_of(total: NDArray[np.int64]) -> NDArray[np.float64]:
    """Σ (x - mean)³ per group, (groups,), from (groups, 5) numbers of rows and sums of the columns of ``powers``."""
    n, first, second, high, low = total.astype(object).T
    third = high * (1 << _CUT) + low
    whole = n * n * third - 3 * n * first * second + 2 * first**3
    found: NDArray[np.float64] = whole.astype(np.float64) / np.maximum(total[:, 0], 1).astype(np.float64) ** 2
    return found


def _squares(a: NDArray[np.int64], b: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Two columns, their squares and product, as 8 columns of at most 31 bits (and a sign)."""
    columns = [a, b]
    for square in (a * a, a * b, b * b):
        columns += [square >> _BITS, square & _LOW]
    return columns


def _joined_products(total: NDArray[np.int64]) -> NDArray[np.object_]:
    """Five sums from the sums of eight columns."""
    parts = total.astype(object)
    joined: NDArray[np.object_] = np.empty((len(total), 5), dtype=object)
    joined[:, :2] = parts[:, :2]
    for place in range(3):
        joined[:, 2 + place] = parts[:, 2 + 2 * place] * LARGEST + parts[:, 3 + 2 * place]
    return joined
