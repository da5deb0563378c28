"""The ledger's chain: whatever is done to a line is seen, and what is read is what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.edges.ledger_stores import FileStore
from mlgate.errors import RegistryError
from mlgate.promotion.ledger import START, Entry, Kind, append, champions, open_intent, read
from tests.promotion.runs import NOW, kinds, store_at

FACTS = {"from": "1", "to": "2"}


def filled(folder: Path, count: int = 4, *, model: str = "credit") -> FileStore:
    store = store_at(folder)
    history: tuple[Entry, ...] = ()
    for number in range(count):
        facts = {**FACTS, "reason": f"number {number}"}
        history = append(store, history, kind=Kind.PROMOTED, actor="anna", model=model, at=NOW, facts=facts)
    return store


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    entries = read(filled(tmp_path))
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert entries[0].previous == START and entries[3].previous == entries[2].digest
    assert entries[0].at == "2026-11-24T13:05:09Z" and entries[0].facts["reason"] == "number 0"


def test_an_empty_ledger_has_no_entries(tmp_path: Path) -> None:
    assert read(store_at(tmp_path)) == ()


@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("change", ["actor", "reason", "space"])
def test_an_edited_line_is_named(tmp_path: Path, number: int, change: str) -> None:
    store = filled(tmp_path)
    lines = store.path.read_text().splitlines()
    edits = {"actor": ("anna", "bert"), "reason": ("number", "nombre"), "space": (",", ", ")}
    lines[number - 1] = lines[number - 1].replace(*edits[change])
    store.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RegistryError, match=f"entry {number} was edited or is damaged"):
        read(store)


def test_a_line_edited_with_its_own_digest_breaks_the_next_one(tmp_path: Path) -> None:
    store = filled(tmp_path)
    first, *rest = read(store)
    forged = Entry(**{**{name: getattr(first, name) for name in Entry.__slots__}, "actor": "bert"})
    store.path.write_text("".join(f"{entry.line()}\n" for entry in (forged, *rest)))
    with pytest.raises(RegistryError, match="entry 2 does not follow from the one before it"):
        read(store)


def test_a_line_taken_out_is_named(tmp_path: Path) -> None:
    store = filled(tmp_path)
    lines = store.path.read_text().splitlines(keepends=True)
    store.path.write_text("".join(lines[:1] + lines[2:]))
    with pytest.raises(RegistryError, match="entry 2 does not follow"):
        read(store)


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"facts": 1}', "[" * 100_000])
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: str) -> None:
    store = filled(tmp_path, 1)
    store.path.write_text(store.path.read_text() + line + "\n")
    with pytest.raises(RegistryError, match="entry 2 was edited or is damaged"):
        read(store)


@given(actor=st.text(max_size=30), reason=st.text(max_size=60), model=st.text(max_size=10))
def test_any_text_comes_back_from_its_line(actor: str, reason: str, model: str) -> None:
    entry = Entry(
        number=1, at="t", kind=Kind.REJECTED, actor=actor, model=model, facts={"reason": reason}, previous=START
    )
    line = entry.line()
    assert "\n" not in line and json.loads(line) == entry.plain()


def test_somebody_who_wrote_about_the_same_model_makes_the_append_fail(tmp_path: Path) -> None:
    store = filled(tmp_path, 1)
    history = read(store)
    append(store, history, kind=Kind.REJECTED, actor="bert", model="credit", at=NOW, facts={})
    with pytest.raises(RegistryError, match="somebody else wrote about credit at the same moment"):
        append(store, history, kind=Kind.PROMOTING, actor="anna", model="credit", at=NOW, facts=FACTS)
    assert kinds(read(store)) == ["promoted", "rejected"]


def test_entries_about_other_models_do_no_harm(tmp_path: Path) -> None:
    store = filled(tmp_path, 1)
    history = read(store)
    append(store, history, kind=Kind.REJECTED, actor="bert", model="other", at=NOW, facts={})
    after = append(store, history, kind=Kind.PROMOTING, actor="anna", model="credit", at=NOW, facts=FACTS)
    assert after == read(store) and [entry.model for entry in after] == ["credit", "other", "credit"]


def test_an_append_gives_up_when_its_number_is_never_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    monkeypatch.setattr(FileStore, "add", lambda self, line, number: tried.append(number))
    with pytest.raises(RegistryError, match="so nothing was written"):
        append(store_at(tmp_path), (), kind=Kind.REJECTED, actor="a", model="m", at=NOW, facts={})
    assert 1 < len(tried) < 100 and set(tried) == {1}


def test_empty_facts_are_not_kept(tmp_path: Path) -> None:
    (entry,) = append(
        store_at(tmp_path), (), kind=Kind.PROMOTED, actor="a", model="m", at=NOW, facts={"from": "", "to": "1"}
    )
    assert entry.facts == {"to": "1"}


def moves(*steps: tuple[Kind, str, str]) -> tuple[Entry, ...]:
    return tuple(
        Entry(number=n, at="", kind=kind, actor="", model="m", facts={"from": origin, "to": target}, previous="")
        for n, (kind, origin, target) in enumerate(steps, start=1)
    )


UP, BACK = Kind.PROMOTED, Kind.ROLLED_BACK


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (moves(), ()),
        (moves((UP, "", "1"), (UP, "1", "2"), (UP, "2", "3")), ("1", "2", "3")),
        (moves((UP, "", "1"), (UP, "1", "2"), (BACK, "2", "1")), ("1",)),
        (moves((UP, "7", "8")), ("7", "8")),
        (moves((UP, "", "1"), (UP, "1", "2"), (BACK, "2", "1"), (UP, "1", "4")), ("1", "4")),
        (moves((UP, "", "1"), (UP, "1", "2"), (BACK, "2", "1"), (BACK, "1", "2")), ("1", "2")),
        (moves((UP, "", "1"), (UP, "1", "2"), (UP, "2", "3"), (BACK, "3", "1")), ("1",)),
        (moves((UP, "", "1"), (UP, "5", "6")), ("1", "5", "6")),
        (moves((UP, "", "1"), (Kind.PROMOTING, "1", "2"), (Kind.ABANDONED, "1", "2")), ("1",)),
    ],
)
def test_champions_are_a_stack_from_which_a_rollback_takes(
    history: tuple[Entry, ...], expected: tuple[str, ...]
) -> None:
    assert champions(history, "m") == expected
    assert champions(history, "another model") == ()


def test_an_intent_is_open_until_its_outcome() -> None:
    begun = moves((UP, "", "1"), (Kind.PROMOTING, "1", "2"))
    assert open_intent(begun, "m") == begun[1]
    assert open_intent(begun, "another model") is None
    assert open_intent((*begun, *moves((UP, "1", "2"))), "m") is None
