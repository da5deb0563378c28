"""Great Expectations behind ``examine``: what is observed, what blocks, what is refused, and what is never told."""

from __future__ import annotations

import json
import logging
import math
import socket
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.expectations.data_suite import examine
from mlgate.errors import ConfigError
from mlgate.records.decision import Finding
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section, Verdict
from mlgate.stages.judge import judge_observations

ROOT = Path(__file__).parents[4]

TABLE = pa.table(
    {
        "row": [11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
        "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 999.0, None],
        "code": pa.array([1, 1, 2, 2, 3, 3, 1, 1, 2, 9], type=pa.int32()),
        "town": ["a", "b", "a", "b", "a", "b", "a", "b", "a", None],
        "void": pa.array([None] * 10, type=pa.float64()),
    }
)


def suite_file(folder: Path, *expectations: dict[str, Any]) -> Path:
    path = folder / "suite.json"
    path.write_text(json.dumps({"name": "suite", "expectations": list(expectations)}))
    return path


def expect(kind: str, /, meta: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "meta": meta or {}}


#: An expectation that the library cannot compute: texts have no standard deviation.
BREAKS = expect("column_value_z_scores_to_be_less_than", column="town", threshold=3, double_sided=True)


def run(
    folder: Path,
    *expectations: dict[str, Any],
    table: pa.Table = TABLE,
    id_column: str | None = "row",
    private: tuple[str, ...] = (),
) -> tuple[Observation, ...]:
    return examine(
        table,
        suite=suite_file(folder, *expectations),
        dataset="train",
        level=Level.REQUIRED,
        id_column=id_column,
        private=private,
    ).observations


def one(folder: Path, *expectations: dict[str, Any], private: tuple[str, ...] = ()) -> Observation:
    (seen,) = run(folder, *expectations, private=private)
    return seen


def judged(seen: Observation) -> Finding:
    (finding,) = judge_observations([seen])
    return finding


def test_rows_beyond_a_range_are_counted_and_named_but_their_values_are_not_told(tmp_path: Path) -> None:
    seen = one(tmp_path, expect("column_values_to_be_between", column="amount", min_value=0, max_value=10))
    assert seen.id == "data/train/amount/values_between"
    assert seen.title == "amount is between 0 and 10"
    assert (seen.value, seen.at_most, seen.rows) == (1.0, 0.0, 10)
    assert (seen.reason, seen.examples) == ("amount: 1 of 9 rows do not meet it", "row 19")
    assert judged(seen).verdict is Verdict.FAIL
    assert "999" not in seen.reason


def test_a_tolerated_share_is_compared_with_the_share_of_rows_that_have_a_value(tmp_path: Path) -> None:
    limits: dict[str, Any] = {"column": "amount", "min_value": 0, "max_value": 10}
    seen = one(tmp_path, expect("column_values_to_be_between", **limits, mostly=0.85))
    assert seen.value == pytest.approx(1 / 9) and seen.at_most == pytest.approx(0.15)
    assert "11 %, allowed are 15 %" in seen.reason
    assert judged(seen).verdict is Verdict.PASS
    strict = one(tmp_path, expect("column_values_to_be_between", **limits, mostly=0.9))
    assert judged(strict).verdict is Verdict.FAIL


def test_only_the_first_few_rows_are_named(tmp_path: Path) -> None:
    seen = one(tmp_path, expect("column_values_to_be_between", column="row", min_value=100))
    assert seen.examples == "row 11, 12, 13, 14, 15 …"
    assert seen.title == "row is at least 100"


@pytest.mark.parametrize(
    ("id_column", "private"),
    [(None, ()), ("elsewhere", ()), ("row", ("row",))],
    ids=["no id", "absent id", "private id"],
)
def test_rows_stay_unnamed_when_there_is_no_id_that_may_be_told(
    tmp_path: Path, id_column: str | None, private: tuple[str, ...]
) -> None:
    wanted = expect("column_values_to_be_between", column="amount", max_value=10)
    (seen,) = run(tmp_path, wanted, id_column=id_column, private=private)
    assert seen.reason == "amount: 1 of 9 rows do not meet it"


def test_of_a_private_column_only_met_or_not_met_is_told(tmp_path: Path) -> None:
    kinds = (
        expect("column_values_to_be_between", column="amount", max_value=10),
        expect("column_max_to_be_between", column="amount", max_value=10),
        expect("column_values_to_be_between", meta={"name": "wide"}, column="amount", max_value=10_000),
        BREAKS,
    )
    first, second, third, broken = run(tmp_path, *kinds, private=("amount", "town"))
    assert [judged(seen).verdict for seen in (first, second, third)] == [Verdict.FAIL, Verdict.FAIL, Verdict.PASS]
    assert first.value == second.value == 0.0
    assert first.reason == "amount: not met; details are withheld, since the column is private"
    assert broken.crashed and broken.reason == "town: the check broke down on a private column"


def test_a_column_that_is_missing_fails_and_does_not_crash(tmp_path: Path) -> None:
    gone, there = run(
        tmp_path,
        expect("column_values_to_be_between", column="salary", min_value=0),
        expect("column_values_to_be_between", column="row", min_value=0),
    )
    assert not gone.crashed and judged(gone).verdict is Verdict.FAIL
    assert gone.reason == "salary: the data has no column salary"
    assert judged(there).verdict is Verdict.PASS


def test_a_suite_whose_columns_are_all_missing_fails_too(tmp_path: Path) -> None:
    seen = one(tmp_path, expect("column_pair_values_a_to_be_greater_than_b", column_A="row", column_B="other"))
    assert seen.id == "data/train/row+other/values_a_greater_than_b"
    assert "no column other" in seen.reason and judged(seen).verdict is Verdict.FAIL


def test_a_breakdown_inside_one_check_blocks_and_leaves_the_others_alone(tmp_path: Path) -> None:
    broken, fine = run(
        tmp_path,
        BREAKS,
        expect("column_values_to_be_unique", column="row"),
    )
    assert broken.crashed and "the check broke down" in broken.reason
    assert judged(broken).blocking
    assert judged(fine).verdict is Verdict.PASS


def test_a_breakdown_of_the_whole_library_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the value 999 is bad")

    monkeypatch.setattr("mlgate.edges.expectations.data_suite.validate", fail)
    wanted = expect("column_values_to_be_unique", column="row")
    seen = one(tmp_path, wanted)
    assert seen.crashed and seen.id == "data/train/suite" and "the value 999 is bad" in seen.reason
    assert judged(seen).blocking
    assert "999" not in one(tmp_path, wanted, private=("amount",)).reason


def test_a_result_that_the_library_forgets_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlgate.edges.expectations.data_suite.validate", lambda *_: {})
    assert one(tmp_path, expect("column_values_to_be_unique", column="row")).crashed


def test_an_all_missing_column_can_not_be_told_where_the_library_would_pass_it(tmp_path: Path) -> None:
    seen = run(
        tmp_path,
        expect("column_values_to_be_between", column="void", min_value=0),
        expect("column_mean_to_be_between", column="void", min_value=0),
    )
    assert all(math.isnan(one.value) for one in seen)
    assert [judged(one).verdict for one in seen] == [Verdict.INCONCLUSIVE] * 2
    assert seen[0].reason == "void: no row has a value in void"


def test_numbers_of_a_column_or_table_are_shown_with_their_bounds(tmp_path: Path) -> None:
    mean, rows, least = run(
        tmp_path,
        expect("column_mean_to_be_between", column="row", min_value=15, max_value=16),
        expect("table_row_count_to_be_between", min_value=11),
        expect("column_min_to_be_between", column="amount", min_value=1, max_value=1),
    )
    assert (mean.value, mean.at_least, mean.at_most) == (15.5, 15.0, 16.0)
    assert mean.title == "the mean of row is between 15 and 16"
    assert (rows.id, rows.value, rows.at_least, rows.at_most) == (
        "data/train/table/row_count_between",
        10.0,
        11.0,
        None,
    )
    assert judged(rows).verdict is Verdict.FAIL and rows.reason == "observed 10"
    assert least.title == "the min of amount is 1"


def test_a_strict_bound_is_judged_as_the_library_judges_it(tmp_path: Path) -> None:
    seen = one(tmp_path, expect("column_min_to_be_between", column="amount", min_value=1, strict_min=True))
    assert judged(seen).verdict is Verdict.FAIL
    assert (seen.value, seen.at_least) == (0.0, 1.0)


def test_columns_that_are_missing_or_unexpected_are_named(tmp_path: Path) -> None:
    names = [*TABLE.column_names[1:], "salary"]
    seen = one(tmp_path, expect("table_columns_to_match_set", column_set=names, exact_match=True))
    assert judged(seen).verdict is Verdict.FAIL
    assert seen.reason == "missing: salary; not expected: row"
    assert seen.title == "the columns are exactly the 5 that are declared"


def test_kinds_of_expectation_without_a_number_are_met_or_not(tmp_path: Path) -> None:
    seen = run(
        tmp_path,
        expect("column_to_exist", column="salary"),
        expect("column_to_exist", column="row"),
        expect("column_values_to_be_in_type_list", column="code", type_list=["int64", "float64"]),
        expect("column_values_to_be_of_type", column="code", type_="int32"),
        expect("column_distinct_values_to_equal_set", column="code", value_set=[1, 2, 3]),
        expect("column_values_to_match_regex", column="town", regex="^[ab]$"),
    )
    assert [judged(one).verdict.value for one in seen] == ["fail", "pass", "fail", "pass", "fail", "pass"]
    assert [one.title for one in seen] == [
        "the column salary exists",
        "the column row exists",
        "code is stored as int64 or float64",
        "code is stored as int32",
        "the values of code are exactly 1, 2 and 3",
        "town: values match regex",
    ]
    assert seen[2].reason == "code: observed int32"
    assert seen[4].reason == "code: 1 value is not among those expected"


def test_missing_values_are_counted_over_all_rows(tmp_path: Path) -> None:
    never, seldom = run(
        tmp_path,
        expect("column_values_to_not_be_null", column="amount"),
        expect("column_values_to_not_be_null", meta={"name": "seldom"}, column="amount", mostly=0.9),
    )
    assert (never.title, seldom.title) == ("amount is never missing", "amount is missing in at most 10 % of rows")
    assert (never.reason, never.examples) == ("amount: 1 of 10 rows do not meet it", "row 20")
    assert [judged(one).verdict for one in (never, seldom)] == [Verdict.FAIL, Verdict.PASS]


def test_order_of_the_file_is_the_order_of_observations_and_own_titles_are_kept(tmp_path: Path) -> None:
    seen = run(
        tmp_path,
        expect("column_values_to_be_in_set", meta={"title": "the code is known"}, column="code", value_set=[1, 2, 3]),
        expect("column_values_to_be_unique", column="row"),
        expect("column_values_to_be_in_set", column="row", value_set=list(range(12))),
    )
    assert [one.title for one in seen] == [
        "the code is known",
        "no value of row stands there twice",
        "row is 0, 1, 2, 3, 4, 5, 6 or 5 more",
    ]
    assert {(one.section, one.dataset, one.level) for one in seen} == {(Section.DATA, "train", Level.REQUIRED)}


@settings(max_examples=15, deadline=None)
@given(
    cells=st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=12),
    mostly=st.sampled_from([1, 0.9, 0.75, 0.5, 1 / 3]),
    high=st.integers(0, 20),
)
def test_the_judge_agrees_with_an_own_count(
    tmp_path_factory: pytest.TempPathFactory, cells: list[int | None], mostly: float, high: int
) -> None:
    table = pa.table({"x": pa.array(cells, type=pa.float64())})
    wanted = expect("column_values_to_be_between", column="x", min_value=0, max_value=high, mostly=mostly)
    (seen,) = run(tmp_path_factory.mktemp("suite"), wanted, table=table, id_column=None)
    held = [cell for cell in cells if cell is not None]
    if not held:
        assert judged(seen).verdict is Verdict.INCONCLUSIVE
    else:
        good = sum(cell <= high for cell in held) / len(held) >= mostly
        assert judged(seen).verdict is (Verdict.PASS if good else Verdict.FAIL)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"expectations": [\n{"type": }]}', r"suite.json:2: is not valid JSON"),
        ("[]", "holds no expectations"),
        ('{"expectations": []}', "holds no expectations"),
        ('{"expectations": [{"kwargs": {}}]}', 'expectation 1: must be an object with the keys "type"'),
        ('{"expectations": [{"type": "expect_column_to_exist", "kwargs": 3}]}', '"kwargs" and "meta" must be objects'),
        (
            json.dumps({"expectations": [expect("column_values_to_be_betwen", column="row")]}),
            'is not an expectation; did you mean "expect_column_values_to_be_between"',
        ),
        (
            json.dumps({"expectations": [expect("column_values_to_be_between", column="row", lowest=3)]}),
            r"lowest: extra fields not permitted; correct its kwargs",
        ),
        (
            json.dumps({"expectations": [expect("column_values_to_be_between", column="row")]}),
            "min_value and max_value cannot both be None",
        ),
        (
            json.dumps({"expectations": [expect("column_to_exist", column="row")] * 2}),
            'two expectations have the id data/train/row/exist; give one of them "meta"',
        ),
    ],
)
def test_a_suite_that_is_not_valid_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "suite.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        examine(TABLE, suite=path, dataset="train", level=Level.REQUIRED)
    assert "\n" not in str(caught.value)


def test_a_suite_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such suite file; correct data.train.suite"):
        examine(TABLE, suite=tmp_path / "none.json", dataset="train", level=Level.REQUIRED)
    with pytest.raises(ConfigError, match="cannot be read"):
        examine(TABLE, suite=tmp_path, dataset="train", level=Level.REQUIRED)


def test_without_great_expectations_the_user_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "great_expectations", None)
    with pytest.raises(ConfigError, match="not installed; run pip install 'great-expectations<2,>=1.6' 'pandas>=2.2'"):
        examine(TABLE, suite=tmp_path / "suite.json", dataset="train", level=Level.REQUIRED)


def test_a_suite_connects_to_nothing_writes_nothing_and_prints_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a data suite connects to an address")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING):
        seen = one(tmp_path, expect("column_values_to_be_unique", column="row"))
    assert judged(seen).verdict is Verdict.PASS
    assert [path.name for path in tmp_path.iterdir()] == ["suite.json"]
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from model.data import write_splits

    return write_splits(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("name", ["train", "base_case", "recent"])
def test_the_real_data_meets_the_suites_of_the_reference_project(splits: dict[str, Path], name: str) -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(splits[name])
    suite = ROOT / "data_tests" / f"{name}.json"
    seen = examine(table, suite=suite, dataset=name, level=Level.REQUIRED, id_column="row").observations
    assert [finding.id for finding in judge_observations(seen) if finding.verdict is not Verdict.PASS] == []
    assert len(seen) >= 12


def test_the_reference_suite_notices_what_goes_wrong_with_real_data(splits: dict[str, Path]) -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(splits["base_case"])
    swapped = [1 - label for label in table.column("denied").to_pylist()]
    table = table.set_column(table.schema.get_field_index("denied"), "denied", pa.array(swapped, type=pa.int32()))
    table = table.set_column(table.schema.get_field_index("row"), "row", pa.array([1] * table.num_rows))
    table = table.drop_columns("obrat")
    suite = ROOT / "data_tests" / "base_case.json"
    seen = examine(table, suite=suite, dataset="base_case", level=Level.REQUIRED).observations
    failed = {finding.id for finding in judge_observations(seen) if finding.verdict is Verdict.FAIL}
    assert failed == {
        "data/base_case/denied/label_rate",
        "data/base_case/row/values_unique",
        "data/base_case/obrat/values_between",
        "data/base_case/table/columns_match_set",
    }
