"""Promotion: every ground to refuse, nothing done when it refuses, and every crash finished by the same command."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from mlgate.edges.ledger_stores import FileStore
from mlgate.errors import RegistryError
from mlgate.promotion import rollback
from mlgate.promotion.contract import DONE, REFUSED, WAITING, Answer
from mlgate.promotion.ledger import Entry, Kind, append, read
from mlgate.promotion.promote import Plan, carry_out, judge
from mlgate.promotion.statement import DECISION, STATEMENT, TALLY, decision_digest
from mlgate.records.decision import Approval, Decision
from mlgate.records.settings import Settings
from mlgate.records.words import ApprovalState, Verdict
from tests.promotion.runs import (
    NOW,
    TextRegistry,
    approve,
    challenger,
    champion,
    decide,
    files_of,
    kinds,
    settings,
    store_at,
)


class Killed(BaseException):
    """The process ends here."""


def look(
    store: FileStore,
    registry: TextRegistry,
    decision: Decision,
    *,
    policy: Settings | None = None,
    files: Mapping[str, bytes] | None = None,
    days: int = 0,
) -> Plan | Answer:
    return judge(
        files_of(decision) if files is None else files,
        settings=policy or settings(),
        history=read(store),
        registry=registry,
        now=NOW + timedelta(days=days),
    )


def go(store: FileStore, registry: TextRegistry, decision: Decision) -> Entry:
    """Judge and carry out, as the command does."""
    history = read(store)
    plan = judge(files_of(decision), settings=settings(), history=history, registry=registry, now=NOW)
    assert isinstance(plan, Plan), plan
    return carry_out(plan, store=store, history=history, registry=registry, by="anna", now=NOW)


def refused(outcome: Plan | Answer) -> str:
    assert isinstance(outcome, Answer) and outcome.code == REFUSED, outcome
    return outcome.sentence


def test_an_approved_challenger_becomes_champion_and_the_ledger_says_so(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())
    entry = go(store, registry, decision)
    assert registry.alias == "2"
    assert kinds(read(store)) == ["approved", "promoting", "promoted"]
    assert entry.actor == "anna" and entry.facts["intent"] == "2"
    assert {"from": "1", "to": "2", "decision": decision_digest(decision), "digest": "sha256:of 2"}.items() <= dict(
        entry.facts
    ).items()


def test_the_first_champion_needs_no_predecessor(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry(alias=None)
    entry = go(store, registry, approve(store, decide(models=(challenger(),))))
    assert registry.alias == "2" and "from" not in entry.facts


def test_promoting_again_is_already_done(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())
    go(store, registry, decision)
    again = look(store, registry, decision)
    assert isinstance(again, Answer) and again.code == DONE and "by this same decision" in again.sentence
    assert registry.moves == ["2"] and len(read(store)) == 3


def test_a_refusal_changes_nothing(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry(alias="4")
    decision = approve(store, decide())
    before = store.path.read_bytes()
    refused(look(store, registry, decision))
    assert store.path.read_bytes() == before and registry.moves == []


@pytest.mark.parametrize(
    ("name", "content"), [(TALLY, b"swapped"), (STATEMENT, b"{}"), (DECISION, b'{"schema": "mlgate/decision/v1"}')]
)
def test_files_that_were_changed_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    store = store_at(tmp_path)
    files = {**files_of(approve(store, decide())), name: content}
    assert name in refused(look(store, TextRegistry(), decide(), files=files))


def test_a_decision_and_statement_forged_together_have_no_approval_in_the_ledger(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    forged = dataclasses.replace(approved, reason="trust me")
    assert "the ledger holds no such entry" in refused(look(store, TextRegistry(), forged))


def test_a_statement_that_is_not_the_approved_one_is_refused(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    files = files_of(approved)
    other = {**files, STATEMENT: files[STATEMENT].replace(b"\n  ", b"\n ")}
    assert "decision.intoto.json is not the one that anna saw" in refused(
        look(store, TextRegistry(), approved, files=other)
    )


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (decide(command="check"), "comes from `mlgate check`"),
        (decide(finding="suite/left_out"), "comes from `mlgate run --no-suites`"),
        (decide(model="other"), "is about other, mlgate.yaml about credit"),
        (decide(models=(champion(),)), r"the challenger (none) is no version of credit in a registry"),
        (
            decide(models=(dataclasses.replace(challenger(), source="./model", version=""),)),
            "the challenger (./model) is no version",
        ),
        (decide(models=(dataclasses.replace(challenger(), digest=""),)), "is no version of credit"),
        (decide(models=(dataclasses.replace(challenger(), name="other"),)), "is a version of other"),
        (decide(config_digest="sha256:older"), "mlgate.yaml was changed since this decision"),
    ],
)
def test_a_decision_about_something_else_is_refused(tmp_path: Path, decision: Decision, told: str) -> None:
    assert told in refused(look(store_at(tmp_path), TextRegistry(), decision))


@pytest.mark.parametrize(
    ("decision", "code", "told"),
    [
        (decide(), WAITING, "credit-v2 (verdict pass) waits for credit-risk to approve"),
        (decide(Verdict.INCONCLUSIVE, on_inconclusive="approve"), WAITING, "waits for credit-risk"),
        (decide(Verdict.INCONCLUSIVE), WAITING, "on_inconclusive: block"),
        (decide(Verdict.FAIL), REFUSED, "the verdict is fail"),
    ],
)
def test_what_nobody_approved_waits_or_is_refused(tmp_path: Path, decision: Decision, code: int, told: str) -> None:
    answer = look(store_at(tmp_path), TextRegistry(), decision)
    assert isinstance(answer, Answer) and answer.code == code and told in answer.sentence


def test_an_approval_that_only_the_ledger_has_waits_for_the_file(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approve(store, decide())
    answer = look(store, TextRegistry(), decide())
    assert isinstance(answer, Answer) and answer.code == WAITING and "approving again brings it up" in answer.sentence


def test_a_rejection_is_refused_with_its_reason(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    facts = {"decision": decision_digest(decide()), "reason": "not on a Friday"}
    (entry,) = append(store, (), kind=Kind.REJECTED, actor="bert", model="credit", at=NOW, facts=facts)
    approval = Approval(state=ApprovalState.REJECTED, by="bert", reason="not on a Friday", at=entry.at)
    rejected = dataclasses.replace(decide(), approval=approval)
    assert "was rejected by bert" in refused(look(store, TextRegistry(), rejected))
    # The copy that still waits is of no use either.
    assert "not on a Friday" in refused(look(store, TextRegistry(), decide()))


def test_an_override_ends_with_its_last_day(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    overridden = approve(store, decide(Verdict.FAIL), override=True, expires="2026-12-01")
    assert isinstance(look(store, TextRegistry(), overridden, days=7), Plan)
    assert "the override by anna ended on 2026-12-01" in refused(look(store, TextRegistry(), overridden, days=8))


def test_a_demonstration_approval_is_for_policies_that_say_so(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    demo = approve(store, decide(), demo=True)
    assert "is a demonstration (--demo)" in refused(look(store, TextRegistry(), demo))
    assert isinstance(look(store, TextRegistry(), demo, policy=settings(allow_demo=True)), Plan)


def test_an_approver_whom_the_policy_does_not_name_is_refused(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    assert "anna is not among the approvers" in refused(
        look(store, TextRegistry(), approved, policy=settings(approvers=("bert",)))
    )


def test_observing_lets_an_unapproved_decision_through_but_no_changed_one(tmp_path: Path) -> None:
    store, policy = store_at(tmp_path), settings(mode="observe")
    failing = decide(Verdict.FAIL, mode="observe")
    plan = look(store, TextRegistry(), failing, policy=policy)
    assert isinstance(plan, Plan) and plan.facts["mode"] == "observe"
    assert "is the champion today" in refused(look(store, TextRegistry(alias="4"), failing, policy=policy))
    assert "the verdict is fail" in refused(look(store, TextRegistry(), failing))


def test_a_version_whose_tag_or_files_changed_is_refused(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    approved = approve(store, decide())
    tagged = TextRegistry(tags={"2": "sha256:another"})
    assert "carries another digest in the registry" in refused(look(store, tagged, approved))
    swapped = TextRegistry(tags={"2": "sha256:of 2"}, digests={"2": "sha256:evil"})
    assert "the files of version 2 of credit were changed" in refused(look(store, swapped, approved))
    untagged = TextRegistry(tags={"2": ""})
    assert isinstance(look(store, untagged, approved), Plan)


def test_a_version_that_is_gone_is_told(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    with pytest.raises(RegistryError, match="there is no version 2 of credit"):
        look(store, TextRegistry(digests={}), approve(store, decide()))


@pytest.mark.parametrize(
    ("alias", "models", "told"),
    [
        ("4", (champion(), challenger()), "compared with version 1, but version 4 of credit"),
        (None, (champion(), challenger()), "compared with version 1, but no version of credit"),
        ("1", (challenger(),), "compared with no champion, but version 1 of credit"),
        ("1", (dataclasses.replace(champion(), source="./old", version=""), challenger()), "compared with ./old, but"),
        ("1", (dataclasses.replace(champion(), name="other"), challenger()), "compared with version 1, but version 1"),
    ],
)
def test_a_champion_that_changed_since_makes_the_decision_stale(
    tmp_path: Path, alias: str | None, models: tuple[object, ...], told: str
) -> None:
    store = store_at(tmp_path)
    decision = approve(store, decide(models=models))  # type: ignore[arg-type]
    assert told in refused(look(store, TextRegistry(alias=alias), decision))


def test_what_was_rolled_back_is_not_promoted_by_the_old_decision(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())
    go(store, registry, decision)
    back(store, registry)
    assert "this decision was carried out" in refused(look(store, registry, decision))


def back(store: FileStore, registry: TextRegistry) -> Entry:
    history = read(store)
    plan = rollback.judge("credit", to=None, by="bert", reason="worse", history=history, registry=registry)
    assert isinstance(plan, rollback.Plan), plan
    return rollback.carry_out(plan, store=store, history=history, registry=registry, by="bert", now=NOW)


@pytest.mark.parametrize("moment", ["before_move", "after_move"])
def test_a_crash_around_the_move_is_finished_by_the_same_command(tmp_path: Path, moment: str) -> None:
    def die() -> None:
        raise Killed

    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())
    setattr(registry, moment, die)
    with pytest.raises(Killed):
        go(store, registry, decision)
    assert kinds(read(store)) == ["approved", "promoting"]
    setattr(registry, moment, lambda: None)
    entry = go(store, registry, decision)
    assert registry.alias == "2" and entry.facts["intent"] == "2"
    assert kinds(read(store)) == ["approved", "promoting", "promoted"]


def begun(store: FileStore, registry: TextRegistry, decision: Decision) -> None:
    """Begin a promotion and die before the alias moves."""

    def die() -> None:
        raise Killed

    registry.before_move = die
    with pytest.raises(Killed):
        go(store, registry, decision)
    registry.before_move = lambda: None


def test_an_unfinished_promotion_stands_in_the_way_of_another_one(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    begun(store, registry, approve(store, decide()))
    other = approve(store, decide(models=(champion(), challenger("3"))))
    told = refused(look(store, registry, other))
    assert told.startswith("a promotion to version 2 was begun by anna") and "`mlgate rollback`" in told


def test_an_unfinished_promotion_is_not_finished_over_somebody_elses_champion(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())
    begun(store, registry, decision)
    registry.alias = "5"
    assert "Meanwhile version 5 became champion in another way" in refused(look(store, registry, decision))


def test_an_unfinished_rollback_stands_in_the_way_too(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    decision = approve(store, decide())
    append(
        store,
        read(store),
        kind=Kind.ROLLING_BACK,
        actor="bert",
        model="credit",
        at=NOW,
        facts={"from": "2", "to": "1"},
    )
    assert refused(look(store, TextRegistry(), decision)).startswith("a rollback to version 1 was begun by bert")


def test_of_two_who_promote_at_once_only_one_begins(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    first = approve(store, decide())
    second = approve(store, decide(models=(champion(), challenger("3"))))
    history = read(store)
    late = look(store, registry, second)
    assert isinstance(late, Plan)
    go(store, registry, first)
    with pytest.raises(RegistryError, match="somebody else wrote about credit"):
        carry_out(late, store=store, history=history, registry=registry, by="bert", now=NOW)
    assert registry.moves == ["2"]


def test_the_same_command_twice_at_once_is_one_promotion(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())

    def meanwhile() -> None:
        registry.after_move = lambda: None
        go(store, registry, decision)

    registry.after_move = meanwhile
    entry = go(store, registry, decision)
    assert entry == read(store)[-1] and kinds(read(store)) == ["approved", "promoting", "promoted"]


def test_an_outcome_is_written_although_somebody_approves_something_meanwhile(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())

    def meanwhile() -> None:
        approve(store, decide(models=(champion("2"), challenger("3"))))

    registry.after_move = meanwhile
    go(store, registry, decision)
    assert kinds(read(store)) == ["approved", "promoting", "approved", "promoted"]


def test_a_promotion_that_a_rollback_closed_meanwhile_is_no_success(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())

    def meanwhile() -> None:
        registry.before_move = lambda: None
        assert back(store, registry).kind is Kind.ABANDONED

    registry.before_move = meanwhile
    with pytest.raises(RegistryError, match="was closed by bert while it was under way"):
        go(store, registry, decision)


def test_a_ledger_that_takes_nothing_more_is_told_and_not_asked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())

    def full(self: FileStore, line: str, *, number: int) -> bool:
        raise RegistryError("the disk is full")

    registry.after_move = lambda: monkeypatch.setattr(FileStore, "add", full)
    with pytest.raises(RegistryError, match="the disk is full"):
        go(store, registry, decision)
    assert registry.alias == "2" and kinds(read(store)) == ["approved", "promoting"]


def test_a_ledger_that_fails_after_the_move_leaves_the_intent(tmp_path: Path) -> None:
    store, registry = store_at(tmp_path), TextRegistry()
    decision = approve(store, decide())

    def cut() -> None:
        with store.path.open("a") as file:
            file.write('{"number": 3, "ac')

    registry.after_move = cut
    with pytest.raises(RegistryError, match="line 3 is cut off"):
        go(store, registry, decision)
