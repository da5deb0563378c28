"""The section that says what the verdict cannot say: limits, families of findings, and the defaults that shaped it.

Separate from the other sections because it is about the method and reads none of the figures.
"""

from __future__ import annotations

from mlgate.records.decision import Decision
from mlgate.records.words import Level
from mlgate.render.figures import count, plural
from mlgate.render.markup import Child, Markup, tag
from mlgate.render.plain import clip, listed
from mlgate.render.prose import pairs, section_of
from mlgate.render.terms import terms_of

__all__ = ["FIGURES", "families", "limits"]

#: Families that are named one by one.
_NAMED = 12
#: In which units the figures of each task are printed.
FIGURES = {
    "binary": "× 100: percentage points for rates, hundredths for log_loss, brier and roc_auc: 0.03 reads 3",
    "multiclass": "× 100: percentage points for rates, hundredths for log_loss and cohen_kappa: 0.03 reads 3",
    "regression": "errors in the unit of the label, as in mlgate.yaml; shares such as mape and within(…) × 100",
}


def limits(decision: Decision, limit: int) -> Markup | None:
    """What the verdict cannot say, and which defaults shaped it."""
    said = [clip(sentence, 400) for sentence in decision.limits[:20]]
    said += [clip(f"{part.name}: {part.note}", 300) for part in decision.provenance.data if part.note][:10]
    said.append(
        "The verdict is about this artifact, not about the recipe that trained it: another seed may give another."
    )
    said += [*_samples(decision), *families(decision)]
    said.append("The smallest detectable loss of a finding is the one that this run declares a fail with 80 % power.")
    items = (tag("li", {}, sentence) for sentence in said)
    return section_of("limits", "Limits and defaults", tag("ul", {}, *items), pairs(_defaults(decision)))


def _samples(decision: Decision) -> list[str]:
    """What units and weights do to the figures; nothing where rows are independent and weigh the same."""
    terms, said = terms_of(decision), []
    if decision.unit:
        said.append(
            f"Rows of one unit (column {clip(decision.unit, 60)}) are not independent: intervals count {terms.units}, "
            "and “worth” is the number of equally large ones that would tell as much."
        )
    if decision.weight:
        said.append(
            f"Rows are weighted by the column {clip(decision.weight, 60)}; values and intervals follow the weights."
        )
    return said


def families(decision: Decision) -> list[str]:
    """How many families of guarded findings there are, within which p-values are adjusted, and how large they are."""
    found: dict[tuple[str, ...], str] = {}
    small = 0
    for finding in decision.findings:
        if not finding.family or finding.level is not Level.GUARDED:
            continue
        if finding.too_small:
            small += 1
            continue
        key = (finding.metric, finding.rule or "", finding.dataset, finding.section, finding.than)
        if key in found:
            continue
        place = f" in {clip(finding.dataset, 40)}" if finding.dataset not in ("", "base_case") else ""
        where = f"against the {finding.than}" if finding.than != "champion" else f"in {finding.section}"
        named = f"{clip(finding.metric, 60)} {where}{place} ({count(finding.family)})"
        found[key] = named
    if not found:
        return []
    names = list(found.values())
    rest = [plural(len(names) - _NAMED, "other")] if len(names) > _NAMED else []
    below = " Findings below the minimum size form families of their own." if small else ""
    return [
        f"Guarded findings form {plural(len(names), 'family', 'families')}, Holm-adjusted within each: "
        f"{listed(names[:_NAMED] + rest)}.{below}"
    ]


def _defaults(decision: Decision) -> list[tuple[str, Child]]:
    held = "needs a person's approval" if decision.on_inconclusive == "approve" else "blocks"
    observing = decision.mode == "observe"
    mode = "observe: nothing is blocked" if observing else "gate: what blocks cannot be promoted without an override"
    return [
        ("Intervals", f"two-sided, {terms_of(decision).sure}"),
        ("Figures", FIGURES.get(decision.task, FIGURES["binary"])),
        ("Undecided requirement", f"{held} (on_inconclusive: {clip(decision.on_inconclusive, 20)})"),
        ("Mode", mode),
        (
            "To change",
            "requirements, slices, fairness, on_inconclusive and mode in mlgate.yaml; the next run judges by them",
        ),
    ]
