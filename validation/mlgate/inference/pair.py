"""The record of one slice's paired spreads, and what all tables share: floors of widths, and covariances.

Separate from ``pairs`` and ``loss_pairs``, which read tables, because both build it.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.evidence import Spread
from mlgate.scipy_parts import ndtri, stdtrit

__all__ = [
    "UNDEFINED",
    "Heed",
    "Pair",
    "Span",
    "covariance_of",
    "covariance_of_shares",
    "guess_deviation",
    "never_certain",
    "student",
    "with_floor",
    "within",
]

Floats = NDArray[np.float64]
#: Least and largest value of a metric.
Span = tuple[float, float]

UNDEFINED = Spread(method="undefined", value=math.nan)
#: z of the two-sided 95 % interval; the floor of a width is stated for it.
_Z = float(ndtri(0.975))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heed:
    """How many times the skewness that a sample shows may count in Hall's intervals, at most.

    A sample that has not met the rare, large values shows less of it than there is; for how much less,
    docs/calibration.md has the figures.
    """

    #: in the interval of one model's own value.
    own: float = 1.0
    #: in that of the improvement, where large values are met by both models and mostly cancel.
    pair: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One slice's spreads; the improvement is positive when the challenger is better."""

    champion: Spread
    challenger: Spread
    improvement: Spread
    #: for proportions: rows that only the challenger, and only the champion, has right.
    gained: int | None = None
    lost: int | None = None
    #: covariance of the champion's value and the improvement; NaN where it is not known.
    covariance: float = math.nan


def student(value: float, error: float, freedom: float, span: Span | None = None) -> Spread:
    """Student's spread of a smooth metric on freedom + 1 rows; undefined where the value is.

    One model's own value keeps within the metric's range, the ``span``, where Student's interval would not.
    """
    if math.isnan(value):
        return UNDEFINED
    if span is None:
        return Spread(method="student", value=value, error=error, freedom=freedom, rows=freedom + 1)
    return Spread(method="bounded", value=value, error=error, freedom=freedom, rows=freedom + 1, counts=span)


def within(spread: Spread, span: Span | None) -> Spread:
    """One model's own value, kept within the metric's range: the logit allows for skewness, in place of Hall's."""
    if span is None or spread.method not in ("student", "hall"):
        return spread
    return dataclasses.replace(spread, method="bounded", skewness=0.0, heed=1.0, counts=span)


def covariance_of(
    champion: Floats | float, challenger: Floats | float, pair: Floats | float, sign: int
) -> NDArray[np.float64]:
    """Covariance of the champion's value and the improvement, from standard errors."""
    with np.errstate(invalid="ignore"):  # errors without degrees of freedom are infinite; nothing is known then
        return np.asarray(sign * (np.square(challenger) - np.square(champion) - np.square(pair)) / 2)


def covariance_of_shares(champion: float, up: float, down: float, rows: float, sign: int) -> float:
    """Covariance of the champion's share of hits and the improvement.

    A hit of the champion alone changes the improvement by -1 where hits are good, by +1 where they are bad.
    """
    only_champion = down if sign >= 0 else up
    return (-sign * only_champion - champion * (up - down)) / rows


def with_floor(spread: Spread, deviation: float, n: float) -> Spread:
    """A spread without width gets half-width z² / (n + z²) times a deviation, as Tango's interval has it."""
    freedom = max(spread.freedom, 1.0)
    half = _Z**2 / (n + _Z**2) * deviation
    error = half / float(stdtrit(freedom, 0.975))
    return Spread(method="student", value=spread.value, error=error, freedom=freedom, rows=spread.rows)


def never_certain(spread: Spread, n: float) -> Spread:
    """One model's own spread, with a floor where all its rows have one value; of a single row nothing is known."""
    return with_floor(spread, guess_deviation(spread.value), n) if spread.error == 0 and spread.freedom > 0 else spread


def guess_deviation(value: float) -> float:
    """A deviation where there is none to be seen: the value's own size, else the largest of values in [0, 1]."""
    return abs(value) or 0.5
