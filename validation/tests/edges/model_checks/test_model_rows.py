"""Rows drawn for membership and certainty: the same whatever their order, without rows that both sets share."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from mlgate.checks.membership import observe_membership
from mlgate.edges.arrays import from_numbers
from mlgate.edges.model_checks.model_rows import losses_of, scored_of
from mlgate.errors import ModelError
from mlgate.records.model_settings import PrivacySettings
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Task, Verdict
from mlgate.stages.judge import judge_observations

SETTINGS = Settings(
    root=Path("."), model="m", title="m", label=LabelSettings(column="y"), data=(), run=Run(requirements=())
)
SOURCES = ("train", "base")


def rows(seed: int, n: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pa.table({"x": x, "g": rng.integers(0, 40, n), "y": (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)})


TRAIN, BASE = rows(1, 3000), rows(2, 2500)
KNOWN = dict(zip(TRAIN["x"].to_pylist(), TRAIN["y"].to_pylist()))


def sound(table: pa.Table) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-table["x"].to_numpy())))


def remembering(table: pa.Table) -> NDArray[np.float64]:
    """A model that looks its training rows up."""
    known = [KNOWN.get(x) for x in table["x"].to_pylist()]
    scores = sound(table)
    return np.array([score if label is None else abs(label - 0.01) for score, label in zip(scores, known)])


def answered(table: pa.Table, champion: bool = True) -> list[Batch]:
    labels = table["y"].to_numpy().astype(np.int8)
    return [
        Batch(labels=labels, champion=sound(table) if champion else None, challenger=remembering(table), columns={})
    ]


def test_an_over_fitted_model_that_remembers_its_training_rows_is_found() -> None:
    losses = losses_of(SETTINGS, (TRAIN, BASE), SOURCES, answered(BASE), (sound, remembering), 10_000)
    assert losses.members.shape == losses.others.shape == (2500, 2)
    seen, shown = observe_membership(losses, PrivacySettings(), 0.95)
    assert [one.verdict for one in judge_observations(seen)] == [Verdict.FAIL]
    assert shown[0].challenger.value > 0.5 and abs(shown[0].champion.value) < 0.06  # type: ignore[union-attr]
    quiet = losses_of(SETTINGS, (TRAIN, BASE), SOURCES, answered(BASE), (sound, sound), 10_000)
    quiet = dataclasses.replace(quiet, others=quiet.others[:, [0, 0]])
    seen, _ = observe_membership(quiet, PrivacySettings(), 0.95)
    assert [one.verdict for one in judge_observations(seen)] == [Verdict.PASS]


def test_which_rows_are_drawn_does_not_hang_on_their_order() -> None:
    order = np.random.default_rng(3).permutation(2500)
    turned = BASE.take(from_numbers(order))
    first = losses_of(SETTINGS, (TRAIN, BASE), SOURCES, answered(BASE), (sound, remembering), 500)
    second = losses_of(SETTINGS, (TRAIN, turned), SOURCES, answered(turned), (sound, remembering), 500)
    assert first.members.shape == (500, 2)
    assert np.array_equal(first.others, second.others) and np.array_equal(first.others_seek, second.others_seek)
    assert 150 < first.members_seek.sum() < 350


def test_rows_that_both_sets_share_are_left_out() -> None:
    both = pa.concat_tables([BASE.slice(0, 300), TRAIN.slice(0, 300)])
    losses = losses_of(SETTINGS, (TRAIN, both), SOURCES, answered(both), (sound, remembering), 10_000)
    assert losses.others.shape == (300, 2)


def test_one_row_of_each_unit_is_taken() -> None:
    settings = dataclasses.replace(SETTINGS, run=Run(requirements=(), unit="g"))
    scored = scored_of(settings, BASE, "base", answered(BASE))
    assert scored is not None and len(scored.labels) == 40


def test_without_a_champion_there_is_one_column() -> None:
    losses = losses_of(SETTINGS, (TRAIN, BASE), SOURCES, answered(BASE, champion=False), (None, remembering), 100)
    assert losses.members.shape == losses.others.shape == (100, 1)
    scored = scored_of(SETTINGS, BASE, "base", answered(BASE, champion=False))
    assert scored is not None and len(scored.scores) == 1 and scored.scores[0].shape == (2500, 2)


def test_a_model_that_breaks_down_on_training_rows_is_told() -> None:
    def broken(table: pa.Table) -> NDArray[np.float64]:
        raise ModelError("challenger x: raised.", role="challenger")

    with pytest.raises(ModelError, match="raised"):
        losses_of(SETTINGS, (TRAIN, BASE), SOURCES, answered(BASE), (sound, broken), 100)


def test_losses_follow_the_task() -> None:
    three = pa.table({"x": [0.1, 0.2, 0.3], "y": ["a", "b", "c"]})
    run = Run(requirements=(), task=Task.MULTICLASS, classes=("a", "b", "c"))
    settings = dataclasses.replace(SETTINGS, run=run, label=LabelSettings(column="y"))
    scores = np.array([[0.7, 0.2, 0.1]] * 3)

    def both(answers: NDArray[np.float64] | NDArray[np.int32]) -> NDArray[np.float64]:
        batch = Batch(labels=np.array([0, 1, 2], np.int32), champion=None, challenger=answers, columns={})
        other = three.set_column(0, "x", pa.array([1.0, 2.0, 3.0]))
        found = losses_of(settings, (three, other), SOURCES, [batch], (None, lambda table: answers), 3)
        return np.sort(found.others[:, 0])

    assert both(scores) == pytest.approx([0.3, 0.8, 0.9])
    assert both(np.array([0, 0, 0], np.int32)).tolist() == [0.0, 1.0, 1.0]
    labels = np.array([0, 1, 2], np.int32)
    decided = Batch(labels=labels, champion=None, challenger=np.array([0, 0, 0], np.int32), columns={})
    assert scored_of(settings, three, "base", [decided]) is None
    regression = dataclasses.replace(settings, run=Run(requirements=(), task=Task.REGRESSION))
    assert scored_of(regression, three, "base", [decided]) is None
