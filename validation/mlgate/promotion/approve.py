"""Approve, override, reject: what a person may do with a decision, and where it is put on record.

The ledger is the truth and the approval in ``decision.json`` its copy: an approval that stands only in the file was
written by hand. Approving judges first, appends to the ledger second, and leaves the writing of files to the command,
which can therefore be repeated after a crash.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from mlgate.errors import ConfigError
from mlgate.frozen import dataclass
from mlgate.promotion.contract import DONE, REFUSED, Answer, instant
from mlgate.promotion.ledger import Entry, Kind, LedgerStore, append
from mlgate.promotion.statement import STATEMENT, decision_digest, digest_bytes, model_of
from mlgate.records.decision import NOT_TRAINED, Approval, Decision
from mlgate.records.words import ApprovalState, Verdict

__all__ = [
    "MAX_REASON",
    "Wish",
    "expired",
    "judge_approval",
    "judge_rejection",
    "on_record",
    "put_on_record",
    "refuse_incomplete",
    "standing",
]

#: A reason is kept in the registry, where a value holds 5,000 characters with all that belongs to it.
MAX_REASON = 2000

#: Finding by which `mlgate run --no-suites` says what it is.
LEFT_OUT = "suite/left_out"
#: States in which nobody has acted yet.
OPEN = (ApprovalState.WAITING, ApprovalState.NOT_NEEDED)
SIGNED = (ApprovalState.APPROVED, ApprovalState.OVERRIDDEN)
_STATES = {
    Kind.APPROVED: ApprovalState.APPROVED,
    Kind.OVERRIDDEN: ApprovalState.OVERRIDDEN,
    Kind.REJECTED: ApprovalState.REJECTED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody asks for on the command line."""

    by: str
    reason: str
    at: datetime
    override: bool = False
    #: ISO date, the last day on which an override holds; None when none was given.
    expires: str | None = None
    demo: bool = False


def judge_approval(
    decision: Decision, wish: Wish, *, approvers: Collection[str], history: Sequence[Entry]
) -> Approval | Answer:
    """The approval that may be put on record, or why not.

    Raises
    ------
    ConfigError
        The wish contradicts itself: an override without an end, an end in the past, an override that is not needed.
    """
    expires = _check_wish(decision, wish)
    refusal = (
        _refuse_person(decision, wish, approvers) or refuse_incomplete(decision) or _refuse_promoted(decision, history)
    )
    if refusal is not None:
        return refusal
    earlier = decision.approval
    if earlier.state is ApprovalState.REJECTED:
        return _refused(
            f"{_name(decision)} was rejected by {earlier.by} on {earlier.at} ({earlier.reason}); "
            "a rejection stands, so take the challenger through the gate again."
        )
    # A demonstration and an override that ran out may be followed by the real thing.
    if earlier.state in SIGNED and not earlier.demo and not expired(earlier, wish.at):
        same = earlier.by == wish.by
        outcome = "nothing is left to do" if same else f"{wish.by} was not put on record"
        sentence = f"{_name(decision)} is already {earlier.state} by {earlier.by} since {earlier.at}; {outcome}."
        return Answer(code=DONE if same else REFUSED, sentence=sentence)
    if not wish.override and not _may_approve(decision):
        return _refused(_why_not(decision))
    return Approval(
        state=ApprovalState.OVERRIDDEN if wish.override else ApprovalState.APPROVED,
        by=wish.by,
        reason=wish.reason,
        at=instant(wish.at),
        expires=expires,
        demo=wish.demo,
    )


def judge_rejection(
    decision: Decision, wish: Wish, *, approvers: Collection[str], history: Sequence[Entry]
) -> Approval | Answer:
    """The rejection that may be put on record, or why not. An approval that was not used yet can be withdrawn by it."""
    _check_words(wish)
    refusal = (
        _refuse_person(decision, wish, approvers) or refuse_incomplete(decision) or _refuse_promoted(decision, history)
    )
    if refusal is not None:
        return refusal
    earlier = decision.approval
    if earlier.state is ApprovalState.REJECTED:
        sentence = f"{_name(decision)} is already rejected by {earlier.by} since {earlier.at}; nothing is left to do."
        return Answer(code=DONE, sentence=sentence)
    return Approval(state=ApprovalState.REJECTED, by=wish.by, reason=wish.reason, at=instant(wish.at))


def standing(decision: Decision, history: Sequence[Entry]) -> Approval | Answer:
    """The approval that counts: the ledger's, as long as ``decision.json`` does not claim another one.

    A file that still waits while the ledger has an approval is a crash between the two writes: the ledger's is given.
    """
    shown, noted = decision.approval, on_record(decision, history)
    if shown.state in OPEN:
        return shown if noted is None else noted
    if noted is None:
        return _refused(
            f"decision.json says {shown.state} by {shown.by or 'nobody'}, but the ledger holds no such entry: "
            "it was written by hand, or with another ledger; approve with `mlgate approve`."
        )
    if shown != noted:
        return _refused(
            f"decision.json says {shown.state} by {shown.by or 'nobody'}, but the ledger says {noted.state} by"
            f" {noted.by} on {noted.at}: the file was edited or is an old copy; use the folder of the run that was last"
            " worked on."
        )
    return shown


def on_record(decision: Decision, history: Sequence[Entry]) -> Approval | None:
    """What the ledger says of a decision: its last approval, override or rejection; None when there is none."""
    digest = decision_digest(decision)
    for entry in reversed(history):
        if entry.kind in _STATES and entry.facts.get("decision") == digest:
            return Approval(
                state=_STATES[entry.kind],
                by=entry.actor,
                reason=entry.facts.get("reason", ""),
                at=entry.at,
                expires=entry.facts.get("expires", ""),
                demo=entry.facts.get("demo") == "yes",
            )
    return None


def put_on_record(
    store: LedgerStore,
    history: Sequence[Entry],
    *,
    files: Mapping[str, bytes],
    decision: Decision,
    approval: Approval,
    at: datetime,
) -> tuple[Entry, ...]:
    """Append an approval, override or rejection to the ledger; the files of the run are the command's business."""
    kind = next(kind for kind, state in _STATES.items() if state is approval.state)
    challenger = model_of(decision, "challenger")
    facts = {
        "decision": decision_digest(decision),
        "statement": digest_bytes(files[STATEMENT]),
        "run": decision.provenance.run,
        "verdict": decision.verdict.value,
        "version": challenger.version if challenger else "",
        "reason": approval.reason,
        "expires": approval.expires,
        "demo": "yes" if approval.demo else "",
    }
    return append(store, history, kind=kind, actor=approval.by, model=decision.model, at=at, facts=facts)


def expired(approval: Approval, now: datetime) -> bool:
    """Whether an override has ended; its last day counts in full, in UTC."""
    return bool(approval.expires) and now.date() > date.fromisoformat(approval.expires)


def _check_wish(decision: Decision, wish: Wish) -> str:
    """The end of an override as an ISO date, or an empty text; contradictions raise ConfigError."""
    _check_words(wish)
    if not wish.override:
        if wish.expires is not None:
            raise ConfigError("--expires belongs to --override: a plain approval has no end.")
        return ""
    if _may_approve(decision):
        raise ConfigError(
            f"--override: the verdict is {decision.verdict}, which can be approved; leave --override out."
        )
    if wish.expires is None:
        raise ConfigError(
            "--override needs --expires DATE, the last day on which it holds, such as --expires 2027-01-31."
        )
    try:
        end = date.fromisoformat(wish.expires)
    except ValueError:
        raise ConfigError(
            f"--expires {wish.expires}: is not a date; write year-month-day, such as 2027-01-31."
        ) from None
    if end <= wish.at.date():
        raise ConfigError(f"--expires {wish.expires}: has to lie in the future (today is {wish.at.date()}).")
    return end.isoformat()


def _check_words(wish: Wish) -> None:
    for option, text in (("--by", wish.by), ("--reason", wish.reason)):
        if not text.strip():
            raise ConfigError(f"{option} is empty; it is what the ledger keeps, so say it.")
    if len(wish.reason) > MAX_REASON:
        raise ConfigError(
            f"--reason has {len(wish.reason):,} characters and may have {MAX_REASON:,}; link to the long version."
        )
    if len(wish.by) > 200:
        raise ConfigError(f"--by has {len(wish.by):,} characters and may have 200; give a name.")


def _refuse_person(decision: Decision, wish: Wish, approvers: Collection[str]) -> Answer | None:
    if approvers and wish.by not in approvers:
        return _refused(
            f"{wish.by} may not approve or reject {decision.model}; approvers in mlgate.yaml are"
            f" {', '.join(sorted(approvers))}."
        )
    return None


def refuse_incomplete(decision: Decision) -> Answer | None:
    """A decision that left checks out is for looking at; nothing can be done with it."""
    command = decision.provenance.command
    if any(finding.id == NOT_TRAINED for finding in decision.findings):
        return _refused(
            f"{_name(decision)} has no challenger: it was not trained, because the data are refused; mend them and run"
            " the gate again."
        )
    if command == "run" and any(finding.id == LEFT_OUT for finding in decision.findings):
        command = "run --no-suites"
    if command != "run":
        return _refused(
            f"{_name(decision)} comes from `mlgate {command}`, which leaves checks out; only a whole"
            " `mlgate run` can be approved and promoted."
        )
    return None


def _refuse_promoted(decision: Decision, history: Sequence[Entry]) -> Answer | None:
    digest = decision_digest(decision)
    for entry in history:
        if entry.kind is Kind.PROMOTED and entry.facts.get("decision") == digest:
            return _refused(
                f"{_name(decision)} was promoted on {entry.at} by {entry.actor}; to take version {entry.facts['to']}"
                " back, use `mlgate rollback`."
            )
    return None


def _may_approve(decision: Decision) -> bool:
    """Whether a person may approve it without overriding anything."""
    if decision.verdict is Verdict.INCONCLUSIVE:
        return decision.on_inconclusive == "approve"
    return decision.verdict is Verdict.PASS


def _why_not(decision: Decision) -> str:
    way = "an override takes `mlgate approve --override --reason TEXT --expires DATE`"
    if decision.verdict is Verdict.FAIL:
        return f"the verdict of {_name(decision)} is fail: {decision.reason.rstrip('.')}; {way}."
    return f"the verdict of {_name(decision)} is inconclusive and mlgate.yaml says on_inconclusive: block; {way}."


def _name(decision: Decision) -> str:
    return decision.provenance.run or decision.model


def _refused(sentence: str) -> Answer:
    return Answer(code=REFUSED, sentence=sentence)
