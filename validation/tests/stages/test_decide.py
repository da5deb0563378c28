"""The roll-up: fail over inconclusive over pass, and that silence is never consent."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.records.decision import Finding
from mlgate.records.words import Level, Rule, Verdict
from mlgate.stages.decide import decide
from tests.making import finding

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
RANK = {FAIL: 0, OPEN: 1, PASS: 2}


@st.composite
def outcomes(draw: st.DrawFn) -> list[Finding]:
    found = []
    for place in range(draw(st.integers(0, 8))):
        verdict, level = draw(st.sampled_from(list(Verdict))), draw(st.sampled_from(list(Level)))
        required = level is Level.REQUIRED and verdict is not PASS
        blocking = required or (level is Level.GUARDED and verdict is FAIL)
        found.append(finding(f"f{place}", verdict, level, blocking=blocking, rule=draw(st.sampled_from(list(Rule)))))
    return found


@given(findings=outcomes(), champion=st.booleans(), data=st.data())
def test_the_order_of_findings_changes_neither_verdict_nor_reason(
    findings: list[Finding], champion: bool, data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(findings))
    assert decide(mixed, champion=champion) == decide(findings, champion=champion)


@given(findings=outcomes(), champion=st.booleans())
def test_one_more_blocking_failure_fails_whatever_else_was_found(findings: list[Finding], champion: bool) -> None:
    broken = finding("broken", FAIL, blocking=True)
    assert decide([*findings, broken], champion=champion)[0] is FAIL


@given(findings=outcomes(), champion=st.booleans(), data=st.data())
def test_a_finding_that_turns_worse_never_makes_the_decision_better(
    findings: list[Finding], champion: bool, data: st.DataObject
) -> None:
    if not findings:
        return
    place = data.draw(st.integers(0, len(findings) - 1))
    worse = dataclasses.replace(findings[place], verdict=FAIL, blocking=findings[place].level is not Level.ADVISORY)
    spoilt = [*findings[:place], worse, *findings[place + 1 :]]
    assert RANK[decide(spoilt, champion=champion)[0]] <= RANK[decide(findings, champion=champion)[0]]


@given(findings=outcomes(), champion=st.booleans())
def test_a_pass_means_that_something_required_passed_and_nothing_blocks(
    findings: list[Finding], champion: bool
) -> None:
    verdict, reason = decide(findings, champion=champion)
    assert reason.endswith(".")
    if verdict is PASS:
        assert not any(one.blocking for one in findings)
        assert any(one.level is Level.REQUIRED and one.verdict is PASS for one in findings)


def test_a_failure_outweighs_what_cannot_be_told_and_names_what_blocks() -> None:
    open_, broken = finding("open", OPEN, blocking=True), finding("broken", FAIL, Level.GUARDED, blocking=True)
    verdict, reason = decide([open_, broken, finding("fine")], champion=True)
    assert (verdict, reason) == (FAIL, "2 findings block: title broken; title open.")
    # Whichever name comes first.
    verdict, reason = decide([finding("an open one", OPEN, blocking=True), broken], champion=True)
    assert (verdict, reason) == (FAIL, "2 findings block: title broken; title an open one.")


@given(findings=outcomes(), champion=st.booleans())
def test_a_blocking_failure_is_never_less_than_a_failure(findings: list[Finding], champion: bool) -> None:
    fails = any(one.blocking and one.verdict is FAIL for one in findings)
    assert (decide(findings, champion=champion)[0] is FAIL) == fails


def test_a_required_finding_that_cannot_be_told_holds_the_decision() -> None:
    verdict, reason = decide([finding("open", OPEN, blocking=True), finding("fine")], champion=True)
    assert (verdict, reason) == (OPEN, "1 required finding cannot be told: title open.")


@pytest.mark.parametrize(("verdict", "level"), [(OPEN, Level.GUARDED), (OPEN, Level.ADVISORY), (FAIL, Level.ADVISORY)])
def test_what_does_not_block_does_not_hold_the_decision(verdict: Verdict, level: Level) -> None:
    assert decide([finding("open", verdict, level), finding("fine")], champion=True)[0] is PASS


def test_of_many_blocking_findings_three_are_named_and_the_others_counted() -> None:
    broken = [finding(f"f{place}", FAIL, blocking=True) for place in range(5)]
    reason = decide(broken, champion=True)[1]
    assert reason == "5 findings block: title f0; title f1; title f2; and 2 more."


@pytest.mark.parametrize("findings", [(), (finding("fine", PASS, Level.GUARDED),)])
def test_without_a_required_finding_that_passed_nothing_is_shown(findings: tuple[Finding, ...]) -> None:
    assert decide(findings, champion=True)[0] is OPEN


def test_without_a_champion_an_absolute_requirement_has_to_pass() -> None:
    unpaired = finding("paired", OPEN, blocking=False)
    service = finding("service", PASS, rule=None)
    absolute = finding("absolute", PASS, rule=Rule.AT_LEAST)
    assert decide([unpaired, service], champion=False)[0] is OPEN
    assert decide([unpaired, service, absolute], champion=False)[0] is PASS
    guarded = dataclasses.replace(absolute, level=Level.GUARDED)
    assert decide([unpaired, service, guarded], champion=False)[0] is OPEN
    assert decide([service], champion=True)[0] is PASS
