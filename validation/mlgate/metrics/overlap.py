"""Metrics of the confusion table that are no share of the same rows for both models, so pairs need influence functions.

Cells are counts of (label, decision) = (0,0), (0,1), (1,0), (1,1).

>>> import numpy as np
>>> float(PRECISION.value(np.array([1.0, 1, 0, 1])))
0.5
>>> float(F1.value(np.array([0.0, 1, 0, 2])))
0.8
>>> float(fbeta(2).value(np.array([0.0, 0, 1, 4])).round(4))  # precision 1, recall 4/5: 5 · 0.8 / (4 + 0.8)
0.8333
>>> float(BALANCED_ACCURACY.value(np.array([1.0, 1, 0, 1])))
0.75
>>> float(MCC.value(np.array([1.0, 0, 0, 2])))
1.0
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Confusion, Minimum, fraction, ratio, spelled
from mlgate.metrics.proportions import RECALL, SPECIFICITY

__all__ = ["BALANCED_ACCURACY", "F1", "MCC", "PRECISION", "fbeta"]

Floats = NDArray[np.float64]

_MINIMUM = Minimum(rows=100, positives=20)

PRECISION = ratio(
    "precision",
    "Precision",
    hit=(0, 0, 0, 1),
    among=(0, 1, 0, 1),
    greater_is_better=True,
    minimum=Minimum(rows=100, positives=50, decided=20),
)
"""Share of positive decisions that are right. It needs more positive rows than the others, and rows decided positive by
each model: those count, are not known before models score, and may be a fraction of the positive rows.

Source: Fawcett 2006.
"""

F1 = ratio("f1", "F1", hit=(0, 0, 0, 2), among=(0, 1, 1, 2), greater_is_better=True, minimum=_MINIMUM)
"""Harmonic mean of precision and recall.

Source: van Rijsbergen 1979.
"""


@cache
def fbeta(beta: float) -> Confusion:
    """Weighted harmonic mean of precision and recall: recall counts ``beta`` times as much as precision.

    Source: van Rijsbergen 1979.
    """
    square = float(beta) ** 2
    value, influence = fraction(hit=(0, 0, 0, 1 + square), among=(0, 1, square, 1 + square))
    return Confusion(
        name=f"fbeta({spelled(beta)})",
        title=f"F{spelled(beta)}",
        greater_is_better=True,
        minimum=_MINIMUM,
        value=value,
        influence=influence,
        span=(0.0, 1.0),
    )


def _balanced(cells: Floats) -> Floats:
    return (RECALL.value(cells) + SPECIFICITY.value(cells)) / 2


def _balanced_influence(cells: Floats) -> Floats:
    return (RECALL.influence(cells) + SPECIFICITY.influence(cells)) / 2


BALANCED_ACCURACY = Confusion(
    name="balanced_accuracy",
    title="Balanced accuracy",
    greater_is_better=True,
    minimum=Minimum(rows=100, positives=20, negatives=20),
    value=_balanced,
    influence=_balanced_influence,
    span=(0.0, 1.0),
)
"""Mean of recall and specificity.

Source: Brodersen, Ong, Stephan and Buhmann 2010.
"""


def _margins(cells: Floats) -> tuple[Floats, Floats]:
    """The four marginal sums, and for each cell which two of them it is in, both on the last axis."""
    tn, fp, fn, tp = np.moveaxis(np.asarray(cells, dtype=np.float64), -1, 0)
    sums = np.stack([tn + fp, fn + tp, tn + fn, fp + tp], axis=-1)
    member = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]], dtype=np.float64)
    return sums, member


def _mcc(cells: Floats) -> Floats:
    tn, fp, fn, tp = np.moveaxis(np.asarray(cells, dtype=np.float64), -1, 0)
    below = np.sqrt(_margins(cells)[0].prod(axis=-1))
    value: Floats = np.full(below.shape, np.nan)
    np.divide(tp * tn - fp * fn, below, out=value, where=below > 0)
    return value


def _mcc_influence(cells: Floats) -> Floats:
    """n times the gradient: MCC does not change when all counts double, so the gradient needs no centring."""
    sums, member = _margins(cells)
    tn, fp, fn, tp = np.moveaxis(np.asarray(cells, dtype=np.float64), -1, 0)
    below = np.sqrt(sums.prod(axis=-1))[..., None]
    upper = np.stack([tp, -fn, -fp, tn], axis=-1)
    rows = np.asarray(cells, dtype=np.float64).sum(axis=-1)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        influence: Floats = rows * (upper / below - _mcc(cells)[..., None] / 2 * ((1 / sums) @ member.T))
    return influence


MCC = Confusion(
    name="mcc",
    title="Matthews correlation",
    greater_is_better=True,
    minimum=_MINIMUM,
    value=_mcc,
    influence=_mcc_influence,
    span=(-1.0, 1.0),
)
"""Correlation of label and decision.

Source: Matthews 1975.
"""
