"""Shares and their differences: coverage in simulation, and laws."""

from __future__ import annotations

import numpy as np
import pytest

from mlgate.inference.shares import difference_of_shares, less, paired_difference, rank_area, share


@pytest.mark.parametrize(("first", "second", "rows"), [(0.02, 0.02, 200), (0.5, 0.3, 60), (0.95, 0.9, 150)])
def test_differences_of_shares_hold_the_truth_as_often_as_they_say(first: float, second: float, rows: int) -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        found = difference_of_shares(rng.random(rows) < first, rng.random(rows) < second, 0.95)
        held += found.low <= first - second <= found.high
    assert held >= 368  # 92 %; at 95 % fewer has a probability of 0.5 %


def test_a_change_of_advantage_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        member, other = rng.random(300), rng.random(300)
        found = less(
            paired_difference(member < 0.5, member + rng.normal(0, 0.1, 300) < 0.6, 0.95),
            paired_difference(other < 0.5, other + rng.normal(0, 0.1, 300) < 0.5, 0.95),
        )
        truth = _share(0.6, 0.1) - 0.5 - (_share(0.5, 0.1) - 0.5)
        held += found.low <= truth <= found.high
    assert held >= 88


def _share(limit: float, noise: float) -> float:
    rng = np.random.default_rng(9)
    return float((rng.random(400_000) + rng.normal(0, noise, 400_000) < limit).mean())


def test_rank_areas_hold_the_truth_and_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        low, high = rng.normal(0, 1, 80), rng.normal(0.5, 1, 60)
        found = rank_area(low, high, 0.95)
        held += found.low <= 0.63816 <= found.high  # Φ(0.5 / √2)
    assert held >= 275
    low, high = np.round(low, 1), np.round(high, 1)
    truth = np.r_[np.zeros(80), np.ones(60)]
    assert rank_area(low, high, 0.95).value == pytest.approx(metrics.roc_auc_score(truth, np.r_[low, high]))


def test_groups_that_agree_still_have_an_interval_and_none_has_no_value() -> None:
    certain = rank_area(np.zeros(50), np.ones(50), 0.95)
    assert certain.value == 1.0 and certain.low < 1.0
    assert np.isnan(rank_area(np.zeros(1), np.ones(50), 0.95).value)
    assert np.isnan(share(np.zeros(0, dtype=bool), 0.95).value)
    same = np.ones(50, dtype=bool)
    none = paired_difference(same, same, 0.95)
    assert none.value == 0.0 and none.low < 0.0 < none.high
