"""The readable difference of two suites, and one suite for training and for serving."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mlgate.edges.expectations.data_suite import examine
from mlgate.edges.expectations.suite_diff import differences, tell
from mlgate.edges.expectations.suite_file import read_entries, read_suite
from mlgate.edges.expectations.suite_without import leave_out
from mlgate.errors import ConfigError
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations

ROOT = Path(__file__).parents[4]


def expect(kind: str, /, meta: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "meta": meta or {}}


OLD = [
    expect("table_row_count_to_be_between", min_value=10, max_value=20),
    expect("column_values_to_be_between", column="age", min_value=0, max_value=100),
    expect("column_values_to_be_in_set", column="town", value_set=["a", "b"]),
    expect("column_values_to_not_be_null", column="town"),
    expect("column_values_to_be_in_set", column="kind", value_set=[1]),
    expect("column_values_to_be_in_set", column="kind", value_set=[2]),
]


def test_a_difference_names_the_column_and_what_became_of_it() -> None:
    new = [
        expect("column_values_to_be_in_set", column="town", value_set=["b", "c"], mostly=0.9),
        expect("column_values_to_be_unique", column="row"),
        expect("column_values_to_be_between", {"title": "grown up"}, column="age", min_value=18, max_value=100),
        *OLD[4:],
        expect("table_row_count_to_be_between", min_value=10, max_value=40),
    ]
    assert tell(differences(OLD, new)).splitlines() == [
        "table",
        "  changed  row_count_between: max_value 20 → 40",
        "age",
        "  changed  values_between: min_value 0 → 18; title none → grown up",
        "row",
        "  added    values_unique",
        "town",
        "  changed  values_in_set: value_set now with c, no longer with a; mostly none → 0.9",
        "  removed  values_not_null",
    ]


def test_suites_that_differ_in_order_only_expect_the_same() -> None:
    assert tell(differences(OLD, [*OLD[1:], OLD[0]])) == "the two suites expect the same"


def test_the_second_of_two_equal_names_is_compared_with_the_second() -> None:
    new = [*OLD[:5], expect("column_values_to_be_in_set", column="kind", value_set=[3])]
    (one,) = differences(OLD, new)
    assert one.details == ("value_set now with 3, no longer with 2",)


def test_values_of_private_columns_stand_in_no_difference() -> None:
    new = [expect("column_values_to_be_in_set", column="town", value_set=["secret"])]
    text = tell(differences([OLD[2]], new, private=["town"]))
    assert text == "town\n  changed  values_in_set: values are withheld, since the column is private"


def test_the_suite_of_requests_knows_nothing_of_what_requests_lack() -> None:
    train = [
        expect("table_columns_to_match_set", {"title": "all three"}, column_set=["row", "age", "label"]),
        expect("table_columns_to_match_ordered_list", column_list=["row", "age", "label"]),
        expect("table_column_count_to_equal", value=3),
        expect("table_row_count_to_be_between", min_value=100),
        expect("column_values_to_be_unique", column="row"),
        expect("column_mean_to_be_between", column="label", max_value=1),
        expect("column_values_to_not_be_null", column="age", row_condition="label == 1"),
        expect("column_values_to_be_between", column="age", min_value=0),
    ]
    assert leave_out(train, ["row", "label"], where="train.json") == [
        {"type": "expect_table_columns_to_match_set", "kwargs": {"column_set": ["age"]}, "meta": {}},
        {"type": "expect_table_columns_to_match_ordered_list", "kwargs": {"column_list": ["age"]}, "meta": {}},
        {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 1}, "meta": {}},
        train[-1],
    ]
    assert leave_out(train, [], where="train.json") == train


def test_a_column_to_leave_out_that_the_suite_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"expectations": OLD}))
    with pytest.raises(
        ConfigError, match="without names 'twon', which the suite does not mention; did you mean \"town\""
    ):
        read_suite(path, dataset="requests", without=["twon"])
    with pytest.raises(ConfigError, match="without leaves no expectation of the suite; name fewer columns"):
        read_suite(path, dataset="requests", without=["town", "kind", "age"])


def test_requests_without_a_label_meet_the_suite_of_the_training_set(tmp_path: Path) -> None:
    entries = [
        expect("table_columns_to_match_set", column_set=["row", "age", "label"], exact_match=True),
        expect("table_row_count_to_be_between", min_value=100),
        expect("column_distinct_values_to_equal_set", column="label", value_set=[0, 1]),
        expect("column_values_to_be_between", column="age", min_value=0, max_value=100),
    ]
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"expectations": entries}))
    requests = pa.table({"age": [20, 30, 140]})
    seen = examine(
        requests, suite=path, dataset="requests", level=Level.REQUIRED, without=["row", "label"]
    ).observations
    found = {finding.id: finding.verdict for finding in judge_observations(seen)}
    assert found == {
        "data/requests/table/columns_match_set": Verdict.PASS,
        "data/requests/age/values_between": Verdict.FAIL,
    }


def test_the_suites_of_the_reference_project_can_be_compared() -> None:
    base, recent = (
        read_entries(ROOT / "data_tests" / f"{name}.json", dataset=name) for name in ("base_case", "recent")
    )
    text = tell(differences(base, recent))
    assert "row_count_between" in text and all(line.strip() for line in text.splitlines())
