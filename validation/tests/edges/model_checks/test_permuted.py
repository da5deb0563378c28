"""Columns dealt to other rows and grids of values: the same for every order of rows, and never a value of their own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.data_checks.stand_ins import stand_ins
from mlgate.edges.model_checks.permuted import deal, dealt, grid_of, on_grid


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=30, unique=True), st.randoms())
def test_a_row_is_dealt_the_value_of_the_same_other_row_whatever_the_order(identity: list[int], random: object) -> None:
    rows = np.array(identity, dtype=np.uint64)
    donors = deal(rows, "x", 1)
    assert sorted(donors.tolist()) == list(range(len(rows))) and (donors != np.arange(len(rows))).all()
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    again = deal(rows[order], "x", 1)
    first = dict(zip(rows.tolist(), rows[donors].tolist(), strict=True))
    assert first == dict(zip(rows[order].tolist(), rows[order][again].tolist(), strict=True))


def test_repeats_and_columns_are_dealt_differently() -> None:
    rows = np.arange(100, dtype=np.uint64)
    deals = {tuple(deal(rows, column, repeat).tolist()) for column in ("x", "y") for repeat in range(3)}
    assert len(deals) == 6


def test_only_the_one_column_is_dealt_and_keeps_its_values() -> None:
    table = pa.table({"x": [1, 2, None, 4], "y": pa.array(["a", "b", "c", "d"]).dictionary_encode()})
    for name in ("x", "y"):
        other = "y" if name == "x" else "x"
        found = dealt(table, name, np.arange(4, dtype=np.uint64), 2)
        assert found.schema.names == ["x", "y"] and found.num_rows == 8
        assert found.column(other).to_pylist() == 2 * table.column(other).to_pylist()
        for start in (0, 4):
            part = found.column(name).slice(start, 4).to_pylist()
            assert sorted(map(str, part)) == sorted(map(str, table.column(name).to_pylist()))


def test_grids_hold_values_that_rows_have() -> None:
    numbers = pa.chunked_array([np.arange(1000) ** 2])
    grid = grid_of(numbers)
    assert grid is not None and grid.numbers is not None and len(grid.numbers) == 10
    assert set(grid.numbers) <= set(numbers.to_pylist()) and grid.numbers == tuple(sorted(grid.numbers))
    few = grid_of(pa.chunked_array([[3.0, 1.0, None, 3.0]]))
    assert few is not None and few.numbers == (1.0, 3.0)
    texts = grid_of(pa.chunked_array([["b", "a", "b", None, "c", "c", "c"]]))
    assert texts is not None and texts.texts == ("c", "b", "a") and texts.rows == (3, 2, 1)
    truths = grid_of(pa.chunked_array([[True, False, True]]))
    assert truths is not None and [value.as_py() for value in truths.values] == [True, False]
    assert grid_of(pa.chunked_array([[1.0, 1.0]])) is grid_of(pa.chunked_array([[[1], [2]]])) is None


@pytest.mark.parametrize("kind", [pa.int16(), pa.float32(), pa.string()])
def test_every_row_is_given_every_value_in_the_columns_type(kind: pa.DataType) -> None:
    table = pa.table({"x": pa.array([1, 2, 2]).cast(kind), "y": [7, 8, 9]})
    grid = grid_of(table.column("x"))
    assert grid is not None
    found = on_grid(table, "x", grid)
    assert found.schema == table.schema and found.column("y").to_pylist() == 2 * [7, 8, 9]
    held = [str(value) for value in found.column("x").to_pylist()]
    assert len(set(held[:3])) == len(set(held[3:])) == 1 and set(held) == set(map(str, table.column("x").to_pylist()))


def test_a_column_that_tells_an_attribute_stands_in_for_it_and_another_does_not() -> None:
    rng = np.random.default_rng(1)
    sex = rng.choice(["F", "M"], 800)
    table = pa.table(
        {
            "sex": sex,
            "age": 10.0 * rng.normal(size=800),
            "height": rng.normal(size=800) + 2.5 * (sex == "M"),
            "job": np.where(rng.random(800) < 0.9, np.where(sex == "F", "nurse", "smith"), "clerk"),
            "idle": rng.normal(size=800),
        }
    )
    table = table.append_column("seniority", pa.array(table.column("age").to_numpy() ** 3))
    columns = ["age", "height", "job", "idle", "seniority"]
    found = stand_ins(
        table, columns=columns, attributes=["sex", "age", "absent"], order=np.arange(800), auc=0.8, r2=0.5
    )
    assert found == {"height": "sex", "job": "sex", "seniority": "age"}
