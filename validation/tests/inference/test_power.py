"""Smallest detectable regression and rows to decide: the formulas of the design, and where they have no answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from mlgate.inference.power import rows_to_decide, smallest_detectable_guarded, smallest_detectable_required
from mlgate.records.evidence import Estimate

#: upper half-width 0.098, so the standard error is 0.05; the lower side must not matter for what fails.
SEEN = Estimate(value=0.02, low=-0.9, high=0.02 + 0.098)
#: the same below: what passes hangs on the lower limit.
BELOW = Estimate(value=0.02, low=0.02 - 0.098, high=0.9)
ERROR = 0.098 / float(ndtri(0.975))


def test_a_required_finding_detects_the_margin_and_two_point_eight_standard_errors() -> None:
    assert smallest_detectable_required(SEEN, 0.03, 0.95) == pytest.approx(0.03 + 2.80 * ERROR)


@pytest.mark.parametrize(
    ("margin", "family", "expected"),
    [
        (0.0, 1, (float(ndtri(0.975)) + 0.84) * ERROR),
        (0.0, 11, (float(ndtri(1 - 0.025 / 11)) + 0.84) * ERROR),
        (1.0, 11, 1.0 + 0.84 * ERROR),
    ],
)
def test_a_guarded_finding_has_to_be_real_and_relevant(margin: float, family: int, expected: float) -> None:
    assert smallest_detectable_guarded(SEEN, margin, family, 0.95) == pytest.approx(expected)


@given(family=st.integers(1, 1000), margin=st.floats(0, 1))
def test_more_findings_in_a_family_never_make_a_smaller_regression_detectable(family: int, margin: float) -> None:
    fewer, more = (smallest_detectable_guarded(SEEN, margin, size, 0.95) for size in (family, family + 1))
    assert fewer <= more
    assert fewer >= margin


def test_the_interval_of_another_confidence_gives_the_same_standard_error() -> None:
    wide = Estimate(value=0.0, low=-1.0, high=0.05 * float(ndtri(0.995)))
    # A wider interval has to be left by more: 2.58 standard errors instead of 1.96, and 0.84 for the power.
    assert smallest_detectable_required(wide, 0.0, 0.99) == pytest.approx(3.42 * 0.05)


def test_rows_to_decide_follow_the_formula_and_grow_with_the_rows_seen() -> None:
    expected = math.ceil(100 * (2.80 * ERROR / 0.03) ** 2)
    assert rows_to_decide(BELOW, 0.03, 100, 0.95) == expected
    assert rows_to_decide(BELOW, 0.06, 100, 0.95) == math.ceil(100 * (2.80 * ERROR / 0.06) ** 2)


@pytest.mark.parametrize("margin", [0.0, -0.01, 1e-200, 1e-12])
def test_no_number_of_rows_decides_about_a_margin_of_nothing(margin: float) -> None:
    assert rows_to_decide(BELOW, margin, 100, 0.95) is None


@pytest.mark.parametrize("low", [-math.inf, math.nan])
def test_no_number_of_rows_follows_from_an_interval_without_end(low: float) -> None:
    assert rows_to_decide(Estimate(value=0.0, low=low, high=1.0), 0.1, 1, 0.95) is None
