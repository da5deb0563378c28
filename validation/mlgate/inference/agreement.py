"""How far apart two models of equal quality come out on the same rows, when only one of them is known.

Separate from ``power``, which reads finished intervals. The assumption is one number for decisions and one for losses:

* Decisions: for rows of one label, the other model decides the same with probability ``agreement``, else it draws from
  the first model's own decisions for that label. So the two models are equally good whatever the agreement, and
  decisions differ where the first model is in doubt: among its rare class, in slices that it finds hard. (``agreement``
  is Cohen's kappa within a label. One share of differing decisions for all rows alike would not do: where half of 12 %
  positives are found, at 2 % false positives, that share is 2.8 % at an agreement of 0.7, but 15 % among the positives.
  ``docs/planning.md`` sets planned errors beside measured ones.)
* Losses, placements and whatever else has an influence per row: the two models' influences have one variance and the
  given correlation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import counted_interval
from mlgate.inference.proportions import tango_interval
from mlgate.scipy_parts import ndtri

__all__ = [
    "agreement_at",
    "differing_share",
    "error_of_counts",
    "error_of_proportion",
    "error_from_own",
    "influence_variance",
]

Floats = NDArray[np.float64]


def differing_share(table: Floats, agreement: float) -> float:
    """Share of rows on which the two models' decisions differ.

    Parameters
    ----------
    table
        (classes, classes) counts of (label, first model's decision).
    agreement
        Between 0 (independent, given the label) and 1 (the same).

    >>> round(differing_share(np.array([[60.0, 20.0], [10.0, 10.0]]), 0.7), 6)
    0.12
    """
    return (1 - agreement) * _undecided(table)


def agreement_at(table: Floats, share: float) -> float:
    """The agreement at which that share of decisions differs; below 0 where no two such models differ that much.

    NaN where the first model decides one way for every label, so that nothing can differ.

    >>> round(agreement_at(np.array([[60.0, 20.0], [10.0, 10.0]]), 0.12), 6)
    0.7
    """
    undecided = _undecided(table)
    return 1 - share / undecided if undecided > 0 else math.nan


def _undecided(table: Floats) -> float:
    """Share of rows that differ between two models which decide independently, given the label."""
    labels = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, labels, out=np.zeros_like(table), where=labels > 0)
    return float((labels[:, 0] * (1 - (shares**2).sum(axis=1))).sum() / table.sum())


def influence_variance(table: Floats, influence: Floats, agreement: float) -> tuple[float, float]:
    """Variance per row of the first model's influence, and of the difference of the two models' influences.

    Parameters
    ----------
    table
        (classes, classes) counts of (label, decision).
    influence
        The same shape: influence of one row in each cell.
    agreement
        See the module.

    Returns
    -------
    tuple[float, float]
        With p the shares of cells and φ the influence: Σ p φ², and 2 (1 - agreement) Σ_label p_label Var(φ | label).

    >>> own, paired = influence_variance(np.array([[8.0, 2.0], [5.0, 5.0]]), np.eye(2) - 0.65, 0.7)
    >>> round(own, 6), round(paired, 6)
    (0.2275, 0.123)
    """
    total = table.sum()
    labels = table.sum(axis=1)
    mean = np.divide((table * influence).sum(axis=1), labels, out=np.zeros_like(labels), where=labels > 0)
    within = float((table * (influence - mean[:, None]) ** 2).sum() / total)
    return float((table * influence**2).sum() / total), 2 * (1 - agreement) * within


def error_of_proportion(differing: float, rows: float, confidence: float) -> float:
    """Standard error that Tango's interval stands for when two equal models differ on a share of the rows.

    Half its width over the normal quantile, as for every printed interval; not 0 when nothing differs.

    Parameters
    ----------
    differing
        Share of the rows on which exactly one of the two is right.
    rows
        Effective number of rows.
    confidence
        Two-sided level.

    >>> round(error_of_proportion(0.05, 10_000, 0.95), 5), round(error_of_proportion(0.0, 44, 0.95), 5)
    (0.00224, 0.04097)
    """
    each = differing * rows / 2
    quantile = float(ndtri(0.5 + confidence / 2))
    low, high = tango_interval(np.array([each]), np.array([each]), np.array([rows]), confidence)
    return float(high[0] - low[0]) / 2 / quantile


def error_of_counts(variance: float, heaviest: float, confidence: float) -> float:
    """Standard error that the limits by counts stand for when two equal models differ: half a width over the quantile.

    Parameters
    ----------
    variance
        Of the difference, from rows that differ.
    heaviest
        The most that one row can move it.
    confidence
        Two-sided level.

    >>> round(error_of_counts(0.0, 0.01, 0.95), 4), round(error_of_counts(0.01, 1e-6, 0.95), 4)
    (0.0196, 0.1)
    """
    parts = np.array([[0.0], [variance / 2], [heaviest], [variance / 2], [heaviest]])
    quantile = float(ndtri(0.5 + confidence / 2))
    low, _ = counted_interval(
        np.zeros(1), np.full(1, math.sqrt(variance)), np.full(1, 1e9), parts, np.full(1, confidence)
    )
    return -float(low[0]) / quantile


def error_from_own(error: float, correlation: float) -> float:
    """Standard error of the paired difference from the standard error of one model's own value.

    >>> error_from_own(0.02, 0.875)
    0.01
    """
    return error * math.sqrt(2 * (1 - correlation))
