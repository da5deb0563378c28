"""Vocabulary and figures: verdicts as symbol and word, metric names and units, numbers as text.

Separate from the formats so that one number reads the same in the report, in the comment and in the test results.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from mlgate.records.decision import Decision, Finding, ModelFacts
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Rule, Section, Verdict

__all__ = [
    "SYMBOLS",
    "Unit",
    "clean",
    "clip",
    "count",
    "enough_decimals",
    "interval",
    "kind",
    "level_of",
    "listed",
    "margin_text",
    "metric_title",
    "model_facts",
    "model_name",
    "number",
    "p_value",
    "percent",
    "plural",
    "subject",
    "times",
    "undecided",
    "unit_of",
    "verdict_words",
]

#: Sign of each kind of outcome in plain text; the report draws the same signs.
SYMBOLS = {"pass": "✓", "unsure": "◐", "look": "▲", "fail": "×"}

_PERCENT = frozenset(
    "accuracy precision recall f1 balanced_accuracy specificity selection_rate false_positive_rate true_positive_rate "
    "false_negative_rate true_negative_rate".split()
)
_HUNDREDTHS = frozenset("roc_auc average_precision log_loss brier mcc".split())
_TITLES = {
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "mcc": "MCC",
    "brier": "Brier score",
    "mae": "MAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "r2": "R²",
}
#: Marks that reorder or hide text around them: a title must not be able to rewrite the sentence that it stands in.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_NEEDED = re.compile(r"at least [\d,]+(?: [a-z]+){0,3} needed")
_ONES = ("never", "once", "twice")


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """How a metric's figures are printed."""

    #: what a value is multiplied by before it is printed.
    factor: float
    #: "percentage points", "hundredths", or empty for a metric in its own unit.
    name: str
    #: decimals; None for four significant digits.
    decimals: int | None


def unit_of(metric: str) -> Unit:
    """Unit of a metric's printed figures: percent for rates and their gaps, hundredths for known scores and losses.

    >>> unit_of("accuracy").name, unit_of("log_loss").name, unit_of("mae").factor
    ('percentage points', 'hundredths', 1.0)
    """
    if metric.removesuffix("_gap") in _PERCENT:
        return Unit(factor=100.0, name="percentage points", decimals=1)
    if metric in _HUNDREDTHS:
        return Unit(factor=100.0, name="hundredths", decimals=1)
    return Unit(factor=1.0, name="", decimals=None)


def metric_title(metric: str) -> str:
    """Long name of a metric, for titles only.

    >>> metric_title("false_positive_rate"), metric_title("roc_auc")
    ('False positive rate', 'ROC AUC')
    """
    spaced = metric.replace("_", " ")
    return _TITLES.get(metric, spaced[:1].upper() + spaced[1:])


def clean(text: str) -> str:
    """Text that every format can hold: one line, no control characters, no marks that reorder what stands around them.

    >>> clean("a\\x00b\\nc\\u202ed")
    'a\\ufffdb cd'
    """
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+", " ", text).translate(_BIDI)
    return "".join(sign if _legal(sign) else "\ufffd" for sign in text)


def _legal(sign: str) -> bool:
    # Lone surrogates cannot be written as UTF-8; U+FFFE and U+FFFF are not XML. Both would spoil a whole file.
    return unicodedata.category(sign) not in ("Cc", "Cs") and (ord(sign) & 0xFFFE) != 0xFFFE


def clip(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters, with an ellipsis where it was cut.

    >>> clip("abcdef", 4)
    'abc…'
    """
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def count(value: int | float | None) -> str:
    """A whole number with thousands separated; a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:,.0f}".replace("-", "−")


def plural(value: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "slice"), plural(3, "oddity", "oddities")
    ('1 slice', '3 oddities')
    """
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def times(value: int) -> str:
    """How often: never, once, twice, 3 times."""
    return _ONES[value] if 0 <= value < len(_ONES) else f"{count(value)} times"


def listed(parts: list[str]) -> str:
    """Parts as one enumeration.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def number(value: float, unit: Unit, *, signed: bool = False, decimals: int | None = None) -> str:
    """A figure in its unit, with a true minus sign; "undefined" where it is not a number.

    >>> number(-0.113, unit_of("accuracy"), signed=True), number(float("nan"), unit_of("accuracy"))
    ('−11.3', 'undefined')
    """
    scaled = value * unit.factor
    if not math.isfinite(scaled):
        return "undefined"
    places = unit.decimals if decimals is None else decimals
    text = f"{abs(scaled):.4g}" if places is None else f"{abs(scaled):,.{places}f}"
    if not re.search("[1-9]", text):
        return text
    return ("−" if scaled < 0 else "+" if signed else "") + text


def percent(value: float | None) -> str:
    """A share in percent with one decimal."""
    return "–" if value is None else number(value, unit_of("accuracy"))


def margin_text(value: float | None, unit: Unit) -> str:
    """A margin or bound, without needless zeros.

    >>> margin_text(0.05, unit_of("accuracy")), margin_text(0.025, unit_of("accuracy"))
    ('5', '2.5')
    """
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value * unit.factor:.6g}".replace("-", "−")


def interval(estimate: Estimate | None, unit: Unit, *, signed: bool = True, decimals: int | None = None) -> str:
    """An interval as "low to high"."""
    if estimate is None:
        return "–"
    if not (math.isfinite(estimate.low) or math.isfinite(estimate.high)):
        return "undefined"
    low = number(estimate.low, unit, signed=signed, decimals=decimals)
    return f"{low} to {number(estimate.high, unit, signed=signed, decimals=decimals)}"


def enough_decimals(finding: Finding) -> int | None:
    """Decimals that the improvement needs, so that rounding never hides on which side of the margin an end lies."""
    unit = unit_of(finding.metric)
    edges = finding.improvement
    if unit.decimals is None or edges is None or finding.margin is None:
        return unit.decimals
    limits = (-finding.margin * unit.factor, finding.margin * unit.factor)
    ends = [end * unit.factor for end in (edges.low, edges.high) if math.isfinite(end)]
    for decimals in range(unit.decimals, unit.decimals + 3):
        if not any(end != limit and round(end, decimals) == round(limit, decimals) for end in ends for limit in limits):
            return decimals
    return unit.decimals + 2


def p_value(value: float | None) -> str:
    """A p-value in two significant digits.

    >>> p_value(0.00149), p_value(1.0), p_value(1e-9), p_value(None)
    ('0.0015', '1.00', 'below 0.0001', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value < 0.0001:
        return "below 0.0001"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.{1 - math.floor(math.log10(value))}f}"


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
        if finding.rule in (Rule.AT_LEAST, Rule.AT_MOST):
            bound = margin_text(finding.bound, unit_of(finding.metric))
            return clip(f"{finding.metric} {finding.rule.replace('_', ' ')} {bound}", 120)
        return clip(finding.metric, 120)
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


def confidence_text(confidence: float) -> str:
    """Confidence of the intervals as people write it: "95 %"."""
    return f"{confidence * 100:.4g} %"
