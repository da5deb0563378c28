"""How much slack a drafted suite leaves: ranges, shares and row counts, as round numbers.

Separate from ``suite_draft.py`` because these are the figures that decide between a false alarm and a miss: pure
arithmetic on what was seen, with examples that a reader can compute.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass

__all__ = ["ERRORS", "FEW", "HUGE", "MANY", "Range", "range_of", "rounded_up", "row_range", "share_range", "tolerated"]

#: Standard errors of slack; two samples of one source differ by less, and so do the halves of one.
ERRORS = 6.0
#: Rows that may break a rule when what was seen suggests that there are such rows.
FEW = 10
#: Numbers from here on are accidents of a computation, and arithmetic with them overflows.
HUGE = 1e150
#: What never happened in so many rows is taken not to happen.
MANY = 5_000
#: The smallest share of rows that is worth writing down.
LEAST = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Bounds with slack, and the share of rows that may lie beyond them."""

    low: float
    high: float
    beyond: float


def range_of(values: NDArray[np.float64], *, whole: bool) -> Range:
    """From a tenth of the range below the 0.1 % quantile to a tenth above the 99.9 % quantile, rounded outwards.

    A bound never crosses zero when no value does. Where values lie beyond the bounds or reach out so far that others
    will, and in fewer than ``MANY`` rows, a small share is tolerated beyond them.

    Parameters
    ----------
    values
        The values, (n,), at least one; infinite ones, and ``HUGE`` ones, count as beyond any bound.
    whole
        Whether they are whole numbers.

    Examples
    --------
    >>> range_of(np.tile(np.arange(101.0), 100), whole=True)
    Range(low=0.0, high=150.0, beyond=0.0)
    >>> round(range_of(np.array([1.0] * 999 + [5000.0]), whole=True).beyond, 3)
    0.02
    """
    finite = values[np.abs(values) < HUGE]
    if not len(finite):
        return Range(low=-math.inf, high=math.inf, beyond=1.0)
    least, low, high, most = (float(value) for value in np.quantile(finite, [0.0, 0.001, 0.999, 1.0]))
    width = next(size for size in (high - low, most - least, abs(most), 1.0) if size > 1 / HUGE)
    step = 10.0 ** math.floor(math.log10(width)) / 2
    step = max(1.0, step) if whole else step
    below = _multiple(math.floor((low - width / 10) / step), step)
    above = _multiple(math.ceil((high + width / 10) / step), step)
    below = max(below, 0.0) if least >= 0 else below
    above = min(above, 0.0) if most <= 0 else above
    beyond = int(np.sum((values < below) | (values > above)))
    # A tail that ends nearer to the bound than it reaches beyond its quantile goes on in another sample.
    near = (above != 0 and most - high > above - most) or (below != 0 and low - least > least - below)
    strict = not beyond and not near and len(values) >= MANY
    return Range(low=below, high=above, beyond=0.0 if strict else tolerated(beyond, len(values)))


def _multiple(times: int, step: float) -> float:
    """A multiple of the step, without the noise digits of binary fractions."""
    return float(f"{times * step:.15g}")


def tolerated(seen: int, rows: int) -> float:
    """The share of rows that may break a rule when so many were seen to: half of ``ERRORS`` and ``FEW`` rows more.

    >>> tolerated(0, 20_000), tolerated(50, 1_000)
    (0.001, 0.1)
    """
    return min(1.0, rounded_up(max(LEAST, (seen + ERRORS / 2 * math.sqrt(seen) + FEW) / rows)))


def rounded_up(share: float) -> float:
    """The next of 1, 2, 5, 10, … in its power of ten.

    >>> rounded_up(0.0031), rounded_up(0.002), rounded_up(0.06)
    (0.005, 0.002, 0.1)
    """
    power = 10.0 ** math.floor(math.log10(share))
    return next(float(f"{times * power:.12g}") for times in (1, 2, 5, 10) if share <= times * power * (1 + 1e-9))


def share_range(share: float, rows: int, *, relative: float = 0.2) -> tuple[float, float]:
    """A share with ``ERRORS`` standard errors, or a fraction of the rarer side, on either side of it.

    >>> share_range(0.2, 10_000)
    (0.16, 0.24)
    """
    rarer = min(share, 1 - share)
    slack = max(relative * rarer, ERRORS * math.sqrt(share * (1 - share) / rows), 1 / rows)
    digits = 3 if slack < 0.05 else 2
    unit = 10.0**digits
    # What is a hair off a round number is that number.
    low = math.floor((share - slack) * unit + 1e-6) / unit
    high = math.ceil((share + slack) * unit - 1e-6) / unit
    return max(0.0, low), min(1.0, high)


def row_range(rows: int) -> tuple[int, int]:
    """Half to twice as many rows, in two digits.

    >>> row_range(797), row_range(1)
    ((390, 1600), (1, 2))
    """
    low, high = max(1, rows // 2), 2 * rows
    down, up = (10 ** max(0, len(str(value)) - 2) for value in (low, high))
    return low // down * down, -(-high // up) * up
