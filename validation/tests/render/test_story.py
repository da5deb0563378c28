"""The story in words: every way in which a run can end has a headline that says why."""

from __future__ import annotations

import math
from dataclasses import replace

from mlgate.records.decision import Decision, Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.points import blocks, uncertain
from mlgate.render.story import blocking, facts, headline, observed
from tests.render import decisions


def with_findings(whole: Decision, *findings: Finding) -> Decision:
    return replace(whole, findings=findings)


def failing_slice() -> Finding:
    return next(finding for finding in decisions.failing().findings if finding.blocking)


def overall() -> Finding:
    return decisions.failing().findings[0]


def test_without_an_overall_standing_the_slice_still_makes_a_sentence() -> None:
    said = headline(with_findings(decisions.failing(), failing_slice()))
    assert said == (
        "The challenger is newly wrong 16 times and newly right once in the slice Loan above 90 % of price."
    )


def test_a_slice_that_only_lost_was_never_newly_right() -> None:
    said = headline(with_findings(decisions.failing(), overall(), replace(failing_slice(), gained=0, lost=2)))
    assert said.endswith("it is newly wrong twice and never newly right.")


def test_a_metric_that_counts_no_rows_is_told_by_its_values() -> None:
    loss = replace(failing_slice(), metric="log_loss", gained=None, lost=None)
    assert headline(with_findings(decisions.failing(), overall(), loss)) == (
        "The challenger is better overall, but in the slice Loan above 90 % of price log_loss falls from 88.7 to 77.4."
    )
    alone = headline(with_findings(decisions.failing(), loss))
    assert alone.startswith("The challenger is worse in the slice Loan above 90 % of price: log_loss")


def test_not_worse_is_not_called_better() -> None:
    even = replace(overall(), improvement=Estimate(value=0.0, low=-0.005, high=0.005))
    assert headline(with_findings(decisions.passing(), even)).startswith("The challenger is not worse overall")
    assert "and 2 more findings block" in headline(with_findings(decisions.failing(), even, *[failing_slice()] * 3))


def test_values_that_are_missing_are_said_to_be() -> None:
    gone = replace(overall(), verdict=Verdict.FAIL, blocking=True)
    undefined = replace(gone, challenger=None, improvement=None)
    assert "accuracy is undefined" in headline(with_findings(decisions.failing(), undefined))
    alone = replace(gone, champion=None)
    assert "accuracy is 92.1" in headline(with_findings(decisions.failing(), alone))


def test_a_failure_without_a_blocking_finding_falls_back_on_the_decisions_own_reason() -> None:
    assert headline(with_findings(decisions.failing())) == "accuracy not worse by 0.05 on ltv>0.9 failed."
    inconclusive = replace(with_findings(decisions.inconclusive(), overall()), reason="Nothing has been shown.")
    assert headline(inconclusive) == "Nothing has been shown."


def test_advisory_failures_are_mentioned_in_a_pass() -> None:
    shown = replace(failing_slice(), blocking=False, level=Level.ADVISORY)
    said = headline(with_findings(decisions.passing(), overall(), shown))
    assert said.endswith("; 1 advisory finding fails.")


def test_requirements_that_cannot_be_weighed_overall_are_counted_as_met() -> None:
    checks = [finding for finding in decisions.passing().findings if finding.section is Section.DATA]
    assert headline(with_findings(decisions.passing(), *checks)) == "The challenger meets every requirement."


def test_several_undecided_requirements_are_named_together() -> None:
    whole = decisions.inconclusive()
    first = whole.findings[0]
    second = replace(first, id="y", metric="recall", slice="overall")
    third = replace(first, id="z", section=Section.SLICES, slice="sex=F", slice_title="Women")
    said = headline(with_findings(whole, first, second, third))
    assert "keeps accuracy, recall and accuracy in the slice Women within its margin: accuracy may lose 3" in said


def test_each_rule_says_what_was_asked() -> None:
    better = replace(failing_slice(), rule=Rule.BETTER, margin=0.02)
    (point,) = blocks(with_findings(decisions.failing(), better), 5)
    assert "it must gain more than 2, it loses 11.3" in point.text
    most = replace(failing_slice(), rule=Rule.AT_MOST, margin=None, bound=0.5, family=1)
    (point,) = blocks(with_findings(decisions.failing(), most), 5)
    assert "at most 50 is required. That is not chance" in point.text


def test_uncertainty_puts_what_deserves_a_look_first_and_counts_slices_once() -> None:
    points = uncertain(decisions.inconclusive())
    assert [point.sign for point in points] == ["look", "unsure", ""]
    assert points[1].text.startswith("1 data check, 6 slices, 2 fairness gaps and 1 oddity cannot be told")


def test_one_open_finding_without_rows_that_decide_has_no_example() -> None:
    open_ = replace(failing_slice(), verdict=Verdict.INCONCLUSIVE, blocking=False, rows_to_decide=None)
    (point,) = uncertain(with_findings(decisions.passing(), open_))
    assert point.text == "1 slice cannot be told; it does not block."


def test_nothing_uncertain_says_nothing() -> None:
    sure = replace(overall(), smallest_detectable=math.nan)
    assert uncertain(with_findings(decisions.passing(), sure)) == ()


def test_blocking_findings_come_failures_first() -> None:
    held = replace(overall(), verdict=Verdict.INCONCLUSIVE, blocking=True)
    both = with_findings(decisions.failing(), held, failing_slice())
    assert [finding.verdict for finding in blocking(both)] == [Verdict.FAIL, Verdict.INCONCLUSIVE]


def test_the_run_line_names_models_and_data() -> None:
    assert facts(decisions.failing()) == (
        "Boston mortgage applications",
        "challenger v2, gradient boosting, against champion v1, logistic regression",
        "base case: 797 applications, 98 denied",
    )
    assert facts(decisions.first_champion())[2] == "no champion yet"


def test_observing_says_what_would_have_happened() -> None:
    for verdict, word in ((Verdict.PASS, "pass, too"), (Verdict.FAIL, "blocked"), (Verdict.INCONCLUSIVE, "held")):
        assert word in observed(replace(decisions.observing(), verdict=verdict))
    assert observed(decisions.failing()) == ""
