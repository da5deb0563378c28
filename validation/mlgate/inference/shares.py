"""Intervals of shares and of their differences, from flags of rows: one model, two models, two groups of rows.

Wilson's interval for one share, Tango's for two models on the same rows, and where shares of different rows are taken
from each other the method of variance estimates recovery (Zou and Donner 2008; for two shares it is Newcombe 1998).
Separate from ``proportions.py``, which has the formulas for arrays of counts.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.means import student_half
from mlgate.inference.proportions import tango_interval, wilson_interval
from mlgate.records.evidence import Estimate

__all__ = ["difference_of_shares", "less", "paired_difference", "rank_area", "share"]

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def share(flags: Flags, confidence: float) -> Estimate:
    """The share of rows that are flagged, (n,), with Wilson's interval; NaN without rows.

    >>> found = share(np.array([True] * 5 + [False] * 51), 0.95)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0387, 0.1926)
    """
    hits, rows = float(flags.sum()), float(len(flags))
    low, high = wilson_interval(hits, rows, confidence)
    return Estimate(value=hits / rows if rows else math.nan, low=float(low), high=float(high))


def paired_difference(champion: Flags, challenger: Flags, confidence: float) -> Estimate:
    """Challenger's share less the champion's on the same rows, (n,) each, with Tango's interval.

    >>> found = paired_difference(np.array([False] * 20), np.array([True] * 5 + [False] * 15), 0.95)
    >>> found.value, found.low > 0
    (0.25, True)
    """
    rows = float(len(champion))
    more, fewer = float((challenger & ~champion).sum()), float((champion & ~challenger).sum())
    low, high = tango_interval(more, fewer, rows, confidence)
    return Estimate(value=(more - fewer) / rows if rows else math.nan, low=float(low), high=float(high))


def difference_of_shares(first: Flags, second: Flags, confidence: float) -> Estimate:
    """The share in one group of rows less the share in another, with Newcombe's interval.

    >>> found = difference_of_shares(np.array([True] * 56 + [False] * 14), np.array([True] * 48 + [False] * 32), 0.95)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0524, 0.3339)
    """
    return less(share(first, confidence), share(second, confidence))


def less(first: Estimate, second: Estimate) -> Estimate:
    """One estimate less an independent other one: the distances to their limits add up in squares."""
    value = first.value - second.value
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value=value, low=low, high=high)


def rank_area(lower: Floats, higher: Floats, confidence: float) -> Estimate:
    """The chance that a value of one group lies below one of the other, ties half, with DeLong's interval.

    Parameters
    ----------
    lower, higher
        (n,) and (m,) values.
    confidence
        Of the interval, by Student's t with the smaller group's degrees of freedom.

    >>> round(rank_area(np.array([1.0, 2.0, 2.0]), np.array([2.0, 3.0]), 0.95).value, 4)
    0.8333
    """
    if min(len(lower), len(higher)) < 2:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    ours, theirs = np.sort(lower), np.sort(higher)

    def below(values: Floats, among: Floats) -> Floats:
        """Share of the values of a sorted group that lie below each value, ties half."""
        sides = np.searchsorted(among, values, "left") + np.searchsorted(among, values, "right")
        return sides / (2.0 * len(among))

    first, second = 1.0 - below(lower, theirs), below(higher, ours)
    error = math.sqrt(float(first.var(ddof=1)) / len(first) + float(second.var(ddof=1)) / len(second))
    # One row more could always be ranked the other way, so the interval has a width even where all agree.
    least = 1.0 / min(len(first), len(second))
    half = max(float(student_half(error, min(len(first), len(second)) - 1.0, confidence)), least)
    value = float(second.mean())
    return Estimate(value=value, low=max(0.0, value - half), high=min(1.0, value + half))
