"""Vocabulary: names of metrics and their units, verdicts as symbol and word, what a finding is about, clean text.

Separate from the formats so that a thing has one name in the report, in the comment and in the test results. Metrics
are known here by name only: a report can be drawn where they cannot be computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlgate.records.decision import Decision, Finding, ModelFacts
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.figures import HUNDREDTHS, PERCENT, Unit, count, margin_text, p_value, significant_decimals

__all__ = [
    "METRICS",
    "SYMBOLS",
    "clean",
    "clip",
    "enough_decimals",
    "kind",
    "level_of",
    "listed",
    "lower_is_better_by_name",
    "metric_title",
    "model_facts",
    "model_name",
    "subject",
    "undecided",
    "unit_of",
    "value_decimals",
    "verdict_words",
]

#: Sign of each kind of outcome in plain text; the report draws the same signs.
SYMBOLS = {"pass": "✓", "unsure": "◐", "look": "▲", "fail": "×"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricWords:
    """What a metric is called and how its figures are printed."""

    #: long name; ``{}`` stands for the parameter.
    title: str
    unit: Unit
    #: whether less of it is better; read only where no pair of values shows the direction.
    lower: bool = False


_OWN = Unit(factor=1.0, name="", decimals=None)
_LABEL = Unit(factor=1.0, name="in the label's unit", decimals=None)
_SQUARED = Unit(factor=1.0, name="in the label's unit, squared", decimals=None)
#: Money takes the name of its currency, which only a decision knows.
_MONEY = Unit(factor=1.0, name="per row", decimals=None)


def _family(unit: Unit, titles: Mapping[str, str], *, lower: bool = False) -> dict[str, MetricWords]:
    return {name: MetricWords(title=title, unit=unit, lower=lower) for name, title in titles.items()}


#: Every metric by its name without parameter; a test holds this against the metrics themselves.
METRICS: Mapping[str, MetricWords] = {
    **_family(
        PERCENT,
        {
            "accuracy": "Accuracy",
            "balanced_accuracy": "Balanced accuracy",
            "churn": "Churn",
            "calibration_in_the_large": "Calibration in the large",
            "f1": "F1",
            "f1_macro": "Macro F1",
            "f1_micro": "Micro F1",
            "f1_weighted": "Weighted F1",
            "fbeta": "F-beta, β = {}",
            "flips_to_negative": "Flips to negative",
            "flips_to_positive": "Flips to positive",
            "precision": "Precision",
            "precision_at_k": "Precision among the first {}",
            "recall": "Recall",
            "recall_at_fpr": "Recall at a false positive rate of {}",
            "recall_macro": "Macro recall",
            "selection_rate": "Selection rate",
            "specificity": "Specificity",
            "top_k_accuracy": "Top-{} accuracy",
            "true_negative_rate": "True negative rate",
            "true_positive_rate": "True positive rate",
            "within": "Predictions within {} of the label",
        },
    ),
    **_family(
        PERCENT,
        {
            "ece": "Expected calibration error",
            "error_rate": "Error rate",
            "false_negative_rate": "False negative rate",
            "false_positive_rate": "False positive rate",
            "mape": "MAPE",
            "smape": "sMAPE",
        },
        lower=True,
    ),
    **_family(
        HUNDREDTHS,
        {
            "average_precision": "Average precision",
            "cohen_kappa": "Cohen's kappa",
            "mcc": "MCC",
            "roc_auc": "ROC AUC",
        },
    ),
    **_family(HUNDREDTHS, {"brier": "Brier score", "log_loss": "Log loss"}, lower=True),
    **_family(
        _LABEL,
        {
            "mae": "MAE",
            "median_absolute_error": "Median absolute error",
            "pinball": "Pinball loss at quantile {}",
            "rmse": "RMSE",
        },
        lower=True,
    ),
    **_family(_LABEL, {"bias": "Bias"}),
    **_family(_SQUARED, {"mse": "MSE"}, lower=True),
    **_family(_OWN, {"calibration_slope": "Calibration slope", "lift": "Lift among the first {}", "r2": "R²"}),
    **_family(_MONEY, {"cost": "Cost"}, lower=True),
    **_family(_MONEY, {"value": "Value"}),
}
#: Metrics whose parameter is a share that reads better in percent.
_SHARES = frozenset({"recall_at_fpr", "lift"})
#: Metrics that have a form for one class: ``recall(setosa)``.
_BY_CLASS = frozenset({"precision", "recall"})
_PARAMETER = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_NEEDED = re.compile(r"at least [\d,]+(?: [a-z]+){0,3} needed")
#: What text is freed from: line ends; marks that reorder or hide what stands around them, as a title must not be able
#: to rewrite the sentence that it stands in; and what cannot be written as UTF-8 or XML and would spoil a whole file.
_BREAKS = "\t\n\r\x0b\x0c\x85\u2028\u2029"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_ILLEGAL = "\x00-\x1f\x7f-\x9f\ud800-\udfff" + "".join(
    chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)
)
_UNCLEAN = re.compile(f"[{_BREAKS}{_BIDI}{_ILLEGAL}]")
_CLEANING = (
    (re.compile(f"[{_BREAKS}]+"), " "),
    (re.compile(f"[{_BIDI}]"), ""),
    (re.compile(f"[{_ILLEGAL}]"), "\ufffd"),
)


def _split(metric: str) -> tuple[str, str]:
    """Name and parameter of a metric; the parameter is empty where there is none."""
    found = _PARAMETER.fullmatch(metric)
    return (found.group(1), found.group(2)) if found else (metric, "")


def unit_of(metric: str, currency: str = "") -> Unit:
    """Unit of a metric's printed figures: percent for rates and their gaps, hundredths for known scores and losses.

    >>> unit_of("accuracy").name, unit_of("log_loss").name, unit_of("mae").factor, unit_of("cost", "€").name
    ('percentage points', 'hundredths', 1.0, '€ per row')
    """
    known = METRICS.get(_split(metric.removesuffix("_gap"))[0])
    if known is None:
        return _OWN
    if known.unit is _MONEY and currency:
        return replace(_MONEY, name=f"{clip(currency, 20)} per row", after=f" {clip(currency, 20)}")
    return known.unit


def lower_is_better_by_name(metric: str) -> bool:
    """Whether less of a metric is better, as far as its name tells."""
    known = METRICS.get(_split(metric)[0])
    return known is not None and known.lower


def metric_title(metric: str) -> str:
    """Long name of a metric, for titles only; a user's own metric keeps its dotted name.

    >>> metric_title("false_positive_rate"), metric_title("recall(setosa)"), metric_title("recall_at_fpr(0.05)")
    ('False positive rate', 'Recall of setosa', 'Recall at a false positive rate of 5 %')
    """
    metric = clip(metric, 80)
    name, parameter = _split(metric)
    known = METRICS.get(name)
    if known is None:
        spaced = metric.replace("_", " ")
        return metric if "." in metric else spaced[:1].upper() + spaced[1:]
    if name in _BY_CLASS and parameter:
        return f"{known.title} of {parameter}"
    return known.title.replace("{}", _percentage(parameter) if name in _SHARES else parameter or "…")


def _percentage(share: str) -> str:
    try:
        return f"{float(share) * 100:.6g} %"
    except ValueError:
        return share or "…"


def clean(text: str) -> str:
    """Text that every format can hold: one line, no control characters, no marks that reorder what stands around them.

    >>> clean("a\\x00b\\nc\\u202ed")
    'a\\ufffdb cd'
    """
    if _UNCLEAN.search(text) is None:
        return text
    for pattern, instead in _CLEANING:
        text = pattern.sub(instead, text)
    return text


def clip(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters, with an ellipsis where it was cut.

    >>> clip("abcdef", 4)
    'abc…'
    """
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def listed(parts: list[str]) -> str:
    """Parts as one enumeration.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


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
