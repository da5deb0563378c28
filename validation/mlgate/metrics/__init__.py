"""Metrics: an explicit tuple of frozen records. To add one, write it in the file of its family and name it here.

Names are scikit-learn's and fairlearn's where they exist.
"""

from __future__ import annotations

from mlgate.errors import ConfigError, nearest
from mlgate.metrics.losses import BRIER, LOG_LOSS
from mlgate.metrics.metric import Confusion, MeanLoss, Metric, Ranking
from mlgate.metrics.overlap import BALANCED_ACCURACY, F1, MCC, PRECISION
from mlgate.metrics.proportions import ACCURACY, ERROR_RATE, FALSE_POSITIVE_RATE, RECALL, SELECTION_RATE, SPECIFICITY
from mlgate.metrics.ranking import ROC_AUC

__all__ = ["METRICS", "Confusion", "MeanLoss", "Metric", "Ranking", "find"]

METRICS: tuple[Metric, ...] = (
    ACCURACY,
    ERROR_RATE,
    RECALL,
    SPECIFICITY,
    FALSE_POSITIVE_RATE,
    SELECTION_RATE,
    PRECISION,
    F1,
    BALANCED_ACCURACY,
    MCC,
    LOG_LOSS,
    BRIER,
    ROC_AUC,
)


def find(name: str) -> Metric:
    """The metric of that name.

    Raises
    ------
    ConfigError
        There is none.
    """
    for metric in METRICS:
        if metric.name == name:
            return metric
    raise ConfigError(f'unknown metric "{name}"; {nearest(name, [metric.name for metric in METRICS])}')
