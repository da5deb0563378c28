"""Shares of rows that a change moves: bounds, intervals, the champion beside the challenger."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.checks.behaviour import Question, Seen, observe, share_of, worth_of
from mlgate.records.behaviour_settings import Limit
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations

ROWS = 400


def question(**limit: float | None) -> Question:
    return Question(
        id="behaviour/x", title="x", does="do it", limit=Limit(level=Level.REQUIRED, **limit)  # type: ignore[arg-type]
    )


def seen(hits: int, rows: int = ROWS, first: int = 0) -> Seen:
    wrong = np.zeros(rows, dtype=np.bool_)
    wrong[first : first + hits] = True
    return Seen(wrong=wrong)


def verdict(asked: Question, challenger: Seen, champion: Seen | None = None) -> tuple[Verdict, bool]:
    [finding] = judge_observations([observe(asked, challenger, champion, 0.95)])
    return finding.verdict, finding.blocking


@pytest.mark.parametrize(
    ("hits", "expected"),
    [(0, Verdict.PASS), (12, Verdict.INCONCLUSIVE), (24, Verdict.INCONCLUSIVE), (60, Verdict.FAIL)],
)
def test_a_share_passes_and_fails_only_where_its_interval_does(hits: int, expected: Verdict) -> None:
    assert verdict(question(at_most=0.05), seen(hits)) == (expected, expected is not Verdict.PASS)


@settings(deadline=None)
@given(st.integers(0, ROWS), st.floats(0.001, 0.999))
def test_law_the_verdict_on_a_bound_is_that_of_the_interval(hits: int, bound: float) -> None:
    share = share_of(seen(hits).wrong, 0.95)
    expected = Verdict.PASS if share.high <= bound else Verdict.FAIL if share.low > bound else Verdict.INCONCLUSIVE
    assert verdict(question(at_most=bound), seen(hits))[0] is expected


def test_with_a_bound_of_nothing_one_row_is_a_fact_and_none_is_a_pass_that_says_of_how_many() -> None:
    asked = question(at_most=0.0)
    assert verdict(asked, seen(1))[0] is Verdict.FAIL
    assert verdict(asked, seen(0))[0] is Verdict.PASS
    assert observe(asked, seen(0), None, 0.95).reason == "none of 400 rows do it; of all such rows at most 0.95 % would"


@settings(deadline=None)
@given(st.integers(0, ROWS), st.integers(0, ROWS), st.integers(0, ROWS), st.floats(0.0, 0.5))
def test_law_the_challenger_is_never_worse_than_itself_and_never_fails_for_doing_less(
    hits: int, champion: int, shift: int, margin: float
) -> None:
    asked = question(not_worse=margin, at_most=None)
    assert verdict(asked, seen(hits), seen(hits))[0] is not Verdict.FAIL
    fewer = seen(min(hits, champion))
    assert verdict(asked, fewer, seen(max(hits, champion)))[0] is not Verdict.FAIL


def test_against_the_champion_the_difference_is_judged_and_not_the_share() -> None:
    asked = question(not_worse=0.05, at_most=None)
    assert verdict(asked, seen(200), seen(200))[0] is Verdict.PASS
    assert verdict(asked, seen(200), seen(120))[0] is Verdict.FAIL
    assert verdict(asked, seen(200), seen(184))[0] is Verdict.INCONCLUSIVE


def test_without_a_champion_a_comparison_cannot_be_told_and_does_not_block() -> None:
    assert verdict(question(not_worse=0.05, at_most=None), seen(200)) == (Verdict.INCONCLUSIVE, False)


def test_what_the_champion_does_too_does_not_block_where_it_is_the_yardstick() -> None:
    asked = replace(question(at_most=0.0), yardstick=True)
    assert verdict(asked, seen(3), seen(0)) == (Verdict.FAIL, True)
    assert verdict(asked, seen(3), seen(1)) == (Verdict.FAIL, False)
    broken = Seen(wrong=np.zeros(0, dtype=np.bool_), problem="it died")
    assert verdict(asked, broken, seen(0)) == (Verdict.FAIL, True)
    assert verdict(asked, broken, broken) == (Verdict.FAIL, False)


def test_no_row_to_ask_about_is_no_pass() -> None:
    assert verdict(question(at_most=0.0), seen(0, rows=0)) == (Verdict.INCONCLUSIVE, True)


def test_a_model_that_cannot_know_of_a_change_passes_on_few_rows_too() -> None:
    assert verdict(question(at_most=0.01), replace(seen(0, rows=5), note="it is not shown x"))[0] is Verdict.PASS


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 8))
def test_law_rows_that_belong_together_are_worth_their_units(units: int, each: int) -> None:
    assert worth_of(np.repeat(np.arange(units), each)) * each == pytest.approx(1.0)
    alone = share_of(np.arange(units) < units // 2, 0.95)
    together = share_of(np.repeat(np.arange(units) < units // 2, each), 0.95, 1 / each)
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))


def test_a_share_without_rows_is_not_zero() -> None:
    assert math.isnan(share_of(np.zeros(0, dtype=np.bool_), 0.95).value)
