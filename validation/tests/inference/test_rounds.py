"""Times taken in rounds: laws of the intervals, and that they hold what they promise on machines of several kinds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.inference.rounds import mean_of, quantile_of, ratio_of_means, ratio_of_quantiles, scatter

Floats = NDArray[np.float64]
ROUNDS, CALLS = 30, 6


def quiet(rng: np.random.Generator) -> Floats:
    return np.asarray(0.2 * rng.normal(size=(2, ROUNDS, CALLS)))


def shared(rng: np.random.Generator) -> Floats:
    common = 0.3 * rng.normal(size=(1, ROUNDS, 1))
    return np.asarray(common + 0.1 * rng.normal(size=(2, ROUNDS, CALLS)) + 0.1 * rng.normal(size=(2, ROUNDS, 1)))


def bursts(rng: np.random.Generator) -> Floats:
    return np.asarray(0.1 * rng.normal(size=(2, ROUNDS, CALLS)) + math.log(5) * (rng.random((2, ROUNDS, CALLS)) < 0.05))


@pytest.mark.parametrize("machine", [quiet, shared, bursts])
@pytest.mark.parametrize("quantile", [0.5, 0.95])
def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says(
    machine: Callable[[np.random.Generator], Floats], quantile: float
) -> None:
    rng = np.random.default_rng(3)
    held = 0
    for repetition in range(120):
        old, new = np.exp(machine(rng))
        found = ratio_of_quantiles(old, 1.3 * new, quantile, confidence=0.95, seed=repetition)
        held += found.low <= 1.3 <= found.high
    # 106 of 120 and fewer have a probability of 1 % when 95 % are promised and held.
    assert held > 106


def test_a_challenger_that_is_no_slower_is_seldom_called_slower_and_a_slow_one_is_found() -> None:
    rng = np.random.default_rng(4)
    wrong = found = 0
    for repetition in range(60):
        old, new = np.exp(shared(rng))
        wrong += ratio_of_quantiles(old, new, 0.5, confidence=0.95, seed=repetition).low > 1.2
        found += ratio_of_quantiles(old, 1.5 * new, 0.5, confidence=0.95, seed=repetition).low > 1.2
    assert wrong == 0 and found > 50


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 99), st.sampled_from([0.5, 0.95, 0.99]))
def test_ratios_turn_with_the_models_and_with_their_unit(factor: float, seed: int, quantile: float) -> None:
    old, new = np.exp(quiet(np.random.default_rng(seed)))
    there = ratio_of_quantiles(old, new, quantile, confidence=0.95, seed=1)
    back = ratio_of_quantiles(new, old, quantile, confidence=0.95, seed=1)
    assert there.low <= there.value <= there.high
    assert back.value == pytest.approx(1 / there.value) and back.low == pytest.approx(1 / there.high)
    scaled = ratio_of_quantiles(factor * old, factor * new, quantile, confidence=0.95, seed=1)
    assert scaled.high == pytest.approx(there.high)
    alone = quantile_of(old, quantile, confidence=0.95, seed=1)
    assert alone.value == pytest.approx(np.quantile(old, quantile, method="inverted_cdf"))


def test_too_few_rounds_and_starts_give_no_interval() -> None:
    times = np.ones((5, 10))
    assert math.isnan(quantile_of(times, 0.5, confidence=0.95, seed=0).value)
    assert math.isnan(ratio_of_quantiles(times, times, 0.5, confidence=0.95, seed=0).low)
    few = ratio_of_means(np.array([1.0, 1.0]), np.array([2.0, 2.0]), 0.95)
    assert few.value == pytest.approx(2.0) and math.isnan(few.low)
    assert math.isnan(mean_of(np.empty(0), 0.95).value)
    assert math.isnan(mean_of(np.array([1.0, math.nan, 1.0]), 0.95).value)
    assert math.isnan(scatter(np.empty((0, 1))))


def test_no_interval_is_narrower_than_a_clock_can_tell() -> None:
    alike = np.ones((10, 3))
    found = ratio_of_quantiles(alike, alike, 0.5, confidence=0.95, seed=0)
    assert (found.low, found.high) == pytest.approx((math.exp(-0.01), math.exp(0.01)))


def test_the_interval_of_starts_is_students() -> None:
    old, new = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.1, 2.5, 3.2, 4.9])
    logs = np.log(new / old)
    half = 3.182446 * logs.std(ddof=1) / 2
    found = ratio_of_means(old, new, 0.95)
    assert found.high == pytest.approx(math.exp(logs.mean() + half), rel=1e-5)
