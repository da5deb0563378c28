"""What to do next: for every verdict, mode and state of approval the one command that helps."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from mlgate.records.decision import Approval, Decision, ModelFacts
from mlgate.records.production import Move, Production
from mlgate.records.words import ApprovalState, Verdict
from mlgate.render import html, markdown
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


PROMOTED = Move(what="promoted", by="bert", at="2026-11-24T13:05:09Z", origin="1", target="2")
ROLLED = Move(what="rolled back", by="cleo", at="2026-11-25T02:00:00Z", origin="2", target="1", reason="<b>calls")
NEWER = replace(PROMOTED, by="dora", at="2026-11-26T09:00:00Z", origin="2", target="3")
BACK = replace(ROLLED, origin="3", target="2", reason="worse")


@pytest.mark.parametrize(
    ("production", "said", "expected"),
    [
        (
            Production(promoted=PROMOTED),
            "Ann approved on 2026-11-24 with a demonstration key, which real policies refuse. Reason: “seen”. The"
            " override ends on 2027-01-31. bert promoted version 2 of loanapp on 2026-11-24 at 13:05 UTC, "
            "after version 1."
            " It is the champion. To roll back:",
            ["mlgate rollback --by NAME --reason TEXT"],
        ),
        (Production(promoted=replace(PROMOTED, origin="")), "It is the first champion, so there is no version to", []),
        (
            Production(promoted=PROMOTED, out=ROLLED),
            "cleo rolled it back to version 1 on 2026-11-25 at 02:00 UTC. Reason: “<b>calls”. Retrain, then run again:",
            ["mlgate run"],
        ),
        (
            Production(promoted=PROMOTED, out=NEWER),
            "dora promoted version 3 in its place on 2026-11-26 at 09:00 UTC.",
            [],
        ),
        (
            Production(promoted=PROMOTED, back=BACK),
            "It was replaced; cleo brought it back on 2026-11-25 at 02:00 UTC. Reason: “worse”. It is the champion. To",
            ["mlgate rollback --by NAME --reason TEXT"],
        ),
    ],
)
def test_after_a_promotion_the_reports_say_what_became_of_it_and_never_to_promote(
    production: Production, said: str, expected: list[str]
) -> None:
    decision = held(decisions.passing(), ApprovalState.APPROVED)
    step = next_step(decision, production)
    assert said in step.lead and [" ".join(parts) for parts in step.commands] == expected
    page, comment = html.render(decision, production), markdown.render(decision, production)
    for text in (page, comment):
        assert "What became of it" in text and PROMOTE not in text and "<b>calls" not in text
        assert ("mlgate rollback" in text) == (expected[:1] == ["mlgate rollback --by NAME --reason TEXT"])
    assert ("<pre" in page, "```" in comment) == (bool(expected), bool(expected)), "an empty box for commands"


def test_in_observe_mode_a_promotion_is_told_though_nobody_approved() -> None:
    lead = next_step(decisions.observing(), Production(promoted=PROMOTED)).lead
    assert lead.startswith("bert promoted version 2 of loanapp on ")
