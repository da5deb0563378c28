"""Evidence and observations to findings: one of the two stages that have opinions.

Required and advisory findings weigh the printed interval against the margin. Guarded findings must not fail, so their
fail
has to be real (Holm-adjusted within the family) and relevant (the estimate lies beyond the margin); else many slices
would cry wolf. A family is all guarded findings of one metric, rule and data set whose minimum size is met.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlgate.inference.adjust import benjamini_hochberg, holm
from mlgate.inference.pairs import UNDEFINED
from mlgate.inference.power import ALPHA, rows_to_decide, smallest_detectable_guarded, smallest_detectable_required
from mlgate.inference.proportions import exact_p_worse
from mlgate.inference.spread import p_above, p_below
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
    #: what the printed interval alone says.
    verdict: Verdict
    #: the estimate lies beyond the margin or bound.
    relevant: bool
    #: unadjusted one-sided p that the challenger is really worse.
    p: float
    #: the margin in the metric's own units.
    margin: float | None
    #: both signs count, as for a gap that must stay within a bound.
    two_sided: bool = False

    @property
    def family(self) -> tuple[str, Rule, str]:
        return (self.evidence.metric, self.requirement.rule, self.evidence.dataset)

    @property
    def unpaired(self) -> bool:
        return self.requirement.rule.paired and self.evidence.improvement is None


def judge(
    run: Run,
    evidence: Sequence[Evidence],
    gaps: Sequence[tuple[GapRequirement, Evidence]] = (),
    *,
    titles: Mapping[str, str] | None = None,
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
    """
    named = {_asked(requirement) for requirement in run.requirements if requirement.on not in (OVERALL, "slices")}
    drafts = [draft for requirement in run.requirements for draft in _drafts(requirement, evidence, named)]
    drafts += [_draft_gap(requirement, found) for requirement, found in gaps]
    adjusted = _adjust(drafts)
    return tuple(_finding(run, draft, *adjusted[place], titles or {}) for place, draft in enumerate(drafts))


def _asked(requirement: Requirement, on: str = "") -> tuple[str, Rule, str, str]:
    return (requirement.metric, requirement.rule, requirement.dataset, on or requirement.on)


def _drafts(
    requirement: Requirement, evidence: Sequence[Evidence], named: Collection[tuple[str, Rule, str, str]]
) -> list[_Draft]:
    """Every slice that the requirement speaks about; one that names a slice goes before one on all slices."""
    about = [found for found in evidence if (found.metric, found.dataset) == (requirement.metric, requirement.dataset)]
    champion = any(found.improvement is not None for found in evidence)
    if not about:
        # A data set that nobody scored must not look like one on which nothing was asked.
        return [_draft(requirement, _empty(requirement, f"{requirement.dataset} was not scored", champion=champion))]
    if requirement.on == "slices":
        about = [found for found in about if found.slice != OVERALL and _asked(requirement, found.slice) not in named]
    else:
        about = [found for found in about if found.slice == requirement.on]
        about = about or [_empty(requirement, "no rows", champion=champion)]
    return [_draft(requirement, found) for found in about]


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
    )


def _draft(requirement: Requirement, found: Evidence) -> _Draft:
    section = Section.COMPARE if found.slice == OVERALL else Section.SLICES
    if found.dataset.startswith("oddity"):
        section = Section.ODDITIES
    verdict, relevant, p, margin = Verdict.INCONCLUSIVE, False, 1.0, requirement.margin
    if requirement.rule.paired and found.improvement is not None and found.champion is not None:
        verdict, relevant, margin = _weigh_pair(requirement, found.improvement, found.champion)
        p = _p_pair(requirement.rule, found)
    elif not requirement.rule.paired:
        verdict, relevant, p = _weigh_alone(requirement, found)
    return _Draft(
        requirement=requirement, evidence=found, section=section, verdict=verdict, relevant=relevant, p=p, margin=margin
    )


def _weigh_pair(requirement: Requirement, improvement: Estimate, champion: Estimate) -> tuple[Verdict, bool, float]:
    """Verdict of the interval, relevance, and the margin in the metric's units.

    A relative margin is a fraction of the champion's value, whose error counts too: it is the smallest plausible
    fraction that must be kept to pass, and the largest plausible one that must be broken to fail.
    """
    margin = to_pass = to_fail = requirement.margin or 0.0
    if requirement.relative:
        to_pass, margin, to_fail = (size * margin for size in _sizes(champion))
    low, high, value = improvement.low, improvement.high, improvement.value
    match requirement.rule:
        case Rule.NOT_WORSE:
            return _verdict(low > -to_pass, high < -to_fail), value < -margin, margin
        case Rule.BETTER:
            return _verdict(low > to_fail, high < to_pass), value < margin, margin
        case _:
            return (
                _verdict(low > -to_pass and high < to_pass, high < -to_fail or low > to_fail),
                abs(value) > margin,
                margin,
            )


def _sizes(champion: Estimate) -> tuple[float, float, float]:
    """The champion's value without its sign: the smallest plausible, the estimated, the largest plausible."""
    ends = (abs(champion.low), abs(champion.high))
    smallest = 0.0 if champion.low <= 0 <= champion.high else min(ends)
    return smallest, abs(champion.value), max(ends)


def _weigh_alone(requirement: Requirement, found: Evidence) -> tuple[Verdict, bool, float]:
    bound = requirement.bound or 0.0
    low, high, value = found.challenger.low, found.challenger.high, found.challenger.value
    if requirement.rule is Rule.AT_LEAST:
        return _verdict(low >= bound, high < bound), value < bound, p_below(found.challenger_spread, bound)
    return _verdict(high <= bound, low > bound), value > bound, p_above(found.challenger_spread, bound)


def _verdict(passes: bool, fails: bool) -> Verdict:
    return Verdict.PASS if passes else Verdict.FAIL if fails else Verdict.INCONCLUSIVE


def _p_pair(rule: Rule, found: Evidence) -> float:
    assert found.improvement_spread is not None  # it is there whenever the improvement is
    below = p_below(found.improvement_spread, 0.0)
    if rule is not Rule.UNCHANGED:
        return below
    return min(1.0, 2 * min(below, p_above(found.improvement_spread, 0.0)))


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
    draft = dataclasses.replace(_draft(plain, found), section=Section.FAIRNESS)
    if requirement.rule is not Rule.AT_MOST:
        return draft
    bound = requirement.bound or 0.0
    low, high = found.challenger.low, found.challenger.high
    spread = found.challenger_spread
    return dataclasses.replace(
        draft,
        verdict=_verdict(-bound <= low and high <= bound, high < -bound or low > bound),
        relevant=abs(found.challenger.value) > bound,
        p=min(1.0, 2 * min(p_above(spread, bound), p_below(spread, -bound))),
        two_sided=True,
    )


def _adjust(drafts: Sequence[_Draft]) -> list[tuple[float | None, float | None, int | None]]:
    """Per draft: Holm's and Benjamini-Hochberg's p, and the size of its family; None for findings that are not guarded.

    Findings below the minimum size form families of their own, with exact p-values: their number must not weaken the
    others.
    """
    result: list[tuple[float | None, float | None, int | None]] = [(None, None, None)] * len(drafts)
    families: dict[tuple[object, ...], list[int]] = {}
    for place, draft in enumerate(drafts):
        if draft.requirement.level is Level.GUARDED and not draft.unpaired:
            families.setdefault((*draft.family, bool(draft.evidence.shortage)), []).append(place)
    for (*_, small), places in families.items():
        values = [_exact_p(drafts[place]) if small else drafts[place].p for place in places]
        for place, strict, loose in zip(places, holm(values), benjamini_hochberg(values), strict=True):
            result[place] = (strict, loose, len(places))
    return result


def _exact_p(draft: _Draft) -> float:
    """Exact test on the pairs that differ: all that may fail a finding with too few rows."""
    gained, lost = draft.evidence.gained, draft.evidence.lost
    if gained is None or lost is None or draft.requirement.rule not in (Rule.NOT_WORSE, Rule.BETTER):
        return 1.0
    return exact_p_worse(gained, lost)


def _conclude(draft: _Draft, strict: float | None, loose: float | None) -> tuple[Verdict, bool]:
    """The verdict, and whether it stands first under "look here"."""
    if draft.unpaired or math.isnan(draft.evidence.challenger.value):
        return Verdict.INCONCLUSIVE, False
    if draft.requirement.rule.paired and math.isnan(
        draft.evidence.improvement.value if draft.evidence.improvement else math.nan
    ):
        return Verdict.INCONCLUSIVE, False
    if draft.evidence.shortage:
        p = _exact_p(draft) if strict is None else strict
        return (Verdict.FAIL if p <= ALPHA and draft.relevant else Verdict.INCONCLUSIVE), False
    if strict is None or loose is None:
        return draft.verdict, False
    if strict <= ALPHA and draft.relevant:
        return Verdict.FAIL, False
    if draft.verdict is Verdict.PASS:
        return Verdict.PASS, False
    return Verdict.INCONCLUSIVE, draft.verdict is Verdict.FAIL or (loose <= ALPHA and draft.relevant)


def _finding(
    run: Run, draft: _Draft, strict: float | None, loose: float | None, family: int | None, titles: Mapping[str, str]
) -> Finding:
    requirement, found = draft.requirement, draft.evidence
    verdict, look_here = _conclude(draft, strict, loose)
    detectable, needed = _power(draft, family, run.confidence)
    judged = Judged(
        requirement=requirement,
        evidence=found,
        section=draft.section,
        verdict=verdict,
        look_here=look_here,
        margin=draft.margin,
        adjusted_p=strict,
        family=family,
        rows_to_decide=needed,
    )
    reason = reason_of(judged)
    required = requirement.level is Level.REQUIRED and verdict is not Verdict.PASS and reason != NO_CHAMPION
    return Finding(
        id=f"{draft.section}/{found.dataset}/{found.metric}/{requirement.rule}/{found.slice}",
        section=draft.section,
        title=title_of(judged),
        verdict=verdict,
        level=requirement.level,
        blocking=required or (requirement.level is Level.GUARDED and verdict is Verdict.FAIL),
        reason=reason,
        because=requirement.because,
        dataset=found.dataset,
        slice=found.slice,
        slice_title=slice_title(found.slice, titles),
        metric=found.metric,
        rule=requirement.rule,
        margin=draft.margin,
        bound=requirement.bound,
        relative=requirement.margin if requirement.relative else None,
        champion=found.champion,
        challenger=found.challenger,
        improvement=found.improvement,
        rows=found.rows,
        units=found.units,
        differing=found.differing,
        gained=found.gained,
        lost=found.lost,
        too_small=bool(found.shortage),
        adjusted_p=strict,
        family=family,
        smallest_detectable=detectable,
        rows_to_decide=needed,
        look_here=look_here,
    )


def _power(draft: _Draft, family: int | None, confidence: float) -> tuple[float | None, int | None]:
    """Smallest regression that this finding declares fail with 80 % power, and the rows that would decide it."""
    rule, found = draft.requirement.rule, draft.evidence
    seen = found.improvement if rule.paired else found.challenger
    if seen is None or not math.isfinite(seen.low):
        return None, None
    margin = draft.margin or 0.0
    if not rule.paired:
        margin = 0.0
    elif rule is Rule.BETTER:
        margin = -margin
    if draft.requirement.level is Level.GUARDED:
        detectable = smallest_detectable_guarded(seen, margin, family or 1, confidence)
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
        dataset=seen.dataset,
        slice=seen.slice,
        metric=seen.metric,
        rows=seen.rows or None,
    )
