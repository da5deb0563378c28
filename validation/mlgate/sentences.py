"""Titles and reasons of findings, in words: what was asked, and why it came out so.

Separate from ``stages/judge.py`` so that opinions and wording can each be read in one sitting. A reason is always
filled and holds the figures that the verdict hangs on; how figures look on a page is the renderers' business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.frozen import dataclass
from mlgate.records.evidence import Estimate, Evidence
from mlgate.records.losses import Losses
from mlgate.records.run import OVERALL, Requirement
from mlgate.records.words import Rule, Section, Verdict

__all__ = [
    "FAMILIES",
    "Judged",
    "NO_CHAMPION",
    "loss_reason",
    "loss_title",
    "plural",
    "reason_of",
    "slice_title",
    "title_of",
]

#: The one reason for which an inconclusive required finding does not block.
NO_CHAMPION = "no champion"

#: What a family of oddities is about, for headings.
FAMILIES = {
    "missing": "Missing values",
    "range": "Range and unit",
    "type": "Type and precision",
    "category": "Categories",
    "text": "Text",
    "order": "Order and time",
    "shape": "Rows and columns",
    "noise": "Noise and dependence",
    "own": "The team's own",
}

_UNDEFINED = "the value is undefined here: nothing is divided by nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One requirement on one piece of evidence, with what was concluded."""

    requirement: Requirement
    evidence: Evidence
    section: Section
    verdict: Verdict
    look_here: bool
    #: in the metric's own units.
    margin: float | None
    adjusted_p: float | None
    family: int | None
    rows_to_decide: int | None


def plural(value: float, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "row"), plural(3041, "row"), plural(2, "row lacks", "rows lack")
    ('1 row', '3,041 rows', '2 rows lack')
    """
    return f"{value:,.0f} {one if value == 1 else many or one + 's'}"


def title_of(judged: Judged) -> str:
    """What was asked: "accuracy not worse by 0.06 on sex=F"."""
    where = judged.evidence.slice
    place = where if judged.section is Section.FAIRNESS else "overall" if where == OVERALL else f"on {where}"
    if judged.evidence.dataset != "base_case":
        place += f" in {judged.evidence.dataset}"
    return f"{judged.evidence.metric} {_asked(judged)} {place}"


def _asked(judged: Judged) -> str:
    """The rule with its margin or bound, and what the challenger is held against."""
    requirement = judged.requirement
    by = f" by {_share(requirement.margin)}" if requirement.relative else f" by {requirement.margin or 0:.3g}"
    than = f" than the {requirement.than}" if requirement.than != "champion" else ""
    match requirement.rule:
        case Rule.NOT_WORSE:
            return f"not {'wider' if judged.section is Section.FAIRNESS else 'worse'}{than}{by}"
        case Rule.BETTER:
            return f"better{than}{by if requirement.margin else ''}"
        case Rule.UNCHANGED:
            return f"unchanged{than.replace('than', 'from')}{by.replace(' by', ' within')}"
        case Rule.AT_LEAST:
            return f"at least {requirement.bound or 0:.3g}"
        case _:
            return f"at most {requirement.bound or 0:.3g}"


def _share(margin: float | None) -> str:
    return f"{100 * (margin or 0):.3g} % of the champion's value"


def reason_of(judged: Judged) -> str:
    """Why this verdict, in one clause with the figures it hangs on."""
    found, rule = judged.evidence, judged.requirement.rule
    if rule.paired and found.improvement is None:
        return NO_CHAMPION
    if found.shortage:
        return _of_few(found) if judged.verdict is Verdict.FAIL else found.shortage
    seen = found.improvement if rule.paired else found.challenger
    if seen is None or math.isnan(seen.value) or math.isnan(found.challenger.value):
        return _UNDEFINED
    what = "value" if not rule.paired else "change" if rule is Rule.UNCHANGED else "improvement"
    what += f" over the {found.than}" if rule.paired and found.than != "champion" else ""
    limit = f"margin {judged.margin or 0:.3g}" if rule.paired else f"bound {judged.requirement.bound or 0:.3g}"
    if judged.requirement.relative:
        limit += f" ({_share(judged.requirement.margin)})"
    sign = "+" if rule.paired else ""
    text = f"{what} {seen.value:{sign}.4f} ({seen.low:{sign}.4f} to {seen.high:{sign}.4f}), {limit}"
    return text + (_consequence(judged) if found.decides else "; it is shown and never decides")


def _of_few(found: Evidence) -> str:
    return (
        f"{found.lost} newly wrong against {found.gained} newly right: too few rows for an interval, "
        "but that is not chance (exact test)"
    )


def _consequence(judged: Judged) -> str:
    p, needed = judged.adjusted_p, judged.rows_to_decide
    among = f"among {judged.family} " if judged.family and judged.family > 1 else ""
    if judged.verdict is Verdict.FAIL and p is not None:
        return f"; {among}that is not chance: adjusted p {p:.2g}"
    if judged.look_here:
        return f"; {among}it may be chance: adjusted p {p:.2g}"
    if judged.verdict is not Verdict.INCONCLUSIVE:
        return ""
    if not judged.requirement.rule.paired:
        return "; the interval holds the bound, so more rows are needed"
    if needed is None:
        return "; no number of rows would decide"
    if needed <= judged.evidence.rows:
        return "; a challenger as good as the champion would mostly pass on these rows"
    return f"; {plural(needed, 'row')} would decide"


def loss_title(requirement: Requirement, title: str) -> str:
    """What is asked of a loss of quality: "accuracy loses at most 0.02 more than the champion's where …"."""
    more = _share(requirement.margin) if requirement.relative else f"{requirement.margin or 0:.3g}"
    return f"{requirement.metric} loses at most {more} more than the champion's where {title}"


def loss_reason(losses: Losses, reason: str) -> str:
    """Both models' losses against the base case, before the reason of the verdict on their difference."""
    sides = (("the challenger", losses.challenger), ("the champion", losses.champion))
    return f"{' and '.join(f'{who} {_lost(change)}' for who, change in sides if change is not None)}; {reason}"


def _lost(change: Estimate) -> str:
    verb = "gains" if change.value > 0 else "loses"
    low, high = (change.low, change.high) if change.value > 0 else (-change.high, -change.low)
    return f"{verb} {abs(change.value):.4f} ({low:.4f} to {high:.4f})"


def slice_title(name: str, titles: Mapping[str, str]) -> str:
    """Declared title, or the name itself with each part of a crossing or a gap replaced by its own title."""
    if name in titles:
        return titles[name]
    for joint in (" less ", " and "):
        if joint in name:
            return joint.join(slice_title(part, titles) for part in name.split(joint))
    return "Overall" if name == OVERALL else name
