"""The decline of a champion: two independent samples, and a rule that one bad week does not fulfil."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.checks.decline import average, difference, observe_decline
from mlgate.inference.proportions import wilson_interval
from mlgate.inference.spread import estimate
from mlgate.records.data_settings import DeclineSettings
from mlgate.records.evidence import Estimate, Evidence, Observation, Spread
from mlgate.records.words import Level
from mlgate.stages.judge import judge_observations
from tests.making import seen

RULE = DeclineSettings(metrics=("accuracy",), least=2, last=3)
BETTER = {"accuracy": True, "log_loss": False, "selection_rate": None}


def at(value: float, half: float = 0.02, *, metric: str = "accuracy", shortage: str = "") -> Evidence:
    """Evidence in which the champion has this value."""
    return seen(0.0, 0.01, metric=metric, champion=value, champion_half=half, shortage=shortage)


def decline(
    before: float, *after: float | None, settings: DeclineSettings = RULE, metric: str = "accuracy", half: float = 0.02
) -> Observation:
    settings = dataclasses.replace(settings, metrics=(metric,))
    windows = [
        (f"w{place}", [] if value is None else [at(value, half, metric=metric)]) for place, value in enumerate(after, 1)
    ]
    (one,) = observe_decline([at(before, half, metric=metric)], windows, settings=settings, greater_is_better=BETTER)
    return one


@pytest.mark.parametrize(
    ("after", "value"),
    [
        ((0.8, 0.8, 0.8), 0.0),
        ((0.7, 0.7, 0.7), 3.0),
        ((0.8, 0.7, 0.7), 2.0),
        ((0.7, 0.8, 0.7), 2.0),
        ((0.7, 0.7, 0.8), 0.0),  # it has recovered
        ((0.8, 0.8, 0.7), 1.0),  # one bad week
        ((0.7, 0.7, 0.8, 0.8, 0.7), 1.0),  # older windows do not count
        ((0.9, 0.9, 0.9), 0.0),
        ((0.78, 0.78, 0.78), 0.0),  # within its error
        ((0.8, None, 0.7), math.nan),
        ((None, None, 0.8), 0.0),  # the newest holds, whatever the others were
        ((0.7, 0.7, None), math.nan),
        ((0.7,), math.nan),
        ((), math.nan),
    ],
)
def test_a_decline_must_last_and_must_still_be_there(after: tuple[float | None, ...], value: float) -> None:
    one = decline(0.8, *after)
    assert one.value == pytest.approx(value, nan_ok=True)
    assert one.at_most == 1.0
    assert one.level is Level.ADVISORY


def test_the_reason_says_which_windows_by_how_much_and_what_to_do() -> None:
    one = decline(0.8, 0.8, 0.7, 0.71)
    assert one.reason == (
        "worse in 2 of the last 3 windows (w2, w3); w3: 0.71 against 0.8 on the base case, a change of -0.09 "
        "[-0.1183, -0.06172]; train the model again"
    )
    assert one.id == "data/windows/decline/accuracy"
    assert "train the model again" not in decline(0.8, 0.8, 0.8, 0.71).reason
    assert "the newest not among them" in decline(0.8, 0.7, 0.7, 0.8).reason
    (finding,) = judge_observations([one])
    assert (str(finding.verdict), finding.blocking) == ("fail", False)


def test_a_loss_that_grows_is_a_decline_and_one_that_shrinks_is_none() -> None:
    assert decline(0.4, 0.5, 0.5, 0.5, metric="log_loss").value == 3
    assert decline(0.4, 0.3, 0.3, 0.3, metric="log_loss").value == 0
    assert decline(0.4, 0.3, 0.5, 0.3, metric="selection_rate").value == 3


def test_a_margin_forgives_what_lies_within_it() -> None:
    lenient = dataclasses.replace(RULE, margin=0.08)
    assert decline(0.8, 0.7, 0.7, 0.7, settings=lenient).value == 0
    assert decline(0.8, 0.65, 0.65, 0.65, settings=lenient).value == 3


def test_older_windows_can_stand_for_the_base_case() -> None:
    older = dataclasses.replace(RULE, against="older")
    one = decline(0.99, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, settings=older)
    assert one.value == 3
    assert "against 0.8 in 3 older windows" in one.reason
    none = decline(0.99, 0.7, 0.7, 0.7, settings=older)
    assert math.isnan(none.value)
    assert none.reason == "the champion has no accuracy in 0 older windows to compare with"


def test_a_window_of_too_few_rows_is_not_known() -> None:
    windows = [(f"w{place}", [at(0.7, shortage="3 rows, at least 30 needed")]) for place in range(3)]
    (one,) = observe_decline([at(0.8)], windows, settings=RULE, greater_is_better=BETTER)
    assert math.isnan(one.value)
    assert one.reason == "0 of the last 3 windows have enough labelled rows; a decline in 2 of them cannot be told"


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_the_interval_is_the_one_that_the_engine_gives_two_independent_shares(a: int, n: int, b: int, m: int) -> None:
    parts = tuple(
        Spread(method="wilson", value=min(hits, rows) / rows, rows=rows, counts=(min(hits, rows),))
        for hits, rows in ((a, n), (b, m))
    )
    whole = Spread(method="mover", value=parts[0].value - parts[1].value, parts=parts)
    expected = estimate(whole, 0.95)
    found = difference(estimate(parts[0], 0.95), estimate(parts[1], 0.95))
    for name in ("value", "low", "high"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)


def test_the_mean_of_k_equal_estimates_is_root_k_times_surer() -> None:
    one = Estimate(value=0.5, low=0.4, high=0.6)
    mean = average([one] * 4)
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.5, 0.45, 0.55))


def test_a_champion_that_holds_is_seldom_called_declined() -> None:
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(2000):
        shares = [0.8] * 4
        rows = np.array([2000, 300, 300, 300])
        hits = rng.binomial(rows, shares)
        low, high = wilson_interval(hits.astype(float), rows.astype(float), 0.95)
        evidence = [
            dataclasses.replace(at(0.8), champion=Estimate(value=hit / n, low=float(down), high=float(up)))
            for hit, n, down, up in zip(hits, rows, low, high, strict=True)
        ]
        windows = [(f"w{place}", [one]) for place, one in enumerate(evidence[1:])]
        (one,) = observe_decline(evidence[:1], windows, settings=RULE, greater_is_better=BETTER)
        alarms += one.value > 1
    assert alarms <= 20  # at most 1 %
