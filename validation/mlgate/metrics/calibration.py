"""Calibration: whether scores are the shares that they claim to be, on average and bin by bin.

>>> import numpy as np
>>> from mlgate.metrics.slicewise import one_slice
>>> from mlgate.records.rows import Answers
>>> rows = Answers(labels=np.array([1, 0, 0]), scores=np.array([0.5, 0.5, 0.5]), decisions=None)
>>> float(CALIBRATION_IN_THE_LARGE.of(rows).mean().round(4))  # 0.5 claimed, 1/3 seen
0.1667
>>> value, influence = ECE.of(one_slice([0, 1, 1], [0.2, 0.2, 0.9]))
>>> float(value[0].round(4))  # (2 · |0.2 - 0.5| + 1 · |0.9 - 1|) / 3
0.2333
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import MeanLoss, Minimum, Ranking, Sorted, quotient
from mlgate.metrics.slicewise import ties, totals
from mlgate.records.rows import Answers

__all__ = ["BINS", "CALIBRATION_IN_THE_LARGE", "ECE"]

Floats = NDArray[np.float64]

#: Bins of equal mass of the expected calibration error.
BINS = 10


def _excess(rows: Answers) -> Floats:
    assert rows.scores is not None
    excess: Floats = rows.scores - rows.labels
    return excess


CALIBRATION_IN_THE_LARGE = MeanLoss(
    name="calibration_in_the_large",
    title="Calibration in the large",
    minimum=Minimum(rows=300),
    of=_excess,
    scale=2**30,
    greater_is_better=None,
)
"""Mean of score - label: above 0 when scores are too high on average. Judge it by ``unchanged`` or by bounds around 0.

Source: Cox 1958; the name is used by Miller, Hui and Tierney 1991.
"""


def _ece(rows: Sorted) -> tuple[Floats, Floats]:
    """Value, and influence with the edges of the bins held fixed.

    A row is in the bin that the middle of its group of ties falls into, so tied rows stay together.
    """
    tied = ties(rows)
    both = tied.negative + tied.positive
    size = tied.negatives + tied.positives
    middle = tied.negative_below + tied.positive_below + both / 2
    place = np.floor(BINS * np.nan_to_num(quotient(middle, size[tied.where]))).astype(np.intp)
    # The middle is below the whole but for rounding; a group stays in its own slice.
    cell = (tied.where * BINS + np.minimum(place, BINS - 1))[tied.of_row]
    excess = rows.scores - (rows.labels == 1)
    edges = np.searchsorted(cell, np.arange(len(size) * BINS + 1))
    gaps = totals(rows.weights * excess, edges)
    value = quotient(np.abs(gaps).reshape(len(size), BINS).sum(axis=1), size)
    influence: Floats = np.sign(gaps)[cell] * excess - value[rows.slices]
    return value, influence


ECE = Ranking(
    name="ece",
    title="Expected calibration error",
    greater_is_better=False,
    minimum=Minimum(rows=300),
    of=_ece,
    decides=False,
)
"""Mean distance of scores and labels over 10 bins of equal mass, tied scores in one bin. It is shown and never decides:
near 0 it is biased upwards by noise alone. Gate on log loss, the Brier score or calibration in the large instead.

Source: Naeini, Cooper and Hauskrecht 2015; bins of equal mass: Roelofs, Cain, Shlens and Mozer 2022.
"""
