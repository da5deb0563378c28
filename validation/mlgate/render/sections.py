"""The report below its first screen, one function per section; a section without content is left out.

Each takes the decision and returns markup, or None.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Level, Section, Verdict
from mlgate.render.exhibited import calibration, changes, fairness, oddities
from mlgate.render.exhibits import figure, rows_of, word
from mlgate.render.forest import caption, draw, legend
from mlgate.render.groups import Group, groups, lower_is_better, primary
from mlgate.render.markup import Child, Markup, join, tag
from mlgate.render.prose import findings_of, lead, reasons, section_of, tallied
from mlgate.render.tables import Column, check_table, fold, group_table, table
from mlgate.render.words import clip, confidence_text, count, listed, metric_title, plural

__all__ = ["SECTIONS"]

#: Further forest plots; beyond these a group has its table only.
_MOST_PLOTS = 8
_TESTS = {
    Section.BEHAVIOUR: "Behaviour",
    Section.SERVICE: "Service",
    Section.SUITE: "Suites",
}


def slices(decision: Decision, limit: int) -> Markup | None:
    """Every metric but the one on the first screen: its forest plot and its numbers, in folds."""
    main = primary(decision)
    others = [
        group
        for group in groups(decision)
        if main is None or (group.dataset, group.metric, group.rule) != (main.dataset, main.metric, main.rule)
    ]
    if not others:
        return None
    several = len({group.dataset for group in groups(decision)}) > 1
    found = [finding for group in others for finding in group.findings]
    folds = []
    for place, group in enumerate(sorted(others, key=lambda group: len(group.findings) < 2)):
        folds.append(_group_fold(group, place, limit, decision.confidence, several))
    first = f"{metric_title(main.metric)} stands at the top. " if main else ""
    return section_of(
        "slices",
        "Other metrics, overall and by slice",
        lead(f"{first}{plural(len(found), 'finding')} here: {tallied(found)}"),
        *folds,
    )


def _group_fold(group: Group, place: int, limit: int, confidence: float, several: bool) -> Markup:
    blocks = any(finding.blocking and finding.verdict is not Verdict.PASS for finding in group.findings)
    said = f"{metric_title(clip(group.metric, 80))}, {group.rule.replace('_', ' ')}"
    said += f", {clip(group.dataset, 60)}" if several and group.dataset else ""
    title, reading = caption(group, lower_is_better(group.findings[0]), confidence)
    picture = None
    if place < _MOST_PLOTS and len(group.findings) > 1:
        words = tag("figcaption", {}, tag("b", {}, title), f" {reading}")
        picture = tag("figure", {}, words, draw(group, name=f"forest-{place + 1}", limit=20), legend(group))
    return fold(
        f"{said}: {tallied(group.findings)}",
        picture,
        reasons(group.findings),
        group_table(group, limit, confidence_text(confidence)),
        opened=blocks,
    )


def data_checks(decision: Decision, limit: int) -> Markup | None:
    """What the data suites saw."""
    findings = findings_of(decision, Section.DATA)
    totals = rows_of(decision, "data_checks", ("dataset", "checks", "passed", "failed"))
    if not findings and not totals:
        return None
    said = (
        f"{plural(len(findings), 'check')}: {tallied(findings)}"
        if findings
        else "No check of the data was declared as a requirement."
    )
    columns = [Column(title="Data set")] + [
        Column(title=title, figures=True) for title in ("Checks", "Passed", "Failed")
    ]
    rows: list[list[Child]] = [
        [clip(word(row, "dataset"), 80), *(count(figure(row, name)) for name in ("checks", "passed", "failed"))]
        for row in totals
    ]
    return section_of(
        "data",
        "Data checks",
        lead(said),
        table("Checks by data set", columns, rows[:limit], classes="plain") if rows else None,
        _foldable("Checks of the data", findings, limit),
    )


def _foldable(title: str, findings: Sequence[Finding], limit: int) -> Markup | None:
    """What did not pass in the open, passes in a fold once they are many."""
    if len(findings) <= 10:
        return check_table(title, findings, limit) if findings else None
    others = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    passed = [finding for finding in findings if finding.verdict is Verdict.PASS]
    return join(
        [
            check_table(f"{title}: what did not pass", others, limit) if others else None,
            (
                fold(f"{plural(len(passed), 'check')} that passed", check_table(f"{title}: what passed", passed, limit))
                if passed
                else None
            ),
        ]
    )


def suites(decision: Decision, limit: int) -> Markup | None:
    """Findings of the behaviour, service and suite sections."""
    parts = []
    for section, title in _TESTS.items():
        findings = findings_of(decision, section)
        if findings:
            parts.append(
                section_of(
                    section.value,
                    title,
                    lead(f"{plural(len(findings), 'test')}: {tallied(findings)}"),
                    _foldable(title, findings, limit),
                )
            )
    return join(parts) if parts else None


def limits(decision: Decision, limit: int) -> Markup | None:
    """What the verdict cannot say, and which defaults shaped it."""
    families = list(
        dict.fromkeys(
            (finding.metric, finding.rule, finding.dataset, finding.section, finding.family)
            for finding in decision.findings
            if finding.family and finding.level is Level.GUARDED
        )
    )
    said = [clip(sentence, 400) for sentence in decision.limits[:20]]
    said += [clip(f"{part.name}: {part.note}", 300) for part in decision.provenance.data if part.note][:10]
    said.append(
        "The verdict is about this artifact, not about the recipe that trained it: another seed may give another."
    )
    if families:
        named = [f"{clip(metric, 60)} in {section} ({count(size)})" for metric, _, _, section, size in families[:12]]
        said.append(
            f"Guarded findings form {plural(len(families), 'family', 'families')}, "
            f"Holm-adjusted within each: {listed(named)}."
        )
    said.append("The smallest detectable loss of a finding is the one that this run declares a fail with 80 % power.")
    held = "needs a person's approval" if decision.on_inconclusive == "approve" else "blocks"
    rules = [
        ("Intervals", f"two-sided, {confidence_text(decision.confidence)}"),
        (
            "Figures",
            "× 100: percentage points for rates, hundredths for log_loss, brier, roc_auc; 0.03 in mlgate.yaml reads 3",
        ),
        ("Undecided requirement", f"{held} (on_inconclusive: {clip(decision.on_inconclusive, 20)})"),
        (
            "Mode",
            (
                "observe: nothing is blocked"
                if decision.mode == "observe"
                else "gate: what blocks cannot be promoted without an override"
            ),
        ),
        (
            "To change",
            "requirements, slices, fairness, on_inconclusive and mode in mlgate.yaml; the next run judges by them",
        ),
    ]
    return section_of(
        "limits",
        "Limits and defaults",
        tag("ul", {}, *(tag("li", {}, sentence) for sentence in said)),
        _pairs([(name, value) for name, value in rules]),
    )


def _pairs(pairs: Sequence[tuple[str, Child]]) -> Markup:
    return tag("dl", {}, *(join([tag("dt", {}, name), tag("dd", {}, value)]) for name, value in pairs))


def provenance(decision: Decision, limit: int) -> Markup | None:
    """What the decision is about, by digest, and how it came about."""
    facts, approval = decision.provenance, decision.approval
    pairs: list[tuple[str, Child]] = []
    for model in facts.models:
        name = f"{model.source}{f' ({model.name} {model.version})' if model.name else ''}"
        name += f", {model.description}" if model.description else ""
        pairs.append((clip(model.role.capitalize(), 40), _digest(clip(name, 300), model.digest)))
    for part in facts.data[:limit]:
        positives = f", {count(part.positives)} {clip(decision.positive, 40)}" if part.positives is not None else ""
        pairs.append(
            (
                clip(part.name.replace("_", " ").capitalize(), 60),
                _digest(f"{clip(part.source, 200)}, {count(part.rows)} rows{positives}", part.digest),
            )
        )
    modified = ", with uncommitted changes" if facts.code_modified else ""
    state = approval.state.value.replace("_", " ")
    signed = [
        f"by {approval.by}" if approval.by else "",
        f"on {approval.at}" if approval.at else "",
        f"until {approval.expires}" if approval.expires else "",
    ]
    signed += [f"“{approval.reason}”" if approval.reason else "", "with a demonstration key" if approval.demo else ""]
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions)
    pairs += [
        ("Policy", _digest("mlgate.yaml" if facts.command == "run" else "command line", facts.config_digest)),
        ("Evidence", _digest("tally.npz", facts.tally_digest)),
        ("Code", _digest(f"commit{modified}, seed {facts.seed}", facts.code_commit)),
        ("Run", clip(f"{facts.run}, by mlgate {facts.command}", 200)),
        ("Made", clip(f"{facts.started} to {facts.finished}", 100)),
        ("Versions", clip(versions, 600) or "–"),
        ("Approval", clip(" ".join([state, *(part for part in signed if part)]), 500)),
    ]
    return section_of("provenance", "Provenance", _pairs(pairs))


def _digest(said: str, digest: str) -> Markup:
    return join([said, " ", tag("code", {"title": clip(digest, 200)}, _shortened(digest))]) if digest else join([said])


def _shortened(digest: str) -> str:
    digest = clip(digest, 200)
    return f"{digest[:19]}…{digest[-6:]}" if len(digest) > 45 else digest


#: Order of the report.
SECTIONS = (changes, slices, fairness, oddities, calibration, data_checks, suites, limits, provenance)
