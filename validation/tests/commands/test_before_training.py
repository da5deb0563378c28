"""Data are looked at before a challenger is trained: refused data train nothing, register nothing, and say so."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main
from mlgate.commands.common.settings import load_settings
from mlgate.commands.data_steps.before_training import stopping
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section

#: A training that leaves a trace and never ends well, so that no registry is needed to see whether it was begun.
TRAINING = """
from pathlib import Path

def train(config):
    Path("begun").touch()
    raise RuntimeError("the loss is NaN")
"""
CONFIG = """
model: credit
label: label
id: id
data: {train: train.parquet, base_case: base.parquet, recent: recent.parquet}
champion: former
registry: sqlite:///mlflow.db
ledger: ledger.jsonl
requirements: [{metric: accuracy, margin: 0.05}]
"""


def rows(seed: int, count: int, first: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    return {
        "id": np.arange(first, first + count),
        "x": x,
        "z": rng.exponential(size=count),
        "label": (rng.random(count) < 1 / (1 + np.exp(-2 * x))).astype(int),
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A quarter of the base case was trained on, and the recent rows have drifted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "own_training.py").write_text(TRAINING)
    (tmp_path / "former").mkdir()  # a champion that is there; nothing of it is asked
    train, base, recent = rows(1, 2000, 0), rows(2, 800, 10_000), rows(3, 800, 20_000)
    for name in ("x", "z", "label"):
        base[name][:200] = train[name][:200]
    for name, columns in (("train", train), ("base", base), ("recent", recent | {"x": recent["x"] + 1})):
        pyarrow.parquet.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    configure(tmp_path)
    return tmp_path


def configure(project: Path, train: str = "own_training:train", more: str = "") -> None:
    (project / "mlgate.yaml").write_text(f"{CONFIG}train: {train}\n{more}")


def mend(project: Path) -> None:
    pyarrow.parquet.write_table(pa.table(rows(2, 800, 10_000)), project / "base.parquet")


def test_a_run_trains_nothing_on_refused_data_and_decides(project: Path) -> None:
    assert main(["run", "--quiet"]) == 1
    assert not (project / "begun").exists() and not (project / "mlflow.db").exists()
    made = project / "reports" / "credit-not-trained"
    decision = json.loads((made / "decision.json").read_text())
    assert decision["verdict"] == "fail" and decision["provenance"]["models"][0]["role"] == "champion"
    found = {one["id"]: one for one in decision["findings"]}
    refusal = found["compare/challenger/trained"]
    assert (refusal["verdict"], refusal["blocking"]) == ("inconclusive", True)
    assert "training was not begun" in refusal["reason"] and "no row of base_case" in refusal["reason"]
    assert any("shared" in name and one["verdict"] == "fail" and one["blocking"] for name, one in found.items())
    for name in ("report.html", "summary.md"):
        assert "No challenger was trained, because the data are refused" in (made / name).read_text(), name
    assert "--override" not in (made / "summary.md").read_text(), "there is nothing to override"


def test_a_decision_without_a_challenger_can_not_be_approved(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--quiet", "--out", "out"])
    asked = ["approve", "out", "--override", "--by", "ann", "--reason", "r", "--expires", "2099-01-01"]
    assert main(asked) == 1
    assert "has no challenger" in capsys.readouterr().out


def test_train_ends_with_1_on_refused_data_and_names_the_finding(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train"]) == 1
    told = capsys.readouterr().out
    assert "not trained" in told and "no row of base_case" in told and not (project / "begun").exists()
    assert main(["train", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "fail" and said["trained"] is None and said["findings"]


@pytest.mark.parametrize(
    ("train", "more"),
    [("{callable: own_training:train, check_data: false}", ""), ("own_training:train", "mode: observe\n")],
)
@pytest.mark.parametrize("command", ["train", "run"])
def test_training_begins_all_the_same_where_that_is_declared(
    project: Path, command: str, train: str, more: str
) -> None:
    configure(project, train, more)
    assert main([command, "--quiet"]) != 0
    assert (project / "begun").exists()


def test_a_window_that_has_drifted_stops_no_training(project: Path) -> None:
    mend(project)
    assert main(["data", "--quiet"]) == 1, "the drift is found"
    assert main(["train", "--quiet"]) != 0
    assert (project / "begun").exists()


def test_rows_that_nothing_is_trained_or_judged_on_need_not_be_there_to_train(project: Path) -> None:
    mend(project)
    (project / "recent.parquet").unlink()
    assert main(["train", "--quiet"]) != 0
    assert (project / "begun").exists()


def test_data_that_are_not_to_be_checked_are_not_read_before_training(project: Path) -> None:
    configure(project, "{callable: own_training:train, check_data: false}")
    (project / "base.parquet").write_bytes(b"cut off")
    assert main(["train", "--quiet"]) != 0
    assert (project / "begun").exists()


def seen(**told: Any) -> Observation:
    about = {
        "id": "data/x",
        "section": Section.DATA,
        "title": "x",
        "level": Level.REQUIRED,
        "reason": "r",
        "value": 1.0,
    }
    return Observation(**{**about, "at_most": 0.0, "dataset": "train", **told})


@pytest.mark.parametrize(
    ("told", "stops"),
    [
        ({}, True),
        ({"dataset": "base_case"}, True),
        ({"dataset": "recent"}, False),
        ({"level": Level.ADVISORY}, False),
        ({"value": math.nan}, False),
        ({"value": 0.0}, False),
    ],
)
def test_only_what_blocks_and_failed_on_rows_to_train_or_judge_on_stops_the_training(
    project: Path, told: dict[str, Any], stops: bool
) -> None:
    assert bool(stopping(load_settings("mlgate.yaml"), [seen(**told)])) is stops
