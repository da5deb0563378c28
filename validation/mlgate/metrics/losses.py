"""Means of a loss of probabilities: how far scores are from what happened, on average. Small is good.

>>> import numpy as np
>>> from mlgate.records.rows import Answers
>>> rows = Answers(labels=np.array([1, 1, 0]), scores=np.array([0.5, 0.5, 0.5]), decisions=None)
>>> float(LOG_LOSS.of(rows).mean().round(4))
0.6931
>>> rows = Answers(labels=np.array([1, 1, 0]), scores=np.array([0.5, 1.0, 0.5]), decisions=None)
>>> float(BRIER.of(rows).mean().round(4))
0.1667
>>> rows = Answers(labels=np.array([2, 0]), scores=np.array([[0.2, 0.3, 0.5], [0.5, 0.4, 0.1]]), decisions=None)
>>> float(CLASS_LOG_LOSS.of(rows).mean().round(4))
0.6931
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import MeanLoss, Minimum
from mlgate.records.rows import Answers

__all__ = ["BRIER", "CLASS_LOG_LOSS", "LOG_LOSS", "LOG_LOSS_CLIP"]

Floats = NDArray[np.float64]

#: Log loss clips scores to [2^-20, 1 - 2^-20].
LOG_LOSS_CLIP = 2.0**-20


def _surprise(chance: Floats) -> Floats:
    losses: Floats = -np.log(np.clip(chance, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP))
    return losses


def _log_loss(rows: Answers) -> Floats:
    assert rows.scores is not None
    return _surprise(np.where(rows.labels == 1, rows.scores, 1 - rows.scores))


def _class_log_loss(rows: Answers) -> Floats:
    assert rows.scores is not None
    return _surprise(np.take_along_axis(rows.scores, rows.labels.astype(np.intp)[:, None], axis=1)[:, 0])


def _brier(rows: Answers) -> Floats:
    assert rows.scores is not None
    losses: Floats = (rows.scores - rows.labels) ** 2
    return losses


LOG_LOSS = MeanLoss(name="log_loss", title="Log loss", minimum=Minimum(rows=300), of=_log_loss, scale=2**26)
"""Mean of -log(probability given to what happened), in nats, with scores clipped to [2^-20, 1 - 2^-20].

Source: Good 1952.
"""

CLASS_LOG_LOSS = MeanLoss(name="log_loss", title="Log loss", minimum=Minimum(rows=300), of=_class_log_loss, scale=2**26)
"""Mean of -log(score of the class that happened), in nats, with scores clipped to [2^-20, 1 - 2^-20]; they are taken as
given and not divided by their sum.

Source: Good 1952.
"""

BRIER = MeanLoss(
    name="brier",
    title="Brier score",
    minimum=Minimum(rows=300, positives=50, negatives=50),
    of=_brier,
    scale=2**30,
)
"""Mean of (score - label)². It needs rows of both classes: where one is rare, its few rows are most of a difference.

Source: Brier 1950.
"""
