"""Columns as the engine reads them: codes, units, weights and money, and what is wrong with them, with its row."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.batches.columns import (
    by_value,
    coded_column,
    column_of,
    money_of,
    numbers_of,
    shown,
    slice_columns,
    units_of,
    weights_of,
)
from mlgate.errors import DataError
from mlgate.records.run import Condition, Grouping, Money, Run
from mlgate.slices import value_text

VALUES = st.one_of(
    st.lists(st.none() | st.text(max_size=4), max_size=20),
    st.lists(st.none() | st.integers(-9, 9), max_size=20),
    st.lists(st.none() | st.floats(), max_size=20),
    st.lists(st.none() | st.booleans(), max_size=20),
)


def decoded(array: pa.Array | pa.ChunkedArray) -> list[str | float | None]:
    column = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    found = coded_column(column)
    assert len(set(map(str, found.values))) == len(found.values), "each value once"
    return [found.values[code] for code in found.codes]


def expected(value: Any) -> str | float | None:
    if value is None or value != value:
        return None
    return (
        value_text(str(value).lower()) if isinstance(value, bool) else value if isinstance(value, str) else float(value)
    )


# ---- codes


@settings(max_examples=80, deadline=None)
@given(values=VALUES, cut=st.integers(0, 20))
def test_codes_give_back_the_values_whatever_holds_them(values: list[Any], cut: int) -> None:
    wanted = [expected(value) for value in values]
    array = pa.array(values)
    parts = pa.chunked_array([array[:cut].dictionary_encode(), array[cut:].dictionary_encode()])
    spare = pa.chunked_array([pa.concat_arrays([array, array]).dictionary_encode()[len(array) :]])
    for column in (array, pa.chunked_array([array[:cut], array[cut:]]), array.dictionary_encode(), parts, spare):
        assert decoded(column) == wanted


def test_every_kind_of_nothing_is_one_missing_value_and_minus_zero_is_zero() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x8000000000000000], dtype=np.uint64).view(np.float64)
    array = pa.concat_arrays([pa.array(odd, from_pandas=False), pa.array([None, float("nan"), 0.0])])
    found = coded_column(pa.chunked_array([array]))
    assert found.values == (None, 0.0)
    assert found.codes.tolist() == [0, 0, 1, 0, 0, 1] and found.codes.dtype == np.int32


def test_a_category_without_rows_is_no_value_and_two_of_one_name_are_one() -> None:
    array = pa.DictionaryArray.from_arrays([2, 0, None, 3], ["a", "unused", "b", "a"])
    assert decoded(array) == ["b", "a", None, "a"]
    assert set(coded_column(pa.chunked_array([array])).values) == {"a", "b", None}
    views = pa.DictionaryArray.from_arrays([1, 0], pa.array(["a", None], pa.string_view()))
    assert decoded(views) == [None, "a"]


def test_a_missing_category_may_be_a_category_of_every_part() -> None:
    parts = [pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array([value, None])) for value in ("f", "m")]
    found = coded_column(pa.chunked_array(parts))
    assert [found.values[code] for code in found.codes] == ["f", None, "m", None]


def test_a_column_of_nothing_but_missing_categories_is_one_missing_value() -> None:
    for kind in (pa.string(), pa.int64(), pa.null()):
        assert (
            decoded(pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int32()), pa.array([], kind)))
            == [None] * 2
        )


def test_texts_and_numbers_have_an_order_that_is_not_the_rows() -> None:
    assert by_value(["b", 10.0, "10", 2.0, "a", -1.5]) == ["-1.5", "2", "10", "10", "a", "b"]


def test_a_value_is_shown_with_the_first_row_that_holds_it() -> None:
    coded = coded_column(pa.chunked_array([["a", None, "b", "b"]]))
    assert shown(coded, "b") == "'b' in row 3"
    assert shown(coded_column(pa.chunked_array([[1.5, 2.0]])), 2.0) == "'2' in row 2"
    assert shown(coded_column(pa.chunked_array([["x" * 99]])), "x" * 99) == f"'{'x' * 60}' in row 1"


def test_slices_that_are_crossed_cut_or_conditioned_read_their_columns_once() -> None:
    run = Run(
        requirements=(),
        groupings=(
            Grouping(columns=("sex", "region")),
            Grouping(columns=("age",), cuts=(("age", (25.0,)),)),
            Grouping(columns=("sex",), conditions=(Condition(column="sex", operator="=", value="F"),)),
        ),
    )
    table = pa.table({"sex": ["F"], "region": ["N"], "age": [30], "other": [1]})
    assert list(slice_columns(table, run, "f")) == ["sex", "region", "age"]


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (lambda table: column_of(table, "gone", "the label column", "f.csv"), "the label column"),
        (lambda table: units_of(table, "gone", "f.csv"), "the unit column"),
        (lambda table: weights_of(table, "gone", "f.csv"), "the weight column"),
        (lambda table: money_of(table, Money(kind="cost", amounts=("gone", 0, 0, 0)), "f.csv"), "the cost column"),
    ],
)
def test_a_column_that_is_not_there_is_told_with_what_it_was_for(read: Callable[[pa.Table], object], what: str) -> None:
    with pytest.raises(DataError, match=f"f.csv: {what} 'gone' is not in the data; known are: x"):
        read(pa.table({"x": [1]}))


# ---- units


def test_rows_of_one_unit_have_one_hash_in_every_type() -> None:
    found = units_of(pa.table({"u": [1, 2, 1]}), "u", "f")
    assert found[0] == found[2] != found[1]
    for other in (pa.array([1.0, 2.0, 1.0]), pa.array([1, 2, 1], pa.int8()), pa.array([1, 2, 1]).dictionary_encode()):
        assert units_of(pa.table({"u": other}), "u", "f").tolist() == found.tolist()


@pytest.mark.parametrize("units", [[1, None, 2, None], [1.0, float("nan"), 2.0, float("nan")], ["a", None, "b", None]])
def test_a_row_without_a_unit_is_refused_with_its_row(units: list[object]) -> None:
    with pytest.raises(DataError, match="f.csv: column 'u' holds no unit in row 2, the first of 2 such rows; say to"):
        units_of(pa.table({"u": units}), "u", "f.csv")


# ---- numbers, weights, money


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2]),
        pa.array([1.0, 2.0], pa.float32()),
        pa.array([decimal.Decimal("1.0"), decimal.Decimal("2.0")]),
        pa.array([1, 2]).dictionary_encode(),
        pa.chunked_array([[1], [2]]),
    ],
)
def test_numbers_are_numbers_in_every_type(column: pa.Array) -> None:
    table = pa.table({"x": column})
    assert numbers_of(table.column("x"), "x", "amount", "f").tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ([1.0, None], "no weight in row 2; finite numbers are needed"),
        ([1.0, float("nan"), float("nan")], "no weight in row 2, the first of 2 such rows; finite"),
        ([1.0, float("-inf")], "the weight -inf in row 2; finite numbers are needed"),
        ([1.0, -0.5], "the weight -0.5 in row 2; weights are at least 0"),
        (["1,5", "2"], "the weight '1,5' in row 1; numbers are needed"),
        ([None, "x"], "the weight 'x' in row 2; numbers are needed"),
    ],
)
def test_a_weight_that_is_none_is_told_with_its_row(values: list[object], held: str) -> None:
    with pytest.raises(DataError, match=f"f.csv: column 'w' holds {held}"):
        weights_of(pa.table({"w": values}), "w", "f.csv")


def test_weights_may_be_0_but_not_all_of_them() -> None:
    assert weights_of(pa.table({"w": [0, 2]}), "w", "f").tolist() == [0.0, 2.0]
    with pytest.raises(DataError, match="f: column 'w': all 2 weights are 0, so that no row counts"):
        weights_of(pa.table({"w": [0.0, 0.0]}), "w", "f")


def test_money_is_the_same_for_all_rows_or_read_from_columns() -> None:
    table = pa.table({"loss": [10, 20], "fee": [1.5, 2.5]})
    same = money_of(table, Money(kind="cost", amounts=(0.0, 1.0, 5.0, 0.0)), "f")
    assert same.tolist() == [[0.0, 1.0, 5.0, 0.0]] * 2
    own = money_of(table, Money(kind="cost", amounts=(0.0, "fee", "loss", 0.5)), "f")
    assert own.tolist() == [[0.0, 1.5, 10.0, 0.5], [0.0, 2.5, 20.0, 0.5]]
    with pytest.raises(DataError, match="f: column 'loss' holds no amount in row 2"):
        money_of(pa.table({"loss": [1.0, None]}), Money(kind="value", amounts=("loss", 0, 0, 0)), "f")
