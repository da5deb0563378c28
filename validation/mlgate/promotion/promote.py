"""Promotion: judge everything, then write the intent, move the alias, write the outcome.

Judging has no effect, so a refusal leaves all as it was. The three effects can be interrupted between any two of them:
the intent in the ledger says how far it came, and the same command finishes it. The order of reading matters: the
ledger first, the registry after it, so that whoever promotes in between makes the intent's append fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mlgate.errors import RegistryError
from mlgate.frozen import dataclass
from mlgate.promotion import grounds
from mlgate.promotion.contract import Answer, Registry
from mlgate.promotion.grounds import refused
from mlgate.promotion.ledger import INTENTS, Entry, Kind, LedgerStore, append, open_intent, read
from mlgate.promotion.statement import decision_digest, decision_of, model_of, verify_run
from mlgate.records.decision import Decision, ModelFacts
from mlgate.records.settings import Settings

__all__ = ["Plan", "carry_out", "finish", "judge"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A promotion that was judged and may be carried out."""

    model: str
    #: version of the champion that is replaced; empty for the first champion.
    origin: str
    #: version that becomes champion.
    target: str
    #: what the ledger keeps about it.
    facts: Mapping[str, str]
    #: an intent of this same decision that was not finished; None when there is none.
    intent: Entry | None = None


def judge(
    files: Mapping[str, bytes], *, settings: Settings, history: Sequence[Entry], registry: Registry, now: datetime
) -> Plan | Answer:
    """Whether a run may be promoted now. Reads the files of the run, the ledger and the registry; changes nothing.

    Parameters
    ----------
    files
        Content of the run's files by name, from ``statement.read_run``.
    settings
        The mlgate.yaml of today, which must be the one that the run was judged by.
    history
        The ledger; must have been read before the registry is.
    registry
        Where the champion stands.
    now
        The moment, in UTC, at which an override may have ended.

    Raises
    ------
    DataError
        The decision cannot be read.
    RegistryError
        The registry cannot be reached or does not hold the challenger's version.
    """
    problems = verify_run(files)
    if problems:
        return refused("\n".join(problems))
    decision = decision_of(files)
    refusal = grounds.wrong_subject(decision, settings)
    if refusal is not None:
        return refusal
    challenger = model_of(decision, "challenger")
    assert challenger is not None  # grounds.wrong_subject saw to it
    current = registry.champion(decision.model) or ""
    already = grounds.carried_out(decision, challenger, history, current)
    if already is not None:
        return already
    refusal = (
        grounds.stale_config(decision, settings)
        or grounds.no_approval(decision, settings, history, now)
        or grounds.edited(files, decision, history)
        or grounds.other_artifact(challenger, registry)
    )
    if refusal is not None:
        return refusal
    intent = open_intent(history, decision.model)
    if (
        intent is not None
        and intent.facts.get("decision") == decision_digest(decision)
        and intent.kind is Kind.PROMOTING
    ):
        return _resume(decision, intent, current)
    if intent is not None:
        return refused(_unfinished(intent))
    refusal = grounds.stale_champion(model_of(decision, "champion"), challenger, current)
    if refusal is not None:
        return refusal
    return Plan(
        model=decision.model,
        origin=current,
        target=challenger.version,
        facts=_facts(decision, challenger, current),
    )


def carry_out(
    plan: Plan, *, store: LedgerStore, history: Sequence[Entry], registry: Registry, by: str, now: datetime
) -> Entry:
    """Write the intent, move the alias, write the outcome; the entry of the outcome is given back.

    Raises
    ------
    RegistryError
        Somebody else promoted in the meantime (nothing was done), or the registry or the ledger failed on the way (the
        intent stands, and the same command finishes it).
    """
    if plan.intent is None:
        history = append(store, history, kind=Kind.PROMOTING, actor=by, model=plan.model, at=now, facts=plan.facts)
        intent = history[-1]
    else:
        intent = plan.intent
    registry.set_champion(plan.model, plan.target)
    outcome = finish(store, history, intent=intent, kind=Kind.PROMOTED, by=by, now=now)
    if outcome.kind is not Kind.PROMOTED:
        raise RegistryError(
            f"the promotion to version {plan.target} of {plan.model} was closed by {outcome.actor} while it was under"
            " way; look at `mlgate history` and at the registry, and roll back with --to."
        )
    return outcome


def finish(store: LedgerStore, history: Sequence[Entry], *, intent: Entry, kind: Kind, by: str, now: datetime) -> Entry:
    """Close an intent with its outcome, unless somebody who ran the same command closed it meanwhile."""
    facts = {**intent.facts, "intent": str(intent.number)}
    known = tuple(history)
    while True:  # ends, because it goes on only when the ledger has grown
        closed = next((entry for entry in known if entry.facts.get("intent") == str(intent.number)), None)
        if closed is not None:
            return closed
        try:
            return append(store, known, kind=kind, actor=by, model=intent.model, at=now, facts=facts)[-1]
        except RegistryError:
            now_known = read(store)
            if len(now_known) == len(known):
                raise
            known = now_known


def _facts(decision: Decision, challenger: ModelFacts, current: str) -> dict[str, str]:
    approval = decision.approval
    return {
        "from": current,
        "to": challenger.version,
        "digest": challenger.digest,
        "decision": decision_digest(decision),
        "run": decision.provenance.run,
        "verdict": decision.verdict.value,
        "approval": approval.state.value,
        "approved_by": approval.by,
        "mode": decision.mode if decision.mode != "gate" else "",
        "demo": "yes" if approval.demo else "",
    }


def _resume(decision: Decision, intent: Entry, current: str) -> Plan | Answer:
    """Finish what was begun, as long as the champion is where the intent left it or was taking it."""
    origin, target = intent.facts.get("from", ""), intent.facts["to"]
    if current not in (origin, target):
        return refused(
            f"{_unfinished(intent)} Meanwhile version {current or '(none)'} became champion in another way, so it is"
            " not finished now."
        )
    return Plan(model=decision.model, origin=origin, target=target, facts=intent.facts, intent=intent)


def _unfinished(intent: Entry) -> str:
    what = "promotion" if intent.kind is Kind.PROMOTING else "rollback"
    assert intent.kind in INTENTS
    way = (
        f"finish it with `mlgate promote` of {intent.facts.get('run', 'that run')}, or close"
        if what == "promotion"
        else "close"
    )
    return (
        f"a {what} to version {intent.facts['to']} was begun by {intent.actor} on {intent.at} and not finished: "
        f"{way} it with `mlgate rollback`."
    )
