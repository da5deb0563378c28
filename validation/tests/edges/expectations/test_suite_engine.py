"""Suites in pieces: the outcome does not depend on how the rows are cut, and only what must see a column loads it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.expectations import suite_engine
from mlgate.edges.expectations.data_suite import examine
from mlgate.edges.expectations.suite_kinds import ROW_WISE, needs_whole
from mlgate.errors import ConfigError, DataError
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations


def expect(kind: str, /, meta: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "meta": meta or {}}


MEDIAN = {"quantiles": [0.5], "value_ranges": [[10, 90]]}
SUITE = [
    expect("table_row_count_to_be_between", min_value=10),
    expect("table_columns_to_match_set", column_set=["row", "amount", "code", "town", "day"]),
    expect("column_values_to_be_unique", column="row"),
    expect("column_values_to_be_between", column="amount", min_value=0, max_value=50),
    expect("column_values_to_be_between", meta={"name": "mostly"}, column="amount", max_value=50, mostly=0.5),
    expect("column_values_to_be_in_type_list", column="amount", type_list=["int64"]),
    expect("column_values_to_be_in_type_list", column="town", type_list=["str"]),
    expect("column_values_to_not_be_null", column="amount", mostly=0.6),
    expect("column_values_to_be_in_set", column="code", value_set=[1, 2, 3]),
    expect("column_values_to_match_regex", column="town", regex="^[a-m]"),
    expect("column_value_lengths_to_be_between", column="town", max_value=3),
    expect("column_mean_to_be_between", column="amount", min_value=20, max_value=80),
    expect("column_distinct_values_to_be_in_set", column="code", value_set=[1, 2, 3, 4]),
    expect("column_quantile_values_to_be_between", column="amount", quantile_ranges=MEDIAN),
    expect("column_pair_values_a_to_be_greater_than_b", column_A="amount", column_B="code", mostly=0.2),
    expect(
        "column_values_to_not_be_null",
        meta={"name": "some"},
        column="town",
        row_condition="code > 2",
        condition_parser="pandas",
    ),
    expect("compound_columns_to_be_unique", column_list=["row", "code"]),
]


def table(rows: int, seed: int) -> pa.Table:
    draw = random.Random(seed)
    return pa.table(
        {
            "row": list(range(100, 100 + rows)),
            "amount": pa.array([draw.choice([None, draw.randrange(100)]) for _ in range(rows)], type=pa.int64()),
            "code": [draw.randrange(1, 5) for _ in range(rows)],
            "town": [draw.choice(["arle", "bath", "york", "zug", None]) for _ in range(rows)],
            "day": pa.array(range(rows), type=pa.timestamp("s")),
        }
    )


def run(rows: suite_engine.Rows, suite: Path, **more: Any) -> tuple[Observation, ...]:
    return examine(rows, suite=suite, dataset="train", level=Level.REQUIRED, id_column="row", **more).observations


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("suite") / "train.json"
    path.write_text(json.dumps({"expectations": SUITE}))
    return path


@settings(max_examples=5, deadline=None)
@given(rows=st.integers(20, 70), seed=st.integers(0, 99), size=st.integers(1, 30))
def test_any_cut_into_batches_gives_the_same_observations(suite: Path, rows: int, seed: int, size: int) -> None:
    data = table(rows, seed)
    whole = run(data, suite)
    cut = suite_engine._pieces
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(suite_engine, "_pieces", lambda rows, columns, _: cut(rows, columns, size))
        assert run(data, suite) == whole


def test_files_that_are_read_piece_by_piece_give_what_the_table_gives(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = table(300, 1)
    pyarrow.parquet.write_table(data.slice(0, 130), tmp_path / "1.parquet", row_group_size=7)
    pyarrow.parquet.write_table(data.slice(130), tmp_path / "2.parquet", row_group_size=50)
    monkeypatch.setattr(suite_engine, "CELLS", 500)
    seen = run(pyarrow.dataset.dataset(tmp_path), suite)
    assert seen == run(data, suite)
    assert {finding.verdict for finding in judge_observations(seen)} == {Verdict.PASS, Verdict.FAIL}
    assert not any(one.crashed for one in seen)


def test_columns_that_stand_in_folder_names_and_filters_are_kept(suite: Path, tmp_path: Path) -> None:
    data = table(200, 2).sort_by("code")
    pyarrow.dataset.write_dataset(
        data, tmp_path / "parts", format="parquet", partitioning=["code"], partitioning_flavor="hive"
    )
    parts = pyarrow.dataset.dataset(tmp_path / "parts", partitioning="hive")
    whole = parts.to_table().select(parts.schema.names)
    assert run(parts, suite) == run(whole, suite)
    some = pyarrow.compute.field("code") > 2
    assert run(parts.filter(some), suite) == run(whole.filter(some), suite)


def test_only_columns_that_a_check_must_see_whole_are_loaded(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = suite_engine._load

    def watched(rows: suite_engine.Rows, columns: Sequence[str]) -> pa.Table:
        loaded.extend(columns)
        return load(rows, columns)

    monkeypatch.setattr(suite_engine, "_load", watched)
    run(table(50, 1), suite)
    assert sorted(loaded) == ["amount", "code", "code", "row", "row"]


def test_every_kind_is_row_wise_or_said_to_need_the_whole() -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = set(list_registered_expectation_implementations())
    assert known >= ROW_WISE
    whole = {kind for kind in known if needs_whole(kind)}
    assert {"expect_column_values_to_be_unique", "expect_column_mean_to_be_between"} <= whole
    assert "expect_column_quantile_values_to_be_between" in whole and "expect_column_values_to_be_null" not in whole
    assert needs_whole("expect_table_row_count_to_equal", {"value": 3, "row_condition": "code > 1"})
    assert needs_whole("expect_something_new")


def test_a_whole_number_stays_one_when_some_of_its_rows_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    path.write_text(json.dumps({"expectations": [SUITE[5]]}))
    (seen,) = run(table(50, 1), path)
    assert seen.reason == "amount: observed int64" and judge_observations([seen])[0].verdict is Verdict.PASS


def test_a_condition_on_a_private_column_hides_what_it_would_tell(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    condition: dict[str, Any] = {"row_condition": "code == 4", "condition_parser": "pandas"}
    path.write_text(json.dumps({"expectations": [expect("column_values_to_be_null", column="town", **condition)]}))
    (open_,) = run(table(50, 1), path)
    (seen,) = run(table(50, 1), path, private=("code",))
    assert open_.examples.startswith("row 1") and not seen.examples
    assert seen.reason == "town: not met; details are withheld, since the column is private"
    assert seen.title == "town: values null" and seen.value == 0.0


def test_values_expected_of_a_private_column_stand_in_no_title_and_no_message(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    wanted = expect("column_values_to_be_in_set", column="town", value_set=["q7"])
    path.write_text(json.dumps({"expectations": [wanted]}))
    (seen,) = run(table(20, 1), path, private=("town",))
    assert "q7" not in repr(seen)
    path.write_text(json.dumps({"expectations": [expect("column_mean_to_be_between", column="town", min_value="q7x")]}))
    with pytest.raises(ConfigError) as caught:
        run(table(20, 1), path, private=("town",))
    assert "q7x" not in str(caught.value) and caught.value.__cause__ is None


def test_a_crash_with_private_columns_leaves_no_value_in_the_log(
    tmp_path: Path, suite: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the value 4711 is bad")

    monkeypatch.setattr("mlgate.edges.expectations.data_suite.validate", fail)
    run(table(20, 1), suite, private=("town",))
    assert "broke down" in caplog.text and "4711" not in caplog.text
    run(table(20, 1), suite)
    assert "4711" in caplog.text


def test_numbers_expected_of_a_text_fail_with_the_stored_type_and_do_not_crash(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    path.write_text(json.dumps({"expectations": [expect("column_values_to_be_between", column="town", max_value=9)]}))
    (seen,) = run(table(20, 1), path)
    assert not seen.crashed and judge_observations([seen])[0].verdict is Verdict.FAIL
    assert seen.reason == "town: it holds no numbers, it is stored as string"


def test_a_table_with_a_column_twice_is_refused_in_one_sentence(suite: Path) -> None:
    double = pa.table([[1], [2]], names=["row", "row"])
    with pytest.raises(DataError, match="train: the column 'row' stands there twice; rename or remove one"):
        run(double, suite)


def test_a_suite_on_five_thousand_columns_reads_only_its_own(tmp_path: Path) -> None:
    wide = pa.table({f"c{place}": [1, 2, 3] for place in range(5_000)})
    path = tmp_path / "suite.json"
    path.write_text(json.dumps({"expectations": [expect("column_values_to_be_between", column="c4999", max_value=2)]}))
    (seen,) = examine(wide, suite=path, dataset="wide", level=Level.REQUIRED, id_column="c0").observations
    assert (seen.reason, seen.examples) == ("c4999: 1 of 3 rows do not meet it", "c0 3")


def test_long_categories_are_cut_in_sentences(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    wanted = expect("column_values_to_be_in_set", column="town", value_set=["x" * 200])
    path.write_text(json.dumps({"expectations": [wanted]}))
    (seen,) = run(table(20, 1), path)
    assert seen.title == f"town is {'x' * 39}…" and judge_observations([seen])[0].verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"expectations": [{"type": "a", "type": "b"}]}', 'the key "type" stands twice in one object'),
        ('{"expectations": ' + "[" * 100_000, "suite.json"),
        (
            json.dumps({"expectations": [expect("table_columns_to_match_set", column_set=["a", "b", "a"])]}),
            "column_set names the column 'a' twice",
        ),
    ],
)
def test_what_json_would_swallow_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "suite.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        run(table(20, 1), path)
    assert "\n" not in str(caught.value)
