"""How far two samples are apart, and whether chance explains it: distances and tests on counts in cells.

Pure functions of two arrays of counts over the same cells. Where order matters the cells ascend. A cell that holds one
distinct value each loses nothing: ties are then exact. A wider cell can only make two samples look more alike.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, chdtrc, gammaln, kolmogorov, logsumexp

__all__ = [
    "binomial_above",
    "chi_squared",
    "fisher_above",
    "fisher_two_sided",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "largest_change",
    "pool_rare",
    "psi",
    "wasserstein",
]

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Fewest rows that chance alone puts into a cell of either sample for chi-squared to hold (Cochran 1954).
LEAST_EXPECTED = 5.0


def kolmogorov_smirnov(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Largest difference of two cumulative distributions, and its asymptotic two-sided p.

    The statistic is taken in whole numbers. The p is Kolmogorov's limit at Stephens's (1970, JRSS B 32:115) corrected
    argument; with ties or wide cells it is too large rather than too small.

    Parameters
    ----------
    first, second
        (k,) counts in ascending cells.

    Returns
    -------
    tuple
        Statistic and p; NaN and 1 when a sample is empty.

    >>> statistic, p = kolmogorov_smirnov([10, 10, 0], [0, 10, 10])
    >>> statistic, round(p, 3)
    (0.5, 0.008)
    """
    a, b = _counts(first), _counts(second)
    n, m = int(a.sum()), int(b.sum())
    if not n or not m:
        return math.nan, 1.0
    apart = int(np.abs(np.cumsum(a) * m - np.cumsum(b) * n).max())
    statistic, size = apart / (n * m), math.sqrt(n * m / (n + m))
    return statistic, float(kolmogorov((size + 0.12 + 0.11 / size) * statistic))


def pool_rare(first: ArrayLike, second: ArrayLike) -> tuple[Counts, Counts]:
    """The same counts with rare cells taken together, so that chance puts five rows into each cell of both samples.

    Cells of which the smaller sample expects fewer go into one; if that is rare too, the smallest other joins it.

    >>> [part.tolist() for part in pool_rare([50, 3, 2, 45], [40, 4, 1, 55])]
    [[50, 45, 5], [40, 55, 5]]
    """
    a, b = _counts(first), _counts(second)
    both = a + b
    total = int(both.sum())
    if not total:
        return a[:0], b[:0]
    least = both * (min(int(a.sum()), int(b.sum())) / total)
    rare = (least < LEAST_EXPECTED) & (both > 0)
    kept = np.flatnonzero(~rare & (both > 0))
    pooled = [int(a[rare].sum()), int(b[rare].sum())]
    if rare.any() and least[rare].sum() < LEAST_EXPECTED and len(kept):
        smallest = kept[np.argmin(both[kept])]
        pooled = [pooled[0] + int(a[smallest]), pooled[1] + int(b[smallest])]
        kept = kept[kept != smallest]
    if not rare.any():
        return a[kept], b[kept]
    return np.append(a[kept], pooled[0]), np.append(b[kept], pooled[1])


def chi_squared(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Pearson's chi-squared that both samples have one distribution over cells, and its p; cells are taken as given.

    >>> statistic, p = chi_squared([10, 20], [20, 10])
    >>> round(statistic, 3), round(p, 4)
    (6.667, 0.0098)
    """
    a, b = _counts(first), _counts(second)
    held = a + b > 0
    a, b = a[held].astype(np.float64), b[held].astype(np.float64)
    n, m = a.sum(), b.sum()
    if len(a) < 2 or not n or not m:
        return 0.0, 1.0
    statistic = float(np.sum((a * m - b * n) ** 2 / (a + b)) / (n * m))
    return statistic, float(chdtrc(len(a) - 1, statistic))


def psi(first: ArrayLike, second: ArrayLike) -> float:
    """Population stability index, Σ (p - q) ln(p / q): the symmetric divergence of Jeffreys (1946).

    Half a row is added to each cell, so that an empty one does not make it infinite. Lenders read below 0.1 as stable
    and above 0.25 as shifted (Siddiqi 2006). NaN when a sample is empty.

    >>> round(psi([500, 500], [400, 600]), 3)
    0.04
    """
    a, b = _counts(first), _counts(second)
    if not a.sum() or not b.sum():
        return math.nan
    held = a + b > 0
    p, q = a[held] + 0.5, b[held] + 0.5
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum((p - q) * np.log(p / q)))


def jensen_shannon(first: ArrayLike, second: ArrayLike) -> float:
    """Jensen-Shannon distance: root of the divergence in bits (Endres and Schindelin 2003); 0 the same, 1 disjoint.

    NaN when a sample is empty.

    >>> jensen_shannon([3, 0], [0, 7]), jensen_shannon([1, 1], [5, 5])
    (1.0, 0.0)
    """
    a, b = _counts(first), _counts(second)
    if not a.sum() or not b.sum():
        return math.nan
    p, q = a / a.sum(), b / b.sum()
    middle = (p + q) / 2
    return math.sqrt(min(max((_entropy(p, middle) + _entropy(q, middle)) / 2, 0.0), 1.0))


def _entropy(p: Floats, q: Floats) -> float:
    """Kullback-Leibler divergence in bits; a cell that p lacks adds nothing."""
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / q[held])))


def largest_change(first: ArrayLike, second: ArrayLike) -> float:
    """Largest change of any cell's share; NaN when a sample is empty.

    >>> largest_change([50, 50], [60, 40])
    0.1
    """
    a, b = _counts(first), _counts(second)
    n, m = int(a.sum()), int(b.sum())
    return int(np.abs(a * m - b * n).max()) / (n * m) if n and m else math.nan


def wasserstein(positions: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """Wasserstein-1 distance in standard deviations of the first sample: how far the average row has to move.

    Where the first sample does not vary, infinite unless the second is equal to it. NaN when a sample is empty.

    Parameters
    ----------
    positions
        (k,) ascending, where the rows of each cell lie.
    first, second
        (k,) counts.

    >>> wasserstein([0.0, 2.0, 4.0], [1, 1, 0], [0, 1, 1])
    2.0
    """
    a, b, at = _counts(first), _counts(second), np.asarray(positions, dtype=np.float64)
    n, m = int(a.sum()), int(b.sum())
    if not n or not m:
        return math.nan
    held = a + b > 0
    a, b, at = a[held], b[held], at[held]
    apart = np.abs(np.cumsum(a) / n - np.cumsum(b) / m)[:-1]
    # Taken relative to the range, so that no square is out of float64's reach.
    at = at / (float(np.abs(at).max()) or 1.0)
    moved = float(np.sum(apart * np.diff(at)))
    mean = float(np.sum(a * at)) / n
    deviation = math.sqrt(float(np.sum(a * (at - mean) ** 2)) / n)
    if deviation <= 1e-12:
        return 0.0 if moved <= 1e-12 else math.inf
    return moved / deviation


def fisher_above(hits: int, rows: int, other_hits: int, other_rows: int) -> float:
    """Fisher's exact one-sided p that the share ``hits / rows`` is not above ``other_hits / other_rows``.

    >>> round(fisher_above(3, 3, 0, 3), 3)
    0.05
    """
    total = hits + other_hits
    drawn = np.arange(hits, min(total, rows) + 1, dtype=np.float64)
    logs = _choose(rows, drawn) + _choose(other_rows, total - drawn) - _choose(rows + other_rows, np.array(total))
    return min(float(np.exp(logsumexp(logs))), 1.0)


def fisher_two_sided(hits: int, rows: int, other_hits: int, other_rows: int) -> float:
    """Twice the smaller of Fisher's one-sided p-values, at most 1.

    >>> round(fisher_two_sided(3, 3, 0, 3), 3)
    0.1
    """
    sides = fisher_above(hits, rows, other_hits, other_rows), fisher_above(other_hits, other_rows, hits, rows)
    return min(2 * min(sides), 1.0)


def binomial_above(hits: int, rows: int, share: float) -> float:
    """Exact one-sided p that the true share is at most ``share``, of ``hits`` among ``rows``.

    >>> binomial_above(2, 2, 0.5), binomial_above(0, 2, 0.5)
    (0.25, 1.0)
    """
    return 1.0 if hits <= 0 else float(betainc(hits, rows - hits + 1, share))


def _choose(n: int, k: Floats) -> Floats:
    """Logarithm of the number of ways to choose ``k`` of ``n``; minus infinity where there is none."""
    possible = (k >= 0) & (k <= n)
    within = np.where(possible, k, 0)
    return np.where(possible, gammaln(n + 1) - gammaln(within + 1) - gammaln(n - within + 1), -np.inf)


def _counts(values: ArrayLike) -> Counts:
    return np.asarray(values, dtype=np.int64)
