"""``--sensitive`` and ``--cuts``: what they add to a check, and mistakes in one clear sentence each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import mlgate
from mlgate.__main__ import main

ROWS = 600
BASE = ["check", "--predictions", "scored.parquet", "--label", "y", "--champion", "old", "--challenger", "new"]


@pytest.fixture(scope="module")
def columns() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    y = (rng.random(ROWS) < 0.4).astype(int)
    old = np.clip(0.6 * y + 0.4 * rng.random(ROWS), 0, 1)
    return {
        "y": y,
        "old": old,
        "new": np.clip(old + 0.01 * rng.standard_normal(ROWS), 0, 1),
        "sex": rng.choice(["F", "M"], ROWS),
        "age": rng.integers(18, 90, ROWS).astype(float),
        "name": [f"person {row}" for row in range(ROWS)],
    }


@pytest.fixture
def check(
    columns: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.chdir(tmp_path)
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "scored.parquet")

    def run(*options: str) -> tuple[int, str]:
        code = main([*BASE, *options])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_attributes_cuts_and_intersections_are_reported_and_the_page_draws_them(check: Any, tmp_path: Path) -> None:
    code, _ = check("--sensitive", "sex", "--sensitive", "age", "--sensitive", "sex,age", "--cuts", "age=25,60")
    assert code in (0, 3)
    decision = json.loads((tmp_path / "reports/check/decision.json").read_text())
    fair = [one for one in decision["findings"] if one["section"] == "fairness"]
    assert {one["slice"] for one in fair if one["rule"]} == {"sex", "age", "sex and age"}
    assert {one["level"] for one in fair} == {"advisory"}, "nothing blocks that nobody asked for"
    assert {one["slice"] for one in decision["findings"]} >= {"overall"}, "groups are no slices unless asked"
    assert not [one for one in decision["findings"] if one["section"] == "slices"]
    rates = next(one for one in decision["exhibits"] if one["name"] == "rates")
    ages = [row[1] for row in rates["rows"] if row[0] == "age" and row[3:5] == ["selection_rate", "challenger"]]
    assert ages == ["age <= 25", "25 < age <= 60", "age > 60"], "in the order of the numbers"
    page = (tmp_path / "reports/check/report.html").read_text()
    for said in ("Demographic parity ratio", "four-fifths rule", "ROC by group", "Calibration by group"):
        assert said in page


def test_python_asks_the_same(columns: dict[str, Any]) -> None:
    decision = mlgate.check(
        columns, label="y", champion="old", challenger="new", sensitive=["sex", ("sex", "age")], cuts={"age": [40]}
    )
    rates = next(one for one in decision.exhibits if one.name == "rates")
    assert {row[0] for row in rates.rows} == {"overall", "sex", "sex and age"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sensitive", "sexx"], "the sensitive attribute 'sexx' is not in the data; did you mean"),
        (["--sensitive", "y"], "--sensitive y: 'y' is the label; name an attribute of people."),
        (["--sensitive", "sex", "--sensitive", "sex"], "--sensitive sex is given twice; leave one out."),
        (["--sensitive", "name"], "600 values in 600 rows, as names and identifiers have: such rows are no groups."),
        (["--sensitive", "sex", "--cuts", "age=25"], "--cuts names 'age', which is in no --by, --cross or --sensitive"),
        (
            ["--sensitive", "sex", "--cuts", "sex=1"],
            'the sensitive attribute "sex" is cut at numbers but holds the text',
        ),
        (
            ["--sensitive", "age", "--cuts", "age=60,25"],
            "--cuts age=60,25 is no column with ascending numbers; write it",
        ),
        (["--sensitive", "age", "--cuts", "25"], "--cuts 25 is no column with ascending numbers"),
    ],
)
def test_mistakes_are_told_in_one_sentence(check: Any, options: list[str], said: str) -> None:
    code, told = check(*options)
    assert code == 2 and said in told and told.count("\n") == 1
