"""Calibration slope: below 1 when scores are too extreme, above 1 when they are too timid.

>>> from mlgate.metrics.slicewise import one_slice
>>> value, influence = CALIBRATION_SLOPE.of(one_slice([0, 0, 1, 0, 1, 1], [0.2, 0.2, 0.2, 0.8, 0.8, 0.8]))
>>> float(value[0].round(4))  # log odds seen are ± log 2, log odds claimed ± log 4
0.5
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.losses import LOG_LOSS_CLIP
from mlgate.metrics.metric import Minimum, Ranking, Sorted
from mlgate.metrics.slicewise import totals
from mlgate.scipy_parts import expit

__all__ = ["CALIBRATION_SLOPE"]

Floats = NDArray[np.float64]

_STEPS = 100
#: Log odds within this are at the maximum: the next step would be its square.
_CLOSE = 1e-9


def _calibration_slope(rows: Sorted) -> tuple[Floats, Floats]:
    """Slope, and its influence: the second component of H⁻¹ψ from the estimating equation (Huber 1967).

    ψ = (label - fitted) (1, x) and H is the mean of fitted (1 - fitted) (1, x)(1, x)ᵀ, with x = logit(score). Nothing
    is assumed of the fit.
    """
    clipped = np.clip(rows.scores, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)
    x = np.log(clipped) - np.log1p(-clipped)
    fits = _overlapping(rows, x)
    inside = fits[rows.slices]
    value: Floats = np.full(len(fits), np.nan)
    influence: Floats = np.zeros(len(x))
    if not inside.any():
        return value, influence
    starts = np.concatenate([[0], np.cumsum(np.diff(rows.starts)[fits])])
    where = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    weight = rows.weights[inside]
    positive = (rows.labels[inside] == 1).astype(np.float64)
    # Centred and scaled, so that the matrix H is well conditioned.
    size = totals(weight, starts)
    centre = totals(weight * x[inside], starts) / size
    z = x[inside] - centre[where]
    spread = np.sqrt(totals(weight * z**2, starts) / size)
    z /= spread[where]
    # Where scores are calibrated, log odds are x itself: the best place to start from.
    best = _fit(positive, z, weight, where, starts, np.stack([centre, spread]))
    fitted = expit(best[0][where] + best[1][where] * z)
    h = [totals(weight * fitted * (1 - fitted) * z**power, starts) / size for power in range(3)]
    value[fits] = best[1] / spread
    scale = (h[0] * h[2] - h[1] ** 2) * spread
    influence[inside] = (positive - fitted) * (z * h[0][where] - h[1][where]) / scale[where]
    return value, influence


def _overlapping(rows: Sorted, x: Floats) -> NDArray[np.bool_]:
    """Slices in which the classes overlap, so that a finite slope exists (Albert and Anderson 1984); (slices,)."""
    least, most = [], []
    for label in (0, 1):
        counted = (rows.weights > 0) & ((rows.labels == 1) == (label == 1))
        low = np.full(len(rows.starts) - 1, np.inf)
        high = np.full(len(rows.starts) - 1, -np.inf)
        np.minimum.at(low, rows.slices[counted], x[counted])
        np.maximum.at(high, rows.slices[counted], x[counted])
        least.append(low)
        most.append(high)
    overlapping: NDArray[np.bool_] = (most[0] > least[1]) & (most[1] > least[0])
    return overlapping


def _fit(
    positive: Floats, z: Floats, weight: Floats, where: NDArray[np.intp], starts: NDArray[np.intp], best: Floats
) -> Floats:
    """Intercepts and slopes (2, slices) of the logistic regressions of all slices; NaN where 100 steps do not do.

    Newton's method with the step shortened to log(1 + b)/b, where b is the largest change of a row's log odds: that
    always raises a logistic likelihood, with no line search (Sun and Tran-Dinh 2019).
    """
    size = totals(weight, starts)
    # Rows are sorted by score: the largest change is at an end.
    ends = z[starts[:-1]], z[starts[1:] - 1]
    change = np.full(len(size), np.inf)
    for _ in range(_STEPS):
        fitted = expit(best[0][where] + best[1][where] * z)
        missing, bend = weight * (positive - fitted), weight * fitted * (1 - fitted)
        g = [totals(missing, starts) / size, totals(missing * z, starts) / size]
        h = [totals(bend, starts) / size, totals(bend * z, starts) / size, totals(bend * z**2, starts) / size]
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.stack([h[2] * g[0] - h[1] * g[1], h[0] * g[1] - h[1] * g[0]]) / (h[0] * h[2] - h[1] ** 2)
        change = np.maximum(*(np.abs(step[0] + step[1] * end) for end in ends))
        best = best + step * np.divide(np.log1p(change), change, out=np.ones_like(change), where=change > 0)
        if not (change > _CLOSE).any():
            break
    return np.where(change <= _CLOSE, best, np.nan)


CALIBRATION_SLOPE = Ranking(
    name="calibration_slope",
    title="Calibration slope",
    greater_is_better=None,
    minimum=Minimum(positives=100, negatives=100),
    of=_calibration_slope,
)
"""Slope of a logistic regression of the label on logit(score), with intercept; scores clipped to [2^-20, 1 - 2^-20].
1 is right; undefined where a score separates the classes. Judge it by ``unchanged`` or by bounds around 1.

Source: Cox 1958; minimum size: Collins, Ogundimu and Altman 2016.
"""
