"""From a spread to its interval, and from a bound to its p-value by inverting that same interval.

One place for both, so that a p-value can never disagree with the interval that is printed beside it. Many spreads are
taken at once: they are sorted by method, and each method reads its columns once and works on arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import turned
from mlgate.inference.limits import LIMITS, P_BELOW, Limits, columns
from mlgate.inference.means import student_half
from mlgate.records.evidence import Estimate, Spread
from mlgate.scipy_parts import ndtr

__all__ = [
    "estimate",
    "estimates",
    "interval",
    "joined",
    "mirrored",
    "p_above",
    "p_aboves",
    "p_below",
    "p_belows",
    "standard_error",
]

Floats = NDArray[np.float64]


def estimate(spread: Spread, confidence: float) -> Estimate:
    """The value of a spread with its two-sided interval."""
    low, high = interval(spread, confidence)
    return Estimate(value=spread.value, low=low, high=high)


def estimates(spreads: Sequence[Spread], confidence: float) -> list[Estimate]:
    """The same for many spreads at once: one array call per method rather than one per spread."""
    low, high = _limits(spreads)(np.full(len(spreads), confidence))
    return [
        Estimate(value=spread.value, low=down, high=up)
        for spread, down, up in zip(spreads, low.tolist(), high.tolist(), strict=True)
    ]


def interval(spread: Spread, confidence: float) -> tuple[float, float]:
    """Two-sided interval at a confidence level; NaN where the value is undefined.

    Raises
    ------
    ValueError
        The spread's method is not one of ``Spread.method``.
    """
    low, high = _limits([spread])(np.array([confidence]))
    return float(low[0]), float(high[0])


def p_below(spread: Spread, bound: float) -> float:
    """One-sided p for H0: the true value is at least ``bound``; small when it is clearly below. 1 where undefined."""
    return float(p_belows([spread], [bound])[0])


def p_above(spread: Spread, bound: float) -> float:
    """One-sided p for H0: the true value is at most ``bound``; small when it is clearly above. 1 where undefined."""
    return float(p_aboves([spread], [bound])[0])


def p_belows(spreads: Sequence[Spread], bounds: Sequence[float] | Floats) -> Floats:
    """``p_below`` of many spreads, each at its own bound: (n,) p-values."""
    return _p_values(spreads, np.asarray(bounds, dtype=np.float64), 1)


def p_aboves(spreads: Sequence[Spread], bounds: Sequence[float] | Floats) -> Floats:
    """``p_above`` of many spreads, each at its own bound: (n,) p-values."""
    return _p_values(spreads, np.asarray(bounds, dtype=np.float64), -1)


def mirrored(spread: Spread) -> Spread | None:
    """The spread of the negated value, or None for a single proportion, which has none."""
    if spread.method in ("exact", "wilson"):
        return None
    parts = spread.parts
    if spread.method in ("mover", "added"):
        parts = (parts[1], parts[0])
    if spread.method == "widened":
        first = mirrored(parts[0])
        if first is None:
            return None
        parts = (first,)
    return Spread(
        method=spread.method,
        value=-spread.value,
        error=spread.error,
        freedom=spread.freedom,
        skewness=-spread.skewness,
        heed=spread.heed,
        rows=spread.rows,
        counts=_turned_counts(spread),
        parts=parts,
        correlation=spread.correlation,
    )


def _turned_counts(spread: Spread) -> tuple[float, ...]:
    if spread.method == "counted":
        return tuple(turned(np.array(spread.counts)).tolist())
    return tuple(-end for end in spread.counts[::-1]) if spread.method == "bounded" else spread.counts[::-1]


def standard_error(spread: Spread) -> float:
    """Standard error of the estimate from sampling alone, for correlations; NaN where the method has none.

    >>> standard_error(Spread(method="wilson", value=0.5, rows=100.0, counts=(50.0,)))
    0.05
    """
    match spread.method:
        case "student" | "hall" | "bounded" | "counted":
            return spread.error
        case "exact" | "wilson":
            return math.sqrt(spread.value * (1 - spread.value) / spread.rows)
        case "tango":
            return math.sqrt(max(sum(spread.counts) / spread.rows - spread.value**2, 0.0) / spread.rows)
        case "widened":
            return standard_error(spread.parts[0])
        case _:
            return math.nan


def _by_method(spreads: Sequence[Spread]) -> dict[str, NDArray[np.intp]]:
    """Places of the spreads of each method; those without a value are in none."""
    methods = list(map(attrgetter("method"), spreads))
    known = set(methods) - {"undefined"}
    if not known <= _LIMITS.keys():
        raise ValueError(f"unknown method {min(known - _LIMITS.keys())!r} of a spread")
    valued = ~np.isnan(columns(spreads, "value")[0])
    if len(known) == 1 and "undefined" not in methods:  # as of most metrics
        places = {methods[0]: np.flatnonzero(valued)}
    else:
        which = np.array(methods)
        places = {method: np.flatnonzero(valued & (which == method)) for method in sorted(known)}
    return {method: those for method, those in places.items() if len(those)}


def _limits(spreads: Sequence[Spread]) -> Limits:
    """The limits of many spreads as a function of their confidence levels."""
    groups = [(places, _LIMITS[method](_chosen(spreads, places))) for method, places in _by_method(spreads).items()]

    def of(confidence: Floats) -> tuple[Floats, Floats]:
        low, high = np.full(len(spreads), np.nan), np.full(len(spreads), np.nan)
        for places, limits in groups:
            low[places], high[places] = limits(confidence[places])
        return low, high

    return of


def _p_values(spreads: Sequence[Spread], bounds: Floats, sign: int) -> Floats:
    found = np.ones(len(spreads))
    for method, places in _by_method(spreads).items():
        chosen, closed, at = _chosen(spreads, places), P_BELOW.get(method), bounds[places]
        found[places] = closed(chosen)(at, sign) if closed else _invert(chosen, at, sign)
    return found


def _chosen(spreads: Sequence[Spread], places: NDArray[np.intp]) -> Sequence[Spread]:
    return spreads if len(places) == len(spreads) else [spreads[place] for place in places.tolist()]


# ---- spreads of spreads


def _mover_limits(spreads: Sequence[Spread]) -> Limits:
    """Square-and-add (Newcombe 1998, Stat Med 17:873, method 10), with correlation as Zou and Donner 2008 have it."""
    correlation = columns(spreads, "correlation")[0]
    if not correlation.any():
        return _difference_limits(spreads, np.hypot)
    return _difference_limits(spreads, lambda first, second: joined(first, second, correlation))


def joined(first: Floats, second: Floats, correlation: Floats | float) -> Floats:
    """Distance of a difference from the distances of its two parts, elementwise.

    >>> float(joined(np.array(3.0), np.array(4.0), 0.0))
    5.0
    """
    with np.errstate(invalid="ignore"):  # nothing is known of a part without limits, nor of the difference then
        length = np.sqrt(np.maximum(first**2 + second**2 - 2 * correlation * first * second, 0.0))
    longest: Floats = np.where(np.isinf(first) | np.isinf(second), np.inf, length)
    return longest


def _added_limits(spreads: Sequence[Spread]) -> Limits:
    """Parts that depend on each other in an unknown way: the distances are added, which is always wide enough."""
    return _difference_limits(spreads, np.add)


def _difference_limits(spreads: Sequence[Spread], join: Callable[[Floats, Floats], Floats]) -> Limits:
    first, second = (_limits([spread.parts[place] for spread in spreads]) for place in (0, 1))
    value = columns(spreads, "value")[0]
    first_value, second_value = (columns([spread.parts[place] for spread in spreads], "value")[0] for place in (0, 1))

    def of(confidence: Floats) -> tuple[Floats, Floats]:
        (first_low, first_high), (second_low, second_high) = first(confidence), second(confidence)
        down = join(first_value - first_low, second_high - second_value)
        up = join(first_high - first_value, second_value - second_low)
        return value - down, value + up

    return of


def _widened_limits(spreads: Sequence[Spread]) -> Limits:
    """An independent Student error on top of another interval: each side squared and added, as for a mover."""
    inner = _limits([spread.parts[0] for spread in spreads])
    value, error, freedom = columns(spreads, "value", "error", "freedom")

    def of(confidence: Floats) -> tuple[Floats, Floats]:
        low, high = inner(confidence)
        more = student_half(error, freedom, confidence)
        return value - np.hypot(value - low, more), value + np.hypot(high - value, more)

    return of


_LIMITS: dict[str, Callable[[Sequence[Spread]], Limits]] = {
    **LIMITS,
    "mover": _mover_limits,
    "added": _added_limits,
    "widened": _widened_limits,
}


def _invert(spreads: Sequence[Spread], bounds: Floats, sign: int) -> Floats:
    """The one-sided p at which the interval's limit just reaches the bound, by bisection on the normal quantile."""
    distance = sign * (columns(spreads, "value")[0] - bounds)
    # The limit on this side never comes back over the value: p is above one half then, and nothing can be shown.
    found = np.where(distance == 0, 0.5, 1.0)
    below = np.flatnonzero(distance < 0)
    limits, bounds = _limits([spreads[place] for place in below.tolist()]), bounds[below]
    near = np.zeros(len(below))
    # Beyond 8.2 standard deviations a confidence level is 1 in float64; the p is below 1e-15 there.
    far = np.full(len(below), 8.2)
    for _ in range(48 if len(below) else 0):
        middle = (near + far) / 2
        low, high = limits(1 - 2 * ndtr(-middle))
        reached = high >= bounds if sign > 0 else low <= bounds
        near, far = np.where(reached, near, middle), np.where(reached, middle, far)
    found[below] = ndtr(-(near + far) / 2)
    return found
