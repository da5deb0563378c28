"""ROC AUC: the chance that a positive row scores above a negative one, ties counting one half.

>>> from mlgate.metrics.slicewise import one_slice
>>> value, influence = ROC_AUC.of(one_slice([1, 0, 1], [0.1, 0.2, 0.8]))
>>> float(value[0]), influence.tolist()
(0.5, [-0.75, 0.0, 0.75])
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Minimum, Ranking, Sorted
from mlgate.metrics.slicewise import ties, totals

__all__ = ["ROC_AUC"]

Floats = NDArray[np.float64]


def _roc_auc(rows: Sorted) -> tuple[Floats, Floats]:
    """AUC and influence from placements: the share of the other class that a row ranks rightly against."""
    tied = ties(rows)
    sizes = (tied.negatives, tied.positives)
    # Twice the weight ranked rightly, per group of ties: the other class's weight below (above), ties counting once.
    below = 2 * tied.negative_below + tied.negative
    above = 2 * (tied.positives[tied.where] - tied.positive_below) - tied.positive
    gained = totals(below * tied.positive, tied.starts)
    positive = rows.labels == 1
    ranked = np.where(positive, below[tied.of_row], above[tied.of_row])
    # Index of (slice, class): what follows is worked out once for each and carried to the rows.
    cell = 2 * rows.slices + positive
    with np.errstate(invalid="ignore", divide="ignore"):
        value = gained / (2 * sizes[0] * sizes[1])
        scale = np.stack([sizes[0] + sizes[1]] * 2, axis=1) / np.stack(sizes, axis=1)
        other = 2 * np.stack(sizes[::-1], axis=1)
        influence: Floats = (ranked / other.ravel()[cell] - np.repeat(value, 2)[cell]) * scale.ravel()[cell]
    return value, influence


ROC_AUC = Ranking(
    name="roc_auc",
    title="ROC AUC",
    greater_is_better=True,
    minimum=Minimum(positives=50, negatives=50),
    of=_roc_auc,
    by_class=True,
    area=True,
    span=(0.0, 1.0),
)
"""Chance that a positive row scores above a negative one, ties counting one half: the area under the ROC curve.

Source: Hanley and McNeil 1982; variance by DeLong, DeLong and Clarke-Pearson 1988.
"""
