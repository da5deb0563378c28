"""Intervals for times that were taken in rounds: quantiles, means, and ratios of two models measured by turns.

Calls of one round share the state of the machine, so rounds are what is drawn again, never calls: a block bootstrap
with exponential weights (Rubin 1981, The Bayesian bootstrap, Annals of Statistics 9), which moves quantiles smoothly
where whole draws would jump. Both models carry the same weights, so what a round does to both cancels in the ratio
(paired designs of Kalibera and Jones 2013, Rigorous benchmarking in reasonable time, ISMM). Student's t has as many
degrees of freedom as rounds lie beyond the quantile, and of it and the percentile interval the wider side counts.

Simulated with 12 to 40 rounds, 300 repetitions: the interval of a ratio covers 95 to 100 % under independent noise,
noise shared by rounds, bursts and two speeds of the machine; that of one model's own quantile 94 to 99 % under
independent noise, 84 to 97 % under noise shared by rounds and bursts, and for the median of a machine that has two
speeds no more than 70 %: there is no middle then.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.means import student_half
from mlgate.records.evidence import Estimate

__all__ = ["LEAST_ROUNDS", "mean_of", "quantile_of", "ratio_of_means", "ratio_of_quantiles", "scatter"]

Floats = NDArray[np.float64]

#: Rounds without which no interval is given, of quantiles and of means.
LEAST_ROUNDS, _LEAST_STARTS = 6, 3
REPLICATES = 400
#: No interval is narrower than this on either side, as a share: clocks and pages have a grain.
_GRAIN = 0.01
UNKNOWN = math.nan


def quantile_of(times: Floats, quantile: float, *, confidence: float, seed: int) -> Estimate:
    """A quantile of one model's calls with its interval; (rounds, calls) seconds.

    >>> found = quantile_of(np.full((8, 3), 2.0), 0.95, confidence=0.95, seed=0)
    >>> round(found.low, 2), round(found.value, 2), round(found.high, 2)
    (1.98, 2.0, 2.02)
    """
    return _exponential(_log_quantiles(times, quantile, seed), quantile, len(times), confidence)


def ratio_of_quantiles(
    champion: Floats, challenger: Floats, quantile: float, *, confidence: float, seed: int
) -> Estimate:
    """Challenger's quantile over the champion's, with its interval; both (rounds, calls) of the same rounds.

    >>> round(ratio_of_quantiles(np.full((8, 3), 2.0), np.full((8, 3), 3.0), 0.5, confidence=0.95, seed=0).value, 6)
    1.5
    """
    first, second = (_log_quantiles(times, quantile, seed) for times in (champion, challenger))
    return _exponential(second - first, quantile, len(champion), confidence)


def _log_quantiles(times: Floats, quantile: float, seed: int) -> Floats:
    """(1 + replicates,) logarithms of the quantile: with all rounds alike, then with weights of each replicate."""
    rounds, calls = times.shape
    if rounds < LEAST_ROUNDS:
        return np.full(1 + REPLICATES, UNKNOWN)
    weights = np.random.default_rng([seed % 2**32, rounds]).exponential(size=(REPLICATES, rounds))
    weights = np.vstack([np.ones(rounds), weights])
    flat = times.ravel()
    order = np.argsort(flat, kind="stable")
    sums = np.cumsum(weights[:, np.repeat(np.arange(rounds), calls)[order]], axis=1)
    # The least call that has at least this share of the weight up to it; rounding must not make it the next one.
    reached = (sums < (quantile - 1e-12) * sums[:, -1:]).sum(axis=1)
    found: Floats = np.log(np.maximum(flat[order][np.minimum(reached, len(flat) - 1)], 1e-12))
    return found


def _exponential(logs: Floats, quantile: float, rounds: int, confidence: float) -> Estimate:
    value, replicates = float(logs[0]), logs[1:]
    if not np.isfinite(logs).all():
        return Estimate(value=UNKNOWN, low=UNKNOWN, high=UNKNOWN)
    beyond = 2.0 * rounds * min(quantile, 1.0 - quantile)
    freedom = min(rounds - 1.0, max(2.0, beyond))
    error = float(replicates.std(ddof=1)) * math.sqrt(rounds / (rounds - 1.0))
    half = max(float(student_half(error, freedom, confidence)), _GRAIN)
    tails = np.quantile(replicates, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return _estimate(value, min(value - half, float(tails[0])), max(value + half, float(tails[1])))


def _estimate(value: float, low: float, high: float) -> Estimate:
    with np.errstate(over="ignore"):
        return Estimate(value=math.exp(value), low=float(np.exp(low)), high=float(np.exp(high)))


def mean_of(values: Floats, confidence: float) -> Estimate:
    """The geometric mean of one model's starts, (starts,), with Student's interval of the logarithms.

    >>> mean_of(np.array([1.0, 4.0]), 0.95).value
    2.0
    """
    return _mean(np.log(np.maximum(values, 1e-12)), confidence)


def ratio_of_means(champion: Floats, challenger: Floats, confidence: float) -> Estimate:
    """Challenger over champion, start by start, with Student's interval of the logarithms of the ratios.

    >>> found = ratio_of_means(np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 8.0]), 0.95)
    >>> round(found.value, 3), round(found.low, 2), round(found.high, 2)
    (2.0, 1.98, 2.02)
    """
    return _mean(np.log(np.maximum(challenger, 1e-12)) - np.log(np.maximum(champion, 1e-12)), confidence)


def _mean(logs: Floats, confidence: float) -> Estimate:
    if not len(logs) or not np.isfinite(logs).all():
        return Estimate(value=UNKNOWN, low=UNKNOWN, high=UNKNOWN)
    value = float(logs.mean())
    if len(logs) < _LEAST_STARTS:
        return Estimate(value=math.exp(value), low=UNKNOWN, high=UNKNOWN)
    error = float(logs.std(ddof=1)) / math.sqrt(len(logs))
    half = max(float(student_half(error, len(logs) - 1.0, confidence)), _GRAIN)
    return _estimate(value, value - half, value + half)


def scatter(times: Floats) -> float:
    """How far rounds lie apart, as a share: 1.4826 times the median distance of their medians' logarithms.

    >>> round(scatter(np.array([[1.0], [1.0], [2.0]])), 2), round(scatter(np.array([[1.0], [2.0], [4.0]])), 2)
    (0.0, 1.03)
    """
    if not times.size:
        return UNKNOWN
    medians = np.log(np.maximum(np.median(times, axis=1), 1e-12))
    return 1.4826 * float(np.median(np.abs(medians - np.median(medians))))
