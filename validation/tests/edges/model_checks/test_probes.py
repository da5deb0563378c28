"""Rows changed on purpose: chosen by identity, moved one and all, and stored in the types that they had."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.model_checks.probes import (
    codes_among,
    holds_something,
    numbers_first,
    other_order,
    sample_of,
    steps_of,
    typed,
    values_of,
    with_value,
)
from mlgate.errors import ConfigError


@settings(deadline=None)
@given(st.integers(2, 200), st.integers(0, 2**63))
def test_law_in_another_order_no_row_stays_where_it_was(rows: int, seed: int) -> None:
    order = other_order(rows, seed)
    assert sorted(order.tolist()) == list(range(rows))
    assert (order != np.arange(rows)).all()


@settings(deadline=None)
@given(st.permutations(range(60)), st.integers(1, 59))
def test_law_which_rows_are_asked_about_does_not_depend_on_their_order(order: list[int], most: int) -> None:
    table = pa.table({"id": list(range(60)), "x": [value % 7 for value in range(60)]})
    turned = table.take(pa.array(order))
    chosen = set(table.column("id").take(pa.array(sample_of(table, most=most, id_column="id", seed=3))).to_pylist())
    again = set(turned.column("id").take(pa.array(sample_of(turned, most=most, id_column="id", seed=3))).to_pylist())
    assert chosen == again and len(chosen) == most


def test_of_few_rows_all_are_asked_about_in_their_order() -> None:
    table = pa.table({"x": [3, 1, 2]})
    assert sample_of(table, most=3, id_column=None, seed=0).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1", pa.int32(), 1),
        ("0.5", pa.float64(), 0.5),
        ("true", pa.bool_(), True),
        ("0", pa.bool_(), False),
        ("F", pa.string(), "F"),
        ("F", pa.dictionary(pa.int8(), pa.string()), "F"),
    ],
)
def test_a_value_of_the_configuration_takes_the_type_of_its_column(text: str, kind: pa.DataType, value: object) -> None:
    table = pa.table({"x": pa.array([None, None], kind.value_type if pa.types.is_dictionary(kind) else kind)})
    found = typed(text, kind, where="here")
    assert found.as_py() == value
    assert with_value(table, "x", found).column("x").to_pylist() == [value, value]


@pytest.mark.parametrize(("text", "kind"), [("F", pa.int32()), ("0.5", pa.int32()), ("maybe", pa.bool_())])
def test_a_value_that_its_column_cannot_hold_is_refused(text: str, kind: pa.DataType) -> None:
    with pytest.raises(ConfigError, match="behaviour: the column x holds .*, which .* is not"):
        typed(text, kind, where="behaviour: the column x")


def test_values_are_known_by_their_canonical_text() -> None:
    numbers = pa.chunked_array([[1.0, 2.5, None, 7.0]])
    assert codes_among(numbers, ["2.5", "1"]).tolist() == [1, 0, -1, -1]
    flags = pa.chunked_array([[True, False, None]])
    assert codes_among(flags, ["true", "false"]).tolist() == [0, 1, -1]
    assert values_of(pa.chunked_array([["b", "a", "a", None]])) == ("a", "b")
    assert values_of(pa.chunked_array([pa.array([1.0, float("nan"), 1.0])])) == ("1",)


def test_a_column_rises_through_values_that_some_row_has() -> None:
    few = steps_of(pa.chunked_array([pa.array([3, 1, None, 2], pa.int32())]))
    assert few is not None and few.type == pa.int32() and few.to_pylist() == [1, 2, 3]
    many = steps_of(pa.chunked_array([pa.array(np.arange(1000) ** 2)]))
    assert many is not None and len(many) == 7 and many.to_pylist()[0] == 0 and many.to_pylist()[-1] == 999**2
    assert {int(value**0.5) ** 2 for value in many.to_pylist()} == set(many.to_pylist())
    assert steps_of(pa.chunked_array([["a"]])) is None and steps_of(pa.chunked_array([[True]])) is None


def test_whole_numbers_with_gaps_reach_a_model_as_floats_alone_and_in_company() -> None:
    table = numbers_first(pa.table({"a": pa.array([1, None]), "b": pa.array([1, 2])}))
    assert (table.schema.field("a").type, table.schema.field("b").type) == (pa.float64(), pa.int64())


def test_what_is_missing_is_told_in_numbers_and_texts() -> None:
    assert holds_something(pa.chunked_array([pa.array([1.0, float("nan"), None])])).tolist() == [True, False, False]
    assert holds_something(pa.chunked_array([["a", None]])).tolist() == [True, False]
