"""``mlgate power`` as a user runs it: the table, the proposals, the exit code, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main
from mlgate.commands import power
from mlgate.metrics.scenario import FAR, USUAL
from mlgate.records.codec import decode
from mlgate.records.prospect import Plan

ROWS = 1500


def table(rows: int = ROWS) -> pa.Table:
    """A champion, a challenger that mostly agrees with it, and a group with a rare value."""
    rng = np.random.default_rng(0)
    y = (rng.random(rows) < 0.3).astype(int)
    logit = rng.normal(size=rows) + 1.5 * y - 1.2
    new = logit + 0.3 * rng.normal(size=rows)
    group = rng.choice(["a", "b", "rare"], rows, p=[0.6, 0.38, 0.02])
    columns = {"y": y, "old": 1 / (1 + np.exp(-logit)), "new": 1 / (1 + np.exp(-new)), "group": group}
    columns["hard"] = (logit > 0).astype(int)
    return pa.table(columns)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    pa.parquet.write_table(table(), "scored.parquet")
    return tmp_path


def run(*options: str, champion: str = "old") -> int:
    return main(["power", "--predictions", "scored.parquet", "--label", "y", "--champion", champion, *options])


def planned(capsys: pytest.CaptureFixture[str], *options: str, champion: str = "old") -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run(*options, "--json", champion=champion)
    return code, json.loads(capsys.readouterr().out)


def test_margins_that_the_rows_cannot_resolve_are_named_and_others_proposed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--metric", "accuracy") == 3
    told = capsys.readouterr().out
    assert "0 of 1 required requirement can be decided" in told
    assert "These rows cannot resolve the margin 0.01 of “accuracy not worse by 0.01 overall”: a margin of 0.0" in told
    assert list(folder.iterdir()) == [folder / "scored.parquet"], "nothing is written unless --out says where"


def test_the_proposed_margin_is_then_decided(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = planned(capsys, "--metric", "accuracy")
    (one,) = found["prospects"]
    assert code == 3 and one["decides"] is False and one["rows_to_decide"] > ROWS
    code, found = planned(capsys, "--metric", "accuracy", "--margin", str(one["proposed"]))
    assert code == 0 and found["prospects"][0]["equal_passes"] >= 0.799


def test_a_relative_margin_is_proposed_as_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--metric", "log_loss", "--margin", "0.5%") == 3
    told = capsys.readouterr().out
    assert "the margin 0.5 % of" in told
    share = told.split("a margin of ")[1].split(" %")[0]
    assert run("--metric", "log_loss", "--margin", f"{share}%") == 0


def test_without_a_scenario_the_usual_one_is_supposed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, usual = planned(capsys)
    _, far = planned(capsys, "--scenario", "far")
    assert (usual["scenario"], usual["agreement"]) == ("usual", USUAL.agreement)
    assert (far["scenario"], far["losses"]) == ("far", FAR.losses)
    assert usual["differing"] < far["differing"]
    for one, other in zip(usual["prospects"], far["prospects"]):
        if one["id"] == other["id"] and one["assumed"]:
            assert one["error"] < other["error"]


def test_the_user_s_own_share_of_differing_decisions_is_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = planned(capsys, "--differing", "0.04")
    assert found["scenario"] == "given"
    assert found["differing"] == pytest.approx(0.04)


def test_with_a_challenger_the_spread_is_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = planned(capsys, "--challenger", "new", "--metric", "accuracy")
    (one,) = found["prospects"]
    columns = table()
    differing = np.mean((columns["old"].to_numpy() >= 0.5) != (columns["new"].to_numpy() >= 0.5))
    assert (found["scenario"], one["assumed"], found["agreement"]) == ("measured", False, None)
    assert found["differing"] == pytest.approx(float(differing))
    # Tango's interval of b + c differing pairs, near enough.
    assert one["error"] == pytest.approx(float(np.sqrt(differing / ROWS)), rel=0.05)


def test_a_column_of_decisions_is_planned_by_decisions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = planned(capsys, champion="hard")
    assert {one["metric"] for one in found["prospects"]} == {"accuracy", "balanced_accuracy"}


def test_rows_of_one_unit_are_worth_less(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = ("--metric", "accuracy", "--metric", "log_loss", "--metric", "precision", "--metric", "roc_auc")
    _, single = planned(capsys, *metrics)
    plain = table().append_column("unit", pa.array(range(ROWS)))
    pa.parquet.write_table(pa.concat_tables([plain] * 4), "scored.parquet")
    _, fourfold = planned(capsys, *metrics, "--unit", "unit")
    errors = ({one["metric"]: one["error"] for one in found["prospects"]} for found in (single, fourfold))
    once, again = errors
    for metric, error in again.items():
        # Each row four times, and one unit: as certain as the rows once, and not twice as certain.
        assert error == pytest.approx(once[metric], rel=0.05), metric


def test_a_slice_with_too_few_rows_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = planned(capsys, "--by", "group", "--metric", "recall", "--margin", "0.3")
    rare = next(one for one in found["prospects"] if one["slice"] == "group=rare")
    assert rare["decides"] is False and rare["proposed"] is None
    assert "at least 20 needed" in rare["shortage"]
    code = run("--by", "group", "--metric", "recall", "--margin", "0.3")
    assert code == 0, "a guarded slice that cannot be decided is told, and blocks nothing"
    assert "on group=rare [guarded]" in capsys.readouterr().out


def test_out_writes_what_json_prints(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = planned(capsys, "--out", "plan", "--by", "group")
    written = json.loads((folder / "plan" / "power.json").read_text(encoding="utf-8"))
    assert written == found
    assert len(decode(Plan, written).prospects) == len(found["prospects"])
    page = (folder / "plan" / "power.md").read_text(encoding="utf-8")
    assert page.count("\n| ") == len(found["prospects"]) + 2
    assert code == 3


def test_quiet_says_nothing_and_still_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--quiet") == 3
    assert capsys.readouterr().out == ""


def test_regression_is_planned_without_decisions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(50, 10, 800)
    pa.parquet.write_table(pa.table({"y": y, "old": y + rng.normal(0, 3, 800)}), "scored.parquet")
    _, found = planned(capsys, "--metric", "mae", "--margin", "10%")
    (one,) = found["prospects"]
    assert one["decides"] is True and one["relative"] is True and found["differing"] is None
    assert run("--differing", "0.1") == 2
    assert "this task has none" in capsys.readouterr().err


def test_classes_are_planned_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(2)
    y = rng.choice(["x", "y", "z"], 900)
    old = np.where(rng.random(900) < 0.8, y, rng.choice(["x", "y", "z"], 900))
    pa.parquet.write_table(pa.table({"y": y, "old": old, "new": old[::-1]}), "scored.parquet")
    _, found = planned(capsys, "--metric", "f1_macro", "--metric", "accuracy")
    assert {one["assumed"] for one in found["prospects"]} == {True}
    assert 0 < found["differing"] < 0.2
    _, pair = planned(capsys, "--challenger", "new", "--metric", "accuracy")
    assert pair["differing"] == pytest.approx(float(np.mean(old != old[::-1])))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--scenario", "far", "--differing", "0.1"], "give one of them"),
        (["--challenger", "new", "--scenario", "far"], "the spread is measured"),
        (["--differing", "1.5"], "no share of decisions"),
        (["--differing", "0.9"], "at most"),
        (["--metric", "acuracy"], "accuracy"),
        (["--by", "no_such"], "no_such"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run(*options) == 2
    assert told in capsys.readouterr().err


def test_predictions_need_a_label_and_a_champion(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--predictions", "scored.parquet", "--label", "y"]) == 2
    assert "--champion" in capsys.readouterr().err
    assert main(["power", "--by", "group"]) == 2
    assert "--by goes with --predictions" in capsys.readouterr().err


MLMODEL = """
flavors:
  python_function:
    loader_module: scorer
    code: code
"""
CODE = """
import numpy as np

class Scorer:
    def predict(self, frame, params=None):
        return 1 / (1 + np.exp(-frame["x"].to_numpy(dtype=float)))

def _load_pyfunc(path):
    return Scorer()
"""
CONFIG = """
model: credit
label: y
data:
  base_case: base.parquet
champion: {champion}
slices: [{{by: g}}]
requirements:
  - {{metric: accuracy, margin: 0.2}}
  - {{metric: log_loss, margin: 0.001}}
  - {{metric: accuracy, rule: at_least, bound: 0.5}}
  - {{metric: accuracy, margin: 0.3, level: guarded, on: slices}}
fairness:
  - {{metric: selection_rate, attribute: g, rule: not_worse, margin: 0.2, level: guarded}}
"""


def test_the_champion_of_mlgate_yaml_is_planned_with_on_its_base_case(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=900)
    y = (rng.random(900) < 1 / (1 + np.exp(-x))).astype(int)
    pa.parquet.write_table(pa.table({"x": x, "g": rng.choice(["a", "b"], 900), "y": y}), "base.parquet")
    code = folder / "old" / "code"
    code.mkdir(parents=True)
    (code / "scorer.py").write_text(CODE)
    (folder / "old" / "MLmodel").write_text(MLMODEL)
    Path("mlgate.yaml").write_text(CONFIG.format(champion="old"))
    assert main(["power", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    told = {(one["metric"], one["rule"], one["slice"]): one["decides"] for one in found["prospects"]}
    assert told[("log_loss", "not_worse", "overall")] is False
    assert told[("accuracy", "not_worse", "overall")] is True
    assert told[("accuracy", "at_least", "overall")] is True
    assert ("accuracy", "not_worse", "g=a") in told
    assert any(metric == "selection_rate_gap" for metric, _, _ in told)
    assert (found["champion"], found["rows"]) == ("old", 900)


def test_without_a_champion_there_is_nothing_to_plan_with(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pa.parquet.write_table(table(), "base.parquet")
    Path("mlgate.yaml").write_text("model: credit\nlabel: y\ndata: {base_case: base.parquet}\nchallenger: old\n")
    monkeypatch.setattr(power, "champion_of", lambda options, settings: None)
    assert main(["power"]) == 2
    assert "no champion to plan with" in capsys.readouterr().err
