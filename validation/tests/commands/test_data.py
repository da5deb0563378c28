"""``mlgate data``: what it runs, says, writes and returns."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.commands.data import main
from mlgate.errors import ConfigError, DataError

CONFIG = """
model: loans
label: {column: denied}
id: row
mode: MODE
checks: {leakage: false, drift: false, bounds: false}
data:
  train: {path: train.parquet, suite: train.json}
  base_case: {path: base.parquet, suite: base.json, level: LEVEL}
  recent: base.parquet
"""


def options(folder: Path, **changed: Any) -> argparse.Namespace:
    given: dict[str, Any] = {
        "config": str(folder / "mlgate.yaml"),
        "dataset": [],
        "out": None,
        "json": False,
        "quiet": False,
        "infer": None,
        "diff": None,
    }
    return argparse.Namespace(**{**given, **changed})


def write(
    folder: Path, *, high: float = 100, column: str = "income", level: str = "required", mode: str = "gate"
) -> Path:
    """A small project; ``high`` is the largest income that the suite of the base case allows."""
    (folder / "mlgate.yaml").write_text(CONFIG.replace("LEVEL", level).replace("MODE", mode))
    table = pa.table(
        {"row": [7, 8, 9], "denied": [0, 1, 0], "income": [10.0, 20.0, 90.0], "void": pa.nulls(3, pa.float64())}
    )
    for name in ("train", "base"):
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet")
    unique = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "row"}}
    limit = {"type": "expect_column_values_to_be_between", "kwargs": {"column": column, "max_value": high}}
    (folder / "train.json").write_text(json.dumps({"expectations": [unique]}))
    (folder / "base.json").write_text(json.dumps({"expectations": [unique, limit]}))
    return folder


def test_all_data_sets_with_a_suite_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(options(write(tmp_path))) == 0
    assert capsys.readouterr().out == "train: 1 of 1 check passed\nbase_case: 2 of 2 checks passed\n"


def test_a_required_failure_is_told_with_its_reason_and_returns_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options(write(tmp_path, high=50), dataset=["base_case"])) == 1
    assert capsys.readouterr().out.splitlines() == [
        "base_case: 1 of 2 checks passed, 1 failed",
        "  fail  income is at most 50 [required]: income: 1 of 3 rows do not meet it; row 9",
    ]


@pytest.mark.parametrize(
    ("level", "column", "mode", "code"),
    [
        ("required", "void", "gate", 3),
        ("required", "void", "observe", 0),
        ("advisory", "void", "gate", 0),
        ("advisory", "income", "gate", 0),
        ("guarded", "income", "gate", 1),
        ("required", "income", "observe", 0),
    ],
)
def test_level_and_mode_decide_what_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str, column: str, mode: str, code: int
) -> None:
    assert main(options(write(tmp_path, high=50, column=column, level=level, mode=mode))) == code
    said = capsys.readouterr().out
    assert ("1 cannot be told" if column == "void" else "1 failed") in said
    assert ("mode observe: nothing is blocked" in said) == (mode == "observe")


def test_the_result_is_written_and_shown_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path, high=50)
    assert main(options(folder, out=str(tmp_path / "out"), json=True)) == 1
    shown, written = json.loads(capsys.readouterr().out), json.loads((tmp_path / "out" / "data.json").read_text())
    assert shown == written
    assert (written["schema"], written["verdict"]) == ("mlgate/data/v1", "fail")
    assert written["datasets"][1] == {"dataset": "base_case", "checks": 2, "passed": 1, "failed": 1, "inconclusive": 0}
    assert [finding["id"] for finding in written["findings"]] == [
        "data/train/row/values_unique",
        "data/base_case/row/values_unique",
        "data/base_case/income/values_between",
    ]


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(options(write(tmp_path), quiet=True)) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("basecase", '--dataset basecase: is not declared under data; did you mean "base_case"'),
        ("recent", "asks nothing of these data sets; name a suite under data.<name>.suite, or a check"),
    ],
)
def test_a_data_set_that_cannot_be_checked_is_refused(tmp_path: Path, dataset: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        main(options(write(tmp_path), dataset=[dataset]))


def test_without_any_suite_and_any_check_there_is_nothing_to_do(tmp_path: Path) -> None:
    folder = write(tmp_path)
    text = (folder / "mlgate.yaml").read_text()
    (folder / "mlgate.yaml").write_text(
        text.replace(", suite: train.json", "").replace(", suite: base.json, level: required", "")
    )
    with pytest.raises(ConfigError, match="asks nothing of these data sets"):
        main(options(folder))


def test_a_missing_data_file_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "base.parquet").unlink()
    with pytest.raises(DataError, match="base.parquet: there is no such file"):
        main(options(folder, out=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()
