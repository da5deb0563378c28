"""An interval against a bound: within it, beyond it, or nobody can tell."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.checks.interval_bound import about, against_bound
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations

FOUND = Estimate(value=0.2, low=0.1, high=0.3)


def verdict(found: Estimate, **bounds: float) -> Verdict:
    draft = about("x", "x is small", Level.REQUIRED, "x is 20 %", rows=100)
    (one,) = judge_observations([against_bound(draft, found, **bounds)])
    return one.verdict


@pytest.mark.parametrize(
    ("side", "bound", "expected"),
    [
        ("at_most", 0.3, Verdict.PASS),
        ("at_most", 0.29, Verdict.INCONCLUSIVE),
        ("at_most", 0.1, Verdict.INCONCLUSIVE),
        ("at_most", 0.09, Verdict.FAIL),
        ("at_least", 0.1, Verdict.PASS),
        ("at_least", 0.11, Verdict.INCONCLUSIVE),
        ("at_least", 0.3, Verdict.INCONCLUSIVE),
        ("at_least", 0.31, Verdict.FAIL),
    ],
)
def test_a_bound_within_the_interval_decides_nothing(side: str, bound: float, expected: Verdict) -> None:
    assert verdict(FOUND, **{side: bound}) is expected


def test_what_is_not_decided_says_why() -> None:
    draft = about("x", "x is small", Level.REQUIRED, "x is 20 %", rows=100)
    seen = against_bound(draft, FOUND, at_most=0.2)
    assert math.isnan(seen.value) and seen.reason == "x is 20 %; the bound lies within the interval"


@given(bounds=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_a_looser_bound_never_turns_a_pass_into_something_else(bounds: list[float]) -> None:
    tight, loose = bounds
    if verdict(FOUND, at_most=tight) is Verdict.PASS:
        assert verdict(FOUND, at_most=loose) is Verdict.PASS
