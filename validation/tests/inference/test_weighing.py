"""Relative margins: a share of the champion's value, whose error and whose correlation with the improvement count."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.inference.weighing import weigh
from mlgate.records.evidence import Evidence
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.words import Rule, Task, Verdict
from mlgate.stages.compare import compare
from tests.making import asked, fixed, random_rows, seen, settled

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
#: Half-widths of ±0.02 of a champion of 0.4 and ±0.03 of an improvement.
ERROR = {"champion": 0.02 / 1.959964, "improvement": 0.03 / 1.959964}


def evidence(value: float, correlation: float, *, champion: float = 0.4) -> Evidence:
    covariance = correlation * ERROR["champion"] * ERROR["improvement"]
    return dataclasses.replace(seen(value, 0.03, champion=champion, champion_half=0.02), covariance=covariance)


def verdict(rule: Rule, margin: float, found: Evidence) -> Verdict:
    return weigh(asked(rule=rule, margin=margin, relative=True), found).verdict


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("champion", [0.4, -0.4])
def test_the_interval_is_that_of_one_linear_combination(correlation: float, champion: float) -> None:
    """improvement + 0.1 · |champion| has variance s² + (0.1 c)² + 2 · 0.1 · cov; a negative champion turns cov."""
    turn = 1 if champion > 0 else -1
    for rule, sign in ((Rule.NOT_WORSE, 1), (Rule.BETTER, -1)):
        share = sign * 0.1
        half = math.sqrt(0.03**2 + (share * 0.02) ** 2 + 2 * share * turn * correlation * 0.03 * 0.02)
        edge = half - share * 0.4
        assert verdict(rule, 0.1, evidence(edge + 1e-6, correlation, champion=champion)) is PASS
        assert verdict(rule, 0.1, evidence(edge - 1e-6, correlation, champion=champion)) is OPEN
        edge = -half - share * 0.4
        assert verdict(rule, 0.1, evidence(edge + 1e-6, correlation, champion=champion)) is OPEN
        assert verdict(rule, 0.1, evidence(edge - 1e-6, correlation, champion=champion)) is FAIL


def test_unchanged_has_to_hold_on_both_sides() -> None:
    for value, expected in ((0.0, PASS), (0.02, OPEN), (0.09, FAIL), (-0.02, OPEN), (-0.09, FAIL)):
        assert verdict(Rule.UNCHANGED, 0.1, evidence(value, 0.3)) is expected


@settings(max_examples=100, deadline=None)
@given(
    value=st.floats(-0.2, 0.2),
    correlation=st.floats(-1, 1),
    rule=st.sampled_from([Rule.NOT_WORSE, Rule.BETTER, Rule.UNCHANGED]),
    margin=st.floats(0, 0.5),
)
def test_what_is_told_without_the_correlation_is_told_with_it_too(
    value: float, correlation: float, rule: Rule, margin: float
) -> None:
    """The worse ends of both intervals hold whatever the correlation, so knowing it never turns a verdict round."""
    known = evidence(value, correlation)
    unknown = verdict(rule, margin, dataclasses.replace(known, covariance=math.nan))
    assert unknown in (OPEN, verdict(rule, margin, known))


def test_a_champion_that_may_be_zero_counts_at_its_worse_end() -> None:
    found = dataclasses.replace(seen(-0.001, 0.0005, champion=0.05, champion_half=0.2), covariance=0.0)
    assert verdict(Rule.NOT_WORSE, 0.5, found) is OPEN


def test_the_margin_is_shown_in_the_metrics_own_units() -> None:
    for relative, expected in ((True, 0.04), (False, 0.1)):
        found = weigh(asked(margin=0.1, relative=relative), evidence(-0.05, 0.0))
        assert found.margin == pytest.approx(expected)
        assert found.relevant == (relative is True)


@pytest.mark.parametrize("metric", ["mae", "rmse", "median_absolute_error"])
def test_two_percent_of_an_error_is_decided_with_fewer_rows_than_the_worse_ends_would_need(metric: str) -> None:
    """Losses of two models rise and fall together, so the ratio of both is known better than either."""
    rng = np.random.default_rng(3)
    labels = rng.normal(size=4000)
    old = labels + rng.normal(size=4000)
    new = old - 0.2 * (old - labels) + 0.1 * rng.normal(size=4000)
    run = Run(task=Task.REGRESSION, requirements=(asked(metric, Rule.BETTER, margin=0.1, relative=True),))
    batch = Batch(labels=labels, champion=old, challenger=new, columns={})
    [found] = compare(run, settled(fixed(run, batch), batch), dataset="d", metrics=[metric])
    assert math.isfinite(found.covariance)
    share = found.improvement.value / found.champion.value if found.improvement and found.champion else math.nan
    strictest = [
        max(
            (
                m
                for m in np.arange(0, share, 0.001)
                if weigh(asked(metric, Rule.BETTER, margin=m, relative=True), one).verdict is PASS
            ),
            default=0.0,
        )
        for one in (found, dataclasses.replace(found, covariance=math.nan))
    ]
    assert strictest[0] >= strictest[1] > 0


def test_a_relative_margin_on_a_share_counts_its_correlation_too() -> None:
    run = Run(requirements=(asked("error_rate"),))
    [found] = compare(run, settled(run, random_rows(1, 2000)), dataset="d", metrics=["error_rate"])
    assert math.isfinite(found.covariance) and found.covariance != 0
