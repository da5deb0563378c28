"""What a column holds, in whole numbers: the one thing that drift and bounds read of any number of rows.

A profile is made of a batch and `+` is the only merge, so that 10 million rows need no more memory than one batch.
Order and partition of the rows change nothing, to the bit.

Numbers are counted in cells. Distinct values have a cell each while there are at most ``CELLS``; beyond, as many last
bits of all of them are dropped as it takes, so that cells are as narrow as the values allow, relative to their size.
How many bits that takes depends on the distinct values alone, which is what makes merging exact. No edges have to be
known beforehand: training data can be read in one pass, too.

Categories are counted by value, up to ``VALUES`` distinct ones, and always in ``BUCKETS`` by a hash of the value.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.columns import ColumnBatch
from mlgate.records.rows import Coded
from mlgate.slices import value_text
from mlgate.threads import in_threads

__all__ = [
    "BUCKETS",
    "CELLS",
    "VALUES",
    "Categories",
    "Numbers",
    "Profile",
    "as_categories",
    "cell_values",
    "on_same_cells",
    "profile",
]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Keys = NDArray[np.uint64]

#: Most cells of a column of numbers.
CELLS = 8192
#: Most distinct categories that are counted by value.
VALUES = 10_000
#: Buckets that categories are dealt to by hash.
BUCKETS = 256

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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Categories:
    """A column of categories."""

    rows: int
    missing: int
    #: rows of each distinct value; empty when there are more than ``VALUES``.
    counts: Mapping[str, int]
    #: whether there are more than that.
    crowded: bool
    #: (BUCKETS,) rows by hash of the value.
    buckets: Counts = field(repr=False)

    @property
    def held(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    def __add__(self, other: Categories) -> Categories:
        """The profile of both parts' rows together."""
        counts = dict(self.counts)
        for value, count in other.counts.items():
            counts[value] = counts.get(value, 0) + count
        crowded = self.crowded or other.crowded or len(counts) > VALUES
        return Categories(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            counts={} if crowded else counts,
            crowded=crowded,
            buckets=self.buckets + other.buckets,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Profile:
    """All columns of one data set or window."""

    rows: int
    columns: Mapping[str, Numbers | Categories]

    def __add__(self, other: Profile) -> Profile:
        """The profile of both parts' rows together."""
        names = dict.fromkeys([*self.columns, *other.columns])
        return Profile(rows=self.rows + other.rows, columns={name: _joined(name, self, other) for name in names})


def profile(batches: Iterable[ColumnBatch], *, against: Profile | None = None) -> Profile:
    """The profile of some rows, batch by batch.

    Parameters
    ----------
    batches
        They are read once.
    against
        The profile of the training data, when rows outside its range are to be counted.

    Raises
    ------
    DataError
        A column holds numbers in one batch and categories in another.
    """
    total = Profile(rows=0, columns={})
    for batch in batches:
        total = total + _of_batch(batch, against)
    return total


def _of_batch(batch: ColumnBatch, against: Profile | None) -> Profile:
    known = against.columns if against is not None else {}

    def one(name: str) -> Numbers | Categories:
        column = batch.columns[name]
        return _categories(column) if isinstance(column, Coded) else _numbers(column, known.get(name))

    return Profile(rows=batch.rows, columns=dict(zip(batch.columns, in_threads(one, batch.columns), strict=True)))


def _joined(name: str, first: Profile, second: Profile) -> Numbers | Categories:
    """One column of both parts; rows of a part that lacks it, or holds nothing in it, count as missing.

    Raises
    ------
    DataError
        It holds numbers in one part and categories in the other.
    """
    a, b = first.columns.get(name), second.columns.get(name)
    kinds = {type(part) for part in (a, b) if part is not None and part.held}
    if len(kinds) > 1:
        raise DataError(
            f"column {name!r} holds numbers in some rows and categories in others; store it as one type throughout"
        )
    like = next((part for part in (a, b) if part is not None and part.held), a or b)
    if isinstance(like, Numbers):
        return _numbers_or_none(a, first.rows) + _numbers_or_none(b, second.rows)
    return _categories_or_none(a, first.rows) + _categories_or_none(b, second.rows)


def _numbers_or_none(part: Numbers | Categories | None, rows: int) -> Numbers:
    if isinstance(part, Numbers):
        return part
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


def _categories_or_none(part: Numbers | Categories | None, rows: int) -> Categories:
    return part if isinstance(part, Categories) else _counted({}, rows=rows, missing=rows)


# ---- numbers


def _numbers(values: Floats, against: Numbers | Categories | None) -> Numbers:
    held = values[~np.isnan(values)]
    below = above = 0
    if isinstance(against, Numbers) and against.held:
        below = int(np.count_nonzero(held < against.low))
        above = int(np.count_nonzero(held > against.high))
    keys = np.sort(_keys(held))
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, dtype=np.intp)
    counts = np.diff(np.append(first, len(keys))).astype(np.int64)
    keys, counts, dropped = _within_limit(keys[first], counts, 0)
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


# ---- categories


def _categories(column: Coded) -> Categories:
    values = column.values
    counts = np.bincount(column.codes, minlength=len(values)).astype(np.int64)
    missing = 0
    by_text: dict[str, int] = {}
    for value, count in zip(values, counts.tolist(), strict=True):
        if value is None:
            missing += count
        elif count:
            text = value_text(value)
            by_text[text] = by_text.get(text, 0) + count
    return _counted(by_text, rows=len(column.codes), missing=missing)


def _counted(by_text: Mapping[str, int], *, rows: int, missing: int) -> Categories:
    buckets = np.zeros(BUCKETS, dtype=np.int64)
    for text, count in by_text.items():
        buckets[zlib.crc32(text.encode("utf-8", "surrogatepass")) % BUCKETS] += count
    crowded = len(by_text) > VALUES
    return Categories(rows=rows, missing=missing, counts={} if crowded else by_text, crowded=crowded, buckets=buckets)


def as_categories(column: Numbers | Categories) -> Categories:
    """A column of few distinct numbers, such as a label of 0 and 1, as the texts of its values."""
    if isinstance(column, Categories):
        return column
    texts: dict[str, int] = {}
    for value, count in zip(cell_values(column.keys, column.dropped).tolist(), column.counts.tolist(), strict=True):
        texts[value_text(value)] = texts.get(value_text(value), 0) + count
    return _counted(texts, rows=column.rows, missing=column.missing)
