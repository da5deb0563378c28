"""Churn: decisions that the challenger makes otherwise than the champion, whoever is right.

>>> import numpy as np
>>> champion, challenger = np.array([0, 1, 1]), np.array([1, 1, 0])
>>> float(CHURN.of(champion, challenger).mean().round(4))
0.6667
>>> float(FLIPS_TO_POSITIVE.of(champion, challenger).mean().round(4))
0.3333
>>> float(FLIPS_TO_NEGATIVE.of(champion, challenger).mean().round(4))
0.3333
"""

from __future__ import annotations

from mlgate.metrics.metric import Flips, Minimum

__all__ = ["CHURN", "FLIPS_TO_NEGATIVE", "FLIPS_TO_POSITIVE"]

_ROWS = Minimum(rows=300)

CHURN = Flips(
    name="churn", title="Prediction churn", minimum=_ROWS, of=lambda champion, challenger: champion != challenger
)
"""Share of rows on which the two models decide differently. Bound it by ``at_most``.

Source: Milani Fard, Cormier, Canini and Gupta 2016.
"""

FLIPS_TO_POSITIVE = Flips(
    name="flips_to_positive",
    title="Flips to positive",
    minimum=_ROWS,
    of=lambda champion, challenger: (champion == 0) & (challenger == 1),
)
"""Share of rows that the champion decides negative and the challenger positive.

Source: Milani Fard, Cormier, Canini and Gupta 2016, one direction of churn.
"""

FLIPS_TO_NEGATIVE = Flips(
    name="flips_to_negative",
    title="Flips to negative",
    minimum=_ROWS,
    of=lambda champion, challenger: (champion == 1) & (challenger == 0),
)
"""Share of rows that the champion decides positive and the challenger negative.

Source: Milani Fard, Cormier, Canini and Gupta 2016, one direction of churn.
"""
