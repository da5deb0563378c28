"""Settling: the same on any number of cores and beside any other grouping; steps of whole rows widen an error."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlgate import threads
from mlgate.metrics import Ranking, find
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.add_up import add_up
from mlgate.stages.settle import settle
from mlgate.tables import Summary, Tally

METRICS = ("roc_auc", "average_precision", "recall_at_fpr(0.2)", "precision_at_k(50)", "lift(0.2)", "calibration_slope")
ROWS = 600


def _run(*columns: str) -> Run:
    return Run(
        requirements=tuple(
            Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=0.02)
            for metric in METRICS
        ),
        groupings=tuple(Grouping(columns=(column,)) for column in columns),
    )


def _batch() -> Batch:
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, ROWS).astype(np.int8)
    # Rounded, so that there are ties.
    champion, challenger = (np.round(random.beta(1 + labels, 2 - labels), 2) for _ in range(2))
    columns = {
        name: Coded(codes=random.integers(0, size, ROWS).astype(np.int32), values=tuple(map(str, range(size))))
        for name, size in (("sex", 2), ("region", 5))
    }
    return Batch(labels=labels, champion=champion, challenger=challenger, columns=columns)


def _settled(run: Run, batch: Batch) -> Tally:
    return settle(run, add_up(run, [batch]))


def _of_slices(tally: Tally, names: tuple[str, ...]) -> list[list[bytes]]:
    places = [tally.slices.index(name) for name in names]
    fields = [field.name for field in dataclasses.fields(Summary) if field.name != "shape"]
    return [[getattr(tally.summaries[metric], name)[places].tobytes() for name in fields] for metric in METRICS]


def test_the_number_of_cores_does_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for cores in (1, 4):
        monkeypatch.setattr(threads, "cores", lambda cores=cores: cores)
        found.append(_settled(_run("sex", "region"), _batch()))
    assert _of_slices(found[0], found[0].slices) == _of_slices(found[1], found[1].slices)


def test_another_grouping_beside_it_does_not_change_a_slice() -> None:
    alone, both = (_settled(_run(*columns), _batch()) for columns in (("region",), ("sex", "region")))
    assert _of_slices(alone, alone.slices) == _of_slices(both, alone.slices)


@pytest.mark.parametrize("name, step", [("recall_at_fpr(0.2)", "1 / positives"), ("precision_at_k(50)", "1 / 50")])
def test_the_pair_of_a_metric_that_moves_in_steps_has_the_width_of_tangos_interval_on_top(name: str, step: str) -> None:
    """Two models that rank all rows alike differ in no row: what is left is z² / 2 rows each way."""
    champion = _batch().champion
    assert champion is not None
    batch = dataclasses.replace(_batch(), challenger=champion)
    run = _run("sex")
    place = _settled(run, batch).slices.index("overall")
    error = _settled(run, batch).summaries[name].errors[place, 2]
    expected = 1 / 50 if step == "1 / 50" else 1 / int(batch.labels.sum())
    assert error == pytest.approx(1.959964 * expected)


def test_every_metric_with_a_threshold_of_its_own_says_its_step() -> None:
    stepping = [name for name in METRICS if isinstance(metric := find(name), Ranking) and metric.step is not None]
    assert stepping == ["recall_at_fpr(0.2)", "precision_at_k(50)", "lift(0.2)"]
