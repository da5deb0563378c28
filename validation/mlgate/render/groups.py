"""Findings put together: one group per data set, metric and rule, worst first, and the group that comes first of all.

Separate from the drawing, because pictures, tables, the comment and the story all walk through the same groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlgate.records.decision import Decision, Finding
from mlgate.records.run import OVERALL
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.words import count, kind, model_facts, plural

__all__ = [
    "Group",
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

#: Metrics of which less is better; read only where no pair of values shows the direction.
_LOWER = frozenset("log_loss brier mae mse rmse false_positive_rate false_negative_rate".split())
_ORDER = ("fail", "look", "unsure", "pass")


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """All findings that ask the same question of all rows and of every slice."""

    dataset: str
    metric: str
    rule: Rule
    #: overall first, then slices, worst first.
    findings: tuple[Finding, ...]

    @property
    def paired(self) -> bool:
        """Whether there are improvements to draw; else only the challenger's own values are known."""
        return self.rule.paired and any(finding.improvement is not None for finding in self.findings)


def is_overall(finding: Finding) -> bool:
    """Whether the finding is about all rows."""
    return finding.section is Section.COMPARE or finding.slice == OVERALL


def has_champion(decision: Decision) -> bool:
    """Whether there was a champion to compare with."""
    compared = any(finding.improvement is not None for finding in decision.findings)
    return compared or model_facts(decision, "champion") is not None


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
    return finding.metric in _LOWER


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


def groups(decision: Decision) -> tuple[Group, ...]:
    """Groups of the sections compare and slices, in the order in which the policy asks."""
    found: dict[tuple[str, str, Rule], list[Finding]] = {}
    for finding in decision.findings:
        if finding.section in (Section.COMPARE, Section.SLICES) and finding.rule is not None and finding.metric:
            found.setdefault((finding.dataset, finding.metric, finding.rule), []).append(finding)
    return tuple(
        Group(
            dataset=dataset,
            metric=metric,
            rule=rule,
            findings=tuple(sorted(members, key=lambda finding: (not is_overall(finding), badness(finding)))),
        )
        for (dataset, metric, rule), members in found.items()
    )


def primary(decision: Decision) -> Group | None:
    """The group whose picture stands on the first screen.

    It holds the first required ``not_worse`` of all rows, accuracy if that is among them; else the first group that
    compares, else the first.
    """
    every = groups(decision)
    asked = [
        group
        for group in every
        if group.rule is Rule.NOT_WORSE
        and any(finding.level is Level.REQUIRED and is_overall(finding) for finding in group.findings)
    ]
    accuracy = [group for group in asked if group.metric == "accuracy"]
    compared = [group for group in every if group.paired]
    return next(iter(accuracy + asked + compared + list(every)), None)


def urgent_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Failures, then what to look at, then what cannot be told, then passes; otherwise as they came."""
    return tuple(sorted(findings, key=lambda finding: (not finding.blocking, _ORDER.index(kind(finding)))))


def most_telling(findings: tuple[Finding, ...], limit: int) -> tuple[Finding, ...]:
    """At most ``limit`` findings in their order: all that fail or deserve a look go first, then from the front."""
    if len(findings) <= limit:
        return findings
    places = sorted(
        range(len(findings)),
        key=lambda place: (
            _ORDER.index(kind(findings[place])) if kind(findings[place]) in ("fail", "look") else 2,
            place,
        ),
    )
    return tuple(findings[place] for place in sorted(places[:limit]))


def left_out(findings: Sequence[Finding], shown: Sequence[Finding]) -> str:
    """A clause about findings that there is no room for; empty when all are shown."""
    failed = sum(finding.verdict is Verdict.FAIL for finding in findings)
    failed -= sum(finding.verdict is Verdict.FAIL for finding in shown)
    if len(findings) == len(shown):
        return ""
    said = plural(len(findings) - len(shown), "more finding")
    return f"{said}, {count(failed) if failed else 'none'} of them failed, in decision.json"
