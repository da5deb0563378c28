"""Rollback: bring a former champion back, by the ledger and without asking the gate.

Meant for a bad night: it needs no run folder and no approval, only a name and a reason, and it never picks a version
that was not champion before. It also closes what a crash left open: an intent without an outcome.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from mlgate.errors import ConfigError
from mlgate.frozen import dataclass
from mlgate.promotion.approve import MAX_REASON
from mlgate.promotion.contract import DONE, REFUSED, Answer, Registry
from mlgate.promotion.ledger import Entry, Kind, LedgerStore, append, champions, open_intent
from mlgate.promotion.promote import finish

__all__ = ["Plan", "carry_out", "judge"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A rollback that was judged and may be carried out."""

    model: str
    #: version that is champion now; empty when there is none.
    origin: str
    #: version that becomes champion again; equal to ``origin`` when only an intent is left to close.
    target: str
    #: what the ledger keeps about it.
    facts: Mapping[str, str]
    #: what a crash left open, and how it is closed first.
    closing: tuple[Entry, Kind] | None = None


def judge(
    model: str, *, to: str | None, by: str, reason: str, history: Sequence[Entry], registry: Registry
) -> Plan | Answer:
    """Where a rollback would lead, or why there is none. Changes nothing.

    Parameters
    ----------
    model
        Name of the registered model.
    to
        Version to bring back; None for the champion before this one.
    by, reason
        What the ledger keeps.
    history
        The ledger; must have been read before the registry is.
    registry
        Where the champion stands.

    Raises
    ------
    ConfigError
        No name or no reason was given, or the reason is too long.
    RegistryError
        The registry cannot be reached or no longer holds the version.
    """
    _check_words(by, reason)
    current = registry.champion(model) or ""
    closing = _closing(history, model, current)
    # The history as it will be once the intent is closed.
    settled = (*history, dataclasses.replace(closing[0], kind=closing[1])) if closing else tuple(history)
    target = _target(settled, model, to=to, current=current, closing=closing)
    if isinstance(target, Answer):
        return target
    digest = ""
    if target != current:
        registry.version_facts(model, target)
        digest = _promoted_digest(history, model, target)
        found = registry.artifact_digest(model, target)
        if digest and found != digest:
            return _refused(
                f"the files of version {target} of {model} were changed since it was promoted, so it is not brought"
                " back; choose another version with --to."
            )
        digest = found
    facts = {"from": current, "to": target, "digest": digest, "reason": reason}
    return Plan(model=model, origin=current, target=target, facts=facts, closing=closing)


def carry_out(
    plan: Plan, *, store: LedgerStore, history: Sequence[Entry], registry: Registry, by: str, now: datetime
) -> Entry:
    """Close what is open, write the intent, move the alias, write the outcome; the last entry is given back.

    Raises
    ------
    RegistryError
        Somebody else promoted in the meantime, or the registry or the ledger failed on the way; the same command
        finishes what was begun.
    """
    known = tuple(history)
    if plan.closing is not None:
        intent, kind = plan.closing
        facts = {**intent.facts, "intent": str(intent.number)}
        known = append(store, known, kind=kind, actor=by, model=plan.model, at=now, facts=facts)
    if plan.target == plan.origin:
        return known[-1]
    known = append(store, known, kind=Kind.ROLLING_BACK, actor=by, model=plan.model, at=now, facts=plan.facts)
    registry.set_champion(plan.model, plan.target)
    return finish(store, known, intent=known[-1], kind=Kind.ROLLED_BACK, by=by, now=now)


def _closing(history: Sequence[Entry], model: str, current: str) -> tuple[Entry, Kind] | None:
    """The intent that a crash left open and its outcome, read from where the alias stands."""
    intent = open_intent(history, model)
    if intent is None:
        return None
    if current != intent.facts["to"]:
        return intent, Kind.ABANDONED
    return intent, Kind.PROMOTED if intent.kind is Kind.PROMOTING else Kind.ROLLED_BACK


def _target(
    history: Sequence[Entry], model: str, *, to: str | None, current: str, closing: tuple[Entry, Kind] | None
) -> str | Answer:
    """Version that becomes champion; the current one when closing an intent is all that is left to do."""
    stack = champions(history, model)
    if to is not None:
        known = _ever_champion(history, model)
        if to not in known:
            return _refused(
                f"version {to} of {model} was never champion, as far as the ledger goes; those were"
                f" {', '.join(known) or 'none'}."
            )
        if to == current and closing is None:
            return Answer(
                code=DONE, sentence=f"version {to} of {model} is the champion already; nothing is left to do."
            )
        return to
    if closing is not None and _closing_is_enough(*closing):
        return current
    if not stack:
        return _refused(f"the ledger knows of no promotion of {model}, so there is nothing to go back to.")
    if stack[-1] != current:
        return _refused(
            f"the champion of {model} is {f'version {current}' if current else 'no version'}, but the ledger's last one"
            f" is version {stack[-1]}: the alias was moved by hand; say where to go with --to VERSION."
        )
    if len(stack) == 1:
        return _refused(
            f"version {current} is the first champion of {model} that the ledger knows; there is nothing to go back to."
        )
    return stack[-2]


def _closing_is_enough(intent: Entry, kind: Kind) -> bool:
    """A promotion that never moved the alias needs no way back, and a rollback that did is done."""
    return (intent.kind, kind) in ((Kind.PROMOTING, Kind.ABANDONED), (Kind.ROLLING_BACK, Kind.ROLLED_BACK))


def _ever_champion(history: Sequence[Entry], model: str) -> list[str]:
    moves = [entry for entry in history if entry.model == model and entry.kind in (Kind.PROMOTED, Kind.ROLLED_BACK)]
    versions = [entry.facts.get(end, "") for entry in moves for end in ("from", "to")]
    return list(dict.fromkeys(version for version in versions if version))


def _promoted_digest(history: Sequence[Entry], model: str, version: str) -> str:
    """Digest of a version's files when it was last promoted; empty when it was champion before the ledger began."""
    for entry in reversed(history):
        if entry.model == model and entry.kind is Kind.PROMOTED and entry.facts.get("to") == version:
            return entry.facts.get("digest", "")
    return ""


def _check_words(by: str, reason: str) -> None:
    for option, text in (("--by", by), ("--reason", reason)):
        if not text.strip():
            raise ConfigError(f"{option} is empty; it is what the ledger keeps, so say it.")
    if len(reason) > MAX_REASON:
        raise ConfigError(
            f"--reason has {len(reason):,} characters and may have {MAX_REASON:,}; link to the long version."
        )


def _refused(sentence: str) -> Answer:
    return Answer(code=REFUSED, sentence=sentence)
