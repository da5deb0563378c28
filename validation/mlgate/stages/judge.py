"""Evidence and observations to findings: one of the two stages that have opinions.

Required and advisory findings weigh the printed interval against the margin. Guarded findings must not fail, so their
fail has to be real (Holm-adjusted within the family) and relevant (the estimate lies beyond the margin); else many
slices would cry wolf. A family is all guarded findings of one metric, rule and data set whose minimum size is met. The
pairs of groups that one required bound on gaps speaks about are adjusted together too: the largest gap of many is
large by chance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from mlgate.frozen import dataclass
from mlgate.inference.adjust import benjamini_hochberg, holm
from mlgate.inference.pair import UNDEFINED
from mlgate.inference.power import ALPHA, rows_to_decide, smallest_detectable_guarded, smallest_detectable_required
from mlgate.inference.proportions import exact_p_worse
from mlgate.inference.weighing import Weighed, weigh, weigh_all, weigh_gap
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate, Evidence, Observation
from mlgate.records.run import OVERALL, GapRequirement, Requirement, Run
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.sentences import NO_CHAMPION, Judged, reason_of, slice_title, title_of

__all__ = ["judge", "judge_observations"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    """One requirement meeting one piece of evidence, before findings of a family are looked at together."""

    requirement: Requirement
    evidence: Evidence
    section: Section
    weighed: Weighed
    #: of gaps that one bound speaks about: the attribute; then both signs count. Else empty.
    attribute: str = ""

    @property
    def family(self) -> tuple[object, ...] | None:
        """What is adjusted together; None for findings that are not.

        Findings below the minimum size form families of their own, with exact p-values: their number must not weaken
        the others.
        """
        requirement, found = self.requirement, self.evidence
        if (requirement.rule.paired and found.improvement is None) or not found.decides:
            return None
        # All oddities are one family: each is a data set of its own, and there are many.
        dataset = "oddities" if self.section is Section.ODDITIES else found.dataset
        key = (found.metric, requirement.rule, dataset, requirement.than, bool(found.shortage))
        if requirement.level is Level.GUARDED:
            return (Level.GUARDED, *key)
        return (requirement.level, *key, self.attribute, requirement.bound) if self.attribute else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Adjusted:
    """What looking at a family together says of one of its findings."""

    #: Holm's p, and Benjamini and Hochberg's.
    strict: float
    loose: float
    #: number of findings in the family.
    size: int


def judge(
    run: Run,
    evidence: Sequence[Evidence],
    gaps: Sequence[tuple[GapRequirement, Evidence]] = (),
    *,
    titles: Mapping[str, str] | None = None,
    floors: Mapping[str, float] | None = None,
) -> tuple[Finding, ...]:
    """Findings for every requirement on every piece of evidence it speaks about.

    Parameters
    ----------
    run
        Its requirements are judged in their order.
    evidence
        Of metrics on slices, of any data sets.
    gaps
        Fairness requirements with their evidence.
    titles
        What people read for a slice name.
    floors
        By slice, a p-value below which that of a guarded finding cannot be: of something else that must hold too.
    """
    named = {_asked(requirement) for requirement in run.requirements if requirement.on not in (OVERALL, "slices")}
    sorted_out = _sort_out(evidence)
    drafts = [draft for requirement in run.requirements for draft in _drafts(requirement, sorted_out, named)]
    drafts += [_draft_gap(requirement, found) for requirement, found in gaps]
    adjusted = _adjust(drafts, floors or {})
    # Every metric speaks of the same slices: what they are called is worked out once.
    names = {name: slice_title(name, titles or {}) for name in {draft.evidence.slice for draft in drafts}}
    return tuple(_finding(run, draft, adjusted[place], names) for place, draft in enumerate(drafts))


def _asked(requirement: Requirement, on: str = "") -> tuple[object, ...]:
    return (requirement.metric, requirement.rule, requirement.dataset, requirement.than, on or requirement.on)


@dataclass(frozen=True, kw_only=True, slots=True)
class _SortedOut:
    """Evidence by what it was compared with, metric and data set."""

    about: Mapping[tuple[str, str, str], Sequence[Evidence]]
    #: the opponents that there is a comparison with.
    compared: Collection[str]


def _sort_out(evidence: Sequence[Evidence]) -> _SortedOut:
    about: dict[tuple[str, str, str], list[Evidence]] = {}
    for found in evidence:
        about.setdefault((found.than, found.metric, found.dataset), []).append(found)
    return _SortedOut(about=about, compared={found.than for found in evidence if found.improvement is not None})


def _drafts(requirement: Requirement, evidence: _SortedOut, named: Collection[tuple[object, ...]]) -> list[_Draft]:
    """Every slice that the requirement speaks about; one that names a slice goes before one on all slices."""
    about = evidence.about.get((requirement.than, requirement.metric, requirement.dataset), ())
    champion = requirement.than in evidence.compared
    if not about:
        # A data set that nobody scored must not look like one on which nothing was asked.
        about = [_empty(requirement, f"{requirement.dataset} was not scored", champion=champion)]
    elif requirement.on == "slices":
        about = [found for found in about if found.slice != OVERALL and _asked(requirement, found.slice) not in named]
    else:
        about = [found for found in about if found.slice == requirement.on]
        about = about or [_empty(requirement, "no rows", champion=champion)]
    weighed = weigh_all(requirement, about)
    return [_draft(requirement, *both) for both in zip(about, weighed, strict=True)]


def _empty(requirement: Requirement, shortage: str, *, champion: bool) -> Evidence:
    """Evidence of a slice without a single row: it must not vanish, so it is inconclusive."""
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    return Evidence(
        metric=requirement.metric,
        dataset=requirement.dataset,
        slice=requirement.on,
        challenger=nothing,
        challenger_spread=UNDEFINED,
        champion=nothing if champion else None,
        champion_spread=UNDEFINED if champion else None,
        improvement=nothing if champion else None,
        improvement_spread=UNDEFINED if champion else None,
        rows=0,
        units=0,
        differing=0 if champion else None,
        shortage=shortage,
        than=requirement.than,
    )


def _draft(requirement: Requirement, found: Evidence, weighed: Weighed) -> _Draft:
    section = Section.COMPARE if found.slice == OVERALL else Section.SLICES
    if found.dataset.startswith("oddity"):
        section = Section.ODDITIES
    return _Draft(requirement=requirement, evidence=found, section=section, weighed=weighed)


def _draft_gap(requirement: GapRequirement, found: Evidence) -> _Draft:
    """A fairness requirement as a draft; a bound on a gap counts on both sides of zero."""
    plain = Requirement(
        metric=found.metric,
        rule=requirement.rule,
        level=requirement.level,
        on=found.slice,
        margin=requirement.margin,
        bound=requirement.bound,
        dataset=found.dataset,
        because=requirement.because,
    )
    bounded = requirement.rule is Rule.AT_MOST
    return _Draft(
        requirement=plain,
        evidence=found,
        section=Section.FAIRNESS,
        weighed=weigh_gap(plain, found) if bounded else weigh(plain, found),
        attribute=requirement.attribute if bounded else "",
    )


def _adjust(drafts: Sequence[_Draft], floors: Mapping[str, float]) -> list[_Adjusted | None]:
    """Per draft what its family says of it; None for findings that are in none."""
    result: list[_Adjusted | None] = [None] * len(drafts)
    families: dict[tuple[object, ...], list[int]] = {}
    for place, draft in enumerate(drafts):
        family = draft.family
        if family is not None:
            families.setdefault(family, []).append(place)
    for places in families.values():
        members = [drafts[place] for place in places]
        values = [
            max(_exact_p(one) if one.evidence.shortage else one.weighed.p, floors.get(one.evidence.slice, 0.0))
            for one in members
        ]
        for place, strict, loose in zip(places, holm(values), benjamini_hochberg(values), strict=True):
            result[place] = _Adjusted(strict=strict, loose=loose, size=len(places))
    return result


def _exact_p(draft: _Draft) -> float:
    """Exact test on the pairs that differ: all that may fail a finding with too few rows."""
    gained, lost = draft.evidence.gained, draft.evidence.lost
    if gained is None or lost is None or draft.requirement.rule not in (Rule.NOT_WORSE, Rule.BETTER):
        return 1.0
    return float(exact_p_worse(gained, lost))


def _conclude(draft: _Draft, adjusted: _Adjusted | None) -> tuple[Verdict, bool]:
    """The verdict, and whether it stands first under "look here"."""
    found, weighed = draft.evidence, draft.weighed
    seen = found.improvement if draft.requirement.rule.paired else found.challenger
    if seen is None or math.isnan(seen.value) or math.isnan(found.challenger.value) or not found.decides:
        return Verdict.INCONCLUSIVE, False
    if found.shortage:
        p = _exact_p(draft) if adjusted is None else adjusted.strict
        return (Verdict.FAIL if p <= ALPHA and weighed.relevant else Verdict.INCONCLUSIVE), False
    if adjusted is None:
        return weighed.verdict, False
    if draft.requirement.level is not Level.GUARDED:
        # Of many pairs of groups: passing takes every interval as it is printed, failing one that is not chance. The
        # p-values count both sides, as the printed intervals do.
        chance = weighed.verdict is Verdict.FAIL and adjusted.strict > 2 * ALPHA
        return (Verdict.INCONCLUSIVE, True) if chance else (weighed.verdict, False)
    if adjusted.strict <= ALPHA and weighed.relevant:
        return Verdict.FAIL, False
    if weighed.verdict is Verdict.PASS:
        return Verdict.PASS, False
    return Verdict.INCONCLUSIVE, weighed.verdict is Verdict.FAIL or (adjusted.loose <= ALPHA and weighed.relevant)


def _finding(run: Run, draft: _Draft, adjusted: _Adjusted | None, names: Mapping[str, str]) -> Finding:
    requirement, found = draft.requirement, draft.evidence
    verdict, look_here = _conclude(draft, adjusted)
    shared = adjusted if requirement.level is Level.GUARDED or look_here else None
    detectable, needed = _power(draft, adjusted, run.confidence)
    judged = Judged(
        requirement=requirement,
        evidence=found,
        section=draft.section,
        verdict=verdict,
        look_here=look_here,
        margin=draft.weighed.margin,
        adjusted_p=shared.strict if shared else None,
        family=shared.size if shared else None,
        rows_to_decide=needed,
    )
    reason = reason_of(judged)
    required = requirement.level is Level.REQUIRED and verdict is not Verdict.PASS and reason != NO_CHAMPION
    than = f"/{requirement.than}" if requirement.than != "champion" else ""
    return Finding(
        id=f"{draft.section}/{found.dataset}/{found.metric}/{requirement.rule}/{found.slice}{than}",
        section=draft.section,
        title=title_of(judged),
        verdict=verdict,
        level=requirement.level,
        blocking=required or (requirement.level is Level.GUARDED and verdict is Verdict.FAIL),
        reason=reason,
        because=requirement.because,
        dataset=found.dataset,
        slice=found.slice,
        slice_title=names[found.slice],
        metric=found.metric,
        rule=requirement.rule,
        margin=draft.weighed.margin,
        relative=requirement.margin if requirement.relative else None,
        bound=requirement.bound,
        champion=found.champion,
        challenger=found.challenger,
        improvement=found.improvement,
        rows=found.rows,
        units=found.units,
        differing=found.differing,
        gained=found.gained,
        lost=found.lost,
        too_small=bool(found.shortage),
        adjusted_p=judged.adjusted_p,
        family=judged.family,
        smallest_detectable=detectable,
        rows_to_decide=needed,
        than=requirement.than,
        effective_units=found.effective_units,
        look_here=look_here,
    )


def _power(draft: _Draft, adjusted: _Adjusted | None, confidence: float) -> tuple[float | None, int | None]:
    """Smallest regression that this finding declares fail with 80 % power, and the rows that would decide it."""
    rule, found = draft.requirement.rule, draft.evidence
    seen = found.improvement if rule.paired else found.challenger
    if seen is None or not math.isfinite(seen.low) or not found.decides:
        return None, None
    if rule is Rule.AT_MOST:
        seen = Estimate(value=-seen.value, low=-seen.high, high=-seen.low)  # what is too high is too low the other way
    margin = draft.weighed.margin or 0.0
    if not rule.paired:
        margin = 0.0
    elif rule is Rule.BETTER:
        margin = -margin
    if draft.requirement.level is Level.GUARDED:
        detectable = smallest_detectable_guarded(seen, margin, adjusted.size if adjusted else 1, confidence)
    else:
        detectable = smallest_detectable_required(seen, margin, confidence)
    needed = rows_to_decide(seen, margin, found.rows, confidence) if rule.paired else None
    return detectable, needed


def judge_observations(observations: Iterable[Observation]) -> tuple[Finding, ...]:
    """One finding per observation: a crash blocks whatever its level, no value is inconclusive, else bounds decide."""
    return tuple(_judge_observation(observation) for observation in observations)


def _judge_observation(seen: Observation) -> Finding:
    level = Level.REQUIRED if seen.crashed else seen.level
    if seen.crashed:
        verdict = Verdict.FAIL
    elif math.isnan(seen.value):
        verdict = Verdict.INCONCLUSIVE
    else:
        low = -math.inf if seen.at_least is None else seen.at_least
        high = math.inf if seen.at_most is None else seen.at_most
        verdict = Verdict.PASS if low <= seen.value <= high else Verdict.FAIL
    blocking = (level is Level.REQUIRED and verdict is not Verdict.PASS) or (
        level is Level.GUARDED and verdict is Verdict.FAIL
    )
    return Finding(
        id=seen.id,
        section=seen.section,
        title=seen.title,
        verdict=verdict,
        level=level,
        blocking=blocking,
        reason=seen.reason,
        examples=seen.examples,
        because=seen.because,
        dataset=seen.dataset,
        slice=seen.slice,
        metric=seen.metric,
        rows=seen.rows or None,
    )
