"""Verdicts: every rule on both sides of its boundary, and what guarded findings need before they may fail."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.inference.proportions import exact_p_worse
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate, Evidence, Observation, Spread
from mlgate.records.run import GapRequirement, Requirement
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.stages.judge import judge, judge_observations
from tests.making import NOTHING, asked, run_of, seen, student

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
REQUIRED, GUARDED, ADVISORY = Level.REQUIRED, Level.GUARDED, Level.ADVISORY
RANK = {FAIL: 0, OPEN: 1, PASS: 2}


def judged(requirement: Requirement, *evidence: Evidence) -> list[Finding]:
    return list(judge(run_of(requirement), evidence))


def between(low: float, high: float) -> Evidence:
    """Evidence of an improvement whose printed interval ends exactly here."""
    middle = (low + high) / 2
    return dataclasses.replace(
        seen(middle, (high - low) / 2), improvement=Estimate(value=middle, low=low, high=high), gained=None
    )


def alone(low: float, high: float) -> Evidence:
    """Evidence of a challenger's own value whose interval ends exactly here."""
    middle = (low + high) / 2
    return dataclasses.replace(
        seen(middle, (high - low) / 2, champion=None), challenger=Estimate(value=middle, low=low, high=high)
    )


E = 1e-9
PAIRED = [
    (Rule.NOT_WORSE, 0.1, -0.1 + E, 0.3, PASS),
    (Rule.NOT_WORSE, 0.1, -0.1, 0.3, OPEN),
    (Rule.NOT_WORSE, 0.1, -0.5, -0.1, OPEN),
    (Rule.NOT_WORSE, 0.1, -0.5, -0.1 - E, FAIL),
    (Rule.NOT_WORSE, 0.0, -E, 0.3, OPEN),
    (Rule.NOT_WORSE, 0.0, E, 0.3, PASS),
    (Rule.BETTER, 0.1, 0.1 + E, 0.3, PASS),
    (Rule.BETTER, 0.1, 0.1, 0.3, OPEN),
    (Rule.BETTER, 0.1, -0.3, 0.1, OPEN),
    (Rule.BETTER, 0.1, -0.3, 0.1 - E, FAIL),
    (Rule.BETTER, None, E, 0.3, PASS),
    (Rule.UNCHANGED, 0.1, -0.1 + E, 0.1 - E, PASS),
    (Rule.UNCHANGED, 0.1, -0.1, 0.05, OPEN),
    (Rule.UNCHANGED, 0.1, -0.05, 0.1, OPEN),
    (Rule.UNCHANGED, 0.1, -0.3, -0.1, OPEN),
    (Rule.UNCHANGED, 0.1, -0.3, -0.1 - E, FAIL),
    (Rule.UNCHANGED, 0.1, 0.1, 0.3, OPEN),
    (Rule.UNCHANGED, 0.1, 0.1 + E, 0.3, FAIL),
]
ALONE = [
    (Rule.AT_LEAST, 0.7, 0.9, PASS),
    (Rule.AT_LEAST, 0.7 - E, 0.9, OPEN),
    (Rule.AT_LEAST, 0.5, 0.7, OPEN),
    (Rule.AT_LEAST, 0.5, 0.7 - E, FAIL),
    (Rule.AT_MOST, 0.5, 0.7, PASS),
    (Rule.AT_MOST, 0.5, 0.7 + E, OPEN),
    (Rule.AT_MOST, 0.7, 0.9, OPEN),
    (Rule.AT_MOST, 0.7 + E, 0.9, FAIL),
]


@pytest.mark.parametrize("level", [REQUIRED, ADVISORY])
@pytest.mark.parametrize(("rule", "margin", "low", "high", "verdict"), PAIRED)
def test_a_paired_rule_weighs_the_interval_against_its_margin(
    rule: Rule, margin: float | None, low: float, high: float, verdict: Verdict, level: Level
) -> None:
    found = judged(asked(rule=rule, margin=margin, level=level), between(low, high))[0]
    assert found.verdict is verdict
    assert found.blocking == (level is REQUIRED and verdict is not PASS)
    assert found.adjusted_p is None and found.family is None


@pytest.mark.parametrize(("rule", "low", "high", "verdict"), ALONE)
def test_a_rule_about_the_challenger_alone_weighs_its_interval_against_the_bound(
    rule: Rule, low: float, high: float, verdict: Verdict
) -> None:
    found = judged(asked(rule=rule, bound=0.7), alone(low, high))[0]
    assert found.verdict is verdict
    assert found.blocking == (verdict is not PASS)
    assert found.rows_to_decide is None


@pytest.mark.parametrize("rule", [Rule.NOT_WORSE, Rule.BETTER, Rule.AT_LEAST])
@settings(max_examples=40, deadline=None)
@given(
    value=st.floats(-0.5, 0.5),
    half=st.floats(0.001, 0.3),
    worse=st.floats(0, 0.5),
    level=st.sampled_from([REQUIRED, GUARDED]),
)
def test_worse_is_never_better(rule: Rule, value: float, half: float, worse: float, level: Level) -> None:
    champion = None if rule is Rule.AT_LEAST else 0.8
    requirement = asked(rule=rule, level=level, margin=0.05, bound=0.05)
    good, bad = (judged(requirement, seen(at, half, champion=champion))[0] for at in (value, value - worse))
    assert RANK[bad.verdict] <= RANK[good.verdict]


# ---- guarded: real and relevant


def test_a_guarded_finding_fails_when_the_loss_is_real_and_relevant() -> None:
    found = judged(asked(level=GUARDED, margin=0.05), seen(-0.08, 0.04))[0]
    assert (found.verdict, found.blocking) == (FAIL, True)
    # The interval reaches over the margin: a required finding would be inconclusive here.
    assert judged(asked(level=REQUIRED, margin=0.05), seen(-0.08, 0.04))[0].verdict is OPEN
    assert found.adjusted_p is not None and found.adjusted_p < 0.025


def test_a_real_loss_within_the_margin_is_not_relevant() -> None:
    found = judged(asked(level=GUARDED, margin=0.05), seen(-0.04, 0.02))[0]
    assert (found.verdict, found.blocking, found.look_here) == (OPEN, False, False)
    assert found.adjusted_p is not None and found.adjusted_p < 0.001
    assert judged(asked(level=GUARDED, margin=0.05), seen(-0.02, 0.02))[0].verdict is PASS


def test_a_large_loss_that_may_be_chance_is_inconclusive_and_does_not_block() -> None:
    found = judged(asked(level=GUARDED, margin=0.05), seen(-0.08, 0.09))[0]
    assert (found.verdict, found.blocking, found.look_here) == (OPEN, False, False)


@pytest.mark.parametrize(("others", "verdict"), [(0, FAIL), (10, OPEN)])
def test_the_same_loss_weighs_less_among_many_slices(others: int, verdict: Verdict) -> None:
    evidence = [seen(-0.11, 0.1, where="g=bad")] + [seen(0.0, 0.1, where=f"g={place}") for place in range(others)]
    found = judged(asked(level=GUARDED, on="slices", margin=0.05), *evidence)[0]
    assert found.verdict is verdict
    assert found.family == others + 1


def test_the_designs_example_of_sixteen_newly_wrong_against_one_newly_right_fails() -> None:
    spread = Spread(method="tango", value=-15 / 133, rows=133, counts=(1.0, 16.0))
    bad = dataclasses.replace(
        seen(-15 / 133, 0.06, where="g=bad"), improvement_spread=spread, rows=133, gained=1, lost=16
    )
    evidence = [bad] + [seen(0.0, 0.05, where=f"g={place}") for place in range(10)]
    found = judged(asked(level=GUARDED, on="slices", margin=0.05), *evidence)[0]
    assert found.verdict is FAIL
    assert found.adjusted_p == pytest.approx(0.0015, abs=0.0001)


def test_an_interval_wholly_beyond_the_margin_that_is_not_significant_among_many_is_shown_first() -> None:
    # By itself p is 0.0145; among 11 it is 0.16, and no other slice carries it.
    evidence = [seen(-0.09, 0.0808, where="g=bad")] + [seen(0.05, 0.1, where=f"g={place}") for place in range(10)]
    bad = judged(asked(level=GUARDED, on="slices", margin=0.005), *evidence)[0]
    assert (bad.verdict, bad.look_here, bad.blocking) == (OPEN, True, False)
    assert "may be chance" in bad.reason


def test_significance_by_benjamini_and_hochberg_only_is_shown_first_and_does_not_block() -> None:
    # Ten alike at p of about 0.0124: Holm gives 0.12, Benjamini and Hochberg 0.012.
    evidence = [seen(-0.08, 0.07, where=f"g={place}") for place in range(10)]
    for found in judged(asked(level=GUARDED, on="slices", margin=0.05), *evidence):
        assert (found.verdict, found.look_here, found.blocking) == (OPEN, True, False)
        assert found.adjusted_p == pytest.approx(0.125, abs=0.01)


def test_a_slice_on_which_the_models_agree_does_not_spoil_the_p_values_of_its_family() -> None:
    same = Spread(method="tango", value=0.0, rows=100, counts=(0.0, 0.0))
    agree = [
        dataclasses.replace(seen(0.0, 0.04, where=f"g={place}"), improvement_spread=same, gained=0, lost=0)
        for place in range(3)
    ]
    evidence = [seen(-0.08, 0.04, where="g=bad"), *agree]
    found = judged(asked(level=GUARDED, on="slices", margin=0.05), *evidence)
    assert found[0].verdict is FAIL
    assert all(one.adjusted_p is not None and not math.isnan(one.adjusted_p) for one in found)


@pytest.mark.parametrize(
    ("metric", "rule", "dataset"),
    [
        ("recall", Rule.NOT_WORSE, "base_case"),
        ("accuracy", Rule.BETTER, "base_case"),
        ("accuracy", Rule.NOT_WORSE, "recent"),
    ],
)
def test_a_family_is_one_metric_one_rule_and_one_data_set(metric: str, rule: Rule, dataset: str) -> None:
    run = run_of(
        asked(level=GUARDED, on="slices", margin=0.05),
        asked(metric, rule, GUARDED, on="slices", margin=0.05, dataset=dataset),
    )
    evidence = [seen(0.0, 0.1, where=f"g={place}") for place in range(4)]
    other = [seen(0.0, 0.1, metric=metric, dataset=dataset, where=f"g={place}") for place in range(2)]
    found = judge(run, evidence if rule is Rule.BETTER else [*evidence, *other])
    assert [one.family for one in found] == [4] * 4 + ([4] * 4 if rule is Rule.BETTER else [2] * 2)


def test_required_and_advisory_findings_are_in_no_family() -> None:
    run = run_of(asked(level=GUARDED, margin=0.05), asked(margin=0.05), asked(level=ADVISORY, margin=0.05))
    assert [one.family for one in judge(run, [seen(0.0, 0.1)])] == [1, None, None]


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.floats(-0.3, 0.1), min_size=2, max_size=8, unique=True), data=st.data())
def test_permuting_evidence_and_requirements_changes_no_finding(values: list[float], data: st.DataObject) -> None:
    evidence = [seen(value, 0.07, where=f"g={place}") for place, value in enumerate(values)]
    requirements = [
        asked(level=GUARDED, on="slices", margin=0.05),
        asked(rule=Rule.BETTER, on="slices", level=ADVISORY),
    ]
    plain = {one.id: one for one in judge(run_of(*requirements), evidence)}
    mixed = judge(run_of(*requirements[::-1]), data.draw(st.permutations(evidence)))
    assert {one.id: one for one in mixed} == plain


def test_unchanged_is_two_sided_for_guarded_findings_too() -> None:
    requirement = asked("selection_rate", Rule.UNCHANGED, GUARDED, margin=0.05)
    for value, verdict in ((0.08, FAIL), (-0.08, FAIL), (0.0, PASS), (0.07, OPEN)):
        half = 0.068 if verdict is OPEN else 0.04
        # At 0.07 ± 0.068 one side alone is significant (p 0.022), both together are not (0.044).
        assert judged(requirement, seen(value, half, metric="selection_rate"))[0].verdict is verdict, value


def test_at_least_and_at_most_are_tested_at_their_bound() -> None:
    for rule, bad, good in ((Rule.AT_LEAST, 0.60, 0.80), (Rule.AT_MOST, 0.80, 0.60)):
        requirement = asked(rule=rule, level=GUARDED, bound=0.7)
        assert judged(requirement, seen(bad, 0.05, champion=None))[0].verdict is FAIL
        assert judged(requirement, seen(good, 0.05, champion=None))[0].verdict is PASS
        assert judged(requirement, seen(bad, 0.15, champion=None))[0].verdict is OPEN


# ---- minimum sizes


@pytest.mark.parametrize("level", [REQUIRED, GUARDED, ADVISORY])
def test_below_the_minimum_size_nothing_passes(level: Level) -> None:
    found = judged(asked(level=level, margin=0.05), seen(0.3, 0.01, shortage="24 rows, at least 30 needed"))[0]
    assert (found.verdict, found.too_small) == (OPEN, True)
    assert found.reason == "24 rows, at least 30 needed"
    assert found.blocking == (level is REQUIRED)


@pytest.mark.parametrize("level", [REQUIRED, GUARDED])
@pytest.mark.parametrize(("lost", "verdict"), [(5, OPEN), (6, FAIL)])
def test_only_the_exact_test_may_fail_a_finding_with_too_few_rows(lost: int, verdict: Verdict, level: Level) -> None:
    assert (exact_p_worse(0, lost) <= 0.025) == (verdict is FAIL)
    few = seen(-lost / 24, 0.01, shortage="24 rows, at least 30 needed", gained=0, lost=lost)
    found = judged(asked(level=level, margin=0.05), few)[0]
    assert found.verdict is verdict
    if verdict is FAIL:
        assert "6 newly wrong against 0 newly right" in found.reason


def test_the_exact_test_fails_nothing_that_is_within_the_margin() -> None:
    few = seen(-6 / 24, 0.01, shortage="24 rows, at least 30 needed", gained=0, lost=6)
    assert judged(asked(margin=0.3), few)[0].verdict is OPEN


def test_many_small_slices_share_the_exact_test_and_leave_large_ones_alone() -> None:
    small = [
        seen(-0.3, 0.01, where=f"g=small{place}", shortage="20 rows, at least 30 needed", gained=0, lost=6)
        for place in range(2)
    ]
    small += [
        seen(0.0, 0.3, where=f"g=tiny{place}", shortage="9 rows, at least 30 needed", gained=0, lost=0)
        for place in range(8)
    ]
    found = {
        one.slice: one
        for one in judged(asked(level=GUARDED, on="slices", margin=0.05), seen(-0.11, 0.1, where="g=large"), *small)
    }
    assert (found["g=large"].verdict, found["g=large"].family) == (FAIL, 1)
    assert (found["g=small0"].verdict, found["g=small0"].family) == (OPEN, 10)
    assert found["g=small0"].adjusted_p == pytest.approx(10 / 64)


@pytest.mark.parametrize("rule", [Rule.UNCHANGED, Rule.AT_LEAST])
def test_rules_without_newly_wrong_rows_cannot_fail_below_the_minimum_size(rule: Rule) -> None:
    few = seen(-0.5, 0.01, shortage="24 rows, at least 30 needed", gained=0, lost=12)
    assert judged(asked(rule=rule, level=GUARDED, margin=0.05, bound=0.99), few)[0].verdict is OPEN


def test_an_undefined_value_is_inconclusive_with_its_reason() -> None:
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    undefined = dataclasses.replace(
        seen(0.0, 0.1), challenger=nothing, challenger_spread=NOTHING, improvement=nothing, improvement_spread=NOTHING
    )
    half = dataclasses.replace(undefined, challenger=Estimate(value=0.5, low=0.4, high=0.6))
    for rule in Rule:
        found = judged(asked(rule=rule, margin=0.05, bound=0.5), undefined)[0]
        assert (found.verdict, found.blocking, found.smallest_detectable) == (OPEN, True, None)
        assert "undefined" in found.reason
    # The champion's value is undefined: there is nothing to compare with, though the challenger has a value.
    assert judged(asked(level=GUARDED, margin=0.05), half)[0].verdict is OPEN


# ---- where a requirement applies


def test_slices_are_every_slice_but_overall_and_a_name_is_that_slice_alone() -> None:
    evidence = [seen(0.0, 0.01), seen(0.0, 0.01, where="g=a"), seen(0.0, 0.01, where="g=b")]
    assert [one.slice for one in judged(asked(on="slices", margin=0.05), *evidence)] == ["g=a", "g=b"]
    found = judged(asked(on="g=b", margin=0.05), *evidence)
    assert [(one.slice, one.section) for one in found] == [("g=b", Section.SLICES)]
    assert judged(asked(margin=0.05), *evidence)[0].section is Section.COMPARE


def test_a_slice_without_a_single_row_does_not_vanish() -> None:
    found = judged(asked(on="g=gone", margin=0.05), seen(0.0, 0.01))[0]
    assert (found.verdict, found.blocking, found.reason, found.rows) == (OPEN, True, "no rows", 0)


@pytest.mark.parametrize("where", ["overall", "slices", "g=a"])
def test_a_data_set_that_nobody_scored_does_not_look_like_one_on_which_nothing_was_asked(where: str) -> None:
    found = judged(asked(dataset="recent", on=where, margin=0.05), seen(0.0, 0.1, where="g=a"))
    assert [(one.verdict, one.blocking, one.reason) for one in found] == [(OPEN, True, "recent was not scored")]


def test_a_slice_that_is_named_is_not_judged_with_all_the_others_too() -> None:
    run = run_of(asked(level=GUARDED, on="slices", margin=0.05), asked(level=GUARDED, on="g=a", margin=0.2))
    found = judge(run, [seen(0.0, 0.1, where=where) for where in ("overall", "g=a", "g=b")])
    assert sorted((one.slice, one.margin) for one in found) == [("g=a", 0.2), ("g=b", 0.05)]
    alone = judge(run_of(*run.requirements), [seen(0.0, 0.1, where="g=a")])
    assert [(one.slice, one.margin) for one in alone] == [("g=a", 0.2)]


def test_findings_of_an_oddity_stand_in_their_own_section() -> None:
    found = judged(asked(margin=0.1, dataset="oddity missing"), seen(0.0, 0.01, dataset="oddity missing"))[0]
    assert found.section is Section.ODDITIES
    assert found.id == "oddities/oddity missing/accuracy/not_worse/overall"
    assert found.title == "accuracy not worse by 0.1 overall in oddity missing"


# ---- champion and baseline, and what is only shown


def test_what_is_asked_of_the_champion_and_of_the_baseline_is_judged_apart() -> None:
    champion = seen(-0.2, 0.01)
    baseline = dataclasses.replace(seen(0.3, 0.01), than="baseline")
    run = run_of(
        asked(margin=0.05),
        dataclasses.replace(asked(rule=Rule.BETTER, margin=0.0), than="baseline"),
    )
    for evidence in ([champion, baseline], [baseline, champion]):
        found = judge(run, evidence)
        assert [(one.than, one.verdict) for one in found] == [("champion", FAIL), ("baseline", PASS)]
        assert len({one.id for one in found}) == 2
        assert "than the baseline" in found[1].title


def test_findings_against_the_baseline_are_a_family_of_their_own() -> None:
    run = run_of(
        asked(level=GUARDED, margin=0.05), dataclasses.replace(asked(level=GUARDED, margin=0.05), than="baseline")
    )
    found = judge(run, [seen(0.0, 0.1), dataclasses.replace(seen(0.0, 0.1), than="baseline")])
    assert [one.family for one in found] == [1, 1]


def test_a_champion_that_is_missing_is_not_made_up_for_by_the_baseline() -> None:
    run = run_of(asked(margin=0.05, on="g=gone"))
    evidence = [seen(0.8, 0.01, champion=None), dataclasses.replace(seen(0.3, 0.01), than="baseline")]
    assert judge(run, evidence)[0].reason == "no champion"


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("value", [-0.5, 0.0, 0.5])
def test_a_metric_that_is_only_shown_never_decides(value: float, level: Level) -> None:
    shown = dataclasses.replace(seen(value, 0.01, metric="ece"), decides=False)
    found = judged(asked("ece", level=level, margin=0.05), shown)[0]
    assert (found.verdict, found.smallest_detectable, found.adjusted_p) == (OPEN, None, None)
    assert found.reason.endswith("it is shown and never decides")


# ---- no champion


@pytest.mark.parametrize("rule", [Rule.NOT_WORSE, Rule.BETTER, Rule.UNCHANGED])
@pytest.mark.parametrize("level", [REQUIRED, GUARDED])
@pytest.mark.parametrize("where", ["overall", "g=gone"])
def test_without_a_champion_paired_rules_are_inconclusive_and_do_not_block(
    rule: Rule, level: Level, where: str
) -> None:
    found = judged(asked(rule=rule, level=level, margin=0.05, on=where), seen(0.8, 0.01, champion=None))[0]
    assert (found.verdict, found.reason, found.blocking) == (OPEN, "no champion", False)
    assert found.adjusted_p is None and found.smallest_detectable is None


def test_without_a_champion_bounds_are_judged_all_the_same() -> None:
    found = judged(asked(rule=Rule.AT_LEAST, bound=0.7), seen(0.8, 0.01, champion=None))[0]
    assert (found.verdict, found.improvement, found.differing) == (PASS, None, None)


# ---- relative margins


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.0359, 0.1, PASS), (-0.0361, 0.1, OPEN), (-0.2, -0.0441, FAIL), (-0.2, -0.0439, OPEN)],
)
def test_a_relative_margin_counts_the_error_of_the_champion_against_both_verdicts(
    low: float, high: float, verdict: Verdict
) -> None:
    # Champion 0.40 (0.36 to 0.44), margin 10 %: at least 0.036 is allowed, at most 0.044, 0.04 as estimated.
    evidence = dataclasses.replace(between(low, high), champion=Estimate(value=0.40, low=0.36, high=0.44))
    found = judged(asked(margin=0.1, relative=True), evidence)[0]
    assert found.verdict is verdict
    assert found.margin == pytest.approx(0.04)
    assert "10 % of the champion's" in found.title


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.0441, 0.1, PASS), (0.0439, 0.1, OPEN), (-0.2, 0.0359, FAIL), (-0.2, 0.0361, OPEN)],
)
def test_better_by_a_fraction_has_to_be_better_by_the_largest_plausible_one(
    low: float, high: float, verdict: Verdict
) -> None:
    evidence = dataclasses.replace(between(low, high), champion=Estimate(value=0.40, low=0.36, high=0.44))
    assert judged(asked(rule=Rule.BETTER, margin=0.1, relative=True), evidence)[0].verdict is verdict


def test_a_relative_margin_of_a_value_that_may_be_zero_allows_nothing_for_sure() -> None:
    evidence = dataclasses.replace(between(-0.001, 0.1), champion=Estimate(value=0.05, low=-0.1, high=0.2))
    found = judged(asked(margin=0.5, relative=True), evidence)[0]
    assert found.verdict is OPEN
    assert found.margin == pytest.approx(0.025)


# ---- power


def test_every_finding_says_what_it_could_have_seen_passes_too() -> None:
    required = judged(asked(margin=0.05), seen(0.0, 0.0196))[0]
    assert required.verdict is PASS
    assert required.smallest_detectable == pytest.approx(0.05 + 0.028, abs=1e-4)
    assert required.rows_to_decide == pytest.approx(1000 * (0.028 / 0.05) ** 2, abs=1)
    guarded = judged(asked(level=GUARDED, margin=0.0), seen(0.0, 0.0196))[0]
    assert guarded.smallest_detectable == pytest.approx(0.028, abs=1e-4)
    assert guarded.rows_to_decide is None
    better = judged(asked(rule=Rule.BETTER, margin=0.05), seen(0.0, 0.0196))[0]
    assert better.smallest_detectable == pytest.approx(-0.05 + 0.028, abs=1e-4)


def test_rows_that_would_decide_are_named_where_nothing_is_decided() -> None:
    open_, never = (judged(asked(margin=margin), seen(-0.01, 0.05))[0] for margin in (0.02, 0.0))
    assert f"{open_.rows_to_decide:,} rows would decide" in open_.reason
    assert "no number of rows would decide" in never.reason
    alone_ = judged(asked(rule=Rule.AT_LEAST, bound=0.8), seen(0.8, 0.05, champion=None))[0]
    assert "more rows are needed" in alone_.reason


# ---- gaps


def gap(value: float, half: float, *, champion_gap: float = 0.0, change: float = 0.0) -> Evidence:
    challenger = Estimate(value=value, low=value - half, high=value + half)
    return dataclasses.replace(
        seen(change, half, metric="selection_rate_gap", where="g=a less g=b", champion=champion_gap),
        challenger=challenger,
        challenger_spread=student(value, half),
    )


@pytest.mark.parametrize("level", [REQUIRED, GUARDED])
@pytest.mark.parametrize(
    ("value", "half", "verdict"),
    [(0.0, 0.05, PASS), (0.2, 0.05, FAIL), (-0.2, 0.05, FAIL), (0.08, 0.05, OPEN), (-0.08, 0.05, OPEN)],
)
def test_a_bound_on_a_gap_counts_on_both_sides_of_zero(
    value: float, half: float, verdict: Verdict, level: Level
) -> None:
    requirement = GapRequirement(
        metric="selection_rate", attribute="g", rule=Rule.AT_MOST, level=level, bound=0.1, because="law"
    )
    found = judge(run_of(), [], [(requirement, gap(value, half))], titles={"g=a": "Women", "g=b": "Men"})[0]
    assert found.verdict is verdict
    assert (found.section, found.because, found.slice_title) == (Section.FAIRNESS, "law", "Women less Men")
    assert found.title == "selection_rate_gap at most 0.1 g=a less g=b"


@pytest.mark.parametrize(("others", "verdict"), [(0, FAIL), (9, OPEN)])
def test_the_largest_of_many_gaps_has_to_be_beyond_chance_to_fail(others: int, verdict: Verdict) -> None:
    """Unadjusted, 0.2 ± 0.09 lies beyond 0.1 with p = 0.015; among ten groups that is chance."""
    requirement = GapRequirement(metric="selection_rate", attribute="g", rule=Rule.AT_MOST, level=REQUIRED, bound=0.1)
    wide = dataclasses.replace(gap(0.2, 0.09), slice="g=bad less g=z")
    near = [dataclasses.replace(gap(0.0, 0.09), slice=f"g={place} less g=z") for place in range(others)]
    found = judge(run_of(), [], [(requirement, one) for one in (wide, *near)])
    assert (found[0].verdict, found[0].blocking, found[0].look_here) == (verdict, True, verdict is OPEN)
    assert all(one.verdict is PASS for one in found[1:])
    if verdict is OPEN:
        assert "among 10 it may be chance" in found[0].reason
        # Another attribute is another question.
        apart = [(dataclasses.replace(requirement, attribute="other"), one) for one in near]
        assert judge(run_of(), [], [(requirement, wide), *apart])[0].verdict is FAIL


@pytest.mark.parametrize(("change", "verdict"), [(0.0, PASS), (-0.2, FAIL), (-0.1, OPEN)])
def test_a_gap_must_not_widen_by_more_than_its_margin(change: float, verdict: Verdict) -> None:
    requirement = GapRequirement(
        metric="selection_rate", attribute="g", rule=Rule.NOT_WORSE, level=REQUIRED, margin=0.1
    )
    found = judge(run_of(), [], [(requirement, gap(0.1, 0.05, change=change))])[0]
    assert found.verdict is verdict
    assert "not wider by 0.1" in found.title


# ---- observations


def observed(value: float = math.nan, *, level: Level = REQUIRED, crashed: bool = False) -> Finding:
    seen_ = Observation(
        id="data/x",
        section=Section.DATA,
        title="x",
        level=level,
        reason="so it was",
        value=value,
        at_least=1.0,
        at_most=2.0,
        crashed=crashed,
    )
    return judge_observations([seen_])[0]


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.0, PASS), (2.0, PASS), (0.99, FAIL), (2.01, FAIL), (math.nan, OPEN), (math.inf, FAIL)]
)
def test_an_observation_is_weighed_against_its_bounds_and_no_value_is_no_pass(value: float, verdict: Verdict) -> None:
    found = observed(value)
    assert (found.verdict, found.blocking, found.reason) == (verdict, verdict is not PASS, "so it was")
    assert observed(value, level=GUARDED).blocking == (verdict is FAIL)
    assert not observed(value, level=ADVISORY).blocking


@pytest.mark.parametrize("level", list(Level))
def test_a_crash_of_a_check_blocks_whatever_its_level_and_value(level: Level) -> None:
    found = observed(1.5, level=level, crashed=True)
    assert (found.verdict, found.level, found.blocking) == (FAIL, REQUIRED, True)


def test_an_observation_without_bounds_only_has_to_have_a_value() -> None:
    seen_ = Observation(id="x", section=Section.SUITE, title="x", level=REQUIRED, reason="r", value=7.0, rows=3)
    found = judge_observations([seen_])[0]
    assert (found.verdict, found.rows) == (PASS, 3)
