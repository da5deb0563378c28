"""Vocabulary of findings: verdicts as symbol and word, what a finding is about, how many decimals its figures need.

Separate from the formats so that a thing has one name in the report, in the comment and in the test results.
"""

from __future__ import annotations

import math
import re

from mlgate.records.decision import Decision, Finding, ModelFacts
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.figures import count, margin_text, p_value, significant, significant_decimals
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip

__all__ = [
    "SYMBOLS",
    "enough_decimals",
    "kind",
    "level_of",
    "model_facts",
    "model_name",
    "share_of",
    "subject",
    "undecided",
    "value_decimals",
    "verdict_words",
]

#: Sign of each kind of outcome in plain text; the report draws the same signs.
SYMBOLS = {"pass": "✓", "unsure": "◐", "look": "▲", "fail": "×"}
_NEEDED = re.compile(r"at least [\d,]+(?: [a-z]+){0,3} needed")


def enough_decimals(finding: Finding) -> int | None:
    """Decimals that the improvement needs, so that rounding never hides on which side of the margin an end lies.

    Metrics in a unit of their own get as many as show their interval's width in three digits.
    """
    unit, edges = unit_of(finding.metric), finding.improvement or finding.challenger
    least = unit.decimals
    if least is None:
        least = significant_decimals(edges.high - edges.low) if edges is not None else None
    if least is None:
        return None
    if finding.improvement is None or finding.margin is None:
        return least
    limits = (-finding.margin * unit.factor, finding.margin * unit.factor)
    ends = [end * unit.factor for end in (finding.improvement.low, finding.improvement.high) if math.isfinite(end)]
    for decimals in range(least, least + 3):
        if not any(end != limit and round(end, decimals) == round(limit, decimals) for end in ends for limit in limits):
            return decimals
    return least + 2


def value_decimals(finding: Finding) -> int | None:
    """Decimals of the two models' values: those of the unit, or as many as the improvement has."""
    unit = unit_of(finding.metric)
    return enough_decimals(finding) if unit.decimals is None else unit.decimals


def kind(finding: Finding) -> str:
    """How a finding is marked: ``pass``, ``fail``, ``look`` (look here) or ``unsure`` (cannot tell)."""
    if finding.verdict is Verdict.INCONCLUSIVE:
        return "look" if finding.look_here else "unsure"
    return "pass" if finding.verdict is Verdict.PASS else "fail"


def level_of(finding: Finding) -> str:
    """The finding's level as a word."""
    return finding.level.value


def undecided(finding: Finding) -> str:
    """Why an inconclusive finding could not be decided, in a few words; empty where only its reason says so."""
    if finding.verdict is not Verdict.INCONCLUSIVE:
        return ""
    if finding.look_here:
        return f"adjusted p {p_value(finding.adjusted_p)}" if finding.adjusted_p is not None else ""
    if "no champion" in finding.reason:
        return "no champion"
    needed = _NEEDED.search(finding.reason)
    if finding.too_small:
        if needed:
            return needed.group()
        return clip(finding.reason, 24) if 0 < len(finding.reason) <= 24 else "too few rows"
    if finding.rows_to_decide is not None and finding.rows_to_decide > (finding.rows or 0):
        return f"{count(finding.rows_to_decide)} would decide"
    return ""


def verdict_words(finding: Finding, *, short: bool = False) -> str:
    """The finding's outcome in words, such as "cannot tell: 535 would decide"."""
    sign = kind(finding)
    if sign == "pass":
        return "pass"
    if sign == "fail":
        guarded = finding.level is Level.GUARDED and finding.adjusted_p is not None
        return f"fail: adjusted p {p_value(finding.adjusted_p)}" if guarded and not short else "fail"
    word, tail = ("look here" if sign == "look" else "cannot tell"), undecided(finding)
    return word if short or not tail else f"{word}: {tail}"


def subject(finding: Finding) -> str:
    """What a finding is about, in as few words as its section allows: the slice, the metric, or the whole title."""
    if finding.section in (Section.SLICES, Section.FAIRNESS) and (finding.slice_title or finding.slice):
        return clip(finding.slice_title or finding.slice, 120)
    if finding.section is Section.COMPARE and finding.metric:
        name = clip(finding.metric, 80)
        if finding.than == "baseline":
            return f"{name} against the baseline"
        if finding.rule in (Rule.AT_LEAST, Rule.AT_MOST):
            return f"{name} {finding.rule.replace('_', ' ')} {margin_text(finding.bound, unit_of(finding.metric))}"
        return name
    return clip(finding.title or finding.id, 200)


def model_name(decision: Decision, role: str) -> str:
    """``v2``, or the source where the model has no version; empty when there is no such model."""
    facts = model_facts(decision, role)
    if facts is None:
        return ""
    return clip(f"v{facts.version}" if facts.version else facts.source or facts.name, 80)


def model_facts(decision: Decision, role: str) -> ModelFacts | None:
    """The facts of the model in that role, or None."""
    return next((facts for facts in decision.provenance.models if facts.role == role), None)


def share_of(finding: Finding) -> str:
    """Behind a margin that was asked for as a share: " (2 % of the champion's value)"; else empty."""
    if finding.relative is None or not math.isfinite(finding.relative):
        return ""
    return f" ({significant(abs(finding.relative) * 100)} % of the {finding.than}'s value)"
