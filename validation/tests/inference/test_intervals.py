"""Intervals and the p-values that invert them: laws over every method, and limits known from elsewhere."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlgate.inference.group_table import as_part
from mlgate.inference.means import bounded_interval, hall_interval, hall_p_below, student_interval, student_p_below
from mlgate.inference.pairs import confusions
from mlgate.inference.proportions import (
    exact_interval,
    exact_p_worse,
    tango_interval,
    tango_p_below,
    tango_z,
    wilson_interval,
)
from mlgate.inference.spread import estimate, estimates, interval, mirrored, p_above, p_below
from mlgate.inference.table_pairs import pair_of_tables
from mlgate.metrics import Confusion, find
from mlgate.records.evidence import Spread
from tests.making import NOTHING

Z = 1.959963984540054


@st.composite
def wilsons(draw: st.DrawFn) -> Spread:
    n = draw(st.integers(1, 5000))
    hits = draw(st.integers(0, n))
    return Spread(method="wilson", value=hits / n, rows=n, counts=(float(hits),))


@st.composite
def exacts(draw: st.DrawFn) -> Spread:
    n = draw(st.one_of(st.integers(1, 5000), st.floats(2, 500)))
    hits = draw(st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))) * n
    return Spread(method="exact", value=hits / n, rows=float(n), counts=(float(hits),))


@st.composite
def tangos(draw: st.DrawFn) -> Spread:
    n = draw(st.integers(1, 2000))
    first = draw(st.integers(0, n))
    second = draw(st.integers(0, n - first))
    return Spread(method="tango", value=(first - second) / n, rows=n, counts=(float(first), float(second)))


NUMBERS = st.floats(-2, 2).map(lambda value: round(value, 6))


@st.composite
def counteds(draw: st.DrawFn) -> Spread:
    """Of rows decided alike a variance; of rows lost and rows gained how many there are, and how heavy one is."""
    n = draw(st.integers(20, 5000))
    lost, gained = draw(st.integers(0, 30)), draw(st.integers(0, 30))
    weights = draw(st.tuples(st.floats(0.2, 3), st.floats(0.2, 3)))
    down, up = (weight / n for weight in weights)
    agree = draw(st.floats(0, 5)) / n**2
    error = math.sqrt(agree + (lost + 1) * down**2 + (gained + 1) * up**2)
    return Spread(
        method="counted",
        value=round(gained * up - lost * down, 6),
        error=error,
        freedom=float(n - 1),
        rows=float(n),
        counts=(agree, lost * down**2, down, gained * up**2, up),
    )


@st.composite
def means(draw: st.DrawFn) -> Spread:
    method = draw(st.sampled_from(["student", "hall"]))
    n = draw(st.integers(2, 5000))
    return Spread(
        method=method,
        value=draw(NUMBERS),
        error=draw(st.floats(1e-4, 0.5)),
        freedom=float(n - 1),
        skewness=draw(st.floats(-6, 6)) if method == "hall" else 0.0,
        heed=draw(st.sampled_from([1.0, 1.5, 3.0])) if method == "hall" else 1.0,
        rows=float(n),
    )


@st.composite
def differences(draw: st.DrawFn, of: st.SearchStrategy[Spread]) -> Spread:
    first, second = draw(of), draw(of)
    method = draw(st.sampled_from(["mover", "added"]))
    return Spread(method=method, value=first.value - second.value, rows=10.0, parts=(first, second))


SINGLE = st.one_of(wilsons(), exacts(), tangos(), counteds(), means())
EVERY = st.one_of(SINGLE, differences(wilsons()), differences(means()))
MIRRORED = st.one_of(tangos(), counteds(), means(), differences(wilsons()), differences(differences(wilsons())))


@settings(max_examples=150, deadline=None)
@given(spread=EVERY, bound=NUMBERS, alpha=st.sampled_from([0.001, 0.025, 0.1, 0.3]))
def test_a_p_value_is_small_just_when_its_own_interval_ends_before_the_bound(
    spread: Spread, bound: float, alpha: float
) -> None:
    low, high = interval(spread, 1 - 2 * alpha)
    if abs(high - bound) > 1e-6:
        assert (p_below(spread, bound) <= alpha) == (high <= bound)
    if abs(low - bound) > 1e-6:
        assert (p_above(spread, bound) <= alpha) == (low >= bound)


@settings(max_examples=80, deadline=None)
@given(spread=EVERY, alpha=st.sampled_from([0.001, 0.025, 0.1]))
def test_the_p_value_at_the_end_of_an_interval_is_its_one_sided_error(spread: Spread, alpha: float) -> None:
    low, high = interval(spread, 1 - 2 * alpha)
    if spread.method not in ("exact", "wilson") or 0 < spread.counts[0] < spread.rows:
        if abs(high) < 1:
            assert p_below(spread, high) == pytest.approx(alpha, rel=1e-3)
        if abs(low) < 1:
            assert p_above(spread, low) == pytest.approx(alpha, rel=1e-3)


@settings(max_examples=5, deadline=None)
@given(spread=differences(tangos()), bound=NUMBERS)
def test_the_same_holds_for_gaps_of_paired_differences(spread: Spread, bound: float) -> None:
    high = interval(spread, 0.95)[1]
    assume(abs(high - bound) > 1e-6)
    assert (p_below(spread, bound) <= 0.025) == (high <= bound)


@settings(max_examples=100, deadline=None)
@given(spread=EVERY)
def test_the_value_lies_inside_its_interval_and_more_confidence_never_narrows_it(spread: Spread) -> None:
    narrow, wide = interval(spread, 0.9), interval(spread, 0.99)
    assert narrow[0] <= spread.value + 1e-9 and spread.value - 1e-9 <= narrow[1]
    assert wide[0] <= narrow[0] + 1e-9 and narrow[1] <= wide[1] + 1e-9
    assert narrow[0] < narrow[1], "an interval without width would be certainty"


@settings(max_examples=80, deadline=None)
@given(spread=MIRRORED)
def test_a_spread_mirrored_twice_is_itself_and_once_has_the_mirrored_interval(spread: Spread) -> None:
    once = mirrored(spread)
    assert once is not None
    twice = mirrored(once)
    assert twice == spread
    low, high = interval(spread, 0.95)
    assert interval(once, 0.95) == pytest.approx((-high, -low), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(spread=EVERY, one=NUMBERS, other=NUMBERS)
def test_a_p_value_grows_as_the_bound_falls(spread: Spread, one: float, other: float) -> None:
    below, above = sorted((one, other))
    assert p_below(spread, above) <= p_below(spread, below) + 1e-9
    assert p_above(spread, below) <= p_above(spread, above) + 1e-9


@settings(max_examples=40, deadline=None)
@given(spreads=st.lists(st.one_of(EVERY, st.just(NOTHING)), max_size=8))
def test_many_estimates_at_once_are_the_estimates_one_by_one(spreads: list[Spread]) -> None:
    for together, spread in zip(estimates(spreads, 0.95), spreads, strict=True):
        alone = estimate(spread, 0.95)
        assert (together.value, together.low, together.high) == pytest.approx(
            (alone.value, alone.low, alone.high), abs=1e-12, nan_ok=True
        )


@settings(max_examples=60, deadline=None)
@given(spread=differences(wilsons()))
def test_distances_added_are_never_narrower_than_squared_and_added(spread: Spread) -> None:
    squared = Spread(method="mover", value=spread.value, parts=spread.parts)
    added = Spread(method="added", value=spread.value, parts=spread.parts)
    (low, high), (lower, higher) = interval(squared, 0.95), interval(added, 0.95)
    assert lower <= low + 1e-12 and high <= higher + 1e-12


def test_a_difference_from_a_part_without_width_has_the_others_interval() -> None:
    first = Spread(method="wilson", value=0.3, rows=50, counts=(15.0,))
    known = Spread(method="student", value=0.1, error=0.0, freedom=1e9)
    low, high = interval(first, 0.95)
    for method in ("mover", "added"):
        gap = Spread(method=method, value=0.2, parts=(first, known))
        assert interval(gap, 0.95) == pytest.approx((low - 0.1, high - 0.1), abs=1e-12)


def test_what_is_undefined_has_no_interval_and_proves_nothing() -> None:
    for spread in (NOTHING, Spread(method="student", value=math.nan, error=1.0, freedom=5.0)):
        assert all(math.isnan(limit) for limit in interval(spread, 0.95))
        assert p_below(spread, 1e9) == 1.0
        assert p_above(spread, -1e9) == 1.0


def test_a_method_that_does_not_exist_is_an_error_and_no_interval() -> None:
    with pytest.raises(ValueError, match="unknown method 'wald'"):
        interval(Spread(method="wald", value=0.5), 0.95)


@pytest.mark.parametrize("n", [1, 7, 30, 200])
def test_no_limit_of_one_share_errs_more_often_than_it_says_whatever_the_share(n: int) -> None:
    hits = np.arange(n + 1.0)
    low, high = exact_interval(hits, float(n), 0.95)
    for share in (0.001, 0.01, 0.03, 0.05, 0.2, 0.5, 0.9, 0.97, 0.999):
        chance = scipy.stats.binom.pmf(hits, n, share)
        assert chance[low > share].sum() <= 0.025
        assert chance[high < share].sum() <= 0.025


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (1, 20), (5, 56), (20, 20), (400, 1000)])
def test_the_exact_interval_of_a_share_agrees_with_scipy(hits: int, n: int) -> None:
    expected = scipy.stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert exact_interval(hits, n, 0.95) == pytest.approx((expected.low, expected.high), abs=1e-12)
    bound = 0.3
    spread = Spread(method="exact", value=hits / n, rows=float(n), counts=(float(hits),))
    assert p_below(spread, bound) == pytest.approx(scipy.stats.binom.cdf(hits, n, bound), abs=1e-12)
    assert p_above(spread, bound) == pytest.approx(scipy.stats.binom.sf(hits - 1, n, bound), abs=1e-12)


def test_a_single_proportion_cannot_be_mirrored() -> None:
    assert mirrored(Spread(method="wilson", value=0.5, rows=2, counts=(1.0,))) is None


def test_nothing_is_shown_on_the_wrong_side_of_the_estimate() -> None:
    half = Spread(method="wilson", value=0.5, rows=20, counts=(10.0,))
    assert (p_below(half, 0.5), p_above(half, 0.5)) == (0.5, 0.5)
    assert (p_below(half, 0.4), p_above(half, 0.6)) == (1.0, 1.0)
    assert p_below(half, 5.0) < 1e-12


# ---- proportions


@settings(max_examples=60, deadline=None)
@given(spread=tangos())
def test_tangos_interval_stays_within_one_and_turns_when_the_models_are_swapped(spread: Spread) -> None:
    first, second = spread.counts
    low, high = (float(limit) for limit in tango_interval(first, second, spread.rows, 0.95))
    assert -1 <= low < high <= 1
    swapped = [float(limit) for limit in tango_interval(second, first, spread.rows, 0.95)]
    assert swapped == pytest.approx([-high, -low], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(spread=tangos(), difference=st.integers(-999, 999).map(lambda part: part / 1000))
def test_tangos_limits_are_where_its_statistic_reaches_the_quantile(spread: Spread, difference: float) -> None:
    first, second = spread.counts
    z = float(tango_z(first, second, spread.rows, difference))
    low, high = (float(limit) for limit in tango_interval(first, second, spread.rows, 0.95))
    if abs(abs(z) - Z) > 1e-5:
        assert (abs(z) < Z) == (low < difference < high)


@pytest.mark.parametrize("n", [1, 7, 44, 10_000])
def test_models_that_always_agree_leave_z_squared_over_n_plus_z_squared(n: int) -> None:
    low, high = tango_interval(0, 0, n, 0.95)
    assert (float(low), float(high)) == pytest.approx((-(Z**2) / (n + Z**2), Z**2 / (n + Z**2)), abs=1e-9)


def test_one_more_lost_pair_lowers_both_of_tangos_limits() -> None:
    limits = [[float(limit) for limit in tango_interval(5, lost, 100, 0.95)] for lost in range(0, 40)]
    assert all(one[0] > other[0] and one[1] > other[1] for one, other in zip(limits, limits[1:]))


def test_tangos_p_value_ends_at_differences_that_cannot_be() -> None:
    assert tango_p_below(3, 5, 100, 1.0) == 0.0
    assert tango_p_below(3, 5, 100, -1.0) == 1.0


def test_intervals_of_no_rows_are_undefined_and_say_nothing_on_the_way() -> None:
    assert all(np.isnan(limit) for limit in (*tango_interval(0, 0, 0, 0.95), *wilson_interval(0, 0, 0.95)))


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (3, 40)])
def test_wilsons_interval_agrees_with_scipy_and_ends_exactly_at_nothing_and_all(hits: int, n: int) -> None:
    low, high = (float(limit) for limit in wilson_interval(hits, n, 0.95))
    expected = scipy.stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert (low == 0) == (hits == 0) and (high == 1) == (hits == n)


@settings(max_examples=40, deadline=None)
@given(gained=st.integers(0, 60), lost=st.integers(0, 60))
def test_the_exact_test_agrees_with_scipy(gained: int, lost: int) -> None:
    found = exact_p_worse(gained, lost)
    if gained + lost == 0:
        assert found == 1.0
    else:
        expected = scipy.stats.binomtest(gained, gained + lost, alternative="less").pvalue
        assert found == pytest.approx(expected, rel=1e-9)


# ---- means


@settings(max_examples=40, deadline=None)
@given(freedom=st.floats(0.5, 1e6), confidence=st.sampled_from([0.8, 0.95, 0.999]))
def test_students_interval_agrees_with_scipy(freedom: float, confidence: float) -> None:
    low, high = student_interval(0.3, 0.2, freedom, confidence)
    assert (float(low), float(high)) == pytest.approx(
        scipy.stats.t.interval(confidence, freedom, 0.3, 0.2), rel=1e-7, abs=1e-9
    )
    assert student_p_below(0.3, 0.2, freedom, 0.4) == pytest.approx(scipy.stats.t.cdf(-0.5, freedom), rel=1e-7)


@pytest.mark.parametrize("freedom", [0.0, math.nan, -1.0])
@pytest.mark.parametrize("error", [0.1, 0.0, math.inf])
def test_without_degrees_of_freedom_nothing_is_known_and_nothing_warned(freedom: float, error: float) -> None:
    assert [float(limit) for limit in student_interval(0.3, error, freedom, 0.95)] == [-math.inf, math.inf]
    assert student_p_below(0.3, error, freedom, 99.0) == 1.0
    low, high = hall_interval(0.3, 0.1, freedom, 1.0, 1.0, 0.95)
    assert (float(low), float(high)) == (-math.inf, math.inf)
    assert hall_p_below(0.3, 0.1, freedom, 1.0, 1.0, 99.0) == 1.0


def test_a_mean_without_error_is_below_a_bound_or_not() -> None:
    for p_values in (
        [student_p_below(0.3, 0.0, 9.0, bound) for bound in (0.4, 0.3)],
        [hall_p_below(0.3, 0.0, 9.0, 2.0, 10.0, bound) for bound in (0.4, 0.3)],
    ):
        assert p_values == [0.0, 1.0]


@settings(max_examples=80, deadline=None)
@given(skewness=st.floats(-8, 8), n=st.integers(2, 5000))
def test_halls_interval_is_the_wider_side_and_inverts_its_transformation(skewness: float, n: int) -> None:
    low, high = (float(limit) for limit in hall_interval(0.0, 1.0, n - 1.0, skewness, n, 0.95))
    plain_low, plain_high = (float(limit) for limit in student_interval(0.0, 1.0, n - 1.0, 0.95))
    assert low <= plain_low + 1e-12 and plain_high <= high + 1e-12
    for limit, plain in ((low, plain_low), (high, plain_high)):
        if abs(limit - plain) > 1e-6:
            # The studentised mean at this limit, taken through g, is the quantile of Student's t.
            t = -limit
            g = t + skewness * (t * t / 3 + 1 / 6) / n**0.5 + skewness**2 * t**3 / (27 * n)
            assert abs(g) == pytest.approx(abs(plain), rel=1e-5)


def test_a_long_tail_of_losses_moves_the_lower_limit_away_and_none_moves_neither() -> None:
    skewed = [float(limit) for limit in hall_interval(0.0, 1.0, 49.0, -2.0, 50.0, 0.95)]
    plain = [float(limit) for limit in hall_interval(0.0, 1.0, 49.0, 0.0, 50.0, 0.95)]
    assert skewed[0] < plain[0] and skewed[1] == pytest.approx(plain[1])
    assert plain == pytest.approx([float(limit) for limit in student_interval(0.0, 1.0, 49.0, 0.95)])


# ---- values that keep within a range


@given(
    value=st.floats(0, 1), error=st.floats(0, 0.6), freedom=st.floats(1, 1e6), ends=st.sampled_from([(0, 1), (-1, 1)])
)
def test_an_interval_of_a_value_with_a_range_stays_inside_and_never_is_narrower_than_students_there(
    value: float, error: float, freedom: float, ends: tuple[float, float]
) -> None:
    low, high = (float(limit) for limit in bounded_interval(value, error, freedom, *ends, 0.95))
    plain_low, plain_high = (float(limit) for limit in student_interval(value, error, freedom, 0.95))
    assert ends[0] <= low <= max(plain_low, ends[0]) and min(plain_high, ends[1]) <= high <= ends[1]


def test_near_the_end_of_a_range_the_limit_away_from_it_is_further_off_than_students() -> None:
    low, high = (float(limit) for limit in bounded_interval(0.95, 0.02, 99.0, 0.0, 1.0, 0.95))
    plain_low, plain_high = (float(limit) for limit in student_interval(0.95, 0.02, 99.0, 0.95))
    assert low < plain_low - 0.01 and high == pytest.approx(plain_high)
    turned = [float(limit) for limit in bounded_interval(0.05, 0.02, 99.0, 0.0, 1.0, 0.95)]
    assert turned == pytest.approx([1 - high, 1 - low])


def test_the_p_value_of_a_value_with_a_range_inverts_its_interval_and_turns_with_it() -> None:
    spread = Spread(method="bounded", value=0.9, error=0.03, freedom=200.0, rows=201.0, counts=(0.0, 1.0))
    low, high = interval(spread, 0.95)
    assert p_above(spread, low) == pytest.approx(0.025, abs=1e-6)
    assert p_below(spread, high) == pytest.approx(0.025, abs=1e-6)
    turned = mirrored(spread)
    assert turned is not None
    assert interval(turned, 0.95) == pytest.approx((-high, -low))


def test_limits_of_many_are_those_of_each_by_itself_though_degrees_of_freedom_come_twice() -> None:
    freedom = np.array([3.0, 40.0, 0.0, 7.0, 1e6] * 30)
    value = np.linspace(-1, 1, len(freedom))
    low, high = student_interval(value, 0.1, freedom, np.full(len(freedom), 0.9))
    for place, one in enumerate(freedom):
        alone = student_interval(value[place], 0.1, one, 0.9)
        assert (low[place], high[place]) == (float(alone[0]), float(alone[1]))


# ---- limits by counts


@settings(max_examples=80, deadline=None)
@given(spread=counteds(), more=st.integers(1, 5))
def test_a_heavier_row_or_more_rows_that_differ_never_narrow_limits_by_counts(spread: Spread, more: int) -> None:
    low, high = interval(spread, 0.95)
    agree, down, down_row, up, up_row = spread.counts
    wider = (
        (agree, down, down_row * more, up, up_row),
        (agree, down + more * down_row**2, down_row, up, up_row),
        (agree + more * down_row**2, down, down_row, up, up_row),
    )
    for counts in wider:
        again = dataclasses.replace(spread, counts=counts)
        assert interval(again, 0.95)[0] <= low + 1e-12
    assert low < spread.value < high


def test_rows_of_which_none_differs_might_lose_as_many_as_tangos_interval_says() -> None:
    n = 1000
    spread = Spread(method="counted", value=0.0, error=1e-9, freedom=1e9, rows=n, counts=(0.0, 0.0, 1 / n, 0.0, 1 / n))
    low, high = interval(spread, 0.95)
    tango_low, tango_high = tango_interval(0.0, 0.0, float(n), 0.95)
    assert (low, high) == pytest.approx((float(tango_low), float(tango_high)), rel=0.01)


@pytest.mark.parametrize("lost", [2.2, 3.0, 4.0, 8.0])
def test_few_rows_lost_and_none_gained_do_not_pass_where_the_margin_is_what_is_lost(lost: float) -> None:
    """Student's interval, cells smoothed, passes 5 to 10 % of such samples: those that show no row lost."""
    random = np.random.default_rng(1)
    for name, positives, negatives in (("f1", 50, 250), ("balanced_accuracy", 200, 1800), ("mcc", 100, 200)):
        metric = find(name)
        assert isinstance(metric, Confusion)
        chances = np.array([0.9 * negatives, 0, 0, 0.1 * negatives, 0.3 * positives, 0, lost, 0.7 * positives - lost])
        n = positives + negatives
        cells = random.multinomial(n, chances / n, size=2000)
        pairs = pair_of_tables(cells, metric.value, metric.influence, 1)
        champion, challenger = confusions(chances[None])
        truth = float(metric.value(challenger)[0] - metric.value(champion)[0])
        passed = sum(one.low > truth for one in estimates([pair.improvement for pair in pairs], 0.95))
        assert passed <= 0.02 * 2000, name


# ---- skewness that a sample shows too little of


@settings(max_examples=150, deadline=None)
@given(skewness=st.floats(-60, 60), n=st.integers(10, 5000), heed=st.floats(1, 3), bound=st.floats(-1, 1))
def test_skewness_that_counts_more_often_never_narrows_an_interval(
    skewness: float, n: int, heed: float, bound: float
) -> None:
    """Hall's limits move out with skewness up to a peak and in again beyond it, so that a multiple alone would."""
    numbers = (0.0, 0.1, n - 1.0, skewness, float(n))
    low, high = hall_interval(*numbers, 0.95, heed)
    for times in {1.0, heed, (1 + heed) / 2}:
        other_low, other_high = hall_interval(*numbers[:3], times * skewness, numbers[4], 0.95)
        assert low <= other_low + 1e-9 and high >= other_high - 1e-9
        p = hall_p_below(*numbers[:3], times * skewness, numbers[4], bound)
        assert hall_p_below(*numbers, bound, heed) >= p - 1e-12


@pytest.mark.parametrize("heed", [1.0, 1.5, 3.0])
def test_the_furthest_limit_is_that_of_the_worst_skewness_in_the_range(heed: float) -> None:
    for skewness in (-20.0, -3.0, 0.5, 2.0, 8.0, 30.0):
        many = np.linspace(skewness, heed * skewness, 4001)
        low, high = hall_interval(0.0, 1.0, 299.0, many, 300.0, 0.95)
        found = hall_interval(0.0, 1.0, 299.0, skewness, 300.0, 0.95, heed)
        assert (float(found[0]), float(found[1])) == pytest.approx((low.min(), high.max()), rel=1e-4)


def test_a_part_of_a_gap_has_wilsons_limits_and_no_caution_of_a_bound() -> None:
    share = Spread(method="exact", value=0.1, rows=50.0, counts=(5.0,))
    assert as_part(share) == dataclasses.replace(share, method="wilson")
    mean = Spread(method="hall", value=1.0, error=0.1, freedom=99.0, skewness=4.0, heed=3.0, rows=100.0)
    assert as_part(mean) == dataclasses.replace(mean, heed=1.0)
    low, high = interval(mean, 0.95)
    assert high - low > np.subtract(*interval(as_part(mean), 0.95)[::-1])
