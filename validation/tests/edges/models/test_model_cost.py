"""Real processes measured by turns: a slow and a memory-hungry model are found, a sound one raises no alarm."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pyarrow as pa
import pytest

from mlgate.checks.cost import figures, observe_cost
from mlgate.edges.models import model_cost
from mlgate.edges.models.model_cost import measure
from mlgate.edges.models.worker import Model, open_model
from mlgate.errors import ModelError
from mlgate.records.model_settings import CostSettings
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations

CODE = """
import time
import numpy as np

class Model:
    def predict(self, frame, params=None):
        assert len(frame.columns) == 1
        {body}
        return np.full(len(frame), 0.5)

def _load_pyfunc(path):
    return Model()
"""
ROWS = pa.table({"x": np.arange(200.0), "y": np.zeros(200)})
#: More than a measurement here takes on a quiet machine: a busy one must not change what is found.
SETTINGS = CostSettings(seconds=900.0, batch=100)

Open = Callable[[str], Model]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Models whose predict function does one thing more; by what it does."""
    with ExitStack() as stack:

        def start(body: str) -> Model:
            folder = tmp_path_factory.mktemp("models") / "model"
            (folder / "code").mkdir(parents=True)
            (folder / "code" / "costly.py").write_text(textwrap.dedent(CODE).format(body=body))
            (folder / "MLmodel").write_text("flavors:\n  python_function:\n    loader_module: costly\n    code: code\n")
            return stack.enter_context(again(str(folder)))

        yield start


def again(source: str) -> Model:
    return open_model(source, role="challenger", tracking_uri=None, timeout=120.0, drop=("y",))


@pytest.fixture(scope="module")
def champion(opened: Open) -> Model:
    return opened("pass")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cost, "STARTS", 3)
    monkeypatch.setattr(model_cost, "ROUNDS", 8)
    monkeypatch.setattr(model_cost, "BATCH_CALLS", 1)
    monkeypatch.setattr(model_cost, "ROW_CALLS", 8)


def outcomes(champion: Model, challenger: Model) -> dict[str, Verdict]:
    warm = {"champion": champion, "challenger": challenger}
    costs = measure(warm, lambda role: again(warm[role]._source), ROWS, settings=SETTINGS, seed=1)
    found = judge_observations(observe_cost(figures(costs, confidence=0.95, seed=1), SETTINGS))
    return {one.id.split("/")[2]: one.verdict for one in found}


def test_a_slow_model_is_found(champion: Model, opened: Open) -> None:
    found = outcomes(champion, opened("time.sleep(0.03)"))
    assert found["row_p50"] is found["batch_p50"] is Verdict.FAIL and found["row_p95"] is not Verdict.PASS
    assert found["memory"] is not Verdict.FAIL and found["size"] is Verdict.PASS


def test_a_memory_hungry_model_is_found(champion: Model, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cost, "ROUNDS", 0)
    found = outcomes(champion, opened("self.kept = np.ones(25_000_000)"))
    assert found["memory"] is Verdict.FAIL and found["size"] is Verdict.PASS


def test_a_sound_model_raises_no_alarm(champion: Model) -> None:
    found = outcomes(champion, champion)
    assert Verdict.FAIL not in found.values()
    assert found["memory"] is found["size"] is Verdict.PASS


def test_measuring_keeps_to_its_time_and_says_what_there_was_no_time_for(champion: Model) -> None:
    costs = measure(
        {"challenger": champion},
        lambda role: again(champion._source),
        ROWS,
        settings=CostSettings(seconds=1e-6),
        seed=1,
    )
    assert costs["challenger"].row.size == 0 and costs["challenger"].load.tolist() == [champion.load_seconds]
    found = observe_cost(figures(costs, confidence=0.95, seed=1), CostSettings(row_p50_at_most=1.0))
    assert [one.reason for one in found] == ["0 rounds of calls fitted into the time, at least 6 needed (cost.seconds)"]


def test_a_model_that_cannot_answer_about_one_row_is_told(champion: Model, opened: Open) -> None:
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        outcomes(champion, opened("1 / (len(frame) - 1)"))


def test_times_are_of_calls_with_rows_of_their_own(champion: Model, opened: Open) -> None:
    assert len(champion.times(ROWS.slice(0, 3), calls=7, rows=2)) == 7
    writes = opened("frame['x'] = -1.0; time.sleep(0.01)")
    assert min(writes.times(ROWS.slice(0, 2), calls=3, rows=2)) >= 0.01
    picky = opened("assert (frame['x'] >= 0).all(); frame['x'] = -1.0")
    assert len(picky.times(ROWS.slice(0, 2), calls=5, rows=1)) == 5
