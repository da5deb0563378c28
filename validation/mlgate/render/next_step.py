"""What to do next: one sentence, the exact command, and who may give it.

Separate from the story because people act on it; it depends on verdict, mode and state of approval only.
"""

from __future__ import annotations

import shlex

from mlgate.frozen import dataclass
from mlgate.records.decision import NOT_TRAINED, Decision
from mlgate.records.words import ApprovalState, Section, Verdict
from mlgate.render.figures import count
from mlgate.render.groups import has_champion
from mlgate.render.plain import clean, clip
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


def next_step(decision: Decision) -> Step:
    """What to do next, with the exact command and who may give it."""
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
        return f"Look at the {count(flips)} changed {clip(decision.noun, 40)} of the slice, then retrain."
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
    approval, folder = decision.approval, _folder(decision)
    by = clip(approval.by or "somebody", 80)
    reason = f" Reason: “{clip(approval.reason, 200)}”." if approval.reason else ""
    when = f" on {clip(approval.at, 32)}" if approval.at else ""
    if approval.state is ApprovalState.REJECTED:
        return Step(
            lead=f"{by} rejected this decision{when}.{reason} Retrain, then run again:",
            commands=(("mlgate run",),),
            who="",
        )
    demo = " with a demonstration key, which real policies refuse" if approval.demo else ""
    until = f" The override ends on {clip(approval.expires, 32)}." if approval.expires else ""
    verb = "overrode the verdict" if approval.state is ApprovalState.OVERRIDDEN else "approved"
    lead = f"{by} {verb}{when}{demo}.{reason}{until} Promote:"
    return Step(lead=lead, commands=((f"mlgate promote {folder}",),), who="")


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
