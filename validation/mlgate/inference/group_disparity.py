"""The largest gap or smallest ratio over all pairs of groups: its value, the pair it is of, and what all pairs say.

Separate from ``group_table``, which knows single pairs, and from the stage that judges: there are no opinions here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.group_table import (
    CHALLENGER,
    CHAMPION,
    GroupTable,
    PairLimits,
    gap,
    gap_limits,
    narrowing,
    narrowing_limits,
    p_beyond,
    p_wider,
    ratio,
    ratio_limits,
)
from mlgate.records.evidence import Estimate
from mlgate.records.fairness import Disparity
from mlgate.records.run import GapRequirement
from mlgate.records.words import Level
from mlgate.scipy_parts import ndtri

__all__ = ["Found", "Worst", "changed", "found_of", "worst_of"]

Floats = NDArray[np.float64]
#: Places of the first and of the second group of each pair.
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Worst:
    """The pair of groups with the largest gap, or the smallest ratio."""

    rate: str
    #: first less second, or first over second: the gap is not negative, the ratio not above 1.
    first: str
    second: str
    estimate: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What all pairs of groups together say of one requirement."""

    #: pairs that can be told, and all pairs.
    pairs: int
    total: int
    #: groups that cannot be told: name, why, and the rows that would tell.
    untold: tuple[tuple[str, str, int | None], ...]
    #: the models' largest gaps (smallest ratios), over all groups that have a value; None where there is none.
    challenger: Worst | None
    champion: Worst | None
    #: the gap that widened most, for a comparison; ``estimate`` is how much it narrowed.
    improvement: Worst | None
    #: every told pair's interval is within what is allowed; some pair's is wholly beyond it.
    within: bool
    beyond: bool
    #: some told pair's estimate is beyond what is allowed.
    relevant: bool
    #: the told pair that is most clearly beyond what is allowed; None where none is.
    clearest: Worst | None
    #: one p per told pair, not adjusted; 1 for estimates within what is allowed.
    p: tuple[float, ...]
    #: the largest half-width of a told pair's interval.
    widest: float


def found_of(tables: Sequence[GroupTable], asked: Disparity, requirement: GapRequirement, confidence: float) -> Found:
    """All pairs of groups against one requirement.

    Parameters
    ----------
    tables
        One per rate of the disparity, of the same groups.
    asked
        The disparity.
    requirement
        Says the rule and its margin or bound.
    confidence
        Two-sided level of the intervals.
    """
    first = tables[0]
    k, paired = len(first.groups), first.paired
    total = len(tables) * k * (k - 1) // 2
    challenger = worst_of(tables, asked, CHALLENGER, confidence)
    champion = worst_of(tables, asked, CHAMPION, confidence) if paired else None
    changes = requirement.rule.paired
    told = [_told(table, both=changes) for table in tables]
    pairs = sum(len(rows) for rows, _ in told)
    if changes and not paired:
        pairs = 0
    each = [_against(table, both, asked, requirement, confidence) for table, both in zip(tables, told) if pairs]
    improvement = _most_widened(tables, told) if changes and paired and pairs else None
    return Found(
        pairs=pairs,
        total=total,
        untold=_untold(tables, both=changes),
        challenger=challenger,
        champion=champion,
        improvement=improvement,
        within=all(one.within for one in each),
        beyond=any(one.beyond for one in each),
        relevant=any(one.relevant for one in each),
        clearest=_clearest(tables, told, each, asked, requirement, confidence),
        p=tuple(float(p) for one in each for p in one.p),
        widest=max((one.widest for one in each), default=math.nan),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Against:
    within: bool
    beyond: bool
    relevant: bool
    p: Floats
    widest: float


def _told(table: GroupTable, *, both: bool) -> Pairs:
    """Places of the two groups of every pair that can be told."""
    able = np.flatnonzero(table.told(both=both))
    rows, columns = np.triu_indices(len(able), 1)
    return able[rows], able[columns]


def _against(
    table: GroupTable, pairs: Pairs, asked: Disparity, requirement: GapRequirement, confidence: float
) -> _Against:
    """One rate's pairs against what is allowed."""
    rows, columns = pairs
    if not len(rows):
        return _Against(within=True, beyond=False, relevant=False, p=np.zeros(0), widest=0.0)
    if requirement.rule.paired:
        limits, allowed = narrowing_limits(table), requirement.margin or 0.0
    else:
        limits, allowed = _bounded(table, asked, requirement, confidence)
    low, high, value = (part[rows, columns] for part in (limits.low, limits.high, limits.value))
    if requirement.rule.paired:
        within, beyond, relevant = low > -allowed, high < -allowed, value < -allowed
    else:
        within, beyond = (-allowed <= low) & (high <= allowed), (high < -allowed) | (low > allowed)
        relevant = np.abs(value) > allowed
    p = np.ones(len(rows))
    # Of a gap within what is allowed p is at least one half, and nothing hangs on how much.
    candidates = np.flatnonzero(relevant)
    if len(candidates):
        chosen = [(int(rows[place]), int(columns[place])) for place in candidates]
        p[candidates] = _p_values(table, chosen, asked, requirement, allowed)
    return _Against(
        within=bool(within.all()),
        beyond=bool(beyond.any()),
        relevant=bool(relevant.any()),
        p=p,
        widest=float(((high - low) / 2).max()),
    )


def _p_values(
    table: GroupTable,
    pairs: Sequence[tuple[int, int]],
    asked: Disparity,
    requirement: GapRequirement,
    allowed: float,
) -> Floats:
    """p of each pair that it is not beyond what is allowed; of a guarded widening, that it did not widen at all."""
    if requirement.rule.paired:
        spreads = [narrowing(table, *pair) for pair in pairs]
        return p_wider(spreads, 0.0 if requirement.level is Level.GUARDED else allowed)
    return p_beyond([(ratio if asked.ratio else gap)(table, CHALLENGER, *pair) for pair in pairs], allowed)


def _bounded(
    table: GroupTable, asked: Disparity, requirement: GapRequirement, confidence: float
) -> tuple[PairLimits, float]:
    """The challenger's pairs, and how far they may be from zero on their scale."""
    bound = requirement.bound or 0.0
    if not asked.ratio:
        return gap_limits(table, CHALLENGER), bound
    quantile = float(ndtri(0.5 + confidence / 2))
    return ratio_limits(table, CHALLENGER, quantile), -math.log(bound) if bound > 0 else math.inf


def worst_of(tables: Sequence[GroupTable], asked: Disparity, model: int, confidence: float) -> Worst | None:
    """A model's largest gap or smallest ratio over all groups that have a value, however few their rows.

    The value is an exact quotient's; the interval is that of the pair it is of.
    """
    best: tuple[float, GroupTable, int, int] | None = None
    for table in tables:
        values = table.values[model]
        known = np.flatnonzero(np.isfinite(values))
        if len(known) < 2:
            continue
        top, bottom = int(known[np.argmax(values[known])]), int(known[np.argmin(values[known])])
        if top == bottom:
            top, bottom = int(known[0]), int(known[1])
        if asked.ratio:
            size = float(values[bottom] / values[top]) if values[top] > 0 else math.nan
            badness = -size if math.isfinite(size) else -math.inf
        else:
            size = badness = float(values[top] - values[bottom])
        if not math.isnan(size) and (best is None or badness > best[0]):
            best = (badness, table, top, bottom)
    if best is None:
        return None
    _, table, top, bottom = best
    return _ratio(table, model, bottom, top, confidence) if asked.ratio else _gap(table, model, top, bottom)


def _gap(table: GroupTable, model: int, first: int, second: int) -> Worst:
    return _of_pair(table, gap_limits(table, model), first, second)


def _narrowed(table: GroupTable, first: int, second: int) -> Worst:
    return _of_pair(table, narrowing_limits(table), first, second)


def _of_pair(table: GroupTable, limits: PairLimits, first: int, second: int) -> Worst:
    value, low, high = (float(part[first, second]) for part in (limits.value, limits.low, limits.high))
    estimate = Estimate(value=value, low=low, high=high)
    return Worst(rate=table.metric, first=table.groups[first], second=table.groups[second], estimate=estimate)


def _ratio(table: GroupTable, model: int, first: int, second: int, confidence: float) -> Worst:
    limits = ratio_limits(table, model, float(ndtri(0.5 + confidence / 2)))
    value = float(table.values[model][first] / table.values[model][second])
    # Half a row more, where nobody is selected, is for the error only: the limits must hold the value that is printed.
    estimate = Estimate(
        value=value,
        low=min(value, math.exp(limits.low[first, second])),
        high=max(value, math.exp(limits.high[first, second])),
    )
    return Worst(rate=table.metric, first=table.groups[first], second=table.groups[second], estimate=estimate)


def _clearest(
    tables: Sequence[GroupTable],
    told: Sequence[Pairs],
    each: Sequence[_Against],
    asked: Disparity,
    requirement: GapRequirement,
    confidence: float,
) -> Worst | None:
    """The told pair with the smallest p, with the interval that its verdict hangs on."""
    places = [(float(one.p.min()), at) for at, one in enumerate(each) if len(one.p) and one.p.min() < 1]
    if not places:
        return None
    at = min(places)[1]
    table, (rows, columns) = tables[at], told[at]
    place = int(np.argmin(each[at].p))
    first, second = int(rows[place]), int(columns[place])
    values = table.values[CHALLENGER]
    if (values[first] < values[second]) != asked.ratio:
        first, second = second, first
    if requirement.rule.paired:
        return _narrowed(table, first, second)
    if asked.ratio:
        return _ratio(table, CHALLENGER, first, second, confidence)
    return _gap(table, CHALLENGER, first, second)


def _most_widened(tables: Sequence[GroupTable], told: Sequence[Pairs]) -> Worst | None:
    """The told pair whose gap widened most; the larger rate of the challenger comes first."""
    best: Worst | None = None
    for table, (rows, columns) in zip(tables, told, strict=True):
        if not len(rows):
            continue
        limits = narrowing_limits(table)
        place = int(np.argmin(limits.value[rows, columns]))
        first, second = int(rows[place]), int(columns[place])
        value = float(limits.value[first, second])
        if best is not None and best.estimate.value <= value:
            continue
        if table.values[CHALLENGER][first] < table.values[CHALLENGER][second]:
            first, second = second, first
        best = _narrowed(table, first, second)
    return best


def _untold(tables: Sequence[GroupTable], *, both: bool) -> tuple[tuple[str, str, int | None], ...]:
    """Groups that cannot be told of some rate, each once."""
    found: dict[str, tuple[str, str, int | None]] = {}
    for table in tables:
        for place, able in enumerate(table.told(both=both)):
            if not able and table.groups[place] not in found:
                why = table.shortages[place] or f"its {table.metric} is undefined: nothing is divided by nothing"
                found[table.groups[place]] = (table.groups[place], why, table.rows_to_tell[place])
    return tuple(found.values())


def changed(challenger: Worst, champion: Worst, tables: Sequence[GroupTable]) -> Estimate:
    """How much the largest gap changed, challenger - champion.

    Where both are of one pair, that pair's own change; else the two gaps' distances are added, which holds whatever
    their dependence.
    """
    value = challenger.estimate.value - champion.estimate.value
    if (challenger.rate, challenger.first, challenger.second) == (champion.rate, champion.first, champion.second):
        table = next(one for one in tables if one.metric == challenger.rate)
        first, second = table.groups.index(challenger.first), table.groups.index(challenger.second)
        limits = narrowing_limits(table)
        return Estimate(value=value, low=-float(limits.high[first, second]), high=-float(limits.low[first, second]))
    old, new = champion.estimate, challenger.estimate
    return Estimate(
        value=value,
        low=value - (new.value - new.low) - (old.high - old.value),
        high=value + (new.high - new.value) + (old.value - old.low),
    )
