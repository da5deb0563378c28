"""Recall at a bounded false positive rate: the best that any threshold reaches without going over the bound.

>>> from mlgate.metrics.slicewise import one_slice
>>> value, influence = recall_at_fpr(0.5).of(one_slice([1, 0, 1, 0], [0.1, 0.2, 0.8, 0.9]))
>>> float(value[0])  # one of two negatives may score at or above the threshold: 0.8 catches one of two positives
0.5
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Minimum, Ranking, Sorted, quotient, spelled
from mlgate.metrics.slicewise import Ties, effective, positives, ties, totals

__all__ = ["recall_at_fpr"]

Floats = NDArray[np.float64]


def _curve(tied: Ties, rate: Floats) -> Floats:
    """Recall at a false positive rate on the empirical ROC curve, drawn as a line through its points; (slices,)."""
    allowed = (rate * tied.negatives)[tied.where]
    above = tied.negatives[tied.where] - tied.negative_below - tied.negative
    # Half of a vertical step that stands exactly at the rate.
    inside = np.where(above < allowed, 1.0, np.where(above == allowed, 0.5, 0.0))
    np.divide(allowed - above, tied.negative, out=inside, where=tied.negative > 0)
    return quotient(totals(tied.positive * np.clip(inside, 0.0, 1.0), tied.starts), tied.positives)


def _slope(rows: Sorted, tied: Ties, rate: float) -> Floats:
    """Slope of the ROC curve at the rate, which is the ratio of the two classes' densities at the threshold; (slices,).

    The rise over a window of rate ± h, with h = rate · min(1/2, m^(-1/5)) for the m = rate · n₀ negatives above: as
    wide as leaves some 10 negatives in it where m = 20, and narrowing as rows allow.
    """
    size = tied.negatives + tied.positives
    expected = effective(rows) * np.nan_to_num(quotient(tied.negatives, size)) * rate
    half = min(rate, 1 - rate) * np.minimum(0.5, np.maximum(expected, 1.0) ** -0.2)
    return (_curve(tied, rate + half) - _curve(tied, rate - half)) / (2 * half)


@cache
def recall_at_fpr(rate: float) -> Ranking:
    """Best recall of any threshold with a false positive rate of at most ``rate``, in (0, 1).

    Points of the ROC curve only, without interpolation, so the recall can be had in practice; 0 where the highest
    scores hold too many negatives already. Influence: a positive row counts as in any recall; a negative row moves the
    threshold, hence the recall, by the slope of the ROC curve there. The slope is estimated, so standard errors rest on
    some 20 expected negatives above the threshold, which the minimum size asks for. Limit: scores with few distinct
    values make the value jump, and the interval does not know it. The jackknife is of no use here (Efron 1982).

    Source: Pepe 2003, section 5.2; variance by Hsieh and Turnbull 1996.
    """

    def of(rows: Sorted) -> tuple[Floats, Floats]:
        tied = ties(rows)
        where = tied.where
        false = quotient((tied.negatives[where] - tied.negative_below), tied.negatives[where])
        inside = (false <= rate).astype(np.float64)
        value = quotient(totals(tied.positive * inside, tied.starts), tied.positives)
        value = np.where(tied.negatives > 0, value, np.nan)
        reached = np.nan_to_num(quotient(totals(tied.negative * inside, tied.starts), tied.negatives))
        size = tied.negatives + tied.positives
        scales = [quotient(size, part)[where] for part in (tied.negatives, tied.positives)]
        slope = _slope(rows, tied, rate)
        caught = scales[1] * (inside - value[where])
        alarmed = -slope[where] * scales[0] * (inside - reached[where])
        influence: Floats = np.where(rows.labels == 1, caught[tied.of_row], alarmed[tied.of_row])
        return value, influence

    return Ranking(
        name=f"recall_at_fpr({spelled(rate)})",
        title=f"Recall at a false positive rate of {spelled(rate)}",
        greater_is_better=True,
        minimum=Minimum(positives=50, negatives=max(50, math.ceil(20 / min(rate, 1 - rate)))),
        of=of,
        by_class=True,
        step=lambda rows: quotient(np.ones(len(rows.starts) - 1), positives(rows)),
        span=(0.0, 1.0),
    )
