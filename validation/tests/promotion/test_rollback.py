"""Rollback: back by the ledger, further back each time, and only to what was champion before."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlgate.edges.ledger_stores import FileStore
from mlgate.errors import ConfigError, RegistryError
from mlgate.promotion.contract import DONE, REFUSED, Answer
from mlgate.promotion.ledger import Entry, Kind, append, read
from mlgate.promotion.rollback import Plan, carry_out, judge
from tests.promotion.runs import NOW, TextRegistry, kinds, store_at


def note(store: FileStore, kind: Kind, origin: str, target: str) -> None:
    facts = {"from": origin, "to": target, "digest": f"sha256:of {target}"}
    append(store, read(store), kind=kind, actor="anna", model="credit", at=NOW, facts=facts)


def promoted(folder: Path, *versions: str) -> tuple[FileStore, TextRegistry]:
    """A ledger and registry in which these versions became champion one after the other."""
    store = store_at(folder)
    for origin, target in zip(("", *versions), versions):
        note(store, Kind.PROMOTED, origin, target)
    return store, TextRegistry(alias=versions[-1] if versions else None)


def look(store: FileStore, registry: TextRegistry, to: str | None = None) -> Plan | Answer:
    return judge("credit", to=to, by="bert", reason="worse in production", history=read(store), registry=registry)


def go(store: FileStore, registry: TextRegistry, to: str | None = None) -> Entry:
    plan = look(store, registry, to)
    assert isinstance(plan, Plan), plan
    return carry_out(plan, store=store, history=read(store), registry=registry, by="bert", now=NOW)


def told(outcome: Plan | Answer, code: int = REFUSED) -> str:
    assert isinstance(outcome, Answer) and outcome.code == code, outcome
    return outcome.sentence


def test_the_former_champion_comes_back_and_the_ledger_says_why(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    entry = go(store, registry)
    assert registry.alias == "1"
    assert kinds(read(store)) == ["promoted", "promoted", "rolling_back", "rolled_back"]
    assert (entry.actor, entry.facts["from"], entry.facts["to"]) == ("bert", "2", "1")
    assert entry.facts["reason"] == "worse in production"


def test_rolling_back_again_goes_further_back_and_not_to_and_fro(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2", "3")
    go(store, registry)
    go(store, registry)
    assert registry.moves == ["2", "1"]
    assert "version 1 is the first champion of credit" in told(look(store, registry))


def test_a_promotion_after_a_rollback_goes_back_to_where_it_came_from(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    go(store, registry)
    note(store, Kind.PROMOTED, "1", "4")
    registry.alias = "4"
    go(store, registry)
    assert registry.alias == "1"


def test_a_champion_from_before_the_ledger_can_be_brought_back(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    note(store, Kind.PROMOTED, "4", "5")
    registry = TextRegistry(alias="5")
    go(store, registry)
    assert registry.alias == "4"


def test_a_named_version_must_have_been_champion(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2", "3")
    assert "version 5 of credit was never champion, as far as the ledger goes; those were 1, 2, 3" in told(
        look(store, registry, to="5")
    )
    go(store, registry, to="1")
    assert registry.alias == "1"
    go(store, registry, to="3")
    assert registry.alias == "3"


def test_naming_the_champion_is_already_done(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    assert "is the champion already" in told(look(store, registry, to="2"), DONE)


def test_without_any_promotion_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path)
    assert "the ledger knows of no promotion of credit" in told(look(store, registry))
    assert "those were none" in told(look(store, registry, to="1"))


@pytest.mark.parametrize(("alias", "words"), [("5", "is version 5"), (None, "is no version")])
def test_an_alias_that_was_moved_by_hand_needs_a_destination(tmp_path: Path, alias: str | None, words: str) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    registry.alias = alias
    answer = told(look(store, registry))
    assert words in answer and "the alias was moved by hand; say where to go with --to VERSION" in answer
    assert go(store, registry, to="1").facts.get("from", "") == (alias or "")


def test_a_version_that_is_gone_is_told(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    del registry.digests["1"]
    with pytest.raises(RegistryError, match="there is no version 1 of credit"):
        look(store, registry)


def test_a_version_whose_files_changed_since_is_not_brought_back(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    registry.digests["1"] = "sha256:evil"
    assert "the files of version 1 of credit were changed" in told(look(store, registry))


@pytest.mark.parametrize(
    ("by", "reason", "words"), [("", "x", "--by"), ("x", " ", "--reason is"), ("x", "x" * 2001, "2,001")]
)
def test_a_rollback_without_name_or_reason_is_bad_usage(tmp_path: Path, by: str, reason: str, words: str) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    with pytest.raises(ConfigError, match=words):
        judge("credit", to=None, by=by, reason=reason, history=read(store), registry=registry)


def test_a_promotion_that_never_moved_the_alias_is_closed_and_that_is_all(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    note(store, Kind.PROMOTING, "2", "3")
    entry = go(store, registry)
    assert entry.kind is Kind.ABANDONED and entry.facts["intent"] == "3"
    assert registry.moves == []


def test_a_promotion_that_moved_the_alias_is_recorded_and_then_taken_back(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    note(store, Kind.PROMOTING, "2", "3")
    registry.alias = "3"
    go(store, registry)
    assert registry.alias == "2"
    assert kinds(read(store))[2:] == ["promoting", "promoted", "rolling_back", "rolled_back"]


def test_a_rollback_that_moved_the_alias_is_recorded_and_goes_no_further(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2", "3")
    note(store, Kind.ROLLING_BACK, "3", "2")
    registry.alias = "2"
    assert go(store, registry).kind is Kind.ROLLED_BACK
    assert registry.alias == "2" and registry.moves == []


def test_a_rollback_that_never_moved_the_alias_is_done_again(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2", "3")
    note(store, Kind.ROLLING_BACK, "3", "2")
    go(store, registry)
    assert registry.alias == "2"
    assert kinds(read(store))[3:] == ["rolling_back", "abandoned", "rolling_back", "rolled_back"]


def test_a_named_version_closes_what_is_open_even_when_it_is_the_champion(tmp_path: Path) -> None:
    store, registry = promoted(tmp_path, "1", "2")
    note(store, Kind.PROMOTING, "2", "3")
    assert go(store, registry, to="2").kind is Kind.ABANDONED
    assert registry.moves == []
