"""Vocabulary of findings: verdicts as symbol and word, what a finding is about, how many decimals its figures need.

Separate from the formats so that a thing has one name in the report, in the comment and in the test results.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding, ModelFacts
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.figures import Unit, margin_text, number, p_value, rounded_count, significant, significant_decimals
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip, listed

__all__ = [
    "SYMBOLS",
    "brief_p",
    "common_decimals",
    "enough_decimals",
    "kind",
    "level_of",
    "limit_of",
    "model_facts",
    "model_name",
    "share_of",
    "shares_of",
    "subject",
    "undecided",
    "value_decimals",
    "verdict_words",
]

#: Sign of each kind of outcome in plain text; the report draws the same signs.
SYMBOLS = {"pass": "✓", "unsure": "◐", "look": "▲", "fail": "×"}
_KINDS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.INCONCLUSIVE: "unsure"}
_NEEDED = re.compile(r"(?:\d[\d,]* ([a-z ]+), )?(at least [\d,]+)((?: [a-z]+){0,3}) needed")


def common_decimals(findings: Sequence[Finding]) -> int | None:
    """Decimals that a column of one metric's figures has, where the metric's unit does not say: those of the first."""
    if not findings or unit_of(findings[0].metric).decimals is not None:
        return None
    return next((found for found in map(_width_decimals, findings) if found is not None), None)


def _width_decimals(finding: Finding) -> int | None:
    edges = finding.improvement or finding.challenger
    return None if edges is None else significant_decimals(edges.high - edges.low)


def enough_decimals(finding: Finding, common: int | None = None) -> int | None:
    """Decimals that the improvement needs, so that rounding never hides on which side of the margin an end lies.

    Metrics in a unit of their own get those of their column, or as many as show their interval's width in three digits.
    """
    unit = unit_of(finding.metric)
    least = unit.decimals if unit.decimals is not None else common
    least = _width_decimals(finding) if least is None else least
    if least is None or finding.improvement is None or finding.margin is None:
        return least
    limits = (-finding.margin * unit.factor, finding.margin * unit.factor)
    ends = [end * unit.factor for end in (finding.improvement.low, finding.improvement.high) if math.isfinite(end)]
    for decimals in range(least, least + 3):
        if not any(end != limit and round(end, decimals) == round(limit, decimals) for end in ends for limit in limits):
            return decimals
    return least + 2


def value_decimals(finding: Finding, common: int | None = None) -> int | None:
    """Decimals of the two models' values: those of the unit, or as many as the improvement has."""
    unit = unit_of(finding.metric)
    return enough_decimals(finding, common) if unit.decimals is None else unit.decimals


def kind(finding: Finding) -> str:
    """How a finding is marked: ``pass``, ``fail``, ``look`` (look here) or ``unsure`` (cannot tell)."""
    sign = _KINDS[finding.verdict]
    return "look" if finding.look_here and sign == "unsure" else sign


def level_of(finding: Finding) -> str:
    """The finding's level as a word."""
    return finding.level.value


def undecided(finding: Finding) -> str:
    """Why an inconclusive finding could not be decided, in a few words; empty where only its reason says so."""
    if finding.verdict is not Verdict.INCONCLUSIVE:
        return ""
    if finding.look_here:
        return f"adjusted p {brief_p(finding.adjusted_p)}" if finding.adjusted_p is not None else ""
    if "no champion" in finding.reason:
        return "no champion"
    if finding.too_small:
        needed = _NEEDED.search(finding.reason)
        if needed:
            noun, least, rest = needed.groups()
            # What there is too little of stands before the comma; of rows it need not be said again.
            many = re.sub(r"\brow\b", "rows", noun or "rows")
            return f"{least}{rest or ('' if many == 'rows' else f' {many}')} needed"
        return clip(finding.reason, 24) if 0 < len(finding.reason) <= 24 else "too few rows"
    if finding.rows_to_decide is not None and finding.rows_to_decide > (finding.rows or 0):
        return f"{rounded_count(finding.rows_to_decide)} would decide"
    return ""


def brief_p(value: float | None) -> str:
    """A p-value where there is little room: "< 0.0001"."""
    return p_value(value).replace("below", "<")


def verdict_words(finding: Finding, *, short: bool = False) -> str:
    """The finding's outcome in words, such as "cannot tell: 535 would decide"."""
    sign = kind(finding)
    if sign == "pass":
        return "pass"
    if sign == "fail":
        guarded = finding.level is Level.GUARDED and finding.adjusted_p is not None
        return f"fail: adjusted p {brief_p(finding.adjusted_p)}" if guarded and not short else "fail"
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


def limit_of(finding: Finding, unit: Unit, common: int | None = None) -> str:
    """The margin or bound of a finding; one that was worked out from the champion's value is rounded as the figures."""
    if finding.bound is None and finding.relative is not None and finding.margin is not None:
        return number(finding.margin, unit, decimals=enough_decimals(finding, common))
    return margin_text(finding.margin if finding.bound is None else finding.bound, unit)


def shares_of(findings: Sequence[Finding]) -> str:
    """Margins that were asked for as shares: "2 % and 4 % of the champion's value"; empty where none was."""
    shares = list(dict.fromkeys(finding.relative for finding in findings if finding.relative is not None))
    if not shares:
        return ""
    said = [f"{significant(abs(share) * 100)} %" for share in shares]
    return f"{listed(said)} of the {findings[0].than}'s value"


def share_of(finding: Finding) -> str:
    """Behind a margin that was asked for as a share: " (2 % of the champion's value)"; else empty."""
    if finding.relative is None or not math.isfinite(finding.relative):
        return ""
    return f" ({significant(abs(finding.relative) * 100)} % of the {finding.than}'s value)"
