"""What decisions cost, or what they are worth, per row: the user's own amounts, by (label, decision).

>>> import numpy as np
>>> from mlgate.records.rows import Answers
>>> amounts = np.tile([0.0, 100, 500, 0], (3, 1))
>>> rows = Answers(labels=np.array([0, 1, 1]), scores=None, decisions=np.array([1, 0, 1]), money=amounts)
>>> float(COST.of(rows).mean())  # (100 + 500 + 0) / 3
200.0
>>> float(VALUE.of(rows).sum())
600.0
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import MeanLoss, Minimum
from mlgate.records.rows import Answers

__all__ = ["COST", "VALUE", "at_stake", "with_amounts_of_rows"]

#: Money is skewed: with fewer rows of a class, one in six bad challengers passed on real scores (docs/calibration.md).
_ROWS = Minimum(rows=300, positives=200, negatives=200)
#: Where each row has amounts of its own, a few of them may be most of the sum; no interval knows then what it missed.
_CARRYING = 50


def _amount(rows: Answers) -> NDArray[np.float64]:
    assert rows.money is not None and rows.decisions is not None  # a run that asks for money declares it
    cell = 2 * rows.labels.astype(np.intp) + rows.decisions.astype(np.intp)
    amounts: NDArray[np.float64] = np.take_along_axis(rows.money, cell[:, None], axis=1)[:, 0]
    return amounts


def at_stake(labels: NDArray[Any], money: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a decision changes of each row's amount, (n,), from amounts by (label, decision), (n, 4).

    >>> at_stake(np.array([0, 1]), np.array([[0.0, 100, 500, 0], [0, 100, 500, 20]])).tolist()
    [100.0, -480.0]
    """
    ahead, found = 2 * labels.astype(np.intp), np.arange(len(labels))
    changed: NDArray[np.float64] = money[found, ahead + 1] - money[found, ahead]
    return changed


def with_amounts_of_rows(metric: MeanLoss) -> MeanLoss:
    """Cost or value where rows have amounts of their own: whether enough of them carry the sum is known beforehand."""
    return dataclasses.replace(metric, minimum=dataclasses.replace(metric.minimum, carrying=_CARRYING))


COST = MeanLoss(name="cost", title="Cost per row", minimum=_ROWS, of=_amount, scale=None, scores=False)
"""Mean cost of a decision, in the currency of ``costs:``.

Source: Elkan 2001.
"""

VALUE = MeanLoss(
    name="value",
    title="Value per row",
    minimum=_ROWS,
    of=_amount,
    scale=None,
    greater_is_better=True,
    scores=False,
)
"""Mean worth of a decision, in the currency of ``values:``.

Source: Elkan 2001.
"""
