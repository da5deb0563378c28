"""Limits and p-values of spreads that are made of no others: one pair of functions per method.

Each method reads the columns of its spreads once and works on arrays; ``spread`` sorts spreads by method, and has those
that are combined of others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import counted_interval, counted_p_below, turned
from mlgate.inference.means import (
    bounded_interval,
    bounded_p_below,
    hall_interval,
    hall_p_below,
    student_interval,
    student_p_below,
)
from mlgate.inference.proportions import (
    exact_interval,
    exact_p_below,
    tango_interval,
    tango_p_below,
    wilson_interval,
    wilson_p_below,
)
from mlgate.records.evidence import Spread

__all__ = ["LIMITS", "P_BELOW", "Below", "Limits", "columns"]

Floats = NDArray[np.float64]
#: (n,) confidence levels -> (n,) low and (n,) high limits of n spreads.
Limits = Callable[[Floats], tuple[Floats, Floats]]
#: (n,) bounds, and -1 to turn values and bounds round -> (n,) one-sided p for H0: value >= bound.
Below = Callable[[Floats, int], Floats]


def columns(spreads: Sequence[Spread], *names: str) -> list[Floats]:
    """The fields of that name, (n,) each."""
    return [np.fromiter(map(attrgetter(name), spreads), dtype=np.float64, count=len(spreads)) for name in names]


def _counts(spreads: Sequence[Spread]) -> Floats:
    return np.array([spread.counts for spread in spreads], dtype=np.float64).T


def _share_limits(spreads: Sequence[Spread], of: Callable[..., tuple[Floats, Floats]]) -> Limits:
    hits, rows = _counts(spreads)[0], columns(spreads, "rows")[0]
    return lambda confidence: of(hits, rows, confidence)


def _share_p(spreads: Sequence[Spread], of: Callable[..., Floats]) -> Below:
    hits, rows = _counts(spreads)[0], columns(spreads, "rows")[0]
    # Above a bound is below its complement, of the misses.
    return lambda bounds, sign: of(hits if sign > 0 else rows - hits, rows, bounds if sign > 0 else 1 - bounds)


def _tango_limits(spreads: Sequence[Spread]) -> Limits:
    (first, second), rows = _counts(spreads), columns(spreads, "rows")[0]
    return lambda confidence: tango_interval(first, second, rows, confidence)


def _tango_p(spreads: Sequence[Spread]) -> Below:
    counts, rows = _counts(spreads), columns(spreads, "rows")[0]

    def of(bounds: Floats, sign: int) -> Floats:
        first, second = counts[::sign]
        return tango_p_below(first, second, rows, sign * bounds)

    return of


def _student_limits(spreads: Sequence[Spread]) -> Limits:
    value, error, freedom = columns(spreads, "value", "error", "freedom")
    return lambda confidence: student_interval(value, error, freedom, confidence)


def _student_p(spreads: Sequence[Spread]) -> Below:
    value, error, freedom = columns(spreads, "value", "error", "freedom")
    return lambda bounds, sign: student_p_below(sign * value, error, freedom, sign * bounds)


def _bounded_limits(spreads: Sequence[Spread]) -> Limits:
    value, error, freedom = columns(spreads, "value", "error", "freedom")
    bottom, top = _counts(spreads)
    return lambda confidence: bounded_interval(value, error, freedom, bottom, top, confidence)


def _bounded_p(spreads: Sequence[Spread]) -> Below:
    value, error, freedom = columns(spreads, "value", "error", "freedom")
    ends = _counts(spreads)

    def of(bounds: Floats, sign: int) -> Floats:
        bottom, top = sign * ends[::sign]
        return bounded_p_below(sign * value, error, freedom, bottom, top, sign * bounds)

    return of


def _counted_limits(spreads: Sequence[Spread]) -> Limits:
    value, error, freedom = columns(spreads, "value", "error", "freedom")
    parts = _counts(spreads)
    return lambda confidence: counted_interval(value, error, freedom, parts, confidence)


def _counted_p(spreads: Sequence[Spread]) -> Below:
    value, error, freedom = columns(spreads, "value", "error", "freedom")
    parts = _counts(spreads)

    def of(bounds: Floats, sign: int) -> Floats:
        # What raises the difference makes its upper limit, which a p-value from below hangs on.
        ways = turned(parts.T).T if sign < 0 else parts
        return counted_p_below(sign * value, error, freedom, ways, sign * bounds)

    return of


def _hall_limits(spreads: Sequence[Spread]) -> Limits:
    value, error, freedom, *skewed = columns(spreads, "value", "error", "freedom", "skewness", "rows", "heed")
    skewness, rows, heed = skewed
    return lambda confidence: hall_interval(value, error, freedom, skewness, rows, confidence, heed)


def _hall_p(spreads: Sequence[Spread]) -> Below:
    value, error, freedom, *skewed = columns(spreads, "value", "error", "freedom", "skewness", "rows", "heed")
    skewness, rows, heed = skewed
    return lambda bounds, sign: hall_p_below(sign * value, error, freedom, sign * skewness, rows, sign * bounds, heed)


LIMITS: dict[str, Callable[[Sequence[Spread]], Limits]] = {
    "exact": partial(_share_limits, of=exact_interval),
    "wilson": partial(_share_limits, of=wilson_interval),
    "tango": _tango_limits,
    "student": _student_limits,
    "hall": _hall_limits,
    "bounded": _bounded_limits,
    "counted": _counted_limits,
}
P_BELOW: dict[str, Callable[[Sequence[Spread]], Below]] = {
    "exact": partial(_share_p, of=exact_p_below),
    "wilson": partial(_share_p, of=wilson_p_below),
    "tango": _tango_p,
    "student": _student_p,
    "hall": _hall_p,
    "bounded": _bounded_p,
    "counted": _counted_p,
}
