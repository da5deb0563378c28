"""ROC AUC: the chance that a positive row scores above a negative one, ties counting one half.

>>> import numpy as np
>>> labels = np.array([0, 1, 1], dtype=np.int8)
>>> ones = np.ones(3, dtype=np.int64)
>>> [float(value) for value in ROC_AUC.placements(labels, np.array([0.2, 0.1, 0.8]), ones)]
[0.5, 0.0, 1.0]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Minimum, Ranking

__all__ = ["ROC_AUC"]

Floats = NDArray[np.float64]


def _placements(labels: NDArray[np.int8], scores: Floats, counts: NDArray[np.int64]) -> Floats:
    """Share of the other class that each row ranks rightly against (DeLong, DeLong and Clarke-Pearson 1988).

    The mean over positives, and the mean over negatives, both equal the AUC. All counts are integers, so the result
    does not depend on the order of the rows.
    """
    _, place = np.unique(scores, return_inverse=True)
    negative = np.bincount(place, weights=np.where(labels == 0, counts, 0))
    positive = np.bincount(place, weights=np.where(labels == 1, counts, 0))
    below = np.cumsum(negative) - negative / 2
    above = positive.sum() - np.cumsum(positive) + positive / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = np.where(labels == 1, below[place] / negative.sum(), above[place] / positive.sum())
    return share


ROC_AUC = Ranking(
    name="roc_auc",
    title="ROC AUC",
    greater_is_better=True,
    minimum=Minimum(positives=50, negatives=50),
    placements=_placements,
)
"""Area under the ROC curve (Hanley and McNeil 1982); its variance is DeLong's."""
