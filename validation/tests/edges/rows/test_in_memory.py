"""Rows in memory become the same Arrow table, whatever holds them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest

from mlgate.edges.rows.in_memory import column_of, table_of
from mlgate.errors import DataError

ROWS = {"x": [1.5, 2.5], "sex": ["f", "m"]}


@pytest.mark.parametrize(
    "held",
    [
        ROWS,
        {"x": np.array([1.5, 2.5]), "sex": pa.array(["f", "m"])},
        pa.table(ROWS),
        pd.DataFrame(ROWS, index=[7, 3]),
        polars.DataFrame(ROWS),
    ],
)
def test_every_holder_gives_the_same_rows_and_no_index(held: object) -> None:
    assert table_of(held).to_pydict() == ROWS


def test_a_column_that_stands_there_twice_is_kept_to_be_told_by_whoever_checks() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["x", "y"], index=[5])
    batches = pa.RecordBatchReader.from_batches(
        pa.schema([("x", pa.int64()), ("x", pa.int64()), ("__index_level_0__", pa.int64())]),
        [
            pa.RecordBatch.from_arrays(
                [pa.array([1]), pa.array([2]), pa.array([5])], names=["x", "x", "__index_level_0__"]
            )
        ],
    )
    assert table_of(batches).column_names == ["x", "x"]
    assert table_of(frame).column_names == ["x", "y"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros((2, 2)), r"score: has the shape \(2, 2\); give one value per row\."),
        (["a", 1], "score: cannot be read as a column .*; give an array of one kind of value."),
    ],
)
def test_what_is_no_column_is_refused_by_its_name(values: object, told: str) -> None:
    with pytest.raises(DataError, match=told):
        column_of(values, "score")


def test_what_is_no_table_is_refused_by_its_type() -> None:
    with pytest.raises(DataError, match="data is of type int; give a path, an Arrow table"):
        table_of(3)
