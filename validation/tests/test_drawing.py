"""A property that fails tells the smallest row, keeps it, and fails on it first the next time."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from mlgate.drawing import hold_for_any_legal_row
from mlgate.errors import DataError
from mlgate.strategies import legal_columns

TABLE = pd.DataFrame({"age": [30, 40, 41, 90], "debts": [1.0, 2.0, None, 3.0], "city": ["Rome", "Rome", "Oslo", None]})
COLUMNS = legal_columns(TABLE)


def no_debts_missing(drawn: pd.DataFrame) -> None:
    if drawn["debts"].isna().any():
        raise ValueError("cannot add up nothing")


def put(saved: Path, holds: object = no_debts_missing, test: str = "test_x", private: tuple[str, ...] = ()) -> None:
    hold_for_any_legal_row(holds, COLUMNS, saved=saved, test=test, private=private)  # type: ignore[arg-type]


def test_the_smallest_row_is_told_and_kept_and_tried_first_next_time(tmp_path: Path) -> None:
    saved = tmp_path / "regressions.jsonl"
    told = r"fails on a typical row with debts missing: cannot add up nothing \(kept in regressions.jsonl\)"
    with pytest.raises(AssertionError, match=told):
        put(saved)
    assert [json.loads(line) for line in saved.read_text().splitlines()] == [
        {"test": "test_x", "rows": [{"age": 40, "debts": None, "city": "Rome"}]}
    ]
    seen: list[pd.DataFrame] = []

    def remember(drawn: pd.DataFrame) -> None:
        seen.append(drawn)
        no_debts_missing(drawn)

    with pytest.raises(AssertionError, match="fails again on a typical row with debts missing"):
        put(saved, remember)
    assert len(seen) == 1 and len(saved.read_text().splitlines()) == 1


def test_a_kept_row_is_tried_when_the_property_holds_again_and_other_tests_leave_it_alone(tmp_path: Path) -> None:
    saved = tmp_path / "regressions.jsonl"
    # a column that the case does not know has its typical value
    saved.write_text(json.dumps({"test": "test_x", "rows": [{"age": 77}]}) + "\n")
    first: list[int] = []
    put(saved, lambda drawn: first.append(int(drawn["age"].iloc[0])))
    assert first[0] == 77
    other: list[int] = []
    put(saved, lambda drawn: other.append(int(drawn["age"].iloc[0])), test="test_y")
    assert other[0] != 77


def test_the_same_rows_are_drawn_in_every_run(tmp_path: Path) -> None:
    runs: list[list[str]] = [[], []]
    for run in runs:
        put(tmp_path / "none.jsonl", lambda drawn: run.append(drawn.to_json()))  # noqa: B023
    assert runs[0] == runs[1] and len(set(runs[0])) > 20


def test_values_of_private_columns_are_not_told(tmp_path: Path) -> None:
    def young(drawn: pd.DataFrame) -> None:
        assert (drawn["age"] < 50).all(), "too old"

    with pytest.raises(AssertionError, match=r"with age=…: too old"):
        put(tmp_path / "kept.jsonl", young, private=("age",))


def test_a_file_that_holds_something_else_is_an_error_with_its_line(tmp_path: Path) -> None:
    saved = tmp_path / "regressions.jsonl"
    saved.write_text('{"test": "a", "rows": []}\nnonsense\n')
    with pytest.raises(DataError, match=r"regressions.jsonl:2: is no saved row"):
        put(saved)


def test_a_row_that_cannot_be_kept_is_told_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="with debts missing.*not kept in kept.jsonl"):
        put(tmp_path / "nowhere" / "kept.jsonl")
