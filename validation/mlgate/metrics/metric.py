"""What a metric is: a frozen record of a name, a direction, the table it reads, and pure functions over it.

There are three tables, hence three shapes: a confusion table, a mean loss, and scores by class. Value and influence are
all that a metric's author writes; pairing, intervals, slices and merging come from the stages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Confusion", "MeanLoss", "Metric", "Minimum", "Ranking", "ratio"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Minimum:
    """Rows without which a metric cannot be judged; known from labels alone, before any model scores."""

    rows: int = 0
    positives: int = 0
    negatives: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """A metric of the confusion table; the last axis holds counts of (label, decision) = (0,0), (0,1), (1,0), (1,1)."""

    name: str
    title: str
    #: True, False, or None for metrics that are neither good nor bad when high.
    greater_is_better: bool | None
    minimum: Minimum
    #: (…, 4) counts -> (…,) value, NaN where undefined.
    value: Callable[[Floats], Floats]
    #: (…, 4) counts -> (…, 4) influence of one row in each cell, with mean 0 over the rows.
    influence: Callable[[Floats], Floats]
    #: cells that count as a hit, and the cells among which hits are counted; None unless a plain proportion.
    hit: tuple[int, int, int, int] | None = None
    among: tuple[int, int, int, int] | None = None

    @property
    def paired(self) -> bool:
        """Whether both models' proportions are over the same rows, so that Tango's interval applies."""
        return self.among is not None and self.among[0] == self.among[1] and self.among[2] == self.among[3]


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanLoss:
    """The mean of a per-row loss that the tally sums exactly (``mlgate.tables.LOSSES``)."""

    name: str
    title: str
    minimum: Minimum
    greater_is_better: bool | None = field(default=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """A metric of how scores rank the two classes."""

    name: str
    title: str
    greater_is_better: bool | None
    minimum: Minimum
    #: labels (k,), scores (k,), counts (k,) -> placement of each row among the other class, (k,) in [0, 1].
    placements: Callable[[NDArray[np.int8], Floats, NDArray[np.int64]], Floats]


Metric = Confusion | MeanLoss | Ranking


def _quotient(above: Floats, below: Floats) -> Floats:
    """Elementwise quotient; NaN, not zero, where nothing is divided by nothing."""
    out: Floats = np.full(below.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def ratio(
    name: str,
    title: str,
    *,
    hit: tuple[int, int, int, int],
    among: tuple[int, int, int, int],
    greater_is_better: bool | None,
    minimum: Minimum,
) -> Confusion:
    """A metric that divides one weighted sum of cells by another; cells in the order (0,0), (0,1), (1,0), (1,1).

    With value v = H / A its influence is n (hit - v among) / A (delta method).
    """
    upper, lower = np.asarray(hit, dtype=np.float64), np.asarray(among, dtype=np.float64)

    def value(cells: Floats) -> Floats:
        return _quotient(np.asarray(cells @ upper), np.asarray(cells @ lower))

    def influence(cells: Floats) -> Floats:
        below = np.asarray(cells @ lower, dtype=np.float64)[..., None]
        weight = _quotient(cells.sum(axis=-1)[..., None], below)
        return weight * (upper - value(cells)[..., None] * lower)

    # F1 counts hits twice; only a plain share of rows has a score interval.
    plain = set(hit) | set(among) <= {0, 1}
    return Confusion(
        name=name,
        title=title,
        greater_is_better=greater_is_better,
        minimum=minimum,
        value=value,
        influence=influence,
        hit=hit if plain else None,
        among=among if plain else None,
    )
