"""Findings put together: a group per data set, metric, rule and opponent, worst first, and which group is the first.

Separate from the drawing, because pictures, tables, the comment and the story all walk through the same groups.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeVar

from mlgate.frozen import dataclass
from mlgate.records.decision import Decision, Finding
from mlgate.records.run import OVERALL
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.figures import count, plural
from mlgate.render.metric_names import lower_is_better_by_name
from mlgate.render.words import kind, model_facts

__all__ = [
    "Group",
    "first_groups",
    "group_sizes",
    "groups",
    "has_champion",
    "is_overall",
    "left_out",
    "lower_is_better",
    "most_telling",
    "primary",
    "required_overall",
    "urgent_first",
]

_ORDER = {"fail": 0, "look": 1, "unsure": 2, "pass": 3}
#: Beside a picture of more rows than these there is no room for another one.
_SMALL = 8
#: What makes findings one group.
_Key = tuple[str, str, Rule, str]
_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """All findings that ask the same question of all rows and of every slice."""

    dataset: str
    metric: str
    rule: Rule
    #: overall first, then slices, worst first.
    findings: tuple[Finding, ...]
    #: ``champion`` or ``baseline``: what a paired rule compared with.
    than: str = "champion"

    @property
    def question(self) -> _Key:
        """What all findings ask: of which data, which metric, by which rule, against whom."""
        return (self.dataset, self.metric, self.rule, self.than)

    @property
    def blocks(self) -> bool:
        """Whether one of the findings blocks."""
        return any(finding.blocking and finding.verdict is not Verdict.PASS for finding in self.findings)

    @property
    def paired(self) -> bool:
        """Whether there are improvements to draw; else only the challenger's own values are known."""
        return self.rule.paired and any(finding.improvement is not None for finding in self.findings)


def is_overall(finding: Finding) -> bool:
    """Whether the finding is about all rows."""
    return finding.section is Section.COMPARE or finding.slice == OVERALL


def has_champion(decision: Decision) -> bool:
    """Whether there was a champion to compare with."""
    if model_facts(decision, "champion") is not None:
        return True
    return any(finding.improvement is not None and finding.than == "champion" for finding in decision.findings)


def required_overall(decision: Decision) -> tuple[Finding, ...]:
    """What must pass on all rows, in the order of the policy."""
    return tuple(
        finding
        for finding in decision.findings
        if finding.level is Level.REQUIRED and finding.section is Section.COMPARE and finding.metric
    )


def lower_is_better(finding: Finding) -> bool:
    """Whether less of the finding's metric is better, read off its own values where they show it."""
    old, new, gain = finding.champion, finding.challenger, finding.improvement
    if old is not None and new is not None and gain is not None:
        product = (new.value - old.value) * gain.value
        if math.isfinite(product) and product != 0:
            return product < 0
    return lower_is_better_by_name(finding.metric)


def badness(finding: Finding) -> float:
    """Sort key of a finding within its group: the worst comes first, the undefined last."""
    paired = finding.improvement is not None
    value = (
        finding.improvement.value
        if finding.improvement
        else finding.challenger.value if finding.challenger else math.nan
    )
    if not math.isfinite(value):
        return math.inf
    if finding.rule is Rule.UNCHANGED and paired:
        return -abs(value)
    falling = finding.rule is Rule.AT_MOST or (
        not paired and finding.rule is not Rule.AT_LEAST and lower_is_better(finding)
    )
    return -value if falling else value


def _remembered(work: Callable[[Decision], _Found]) -> Callable[[Decision], _Found]:
    """The same, worked out once for a decision that is asked about again and again: the last one is kept."""
    last: list[tuple[Decision, _Found]] = []

    @wraps(work)
    def found(decision: Decision) -> _Found:
        for known, answer in last:
            if known is decision:
                return answer
        answer = work(decision)
        last[:] = [(decision, answer)]
        return answer

    return found


@_remembered
def groups(decision: Decision) -> tuple[Group, ...]:
    """Groups of the sections compare and slices, in the order in which the policy asks."""
    found: dict[_Key, list[Finding]] = {}
    for finding in decision.findings:
        key = _key(finding)
        if key is not None:
            found.setdefault(key, []).append(finding)
    return tuple(_group(key, members) for key, members in found.items())


def group_sizes(decision: Decision) -> tuple[int, ...]:
    """How many findings each group has."""
    return tuple(len(group.findings) for group in groups(decision))


def _key(finding: Finding) -> _Key | None:
    """The group that a finding belongs to; None for findings of other sections."""
    if finding.section not in (Section.COMPARE, Section.SLICES) or finding.rule is None or not finding.metric:
        return None
    return (finding.dataset, finding.metric, finding.rule, finding.than if finding.rule.paired else "champion")


def _group(key: _Key, members: list[Finding]) -> Group:
    dataset, metric, rule, than = key
    ordered = tuple(sorted(members, key=lambda finding: (not is_overall(finding), badness(finding))))
    return Group(dataset=dataset, metric=metric, rule=rule, findings=ordered, than=than)


@_remembered
def primary(decision: Decision) -> Group | None:
    """The group whose picture stands on the first screen.

    It holds the first required ``not_worse`` of all rows against the champion, accuracy if that is among them; else
    the first group that compares with the champion, else the first that compares, else the first.
    """
    first = _first_required(decision) or _first_of_all(decision)
    asked = None if first is None else _key(first)
    return next((group for group in groups(decision) if group.question == asked), None)


def first_groups(decision: Decision) -> tuple[Group, ...]:
    """Groups whose pictures stand on the first screen: the primary one and, where that is small, one that blocks."""
    main = primary(decision)
    if main is None or len(main.findings) > _SMALL:
        return (main,) if main else ()
    others = [group for group in groups(decision) if group.question != main.question and group.blocks]
    return (main, *others[:1])


def _first_required(decision: Decision) -> Finding | None:
    asked = [
        finding
        for finding in decision.findings
        if finding.level is Level.REQUIRED
        and finding.rule is Rule.NOT_WORSE
        and finding.than == "champion"
        and is_overall(finding)
        and _key(finding) is not None
    ]
    return next((finding for finding in asked if finding.metric == "accuracy"), next(iter(asked), None))


def _first_of_all(decision: Decision) -> Finding | None:
    """What compares with the champion, else what compares at all, else anything that has a picture."""
    drawn = [finding for finding in decision.findings if _key(finding) is not None]
    paired = [finding for finding in drawn if finding.rule and finding.rule.paired and finding.improvement is not None]
    champion = (finding for finding in paired if finding.than == "champion")
    return next(champion, next(iter(paired), next(iter(drawn), None)))


def urgent_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Failures, then what to look at, then what cannot be told, then passes; what blocks before what does not."""
    return tuple(sorted(findings, key=lambda finding: (not finding.blocking, _ORDER[kind(finding)])))


def most_telling(findings: tuple[Finding, ...], limit: int) -> tuple[Finding, ...]:
    """At most ``limit`` findings in their order: what blocks, fails or deserves a look is kept, then the first."""
    if len(findings) <= limit:
        return findings
    places = sorted(range(len(findings)), key=lambda place: (_urgency(findings[place]), place))
    return tuple(findings[place] for place in sorted(places[:limit]))


def _urgency(finding: Finding) -> int:
    sign = kind(finding)
    if finding.blocking and sign != "pass":
        return 0
    return {"fail": 1, "look": 2}.get(sign, 3)


def left_out(findings: Sequence[Finding], shown: Sequence[Finding]) -> str:
    """A clause about findings that there is no room for; empty when all are shown."""
    if len(findings) == len(shown):
        return ""
    failed = sum(finding.verdict is Verdict.FAIL for finding in findings)
    failed -= sum(finding.verdict is Verdict.FAIL for finding in shown)
    said = plural(len(findings) - len(shown), "more finding")
    return f"{said}, {count(failed) if failed else 'none'} of them failed, in decision.json and junit.xml"
