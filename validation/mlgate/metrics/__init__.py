"""Metrics: explicit tuples of frozen records, one per task. To add one, write it in the file of its family and name it
here; a family with a parameter is named in ``families.py``. The contract test then asks for its twin.

Names are scikit-learn's and fairlearn's where they exist.
"""

from __future__ import annotations

from collections.abc import Mapping

from mlgate.errors import ConfigError, nearest
from mlgate.metrics.agreement import CLASS_COHEN_KAPPA, COHEN_KAPPA
from mlgate.metrics.average_precision import AVERAGE_PRECISION
from mlgate.metrics.calibration import CALIBRATION_IN_THE_LARGE, ECE
from mlgate.metrics.calibration_slope import CALIBRATION_SLOPE
from mlgate.metrics.classes import CLASS_ACCURACY, F1_MACRO, F1_MICRO, F1_WEIGHTED, RECALL_MACRO
from mlgate.metrics.families import NUMBERED, OF_CLASS, build, build_of_class, split
from mlgate.metrics.flips import CHURN, FLIPS_TO_NEGATIVE, FLIPS_TO_POSITIVE
from mlgate.metrics.losses import BRIER, CLASS_LOG_LOSS, LOG_LOSS
from mlgate.metrics.median_error import MEDIAN_ABSOLUTE_ERROR
from mlgate.metrics.metric import (
    ClassTable,
    Confusion,
    Flips,
    Hits,
    MeanLoss,
    Metric,
    Minimum,
    Own,
    Ranking,
    Sorted,
    reach,
)
from mlgate.metrics.money import COST, VALUE, with_amounts_of_rows
from mlgate.metrics.overlap import BALANCED_ACCURACY, F1, MCC, PRECISION
from mlgate.metrics.proportions import (
    ACCURACY,
    ERROR_RATE,
    FALSE_NEGATIVE_RATE,
    FALSE_POSITIVE_RATE,
    RECALL,
    SELECTION_RATE,
    SPECIFICITY,
)
from mlgate.metrics.r2 import R2
from mlgate.metrics.ranking import ROC_AUC
from mlgate.metrics.regression import BIAS, MAE, MAPE, MSE, RMSE, SMAPE
from mlgate.records.run import OwnMetric, Run
from mlgate.records.words import Task

__all__ = [
    "METRICS",
    "MONEY",
    "ClassTable",
    "Confusion",
    "Flips",
    "Hits",
    "MeanLoss",
    "Metric",
    "Own",
    "Ranking",
    "Sorted",
    "check_name",
    "find",
    "known_names",
    "needs_scores",
    "reach",
    "undirected",
]

#: The metrics that need neither a parameter nor amounts of money.
METRICS: Mapping[Task, tuple[Metric, ...]] = {
    Task.BINARY: (
        ACCURACY,
        ERROR_RATE,
        RECALL,
        SPECIFICITY,
        FALSE_POSITIVE_RATE,
        FALSE_NEGATIVE_RATE,
        SELECTION_RATE,
        PRECISION,
        F1,
        BALANCED_ACCURACY,
        MCC,
        COHEN_KAPPA,
        LOG_LOSS,
        BRIER,
        ROC_AUC,
        AVERAGE_PRECISION,
        CALIBRATION_IN_THE_LARGE,
        CALIBRATION_SLOPE,
        ECE,
        CHURN,
        FLIPS_TO_POSITIVE,
        FLIPS_TO_NEGATIVE,
    ),
    Task.MULTICLASS: (
        CLASS_ACCURACY,
        F1_MACRO,
        F1_WEIGHTED,
        F1_MICRO,
        RECALL_MACRO,
        CLASS_LOG_LOSS,
        CLASS_COHEN_KAPPA,
        CHURN,
    ),
    Task.REGRESSION: (MAE, MSE, RMSE, R2, MEDIAN_ABSOLUTE_ERROR, MAPE, SMAPE, BIAS),
}

#: The metrics that need ``Run.money`` of their own name; binary tasks only.
MONEY: tuple[MeanLoss, ...] = (COST, VALUE)


def find(name: str, run: Run | None = None) -> Metric:
    """The metric of that name.

    Parameters
    ----------
    name
        Such as ``accuracy``, ``fbeta(2)`` or ``recall(setosa)``.
    run
        Says the task, the classes, the money and the user's own metrics; None: a binary task.

    Raises
    ------
    ConfigError
        There is none, its parameter is not legal, or the run lacks what it needs.
    """
    if run is None:
        return _find(name, Task.BINARY, None)
    for own in run.own_metrics:
        if own.name == name:
            return _own(own)
    for metric in MONEY:
        if run.task is Task.BINARY and metric.name == name:
            if run.money is None or run.money.kind != name:
                raise ConfigError(f'the metric "{name}" needs amounts of money; declare them under {name}s.')
            columns = any(isinstance(amount, str) for amount in run.money.amounts)
            return with_amounts_of_rows(metric) if columns else metric
    return _find(name, run.task, run.classes)


def check_name(name: str, task: Task) -> None:
    """Make sure that a task has a metric of that name, as far as can be said before classes and money are known.

    Raises
    ------
    ConfigError
        It has none, or the parameter is not legal.
    """
    family, parameter = split(name)
    if task is Task.MULTICLASS and family in OF_CLASS and parameter:
        return
    _find(name, task, ())


def known_names(task: Task) -> tuple[str, ...]:
    """Names of all metrics of a task; families with an example of their parameter."""
    names = [metric.name for metric in METRICS[task]] + [family.shown for family in NUMBERED[task]]
    if task is Task.MULTICLASS:
        names += [f"{name}(CLASS)" for name in OF_CLASS]
    return tuple(names + [metric.name for metric in _money(task)])


def undirected(task: Task) -> tuple[str, ...]:
    """Names of the metrics of a task that are neither good nor bad when high."""
    return tuple(metric.name for metric in METRICS[task] if metric.greater_is_better is None)


def needs_scores(metric: Metric) -> bool:
    """Whether a metric needs scores (in regression: predictions), so that decisions alone do not do.

    A user's own metric gets whatever the models give.
    """
    match metric:
        case Ranking():
            return True
        case MeanLoss() | Hits():
            return metric.scores
        case _:
            return False


def _money(task: Task) -> tuple[MeanLoss, ...]:
    return MONEY if task is Task.BINARY else ()


def _find(name: str, task: Task, classes: tuple[str, ...] | None) -> Metric:
    for metric in METRICS[task] + _money(task):
        if metric.name == name:
            return metric
    family, parameter = split(name)
    for numbered in NUMBERED[task]:
        if numbered.name == family:
            return build(numbered, parameter)
    if task is Task.MULTICLASS and family in OF_CLASS:
        if not parameter:
            raise ConfigError(f'the metric "{name}" is of one class in a multiclass task; write "{family}(CLASS)".')
        return build_of_class(family, parameter, classes or ())
    raise ConfigError(f'unknown metric "{name}"; {nearest(name, known_names(task))}')


def _own(own: OwnMetric) -> Own:
    return Own(
        name=own.name,
        title=own.title,
        greater_is_better=own.greater_is_better,
        minimum=Minimum(rows=own.minimum),
        of=own.function,
    )
