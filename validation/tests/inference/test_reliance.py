"""Importances, their paired difference, and its interval: worked cases, laws, and a small simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from mlgate.inference.reliance import Rises, reliance, sizes

Floats = NDArray[np.float64]


def drawn(seed: int, *, columns: int = 3, repeats: int = 4, rows: int = 500, moved: float = 0.0) -> Rises:
    """Two models that differ by ``moved`` on the first column; the champion's whole reliance is ``columns``."""
    rng = np.random.default_rng(seed)
    shared = rng.exponential(size=(columns, 1, rows))
    noise = rng.normal(scale=0.5, size=(2, columns, repeats, rows))
    champion, challenger = shared + noise[0], shared + noise[1]
    challenger[0] += moved
    return Rises(champion=champion, challenger=challenger)


def test_importances_and_shares_are_means_that_can_be_worked_out() -> None:
    champion = np.array([[[1.0, 3.0], [1.0, 3.0]], [[0.0, 4.0], [0.0, 4.0]]])
    challenger = np.array([[[2.0, 4.0], [2.0, 4.0]], [[0.0, 2.0], [0.0, 2.0]]])
    found = reliance(Rises(champion=champion, challenger=challenger), margin=0.1, confidence=0.5)
    assert found.whole.value == 4.0 and (found.rows, found.repeats) == (2, 2)
    assert [one.champion.value for one in found.columns if one.champion] == [2.0, 2.0]
    assert [one.challenger.value for one in found.columns] == [3.0, 1.0]
    assert [one.share.value for one in found.columns] == [0.25, -0.25]
    assert all(one.noise == 0 for one in found.columns), "both repeats were alike"


def test_the_interval_covers_what_is_true_and_the_same_model_is_never_told_apart() -> None:
    covered, failed = 0, 0
    for seed in range(200):
        found = reliance(drawn(seed, moved=0.3), margin=0.05, confidence=0.95).columns[0].share
        covered += found.low <= 0.1 <= found.high
        same = reliance(drawn(1000 + seed), margin=0.0, confidence=0.95).columns
        failed += any(one.adjusted_p <= 0.025 and not one.share.low <= 0 <= one.share.high for one in same)
    assert covered >= 184
    assert failed <= 16


def test_a_difference_beyond_the_margin_has_a_small_p_and_one_within_has_none() -> None:
    far, near, least = reliance(drawn(1, moved=0.9), margin=0.1, confidence=0.95).columns
    assert far.share.low > 0.1 and far.adjusted_p < 1e-6
    assert near.adjusted_p == least.adjusted_p == 1.0


def test_equal_models_have_an_interval_that_is_not_nothing() -> None:
    rises = drawn(2)
    assert rises.champion is not None
    found = reliance(Rises(champion=rises.champion, challenger=rises.champion), margin=0.1, confidence=0.95)
    assert all(one.share.value == 0 and one.share.low < 0 < one.share.high < 0.1 for one in found.columns)


def test_rows_of_one_unit_count_once_and_weights_as_copies() -> None:
    plain = drawn(3, rows=200)
    assert plain.champion is not None
    twice = [np.repeat(part, 2, axis=2) for part in (plain.champion, plain.challenger)]
    units = np.repeat(np.arange(200, dtype=np.uint64), 2)
    of_units = reliance(Rises(champion=twice[0], challenger=twice[1], units=units), margin=0.1, confidence=0.95)
    single = reliance(plain, margin=0.1, confidence=0.95)
    for one, other in zip(single.columns, of_units.columns, strict=True):
        assert other.share.value == pytest.approx(one.share.value)
        assert other.share.low == pytest.approx(one.share.low, rel=1e-6)
    weights = np.where(np.arange(200) < 100, 2.0, 0.0)
    half = Rises(champion=plain.champion[..., :100], challenger=plain.challenger[..., :100])
    weighed = Rises(champion=plain.champion, challenger=plain.challenger, weights=weights)
    for one, other in zip(
        reliance(half, margin=0.1, confidence=0.95).columns,
        reliance(weighed, margin=0.1, confidence=0.95).columns,
        strict=True,
    ):
        assert other.share.value == pytest.approx(one.share.value)
        assert other.share.high == pytest.approx(one.share.high, rel=0.02)


def test_a_champion_that_leans_on_nothing_is_no_yardstick() -> None:
    rng = np.random.default_rng(4)
    nothing = rng.normal(size=(2, 3, 400))
    nothing -= nothing.mean(axis=2, keepdims=True)
    found = reliance(Rises(champion=nothing, challenger=nothing + 1.0), margin=0.1, confidence=0.95)
    assert all(math.isnan(one.share.value) and one.adjusted_p == 1.0 for one in found.columns)
    assert all(one.challenger.value == pytest.approx(1.0) for one in found.columns)


def test_few_seeds_widen_by_students_quantile() -> None:
    plain = drawn(5)
    wide = Rises(champion=plain.champion, challenger=plain.challenger, seeds=(np.full(3, 0.1), 2))
    first, second = (reliance(one, margin=0.1, confidence=0.95) for one in (plain, wide))
    training = math.sqrt(2) * 0.1 * 12.7062 / 1.959964 / first.whole.value
    assert second.columns[0].training == pytest.approx(training, rel=1e-4)
    assert second.columns[0].share.high > first.columns[0].share.high
    assert math.isnan(first.columns[0].training)


def test_repeats_that_disagree_are_the_floor_of_the_error() -> None:
    plain = drawn(6, repeats=2)
    assert plain.champion is not None
    apart = plain.champion + np.array([0.4, -0.4])[:, None]
    found = reliance(Rises(champion=plain.champion, challenger=apart), margin=0.1, confidence=0.95)
    for one in found.columns:
        # Rows agree that nothing changed; two permutations of which each says otherwise do not let them.
        assert one.noise == pytest.approx(0.4 / found.whole.value)
        assert one.share.high > 1.9 * one.noise


def of_additive(seed: int, weights: tuple[float, ...], *, rows: int, behind: int) -> Floats:
    """Sizes of the SHAP values of an additive model: weight times value less the mean of the part of the background."""
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=(len(weights), 1, rows, 1))
    means = rng.exponential(size=(len(weights), 5, behind)).mean(axis=2)[..., None, None]
    return sizes(np.array(weights)[:, None, None, None] * (values - means))


def test_the_interval_of_shap_values_covers_though_all_rows_share_their_background() -> None:
    champion, challenger = (1.0, 0.5, 0.2), (0.8, 0.7, 0.2)
    size = 2 / math.e  # mean distance from the mean of an exponential
    covered = {shared: np.zeros(3) for shared in (True, False)}
    for seed in range(150):
        parts = [of_additive(seed, weights, rows=1000, behind=10) for weights in (champion, challenger)]
        for shared, found in covered.items():
            one = reliance(
                Rises(champion=parts[0], challenger=parts[1], shared=shared), margin=0.05, confidence=0.95
            ).columns
            level = one[0].champion
            assert level is not None
            found += [
                level.low <= size <= level.high,
                one[0].share.low <= -0.2 / 1.7 <= one[0].share.high,
                one[1].share.low <= 0.2 / 1.7 <= one[1].share.high,
            ]
    assert (covered[True] >= 139).all(), "93 %"
    assert covered[False][0] < 139, "rows alone do not show what the background moves"


def test_noise_that_rows_share_comes_on_top_and_is_students() -> None:
    champion = np.full((1, 2, 400), 2.0) + np.random.default_rng(1).normal(scale=1e-6, size=(1, 1, 400))
    challenger = champion + np.array([0.0, 0.4])[None, :, None]
    alone, common = (
        reliance(Rises(champion=champion, challenger=challenger, shared=shared), margin=0.1, confidence=0.95).columns[0]
        for shared in (False, True)
    )
    # Repeats 0 and 0.2 of the whole: a standard error of 0.1, with Student's 12.7 for a single degree of freedom.
    assert alone.noise == pytest.approx(common.noise) == pytest.approx(0.1, rel=1e-3)
    assert alone.share.high - alone.share.value == pytest.approx(0.196, rel=0.02)
    assert common.share.high - common.share.value == pytest.approx(1.27, rel=0.02)
