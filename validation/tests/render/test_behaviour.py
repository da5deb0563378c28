"""The section "Behaviour": both models' shares and golden examples side by side, and nothing of theirs unescaped."""

from __future__ import annotations

from dataclasses import replace

from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section
from mlgate.render.behaviour import behaviour_tables
from mlgate.render.html import render
from mlgate.stages.judge import judge_observations
from tests.render import decisions

SHARES = Exhibit(
    name="behaviour",
    columns=("id", "title", "model", "rows", "left_out", "hits", "share", "low", "high"),
    rows=(
        ("behaviour/monotone/x", "the answer does not fall when <x> rises", "challenger", 400, 3, 8, 0.02, 0.01, 0.04),
        ("behaviour/monotone/x", "the answer does not fall when <x> rises", "champion", 400, 3, 0, 0.0, 0.0, 0.01),
        ("behaviour/determinism", "the same rows get the same answers", "challenger", 0, 0, None, None, None, None),
    ),
)
GOLDEN = Exhibit(
    name="golden",
    columns=("name", "expected", "model", "answer", "right"),
    rows=(
        ("a good one", "granted", "challenger", "granted (score 0.9)", 1),
        ("<script>", "granted", "challenger", "refused (score 0.1)", 0),
        ("<script>", "granted", "champion", "granted (score 0.8)", 1),
    ),
)
SEEN = Observation(
    id="behaviour/monotone/x",
    section=Section.BEHAVIOUR,
    title="the answer does not fall when <x> rises",
    level=Level.GUARDED,
    reason="8 of 400",
    because="more <b>is</b> more",
    value=0.02,
    at_most=0.01,
)


def page() -> str:
    plain = decisions.passing()
    return render(
        replace(
            plain, findings=(*plain.findings, *judge_observations([SEEN])), exhibits=(*plain.exhibits, SHARES, GOLDEN)
        )
    )


def test_both_models_stand_side_by_side_with_intervals_and_the_finding() -> None:
    text = page()
    assert "2.0 (1.0 to 4.0)" in text and "0.0 (0.0 to 1.0)" in text
    assert "cannot be told" in text
    assert "not right: refused (score 0.1)" in text
    assert text.index("&lt;script&gt;") < text.index("a good one"), "what is wrong goes first"


def test_nothing_of_names_titles_and_reasons_is_markup() -> None:
    text = page()
    assert "<b>is</b>" not in text and "more &lt;b&gt;is&lt;/b&gt; more" in text
    assert "when &lt;x&gt; rises" in text


def test_long_tables_say_how_much_is_left_out() -> None:
    many = replace(GOLDEN, rows=tuple((f"row {place}", "1", "challenger", "1", 1) for place in range(7)))
    told = "".join(one.code for one in behaviour_tables(replace(decisions.passing(), exhibits=(many,)), 3) if one)
    assert "4 more golden examples in decision.json" in told


def test_a_decision_without_them_has_no_tables() -> None:
    assert [one for one in behaviour_tables(replace(decisions.passing(), exhibits=()), 10) if one] == []
