"""Intervals and p-values for proportions: one, two paired, and the exact test on pairs that differ.

Wald intervals are not here: at 30 rows they cover 22 to 97 % where 95 % is promised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.scipy_parts import bdtr, betainc, betaincinv, ndtr, ndtri

__all__ = [
    "exact_interval",
    "exact_p_below",
    "exact_p_worse",
    "tango_interval",
    "tango_p_below",
    "tango_z",
    "wilson_interval",
    "wilson_p_below",
]

Floats = NDArray[np.float64]
Numbers = Floats | float


def wilson_interval(hits: Numbers, rows: Numbers, confidence: Numbers) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion (Wilson 1927), elementwise; NaN where there are no rows.

    Hits and rows may be fractions, as they are when rows are scaled to their effective number.

    >>> low, high = wilson_interval(5, 56, 0.95)
    >>> round(float(low), 7), round(float(high), 6)
    (0.0387421, 0.19256)
    """
    hits, rows = np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    square = ndtri(0.5 + np.asarray(confidence, dtype=np.float64) / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / rows
        middle = (share + square / (2 * rows)) / (1 + square / rows)
        half = np.sqrt(square * (share * (1 - share) + square / (4 * rows)) / rows) / (1 + square / rows)
        # At no hits the lower limit is exactly 0, at all hits the upper exactly 1; rounding must not say otherwise.
        low = np.where(hits == 0, 0.0, np.maximum(middle - half, 0.0))
        high = np.where(hits == rows, 1.0, np.minimum(middle + half, 1.0))
    empty = rows <= 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def wilson_p_below(hits: Numbers, rows: Numbers, bound: Numbers) -> Floats:
    """One-sided p for H0: proportion >= bound, by inverting Wilson's interval; elementwise.

    The interval's limit is at the bound b where (share - b)² = z² b (1 - b) / n, so that p = Φ(z). It never comes back
    over the share itself: nothing is shown on the wrong side, and p is 1 there.

    >>> round(float(wilson_p_below(40, 100, 0.5)), 4)
    0.0228
    """
    hits, rows = np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    bound = np.asarray(bound, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / rows
        z = (share - bound) / np.sqrt(np.maximum(bound * (1 - bound), 0.0) / rows)
        return np.where(share < bound, ndtr(z), np.where(share == bound, 0.5, 1.0))


def exact_interval(hits: Numbers, rows: Numbers, confidence: Numbers) -> tuple[Floats, Floats]:
    """Exact interval of a proportion (Clopper and Pearson 1934), elementwise; NaN where there are no rows.

    Each limit alone errs in at most half of 1 - confidence of all samples, whatever the true share; Wilson's lower
    limit, at a few hits, in up to 16 % instead of 2.5. Hits and rows may be fractions.

    >>> low, high = exact_interval(5, 56, 0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0296, 0.1962)
    """
    hits, rows = np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    tail = 0.5 - np.asarray(confidence, dtype=np.float64) / 2
    missed = np.maximum(rows - hits, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # At no hits the lower limit is exactly 0, at all hits the upper exactly 1.
        low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-300), missed + 1, tail), 0.0)
        high = np.where(missed > 0, 1 - betaincinv(np.maximum(missed, 1e-300), hits + 1, tail), 1.0)
    empty = rows <= 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def exact_p_below(hits: Numbers, rows: Numbers, bound: Numbers) -> Floats:
    """One-sided p for H0: proportion >= bound, by inverting the exact interval: the chance of no more hits at it.

    >>> round(float(exact_p_below(40, 100, 0.5)), 4)
    0.0284
    """
    hits, rows = np.asarray(hits, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    bound, missed = np.asarray(bound, dtype=np.float64), np.maximum(rows - hits, 0.0)
    possible = betainc(np.maximum(missed, 1e-300), hits + 1, 1 - np.clip(bound, 0.0, 1.0))
    return np.where(missed > 0, possible, np.where(bound > 1, 0.0, 1.0))


def tango_z(first: Numbers, second: Numbers, rows: Numbers, difference: Numbers) -> Floats:
    """Score statistic of a paired difference of proportions at a hypothetical value (Tango 1998, equations 3 to 5).

    Parameters
    ----------
    first, second
        Pairs in which only the first, and only the second, is right; fractions when scaled to effective rows.
    rows
        All pairs.
    difference
        Hypothetical true value of (first - second) / rows, in [-1, 1].

    Returns
    -------
    Floats
        (first - second - rows * difference) / its standard deviation under that hypothesis.

    >>> round(float(tango_z(12, 2, 50, 0.0)) ** 2, 5)
    7.14286
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    rows, difference = np.asarray(rows, dtype=np.float64), np.asarray(difference, dtype=np.float64)
    distance, variance, _ = _score(first, second, rows, difference)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Without a pair that differs, no difference at all is exactly what was seen: 0, not 0 / 0.
        beyond = np.where(distance == 0, 0.0, np.sign(distance) * np.inf)
        return np.where(variance > 0, distance / np.sqrt(variance), beyond)


def _score(first: Floats, second: Floats, rows: Floats, difference: Floats) -> tuple[Floats, Floats, Floats]:
    """Distance of the seen from the hypothetical difference, its variance under that hypothesis, the variance's slope.

    Tango's constrained estimate q of P(only second) solves 2n q² + B q + C = 0. With the differing pairs s = first +
    second, d = first - second, the distance e = d - nδ and u = s - dδ, its variance n (2q + δ (1 - δ)) is (r + u +
    2δe) / 2 with r² = u² - 4 (n - s) δe: the same for both directions, and free of the cancellation that the quadratic
    formula has when nearly all pairs differ. The slope is in δ.
    """
    both, net = first + second, first - second
    distance, left = net - rows * difference, both - net * difference
    product = difference * distance
    root = np.sqrt(np.maximum(left**2 - 4 * (rows - both) * product, 0.0))
    other = left + 2 * product
    with np.errstate(invalid="ignore", divide="ignore"):
        # Of two equal forms, again the one without cancellation.
        variance = np.where(other >= 0, (root + other) / 2, -2 * rows * product * (1 - difference**2) / (root - other))
        bend = (-left * net - 2 * (rows - both) * (distance - rows * difference)) / root
        slope = (bend + net - 4 * rows * difference) / 2
    return distance, np.maximum(variance, 0.0), slope


def tango_interval(first: Numbers, second: Numbers, rows: Numbers, confidence: Numbers) -> tuple[Floats, Floats]:
    """Score interval of a paired difference of proportions (Tango 1998), elementwise; NaN where there are no rows.

    Counts may be fractions. Never of zero width: with no differing pair among n the limits are ±z²/(n + z²).

    >>> low, high = tango_interval(12, 2, 50, 0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0611, 0.3447)
    """
    quantile = ndtri(0.5 + np.asarray(confidence, dtype=np.float64) / 2)
    first, second, rows, quantile = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (first, second, rows, quantile))
    )
    # Turning the pair round turns the interval round, to the bit.
    return -_tango_high(second, first, rows, quantile), _tango_high(first, second, rows, quantile)


def _tango_high(first: Floats, second: Floats, rows: Floats, quantile: Floats) -> Floats:
    """Largest difference at which the score statistic is still within the quantile, by safeguarded Newton steps.

    The start lies beyond the limit, because the variance grows by at most 2 per unit of the difference; from there
    Newton's steps come down. A step that leaves the bracket becomes a bisection.
    """
    there = rows > 0
    square = quantile**2
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.where(there, (first - second) / rows, 0.0)
        variance = _score(first, second, rows, inside)[1]
        start = inside + (square + np.sqrt(square**2 + square * variance)) / rows
    estimate, outside = inside, np.where(there, np.minimum(start, 1.0), 0.0)
    limit = outside
    for _ in range(60):
        distance, variance, slope = _score(first, second, rows, limit)
        excess = distance**2 - square * variance
        outside, inside = np.where(excess > 0, limit, outside), np.where(excess > 0, inside, limit)
        with np.errstate(invalid="ignore", divide="ignore"):
            step = excess / (-2 * rows * distance - square * slope)
        settled = np.abs(step) <= 1e-12 * np.abs(limit - estimate)
        ahead = limit - step
        kept = settled | ((inside <= ahead) & (ahead <= outside))
        ahead = np.where(kept, ahead, (inside + outside) / 2)
        settled |= np.abs(ahead - limit) <= 1e-15
        limit = ahead
        if settled.all():
            break
    return np.where(there, np.clip(limit, estimate, 1.0), np.nan)


def tango_p_below(first: Numbers, second: Numbers, rows: Numbers, bound: Numbers) -> Floats:
    """One-sided p for H0: difference >= bound, by inverting the interval; elementwise.

    >>> round(float(tango_p_below(2, 12, 50, 0.0)), 4)
    0.0038
    """
    bound = np.asarray(bound, dtype=np.float64)
    possible = ndtr(tango_z(first, second, rows, np.clip(bound, -1.0, 1.0)))
    return np.where(bound > 1, 0.0, np.where(bound < -1, 1.0, possible))


def exact_p_worse(gained: Numbers, lost: Numbers) -> Floats:
    """Exact one-sided p for H0: a pair that differs speaks for either side alike (the exact McNemar test); elementwise.

    Small when far more pairs were lost than gained.

    >>> float(exact_p_worse(0, 5))
    0.03125
    """
    gained, differing = np.asarray(gained, dtype=np.float64), np.add(gained, lost)
    return np.where(differing > 0, bdtr(gained, differing.astype(np.int64), 0.5), 1.0)
