"""Intervals and p-values for proportions: one, two paired, and the exact test on pairs that differ.

Wald intervals are not here: at 30 rows they cover 22 to 97 % where 95 % is promised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr, ndtri

__all__ = ["exact_p_worse", "tango_interval", "tango_p_below", "tango_z", "wilson_interval"]

Floats = NDArray[np.float64]


def wilson_interval(hits: Floats | float, rows: Floats | float, confidence: float) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion (Wilson 1927), elementwise; NaN where there are no rows.

    >>> low, high = wilson_interval(5, 56, 0.95)
    >>> round(float(low), 7), round(float(high), 6)
    (0.0387421, 0.19256)
    """
    hits, rows = np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    square = float(ndtri(0.5 + confidence / 2)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / rows
        middle = (share + square / (2 * rows)) / (1 + square / rows)
        half = np.sqrt(square * (share * (1 - share) + square / (4 * rows)) / rows) / (1 + square / rows)
        # At no hits the lower limit is exactly 0, at all hits the upper exactly 1; rounding must not say otherwise.
        low = np.where(hits == 0, 0.0, np.maximum(middle - half, 0.0))
        high = np.where(hits == rows, 1.0, np.minimum(middle + half, 1.0))
    empty = rows <= 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def tango_z(first: Floats | float, second: Floats | float, rows: Floats | float, difference: Floats | float) -> Floats:
    """Score statistic of a paired difference of proportions at a hypothetical value (Tango 1998, equations 3 to 5).

    Parameters
    ----------
    first, second
        Pairs in which only the first, and only the second, is right.
    rows
        All pairs.
    difference
        Hypothetical true value of (first - second) / rows, in (-1, 1).

    Returns
    -------
    Floats
        (first - second - rows * difference) / its standard deviation under that hypothesis.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    rows, difference = np.asarray(rows, dtype=np.float64), np.asarray(difference, dtype=np.float64)
    # The constrained estimate of P(only second) is the larger root of 2n q² + B q + C = 0.
    linear = -first - second + (2 * rows - first + second) * difference
    constant = -second * difference * (1 - difference)
    root = np.sqrt(np.maximum(linear**2 - 8 * rows * constant, 0.0))
    # Of the two equal forms of the root, take the one without cancellation.
    with np.errstate(invalid="ignore", divide="ignore"):
        only_second = np.where(linear <= 0, (root - linear) / (4 * rows), -2 * constant / (root + linear))
        only_second = np.where(linear == 0, root / (4 * rows), only_second)
        spread = np.sqrt(np.maximum(rows * (2 * only_second + difference * (1 - difference)), 0.0))
        distance = first - second - rows * difference
        # Without a pair that differs, no difference at all is exactly what was seen: 0, not 0 / 0.
        return np.where(spread > 0, distance / spread, np.where(distance == 0, 0.0, np.sign(distance) * np.inf))


def tango_interval(
    first: Floats | float, second: Floats | float, rows: Floats | float, confidence: float
) -> tuple[Floats, Floats]:
    """Score interval of a paired difference of proportions (Tango 1998), elementwise; NaN where there are no rows.

    Found by bisection of the score statistic, which falls in the hypothetical difference. Never of zero width: with no
    differing pair among n the limits are ±z²/(n + z²).

    >>> low, high = tango_interval(12, 2, 50, 0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0611, 0.3447)
    """
    first, second, rows = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (first, second, rows)))
    quantile = float(ndtri(0.5 + confidence / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = np.where(rows > 0, (first - second) / rows, 0.0)
    limits = []
    for target, far in ((quantile, -1.0), (-quantile, 1.0)):
        inside, outside = estimate.copy(), np.full_like(estimate, far)
        for _ in range(60):
            middle = (inside + outside) / 2
            beyond = np.abs(tango_z(first, second, rows, middle)) > abs(target)
            outside, inside = np.where(beyond, middle, outside), np.where(beyond, inside, middle)
        limits.append(np.where(rows > 0, (inside + outside) / 2, np.nan))
    return limits[0], limits[1]


def tango_p_below(first: float, second: float, rows: float, bound: float) -> float:
    """One-sided p for H0: difference >= bound, by inverting the interval."""
    if bound >= 1:
        return 0.0
    if bound <= -1:
        return 1.0
    return float(ndtr(tango_z(first, second, rows, bound)))


def exact_p_worse(gained: int, lost: int) -> float:
    """Exact one-sided p for H0: a pair that differs speaks for either side alike (the exact McNemar test).

    Small when far more pairs were lost than gained.

    >>> exact_p_worse(0, 5)
    0.03125
    """
    return float(bdtr(gained, gained + lost, 0.5)) if gained + lost else 1.0
