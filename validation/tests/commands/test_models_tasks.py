"""``mlgate run`` and ``mlgate check MODEL`` beyond binary scores: classes, numbers, money, and the models' thresholds.

Real model processes; the models are folders written by hand, so that no registry is needed.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main

MLMODEL = """
flavors:
  python_function:
    loader_module: {loader}
    code: code
metadata: {metadata}
"""
CODE = """
import numpy as np
import pandas as pd

class Model:
    def predict(self, frame, params=None):
        x = frame["x"].to_numpy(dtype=float)
        {body}

def _load_pyfunc(path):
    return Model()
"""
ROWS = 900
#: Scores of three classes, ordered on a line.
SCORES = (
    "s = np.exp(-np.abs(x[:, None] - np.array([-1.0, 0.0, 1.0]) * {spread})); s = s / s.sum(axis=1, keepdims=True); "
)
AS_SCORES = SCORES + 'return pd.DataFrame(s, columns=["low", "mid", "top"])'
AS_LABELS = SCORES + 'return np.array(["low", "mid", "top"])[s.argmax(axis=1)]'


def save(folder: Path, body: str, *, metadata: str = "{}") -> None:
    """A model folder; the module's name is its own, since both models may meet in one place."""
    (folder / "code").mkdir(parents=True)
    loader = f"model_{folder.name}"
    (folder / "code" / f"{loader}.py").write_text(textwrap.dedent(CODE).format(body=body))
    (folder / "MLmodel").write_text(MLMODEL.format(loader=loader, metadata=metadata))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    rng = np.random.default_rng(5)
    x = rng.normal(size=ROWS)
    columns = {
        "x": x,
        "customer": np.arange(ROWS) // 2,
        "exposure": 1.0 + np.arange(ROWS) % 2,
        "loan": 100.0 + np.arange(ROWS),
        "last": 2 * x + 3 * rng.normal(size=ROWS),
        "kind": np.array(["low", "mid", "top"])[
            np.clip(np.rint(x + 0.4 * rng.normal(size=ROWS)), -1, 1).astype(int) + 1
        ],
        "amount": 2 * x + rng.normal(size=ROWS),
        "y": (rng.random(ROWS) < 1 / (1 + np.exp(-2 * x))).astype(int),
    }
    pa.parquet.write_table(pa.table(columns), tmp_path / "base.parquet")
    return tmp_path


def run(project: Path, text: str) -> tuple[int, dict[str, Any]]:
    head = "model: m\ndata: base.parquet\nchampion: old\nchallenger: new\nchecks: {leakage: false}\n"
    (project / "mlgate.yaml").write_text(head + textwrap.dedent(text))
    code = main(["run", "--quiet", "--out", "out"])
    written = project / "out" / "decision.json"
    return code, json.loads(written.read_text()) if written.is_file() else {}


def metrics(decision: dict[str, Any]) -> set[str]:
    return {one["metric"] for one in decision["findings"] if one["metric"]}


def test_models_of_several_classes_are_compared_by_their_scores(project: Path) -> None:
    save(project / "old", AS_SCORES.format(spread=1.0))
    save(project / "new", AS_SCORES.format(spread=1.05))
    code, decision = run(project, "task: multiclass\nlabel: kind\noddities: {sets: [missing]}\n")
    assert code in (0, 3) and decision["task"] == "multiclass"
    assert metrics(decision) == {"accuracy", "log_loss"}
    assert {one["section"] for one in decision["findings"]} >= {"compare", "oddities"}
    check = [
        "check",
        "new",
        "--champion",
        "old",
        "--data",
        "base.parquet",
        "--label",
        "kind",
        "--out",
        "checked",
        "--quiet",
    ]
    assert main(check) in (0, 3)
    checked = json.loads((project / "checked" / "decision.json").read_text())
    overall = [one["improvement"] for one in checked["findings"] if one["section"] == "compare"]
    assert overall == [one["improvement"] for one in decision["findings"] if one["section"] == "compare"]


def test_models_that_answer_with_labels_are_compared_by_decisions(project: Path) -> None:
    save(project / "old", AS_LABELS.format(spread=1.0))
    save(project / "new", AS_LABELS.format(spread=1.05))
    code, decision = run(project, "task: multiclass\nlabel: kind\noddities: {sets: [missing]}\n")
    assert code in (0, 3) and metrics(decision) == {"accuracy"}
    code, _ = run(project, "task: multiclass\nlabel: kind\nrequirements: [{metric: log_loss, margin: 0.1}]\n")
    assert code == 2


def test_labels_instead_of_the_scores_that_the_champion_gives_are_the_challengers_failure(project: Path) -> None:
    save(project / "old", AS_SCORES.format(spread=1.0))
    save(project / "new", AS_LABELS.format(spread=1.0))
    code, decision = run(project, "task: multiclass\nlabel: kind\nrequirements: [{metric: log_loss, margin: 0.1}]\n")
    (found,) = decision["findings"]
    assert code == 1 and found["blocking"] and "answers with class labels, while log_loss needs" in found["reason"]


def test_models_of_numbers_are_compared_in_the_labels_units_with_units_and_weights(project: Path) -> None:
    save(project / "old", "return 2 * x")
    save(project / "new", "return 2.01 * x")
    code, decision = run(
        project,
        """
        task: regression
        label: amount
        unit: customer
        weight: exposure
        baseline: last
        requirements:
          - {metric: mae, margin: "2%"}
          - {metric: bias, rule: unchanged, margin: 0.1}
          - {metric: mae, rule: better, than: baseline}
        oddities: {metric: mae, margin: 0.1}
        """,
    )
    found = {(one["metric"], one["than"]): one for one in decision["findings"] if one["section"] == "compare"}
    assert code == 0 and found["mae", "champion"]["units"] == ROWS // 2
    assert found["mae", "baseline"]["verdict"] == "pass"
    assert (decision["unit"], decision["weight"]) == ("customer", "exposure")


def test_a_number_that_is_not_finite_is_the_challengers_failure(project: Path) -> None:
    save(project / "old", "return 2 * x")
    save(project / "new", "return np.where(np.arange(len(x)) == 4, np.inf, x)")
    code, decision = run(project, "task: regression\nlabel: amount\n")
    assert code == 1 and "inf in row 5" in decision["findings"][0]["reason"]


def test_money_is_counted_from_a_column_that_no_model_sees(project: Path) -> None:
    sees = "assert 'loan' not in frame, list(frame); return 1 / (1 + np.exp(-{steep} * x))"
    save(project / "old", sees.format(steep=2))
    save(project / "new", sees.format(steep=2.2))
    code, decision = run(
        project,
        """
        label: y
        costs: {false_positive: 10, false_negative: loan, currency: EUR}
        requirements: [{metric: cost, margin: "5%"}]
        """,
    )
    (found,) = (one for one in decision["findings"] if one["section"] == "compare")
    table = pa.parquet.read_table("base.parquet")
    x, y, loan = (np.asarray(table[name]) for name in ("x", "y", "loan"))
    costs = np.where((x >= 0) & (y == 0), 10.0, np.where((x < 0) & (y == 1), loan, 0.0))
    assert code == 0 and found["champion"]["value"] == pytest.approx(costs.mean(), rel=1e-6)
    shown = next(one for one in decision["exhibits"] if one["name"] == "money")
    champion = next(row for row in shown["rows"] if row[2] == "champion")
    assert champion[4] == pytest.approx(costs.sum(), rel=1e-6) and decision["currency"] == "EUR"


def test_thresholds_come_from_the_models_when_they_are_asked(project: Path) -> None:
    body = "return 1 / (1 + np.exp(-2 * x))"
    save(project / "old", body, metadata="{decision_threshold: 0.3}")
    save(project / "new", body, metadata="{decision_threshold: 0.8}")
    asked = "label: y\nthreshold: model\nrequirements: [{metric: selection_rate, rule: unchanged, margin: 0.9}]\n"
    _, decision = run(project, asked)
    (found,) = (one for one in decision["findings"] if one["section"] == "compare")
    scores = 1 / (1 + np.exp(-2 * np.asarray(pa.parquet.read_table("base.parquet")["x"])))
    assert found["champion"]["value"] == pytest.approx((scores >= 0.3).mean())
    assert found["challenger"]["value"] == pytest.approx((scores >= 0.8).mean())
    check = ["check", "new", "--champion", "old", "--data", "base.parquet", "--label", "y", "--threshold", "model"]
    main([*check, "--metric", "selection_rate", "--margin", "0.9", "--out", "checked", "--quiet"])
    checked = json.loads((project / "checked" / "decision.json").read_text())["findings"][0]
    assert checked["challenger"] == found["challenger"] and checked["champion"] == found["champion"]


def test_a_model_that_does_not_say_its_threshold_is_asked_to(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(project / "old", "return 1 / (1 + np.exp(-2 * x))", metadata="{decision_threshold: 0.3}")
    save(project / "new", "return 1 / (1 + np.exp(-2 * x))")
    code, decision = run(project, "label: y\nthreshold: model\n")
    assert code == 2 and decision == {}
    assert "challenger new: has no decision_threshold in its metadata" in capsys.readouterr().err
