"""The median of absolute errors: half of the rows are predicted at least this well.

>>> from mlgate.metrics.slicewise import one_slice
>>> value, influence = MEDIAN_ABSOLUTE_ERROR.of(one_slice([1.0, 2.0, 3.0], [1.0, 2.5, 9.0], key="error"))
>>> float(value[0])
0.5
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Minimum, Ranking, Sorted, quotient
from mlgate.metrics.slicewise import effective, totals

__all__ = ["MEDIAN_ABSOLUTE_ERROR"]

Floats = NDArray[np.float64]

#: Bofinger's bandwidth at the median, times n^(-1/5): (4.5 φ(0)⁴)^(1/5).
_BANDWIDTH = (4.5 / (2 * np.pi) ** 2) ** 0.2


def _median(rows: Sorted) -> tuple[Floats, Floats]:
    """Median and influence s · (1(error > m) - 1(error < m)) / 2, with the sparsity s = 1/density at the median m.

    s is estimated by (Q(1/2 + h) - Q(1/2 - h)) / 2h, with h = 0.65 n^(-1/5).
    """
    error = np.abs(rows.labels - rows.scores)
    size = totals(rows.weights, rows.starts)
    middle = np.full(len(size), 0.5)
    value = (_quantile(rows, error, size, middle, "left") + _quantile(rows, error, size, middle, "right")) / 2
    # With a handful of rows the window would leave [0, 1].
    half = np.minimum(_BANDWIDTH * np.maximum(effective(rows), 1.0) ** -0.2, 0.5)
    high, low = (_quantile(rows, error, size, middle + sign * half, "left") for sign in (1, -1))
    sparsity = (high - low) / (2 * half)
    side = np.sign(error - value[rows.slices])
    centre = quotient(totals(rows.weights * side, rows.starts), size)
    influence: Floats = (sparsity / 2)[rows.slices] * (side - centre[rows.slices])
    return value, influence


def _quantile(rows: Sorted, error: Floats, size: Floats, share: Floats, side: Literal["left", "right"]) -> Floats:
    """The error at which the running weight of each slice reaches (left) or passes (right) a share of the whole."""
    found: Floats = np.full(len(size), np.nan)
    known = size > 0
    sums = np.concatenate([[0.0], np.cumsum(rows.weights)])
    first, last = rows.starts[:-1][known], rows.starts[1:][known] - 1
    place = np.searchsorted(sums, sums[first] + share[known] * size[known], side=side) - 1
    found[known] = error[np.clip(place, first, last)]
    return found


MEDIAN_ABSOLUTE_ERROR = Ranking(
    name="median_absolute_error",
    title="Median absolute error",
    greater_is_better=False,
    minimum=Minimum(rows=300),
    of=_median,
    key="error",
)
"""Median of |prediction - label|; between two middle rows their mean. Its error rests on an estimate of the density of
errors at the median: where many errors are equal there is none, and the interval is not to be relied on.

Source: scikit-learn's ``median_absolute_error``; sparsity by Bofinger 1975, see Koenker 2005, section 3.4.
"""
