"""Titles and reasons of findings: what was asked in words, and the figures that the verdict hangs on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgate.metrics.metric import Minimum
from mlgate.records.run import Requirement
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.sentences import NO_CHAMPION, Judged, reason_of, slice_title, title_of
from mlgate.stages.compare import shortage
from tests.making import asked, seen


def judged(requirement: Requirement, **changes: object) -> Judged:
    start = Judged(
        requirement=requirement,
        evidence=seen(-0.02, 0.01),
        section=Section.COMPARE,
        verdict=Verdict.PASS,
        look_here=False,
        margin=requirement.margin,
        adjusted_p=None,
        family=None,
        rows_to_decide=None,
    )
    return replace(start, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("requirement", "title"),
    [
        (asked(margin=0.06), "accuracy not worse by 0.06 overall"),
        (asked(margin=0.02, relative=True), "accuracy not worse by 2 % of the champion's value overall"),
        (asked(rule=Rule.BETTER, margin=0.01), "accuracy better by 0.01 overall"),
        (asked(rule=Rule.BETTER, margin=0.0), "accuracy better overall"),
        (asked(rule=Rule.UNCHANGED, margin=0.05), "accuracy unchanged within 0.05 overall"),
        (
            asked(rule=Rule.UNCHANGED, margin=0.05, relative=True),
            "accuracy unchanged within 5 % of the champion's value overall",
        ),
        (asked(rule=Rule.AT_LEAST, bound=0.7), "accuracy at least 0.7 overall"),
        (asked(rule=Rule.AT_MOST, bound=0.25), "accuracy at most 0.25 overall"),
        (
            replace(asked(rule=Rule.BETTER, margin=0.0), than="baseline"),
            "accuracy better than the baseline overall",
        ),
        (
            replace(asked(margin=0.01), than="baseline"),
            "accuracy not worse than the baseline by 0.01 overall",
        ),
        (
            replace(asked(rule=Rule.UNCHANGED, margin=0.01), than="baseline"),
            "accuracy unchanged from the baseline within 0.01 overall",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_title_says_what_was_asked_of_what(requirement: Requirement, title: str) -> None:
    assert title_of(judged(requirement)) == title


def test_a_title_says_where() -> None:
    requirement = asked(margin=0.05)
    assert title_of(judged(requirement, evidence=seen(0, 0.1, where="sex=F"))).endswith("by 0.05 on sex=F")
    recent = seen(0, 0.1, where="sex=F", dataset="recent")
    assert title_of(judged(requirement, evidence=recent)).endswith("by 0.05 on sex=F in recent")
    gap = judged(requirement, evidence=seen(0, 0.1, where="sex=F less sex=M"), section=Section.FAIRNESS)
    assert title_of(gap) == "accuracy not wider by 0.05 sex=F less sex=M"


def test_a_reason_holds_value_interval_and_margin() -> None:
    reason = reason_of(judged(asked(margin=0.05)))
    assert reason == "improvement -0.0200 (-0.0300 to -0.0100), margin 0.05"


def test_a_relative_margin_is_told_in_the_metrics_units_and_as_a_share() -> None:
    reason = reason_of(judged(asked(margin=0.02, relative=True), margin=0.016))
    assert reason.endswith("margin 0.016 (2 % of the champion's value)")


def test_a_reason_names_the_baseline() -> None:
    requirement = replace(asked(rule=Rule.BETTER, margin=0.0), than="baseline")
    evidence = replace(seen(0.2, 0.05), than="baseline")
    assert reason_of(judged(requirement, evidence=evidence)).startswith("improvement over the baseline +0.2000")


def test_a_bound_is_held_against_the_challengers_own_value() -> None:
    reason = reason_of(judged(asked(rule=Rule.AT_LEAST, bound=0.7), verdict=Verdict.INCONCLUSIVE))
    assert reason.startswith("value 0.8000 (0.7500 to 0.8500)") and reason.endswith(
        "bound 0.7; the interval holds the bound, so more rows are needed"
    )


def test_without_a_champion_the_reason_is_the_one_that_does_not_block() -> None:
    assert reason_of(judged(asked(margin=0.05), evidence=seen(0.8, 0.1, champion=None))) == NO_CHAMPION


@pytest.mark.parametrize(
    ("family", "said"),
    [(11, "; among 11 that is not chance: adjusted p 0.0015"), (1, "; that is not chance: adjusted p 0.0015")],
)
def test_a_failed_guarded_finding_says_among_how_many(family: int, said: str) -> None:
    failed = judged(asked(level=Level.GUARDED, margin=0.01), verdict=Verdict.FAIL, adjusted_p=0.0015, family=family)
    assert reason_of(failed).endswith(f"margin 0.01{said}")


def test_an_undecided_finding_says_how_many_rows_would_decide() -> None:
    open_ = judged(asked(margin=0.025), verdict=Verdict.INCONCLUSIVE)
    assert reason_of(replace(open_, rows_to_decide=5475)).endswith("; 5,475 rows would decide")
    assert reason_of(open_).endswith("; no number of rows would decide")
    look = replace(open_, look_here=True, adjusted_p=0.031, family=11)
    assert reason_of(look).endswith("; among 11 it may be chance: adjusted p 0.031")


def test_too_few_rows_are_the_reason_unless_the_exact_test_fails_them() -> None:
    few = judged(asked(margin=0.05), evidence=seen(-0.3, 0.2, shortage="24 rows, at least 30 needed", gained=0, lost=9))
    assert reason_of(replace(few, verdict=Verdict.INCONCLUSIVE)) == "24 rows, at least 30 needed"
    assert reason_of(replace(few, verdict=Verdict.FAIL)).startswith("9 newly wrong against 0 newly right: too few rows")


def test_an_undefined_value_is_said_to_be() -> None:
    nothing = judged(asked(margin=0.05), evidence=seen(float("nan"), 0.1))
    assert "undefined" in reason_of(nothing)


def test_slices_are_called_by_their_titles_part_by_part() -> None:
    titles = {"sex=F": "Women", "age<25": "Young"}
    assert slice_title("sex=F and age<25", titles) == "Women and Young"
    assert slice_title("sex=F less sex=M", titles) == "Women less sex=M"
    assert slice_title("overall", titles) == "Overall"


def test_the_rows_that_would_decide_are_counted_in_the_singular_where_it_is_one() -> None:
    one = judged(asked("accuracy", margin=0.05), verdict=Verdict.INCONCLUSIVE, rows_to_decide=1)
    one = replace(one, evidence=replace(one.evidence, rows=0))
    assert reason_of(one).endswith("; 1 row would decide")


@pytest.mark.parametrize(
    ("least", "have", "said"),
    [
        (Minimum(rows=30), (1, 0, 1), "1 row, at least 30 needed"),
        (Minimum(positives=20), (30, 1, 29), "1 positive row, at least 20 needed"),
        (Minimum(negatives=20), (30, 29, 1), "1 negative row, at least 20 needed"),
        (Minimum(each=5), (30, 29, 1), "1 row of the rarest class, at least 5 needed"),
        (Minimum(positives=20), (30, 0, 30), "0 positive rows, at least 20 needed"),
    ],
)
def test_a_shortage_of_one_row_is_told_in_the_singular(least: Minimum, have: tuple[int, int, int], said: str) -> None:
    rows, positives, negatives = have
    assert shortage(least, rows=rows, positives=positives, negatives=negatives, least=1) == said
