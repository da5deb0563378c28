"""What a metric is: a frozen record of a name, a direction, the table it reads, and pure functions over it.

There are few tables, hence few shapes. Value and influence are all that a metric's author writes; pairing, intervals,
slices, units, weights and merging come from the stages.

=============  =========================================================================================
Confusion      a smooth function of the 2 × 2 table of (label, decision)
ClassTable     a smooth function of the table of (label, decision) over many classes
Hits           the share of rows that a model gets right in some sense, a yes or no per row
Flips          the share of rows on which the two models' decisions differ in some sense
MeanLoss       the mean of a number per row, or the root of it
Ranking        a smooth function of labels and scores that needs the rows themselves, sorted within each slice
Own            a user's own function of labels and scores, judged by a bootstrap
=============  =========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.pair import Heed
from mlgate.records.rows import Answers

__all__ = [
    "LEAST_UNITS",
    "ClassTable",
    "Confusion",
    "Flips",
    "Hits",
    "MeanLoss",
    "Metric",
    "Minimum",
    "Own",
    "Ranking",
    "Sorted",
    "fraction",
    "quotient",
    "ratio",
    "reach",
    "spelled",
]

Floats = NDArray[np.float64]

#: Rows that are worth fewer independent units than this cannot be judged, whatever the metric.
LEAST_UNITS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Minimum:
    """Rows without which a metric cannot be judged; but for ``decided`` known before any model scores."""

    rows: int = 0
    #: of the positive class (binary).
    positives: int = 0
    #: of the negative class (binary).
    negatives: int = 0
    #: of every class that occurs (multiclass).
    each: int = 0
    #: that each model decides positive: what a share of them stands on.
    decided: int = 0
    #: rows that carry the spread of the label (regression) or the amounts at stake, see ``inference/tails.py``.
    carrying: int = 0


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
    #: multiclass: the class that counts as positive, against all others; None in binary tasks.
    of_class: int | None = None
    #: ends of the range of values, where the interval of one model's value is to keep within it; None: no such range.
    span: tuple[float, float] | None = None

    @property
    def paired(self) -> bool:
        """Whether both models' proportions are over the same rows, so that Tango's interval applies."""
        return self.among is not None and self.among[0] == self.among[1] and self.among[2] == self.among[3]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassTable:
    """A metric of the table of many classes; the last two axes are (label, decision)."""

    name: str
    title: str
    greater_is_better: bool | None
    minimum: Minimum
    #: (…, classes, classes) counts -> (…,) value, NaN where undefined.
    value: Callable[[Floats], Floats]
    #: (…, classes, classes) counts -> the same shape: influence of one row in each cell, with mean 0 over the rows.
    influence: Callable[[Floats], Floats]
    #: as in ``Confusion``.
    span: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hits:
    """The share of rows that a model gets right, decided row by row over all rows of a slice."""

    name: str
    title: str
    greater_is_better: bool | None
    minimum: Minimum
    #: answers of n rows -> (n,) bool.
    of: Callable[[Answers], NDArray[np.bool_]]
    #: whether class scores are needed, so that decisions alone do not do.
    scores: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Flips:
    """The share of rows on which the two models' decisions differ; a property of the pair, not of either model."""

    name: str
    title: str
    minimum: Minimum
    #: champion's and challenger's decisions (n,) -> (n,) bool.
    of: Callable[[NDArray[Any], NDArray[Any]], NDArray[np.bool_]]
    greater_is_better: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanLoss:
    """The mean of a number per row that the tally sums exactly in fixed point."""

    name: str
    title: str
    minimum: Minimum
    #: answers of n rows -> (n,) float64, finite.
    of: Callable[[Answers], Floats]
    #: fixed-point units per 1, so that the largest absolute value times it stays within 2^30; None: unbounded, fixed
    #: per run (``Run.scales``).
    scale: int | None
    greater_is_better: bool | None = False
    #: whether the metric is the square root of the mean.
    root: bool = False
    #: whether scores (in regression: predictions) are needed, so that decisions alone do not do.
    scores: bool = True
    #: how many times the skewness that a sample shows counts.
    heed: Heed = Heed(own=1.5)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sorted:
    """One model's rows, sorted by slice and then by ``Ranking.key`` ascending; what a ranking metric reads.

    Slices are disjoint here: it is one grouping at a time.
    """

    #: (n,) as in ``Answers``.
    labels: NDArray[Any]
    #: (n,) float64, not rounded.
    scores: Floats
    #: (n,) float64; all 1 when rows are not weighted.
    weights: Floats
    #: (n,) the slice of each row, ascending.
    slices: NDArray[np.intp]
    #: (slices + 1,) where each slice starts; slice s is rows starts[s]:starts[s + 1].
    starts: NDArray[np.intp]
    #: whether all weights are known to be 1, so that rows are counted rather than weighed.
    even: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """A metric that needs the rows themselves: how scores rank the classes, how well they are calibrated, medians."""

    name: str
    title: str
    greater_is_better: bool | None
    minimum: Minimum
    #: rows of many slices -> (values (slices,), NaN where undefined; influence (n,) per row in the same order, whose
    #: weighted mean within each slice is 0; anything where the value is NaN).
    of: Callable[[Sorted], tuple[Floats, Floats]]
    #: what rows are sorted by within a slice: ``score``, or ``error`` (absolute error, regression).
    key: str = "score"
    #: whether the influence has mean 0 within each class, so that DeLong's variance by class applies.
    by_class: bool = False
    #: whether the value is the mean of placements, which are whole numbers where rows are independent.
    area: bool = False
    #: False for metrics that are shown and never decide.
    decides: bool = True
    #: rows of many slices -> (slices,) what one row at a threshold counts, where the value moves in such steps: the
    #: difference of two models may hang on a handful of rows, which influence alone does not know. None: smooth.
    step: Callable[[Sorted], Floats] | None = None
    #: as in ``Confusion``.
    span: tuple[float, float] | None = None
    #: as in ``MeanLoss``; that a ranking bends as rows move is not in the influence, and mostly goes the same way.
    heed: Heed = Heed(own=1.5, pair=1.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """A user's own metric."""

    name: str
    title: str
    greater_is_better: bool | None
    minimum: Minimum
    #: (labels, scores, weights) -> value.
    of: Callable[..., float]


Metric = Confusion | ClassTable | Hits | Flips | MeanLoss | Ranking | Own


def reach(metric: Metric) -> tuple[float, float] | None:
    """Ends of the range in which all values of a metric lie, so that no two are further apart; None: no such range."""
    if isinstance(metric, (Hits, Flips)):
        return 0.0, 1.0
    return metric.span if isinstance(metric, (Confusion, ClassTable, Ranking)) else None


def spelled(number: float) -> str:
    """The one way to write the parameter of a metric, so that one metric has one name.

    >>> spelled(2.0), spelled(0.05)
    ('2', '0.05')
    """
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))


def quotient(above: Floats, below: Floats) -> Floats:
    """Elementwise quotient; NaN, not zero, where nothing is divided by nothing."""
    out: Floats = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=out, where=np.asarray(below) > 0)
    return out


def fraction(
    hit: Sequence[float], among: Sequence[float]
) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Value and influence of one weighted sum of cells, over another; cells on the last axis.

    With value v = H / A its influence is n (hit - v among) / A (delta method).
    """
    upper, lower = np.asarray(hit, dtype=np.float64), np.asarray(among, dtype=np.float64)

    def value(cells: Floats) -> Floats:
        return quotient(np.asarray(cells @ upper), np.asarray(cells @ lower))

    def influence(cells: Floats) -> Floats:
        below = np.asarray(cells @ lower, dtype=np.float64)[..., None]
        weight = quotient(np.asarray(cells.sum(axis=-1))[..., None], below)
        return weight * (upper - value(cells)[..., None] * lower)

    return value, influence


def ratio(
    name: str,
    title: str,
    *,
    hit: tuple[int, int, int, int],
    among: tuple[int, int, int, int],
    greater_is_better: bool | None,
    minimum: Minimum,
) -> Confusion:
    """A metric that divides one weighted sum of cells by another; cells in the order (0,0), (0,1), (1,0), (1,1)."""
    value, influence = fraction(hit, among)
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
        span=(0.0, 1.0),
    )
