"""Models that crash, hang, leave, flood and devour: as challenger a finding, as champion exit 2, never a run's end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from numpy.typing import NDArray

from mlgate.__main__ import main
from mlgate.edges.models import model_cost
from mlgate.edges.models.model_answers import Expected
from mlgate.edges.models.worker import BINARY, Model

CODE = """
import os, signal, sys, time
import numpy as np

class Model:
    def predict(self, frame, params=None):
        x = frame["x"].to_numpy(dtype=float)
        {body}
        return 1 / (1 + np.exp(-x))

def _load_pyfunc(path):
    return Model()
"""
CONFIG = """
model: credit
label: y
data: base.parquet
champion: {champion}
challenger: {challenger}
requirements: [{{metric: log_loss, margin: 0.05}}]
checks: {{leakage: false, drift: false, bounds: false}}
behaviour: false
privacy: false
certainty: false
"""
#: What a model does, and what is said of it.
HOSTILE = {
    "segfault": ("os.kill(os.getpid(), signal.SIGSEGV)", "was ended by signal SIGSEGV"),
    "exit": ("sys.exit(4)", "called sys.exit(4)"),
    "hang": ("time.sleep(600)", "did not answer within 1 s"),
    "devour": ("kept = np.ones(80_000_000); time.sleep(600)", "more than the 700 MB of model_memory"),
    "flood of answers": ("return np.zeros(10**9)", "answered with 1,000,000,000 values for 400 rows"),
}


def save(folder: Path, body: str) -> None:
    (folder / "code").mkdir(parents=True)
    (folder / "code" / f"hostile_{folder.name}.py").write_text(CODE.format(body=body))
    (folder / "MLmodel").write_text(
        f"flavors:\n  python_function:\n    loader_module: hostile_{folder.name}\n    code: code\n"
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    y = (rng.random(400) < 1 / (1 + np.exp(-x))).astype(int)
    pa.parquet.write_table(pa.table({"x": x, "y": y}), tmp_path / "base.parquet")
    save(tmp_path / "sound", "pass")
    return tmp_path


def configure(project: Path, name: str, *, champion: str = "sound", challenger: str = "new") -> None:
    limits = "model_memory: 700MB\n" if name == "devour" else ""
    (project / "mlgate.yaml").write_text(CONFIG.format(champion=champion, challenger=challenger) + limits)


def findings(project: Path, place: str) -> dict[str, dict[str, Any]]:
    content = json.loads((project / place / "decision.json").read_text())
    return {one["id"]: one for one in content["findings"]}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_challenger_is_a_blocking_finding_that_says_what_it_did(
    project: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurried(model: Model, table: pa.Table, expected: Expected = BINARY) -> NDArray[Any]:
        model.wait()  # loading may take its time
        if name == "hang" and model._role == "challenger":
            monkeypatch.setattr(model, "_timeout", 1.0)
        return predict(model, table, expected)

    predict = Model.predict
    monkeypatch.setattr(Model, "predict", hurried)
    body, said = HOSTILE[name]
    save(project / "new", body)
    configure(project, name)
    assert main(["run", "--quiet", "--out", "out"]) == 1
    found = findings(project, "out")["compare/base_case/answers"]
    assert found["blocking"] and said in found["reason"]


def test_a_hostile_champion_ends_with_exit_code_2_and_no_decision(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body, said = HOSTILE["segfault"]
    save(project / "new", body)
    configure(project, "segfault", champion="new", challenger="sound")
    assert main(["run", "--quiet", "--out", "out"]) == 2
    told = capsys.readouterr().err
    assert "champion" in told and said in told and not (project / "out").exists()


def test_a_flood_of_print_disturbs_nothing_and_cost_is_measured(
    project: Path, measuring: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring()
    monkeypatch.setattr(model_cost, "STARTS", 0)
    monkeypatch.setattr(model_cost, "ROUNDS", 6)
    monkeypatch.setattr(model_cost, "ROW_CALLS", 2)
    save(
        project / "new",
        "[os.write(1, b'x' * (1 << 20)) for _ in range(256 * (len(x) == 400 and frame.index[0] == 0))]",
    )
    save(project / "quiet", "pass")
    configure(project, "print")
    with (project / "mlgate.yaml").open("a") as file:
        file.write("cost: {seconds: 600, batch: 10, size_at_most: 1kB}\n")
    assert main(["run", "--quiet", "--out", "out"]) == 0
    found = findings(project, "out")
    assert found["behaviour/cost/size/at_most"]["verdict"] == "pass"
    assert found["behaviour/cost/row_p50/not_worse"]["level"] == "advisory"
    assert 'id="cost"' in (project / "out" / "report.html").read_text()
    configure(project, "print", challenger="quiet")
    assert main(["run", "--quiet", "--out", "none", "--no-cost"]) == 0
    assert not [name for name in findings(project, "none") if name.startswith("behaviour/cost")]
