"""The grounds on which a promotion is not carried out: one function each, which gives an answer or None.

Separate from ``promote.py``, which says in which order they are asked and what is done when there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mlgate.promotion.approve import OPEN, SIGNED, expired, on_record, refuse_incomplete, standing
from mlgate.promotion.contract import DONE, REFUSED, WAITING, Answer, Registry
from mlgate.promotion.ledger import Entry, Kind
from mlgate.promotion.statement import STATEMENT, decision_digest, digest_bytes, model_of
from mlgate.records.decision import Approval, Decision, ModelFacts
from mlgate.records.settings import Settings
from mlgate.records.words import ApprovalState, Verdict

__all__ = [
    "carried_out",
    "edited",
    "no_approval",
    "other_artifact",
    "refused",
    "stale_champion",
    "stale_config",
    "wrong_subject",
]


def carried_out(decision: Decision, challenger: ModelFacts, history: Sequence[Entry], current: str) -> Answer | None:
    """Done, when this same decision made the current champion champion; refused, when it was rolled back since."""
    digest = decision_digest(decision)
    promoted = [entry for entry in history if entry.kind is Kind.PROMOTED and entry.facts.get("decision") == digest]
    if not promoted:
        return None
    when = promoted[-1].at
    if current == challenger.version:
        sentence = (
            f"version {current} of {decision.model} is the champion since {when} by this same decision; nothing is left"
            " to do."
        )
        return Answer(code=DONE, sentence=sentence)
    return refused(
        f"this decision was carried out on {when}, and version {current or '(none)'} is the champion today: run the"
        f" gate again, or bring version {challenger.version} back with `mlgate rollback --to {challenger.version}`."
    )


def wrong_subject(decision: Decision, settings: Settings) -> Answer | None:
    """The decision is about something that can be promoted at all."""
    incomplete = refuse_incomplete(decision)
    if incomplete is not None:
        return incomplete
    if decision.model != settings.model:
        return refused(
            f"the decision is about {decision.model}, mlgate.yaml about {settings.model}; give the right one with"
            " --config."
        )
    challenger = model_of(decision, "challenger")
    if challenger is None or not challenger.version or not challenger.digest:
        return refused(
            f"the challenger ({challenger.source if challenger else 'none'}) is no version of {decision.model} in a"
            " registry; register it and take that version through the gate."
        )
    if challenger.name != decision.model:
        return refused(
            f"the challenger is a version of {challenger.name}, but the champion is sought under {decision.model}."
        )
    return None


def stale_config(decision: Decision, settings: Settings) -> Answer | None:
    """The requirements of today are those that the decision was judged by."""
    if decision.provenance.config_digest != settings.digest:
        return refused(
            "mlgate.yaml was changed since this decision, so it no longer says what today's requirements would: run the"
            " gate again."
        )
    return None


def no_approval(decision: Decision, settings: Settings, history: Sequence[Entry], now: datetime) -> Answer | None:
    """Somebody who may do so approved this very decision, and that still holds."""
    approval = standing(decision, history)
    if isinstance(approval, Answer):
        return approval
    if approval.state is ApprovalState.REJECTED:
        return refused(f"the decision was rejected by {approval.by} on {approval.at}: {approval.reason}")
    if decision.approval.state in OPEN:
        return _waiting(decision, settings, approval)
    if expired(approval, now):
        return refused(
            f"the override by {approval.by} ended on {approval.expires}; override again, or run the gate again."
        )
    if approval.demo and not settings.allow_demo:
        return refused(
            f"the approval by {approval.by} is a demonstration (--demo), which mlgate.yaml does not accept; "
            "approve without --demo, or set approval.allow_demo."
        )
    if settings.approvers and approval.by not in settings.approvers:
        return refused(
            f"{approval.by} is not among the approvers in mlgate.yaml ({', '.join(sorted(settings.approvers))})."
        )
    return None


def _waiting(decision: Decision, settings: Settings, approval: Approval) -> Answer | None:
    """Nobody acted yet, as far as the file says."""
    if approval.state in SIGNED:
        sentence = (
            f"the ledger holds the approval by {approval.by}, decision.json does not yet; approving again brings it"
            " up to date."
        )
        return Answer(code=WAITING, sentence=sentence)
    if decision.mode == settings.mode == "observe":
        return None
    if decision.verdict is Verdict.FAIL:
        return refused(f"the verdict is fail: {decision.reason}")
    if decision.verdict is Verdict.INCONCLUSIVE and decision.on_inconclusive != "approve":
        sentence = (
            f"the verdict is inconclusive ({decision.reason.rstrip('.')}), and mlgate.yaml says on_inconclusive: block;"
            " gather more rows, or override with --override --expires DATE."
        )
        return Answer(code=WAITING, sentence=sentence)
    who = ", ".join(settings.approvers) or settings.owner or "a person"
    sentence = f"{decision.provenance.run} (verdict {decision.verdict}) waits for {who} to approve or reject it."
    return Answer(code=WAITING, sentence=sentence)


def edited(files: Mapping[str, bytes], decision: Decision, history: Sequence[Entry]) -> Answer | None:
    """What was approved is what lies here: the ledger kept the digest of the statement, and with it of the tally."""
    if on_record(decision, history) is None:
        return None  # observe mode: nobody had to approve
    digest, found = decision_digest(decision), digest_bytes(files[STATEMENT])
    entry = next(
        entry for entry in reversed(history) if "statement" in entry.facts and entry.facts.get("decision") == digest
    )
    if entry.facts["statement"] != found:
        return refused(
            f"{STATEMENT} is not the one that {entry.actor} saw on {entry.at}: it was changed after the approval."
        )
    return None


def other_artifact(challenger: ModelFacts, registry: Registry) -> Answer | None:
    """The registry's version is the artifact that was judged, by its tag and by its files: tags can be edited."""
    name = f"version {challenger.version} of {challenger.name}"
    tag = registry.version_facts(challenger.name, challenger.version).get("digest", "")
    if tag and tag != challenger.digest:
        return refused(
            f"{name} carries another digest in the registry ({_short(tag)}) than the one judged"
            f" ({_short(challenger.digest)})."
        )
    found = registry.artifact_digest(challenger.name, challenger.version)
    if found != challenger.digest:
        return refused(
            f"the files of {name} were changed since the gate judged them: {_short(challenger.digest)} then,"
            f" {_short(found)} now."
        )
    return None


def stale_champion(champion: ModelFacts | None, challenger: ModelFacts, current: str) -> Answer | None:
    """The champion that the challenger was compared with is still the champion."""
    if champion is None and not current:
        return None
    if champion is not None and current and champion.name == challenger.name and champion.version == current:
        return None
    compared = (
        "no champion" if champion is None else f"version {champion.version}" if champion.version else champion.source
    )
    now = f"version {current}" if current else "no version"
    return refused(
        f"the decision compared with {compared}, but {now} of {challenger.name} is the champion today: run the gate"
        " again."
    )


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12] + "…"


def refused(sentence: str) -> Answer:
    """The answer that refuses, with exit code 1."""
    return Answer(code=REFUSED, sentence=sentence)
