"""Windows in a command: answers of several classes drift too, and a new category is told once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from mlgate.commands.data_steps.data_checks import observe_data
from mlgate.commands.data_steps.window_checks import observe_scores
from mlgate.config.defaults import BLANK
from mlgate.records.data_settings import BoundsSettings, DataChecks, DriftSettings
from mlgate.records.rows import Batch
from mlgate.records.settings import DataSource, LabelSettings, Settings
from mlgate.records.words import Level, Task, Verdict
from mlgate.stages.judge import judge_observations

CLASSES = ("ash", "elm", "oak")
ROWS = 1500


def several(settings: Settings = BLANK) -> Settings:
    run = dataclasses.replace(settings.run, task=Task.MULTICLASS, classes=CLASSES)
    return dataclasses.replace(settings, run=run, checks=DataChecks(drift=DriftSettings()))


def scores(seed: int, *, toward: int | None = None, flat: float = 1.0) -> NDArray[np.float64]:
    """(ROWS, 3) class scores; toward a class, or flatter than usual."""
    raw = np.random.default_rng(seed).normal(size=(ROWS, 3)) * 2
    if toward is not None:
        raw[:, toward] += 2
    raw = np.exp(raw * flat)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def batch(champion: NDArray[Any] | None, challenger: NDArray[Any]) -> list[Batch]:
    return [Batch(labels=np.zeros(ROWS, dtype=np.int32), champion=champion, challenger=challenger, columns={})]


def failing(rows: Mapping[str, list[Batch]]) -> set[str]:
    findings = judge_observations(observe_scores(several(), rows))
    assert findings
    return {one.id.partition("/prediction_drift/")[2] for one in findings if one.verdict is Verdict.FAIL} - {""}


def test_shares_of_the_decided_classes_that_move_are_found_for_the_model_that_moves() -> None:
    base, recent = batch(scores(1), scores(1)), batch(scores(2), scores(2, toward=1))
    moved = failing({"base_case": base, "recent": recent})
    assert "decisions of the challenger" in moved and not [name for name in moved if "champion" in name]
    assert failing({"base_case": base, "recent": batch(scores(3), scores(4))}) == set()


def test_scores_that_become_unsure_are_found_although_the_decisions_stay() -> None:
    base, recent = batch(None, scores(1)), batch(None, scores(2, flat=0.5))
    assert failing({"base_case": base, "recent": recent}) == {"largest score of the challenger"}


def test_models_that_answer_with_labels_have_decisions_only() -> None:
    codes = scores(1).argmax(axis=1).astype(np.int32)
    rows = {"base_case": batch(codes, codes), "recent": batch(codes, np.zeros(ROWS, dtype=np.int32))}
    assert failing(rows) == {"decisions of the challenger"}


@pytest.fixture
def towns(tmp_path: Path) -> dict[str, pa.Table]:
    """A tenth of the recent rows is from a town that training never saw."""

    def rows(seed: int, new: int) -> pa.Table:
        rng = np.random.default_rng(seed)
        town = rng.choice(["ash", "elm"], ROWS)
        town[:new] = "yew"
        return pa.table({"x": rng.normal(size=ROWS), "town": town, "y": rng.integers(0, 2, ROWS)})

    suite = {"expectations": [{"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "town"}}]}
    suite["expectations"][0]["kwargs"]["value_set"] = ["ash", "elm"]  # type: ignore[index]
    (tmp_path / "towns.json").write_text(json.dumps(suite))
    return {"train": rows(1, 0), "base_case": rows(2, 0), "recent": rows(3, ROWS // 10)}


def found(settings: Settings, tables: dict[str, pa.Table]) -> set[str]:
    findings = judge_observations(observe_data(settings, tables, only=["recent"]).observations)
    return {one.id for one in findings if one.verdict is Verdict.FAIL}


def asking(root: Path, suite: str = "", level: Level = Level.REQUIRED) -> Settings:
    recent = DataSource(name="recent", path="recent", suite=suite, level=level)
    data = (DataSource(name="train", path="a"), DataSource(name="base_case", path="b"), recent)
    checks = DataChecks(drift=DriftSettings(), bounds=BoundsSettings())
    return dataclasses.replace(BLANK, root=root, data=data, label=LabelSettings(column="y"), checks=checks)


def test_a_new_category_is_told_once(tmp_path: Path, towns: dict[str, pa.Table]) -> None:
    assert found(asking(tmp_path), towns) == {"data/recent/new_categories/town"}


def test_a_suite_that_states_the_categories_speaks_for_all_unless_it_is_merely_shown(
    tmp_path: Path, towns: dict[str, pa.Table]
) -> None:
    stated = "data/recent/town/values_in_set"
    assert found(asking(tmp_path, "towns.json"), towns) == {stated}
    assert found(asking(tmp_path, "towns.json", Level.ADVISORY), towns) == {stated, "data/recent/new_categories/town"}


def test_bounds_speak_of_categories_where_drift_does_not(tmp_path: Path, towns: dict[str, pa.Table]) -> None:
    settings = asking(tmp_path)
    alone = dataclasses.replace(settings, checks=DataChecks(bounds=BoundsSettings()))
    assert found(alone, towns) == {"data/recent/bounds/town"}
    own = DataChecks(drift=DriftSettings(), bounds=BoundsSettings(columns=(("town", 0.5),)))
    assert found(dataclasses.replace(settings, checks=own), towns) == {"data/recent/new_categories/town"}
