"""Putting a decision on record, and reading off the record how often a data set has decided.

The ledger learns of every run that ended, whatever its verdict: whoever tries long enough on the same rows finds a
challenger that passes by luck, so the tries are counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate import gate
from mlgate.commands.common.answers import now
from mlgate.edges.ledger_stores import FileStore, RegistryStore, open_store
from mlgate.edges.mlflow_registry import connect
from mlgate.edges.registry_address import address
from mlgate.frozen import dataclass
from mlgate.promotion.ledger import Kind, append, read
from mlgate.promotion.statement import decision_digest, digest_bytes, model_of
from mlgate.records.decision import Decision, Exhibit, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Section
from mlgate.sentences import plural

__all__ = ["Used", "record_decision", "uses_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """How often the base case has decided, as the report shows it."""

    exhibits: tuple[Exhibit, ...]
    observations: tuple[Observation, ...]


def uses_of(settings: Settings, *, rows: str, models: Sequence[ModelFacts]) -> Used:
    """Count the challengers that were judged on these rows, this one included, each once.

    A challenger that is no version of the model is on no record, so nothing is counted for it.

    Parameters
    ----------
    settings
        Say where the ledger is, and how many uses are budgeted.
    rows
        Digest of the base case.
    models
        Of this run.

    Raises
    ------
    RegistryError
        The ledger cannot be read.
    """
    this = next((facts for facts in models if facts.role == "challenger"), None)
    if this is None or not _on_record(settings, this):
        return Used(exhibits=(), observations=())
    entries = [entry for entry in read(_store(settings)) if entry.model == settings.model]
    decided = [entry.facts for entry in entries if entry.kind is Kind.DECIDED]
    uses = len({facts.get("challenger", "") for facts in decided if facts.get("rows") == rows} | {this.digest})
    exhibit = Exhibit(name="uses", columns=("dataset", "uses", "budget"), rows=((gate.BASE_CASE, uses, settings.uses),))
    if uses <= settings.uses:
        return Used(exhibits=(exhibit,), observations=())
    return Used(exhibits=(exhibit,), observations=(_overused(uses, settings.uses),))


def _overused(uses: int, budget: int) -> Observation:
    return Observation(
        id="data/base_case/uses",
        section=Section.DATA,
        title=f"the base case decided on at most {plural(budget, 'challenger')}",
        level=Level.ADVISORY,
        reason=(
            f"{plural(uses, 'challenger was', 'challengers were')} judged on these rows, "
            f"{plural(budget, 'is', 'are')} budgeted (uses); the best of many tries looks better "
            "than it is (adaptive overfitting): take fresh rows"
        ),
        dataset=gate.BASE_CASE,
        value=float(uses),
        at_most=float(budget),
    )


def record_decision(settings: Settings, decision: Decision, statement: str) -> None:
    """Append a ``decided`` entry; a challenger that is no version of the model has no place in its ledger.

    Raises
    ------
    RegistryError
        The ledger cannot be read or written.
    """
    challenger = model_of(decision, "challenger")
    if challenger is None or not _on_record(settings, challenger):
        return
    store = _store(settings)
    rows = next((one.digest for one in decision.provenance.data if one.name == gate.BASE_CASE), "")
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
            "challenger": challenger.digest,
            "rows": rows,
        },
    )


def _on_record(settings: Settings, challenger: ModelFacts) -> bool:
    return challenger.name == settings.model and bool(challenger.version)


def _store(settings: Settings) -> FileStore | RegistryStore:
    return open_store(
        settings.ledger,
        root=settings.root,
        model=settings.model,
        board=lambda: connect(address(settings), create=False),
    )
