"""``train.seeds``: retrained challengers widen the interval by what training alone moves; with a real registry."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mlgate.__main__ import main

#: Scores are steeper with each seed, so log loss moves with it and accuracy does not.
SCORER = """
import json, numpy as np

class Scorer:
    def __init__(self, steep):
        self.steep = steep

    def predict(self, frame, params=None):
        return 1 / (1 + np.exp(-self.steep * frame["x"].to_numpy(dtype=float)))

def _load_pyfunc(path):
    return Scorer(json.load(open(path))["steep"])
"""
TRAINING = """
import json
from pathlib import Path

def train(config, *, seed="0", before=""):
    import mlflow
    if before:
        train(config, seed=before)
    at = Path("steep-" + seed + ".json")
    at.write_text(json.dumps({"steep": 1 + 0.3 * int(seed)}))
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="model", loader_module="seed_scorer", data_path=str(at), code_paths=["seed_scorer.py"],
            registered_model_name="credit", pip_requirements=[],
        )
    return f"models:/credit/{info.registered_model_version}"
"""
CONFIG = """
model: credit
label: y
data: base.parquet
champion: {champion}
registry: sqlite:///registry/mlflow.db
train: {{callable: seed_training:train, seeds: {seeds}}}
oddities: {{sets: [missing]}}
behaviour: false
discovered: false
requirements:
  - {{metric: accuracy, margin: 0.03}}
  - {{metric: log_loss, margin: 0.03}}
  - {{metric: roc_auc, rule: at_least, bound: 0.5}}
"""
ROWS = 900


def rows() -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=ROWS)
    return x, (rng.random(ROWS) < 1 / (1 + np.exp(-x))).astype(int)


def log_loss(steep: float) -> float:
    x, y = rows()
    scores = 1 / (1 + np.exp(-steep * x))
    return float(-np.log(np.where(y == 1, scores, 1 - scores)).mean())


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> dict[int, dict[str, Any]]:
    """The decision without and with seeds, about a challenger of seed 0 beside a champion of seed 1."""
    folder = tmp_path_factory.mktemp("seeds")
    (folder / "registry").mkdir()
    shutil.copy(empty_registry, folder / "registry")
    x, y = rows()
    pa.parquet.write_table(pa.table({"x": x, "y": y}), folder / "base.parquet")
    (folder / "seed_scorer.py").write_text(SCORER)
    (folder / "seed_training.py").write_text(TRAINING)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name in [one for one in os.environ if one.startswith("COVERAGE_")]:
            patch.delenv(name)  # four trainings need not count their lines
        config = folder / "mlgate.yaml"
        config.write_text(CONFIG.format(champion="models:/credit/1", seeds=0))
        assert main(["train", "--with", "before=1", "--with", "seed=0", "--quiet"]) == 0  # both in one process
        for seeds in (0, 2):
            config.write_text(CONFIG.format(champion="models:/credit/1", seeds=seeds))
            asked = ["run", "--challenger", "models:/credit/2", "--out", f"out-{seeds}", "--quiet"]
            assert main(asked) in (0, 1, 3)
            found[seeds] = json.loads((folder / f"out-{seeds}" / "decision.json").read_text())
        assert not list(Path(folder).rglob("mlgate-seeds-*")), "the registries of the seeds are thrown away"
    return found


def improvement(decision: dict[str, Any], metric: str) -> dict[str, float]:
    (found,) = (
        one
        for one in decision["findings"]
        if (one["metric"], one["rule"], one["dataset"]) == (metric, "not_worse", "base_case")
    )
    return dict(found["improvement"])


def test_the_spread_over_seeds_is_added_to_the_interval(decisions: dict[int, dict[str, Any]]) -> None:
    plain, wide = (improvement(decisions[seeds], "log_loss") for seeds in (0, 2))
    deviation = abs(log_loss(1.3) - log_loss(1.6)) / math.sqrt(2)
    # Student's t with one degree of freedom has its 97.5 % quantile at 12.706.
    for side in ("low", "high"):
        expected = math.hypot(plain[side] - plain["value"], 12.7062 * deviation)
        assert abs(wide[side] - wide["value"]) == pytest.approx(expected, rel=1e-3)
    assert wide["value"] == plain["value"] == pytest.approx(log_loss(1.3) - log_loss(1.0), abs=1e-6)


def test_what_training_does_not_move_keeps_its_interval(decisions: dict[int, dict[str, Any]]) -> None:
    assert improvement(decisions[2], "accuracy") == pytest.approx(improvement(decisions[0], "accuracy"))


def test_the_spread_over_seeds_is_added_to_the_change_of_reliance(decisions: dict[int, dict[str, Any]]) -> None:
    told = {}
    for seeds, decision in decisions.items():
        (exhibit,) = (one for one in decision["exhibits"] if one["name"] == "reliance")
        (row,) = exhibit["rows"]
        told[seeds] = dict(zip(exhibit["columns"], row, strict=True))
        (finding,) = (one for one in decision["findings"] if one["id"] == "behaviour/reliance/x")
        assert ("training by itself" in finding["reason"]) == (seeds == 0)
    assert told[0]["training"] is None and told[2]["training"] > 0
    assert told[0]["share"] == pytest.approx(told[2]["share"])
    assert told[2]["share_high"] > told[0]["share_high"]
