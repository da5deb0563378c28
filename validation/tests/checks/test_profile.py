"""Profiles of columns: neither order nor partition of the rows changes a bit."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.checks import category_counts, number_cells
from mlgate.checks.number_cells import Numbers
from mlgate.checks.profile import Profile, profile
from mlgate.errors import DataError
from mlgate.records.columns import ColumnBatch
from mlgate.records.rows import Coded

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True, width=64)


def coded(values: Iterable[str | float | None]) -> Coded:
    values = list(values)
    known = tuple(dict.fromkeys(values))
    return Coded(codes=np.array([known.index(value) for value in values], dtype=np.int32), values=known)


def batch(numbers: NDArray[np.float64], words: list[str | None]) -> ColumnBatch:
    return ColumnBatch(rows=len(numbers), columns={"number": numbers, "word": coded(words)})


def told(found: Profile) -> dict[str, object]:
    """Everything in a profile, to be compared."""
    texts: dict[str, object] = {"rows": found.rows}
    for name, column in found.columns.items():
        if isinstance(column, Numbers):
            cells = (column.keys.tolist(), column.counts.tolist(), column.dropped)
            texts[name] = (column.rows, column.missing, column.low, column.high, column.below, column.above, cells)
        else:
            counts = sorted(column.counts.items())
            texts[name] = (column.rows, column.missing, counts, column.crowded, column.buckets.tolist())
    return texts


@settings(deadline=None)
@given(st.data())
def test_order_and_partition_of_the_rows_change_nothing(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(ANY_FLOAT, st.sampled_from([None, *"abcdefgh"])), min_size=1, max_size=60))
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    # Small limits, so that few rows overflow them.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number_cells, "CELLS", 6)
        patch.setattr(category_counts, "VALUES", 5)
        reference = profile([batch(np.array([-1.0, 1.0]), ["a", "b"])])
        whole = profile([batch(np.array([x for x, _ in rows]), [word for _, word in rows])], against=reference)
        parts = [shuffled[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
        batches = [batch(np.array([x for x, _ in part]), [word for _, word in part]) for part in parts]
        in_parts = profile(batches, against=reference)
        backwards = sum((profile([one], against=reference) for one in reversed(batches)), Profile(rows=0, columns={}))
    assert told(in_parts) == told(whole) == told(backwards)


def test_rows_outside_the_training_range_are_counted_and_those_on_its_edge_are_not() -> None:
    reference = profile([ColumnBatch(rows=3, columns={"x": np.array([1.0, 5.0, np.nan])})])
    column = np.array([0.9, 1.0, 3.0, 5.0, 5.1, 6.0, np.nan, math.inf])
    found = profile([ColumnBatch(rows=8, columns={"x": column})], against=reference).columns["x"]
    assert isinstance(found, Numbers)
    assert (found.below, found.above) == (1, 3)


def test_a_column_that_a_part_lacks_or_holds_nothing_in_counts_as_missing_there() -> None:
    lacking = ColumnBatch(rows=2, columns={})
    empty = ColumnBatch(rows=2, columns={"x": coded([None, None])})
    numbers = ColumnBatch(rows=2, columns={"x": np.array([1.0, 2.0])})
    for batches in ([lacking, empty, numbers], [numbers, empty, lacking], [empty, numbers, lacking]):
        found = profile(batches).columns["x"]
        assert isinstance(found, Numbers)
        assert (found.rows, found.missing, found.low, found.high) == (6, 4, 1.0, 2.0)


def test_a_column_of_two_kinds_is_refused_by_name() -> None:
    numbers = ColumnBatch(rows=1, columns={"x": np.array([1.0])})
    words = ColumnBatch(rows=1, columns={"x": coded(["one"])})
    with pytest.raises(DataError, match="column 'x' holds numbers in some rows and categories in others; store"):
        profile([numbers, words])
