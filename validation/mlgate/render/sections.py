"""The report below its first screen, one function per section; a section without content is left out.

Each takes the decision and returns markup, or None.
"""

from __future__ import annotations

from mlgate.records.decision import Approval, Decision
from mlgate.records.words import Section
from mlgate.render.answers import calibration, predictions
from mlgate.render.behaviour import behaviour_tables
from mlgate.render.changes import changes, money
from mlgate.render.classes import classes
from mlgate.render.data_section import data_checks, foldable
from mlgate.render.discovered import discovered, guard
from mlgate.render.exhibits import config_of
from mlgate.render.explanations import ABOUT_RELIANCE, explanations
from mlgate.render.fairness import fairness
from mlgate.render.figures import count, plural
from mlgate.render.forest import draw
from mlgate.render.forest_key import caption, legend
from mlgate.render.groups import Group, first_groups, groups, lower_is_better
from mlgate.render.limits import limits
from mlgate.render.markup import Child, Markup, join, tag
from mlgate.render.metric_names import metric_title
from mlgate.render.model_cost import ABOUT_COST, model_cost
from mlgate.render.model_safety import ABOUT_SAFETY, model_safety
from mlgate.render.oddities import oddities
from mlgate.render.plain import clip, listed
from mlgate.render.planning import power, uses
from mlgate.render.prose import findings_of, lead, pairs, reasons, section_of, tallied
from mlgate.render.tables import fold, group_table
from mlgate.render.terms import Terms, terms_of
from mlgate.render.urgent import urgent

__all__ = ["SECTIONS"]

#: Further forest plots; beyond these a group has its table only.
_MOST_PLOTS = 8
#: Findings of behaviour that have sections of their own.
_OWN = (ABOUT_COST, *ABOUT_SAFETY, ABOUT_RELIANCE)
_TESTS = {
    Section.BEHAVIOUR: "Behaviour",
    Section.SERVICE: "Service",
    Section.SUITE: "Suites",
}


def slices(decision: Decision, limit: int) -> Markup | None:
    """Every metric but the one on the first screen: its forest plot and its numbers, in folds."""
    first, every = first_groups(decision), groups(decision)
    above = {group.question for group in first}
    others = [group for group in every if group.question not in above]
    if not others:
        return None
    several = len({group.dataset for group in every}) > 1
    found = [finding for group in others for finding in group.findings]
    ordered = sorted(others, key=lambda group: len(group.findings) < 2)
    terms = terms_of(decision)
    folds = [_group_fold(group, place, limit, terms, several) for place, group in enumerate(ordered)]
    titles = listed(list(dict.fromkeys(metric_title(group.metric) for group in first)))
    top = f"{titles} {'stands' if len(first) == 1 else 'stand'} at the top. " if first else ""
    return section_of(
        "slices",
        "Other metrics, overall and by slice" if any(len(group.findings) > 1 for group in every) else "Other metrics",
        lead(f"{top}{plural(len(found), 'finding')} here: {tallied(found)}"),
        *folds,
    )


def _group_fold(group: Group, place: int, limit: int, terms: Terms, several: bool) -> Markup:
    said = f"{metric_title(clip(group.metric, 80))}, {group.rule.replace('_', ' ')}"
    said += f" than the {group.than}" if group.than != "champion" else ""
    said += f", {clip(group.dataset, 60)}" if several and group.dataset else ""
    title, reading = caption(group, lower_is_better(group.findings[0]), terms)
    picture = None
    if place < _MOST_PLOTS and len(group.findings) > 1:
        words = tag("figcaption", {}, tag("b", {}, title), f" {reading}")
        picture = tag("figure", {}, words, draw(group, terms, name=f"forest-{place + 1}", limit=20), legend(group))
    return fold(
        f"{said}: {tallied(group.findings)}",
        picture,
        reasons(group.findings),
        group_table(group, limit, terms),
        opened=group.blocks,
    )


def suites(decision: Decision, limit: int) -> Markup | None:
    """Findings of the behaviour, service and suite sections."""
    parts = []
    for section, title in _TESTS.items():
        findings = tuple(one for one in findings_of(decision, section) if not one.id.startswith(_OWN))
        if findings:
            parts.append(
                section_of(
                    section.value,
                    title,
                    lead(f"{plural(len(findings), 'test')}: {tallied(findings)}"),
                    *(behaviour_tables(decision, limit) if section is Section.BEHAVIOUR else ()),
                    foldable(title, findings, limit),
                )
            )
    return join(parts) if parts else None


def provenance(decision: Decision, limit: int) -> Markup | None:
    """What the decision is about, by digest, and how it came about."""
    facts = decision.provenance
    about: list[tuple[str, Child]] = []
    for model in facts.models:
        known = " ".join(filter(None, (model.name, model.version)))
        # A column of predictions has a name, which its source says already, and no version.
        name = f"{model.source}{f' ({known})' if model.version else ''}"
        name += f", {model.description}" if model.description else ""
        about.append((clip(model.role.capitalize(), 40), _digest(clip(name, 300), model.digest)))
    for part in facts.data[:limit]:
        positives = f", {count(part.positives)} {clip(decision.positive, 40)}" if part.positives is not None else ""
        said = f"{clip(part.source, 200)}, {plural(part.rows, 'row')}{positives}"
        about.append((clip(part.name.replace("_", " ").capitalize(), 60), _digest(said, part.digest)))
    modified = ", with uncommitted changes" if facts.code_modified else ""
    committed = f"commit{modified}" if facts.code_commit else "of no commit"
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions)
    about += [
        ("Policy", _digest(_policy(decision), facts.config_digest)),
        ("Evidence", _digest("tally.npz", facts.tally_digest)),
        ("Code", _digest(f"{committed}, seed {facts.seed}", facts.code_commit)),
        ("Run", clip(f"{facts.run}, by mlgate {facts.command}", 200)),
        ("Made", clip(f"{facts.started} to {facts.finished}", 100)),
        ("Versions", clip(versions, 600) or "–"),
        ("Approval", clip(_approval(decision.approval), 500)),
    ]
    return section_of("provenance", "Provenance", pairs(about))


def _approval(approval: Approval) -> str:
    """State of approval, by whom, when, until when and why."""
    said = [
        approval.state.value.replace("_", " "),
        f"by {approval.by}" if approval.by else "",
        f"on {approval.at}" if approval.at else "",
        f"until {approval.expires}" if approval.expires else "",
        f"“{approval.reason}”" if approval.reason else "",
        "with a demonstration key" if approval.demo else "",
    ]
    return " ".join(filter(None, said))


def _policy(decision: Decision) -> str:
    """What the decision was configured by."""
    return clip(config_of(decision), 120) if decision.provenance.command == "run" else "command line"


def _digest(said: str, digest: str) -> Markup:
    return join([said, " ", tag("code", {"title": clip(digest, 200)}, _shortened(digest))]) if digest else join([said])


def _shortened(digest: str) -> str:
    digest = clip(digest, 200)
    return f"{digest[:19]}…{digest[-6:]}" if len(digest) > 45 else digest


#: Order of the report.
SECTIONS = (
    urgent,
    changes,
    money,
    slices,
    discovered,
    guard,
    classes,
    fairness,
    oddities,
    calibration,
    predictions,
    model_cost,
    model_safety,
    explanations,
    power,
    uses,
    data_checks,
    suites,
    limits,
    provenance,
)
