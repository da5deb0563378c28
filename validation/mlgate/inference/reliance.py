"""How much two models lean on each column, and how the difference is judged: from losses to shares with intervals.

Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019) is the rise of the loss when the values of one
column are dealt to other rows. Here the losses of both models on the *same* permuted rows come in together, so that
the difference is paired row by row. ``sklearn.inspection.permutation_importance`` cannot do that: it permutes by its
own generator, wants an estimator in this process, and keeps no row, so that two models in two other processes can
neither be given the same permutations nor be paired. A test compares the importances with it.

The mean size of SHAP values (Lundberg and Lee 2017) is judged by the same arithmetic: there the "rise" of a row is the
size of its value, and the repeats are parts of the background, which all rows share, so that rows alone do not show
how much the choice of it moves a figure.

Differences are told as shares of the champion's *whole reliance*, the sum of its importances over all columns, since a
loss has no scale that people know. The sum's own error enters the interval (delta method).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.adjust import holm
from mlgate.inference.means import hall_interval, hall_p_below, student_half
from mlgate.records.evidence import Estimate
from mlgate.scipy_parts import ndtri

__all__ = ["Leaning", "Reliance", "Rises", "reliance", "sizes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rises:
    """How much more each row costs when one column is permuted."""

    #: (columns, repeats, n) loss on permuted rows less loss on the rows as they are; None without a champion.
    champion: Floats | None
    challenger: Floats
    #: (n,) weight of each row, and the unit that it belongs to; None: all alike, all independent.
    weights: Floats | None = None
    units: NDArray[np.uint64] | None = None
    #: (columns,) standard deviation of the importance over retrained seeds, and how many there were; None: not known.
    seeds: tuple[Floats, int] | None = None
    #: whether a repeat moves all rows alike, so that its noise comes on top of that of rows.
    shared: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaning:
    """How much the models lean on one column."""

    #: importance: mean rise of the loss.
    champion: Estimate | None
    challenger: Estimate
    #: challenger less champion, as a share of the champion's whole reliance; NaN where that is not above zero.
    share: Estimate
    #: standard error of the share by the choice of permutations alone, and by that of training; NaN: not known.
    noise: float
    training: float
    #: Holm-adjusted p for "the share is within the margin on its side"; 1 where nothing is known.
    adjusted_p: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reliance:
    """All columns together."""

    columns: tuple[Leaning, ...]
    #: the champion's whole reliance (the challenger's without a champion).
    whole: Estimate
    rows: int
    repeats: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mean:
    """A mean over rows and what its interval needs."""

    value: float
    error: float
    freedom: float
    skewness: float
    rows: float

    def estimate(self, confidence: float) -> Estimate:
        low, high = hall_interval(self.value, self.error, self.freedom, self.skewness, self.rows, confidence)
        return Estimate(value=self.value, low=float(low), high=float(high))


def sizes(values: Floats) -> Floats:
    """SHAP values as "rises": a row's mean over repeats is the size of its mean value, added up over outputs.

    Parameters
    ----------
    values
        (columns, repeats, n, outputs).

    Returns
    -------
    ndarray
        (columns, repeats, n), each repeat signed as the mean over repeats: the size itself, linear in the repeats.

    Examples
    --------
    >>> sizes(np.array([[[[-3.0, 1.0]], [[1.0, 1.0]]]])).tolist()  # means -1 and 1, sizes 1 and 1
    [[[4.0], [0.0]]]
    """
    signs = np.sign(values.mean(axis=1, keepdims=True))
    return np.asarray((signs * values).sum(axis=-1))


def reliance(rises: Rises, *, margin: float, confidence: float) -> Reliance:
    """Importances of both models, and their paired difference in shares of the champion's whole reliance.

    Parameters
    ----------
    rises
        Of both models on the same permuted rows.
    margin
        Share within which a difference does not matter.
    confidence
        Of two-sided intervals.

    Returns
    -------
    Reliance
        The error of a share is that of rows, which carry the choice of permutations with them, but never below what
        the repeats show of that choice alone; where a repeat moves all rows alike (``shared``), what the repeats show
        comes on top instead. The error of training, where known, comes on top too.
    """
    mine = rises.challenger.mean(axis=1)
    theirs = None if rises.champion is None else rises.champion.mean(axis=1)
    yardstick = mine if theirs is None else theirs
    whole = _level((rises.challenger if rises.champion is None else rises.champion).sum(axis=0), rises, confidence)
    told = whole.estimate(confidence)
    shares: list[tuple[_Mean, float, float]] = []
    for place in range(len(mine)):
        if theirs is None or rises.champion is None or not told.low > 0:
            shares.append(
                (_Mean(value=math.nan, error=math.nan, freedom=0.0, skewness=0.0, rows=0.0), math.nan, math.nan)
            )
            continue
        shares.append(_share(rises.champion, yardstick, place, whole.value, rises, confidence))
    adjusted = holm([_p_beyond(mean, margin) for mean, _, _ in shares])
    return Reliance(
        columns=tuple(
            Leaning(
                champion=(
                    None
                    if rises.champion is None
                    else _level(rises.champion[place], rises, confidence).estimate(confidence)
                ),
                challenger=_level(rises.challenger[place], rises, confidence).estimate(confidence),
                share=_estimated(mean, confidence),
                noise=noise,
                training=training,
                adjusted_p=adjusted[place],
            )
            for place, (mean, noise, training) in enumerate(shares)
        ),
        whole=told,
        rows=mine.shape[1],
        repeats=rises.challenger.shape[1],
    )


def _share(
    champion: Floats, yardstick: Floats, place: int, whole: float, rises: Rises, confidence: float
) -> tuple[_Mean, float, float]:
    """The difference on one column over the whole, with its noise by permutations and by training.

    Parameters
    ----------
    champion
        (columns, repeats, n) the champion's rises.
    yardstick
        (columns, n) their means over repeats.
    place
        The column's.
    whole
        Mean over rows of the sum of the yardstick.
    """
    apart = rises.challenger[place] - champion[place]
    per_row = apart.mean(axis=0)
    value = _mean(per_row, rises).value / whole
    # What one row moves the quotient of two means by.
    moved = _mean(value + (per_row - value * yardstick.sum(axis=0)) / whole, rises)
    if rises.shared:
        apart = apart - value * champion.sum(axis=0)  # a background moves the whole as well
    noise = _noise(apart, rises) / whole
    training = math.nan
    if rises.seeds is not None:
        deviations, seeds = rises.seeds
        # Both models are draws of a training; Student's quantile for few seeds, on the scale of a normal error.
        wide = float(student_half(1.0, float(seeds - 1), confidence)) / float(ndtri(0.5 + confidence / 2))
        training = math.sqrt(2) * float(deviations[place]) * wide / whole
    error = moved.error
    if error == 0:
        # Never a zero width: as for losses whose differences are all equal.
        z2, n = float(ndtri(0.5 + confidence / 2)) ** 2, max(moved.freedom + 1, 1.0)
        spread = float(np.std(yardstick[place])) / whole
        error = z2 / (n + z2) * spread / math.sqrt(z2)
    floor = _with_noise(error, noise, apart.shape[0], rises, confidence)
    total = math.hypot(floor, training) if math.isfinite(training) else floor
    found = _Mean(value=value, error=total, freedom=moved.freedom, skewness=moved.skewness, rows=moved.rows)
    return found, noise, training


def _noise(by_repeat: Floats, rises: Rises) -> float:
    """Standard error of a mean over (repeats, n) by the choice of repeats alone; NaN for a single one."""
    repeats = len(by_repeat)
    means = np.average(by_repeat, axis=1, weights=rises.weights)
    return float(np.std(means, ddof=1)) / math.sqrt(repeats) if repeats > 1 else math.nan


def _with_noise(error: float, noise: float, repeats: int, rises: Rises, confidence: float) -> float:
    """The error of rows with that of repeats: the larger of the two, or both where rows do not show the second."""
    if not math.isfinite(noise):
        return error
    if not rises.shared:
        return max(error, noise)
    # Student's quantile for few repeats, on the scale of a normal error.
    wide = float(student_half(1.0, float(repeats - 1), confidence)) / float(ndtri(0.5 + confidence / 2))
    return math.hypot(error, wide * noise)


def _level(part: Floats, rises: Rises, confidence: float) -> _Mean:
    """Mean of one model's (repeats, n)."""
    mean = _mean(part.mean(axis=0), rises)
    if not rises.shared:
        return mean
    return replace(mean, error=_with_noise(mean.error, _noise(part, rises), len(part), rises, confidence))


def _estimated(mean: _Mean, confidence: float) -> Estimate:
    if math.isnan(mean.value):
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    return mean.estimate(confidence)


def _mean(values: Floats, rises: Rises) -> _Mean:
    """Mean over rows; with units or weights its error is cluster-robust (CR1), a row without a unit being its own."""
    n = len(values)
    weights = np.ones(n) if rises.weights is None else rises.weights
    total = float(weights.sum())
    if n < 2 or total <= 0:
        return _Mean(value=float(values.mean()) if n else math.nan, error=math.inf, freedom=0.0, skewness=0.0, rows=n)
    value = float(np.average(values, weights=weights))
    moved = weights * (values - value)
    sizes: Floats = weights
    if rises.units is not None:
        _, place = np.unique(rises.units, return_inverse=True)
        moved = np.bincount(place, weights=moved).astype(np.float64)
        sizes = np.bincount(place, weights=weights).astype(np.float64)
    groups = len(moved)
    if groups < 2:
        return _Mean(value=value, error=math.inf, freedom=0.0, skewness=0.0, rows=n)
    effective = total**2 / float(np.sum(sizes**2))
    error = math.sqrt(float(np.sum(moved**2)) * groups / (groups - 1)) / total
    deviation = float(np.sqrt(np.mean(moved**2)))
    skewness = float(np.mean(moved**3)) / deviation**3 if deviation > 0 else 0.0
    return _Mean(value=value, error=error, freedom=effective - 1, skewness=skewness, rows=effective)


def _p_beyond(mean: _Mean, margin: float) -> float:
    """One-sided p for H0: the share is within the margin on the side on which it lies."""
    if math.isnan(mean.value):
        return 1.0
    sign = -1.0 if mean.value > 0 else 1.0
    p = hall_p_below(sign * mean.value, mean.error, mean.freedom, sign * mean.skewness, mean.rows, -margin)
    return float(p)
