"""A column of categories, counted: by value, up to ``VALUES`` distinct ones, and always in ``BUCKETS`` by a hash of it.

Separate from ``profile.py``, which knows columns of both kinds.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from mlgate.checks.number_cells import Numbers, cell_values
from mlgate.frozen import dataclass
from mlgate.records.rows import Coded
from mlgate.slices import value_text

__all__ = ["BUCKETS", "VALUES", "Categories", "as_categories", "count_categories", "no_categories"]

Counts = NDArray[np.int64]

#: Most distinct categories that are counted by value.
VALUES = 10_000
#: Buckets that categories are dealt to by hash.
BUCKETS = 256


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


def no_categories(rows: int) -> Categories:
    """Rows that all lack a value."""
    return _counted({}, rows=rows, missing=rows)


def count_categories(column: Coded) -> Categories:
    """The profile of some categories."""
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
    """The profile of rows by the text of their value."""
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
