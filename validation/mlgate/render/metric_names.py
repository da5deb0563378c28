"""What each metric is called, and the unit that its figures are printed in.

Metrics are known here by name only: a report can be drawn where they cannot be computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from mlgate.frozen import dataclass
from mlgate.records.fairness import disparity
from mlgate.render.figures import HUNDREDTHS, PERCENT, Unit
from mlgate.render.plain import clip

__all__ = ["METRICS", "lower_is_better_by_name", "metric_title", "unit_of"]


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


def _split(metric: str) -> tuple[str, str]:
    """Name and parameter of a metric; the parameter is empty where there is none."""
    found = _PARAMETER.fullmatch(metric)
    return (found.group(1), found.group(2)) if found else (metric, "")


@lru_cache(maxsize=512)
def unit_of(metric: str, currency: str = "") -> Unit:
    """Unit of a metric's printed figures: percent for rates and their gaps, hundredths for known scores and losses.

    >>> unit_of("accuracy").name, unit_of("log_loss").name, unit_of("mae").factor, unit_of("cost", "€").name
    ('percentage points', 'hundredths', 1.0, '€ per row')
    """
    asked = disparity(metric)
    if asked is not None:
        return _OWN if asked.ratio else unit_of(asked.rates[0], currency)
    known = METRICS.get(_split(metric.removesuffix("_gap"))[0])
    if known is None:
        return _OWN
    if known.unit is _MONEY and currency:
        return replace(_MONEY, name=f"{clip(currency, 20)} per row", after=f"\u00a0{clip(currency, 20)}")
    return known.unit


def lower_is_better_by_name(metric: str) -> bool:
    """Whether less of a metric is better, as far as its name tells."""
    known = METRICS.get(_split(metric)[0])
    return known is not None and known.lower


@lru_cache(maxsize=512)
def metric_title(metric: str) -> str:
    """Long name of a metric, for titles only; a user's own metric keeps its dotted name.

    >>> metric_title("false_positive_rate"), metric_title("recall(setosa)"), metric_title("recall_at_fpr(0.05)")
    ('False positive rate', 'Recall of setosa', 'Recall at a false positive rate of 5 %')
    """
    metric = clip(metric, 80)
    asked = disparity(metric)
    if asked is not None:
        return asked.title
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
