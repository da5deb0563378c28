"""Shares of the same rows for both models: each has a paired score interval (Tango 1998).

Cells are counts of (label, decision) = (0,0), (0,1), (1,0), (1,1): true negatives, false positives, false negatives,
true positives.

>>> import numpy as np
>>> float(ACCURACY.value(np.array([2.0, 0, 1, 0])).round(2))
0.67
>>> float(ERROR_RATE.value(np.array([2.0, 0, 1, 0])).round(2))
0.33
>>> float(RECALL.value(np.array([1.0, 0, 1, 1])))
0.5
>>> float(SPECIFICITY.value(np.array([1.0, 1, 0, 1])))
0.5
>>> float(FALSE_POSITIVE_RATE.value(np.array([1.0, 1, 0, 1])))
0.5
>>> float(FALSE_NEGATIVE_RATE.value(np.array([1.0, 1, 1, 3])))
0.25
>>> float(SELECTION_RATE.value(np.array([1.0, 1, 0, 1])).round(2))
0.67
"""

from __future__ import annotations

from mlgate.metrics.metric import Minimum, ratio

__all__ = [
    "ACCURACY",
    "ERROR_RATE",
    "FALSE_NEGATIVE_RATE",
    "FALSE_POSITIVE_RATE",
    "RECALL",
    "SELECTION_RATE",
    "SPECIFICITY",
]

_ROWS = Minimum(rows=30)
_POSITIVES = Minimum(positives=20)
_NEGATIVES = Minimum(negatives=20)

ACCURACY = ratio("accuracy", "Accuracy", hit=(1, 0, 0, 1), among=(1, 1, 1, 1), greater_is_better=True, minimum=_ROWS)
"""Share of rows decided rightly.

Source: Fawcett 2006.
"""

ERROR_RATE = ratio(
    "error_rate", "Error rate", hit=(0, 1, 1, 0), among=(1, 1, 1, 1), greater_is_better=False, minimum=_ROWS
)
"""Share of rows decided wrongly.

Source: Fawcett 2006.
"""

RECALL = ratio("recall", "Recall", hit=(0, 0, 0, 1), among=(0, 0, 1, 1), greater_is_better=True, minimum=_POSITIVES)
"""Share of positive rows decided positive (true positive rate, sensitivity).

Source: Fawcett 2006.
"""

SPECIFICITY = ratio(
    "specificity", "Specificity", hit=(1, 0, 0, 0), among=(1, 1, 0, 0), greater_is_better=True, minimum=_NEGATIVES
)
"""Share of negative rows decided negative (true negative rate).

Source: Fawcett 2006.
"""

FALSE_POSITIVE_RATE = ratio(
    "false_positive_rate",
    "False positive rate",
    hit=(0, 1, 0, 0),
    among=(1, 1, 0, 0),
    greater_is_better=False,
    minimum=_NEGATIVES,
)
"""Share of negative rows decided positive.

Source: Fawcett 2006.
"""

FALSE_NEGATIVE_RATE = ratio(
    "false_negative_rate",
    "False negative rate",
    hit=(0, 0, 1, 0),
    among=(0, 0, 1, 1),
    greater_is_better=False,
    minimum=_POSITIVES,
)
"""Share of positive rows decided negative.

Source: Fawcett 2006.
"""

SELECTION_RATE = ratio(
    "selection_rate", "Selection rate", hit=(0, 1, 0, 1), among=(1, 1, 1, 1), greater_is_better=None, minimum=_ROWS
)
"""Share of rows decided positive, whatever their label; neither high nor low is good in itself.

Source: fairlearn's ``selection_rate``.
"""
