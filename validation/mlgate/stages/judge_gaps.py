"""Requirements on disparities to findings: whether all gaps between the groups of an attribute stay within a bound.

The third file with opinions, beside ``judge`` and ``decide``: a disparity is no single estimate but the largest of many
gaps, and the largest of many is large by chance. So passing is an intersection-union test (every signed gap's interval
lies within the bound; no adjustment is needed), failing takes one pair of groups that is beyond the bound after Holm's
adjustment over all pairs. Groups that are too small cannot be told: they are listed, never merged or dropped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.frozen import dataclass
from mlgate.inference.adjust import benjamini_hochberg, holm
from mlgate.inference.group_disparity import Found, Worst, found_of
from mlgate.inference.group_table import GroupTable
from mlgate.inference.power import ALPHA
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate
from mlgate.records.fairness import Disparity, disparity
from mlgate.records.run import GapRequirement, Run
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.scipy_parts import ndtri
from mlgate.sentences import NO_CHAMPION, plural, slice_title

__all__ = ["judge_gaps"]

#: Groups that a reason names; all of them are in the exhibit.
_NAMED = 3
#: Normal quantile of 80 % power.
_POWER = 0.84


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    """One requirement with what its pairs say, before findings of a family are looked at together."""

    requirement: GapRequirement
    asked: Disparity
    tables: tuple[GroupTable, ...]
    found: Found
    #: smallest p of any pair after Holm; 1 where none is beyond what is allowed.
    p: float


def judge_gaps(
    run: Run, tables: Sequence[GroupTable], *, dataset: str, titles: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """One finding for every requirement on a disparity.

    Parameters
    ----------
    run
        Its gaps are judged in their order; those on single rates are left to ``judge``.
    tables
        Of every attribute and rate.
    dataset
        The rows they are of.
    titles
        What people read for a slice name.
    """
    drafts = []
    for requirement in run.gaps:
        asked = disparity(requirement.metric)
        if asked is not None:
            own = [one for one in tables if one.attribute == requirement.attribute and one.metric in asked.rates]
            found = found_of(own, asked, requirement, run.confidence)
            p = min(holm(found.p), default=1.0)
            drafts.append(_Draft(requirement=requirement, asked=asked, tables=tuple(own), found=found, p=p))
    adjusted = _families(drafts)
    return tuple(
        _finding(run, draft, family, dataset, titles or {}) for draft, family in zip(drafts, adjusted, strict=True)
    )


def _families(drafts: Sequence[_Draft]) -> list[tuple[float, float, int] | None]:
    """Holm's p, Benjamini and Hochberg's and the size of the family, for guarded findings that can be told."""
    result: list[tuple[float, float, int] | None] = [None] * len(drafts)
    families: dict[tuple[str, Rule], list[int]] = {}
    for place, draft in enumerate(drafts):
        if draft.requirement.level is Level.GUARDED and draft.found.pairs:
            families.setdefault((draft.asked.name, draft.requirement.rule), []).append(place)
    for places in families.values():
        values = [drafts[place].p for place in places]
        for place, strict, loose in zip(places, holm(values), benjamini_hochberg(values), strict=True):
            result[place] = (strict, loose, len(places))
    return result


def _conclude(draft: _Draft, family: tuple[float, float, int] | None) -> tuple[Verdict, bool]:
    """The verdict, and whether it stands first under "look here"."""
    found = draft.found
    if not found.pairs:
        return Verdict.INCONCLUSIVE, False
    if draft.requirement.level is Level.GUARDED:
        assert family is not None  # there are pairs
        if family[0] <= ALPHA and found.relevant:
            return Verdict.FAIL, False
        look = found.beyond or (family[1] <= ALPHA and found.relevant)
    else:
        if found.beyond and draft.p <= ALPHA:
            return Verdict.FAIL, False
        look = found.beyond
    if found.within and not found.untold:
        return Verdict.PASS, False
    return Verdict.INCONCLUSIVE, look


def _finding(
    run: Run,
    draft: _Draft,
    family: tuple[float, float, int] | None,
    dataset: str,
    titles: Mapping[str, str],
) -> Finding:
    requirement, found = draft.requirement, draft.found
    verdict, look_here = _conclude(draft, family)
    alone = requirement.rule.paired and found.improvement is None
    reason = NO_CHAMPION if alone else _reason(draft, verdict, look_here, family, run.confidence, titles)
    required = requirement.level is Level.REQUIRED and verdict is not Verdict.PASS and not alone
    attribute = requirement.attribute
    return Finding(
        id=f"{Section.FAIRNESS}/{dataset}/{requirement.metric}/{requirement.rule}/{attribute}",
        section=Section.FAIRNESS,
        title=f"{requirement.metric} {_asked(requirement)} between groups of {attribute}",
        verdict=verdict,
        level=requirement.level,
        blocking=required or (requirement.level is Level.GUARDED and verdict is Verdict.FAIL),
        reason=reason,
        because=requirement.because,
        dataset=dataset,
        slice=attribute,
        slice_title=slice_title(attribute, titles),
        metric=requirement.metric,
        rule=requirement.rule,
        margin=requirement.margin,
        bound=requirement.bound,
        champion=None if found.champion is None else found.champion.estimate,
        challenger=found.challenger.estimate if found.challenger else _nothing(),
        improvement=None if found.improvement is None else found.improvement.estimate,
        rows=int(draft.tables[0].rows.sum()),
        too_small=not found.pairs and not alone,
        adjusted_p=_shown_p(draft, verdict, look_here, family),
        family=None if family is None else family[2],
        rows_to_decide=_rows_to_decide(draft, run.confidence),
        look_here=look_here,
    )


def _shown_p(draft: _Draft, verdict: Verdict, look_here: bool, family: tuple[float, float, int] | None) -> float | None:
    if family is not None:
        return family[0]
    return draft.p if verdict is Verdict.FAIL or look_here else None


def _nothing() -> Estimate:
    return Estimate(value=math.nan, low=math.nan, high=math.nan)


def _asked(requirement: GapRequirement) -> str:
    match requirement.rule:
        case Rule.NOT_WORSE:
            return f"not wider by {requirement.margin or 0:.3g}"
        case Rule.AT_LEAST:
            return f"at least {requirement.bound or 0:.3g}"
        case _:
            return f"at most {requirement.bound or 0:.3g}"


def _reason(
    draft: _Draft,
    verdict: Verdict,
    look_here: bool,
    family: tuple[float, float, int] | None,
    confidence: float,
    titles: Mapping[str, str],
) -> str:
    """Which pair it hangs on, with its interval; what cannot be told; and how many pairs there are."""
    groups = draft.tables[0].groups
    if len(groups) < 2:
        return f"all rows are in one group, {slice_title(groups[0], titles)}: there is nothing to compare"
    found, requirement = draft.found, draft.requirement
    parts = []
    paired = requirement.rule.paired
    worst = found.improvement if paired else found.challenger
    if verdict is Verdict.FAIL:
        worst = found.clearest
    if worst is not None:
        among = found.pairs if paired or verdict is Verdict.FAIL else found.total
        which = "clearest" if verdict is Verdict.FAIL else "worst"
        said = f"{which} of {among:,} pairs: " if among > 1 else ""
        limit = f"margin {requirement.margin or 0:.3g}" if paired else f"bound {requirement.bound or 0:.3g}"
        parts.append(f"{said}{_pair(draft, worst, titles)}, {limit}")
    if found.untold:
        parts.append(_untold(found, titles))
    shown = _shown_p(draft, verdict, look_here, family)
    if verdict is Verdict.FAIL:
        parts.append(f"that is not chance: adjusted p {shown:.2g}")
    elif look_here:
        parts.append(f"it may be chance: adjusted p {shown:.2g}")
    elif verdict is Verdict.INCONCLUSIVE and found.pairs and not found.untold:
        needed = _rows_to_decide(draft, confidence)
        parts.append(
            f"{plural(needed, 'row')} would decide if there were no gap" if needed else "no number of rows would decide"
        )
    return "; ".join(parts)


def _pair(draft: _Draft, worst: Worst, titles: Mapping[str, str]) -> str:
    """Two groups and their gap or ratio, or how much it narrowed, with its interval."""
    joint = " over " if draft.asked.ratio else " less "
    pair = joint.join(slice_title(name, titles) for name in (worst.first, worst.second))
    rate = f"{worst.rate}, " if len(draft.asked.rates) > 1 else ""
    paired, one = draft.requirement.rule.paired, worst.estimate
    what, sign = ("improvement ", "+") if paired else ("", "")
    return f"{rate}{pair}, {what}{one.value:{sign}.4f} ({one.low:{sign}.4f} to {one.high:{sign}.4f})"


def _untold(found: Found, titles: Mapping[str, str]) -> str:
    """The groups that cannot be told, with the rows that would tell."""
    said = []
    for group, why, rows in found.untold[:_NAMED]:
        tell = f" ({plural(rows, 'row')} of it would tell)" if rows else ""
        said.append(f"{slice_title(group, titles)}: {why}{tell}")
    more = len(found.untold) - _NAMED
    rest = f", and {more:,} more groups" if more > 0 else ""
    return f"cannot tell: {', '.join(said)}{rest}"


def _rows_to_decide(draft: _Draft, confidence: float) -> int | None:
    """Rows, in the same proportions, at which the widest pair would pass with 80 % power if there were no gap."""
    requirement, found = draft.requirement, draft.found
    allowed = requirement.margin if requirement.rule.paired else requirement.bound
    if requirement.rule is Rule.AT_LEAST:
        allowed = -math.log(requirement.bound) if requirement.bound else None
    if not found.pairs or not allowed or not math.isfinite(found.widest):
        return None
    quantile = float(ndtri(0.5 + confidence / 2))
    both = 1.0 if not requirement.rule.paired else 0.0
    # Passing takes both sides of a bound: of 80 % power a tenth is lost on either side.
    power = 1.28 if both else _POWER
    ratio = (quantile + power) * found.widest / quantile / allowed
    return math.ceil(int(draft.tables[0].rows.sum()) * ratio**2) if ratio < 1e6 else None
