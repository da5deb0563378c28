"""Putting a decision on record: the ledger learns of every run that ended, whatever its verdict."""

from __future__ import annotations

from mlgate.commands.answers import now
from mlgate.edges.ledger_stores import open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.promotion.ledger import Kind, append, read
from mlgate.promotion.statement import decision_digest, digest_bytes, model_of
from mlgate.records.decision import Decision
from mlgate.records.settings import Settings

__all__ = ["record_decision"]


def record_decision(settings: Settings, decision: Decision, statement: str) -> None:
    """Append a ``decided`` entry; a challenger that is no version of the model has no place in its ledger.

    Raises
    ------
    RegistryError
        The ledger cannot be read or written.
    """
    challenger = model_of(decision, "challenger")
    if challenger is None or challenger.name != settings.model or not challenger.version:
        return
    store = open_store(
        settings.ledger,
        root=settings.root,
        model=settings.model,
        board=lambda: connect(address(settings), create=False),
    )
    append(
        store,
        read(store),
        kind=Kind.DECIDED,
        actor="mlgate run",
        model=settings.model,
        at=now(),
        facts={
            "decision": decision_digest(decision),
            "statement": digest_bytes(statement.encode()),
            "run": decision.provenance.run,
            "verdict": decision.verdict.value,
            "version": challenger.version,
        },
    )
