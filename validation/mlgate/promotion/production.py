"""From the ledger to what became of a decision: promoted, rolled back, replaced, brought back.

Separate from ``promote.py``, which writes those entries: reports are written from here, and nothing is judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.promotion.ledger import Entry, Kind
from mlgate.promotion.statement import decision_digest
from mlgate.records.decision import Decision
from mlgate.records.production import Move, Production

__all__ = ["production", "promotions_of"]

_MOVES = {Kind.PROMOTED: "promoted", Kind.ROLLED_BACK: "rolled back"}


def production(decision: Decision, history: Sequence[Entry]) -> Production | None:
    """What the ledger says about a decision's challenger in production; None when it was never promoted by it."""
    digest = decision_digest(decision)
    found: Production | None = None
    for entry in history:
        if entry.model != decision.model or entry.kind not in _MOVES:
            continue
        move = _move(entry)
        if entry.kind is Kind.PROMOTED and entry.facts.get("decision") == digest:
            found = Production(promoted=move)
        elif found is not None:
            found = _after(found, move)
    return found


def promotions_of(versions: Sequence[str], model: str, history: Sequence[Entry]) -> tuple[Entry, ...]:
    """The last promotion of each of these versions, as far as the ledger knows one."""
    last = {
        entry.facts["to"]: entry
        for entry in history
        if entry.model == model and entry.kind is Kind.PROMOTED and entry.facts["to"] in versions
    }
    return tuple(last.values())


def _after(found: Production, move: Move) -> Production:
    """How it stands after one more move of the alias."""
    if move.target == found.promoted.target:
        return found if found.out is None else Production(promoted=found.promoted, back=move)
    # What came after it was taken out is about other versions.
    return found if found.out is not None else Production(promoted=found.promoted, out=move)


def _move(entry: Entry) -> Move:
    return Move(
        what=_MOVES[entry.kind],
        by=entry.actor,
        at=entry.at,
        origin=entry.facts.get("from", ""),
        target=entry.facts["to"],
        reason=entry.facts.get("reason", ""),
    )
