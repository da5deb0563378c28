"""Both stores keep a line whole or not at all, never overwrite one, and say so when something was done to them."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mlgate.edges.ledger_stores import MAX_TAG, FileStore, RegistryStore, open_store
from mlgate.errors import RegistryError
from mlgate.promotion.ledger import Kind, append, read
from tests.promotion.runs import NOW


@dataclass(kw_only=True)
class Board:
    """Tags in memory; other writers can be let in before and after a tag is set."""

    kept: dict[str, str] = field(default_factory=dict)
    before_set: list[Callable[[], object]] = field(default_factory=list)
    after_set: list[Callable[[], object]] = field(default_factory=list)
    longest: int = 100_000

    @property
    def address(self) -> str:
        return "board"

    def tags(self, model: str) -> dict[str, str]:
        return dict(self.kept)

    def set_tag(self, model: str, key: str, value: str) -> None:
        while self.before_set:
            self.before_set.pop()()
        self.kept[key] = value[: self.longest]
        while self.after_set:
            self.after_set.pop()()

    def delete_tag(self, model: str, key: str) -> None:
        self.kept.pop(key, None)


def stores(folder: Path) -> list[FileStore | RegistryStore]:
    return [FileStore(path=folder / "deep" / "ledger.jsonl"), RegistryStore(board=Board(), model="credit")]


@pytest.mark.parametrize("which", [0, 1])
def test_lines_come_back_in_order_and_a_taken_number_is_not_taken_again(tmp_path: Path, which: int) -> None:
    store = stores(tmp_path)[which]
    assert store.read() == ()
    assert store.add("one", number=1)
    assert not store.add("other", number=1)
    assert not store.add("early", number=3)
    assert store.add("zwei – δύο", number=2)
    assert store.read() == ("one", "zwei – δύο")


def test_the_ledger_is_where_the_configuration_says(tmp_path: Path) -> None:
    board = Board()
    assert open_store("registry", root=tmp_path, model="credit", board=lambda: board) == RegistryStore(
        board=board, model="credit"
    )
    kept = open_store("audit/ledger.jsonl", root=tmp_path, model="credit", board=Board)
    assert kept.place == str(tmp_path / "audit" / "ledger.jsonl")


def test_a_line_that_a_crash_cut_off_is_told_on_reading_and_on_writing(tmp_path: Path) -> None:
    store = FileStore(path=tmp_path / "ledger.jsonl")
    store.add("one", number=1)
    with store.path.open("a") as file:
        file.write('{"number":2,"kin')
    for attempt in (store.read, lambda: store.add("two", number=2)):
        with pytest.raises(RegistryError, match="line 2 is cut off, as a crash while writing leaves it; the 1 lines"):
            attempt()
    assert store.path.read_text() == 'one\n{"number":2,"kin'


def test_a_file_that_cannot_be_a_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    with pytest.raises(RegistryError, match="the ledger cannot be read"):
        FileStore(path=tmp_path / "ledger").read()
    with pytest.raises(RegistryError, match="the ledger cannot be opened"):
        FileStore(path=tmp_path / "ledger").add("one", number=1)
    (tmp_path / "bytes").write_bytes(b"\xff\n")
    with pytest.raises(RegistryError, match="it is not UTF-8"):
        FileStore(path=tmp_path / "bytes").read()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    store = FileStore(path=tmp_path / "ledger.jsonl")
    store.add("one", number=1)
    code = _in_a_process(_write_with_a_limit, store)
    assert code == 0
    assert store.read() == ("one",)


def _write_with_a_limit(store: FileStore) -> None:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    with pytest.raises(RegistryError, match="the ledger cannot be written .*; nothing was added"):
        store.add("x" * 100, number=2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    with pytest.raises(RegistryError, match="the ledger cannot be written"):
        store.add("x" * 100, number=2)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _in_a_process(work: Callable[[FileStore], None], store: FileStore) -> int | None:
    process = multiprocessing.get_context("spawn").Process(target=work, args=(store,))
    process.start()
    process.join(60)
    return process.exitcode


def _append_many(path: str, actor: str, count: int) -> None:
    store = FileStore(path=Path(path))
    done = 0
    while done < count:
        try:
            append(store, read(store), kind=Kind.REJECTED, actor=actor, model="credit", at=NOW, facts={"n": str(done)})
        except RegistryError:
            continue
        done += 1


def test_two_processes_that_append_at_once_lose_nothing_and_break_no_chain(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_many, args=(os.fspath(path), name, 40)) for name in ("anna", "bert")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0]
    entries = read(FileStore(path=path))
    for name in ("anna", "bert"):
        assert [entry.facts["n"] for entry in entries if entry.actor == name] == [str(n) for n in range(40)]


def test_a_registry_entry_is_a_tag_with_its_number() -> None:
    board = Board(kept={"team": "credit", "mlgate.ledger.notes": "by hand"})
    RegistryStore(board=board, model="credit").add("one", number=1)
    (key,) = set(board.kept) - {"team", "mlgate.ledger.notes"}
    assert key.startswith("mlgate.ledger.000001.") and board.kept[key] == "one"


def test_of_two_writers_the_later_one_takes_its_line_back() -> None:
    board = Board()
    first, second = (RegistryStore(board=board, model="credit") for _ in range(2))
    outcomes: list[bool] = []
    board.before_set.append(lambda: outcomes.append(first.add("from the first", number=1)))
    assert not second.add("from the second", number=1)
    assert outcomes == [True] and first.read() == ("from the first",)


def test_two_writers_that_see_each_other_both_take_their_line_back() -> None:
    board = Board()
    first, second = (RegistryStore(board=board, model="credit") for _ in range(2))
    outcomes: list[bool] = []
    board.after_set.append(lambda: board.kept.update({"mlgate.ledger.000001.0123456789abcdef": "from the second"}))
    outcomes.append(first.add("from the first", number=1))
    assert outcomes == [False] and second.read() == ("from the second",)


def test_tags_that_were_deleted_or_doubled_by_hand_are_named() -> None:
    board = Board()
    store = RegistryStore(board=board, model="credit")
    store.add("one", number=1)
    store.add("two", number=2)
    first = next(key for key in board.kept if "000001" in key)
    twin = {**board.kept, "mlgate.ledger.000001.0000000000000000": "uno"}
    with pytest.raises(RegistryError, match="entry 1 stands there twice, in the tags mlgate.ledger.000001.0000"):
        RegistryStore(board=Board(kept=twin), model="credit").read()
    board.delete_tag("credit", first)
    with pytest.raises(RegistryError, match="ledger of credit in board: entry 1 is missing: a tag was deleted"):
        store.read()


def test_an_entry_that_a_database_would_cut_is_refused_before_it_is_written() -> None:
    board = Board()
    with pytest.raises(RegistryError, match="5,001 characters and may have 5,000; give a shorter reason"):
        RegistryStore(board=board, model="credit").add("x" * (MAX_TAG + 1), number=1)
    assert board.kept == {}


def test_a_registry_that_cuts_what_it_is_given_is_found_out() -> None:
    with pytest.raises(RegistryError, match="did not keep entry 1 as it was written"):
        RegistryStore(board=Board(longest=255), model="credit").add("x" * 300, number=1)
