"""Numbers of any size as whole numbers relative to the largest of their group, so that their sums are exact.

Neither the order of the rows nor what other groups hold can change a bit of such a sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.sums import LEVELS, totals
from mlgate.tables import LARGEST

__all__ = [
    "exact_sums",
    "exact_totals",
    "fixed",
    "fixed_between",
    "largest_between",
    "largest_of",
    "levels",
]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: So many numbers of at most 2^30 have a sum that is exact in float64.
_EXACT = 1 << 22


def _exponents(largest: Floats) -> NDArray[np.int64]:
    """Powers of two that make values of at most so much at most half of ``LARGEST``, per group."""
    # Half, because the difference of two columns must fit too. Below 2^-960 a value counts as nothing.
    known = np.maximum(largest, 2.0**-960)
    return np.where(largest > 0, np.floor(np.log2(LARGEST / 2 / known)), 0.0).astype(np.int64)


def levels(largest: Floats) -> Floats:
    """What 1 stands for where values of at most so much become whole numbers of at most ``LEVELS``, per group."""
    return np.where(largest > 2.0**-960, largest, 1.0) / LEVELS


def _whole(factor: Floats, *columns: Floats) -> list[NDArray[np.int64]]:
    scaled = (column * factor for column in columns)
    return [np.rint(column, out=column).astype(np.int64) for column in scaled]


def largest_of(code: Codes, groups: int, *columns: Floats) -> Floats:
    """The largest absolute value per group."""
    largest = np.zeros(groups)
    for column in columns:
        np.maximum.at(largest, code, np.abs(column))
    return largest


def largest_between(edges: Codes, *columns: Floats) -> Floats:
    """The same of rows in the order of their groups."""
    largest, filled = np.zeros(len(edges) - 1), np.flatnonzero(np.diff(edges))
    if len(filled):
        for column in columns:
            largest[filled] = np.maximum(largest[filled], np.maximum.reduceat(np.abs(column), edges[:-1][filled]))
    return largest


def fixed(code: Codes, groups: int, *columns: Floats) -> tuple[list[NDArray[np.int64]], Floats]:
    """Columns as whole numbers, at most half of ``LARGEST``, of one unit per group, a power of two; and the units."""
    exponent = _exponents(largest_of(code, groups, *columns))
    return _whole(np.ldexp(1.0, exponent)[code], *columns), np.ldexp(1.0, -exponent)


def fixed_between(edges: Codes, *columns: Floats) -> tuple[list[NDArray[np.int64]], Floats]:
    """The same of rows in the order of their groups."""
    exponent = _exponents(largest_between(edges, *columns))
    return _whole(np.repeat(np.ldexp(1.0, exponent), np.diff(edges)), *columns), np.ldexp(1.0, -exponent)


def exact_totals(values: Floats, edges: Codes) -> Floats:
    """What ``exact_sums`` gives, of rows in the order of their slices: stretches ``edges[s]:edges[s + 1]``."""
    (whole,), unit = fixed_between(edges, values)
    found: Floats = totals(whole, edges).astype(np.float64) * unit
    return found


def exact_sums(values: Floats, code: Codes, slices: int) -> Floats:
    """Sums per slice that do not depend on the order of the rows, (slices,); exact to 2^-29 of the slice's largest."""
    (whole,), unit = fixed(code, slices, values)
    total = np.zeros(slices, dtype=np.int64)
    for start in range(0, len(code), _EXACT):
        part = slice(start, start + _EXACT)
        total += np.bincount(code[part], weights=whole[part], minlength=slices).astype(np.int64)
    found: Floats = total.astype(np.float64) * unit
    return found
