"""Of overlapping slices those are told that have most of their excess to themselves."""

from __future__ import annotations

import numpy as np
import pytest

from mlgate.records.rows import Coded
from mlgate.search.lattice import Found
from mlgate.search.levels import SearchColumn, categories
from mlgate.search.telling import Values, tell_apart

ROWS = 100


def column(name: str, first: int, last: int) -> SearchColumn:
    """A category that some neighbouring rows have."""
    codes = np.zeros(ROWS, dtype=np.int32)
    codes[first:last] = 1
    return categories(name, Coded(codes=codes, values=("other", "here")))


def slice_of(columns: list[SearchColumn], place: int, size: int) -> Found:
    item = next(n for n, one in enumerate(columns[place].items) if one.conditions[0].value == "here")
    return Found(columns=(place,), items=(item,), size=size, total=float(size), score=float(size))


@pytest.mark.parametrize(("outside", "told"), [(8, 1), (12, 2)])
def test_a_slice_is_told_when_most_of_its_excess_lies_outside_those_before_it(outside: int, told: int) -> None:
    columns = [column("a", 0, 40), column("b", 20 + outside, 40 + outside)]
    worth = Values(rows=np.arange(40 + outside), held=np.ones(40 + outside), reference=0.0)
    found = [slice_of(columns, 0, 40), slice_of(columns, 1, 20)]
    assert tell_apart(columns, found, worth, 5) == tuple(found[:told])
