"""Bounds are read off a suite as it stands, and a suite that is unreadable has none."""

from __future__ import annotations

import json
from pathlib import Path

from mlgate.edges.expectations.odd_bounds import bounds_of


def test_the_bounds_of_numbers_are_read_and_everything_else_is_left(tmp_path: Path) -> None:
    between = "expect_column_values_to_be_between"
    entries = [
        {"type": between, "kwargs": {"column": "age", "min_value": 18, "max_value": 99}},
        {"type": between, "kwargs": {"column": "pay", "max_value": 1.5, "min_value": None}},
        {"type": between, "kwargs": {"column": "day", "min_value": "2020-01-01", "max_value": True}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}},
    ]
    path = tmp_path / "suite.json"
    path.write_text(json.dumps({"expectations": entries}))
    assert bounds_of(path, dataset="base_case") == {"age": (18, 99), "pay": (None, 1.5), "day": (None, None)}
    path.write_text("no suite")
    assert bounds_of(path, dataset="base_case") == bounds_of(tmp_path / "none.json", dataset="base_case") == {}
