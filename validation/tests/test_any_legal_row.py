"""The fixture ``any_legal_row`` inside a suite: the run says what is legal, and a failing row reaches the gate."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

# pytester takes back what an inner session imports, and extension modules load only once: so they are loaded out here.
for name in (
    "pandas",
    "hypothesis",
    "mlgate.drawing",
    "mlgate.edges.pytest_suites.suite_report",
    "mlgate.edges.rows.sources",
):
    importlib.import_module(name)

TESTS = """
def adds_up(rows):
    assert list(rows.columns) == ["x", "debts"], list(rows.columns)
    assert rows["x"].between(0, 9).all(), "outside of the suite"
    assert rows["debts"].notna().all(), "nothing to add up"

def test_debts_add_up(any_legal_row):
    any_legal_row(adds_up, examples=40)
"""


@pytest.fixture
def run_dir(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder as the gate leaves it, with a base case and its suite."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    folder = pytester.mkdir("run")
    (pytester.path / "base.csv").write_text("row,x,debts,denied,black\n1,5,1.5,0,1\n2,6,,1,0\n3,5,2.5,1,0\n")
    bound = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "x", "min_value": 0, "max_value": 9}}
    (pytester.path / "base.json").write_text(json.dumps({"expectations": [bound]}))
    run = {
        "root": str(pytester.path),
        "config": "mlgate.yaml",
        "challenger": "models:/m/2",
        "champion": None,
        "tracking_uri": "sqlite:///m.db",
        "base_case": "base.csv",
        "label": "denied",
        "id": "row",
        "sensitive": ["black"],
        "timeout": 60,
        "private": ["x"],
        "expectations": {"base_case": str(pytester.path / "base.json")},
    }
    (folder / "run.json").write_text(json.dumps(run))
    pytester.makepyfile(test_debts=TESTS)
    return folder


def report(pytester: pytest.Pytester, run_dir: Path) -> tuple[str, str]:
    pytester.runpytest("--mlgate-run", str(run_dir), "--mlgate-suite", "tests")
    [case] = json.loads((run_dir / "suite-tests.json").read_text())["cases"]
    return case["outcome"], case["reason"]


def test_the_smallest_failing_row_is_the_reason_of_the_finding_and_is_tried_first_next_time(
    pytester: pytest.Pytester, run_dir: Path
) -> None:
    outcome, reason = report(pytester, run_dir)
    assert outcome == "failed"
    assert reason.startswith("fails on a typical row with debts missing: nothing to add up")
    kept = [json.loads(line) for line in (pytester.path / "regressions.jsonl").read_text().splitlines()]
    assert [(case["test"], [row["debts"] for row in case["rows"]]) for case in kept] == [
        ("test_debts.py::test_debts_add_up", [None])
    ]
    assert report(pytester, run_dir)[1].startswith("fails again on a typical row with debts missing")
