"""What to do next: for every verdict, mode and state of approval the one command that helps."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from mlgate.records.decision import Approval, Decision, ModelFacts
from mlgate.records.words import ApprovalState, Verdict
from mlgate.render.next_step import next_step
from tests.render import decisions

APPROVE = "mlgate approve reports/loanapp-v2 --by NAME --reason TEXT"
OVERRIDE = "mlgate approve reports/loanapp-v2 --override --by NAME --reason TEXT --expires DATE"
PROMOTE = "mlgate promote reports/loanapp-v2"


def commands(decision: Decision) -> list[str]:
    return [" ".join(parts) for parts in next_step(decision).commands]


def held(decision: Decision, state: ApprovalState) -> Decision:
    return replace(
        decision,
        approval=Approval(state=state, by="Ann", reason="seen", at="2026-11-24", expires="2027-01-31", demo=True),
    )


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (decisions.failing(), [OVERRIDE]),
        (decisions.shuffled(), [OVERRIDE]),
        (decisions.crashed(), [OVERRIDE]),
        (decisions.passing(), [APPROVE, PROMOTE]),
        (decisions.first_champion(), [APPROVE, PROMOTE]),
        (decisions.inconclusive(), [APPROVE, PROMOTE]),
        (replace(decisions.inconclusive(), on_inconclusive="block"), [OVERRIDE]),
        (decisions.no_champion(), [OVERRIDE]),
        (held(decisions.passing(), ApprovalState.NOT_NEEDED), [PROMOTE]),
        (held(decisions.passing(), ApprovalState.APPROVED), [PROMOTE]),
        (held(decisions.failing(), ApprovalState.OVERRIDDEN), [PROMOTE]),
        (held(decisions.passing(), ApprovalState.REJECTED), ["mlgate run"]),
        (decisions.observing(), [PROMOTE]),
        (decisions.checked(), ["mlgate run"]),
    ],
)
def test_the_command_fits_verdict_mode_and_approval(decision: Decision, expected: list[str]) -> None:
    assert commands(decision) == expected


def test_a_first_champion_is_announced() -> None:
    assert "first champion" in next_step(decisions.first_champion()).lead


def test_an_approval_shows_who_when_why_and_until() -> None:
    lead = next_step(held(decisions.failing(), ApprovalState.OVERRIDDEN)).lead
    for part in ("Ann overrode", "2026-11-24", "seen", "2027-01-31", "demonstration key"):
        assert part in lead


def test_who_may_approve_is_said_with_and_without_an_owner() -> None:
    assert "credit-risk" in next_step(decisions.failing()).lead
    ownerless = next_step(replace(decisions.failing(), owner=""))
    assert "names no owner" in ownerless.who and "a person overrides" in ownerless.lead


def test_the_remedy_fits_what_blocks() -> None:
    assert next_step(decisions.failing()).lead.startswith(
        "Look at the 17 changed applications of the slice, then retrain."
    )
    assert next_step(decisions.shuffled()).lead.startswith("Look at what blocks, then retrain.")
    assert next_step(decisions.crashed()).lead.startswith("Mend what blocks")
    blocked = replace(decisions.inconclusive(), on_inconclusive="block")
    assert next_step(blocked).lead.startswith("Gather more rows: 5,475 would decide")
    assert next_step(decisions.no_champion()).lead.startswith("Require something absolute")


def test_a_check_of_a_model_names_it_and_quotes_it() -> None:
    whole = decisions.checked()
    model = ModelFacts(role="challenger", source="models:/loan app/7; rm")
    checked = replace(whole, provenance=replace(whole.provenance, models=(model,)), verdict=Verdict.FAIL)
    (command,) = commands(checked)
    assert shlex.split(command) == ["mlgate", "run", "--challenger", "models:/loan app/7; rm"]
