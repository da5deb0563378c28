"""What a rule says of evidence taken by itself: the verdict of its interval, whether it matters, and its p-value.

Separate from ``stages/judge.py``, which looks at all findings of a family together before anything is concluded.
Nothing here knows of levels.

A relative margin m is a fraction of the champion's value c, so "not worse" is a statement about improvement + m · |c|.
Its interval is built from the two printed intervals and the correlation of the two estimates (MOVER, Zou and Donner
2008): for Student's t that is the interval of the linear combination. Where the correlation is not known, or c may be
0, each estimate counts at its worse end instead, which holds whatever the correlation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mlgate.frozen import dataclass
from mlgate.inference.spread import p_above, p_aboves, p_below, p_belows, standard_error
from mlgate.records.evidence import Estimate, Evidence, Spread
from mlgate.records.run import Requirement
from mlgate.records.words import Rule, Verdict

__all__ = ["Weighed", "weigh", "weigh_all", "weigh_gap"]

#: What stands for a comparison that there is none of.
_NONE = Spread(method="undefined", value=math.nan)

Limits = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """One requirement on one piece of evidence, before findings of a family are looked at together."""

    #: what the interval alone says.
    verdict: Verdict
    #: the estimate lies beyond the margin or bound.
    relevant: bool
    #: unadjusted p that the challenger is really worse (that it changed, that it is beyond the bound).
    p: float
    #: the margin in the metric's own units; None for bounds.
    margin: float | None


def weigh(requirement: Requirement, found: Evidence) -> Weighed:
    """A requirement on evidence; inconclusive where the evidence lacks what the rule compares."""
    return weigh_all(requirement, [found])[0]


def weigh_all(requirement: Requirement, evidence: Sequence[Evidence]) -> list[Weighed]:
    """The same for many slices: their p-values are worked out together, which takes a tenth of the time."""
    paired = requirement.rule.paired
    spreads = [(found.improvement_spread if paired else found.challenger_spread) or _NONE for found in evidence]
    bounds = np.full(len(spreads), 0.0 if paired else requirement.bound or 0.0)
    below, above = np.ones(len(spreads)), np.ones(len(spreads))
    if requirement.rule is not Rule.AT_MOST:
        below = p_belows(spreads, bounds)
    if requirement.rule in (Rule.AT_MOST, Rule.UNCHANGED):
        above = p_aboves(spreads, bounds)
    return [
        _weigh(requirement, found, low, high)
        for found, low, high in zip(evidence, below.tolist(), above.tolist(), strict=True)
    ]


def _weigh(requirement: Requirement, found: Evidence, below: float, above: float) -> Weighed:
    """One of them, given the p-values that the truth is not below, and not above, where the rule draws the line."""
    if not requirement.rule.paired:
        return _weigh_alone(requirement, found, below, above)
    if found.improvement is None or found.champion is None:
        return Weighed(verdict=Verdict.INCONCLUSIVE, relevant=False, p=1.0, margin=requirement.margin)
    return _weigh_pair(requirement, found, found.improvement, found.champion, below, above)


def weigh_gap(requirement: Requirement, found: Evidence) -> Weighed:
    """A bound on a signed gap: it counts on both sides of zero."""
    bound = requirement.bound or 0.0
    low, high, spread = found.challenger.low, found.challenger.high, found.challenger_spread
    return Weighed(
        verdict=_verdict(-bound <= low and high <= bound, high < -bound or low > bound),
        relevant=abs(found.challenger.value) > bound,
        p=min(1.0, 2 * min(p_above(spread, bound), p_below(spread, -bound))),
        margin=None,
    )


def _weigh_alone(requirement: Requirement, found: Evidence, below: float, above: float) -> Weighed:
    bound = requirement.bound or 0.0
    low, high, value = found.challenger.low, found.challenger.high, found.challenger.value
    if requirement.rule is Rule.AT_LEAST:
        verdict, relevant, p = _verdict(low >= bound, high < bound), value < bound, below
    else:
        verdict, relevant, p = _verdict(high <= bound, low > bound), value > bound, above
    return Weighed(verdict=verdict, relevant=relevant, p=p, margin=requirement.margin)


def _weigh_pair(
    requirement: Requirement, found: Evidence, improvement: Estimate, champion: Estimate, below: float, above: float
) -> Weighed:
    margin = requirement.margin or 0.0
    if requirement.relative:
        kept, beaten = (_beyond_share(found, improvement, champion, part) for part in (margin, -margin))
        margin *= abs(champion.value)
    else:
        kept, beaten = ((improvement.low + part, improvement.high + part) for part in (margin, -margin))
    p = below
    match requirement.rule:
        case Rule.NOT_WORSE:
            verdict, relevant = _verdict(kept[0] > 0, kept[1] < 0), improvement.value < -margin
        case Rule.BETTER:
            verdict, relevant = _verdict(beaten[0] > 0, beaten[1] < 0), improvement.value < margin
        case _:
            verdict = _verdict(kept[0] > 0 and beaten[1] < 0, kept[1] < 0 or beaten[0] > 0)
            relevant = abs(improvement.value) > margin
            p = min(1.0, 2 * min(below, above))
    return Weighed(verdict=verdict, relevant=relevant, p=p, margin=margin)


def _verdict(passes: bool, fails: bool) -> Verdict:
    return Verdict.PASS if passes else Verdict.FAIL if fails else Verdict.INCONCLUSIVE


def _beyond_share(found: Evidence, improvement: Estimate, champion: Estimate, share: float) -> Limits:
    """Interval of improvement + share · |champion's value|; a negative share is taken off."""
    touches_zero = not (champion.low > 0 or champion.high < 0)
    correlation = math.nan if touches_zero else _correlation(found)
    size = _size(champion)
    ends = (size.low, size.high) if share >= 0 else (size.high, size.low)
    if math.isnan(correlation):
        return improvement.low + share * ends[0], improvement.high + share * ends[1]
    # Both estimates may move against each other; what the champion's sign turns, turns the correlation too.
    turned = correlation if share * champion.value >= 0 else -correlation
    middle = improvement.value + share * size.value
    down = _joined(improvement.value - improvement.low, abs(share * (size.value - ends[0])), turned)
    up = _joined(improvement.high - improvement.value, abs(share * (ends[1] - size.value)), turned)
    return middle - down, middle + up


def _joined(first: float, second: float, correlation: float) -> float:
    """Length of the sum of two distances that are correlated."""
    if math.isinf(first) or math.isinf(second):
        return math.inf
    return math.sqrt(max(first**2 + second**2 + 2 * correlation * first * second, 0.0))


def _size(champion: Estimate) -> Estimate:
    """The champion's value without its sign; its smallest plausible size is 0 where the interval holds 0."""
    ends = sorted((abs(champion.low), abs(champion.high)))
    smallest = 0.0 if champion.low <= 0 <= champion.high else ends[0]
    return Estimate(value=abs(champion.value), low=smallest, high=ends[1])


def _correlation(found: Evidence) -> float:
    """Of the champion's value and the improvement; NaN where it is not known."""
    assert found.improvement_spread is not None and found.champion_spread is not None  # there whenever the values are
    errors = standard_error(found.champion_spread), standard_error(found.improvement_spread)
    if found.covariance == 0 or math.isnan(found.covariance):
        return found.covariance
    if not all(0 < error < math.inf for error in errors):
        return math.nan
    return min(max(found.covariance / (errors[0] * errors[1]), -1.0), 1.0)
