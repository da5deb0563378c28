"""What to do next: one sentence, the exact command, and who may give it.

Separate from the story because people act on it; it depends on verdict, mode, state of approval and promotion only.
"""

from __future__ import annotations

import shlex
from dataclasses import replace

from mlgate.frozen import dataclass
from mlgate.records.decision import NOT_TRAINED, Decision
from mlgate.records.production import Move, Production
from mlgate.records.settings import CONFIG
from mlgate.records.words import ApprovalState, Section, Verdict
from mlgate.render.exhibits import config_of
from mlgate.render.figures import count
from mlgate.render.groups import has_champion
from mlgate.render.plain import clean, clip, moment
from mlgate.render.story import blocking
from mlgate.render.words import model_facts

__all__ = ["Step", "next_step", "told"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What to do next, and the exact command."""

    #: sentences before the command.
    lead: str
    #: commands, each as the parts at which a narrow column may break it.
    commands: tuple[tuple[str, ...], ...]
    #: who may do it.
    who: str


def told(step: Step) -> str:
    """The sentences before the command; who may give it is said before the colon that leads to it.

    >>> told(Step(lead="To promote:", commands=(), who="Anybody may."))
    'To promote (anybody may):'
    """
    if not step.who:
        return step.lead
    if not step.lead.endswith(":"):
        return f"{step.lead} {step.who}"
    who = step.who.removesuffix(".")
    return f"{step.lead.removesuffix(':')} ({who[:1].lower()}{who[1:]}):"


def next_step(decision: Decision, production: Production | None = None) -> Step:
    """What to do next, with the exact command and who may give it; after a promotion, what became of it."""
    step, config = _step(decision, production), config_of(decision)
    if config == CONFIG:
        return step
    option = f"--config {shlex.quote(clean(config))}"
    return replace(step, commands=tuple((*parts, option) for parts in step.commands))


def _step(decision: Decision, production: Production | None) -> Step:
    if production is not None:
        return _after_promotion(decision, production)
    if decision.provenance.command == "check":
        return _after_check(decision)
    if any(finding.id == NOT_TRAINED for finding in decision.findings):
        return Step(
            lead="Mend the data, then run again; there is nothing to promote:", commands=(("mlgate run",),), who=""
        )
    if decision.approval.state in (ApprovalState.APPROVED, ApprovalState.OVERRIDDEN, ApprovalState.REJECTED):
        return _after_person(decision)
    folder, who = _folder(decision), _who(decision)
    if decision.mode == "observe":
        lead = "Nothing is blocked while mlgate observes; mode: gate in mlgate.yaml makes verdicts count. To promote:"
        return Step(lead=lead, commands=(("mlgate promote", folder),), who=who)
    approve = (f"mlgate approve {folder}", "--by NAME --reason TEXT")
    promote = (f"mlgate promote {folder}",)
    first = " This would be the first champion." if not has_champion(decision) else ""
    if decision.verdict is Verdict.PASS:
        if decision.approval.state is ApprovalState.NOT_NEEDED:
            return Step(lead=f"No approval is needed.{first} Promote:", commands=(promote,), who="")
        return Step(
            lead=f"{_owner(decision)} approves; then it can be promoted.{first}", commands=(approve, promote), who=who
        )
    if decision.verdict is Verdict.INCONCLUSIVE and decision.on_inconclusive == "approve":
        return Step(
            lead=f"{_owner(decision)} weighs what is uncertain and approves, or gathers more rows.{first}",
            commands=(approve, promote),
            who=who,
        )
    override = (f"mlgate approve {folder}", "--override --by NAME", "--reason TEXT --expires DATE")
    return Step(
        lead=f"{_remedy(decision)} Or {_owner(decision, start=False)} overrides; every later report shows it:",
        commands=(override,),
        who=who,
    )


def _remedy(decision: Decision) -> str:
    if decision.verdict is Verdict.INCONCLUSIVE:
        if not has_champion(decision):
            return "Require something absolute in mlgate.yaml, such as a metric with rule at_least, and run again."
        needed = [finding.rows_to_decide for finding in blocking(decision) if finding.rows_to_decide]
        return f"Gather more rows{f': {count(max(needed))} would decide' if needed else ''}, then run again."
    failed = blocking(decision, Verdict.FAIL)
    changed = next((finding for finding in failed if finding.lost is not None and finding.gained is not None), None)
    if changed is not None and changed.section is Section.SLICES:
        flips = (changed.lost or 0) + (changed.gained or 0)
        noun = clip(decision.noun, 40)
        changed_rows = "changed row" if flips == 1 and noun == "rows" else f"{count(flips)} changed {noun}"
        return f"Look at the {changed_rows} of the slice, then retrain."
    if failed and all(not finding.metric for finding in failed):
        return "Mend what blocks, then run again."
    return "Look at what blocks, then retrain."


def _after_check(decision: Decision) -> Step:
    model = model_facts(decision, "challenger")
    source = clean(model.source) if model else ""
    named = ("--challenger " + shlex.quote(source),) if source and not source.startswith("column ") else ()
    lead = (
        "A check never promotes. To promote, describe model, data and policy in mlgate.yaml, then run the whole gate:"
    )
    if decision.verdict is Verdict.FAIL:
        lead = f"{_remedy(decision)} {lead}"
    return Step(lead=lead, commands=(("mlgate run", *named),), who="")


def _after_person(decision: Decision) -> Step:
    said = _signed(decision)
    if decision.approval.state is ApprovalState.REJECTED:
        return Step(lead=f"{said} Retrain, then run again:", commands=(("mlgate run",),), who="")
    return Step(lead=f"{said} Promote:", commands=((f"mlgate promote {_folder(decision)}",),), who="")


def _signed(decision: Decision) -> str:
    """What a person did with the decision: who, when, why and until when."""
    approval = decision.approval
    by = clip(approval.by or "somebody", 80)
    reason = _reason(approval.reason)
    when = f" on {moment(approval.at)}" if approval.at else ""
    if approval.state is ApprovalState.REJECTED:
        return f"{by} rejected this decision{when}.{reason}"
    demo = " with a demonstration key, which real policies refuse" if approval.demo else ""
    until = f" The override ends on {clip(approval.expires, 32)}." if approval.expires else ""
    verb = "overrode the verdict" if approval.state is ApprovalState.OVERRIDDEN else "approved"
    return f"{by} {verb}{when}{demo}.{reason}{until}"


def _after_promotion(decision: Decision, production: Production) -> Step:
    """Who let it into production, where it stands now, and the way back."""
    promoted, out, back = production.promoted, production.out, production.back
    model, version = clip(decision.model, 80), clip(promoted.target, 40)
    signed = _signed(decision) + " " if decision.approval.by else ""
    after = f", after version {clip(promoted.origin, 40)}" if promoted.origin else ""
    by, on = clip(promoted.by, 80), _on(promoted)
    said = f"{signed}{by} promoted version {version} of {model}{on}{after}."
    if out is not None and out.what == "promoted":
        lead = f"{said} {clip(out.by, 80)} promoted version {clip(out.target, 40)} in its place{_on(out)}."
        return Step(lead=lead, commands=(), who="")
    if out is not None:
        to = f" to version {clip(out.target, 40)}"
        lead = f"{said} {clip(out.by, 80)} rolled it back{to}{_on(out)}.{_reason(out.reason)} Retrain, then run again:"
        return Step(lead=lead, commands=(("mlgate run",),), who="")
    if back is not None:
        said += f" It was replaced; {clip(back.by, 80)} brought it back{_on(back)}.{_reason(back.reason)}"
    if not promoted.origin:
        lead = f"{said} It is the first champion, so there is no version to roll back to."
        return Step(lead=lead, commands=(), who="")
    lead = f"{said} It is the champion. To roll back:"
    return Step(lead=lead, commands=(("mlgate rollback", "--by NAME --reason TEXT"),), who="")


def _on(move: Move) -> str:
    return f" on {moment(move.at)}"


def _reason(reason: str) -> str:
    return f" Reason: “{clip(reason, 200)}”." if reason else ""


def _folder(decision: Decision) -> str:
    return shlex.quote(clean(decision.provenance.run))


def _owner(decision: Decision, *, start: bool = True) -> str:
    if decision.owner:
        return clip(decision.owner, 80)
    return "A person" if start else "a person"


def _who(decision: Decision) -> str:
    if decision.owner:
        return ""  # the sentence before the command names the owner
    return "mlgate.yaml names no owner: whoever may run the command may approve, and is recorded by name."
