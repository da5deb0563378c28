"""Poisson bootstrap: how often each row is drawn, from a hash of what it is and of nothing else.

Each row (or unit, when one is declared) is drawn a Poisson(1) number of times, independently of all others, so a
replicate needs neither the number of rows nor their order nor a stream of random numbers: any partition of the rows
gives the same draws (Chamandy, Muralidharan, Najmi and Naidu 2012). One replicate is held at a time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["draws", "errors_of_replicates", "uniforms"]

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]

#: P(Poisson(1) <= k) for k = 0, 1, …; beyond the last a float64 cannot tell it from 1.
_CUMULATIVE = np.cumsum([math.exp(-1) / math.factorial(k) for k in range(18)])
#: Of the replicates at least this share has to have a value, or there is no standard error.
_DEFINED = 0.95
_STEP, _FIRST, _SECOND = (np.uint64(part) for part in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def _mix(values: Hashes) -> Hashes:
    """Every bit of the result hangs on every bit of the value (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))


def draws(identity: Hashes, replicate: int, seed: int) -> Floats:
    """How often each row is drawn in one replicate, (n,): Poisson with mean 1.

    Parameters
    ----------
    identity
        (n,) the row's identity, or its unit's: equal ones are drawn equally often.
    replicate
        Its number.
    seed
        Of the run.

    >>> rows = np.array([7, 8, 7], dtype=np.uint64)
    >>> first, other, again = draws(rows, 0, 0).tolist()
    >>> first == again
    True
    """
    return np.searchsorted(_CUMULATIVE, uniforms(identity, replicate, seed), side="right").astype(np.float64)


def uniforms(identity: Hashes, replicate: int, seed: int) -> Floats:
    """A number in [0, 1) for each row, (n,), that hangs on nothing but its identity; parameters as of ``draws``.

    Rows are dealt to halves, and samples taken, by such numbers too.

    >>> first, again = uniforms(np.array([7, 7], dtype=np.uint64), 1, 0).tolist()
    >>> first == again and 0 <= first < 1
    True
    """
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        salt = _mix(_mix(np.array([seed % 2**64], dtype=np.uint64) + _STEP) + np.uint64(replicate + 1) * _STEP)
        bits = (_mix(_mix(identity + _STEP) ^ salt) >> np.uint64(11)).astype(np.float64)
        return np.asarray(bits * 2.0**-53, dtype=np.float64)


def errors_of_replicates(replicates: Floats, units: float) -> tuple[float, float, float]:
    """Standard errors of champion, challenger and pair (challenger - champion); infinite where they are not known.

    Parameters
    ----------
    replicates
        (replicates, 2) champion's and challenger's value; NaN where undefined.
    units
        Number of independent rows or units, for the small-sample factor of CR1.

    >>> [round(error, 6) for error in errors_of_replicates(np.array([[0.0, 1.0], [2.0, 3.0]]), 2)]
    [2.0, 2.0, 0.0]
    """
    known = np.isfinite(replicates).all(axis=1)
    if known.sum() < 2 or known.mean() < _DEFINED or not units > 1:
        return math.inf, math.inf, math.inf
    both = replicates[known]
    columns = np.column_stack([both, both[:, 1] - both[:, 0]])
    first, second, pair = (columns.std(axis=0, ddof=1) * math.sqrt(units / (units - 1))).tolist()
    return first, second, pair
