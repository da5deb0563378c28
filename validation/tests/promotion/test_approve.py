"""Who may approve what, in which words, and what the ledger says against what the file claims."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from mlgate.errors import ConfigError
from mlgate.promotion.approve import (
    Wish,
    expired,
    judge_approval,
    judge_rejection,
    on_record,
    put_on_record,
    standing,
)
from mlgate.promotion.contract import DONE, REFUSED, Answer
from mlgate.promotion.ledger import Kind, append, read
from mlgate.promotion.statement import decision_digest
from mlgate.records.decision import Approval, Decision
from mlgate.records.words import ApprovalState, Verdict
from tests.promotion.runs import NOW, approve, challenger, decide, files_of, kinds, store_at

PLAIN = Wish(by="anna", reason="looks good", at=NOW)
OVERRIDE = dataclasses.replace(PLAIN, override=True, expires="2027-01-31")
INCONCLUSIVE = Verdict.INCONCLUSIVE


def refusal(outcome: Approval | Answer) -> str:
    assert isinstance(outcome, Answer) and outcome.code == REFUSED, outcome
    return outcome.sentence


def with_approval(decision: Decision, state: ApprovalState, **changes: object) -> Decision:
    approval = Approval(state=state, by="bert", reason="because", at="2026-11-01T00:00:00Z")
    return dataclasses.replace(decision, approval=dataclasses.replace(approval, **changes))  # type: ignore[arg-type]


def test_a_pass_can_be_approved() -> None:
    assert judge_approval(decide(), PLAIN, approvers=(), history=()) == Approval(
        state=ApprovalState.APPROVED, by="anna", reason="looks good", at="2026-11-24T13:05:09Z"
    )


def test_an_inconclusive_decision_can_be_approved_only_where_the_policy_says_so() -> None:
    asks = decide(INCONCLUSIVE, on_inconclusive="approve")
    assert isinstance(judge_approval(asks, PLAIN, approvers=(), history=()), Approval)
    told = refusal(judge_approval(decide(INCONCLUSIVE), PLAIN, approvers=(), history=()))
    assert "on_inconclusive: block" in told and "--override" in told


@pytest.mark.parametrize("verdict", [Verdict.FAIL, INCONCLUSIVE])
def test_what_did_not_pass_can_be_overridden_until_a_day(verdict: Verdict) -> None:
    approval = judge_approval(decide(verdict), OVERRIDE, approvers=(), history=())
    assert isinstance(approval, Approval)
    assert (approval.state, approval.expires) == (ApprovalState.OVERRIDDEN, "2027-01-31")


def test_a_fail_is_not_approved_without_an_override() -> None:
    told = refusal(judge_approval(decide(Verdict.FAIL), PLAIN, approvers=(), history=()))
    assert told.startswith("the verdict of credit-v2 is fail: accuracy is not worse by 0.01; an override takes")


@pytest.mark.parametrize(
    ("decision", "wish", "told"),
    [
        (decide(), OVERRIDE, "--override: the verdict is pass, which can be approved"),
        (decide(Verdict.FAIL), dataclasses.replace(OVERRIDE, expires=None), "--override needs --expires DATE"),
        (decide(Verdict.FAIL), dataclasses.replace(OVERRIDE, expires="soon"), "--expires soon: is not a date"),
        (decide(Verdict.FAIL), dataclasses.replace(OVERRIDE, expires="2026-02-30"), "is not a date"),
        (decide(Verdict.FAIL), dataclasses.replace(OVERRIDE, expires="2026-11-24"), "has to lie in the future"),
        (decide(Verdict.FAIL), dataclasses.replace(OVERRIDE, expires="2020-01-01"), "has to lie in the future"),
        (decide(), dataclasses.replace(PLAIN, expires="2027-01-31"), "--expires belongs to --override"),
        (decide(), dataclasses.replace(PLAIN, by=" "), "--by is empty"),
        (decide(), dataclasses.replace(PLAIN, reason=""), "--reason is empty"),
        (decide(), dataclasses.replace(PLAIN, reason="x" * 2001), "--reason has 2,001 characters"),
        (decide(), dataclasses.replace(PLAIN, by="x" * 201), "--by has 201 characters"),
    ],
)
def test_a_wish_that_contradicts_itself_is_bad_usage(decision: Decision, wish: Wish, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        judge_approval(decision, wish, approvers=(), history=())


def test_only_those_whom_the_policy_names_may_approve_or_reject() -> None:
    for judge in (judge_approval, judge_rejection):
        told = refusal(judge(decide(), PLAIN, approvers=("cleo", "bert"), history=()))
        assert told.startswith("anna may not approve or reject credit; approvers in mlgate.yaml are bert, cleo")
        assert isinstance(judge(decide(), PLAIN, approvers=("anna",), history=()), Approval)


def test_a_check_cannot_be_approved_and_nor_can_a_run_without_suites() -> None:
    check = decide(command="check")
    assert "comes from `mlgate check`" in refusal(judge_approval(check, PLAIN, approvers=(), history=()))
    part = decide(finding="suite/left_out")
    assert "`mlgate run --no-suites`" in refusal(judge_approval(part, PLAIN, approvers=(), history=()))


def test_a_rejection_stands() -> None:
    rejected = with_approval(decide(), ApprovalState.REJECTED)
    told = refusal(judge_approval(rejected, PLAIN, approvers=(), history=()))
    assert told.startswith("credit-v2 was rejected by bert on 2026-11-01T00:00:00Z (because)")
    again = judge_rejection(rejected, PLAIN, approvers=(), history=())
    assert isinstance(again, Answer) and again.code == DONE


def test_approving_twice_is_done_for_the_same_person_and_refused_for_another() -> None:
    approved = with_approval(decide(), ApprovalState.APPROVED)
    told = refusal(judge_approval(approved, PLAIN, approvers=(), history=()))
    assert told.endswith("anna was not put on record.")
    same = judge_approval(approved, dataclasses.replace(PLAIN, by="bert"), approvers=(), history=())
    assert isinstance(same, Answer) and same.code == DONE


def test_a_demonstration_or_an_ended_override_can_be_followed_by_the_real_thing() -> None:
    demo = with_approval(decide(), ApprovalState.APPROVED, demo=True)
    assert isinstance(judge_approval(demo, PLAIN, approvers=(), history=()), Approval)
    ended = with_approval(decide(Verdict.FAIL), ApprovalState.OVERRIDDEN, expires="2026-11-23")
    assert isinstance(judge_approval(ended, OVERRIDE, approvers=(), history=()), Approval)


def test_the_last_day_of_an_override_counts_in_full() -> None:
    until = Approval(state=ApprovalState.OVERRIDDEN, expires="2026-11-24")
    assert not expired(until, NOW)
    assert expired(until, NOW + timedelta(days=1))
    assert not expired(Approval(state=ApprovalState.APPROVED), NOW)


def test_an_approval_that_was_not_used_can_be_withdrawn_by_a_rejection(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    rejection = judge_rejection(approved, PLAIN, approvers=(), history=read(store))
    assert isinstance(rejection, Approval) and rejection.state is ApprovalState.REJECTED
    put_on_record(store, read(store), files=files_of(approved), decision=approved, approval=rejection, at=NOW)
    assert kinds(read(store)) == ["approved", "rejected"]
    assert on_record(approved, read(store)) == rejection


def test_what_was_promoted_is_rolled_back_and_not_rejected(tmp_path: Path) -> None:
    facts = {"decision": decision_digest(decide()), "to": "2"}
    history = append(store_at(tmp_path), (), kind=Kind.PROMOTED, actor="cleo", model="credit", at=NOW, facts=facts)
    for judge in (judge_approval, judge_rejection):
        assert "to take version 2 back, use `mlgate rollback`" in refusal(
            judge(decide(), PLAIN, approvers=(), history=history)
        )


@pytest.mark.parametrize("override", [False, True])
def test_the_ledger_gives_back_the_approval_that_was_put_into_it(tmp_path: Path, override: bool) -> None:
    store = store_at(tmp_path)
    decision = decide(Verdict.FAIL) if override else decide()
    approved = approve(store, decision, override=override, expires="2027-01-31" if override else None, demo=True)
    (entry,) = read(store)
    assert on_record(decision, read(store)) == approved.approval == standing(approved, read(store))
    assert (entry.actor, entry.facts["version"], entry.facts["demo"]) == ("anna", "2", "yes")


def test_an_approval_typed_into_the_file_is_not_believed() -> None:
    told = standing(with_approval(decide(), ApprovalState.APPROVED), ())
    assert isinstance(told, Answer) and told.sentence.startswith("decision.json says approved by bert, but the ledger")


def test_a_file_that_says_something_else_than_the_ledger_is_not_believed(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    forged = dataclasses.replace(approved, approval=dataclasses.replace(approved.approval, by="cleo"))
    told = standing(forged, read(store))
    assert isinstance(told, Answer) and "says approved by cleo, but the ledger says approved by anna" in told.sentence


def test_a_file_that_a_crash_left_behind_gets_the_ledgers_approval(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    assert standing(decide(), read(store)) == approved.approval
    assert standing(decide(models=(challenger("3"),)), read(store)) == decide().approval
