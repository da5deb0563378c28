"""The ledger: an append-only history of approvals, promotions and rollbacks, chained by SHA-256.

Every entry names the digest of the one before, so that an entry cannot be changed, taken out or put in without breaking
the chain, which every reader checks. Where the lines are kept is the store's business (``edges/ledger_stores.py``).
The ledger is also the lock of promotion: an intent is appended first, and only while nobody else has appended anything
about the same model since it was judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from mlgate.errors import RegistryError
from mlgate.frozen import dataclass
from mlgate.promotion.contract import instant

__all__ = ["START", "Entry", "Kind", "LedgerStore", "append", "champions", "open_intent", "read"]

#: What the first entry names as the one before it.
START = "sha256:" + "0" * 64
#: How often an append starts over because of entries that are about other models.
ATTEMPTS = 50


class Kind(StrEnum):
    """What happened."""

    DECIDED = "decided"
    APPROVED = "approved"
    OVERRIDDEN = "overridden"
    REJECTED = "rejected"
    #: intent, before the alias moves; closed by the next one, or by ``abandoned``.
    PROMOTING = "promoting"
    PROMOTED = "promoted"
    #: intent, before the alias moves back; closed by the next one, or by ``abandoned``.
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    ABANDONED = "abandoned"


INTENTS = (Kind.PROMOTING, Kind.ROLLING_BACK)
OUTCOMES = (Kind.PROMOTED, Kind.ROLLED_BACK, Kind.ABANDONED)


class LedgerStore(Protocol):
    """Where lines are kept: in order, whole, and never changed."""

    @property
    def place(self) -> str:
        """Where that is, for messages."""
        ...

    def read(self) -> tuple[str, ...]:
        """All lines, oldest first; RegistryError when they cannot be read or the last one is cut off."""
        ...

    def add(self, line: str, *, number: int) -> bool:
        """Keep a line as the ``number``-th (from 1); False, and nothing kept, when another line has that number."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing that happened."""

    #: from 1, without gaps.
    number: int
    #: ISO 8601, UTC.
    at: str
    kind: Kind
    #: who did it, as they said.
    actor: str
    model: str
    #: what belongs to it, such as ``from``, ``to``, ``decision`` (digest), ``reason``.
    facts: Mapping[str, str]
    #: digest of the entry before.
    previous: str

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical text of all other fields."""
        return "sha256:" + hashlib.sha256(_canonical(self._fields()).encode()).hexdigest()

    def line(self) -> str:
        """The entry as one line of JSON, without an end of line."""
        return _canonical({**self._fields(), "digest": self.digest})

    def plain(self) -> dict[str, Any]:
        """All fields as plain JSON values, for ``--json``."""
        return {**self._fields(), "digest": self.digest}

    def _fields(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": self.at,
            "kind": self.kind.value,
            "actor": self.actor,
            "model": self.model,
            "facts": dict(self.facts),
            "previous": self.previous,
        }


def read(store: LedgerStore) -> tuple[Entry, ...]:
    """All entries, oldest first, once the chain was verified.

    Raises
    ------
    RegistryError
        The store cannot be read, or an entry was changed, removed or inserted; the first that does not fit is named.
    """
    entries: list[Entry] = []
    previous = START
    for number, line in enumerate(store.read(), start=1):
        entry = _parse(line, number=number, place=store.place)
        if entry.number != number or entry.previous != previous:
            raise RegistryError(
                f"{store.place}: entry {number} does not follow from the one before it: the ledger was edited; "
                "restore it from a copy before you promote anything."
            )
        entries.append(entry)
        previous = entry.digest
    return tuple(entries)


def append(
    store: LedgerStore,
    history: Sequence[Entry],
    *,
    kind: Kind,
    actor: str,
    model: str,
    at: datetime,
    facts: Mapping[str, str],
) -> tuple[Entry, ...]:
    """Add an entry that was judged on ``history``, and return the history with it.

    Entries about other models that came in between do no harm; one about the same model means that the judgement is
    out of date.

    Raises
    ------
    RegistryError
        Somebody else wrote about the same model in the meantime, or the store cannot be written.
    """
    known = tuple(history)
    for _ in range(ATTEMPTS):
        entry = Entry(
            number=len(known) + 1,
            at=instant(at),
            kind=kind,
            actor=actor,
            model=model,
            facts={name: value for name, value in sorted(facts.items()) if value},
            previous=known[-1].digest if known else START,
        )
        if store.add(entry.line(), number=entry.number):
            return (*known, entry)
        now = read(store)
        if now[: len(known)] != known or any(other.model == model for other in now[len(known) :]):
            break
        known = now
    raise RegistryError(
        f"{store.place}: somebody else wrote about {model} at the same moment, so nothing was written; "
        "look at `mlgate history` and run the command again."
    )


def open_intent(history: Sequence[Entry], model: str) -> Entry | None:
    """The last promotion or rollback that was begun and neither finished nor abandoned."""
    moves = [entry for entry in history if entry.model == model and entry.kind in (*INTENTS, *OUTCOMES)]
    return moves[-1] if moves and moves[-1].kind in INTENTS else None


def champions(history: Sequence[Entry], model: str) -> tuple[str, ...]:
    """Versions in the order in which they became champion, without what was rolled back; the last is in production.

    A rollback walks back in this list, so that two rollbacks go two steps back and not to and fro.
    """
    stack: list[str] = []
    for entry in history:
        if entry.model != model or entry.kind not in (Kind.PROMOTED, Kind.ROLLED_BACK):
            continue
        origin, target = entry.facts.get("from", ""), entry.facts["to"]
        if entry.kind is Kind.PROMOTED:
            # The champion before the first promotion, or one that was set by hand, is known by being replaced.
            if origin and (not stack or stack[-1] != origin):
                stack.append(origin)
            stack.append(target)
        elif target in stack:
            del stack[len(stack) - stack[::-1].index(target) :]
        else:
            stack.append(target)
    return tuple(stack)


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _parse(line: str, *, number: int, place: str) -> Entry:
    """The entry of one line; its own digest is verified."""
    broken = RegistryError(
        f"{place}: entry {number} was edited or is damaged; restore the ledger from a copy before you promote anything."
    )
    try:
        value = json.loads(line)
        facts = value["facts"]
        entry = Entry(
            number=value["number"],
            at=value["at"],
            kind=Kind(value["kind"]),
            actor=value["actor"],
            model=value["model"],
            facts=facts,
            previous=value["previous"],
        )
        if line != entry.line():
            raise broken
    except (ValueError, KeyError, TypeError, RecursionError):
        raise broken from None
    return entry
