"""From exact sums of losses to paired spreads: means, and roots of means, of a number per row.

Separate from ``pairs``, which reads counts, because sums are whole numbers of any length and are never made arrays of.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.pair import UNDEFINED, Heed, Pair, covariance_of, guess_deviation, never_certain, with_floor
from mlgate.records.evidence import Spread

__all__ = ["pair_of_losses"]


def pair_of_losses(
    sums: NDArray[np.object_], scale: int, sign: int = -1, *, root: bool = False, heed: Heed = Heed()
) -> list[Pair]:
    """Mean losses from exact sums: Student's t or Hall's interval, whichever is wider on its side.

    Parameters
    ----------
    sums
        (slices, 9) integers in the order of ``mlgate.tables.SUMS``.
    scale
        Power of two of the fixed point.
    sign
        -1 when a low loss is good.
    root
        Whether the metric is the root of the mean (delta method).
    heed
        How many times skewness counts.
    """
    pairs = [_loss_pair([int(part) for part in row], 2.0**-scale, sign, heed) for row in sums]
    if not root:
        return pairs
    return [
        _root_pair(pair, [int(part) for part in row], 2.0**-scale, sign) for pair, row in zip(pairs, sums, strict=True)
    ]


def _loss_pair(row: list[int], unit: float, sign: int, heed: Heed) -> Pair:
    n, a, b, aa, ab, bb, aaa, bbb, ddd = row
    if not n:
        return Pair(champion=UNDEFINED, challenger=UNDEFINED, improvement=UNDEFINED)
    champion = _mean(n, a, aa, aaa, unit, heed.own)
    challenger = _mean(n, b, bb, bbb, unit, heed.own)
    d, dd = b - a, aa - 2 * ab + bb
    improvement = _mean(n, sign * d, dd, sign * ddd, unit, heed.pair)
    if n * dd == d * d:
        improvement = with_floor(improvement, _deviation(n, a, aa) * unit or guess_deviation(champion.value), n)
    champion, challenger = (never_certain(side, n) for side in (champion, challenger))
    covariance = sign * float(n * (ab - aa) - a * d) / (n * n * (n - 1)) * unit**2 if n > 1 else math.nan
    return Pair(champion=champion, challenger=challenger, improvement=improvement, covariance=covariance)


def _root_pair(pair: Pair, row: list[int], unit: float, sign: int) -> Pair:
    """The same for the root of the mean: a row's influence is (loss - mean) / (2 root).

    The skewness is that of the means' difference: the sums do not hold what that of the roots' would take.
    """
    n, a, b, aa, ab, bb = row[:6]
    if not n:
        return pair
    roots = [math.sqrt(side.value) for side in (pair.champion, pair.challenger)]
    slopes = [1 / (2 * root) if root else 0.0 for root in roots]
    sides = [_scaled(side, root, slope) for side, root, slope in zip((pair.champion, pair.challenger), roots, slopes)]
    if n > 1:
        va, vb, cov = (
            float(part) * unit**2 / (n * (n - 1)) for part in (n * aa - a * a, n * bb - b * b, n * ab - a * b)
        )
        variance = va * slopes[0] ** 2 + vb * slopes[1] ** 2 - 2 * cov * slopes[0] * slopes[1]
        scaled = [math.sqrt(max(part, 0.0) / n) for part in (va * slopes[0] ** 2, vb * slopes[1] ** 2, variance)]
    else:
        scaled = [0.0, 0.0, 0.0]
    improvement = dataclasses.replace(pair.improvement, value=sign * (roots[1] - roots[0]), error=scaled[2])
    if improvement.error <= 1e-12 * max(scaled[:2]) or improvement.error == 0:
        improvement = with_floor(improvement, scaled[0] * math.sqrt(n) or guess_deviation(sides[0].value), n)
    covariance = float(covariance_of(scaled[0], scaled[1], scaled[2], sign))
    champion, challenger = (never_certain(side, n) for side in sides)
    return Pair(champion=champion, challenger=challenger, improvement=improvement, covariance=covariance)


def _scaled(spread: Spread, value: float, slope: float) -> Spread:
    return dataclasses.replace(spread, value=value, error=spread.error * slope)


def _deviation(n: int, total: int, squares: int) -> float:
    """Standard deviation (n - 1) from exact integer sums; the subtraction is exact, so nothing cancels."""
    return math.sqrt((n * squares - total * total) / (n * (n - 1))) if n > 1 else 0.0


def _mean(n: int, total: int, squares: int, cubes: int, unit: float, heed: float) -> Spread:
    deviation = _deviation(n, total, squares)
    # Third central moment times n³, exactly: n² Σx³ - 3n Σx Σx² + 2 (Σx)³.
    third = n * n * cubes - 3 * n * total * squares + 2 * total**3
    skewness = (third / n**3) / deviation**3 if deviation else 0.0
    return Spread(
        method="hall",
        value=total / n * unit,
        error=deviation / math.sqrt(n) * unit,
        freedom=float(n - 1),
        skewness=float(skewness),
        heed=heed,
        rows=float(n),
    )
