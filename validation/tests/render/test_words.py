"""Figures and words: true minus signs, no zero with a sign, rounding that never hides a margin, cells that say why."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.metrics import METRICS, MONEY, find
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate
from mlgate.records.run import Run
from mlgate.records.words import Level, Rule, Section, Task, Verdict
from mlgate.render import figures, metric_names, plain, words
from mlgate.render.metric_names import unit_of
from tests.render import decisions

ACCURACY = unit_of("accuracy")


def finding(low: float = -0.05, high: float = 0.02, **changes: object) -> Finding:
    found = Finding(
        id="x",
        section=Section.COMPARE,
        title="accuracy not worse by 0.03",
        verdict=Verdict.INCONCLUSIVE,
        level=Level.GUARDED,
        blocking=False,
        reason="the interval crosses the margin",
        metric="accuracy",
        rule=Rule.NOT_WORSE,
        margin=0.03,
        improvement=Estimate(value=-0.01, low=low, high=high),
        rows=100,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.0204, True, "+2.0"),
        (-0.113, True, "−11.3"),
        (-0.0001, True, "0.0"),
        (0.0, True, "0.0"),
        (0.921, False, "92.1"),
    ],
)
def test_rates_are_printed_in_percentage_points(value: float, signed: bool, text: str) -> None:
    assert figures.number(value, ACCURACY, signed=signed) == text


def test_a_metric_in_its_own_unit_keeps_four_digits() -> None:
    assert figures.number(-12345.678, unit_of("mae")) == "−12,346"
    assert figures.number(0.25, unit_of("mae"), signed=True) == "+0.25"


@given(value=st.floats(allow_nan=True, allow_infinity=True), signed=st.booleans())
def test_no_number_ever_shows_a_hyphen_for_a_minus(value: float, signed: bool) -> None:
    text = figures.number(value, ACCURACY, signed=signed)
    assert "nan" not in text and "inf" not in text and not text.startswith("-")
    assert (text == "undefined") == (not math.isfinite(value * 100))


@given(low=st.floats(-0.2, 0.2), margin=st.floats(0.0, 0.1))
def test_rounding_keeps_an_end_and_the_margin_apart_as_far_as_three_decimals_can(low: float, margin: float) -> None:
    found = finding(low=low, high=0.5, margin=margin)
    decimals = words.enough_decimals(found)
    assert decimals is not None
    same = round(low * 100, decimals) == round(-margin * 100, decimals)
    assert not same or low == -margin or abs(low + margin) < 2e-5


def test_decimals_are_those_of_the_unit_where_there_is_no_margin() -> None:
    assert words.enough_decimals(finding(margin=None)) == 1


def test_a_metric_in_its_own_unit_shows_the_width_of_its_interval_in_three_digits() -> None:
    wide = {"metric": "mae", "margin": None}
    assert words.enough_decimals(finding(low=-0.05, high=0.02, **wide)) == 4
    assert words.enough_decimals(finding(low=-5.0, high=2.0, **wide)) == 2
    assert words.enough_decimals(finding(low=-5000.0, high=2000.0, **wide)) == 0
    assert words.enough_decimals(finding(low=0.0, high=0.0, **wide)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": Verdict.PASS, "rows_to_decide": 500}, "pass"),
        ({"verdict": Verdict.FAIL, "adjusted_p": 0.0015}, "fail: adjusted p 0.0015"),
        ({"verdict": Verdict.FAIL, "adjusted_p": 0.0015, "level": Level.ADVISORY}, "fail"),
        ({"rows_to_decide": 535}, "cannot tell: 535 would decide"),
        ({"rows_to_decide": 50}, "cannot tell"),
        ({"reason": "no champion"}, "cannot tell: no champion"),
        ({"too_small": True, "reason": "24 rows, at least 30 needed"}, "cannot tell: at least 30 needed"),
        ({"too_small": True, "reason": "no rows"}, "cannot tell: no rows"),
        ({"too_small": True, "reason": "a reason that is much too long for a cell"}, "cannot tell: too few rows"),
        ({"look_here": True, "adjusted_p": 0.03}, "look here: adjusted p 0.030"),
        ({"look_here": True}, "look here"),
    ],
)
def test_a_cell_says_the_verdict_and_why(changes: dict[str, Any], said: str) -> None:
    assert words.verdict_words(finding(**changes)) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "accuracy"),
        ({"rule": Rule.AT_LEAST, "bound": 0.65}, "accuracy at least 65"),
        ({"section": Section.SLICES, "slice": "sex=F", "slice_title": "Women"}, "Women"),
        ({"section": Section.SLICES, "slice": "sex=F"}, "sex=F"),
        ({"section": Section.DATA}, "accuracy not worse by 0.03"),
        ({"section": Section.DATA, "title": ""}, "x"),
    ],
)
def test_a_finding_is_named_by_what_it_is_about(changes: dict[str, Any], said: str) -> None:
    assert words.subject(finding(**changes)) == said


def test_small_words() -> None:
    assert figures.count(None) == "–" and figures.count(float("nan")) == "–" and figures.count(4245) == "4,245"
    assert figures.times(0) == "never" and figures.times(2) == "twice" and figures.times(16) == "16 times"
    assert plain.listed([]) == "" and plain.listed(["a"]) == "a"
    assert figures.margin_text(None, ACCURACY) == "–" and figures.percent(None) == "–"
    assert figures.interval(None, ACCURACY) == "–"
    assert figures.interval(Estimate(value=0.1, low=math.nan, high=0.2), ACCURACY) == "undefined to +20.0"
    assert words.model_name(decisions.checked(), "champion") == "column old"
    assert words.model_name(decisions.no_champion(), "champion") == ""


@given(text=st.text(st.characters(codec=None, exclude_categories=())))
def test_clean_text_is_one_line_that_can_be_written(text: str) -> None:
    cleaned = plain.clean(text)
    cleaned.encode()
    assert len(cleaned.splitlines()) <= 1
    assert plain.clean(cleaned) == cleaned


KNOWN = [metric for metrics in METRICS.values() for metric in metrics] + [
    *MONEY,
    *(
        find(name, Run(requirements=()))
        for name in ("fbeta(2)", "lift(0.1)", "precision_at_k(10)", "recall_at_fpr(0.05)")
    ),
    *(find(name, Run(requirements=(), task=Task.REGRESSION)) for name in ("pinball(0.9)", "within(5)")),
    *(
        find(name, Run(requirements=(), task=Task.MULTICLASS, classes=("a", "b", "c")))
        for name in ("top_k_accuracy(2)", "recall(a)", "precision(b)")
    ),
]


@pytest.mark.parametrize("metric", KNOWN, ids=lambda metric: metric.name)
def test_every_metric_of_the_gate_has_a_title_and_its_direction(metric: Any) -> None:
    name, _, parameter = metric.name.partition("(")
    assert name in metric_names.METRICS
    assert metric_names.lower_is_better_by_name(metric.name) == (metric.greater_is_better is False)
    title = metric_names.metric_title(metric.name)
    assert "{}" not in title and "…" not in title and "_" not in title
    if name == "lift":
        assert title.endswith("first 10 %")
    elif name == "recall_at_fpr":
        assert title.endswith("of 5 %")
    else:
        assert parameter.removesuffix(")") in title


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (99_999, "99,999"),
        (100_000, "100 k"),
        (999_499, "999 k"),
        (999_500, "1 M"),
        (3_200_000_000, "3,200 M"),
    ],
)
def test_counts_without_room_are_rounded(value: int, said: str) -> None:
    assert figures.rounded_count(value) == said
