"""A column of numbers, counted in cells: few enough for any number of rows, narrow enough for every distance.

Distinct values have a cell each while there are at most ``CELLS``; beyond, as many last bits of all of them are dropped
as it takes, so that cells are as narrow as the values allow, relative to their size. How many bits that takes depends
on the distinct values alone, which is what makes merging exact. No edges have to be known beforehand: training data can
be read in one pass, too. Separate from ``profile.py``, which knows columns of both kinds and no bits.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass

__all__ = ["CELLS", "Numbers", "cell_values", "count_numbers", "no_numbers", "on_same_cells"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Keys = NDArray[np.uint64]

#: Most cells of a column of numbers.
CELLS = 8192

#: Numbers beyond are taken for this one when distances are reckoned.
_LARGEST = float(np.finfo(np.float64).max) / 4
_SIGN = np.uint64(1 << 63)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Numbers:
    """A column of numbers."""

    rows: int
    missing: int
    #: smallest and largest value; infinite, and the wrong way round, when there is none.
    low: float
    high: float
    #: last bits of a key that were dropped.
    dropped: int
    #: (k,) ascending, and (k,) how many rows each cell has.
    keys: Keys
    counts: Counts
    #: rows below and above the range of the data that they are held against; 0 when against none.
    below: int = 0
    above: int = 0

    @property
    def held(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    def __add__(self, other: Numbers) -> Numbers:
        """The profile of both parts' rows together."""
        dropped = max(self.dropped, other.dropped)
        parts = [_coarser(part, dropped) for part in (self, other)]
        keys, place = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
        counts = np.zeros(len(keys), dtype=np.int64)
        np.add.at(counts, place, np.concatenate([counts for _, counts in parts]))
        keys, counts, dropped = _within_limit(keys, counts, dropped)
        return Numbers(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            dropped=dropped,
            keys=keys,
            counts=counts,
            below=self.below + other.below,
            above=self.above + other.above,
        )


def no_numbers(rows: int) -> Numbers:
    """Rows that all lack a value."""
    nothing = np.empty(0, dtype=np.int64)
    return Numbers(
        rows=rows,
        missing=rows,
        low=math.inf,
        high=-math.inf,
        dropped=0,
        keys=nothing.astype(np.uint64),
        counts=nothing,
    )


def count_numbers(values: Floats, against: Numbers | None) -> Numbers:
    """The profile of some numbers, (n,); NaN where missing. Those outside the range of ``against`` are counted, too."""
    held = values[~np.isnan(values)]
    below = above = 0
    if against is not None and against.held:
        below = int(np.count_nonzero(held < against.low))
        above = int(np.count_nonzero(held > against.high))
    keys, counts, dropped = _within_limit(*np.unique(_keys(held), return_counts=True), 0)
    return Numbers(
        rows=len(values),
        missing=len(values) - len(held),
        low=float(held.min(initial=math.inf)),
        high=float(held.max(initial=-math.inf)),
        dropped=dropped,
        keys=keys,
        counts=counts,
        below=below,
        above=above,
    )


def _keys(values: Floats) -> Keys:
    """Whole numbers in the order of the values: bits of a float, turned so that they compare as it does."""
    bits: Keys = (values + 0.0).view(np.uint64)  # minus zero is zero
    # Of a negative number all bits are flipped, of others the sign.
    flip = (bits.view(np.int64) >> 63).view(np.uint64) | _SIGN
    keys: Keys = bits ^ flip
    return keys


def _values(keys: Keys) -> Floats:
    """The numbers whose keys these are."""
    flip = np.where(keys & _SIGN, _SIGN, np.uint64(0xFFFF_FFFF_FFFF_FFFF))
    values: Floats = (keys ^ flip).view(np.float64)
    return values


def _within_limit(keys: Keys, counts: Counts, dropped: int) -> tuple[Keys, Counts, int]:
    """Ascending distinct cells, made as much wider as the limit asks for."""
    if len(keys) <= CELLS:
        return keys, counts, dropped
    apart = keys[1:] ^ keys[:-1]
    low, high = 1, 64 - dropped
    while low < high:  # the fewest further bits after which few enough neighbours differ
        middle = (low + high) // 2
        if np.count_nonzero(apart >> np.uint64(middle)) < CELLS:
            high = middle
        else:
            low = middle + 1
    return *_merged(keys >> np.uint64(low), counts), dropped + low


def _coarser(part: Numbers, dropped: int) -> tuple[Keys, Counts]:
    """A profile's cells with more bits dropped."""
    if part.dropped == dropped:
        return part.keys, part.counts
    return _merged(part.keys >> np.uint64(dropped - part.dropped), part.counts)


def _merged(keys: Keys, counts: Counts) -> tuple[Keys, Counts]:
    """Ascending keys with the counts of equal ones added."""
    if not len(keys):
        return keys, counts
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(counts, first)


def on_same_cells(first: Numbers, second: Numbers) -> tuple[Keys, Counts, Counts, int]:
    """Both profiles on the same ascending cells: keys, both counts, (k,) each, and the bits dropped of a key."""
    dropped = max(first.dropped, second.dropped)
    parts = [_coarser(part, dropped) for part in (first, second)]
    keys = np.union1d(parts[0][0], parts[1][0])
    both = np.zeros((2, len(keys)), dtype=np.int64)
    for place, (own, counts) in enumerate(parts):
        both[place, np.searchsorted(keys, own)] = counts
    return keys, both[0], both[1], dropped


def cell_values(keys: Keys, dropped: int) -> Floats:
    """Where the rows of each cell lie: the value itself, or the middle of a wider cell; ascending and finite, (k,)."""
    # Keys beyond belong to the infinite values, or to no number at all.
    first, last = _keys(np.array([-_LARGEST, _LARGEST])).tolist()
    start = keys << np.uint64(dropped)
    low, high = (_values(np.clip(edge, first, last)) for edge in (start, start | np.uint64((1 << dropped) - 1)))
    middle: Floats = low if not dropped else low / 2 + high / 2
    return middle
