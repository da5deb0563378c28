"""Rows sorted once and dealt to slices: the short ways say what the long ones say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.metrics import dealing, find
from mlgate.metrics.in_order import in_step, sort_rows
from mlgate.metrics.metric import Ranking
from mlgate.metrics.ranked import rank
from mlgate.metrics.ranking import ROC_AUC
from mlgate.metrics.slicewise import one_slice, ties

GENERAL = dataclasses.replace(ROC_AUC, area=False)
SCORES = st.one_of(st.sampled_from([0.0, -0.0, 0.5, 1.0, 5e-324, 1 - 2**-53]), st.floats(0, 1))
ROW = st.tuples(st.integers(0, 1), SCORES, SCORES, st.integers(-1, 3))


def columns(metric: Ranking, rows: list[tuple[int, float, float, int]]) -> dict[str, np.ndarray]:
    labels = np.array([row[0] for row in rows], dtype=np.int8)
    scores = [np.array([row[1 + model] for row in rows]) for model in (0, 1)]
    code = np.array([row[3] for row in rows], dtype=np.intp)
    orders = {"score": in_step([sort_rows("score", scores[model], labels, None) for model in (0, 1)])}
    return rank([metric], orders, code, 4, None)[metric.name]


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=40))
def test_auc_in_whole_numbers_is_the_auc_of_influence_values(rows: list[tuple[int, float, float, int]]) -> None:
    short, long = columns(ROC_AUC, rows), columns(GENERAL, rows)
    assert short.pop("skewness")[:, 2] == pytest.approx(long.pop("skewness")[:, 2], rel=1e-2, abs=1e-3)
    for name, expected in long.items():
        assert short[name] == pytest.approx(expected, rel=1e-7, abs=1e-9, nan_ok=True), name


@pytest.mark.parametrize("block", [1, 3, 50])
@pytest.mark.parametrize("limit", [1 << 63, 1 << 20])
def test_in_how_many_blocks_squares_of_placements_are_added_up_changes_nothing(
    block: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(3)
    rows = [(int(random.random() < 0.3), *random.random(2).round(2).tolist(), k % 4) for k in range(400)]
    whole = columns(ROC_AUC, rows)
    monkeypatch.setattr("mlgate.metrics.placements._BLOCK", block)
    monkeypatch.setattr("mlgate.metrics.placements._LIMIT", limit)
    parted = columns(ROC_AUC, rows)
    assert all(np.array_equal(parted[name], values, equal_nan=True) for name, values in whole.items())


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "ece", "recall_at_fpr(0.05)"])
def test_how_many_slices_are_worked_on_together_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = find(name)
    assert isinstance(metric, Ranking)
    random = np.random.default_rng(4)
    rows = [(int(random.random() < 0.3), *random.random(2).round(2).tolist(), k % 4) for k in range(400)]
    together = columns(metric, rows)
    monkeypatch.setattr(dealing, "_CHUNK", 1)
    alone = columns(metric, rows)
    for column, values in together.items():
        assert alone[column] == pytest.approx(values, rel=1e-8, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.tuples(st.integers(0, 1), SCORES), min_size=1, max_size=30))
def test_counting_and_weighing_by_one_group_ties_alike(data: list[tuple[int, float]]) -> None:
    labels, scores = [row[0] for row in data], [row[1] for row in data]
    counted, weighed = ties(one_slice(labels, scores)), ties(one_slice(labels, scores, np.ones(len(labels))))
    for name in ("of_row", "where", "starts", "negative", "positive", "negative_below", "positive_below", "positives"):
        assert getattr(counted, name).tolist() == getattr(weighed, name).tolist(), name
