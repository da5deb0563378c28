"""Cohen's kappa, for two classes and for many: agreement of label and decision beyond what chance gives.

>>> import numpy as np
>>> float(COHEN_KAPPA.value(np.array([1.0, 1, 0, 2])))  # 3 of 4 agree, 2 of 4 would by chance
0.5
>>> float(CLASS_COHEN_KAPPA.value(np.diag([1.0, 1, 1])))
1.0
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import ClassTable, Confusion, Minimum, quotient

__all__ = ["CLASS_COHEN_KAPPA", "COHEN_KAPPA"]

Floats = NDArray[np.float64]


def _shares(table: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Shares of labels and of decisions, (…, classes); agreement and agreement by chance, (…)."""
    table = np.asarray(table, dtype=np.float64)
    rows = table.sum(axis=(-2, -1), keepdims=True)
    shares = quotient(table, np.broadcast_to(rows, table.shape))
    labels, decisions = shares.sum(axis=-1), shares.sum(axis=-2)
    return labels, decisions, np.trace(shares, axis1=-2, axis2=-1), (labels * decisions).sum(axis=-1)


def _kappa(table: Floats) -> Floats:
    _, _, agreed, chance = _shares(table)
    return quotient(np.asarray(agreed - chance), np.asarray(1 - chance))


def _kappa_influence(table: Floats) -> Floats:
    """Delta method: a row moves the agreement by 1(label = decision), and chance by the other's share of its class."""
    labels, decisions, agreed, chance = (np.asarray(part) for part in _shares(table))
    agree = np.eye(table.shape[-1]) - agreed[..., None, None]
    expect = decisions[..., :, None] + labels[..., None, :] - 2 * chance[..., None, None]
    left = (1 - chance)[..., None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        influence: Floats = (agree * left - (1 - agreed)[..., None, None] * expect) / left**2
    return influence


def _square(cells: Floats) -> Floats:
    return np.asarray(cells, dtype=np.float64).reshape(*np.shape(cells)[:-1], 2, 2)


COHEN_KAPPA = Confusion(
    name="cohen_kappa",
    title="Cohen's kappa",
    greater_is_better=True,
    minimum=Minimum(rows=100, positives=20),
    value=lambda cells: _kappa(_square(cells)),
    influence=lambda cells: _kappa_influence(_square(cells)).reshape(np.shape(cells)),
    span=(-1.0, 1.0),
)
"""Agreement of label and decision beyond chance, as a share of what is left beyond chance.

Source: Cohen 1960; variance as Fleiss, Cohen and Everitt 1969.
"""

CLASS_COHEN_KAPPA = ClassTable(
    name="cohen_kappa",
    title="Cohen's kappa",
    greater_is_better=True,
    minimum=Minimum(rows=100),
    value=_kappa,
    influence=_kappa_influence,
    span=(-1.0, 1.0),
)
"""Agreement of label and decision beyond chance, as a share of what is left beyond chance.

Source: Cohen 1960; variance as Fleiss, Cohen and Everitt 1969.
"""
