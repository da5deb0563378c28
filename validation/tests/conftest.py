"""Shared by all tests: ``pytester`` for tests of the pytest plugin, and a tiny model that is real to MLflow."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["pytester"]
# No test is about how long an example takes: beside two other processes any of them may take its time. Examples are the
# same in every run, so that a change is judged by what it changed; MLGATE_EXPLORE=1 draws others and finds mistakes.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("explore" if os.environ.get("MLGATE_EXPLORE") else "same")

#: Files that take longest, the longest first; they start before all others, so that nobody waits for one at the end.
LONGEST = (
    "test_road.py",
    "test_metric_contract.py",
    "test_suite_draft.py",
    "test_suites.py",
    "test_seeds.py",
    "test_train.py",
    "test_training.py",
    "test_promotion_commands.py",
    "test_model_environment.py",
    "test_called_sources.py",
    "test_fairness_against_fairlearn.py",
    "test_features.py",
    "test_laws.py",
    "test_leakage_on_adult.py",
    "test_suite_engine.py",
    "test_browser.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Start one fork server for all processes of pytest-xdist, so that MLflow is imported once and not by each."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        from mlgate.edges.models.fork_server import prepare

        prepare()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, whatever order the files were named in."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


#: Asks for two numbers and gives their logistic sum, as ``predict_proba`` would.
TINY = """
import numpy as np

class Tiny:
    def predict(self, frame, params=None):
        score = 1 / (1 + np.exp(-(frame["x"] + frame["y"]).to_numpy(dtype=float)))
        return np.column_stack([1 - score, score])

def _load_pyfunc(path):
    return Tiny()
"""

MLMODEL = """
flavors:
  python_function:
    loader_module: tiny
    code: code
metadata: {description: a tiny model}
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}, {"type": "double", "name": "y", "required": true}]'
  outputs: null
  params: null
"""


@pytest.fixture
def forked_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries and data callables run in forks: what is imported already need not be imported for each of many tests."""
    from mlgate.edges.models.fork_server import fork
    from mlgate.edges.rows import called_source

    monkeypatch.setattr(called_source, "spawn", lambda module, **how: fork(module=module, **how))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow model folder written by hand, which saves MLflow's seconds of import here."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "tiny.py").write_text(TINY)
    (folder / "MLmodel").write_text(MLMODEL)
    return folder


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file as MLflow sets up a new registry; tests copy it, since setting one up costs seconds each time."""
    from mlgate.edges.mlflow_registry import connect

    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the registry notes where artifacts go, unless it is told
        connect(f"sqlite:///{folder}/mlflow.db")
    return folder / "mlflow.db"
