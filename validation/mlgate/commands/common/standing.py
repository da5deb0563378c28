"""Reports of runs whose challenger went into production or left it: written again with what the ledger says of it.

A promotion and a rollback are done when the ledger says so; a report that cannot be written again is told in a line
and changes nothing of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlgate.commands.common.writing import rewrite_reports
from mlgate.edges.ledger_stores import open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.errors import MlgateError
from mlgate.promotion.ledger import Entry, LedgerStore, read
from mlgate.promotion.production import production, promotions_of
from mlgate.promotion.statement import decision_digest, decision_of, read_run
from mlgate.records.decision import Decision
from mlgate.records.production import Production
from mlgate.records.settings import Settings
from mlgate.records.words import ApprovalState

__all__ = ["may_be_promoted", "production_of", "told_in_reports"]


def may_be_promoted(decision: Decision) -> bool:
    """Whether a promotion of this decision is possible at all, so that asking the ledger is worth it."""
    signed = decision.approval.state in (ApprovalState.APPROVED, ApprovalState.OVERRIDDEN)
    return decision.provenance.command == "run" and (signed or decision.mode == "observe")


def production_of(decision: Decision, settings: Settings) -> Production | None:
    """What the ledger of these settings says about a decision in production.

    Raises
    ------
    RegistryError
        The ledger cannot be read.
    """
    store = open_store(
        settings.ledger,
        root=settings.root,
        model=settings.model,
        board=lambda: connect(address(settings), create=False),
    )
    return production(decision, read(store))


def told_in_reports(
    settings: Settings, store: LedgerStore, versions: Sequence[str], folder: Path | None = None
) -> list[str]:
    """Write the reports of these versions' promotions again; a line for each that could not be written.

    Parameters
    ----------
    settings, store
        The model, and its ledger as it is now.
    versions
        Versions that became champion or ceased to be it. Reports of their runs are sought where the runs were written,
        from here and from the folder of mlgate.yaml; where they lie elsewhere, nothing is to be done.
    folder
        Where the run lies that is promoted just now.
    """
    try:
        history = read(store)
    except MlgateError as problem:
        return [f"The reports were not written again: {problem}"]
    lines = []
    for entry in promotions_of(versions, settings.model, history):
        places = [Path(entry.facts["run"]), settings.root / entry.facts["run"]] if entry.facts.get("run") else []
        for place in dict.fromkeys(path.resolve() for path in ([folder] if folder else []) + places):
            try:
                decision = _decision(place, entry)
                if decision is not None:
                    rewrite_reports(place, decision, production(decision, history))
            except (MlgateError, OSError) as problem:
                lines.append(f"The reports in {place} were not written again: {problem}")
    return lines


def _decision(place: Path, entry: Entry) -> Decision | None:
    """The decision that was promoted by an entry; None when another one, or none, lies in this place."""
    if not (place / "decision.json").is_file():
        return None
    decision = decision_of(read_run(place))
    return decision if decision_digest(decision) == entry.facts.get("decision") else None
