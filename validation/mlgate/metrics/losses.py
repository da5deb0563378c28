"""Mean losses of scores: how far a probability is from the outcome, on average. Small is good.

>>> import numpy as np
>>> from mlgate.tables import LOSSES
>>> of = next(loss.of for loss in LOSSES if loss.name == "log_loss")
>>> float(of(np.array([1, 1, 0]), np.array([0.5, 0.5, 0.5])).mean().round(4))
0.6931
>>> of = next(loss.of for loss in LOSSES if loss.name == "brier")
>>> float(of(np.array([1, 1, 0]), np.array([0.5, 1.0, 0.5])).mean().round(4))
0.1667
"""

from __future__ import annotations

from mlgate.metrics.metric import MeanLoss, Minimum

__all__ = ["BRIER", "LOG_LOSS"]

LOG_LOSS = MeanLoss(name="log_loss", title="Log loss", minimum=Minimum(rows=300))
"""Mean of -log(probability given to what happened), in nats, with scores clipped to [2^-20, 1 - 2^-20]."""

BRIER = MeanLoss(name="brier", title="Brier score", minimum=Minimum(rows=300))
"""Mean of (score - label)² (Brier 1950)."""
