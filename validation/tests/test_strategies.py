"""Legal rows: what a table and a suite allow is drawn, nothing else is, and private values stay where they are."""

from __future__ import annotations

import sys
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from mlgate.errors import ConfigError, DataError
from mlgate.strategies import legal_columns, rows, unusual

TABLE = pd.DataFrame(
    {
        "income": [1.5, 2.5, 900.25, np.nan],
        "children": np.array([0, 0, 3, 1], dtype="int32"),
        "married": [True, True, False, True],
        "city": ["Rome", "Rome", "Oslo", None],
        "since": [datetime(2020, 1, 1), datetime(2024, 1, 1), datetime(2022, 1, 1), datetime(2021, 1, 1)],
        "note": ["a", "b", "c", "d"],
    }
)
SUITE = {
    "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "income", "min_value": 0}},
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "children", "min_value": 0, "max_value": 9},
        },
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "income"}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "city", "mostly": 0.9}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "note", "value_set": ["a", "b"]}},
    ]
}

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(rows(TABLE))
def test_law_rows_keep_to_what_the_table_shows_in_its_types(drawn: pd.DataFrame) -> None:
    assert 1 <= len(drawn) <= 10
    assert drawn.dtypes.astype(str).to_dict() == TABLE.dtypes.astype(str).to_dict()
    income = drawn["income"].dropna()
    assert ((income >= 1.5) & (income <= 900.25)).all()
    assert drawn["children"].between(0, 3).all()
    assert set(drawn["city"].dropna()) <= {"Rome", "Oslo"}
    assert drawn["since"].between("2020-01-01", "2024-01-01").all()
    pa.Table.from_pandas(drawn)


@quick
@given(rows(pa.Table.from_pandas(TABLE), suite=SUITE, inputs=["income", "children", "city", "note"]))
def test_law_a_suite_widens_and_narrows_what_is_legal(drawn: pd.DataFrame) -> None:
    assert list(drawn.columns) == ["income", "children", "city", "note"]
    assert drawn["income"].between(0, 900.25).all()
    assert drawn["children"].between(0, 9).all()
    assert set(drawn["note"]) <= {"a", "b"}


def test_what_is_declared_beyond_what_was_seen_is_drawn_too() -> None:
    wide = find(rows(TABLE, suite=SUITE, inputs=["children"]), lambda drawn: bool((drawn["children"] > 3).any()))
    assert wide["children"].tolist() == [4]
    missing = find(rows(TABLE, suite=SUITE, inputs=["city"]), lambda drawn: bool(drawn["city"].isna().any()))
    assert len(missing) == 1


def test_a_failing_row_shrinks_to_the_one_value_that_it_fails_by() -> None:
    columns = legal_columns(TABLE)
    found = find(rows(columns), lambda drawn: bool((drawn["children"] >= 2).any()))
    [failing] = [row for _, row in found.iterrows() if row["children"] >= 2]
    assert unusual(failing, columns) == {"children": 2}
    assert unusual(failing, columns, private=["children"]) == {"children": "…"}


@quick
@given(st.data())
def test_law_no_value_of_a_private_column_is_drawn_from_the_rows(data: st.DataObject) -> None:
    names = [f"person {number}" for number in range(5)]
    table = pd.DataFrame({"name": names, "wealth": [123456.75, 1.0, 2.0, 3.0, 4.0]})
    columns = legal_columns(table, private=["name", "wealth"])
    assert not any(value in repr(columns) for value in (*names, "123456.75"))
    assert not set(data.draw(rows(columns))["name"]) & set(names)


def test_a_column_that_is_not_there_and_a_suite_that_is_none_are_told() -> None:
    with pytest.raises(DataError, match="'incom' is not among the rows; did you mean"):
        legal_columns(TABLE, inputs=["incom"])
    with pytest.raises(ConfigError, match="cannot be read as a suite"):
        legal_columns(TABLE, suite="nowhere.json")


def test_without_hypothesis_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(
        ConfigError, match="needs Hypothesis, which is not installed; run pip install 'hypothesis>=6.100'"
    ):
        rows(TABLE)
