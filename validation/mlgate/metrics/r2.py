"""R²: the share of the label's variance that predictions explain.

>>> from mlgate.metrics.slicewise import one_slice
>>> value, influence = R2.of(one_slice([1.0, 2.0, 3.0], [1.0, 2.0, 2.0]))
>>> float(value[0])  # squared errors 1, squared deviations 2
0.5
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.pair import Heed
from mlgate.metrics.metric import Minimum, Ranking, Sorted, quotient
from mlgate.metrics.slicewise import totals

__all__ = ["R2"]

Floats = NDArray[np.float64]


def _r2(rows: Sorted) -> tuple[Floats, Floats]:
    """Value and influence ((1 - R²) (y - ȳ)² - e²) / Var(y), by the delta method for a ratio of means."""
    size = totals(rows.weights, rows.starts)
    labels = rows.labels.astype(np.float64)
    middle = quotient(totals(rows.weights * labels, rows.starts), size)
    deviation = (labels - middle[rows.slices]) ** 2
    error = (rows.scores - labels) ** 2
    variance = totals(rows.weights * deviation, rows.starts)
    # Equal labels have no variance, whatever rounding makes of their mean.
    varied = _spread(rows, labels) > 0
    left = quotient(totals(rows.weights * error, rows.starts), np.where(varied, variance, 0.0))
    scale = quotient(size, variance)[rows.slices]
    return 1 - left, scale * (left[rows.slices] * deviation - error)


def _spread(rows: Sorted, labels: Floats) -> Floats:
    """Largest less smallest label of each slice; rows without weight do not count."""
    counted = rows.weights > 0
    where = rows.slices[counted]
    low = np.full(len(rows.starts) - 1, np.inf)
    high = np.full(len(rows.starts) - 1, -np.inf)
    np.minimum.at(low, where, labels[counted])
    np.maximum.at(high, where, labels[counted])
    spread: Floats = high - low
    return spread


R2 = Ranking(
    name="r2",
    title="R²",
    greater_is_better=True,
    minimum=Minimum(rows=300, carrying=50),
    of=_r2,
    heed=Heed(own=3.0, pair=1.5),
)
"""1 less the squared errors over the squared deviations of the label from its mean; undefined when labels are equal.

Source: scikit-learn's ``r2_score``; influence by the delta method.
"""
