"""Means of an error of predictions, and shares of rows within a tolerance.

>>> import numpy as np
>>> from mlgate.records.rows import Answers
>>> rows = Answers(labels=np.array([1.0, 2, 4]), scores=np.array([1.0, 4, 3]), decisions=None)
>>> float(MAE.of(rows).mean()), float(MSE.of(rows).mean().round(4)), float(np.sqrt(RMSE.of(rows).mean()).round(4))
(1.0, 1.6667, 1.291)
>>> float(MAPE.of(rows).mean().round(4))  # (0 + 2/2 + 1/4) / 3
0.4167
>>> float(SMAPE.of(rows).mean().round(4))  # (0 + 2/3 + 1/3.5) / 3
0.3175
>>> float(BIAS.of(rows).mean().round(4))  # (0 + 2 - 1) / 3
0.3333
>>> float(pinball(0.9).of(rows).mean().round(4))  # (0 + 0.1 · 2 + 0.9 · 1) / 3
0.3667
>>> float(within(1).of(rows).mean().round(4))
0.6667
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.inference.pair import Heed
from mlgate.metrics.metric import Hits, MeanLoss, Minimum, spelled
from mlgate.records.rows import Answers
from mlgate.sentences import plural

__all__ = ["BIAS", "MAE", "MAPE", "MSE", "RMSE", "SMAPE", "pinball", "within"]

Floats = NDArray[np.float64]

_ROWS = Minimum(rows=300)
#: Squares rest on the largest errors; where few rows carry the label's spread, no interval holds (docs/calibration.md).
_SQUARES = Minimum(rows=300, carrying=50)
#: Nor does a sample show how skewed they are: counted once, 8 to 30 % of bad models passed a bound.
_HEED_OF_SQUARES = Heed(own=3.0)


def _excess(rows: Answers) -> Floats:
    assert rows.scores is not None
    excess: Floats = np.asarray(rows.scores, dtype=np.float64) - rows.labels
    return excess


def _absolute(rows: Answers) -> Floats:
    return np.abs(_excess(rows))


def _square(rows: Answers) -> Floats:
    return _excess(rows) ** 2


def _relative(rows: Answers) -> Floats:
    zeros = int((rows.labels == 0).sum())
    if zeros:
        raise DataError(
            f"mape divides by the label, which is 0 in {zeros:,} of {plural(len(rows.labels), 'row')}; take smape or "
            "mae instead."
        )
    relative: Floats = _absolute(rows) / np.abs(rows.labels)
    return relative


def _symmetric(rows: Answers) -> Floats:
    assert rows.scores is not None
    between = (np.abs(rows.labels) + np.abs(rows.scores)) / 2
    error = _absolute(rows)
    relative: Floats = np.divide(error, between, out=np.zeros_like(error), where=between > 0)
    return relative


MAE = MeanLoss(name="mae", title="Mean absolute error", minimum=_ROWS, of=_absolute, scale=None)
"""Mean of |prediction - label|.

Source: Willmott and Matsuura 2005.
"""

MSE = MeanLoss(name="mse", title="Mean squared error", minimum=_SQUARES, of=_square, scale=None, heed=_HEED_OF_SQUARES)
"""Mean of (prediction - label)².

Source: Gauss 1821.
"""

RMSE = MeanLoss(
    name="rmse",
    title="Root mean squared error",
    minimum=_SQUARES,
    of=_square,
    scale=None,
    root=True,
    heed=_HEED_OF_SQUARES,
)
"""Root of the mean of (prediction - label)².

Source: Gauss 1821; variance by the delta method.
"""

MAPE = MeanLoss(name="mape", title="Mean absolute percentage error", minimum=_ROWS, of=_relative, scale=None)
"""Mean of |prediction - label| / |label|, as a fraction; refused where a label is 0.

Source: Hyndman and Koehler 2006.
"""

SMAPE = MeanLoss(
    name="smape", title="Symmetric mean absolute percentage error", minimum=_ROWS, of=_symmetric, scale=2**29
)
"""Mean of |prediction - label| over the mean of |prediction| and |label|, as a fraction in [0, 2]; 0 where both are 0.

Source: Makridakis 1993, in the form of Makridakis, Spiliotis and Assimakopoulos 2020.
"""

BIAS = MeanLoss(name="bias", title="Bias", minimum=_ROWS, of=_excess, scale=None, greater_is_better=None)
"""Mean of prediction - label: above 0 when predictions are too high on average.

Source: Willmott and Matsuura 2005. Judge it by ``unchanged`` or by bounds around 0.
"""


@cache
def pinball(q: float) -> MeanLoss:
    """Mean pinball loss of predictions of the quantile ``q``, in (0, 1): q per unit too low, 1 - q per unit too high.

    Source: Koenker and Bassett 1978.
    """

    def of(rows: Answers) -> Floats:
        excess = _excess(rows)
        return np.maximum(-q * excess, (1 - q) * excess)

    return MeanLoss(
        name=f"pinball({spelled(q)})", title=f"Pinball loss at {spelled(q)}", minimum=_ROWS, of=of, scale=None
    )


@cache
def within(tolerance: float) -> Hits:
    """Share of rows whose prediction is within ``tolerance`` of the label, in the label's units, the edge included.

    The edge is forgiven the last bit of the larger number, so that 1.1 is within 0.1 of 1.

    Source: the hit rate of Conte, Dunsmore and Shen 1986, PRED(x), in absolute units.
    """

    def of(rows: Answers) -> NDArray[np.bool_]:
        assert rows.scores is not None
        rounding = np.spacing(np.maximum(np.abs(rows.scores), np.abs(rows.labels)).astype(np.float64))
        inside: NDArray[np.bool_] = _absolute(rows) <= tolerance + rounding
        return inside

    return Hits(
        name=f"within({spelled(tolerance)})",
        title=f"Share within {spelled(tolerance)}",
        greater_is_better=True,
        minimum=Minimum(rows=30),
        of=of,
        scores=True,
    )
