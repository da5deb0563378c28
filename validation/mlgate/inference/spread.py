"""From a spread to its interval, and from a bound to its p-value by inverting that same interval.

One place for both, so that a p-value can never disagree with the interval that is printed beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mlgate.inference.means import hall_interval, hall_p_below, student_interval, student_p_below
from mlgate.inference.proportions import tango_interval, tango_p_below, wilson_interval
from mlgate.records.evidence import Estimate, Spread

__all__ = ["estimate", "estimates", "interval", "mirrored", "p_above", "p_below"]


def estimate(spread: Spread, confidence: float) -> Estimate:
    """The value of a spread with its two-sided interval."""
    low, high = interval(spread, confidence)
    return Estimate(value=spread.value, low=low, high=high)


def estimates(spreads: Sequence[Spread], confidence: float) -> list[Estimate]:
    """The same for many spreads at once: one array call per method rather than one per spread."""
    found = [Estimate(value=spread.value, low=math.nan, high=math.nan) for spread in spreads]
    for method in {spread.method for spread in spreads}:
        places = [place for place, spread in enumerate(spreads) if spread.method == method]
        chosen = [spreads[place] for place in places]
        if method not in _TOGETHER:
            limits = [interval(spread, confidence) for spread in chosen]
        else:
            low, high = _TOGETHER[method](chosen, confidence)
            limits = list(zip(low.tolist(), high.tolist(), strict=True))
        for place, (low_limit, high_limit) in zip(places, limits, strict=True):
            if not math.isnan(found[place].value):
                found[place] = Estimate(value=found[place].value, low=low_limit, high=high_limit)
    return found


def _column(spreads: Sequence[Spread], name: str) -> NDArray[np.float64]:
    return np.array([getattr(spread, name) for spread in spreads], dtype=np.float64)


def _tangos(spreads: Sequence[Spread], confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.array([spread.counts for spread in spreads], dtype=np.float64).T
    return tango_interval(first, second, _column(spreads, "rows"), confidence)


def _wilsons(spreads: Sequence[Spread], confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    hits = np.array([spread.counts[0] for spread in spreads], dtype=np.float64)
    return wilson_interval(hits, _column(spreads, "rows"), confidence)


def _students(spreads: Sequence[Spread], confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value, error, freedom = (_column(spreads, name) for name in ("value", "error", "freedom"))
    return student_interval(value, error, freedom, confidence)


def _halls(spreads: Sequence[Spread], confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value, error, freedom, skewness, rows = (
        _column(spreads, name) for name in ("value", "error", "freedom", "skewness", "rows")
    )
    return hall_interval(value, error, freedom, skewness, rows, confidence)


_TOGETHER = {"tango": _tangos, "wilson": _wilsons, "student": _students, "hall": _halls}


def interval(spread: Spread, confidence: float) -> tuple[float, float]:
    """Two-sided interval at a confidence level; NaN where the value is undefined.

    Raises
    ------
    ValueError
        The spread's method is not one of ``Spread.method``.
    """
    if math.isnan(spread.value) or spread.method == "undefined":
        return math.nan, math.nan
    if spread.method in ("mover", "added"):
        return _difference(spread, confidence)
    if spread.method not in _TOGETHER:
        raise ValueError(f"unknown method {spread.method!r} of a spread")
    low, high = _TOGETHER[spread.method]([spread], confidence)
    return float(low[0]), float(high[0])


def _difference(spread: Spread, confidence: float) -> tuple[float, float]:
    """Difference of two estimates from their own intervals.

    ``mover``, for independent parts: square-and-add (Newcombe 1998, Stat Med 17:873, method 10; Zou and Donner 2008).
    ``added``, for parts that depend on each other in an unknown way: the distances are added, which is always wide
    enough.
    """
    first, second = spread.parts
    (first_low, first_high), (second_low, second_high) = interval(first, confidence), interval(second, confidence)
    down = (first.value - first_low, second_high - second.value)
    up = (first_high - first.value, second.value - second_low)
    if spread.method == "mover":
        return spread.value - math.hypot(*down), spread.value + math.hypot(*up)
    return spread.value - sum(down), spread.value + sum(up)


def p_below(spread: Spread, bound: float) -> float:
    """One-sided p for H0: the true value is at least ``bound``; small when it is clearly below. 1 where undefined."""
    if math.isnan(spread.value) or spread.method == "undefined":
        return 1.0
    match spread.method:
        case "tango":
            return tango_p_below(spread.counts[0], spread.counts[1], spread.rows, bound)
        case "student":
            return student_p_below(spread.value, spread.error, spread.freedom, bound)
        case "hall":
            return hall_p_below(spread.value, spread.error, spread.freedom, spread.skewness, spread.rows, bound)
    return _invert(spread, bound, upper=True)


def p_above(spread: Spread, bound: float) -> float:
    """One-sided p for H0: the true value is at most ``bound``; small when it is clearly above. 1 where undefined."""
    mirror = mirrored(spread)
    return _invert(spread, bound, upper=False) if mirror is None else p_below(mirror, -bound)


def mirrored(spread: Spread) -> Spread | None:
    """The spread of the negated value, or None for a single proportion, which has none."""
    if spread.method == "wilson":
        return None
    parts = spread.parts
    if spread.method in ("mover", "added"):
        parts = (parts[1], parts[0])
    return Spread(
        method=spread.method,
        value=-spread.value,
        error=spread.error,
        freedom=spread.freedom,
        skewness=-spread.skewness,
        rows=spread.rows,
        counts=spread.counts[::-1],
        parts=parts,
    )


def _invert(spread: Spread, bound: float, *, upper: bool) -> float:
    """The one-sided p at which the interval's limit just reaches ``bound``, by bisection on the normal quantile."""
    if (spread.value >= bound) if upper else (spread.value <= bound):
        # The limit on this side never comes back over the estimate: p is above one half; nothing can be shown.
        return 1.0 if spread.value != bound else 0.5
    near, far = 0.0, 40.0
    for _ in range(80):
        middle = (near + far) / 2
        # Beyond 8 standard deviations a confidence level is 1 in float64; the p is then below 1e-15 anyway.
        confidence = 1 - 2 * float(ndtr(-middle))
        low, high = interval(spread, confidence) if confidence < 1 else (-math.inf, math.inf)
        reached = high >= bound if upper else low <= bound
        near, far = (near, middle) if reached else (middle, far)
    return float(ndtr(-(near + far) / 2))
