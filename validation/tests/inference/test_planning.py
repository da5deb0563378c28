"""Chance to pass, rows needed and proposed margins: they must agree with each other and with a simulated interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from mlgate.inference.planning import POWER, chance_to_pass, need, rounded_out, rows_needed

SIZES = st.floats(1e-6, 1e3)


@pytest.mark.parametrize(("room", "other"), [(1.0, None), (2.8, None), (3.24, 3.24), (2.0, 4.0), (-1.0, None)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_chance_to_pass_is_that_of_simulated_intervals(room: float, other: float | None, confidence: float) -> None:
    estimates = np.random.default_rng(7).normal(0, 0.01, 200_000)
    half = 0.01 * float(ndtri(0.5 + confidence / 2))
    inside = estimates - half > -room * 0.01
    if other is not None:
        inside &= estimates + half < other * 0.01
    seen = chance_to_pass(room * 0.01, 0.01, confidence, other=None if other is None else other * 0.01)
    assert seen == pytest.approx(float(inside.mean()), abs=0.005)


@given(confidence=st.floats(0.5, 0.999), error=SIZES)
def test_the_room_that_is_needed_gives_eighty_percent_power(confidence: float, error: float) -> None:
    one = chance_to_pass(need(confidence) * error, error, confidence)
    room = need(confidence, both_sides=True) * error
    assert one == pytest.approx(POWER, abs=0.002)
    assert chance_to_pass(room, error, confidence, other=room) == pytest.approx(POWER, abs=0.002)


@given(rows=st.integers(1, 10**6), room=SIZES, error=SIZES)
def test_that_many_rows_would_just_decide(rows: int, room: float, error: float) -> None:
    needed = rows_needed(rows, room, error, need(0.95))
    if needed is None:
        assert need(0.95) * error / room >= 1e6
        return
    at = error * math.sqrt(rows / needed)
    assert need(0.95) * at <= room * (1 + 1e-9)
    fewer = error * math.sqrt(rows / (needed - 1)) if needed > 1 else math.inf
    assert need(0.95) * fewer >= room * (1 - 1e-9)


def test_no_number_of_rows_decides_a_margin_of_nothing() -> None:
    assert rows_needed(1000, 0.0, 0.01, 2.8) is None
    assert rows_needed(1000, -0.1, 0.01, 2.8) is None
    assert rows_needed(1000, 0.1, math.nan, 2.8) is None


@given(width=SIZES, up=st.booleans(), middle=st.floats(-10, 10))
def test_a_rounded_limit_still_holds_what_it_has_to(width: float, up: bool, middle: float) -> None:
    limit = middle + width if up else middle - width
    seen = rounded_out(limit, width, up=up)
    slack = seen - limit if up else limit - seen
    assert -1e-7 * max(width, 1) <= slack <= 0.1 * width * (1 + 1e-6) + 1e-9


def test_what_is_round_already_stays() -> None:
    assert rounded_out(0.03, 0.03, up=True) == 0.03
    assert rounded_out(0.0, 0.0, up=True) == 0.0
    assert math.isnan(rounded_out(math.nan, 0.1, up=True))


def test_without_any_error_only_the_room_counts() -> None:
    assert chance_to_pass(0.1, 0.0, 0.95) == 1.0
    assert chance_to_pass(0.1, 0.0, 0.95, other=-0.1) == 0.0
    assert math.isnan(chance_to_pass(0.1, math.nan, 0.95))
