"""Columns of which slices can be made: numbers that name rows are none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.batches.search_columns import search_columns


@pytest.mark.parametrize(("repeats", "searched"), [(0, False), (1, True)])
def test_whole_numbers_are_names_of_rows_only_when_none_comes_twice_however_late(repeats: int, searched: bool) -> None:
    numbers = np.append(np.arange(6_000), np.arange(repeats))
    found = search_columns(pa.table({"n": numbers}), ["n"], 5)
    assert [one.name for one in found] == (["n"] if searched else [])
