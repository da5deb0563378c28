"""Average precision: the precision at each positive row's own score, averaged over the positive rows.

>>> from mlgate.metrics.slicewise import one_slice
>>> value, influence = AVERAGE_PRECISION.of(one_slice([1, 0, 1], [0.1, 0.2, 0.8]))
>>> float(value[0].round(4))  # (1/1 + 2/3) / 2
0.8333
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Minimum, Ranking, Sorted, quotient
from mlgate.metrics.slicewise import running, ties, totals

__all__ = ["AVERAGE_PRECISION"]

Floats = NDArray[np.float64]


def _average_precision(rows: Sorted) -> tuple[Floats, Floats]:
    """Value and influence, with tied rows entering in one step.

    AP = E[y Prec(S)] / π with Prec(s) = P(y = 1 | S >= s). A row (y, s) moves the precision at every score up to its
    own, so its influence is (y (Prec(s) + U(s) - AP) - V(s)) / π, where U and V add up 1/n(t) and Prec(t)/n(t) over the
    positive rows with score t <= s, and n(t) rows score at least t (delta method on the functional).
    """
    tied = ties(rows)
    where = tied.where
    hits = tied.positives[where] - tied.positive_below
    chosen = hits + tied.negatives[where] - tied.negative_below
    # Where rows without weight alone score highest, nothing is chosen and nothing hangs on it.
    precision = np.nan_to_num(quotient(hits, chosen))
    share = np.nan_to_num(quotient(tied.positive, chosen))
    value = quotient(totals(tied.positive * precision, tied.starts), tied.positives)
    size = tied.negatives + tied.positives
    raised = precision + running(share, where, tied.starts) - value[where]
    lowered = running(share * precision, where, tied.starts)
    scale = quotient(size, tied.positives)[where]
    influence: Floats = np.where(
        rows.labels == 1, (scale * (raised - lowered))[tied.of_row], (-scale * lowered)[tied.of_row]
    )
    return value, influence


AVERAGE_PRECISION = Ranking(
    name="average_precision",
    title="Average precision",
    greater_is_better=True,
    minimum=Minimum(positives=300),
    of=_average_precision,
    span=(0.0, 1.0),
)
"""Precision at each positive row's own score, averaged over the positive rows: steps of the precision-recall curve.

Source: scikit-learn's ``average_precision_score``; influence by the delta method (von Mises 1947), as jackknifed by
Boyd, Eng and Page 2013.
"""
