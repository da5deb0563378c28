"""The rows that score highest: how many of them are positive, in absolute terms and against all rows.

>>> from mlgate.metrics.slicewise import one_slice
>>> rows = one_slice([1, 0, 1, 0], [0.1, 0.2, 0.8, 0.9])
>>> value, influence = precision_at_k(3).of(rows)
>>> float(value[0].round(4))  # the highest three hold one positive
0.3333
>>> value, influence = lift(0.75).of(rows)
>>> float(value[0].round(4))  # 1/3 against 1/2 of all rows
0.6667
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import Minimum, Ranking, Sorted, quotient, spelled
from mlgate.metrics.slicewise import effective, positives, ties, totals

__all__ = ["lift", "precision_at_k"]

Floats = NDArray[np.float64]


def _top(rows: Sorted, wanted: Floats) -> tuple[Floats, Floats]:
    """Precision among the ``wanted`` (slices,) weight of highest scores, and its influence for a fixed share of rows.

    A group of ties at the cut is shared proportionally. A row above the cut pushes another one out, which is positive
    with the chance p that rows at the cut have, so its influence is (n/k) (y - p) - (P - p), and -(P - p) below; p is
    the share of positives in a window of k · (1 ± min(1/2, k^(-1/5))) rows around the cut. Little hangs on it:
    k · variance = P (1 - P) + (1 - k/n) (P - p)².
    """
    tied = ties(rows)
    where, both = tied.where, tied.negative + tied.positive
    size = tied.negatives + tied.positives
    above = size[where] - tied.negative_below - tied.positive_below - both

    def until(cut: Floats) -> Floats:
        """Share of each group that is among the highest ``cut``."""
        inside: Floats = np.clip(np.nan_to_num(quotient(cut[where] - above, both)), 0.0, 1.0)
        return inside

    inside = until(wanted)
    value = quotient(totals(tied.positive * inside, tied.starts), wanted)
    value[wanted > size] = np.nan
    rows_above = np.maximum(effective(rows) * np.nan_to_num(quotient(wanted, size)), 1.0)
    half = np.clip(np.minimum(wanted, size - wanted), 0.0, None) * np.minimum(0.5, rows_above**-0.2)
    window = until(wanted + half) - until(wanted - half)
    chance = np.nan_to_num(quotient(totals(tied.positive * window, tied.starts), totals(both * window, tied.starts)))
    counted = quotient(size, wanted)[where] * inside
    pushed, centre = chance[where], (value - chance)[where]
    influence: Floats = np.where(
        rows.labels == 1,
        (counted * (1 - pushed) - centre)[tied.of_row],
        (-counted * pushed - centre)[tied.of_row],
    )
    return value, influence


@cache
def precision_at_k(k: int) -> Ranking:
    """Share of positives among the ``k`` rows that score highest; ties at the k-th score are shared proportionally.

    Undefined with fewer than k rows. With weights, k is of weight: a row of weight 2 counts as two rows. Under k = 50
    it is shown and never decides, because so few rows have no normal interval. Influence: see ``lift``.

    Source: Manning, Raghavan and Schütze 2008, section 8.4; influence by the delta method for a trimmed mean.
    """

    def of(rows: Sorted) -> tuple[Floats, Floats]:
        return _top(rows, np.full(len(rows.starts) - 1, float(k)))

    return Ranking(
        name=f"precision_at_k({k})",
        title=f"Precision at {k}",
        greater_is_better=True,
        minimum=Minimum(rows=max(100, k), positives=20),
        of=of,
        decides=k >= 50,
        step=lambda rows: np.full(len(rows.starts) - 1, 1.0 / k),
        span=(0.0, 1.0),
    )


@cache
def lift(share: float) -> Ranking:
    """Share of positives among the highest-scoring ``share`` of rows, in (0, 1), over the share among all rows.

    Ties at the cut are shared proportionally. Influence: rows in the top as in any share, less what they push out at
    the cut, whose chance to be positive is taken from a window around it; and the base rate's own.

    Source: Piatetsky-Shapiro and Masand 1999; influence by the delta method for a ratio.
    """

    def of(rows: Sorted) -> tuple[Floats, Floats]:
        size = totals(rows.weights, rows.starts)
        positive = (rows.labels == 1).astype(np.float64)
        rate = quotient(totals(rows.weights * positive, rows.starts), size)
        top, influence = _top(rows, share * size)
        value = quotient(top, rate)
        moved = (influence - value[rows.slices] * (positive - rate[rows.slices])) * quotient(np.ones_like(rate), rate)[
            rows.slices
        ]
        return value, moved

    def step(rows: Sorted) -> Floats:
        return quotient(np.ones(len(rows.starts) - 1), share * positives(rows))

    return Ranking(
        name=f"lift({spelled(share)})",
        title=f"Lift in the highest {100 * share:g} %",
        greater_is_better=True,
        minimum=Minimum(rows=max(100, math.ceil(50 / share)), positives=50),
        of=of,
        step=step,
    )
