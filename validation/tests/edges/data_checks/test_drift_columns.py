"""Arrow columns of every kind as numbers or codes, with what is missing kept missing."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate.checks.profile import profile
from mlgate.edges.data_checks.drift_columns import column_batch, column_batches
from mlgate.records.rows import Coded

DAY = datetime.date(2020, 1, 2)
NOON = datetime.datetime(2020, 1, 2, 12)
DAYS = 18_263.0


@pytest.mark.parametrize(
    ("array", "numbers"),
    [
        (pa.array([1, None, 3]), [1.0, np.nan, 3.0]),
        (pa.array([0.5, float("nan"), None]), [0.5, np.nan, np.nan]),
        (pa.array([Decimal("1.25"), None]), [1.25, np.nan]),
        (pa.array([1.5, None], pa.float16()), [1.5, np.nan]),
        (pa.array([DAY, None], pa.date32()), [DAYS, np.nan]),
        (pa.array([DAY, None], pa.date64()), [DAYS, np.nan]),
        (pa.array([NOON, None], pa.timestamp("s")), [DAYS + 0.5, np.nan]),
        (pa.array([NOON, None], pa.timestamp("ns", tz="UTC")), [DAYS + 0.5, np.nan]),
        (pa.array([datetime.time(6), None], pa.time32("ms")), [0.25, np.nan]),
        (pa.array([datetime.time(6), None], pa.time64("us")), [0.25, np.nan]),
        (pa.array([datetime.timedelta(days=2), None], pa.duration("us")), [2.0, np.nan]),
    ],
)
def test_numbers_dates_and_times_become_floats(array: pa.Array, numbers: list[float]) -> None:
    found = column_batch(pa.table({"x": array})).columns["x"]
    assert not isinstance(found, Coded)
    np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array(["a", None, "a"]), ["a", None, "a"]),
        (pa.array([True, None, False]), ["true", None, "false"]),
        (pa.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"]),
        (pa.array([7, None, 8]).dictionary_encode(), [7.0, None, 8.0]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_all_else_becomes_codes(array: pa.Array, values: list[Any]) -> None:
    found = column_batch(pa.table({"x": array})).columns["x"]
    assert isinstance(found, Coded)
    assert [found.values[code] for code in found.codes] == values


def test_batches_of_a_table_make_the_profile_of_the_whole() -> None:
    table = pa.table({"x": np.arange(100.0), "c": ["a", "b"] * 50, "id": np.arange(100)})
    parts = [pa.Table.from_batches([part]) for part in table.to_batches(max_chunksize=7)]
    whole, in_parts = (profile(column_batches(some, names=("c", "x"))) for some in ([table], parts))
    assert list(whole.columns) == ["x", "c"]
    assert repr(whole) == repr(in_parts)
