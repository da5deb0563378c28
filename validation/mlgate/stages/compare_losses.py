"""What quality each model loses under an oddity, on the same rows, and how much more the challenger loses.

Every row has four answers: two models', on the base case and under the oddity. A model's change is its value under the
oddity less its value on the base case, turned so that positive is better; the difference of the two changes is what is
judged. All are over the same rows, so their errors come from what each row moves each difference by: what rows have in
common cancels. Separate from ``compare.py``, which knows tables of two answers per row.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.bootstrap import draws, errors_of_replicates
from mlgate.inference.influence import Errors, Weighing, errors_of_rows, errors_of_units, weigh
from mlgate.inference.pair import UNDEFINED, guess_deviation, with_floor
from mlgate.inference.spread import estimate
from mlgate.metrics import Metric, Own, Ranking, find, needs_scores
from mlgate.metrics.answering import answers_of
from mlgate.metrics.influences import Moved, move, pseudo_squares
from mlgate.metrics.metric import MeanLoss
from mlgate.metrics.owned import call_own
from mlgate.records.evidence import Estimate, Spread
from mlgate.records.losses import Losses
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.words import Task

__all__ = ["compare_losses"]

Floats = NDArray[np.float64]
#: Replicates of the bootstrap of a user's own metric, at most: it is called four times for each.
REPLICATES = 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sides:
    """Each model's side on the base case and under the oddity; None where it is not there."""

    champion: tuple[Moved, Moved] | None
    challenger: tuple[Moved, Moved] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Width:
    """What is needed to state an interval beside the errors."""

    #: rows, or what they are worth in units.
    rows: float
    #: of the influence of a row on the value itself.
    deviation: float
    #: deviation and number that the floor of a width is stated for.
    floor: tuple[float, float]
    #: whether Hall's correction for skewness applies.
    skewed: bool


def compare_losses(
    run: Run, metric_name: str, base: Batch, *, champion: NDArray[Any] | None, challenger: NDArray[Any] | None
) -> Losses:
    """What each model loses by one metric.

    Parameters
    ----------
    run
        Says the task, the thresholds, and the confidence level.
    metric_name
        Of a metric that each model has a value of.
    base
        n rows with what both models answered on the base case.
    champion, challenger
        What they answered to the same rows under the oddity; None where they gave no legal answer.

    Raises
    ------
    ConfigError
        A user's own metric broke down.
    DataError
        A user's own metric needs rows with identities.
    """
    if base.weights is not None:
        base, champion, challenger = _that_count(base, champion, challenger)
    metric = find(metric_name, run)
    sign = -1 if metric.greater_is_better is False else 1
    odd = (champion if base.champion is not None else None, challenger)
    if not len(base.labels) or (needs_scores(metric) and not run.scores):
        return Losses(metric=metric_name)
    if isinstance(metric, Own):
        return _owned(run, metric, base, odd, sign)
    weights = np.ones(len(base.labels)) if base.weights is None else base.weights
    sides = _Sides(
        champion=_sides(run, metric, base, odd[0], "champion", weights),
        challenger=_sides(run, metric, base, odd[1], "challenger", weights),
    )
    return _together(run, metric, base, sides, sign, weights)


def _that_count(
    base: Batch, champion: NDArray[Any] | None, challenger: NDArray[Any] | None
) -> tuple[Batch, NDArray[Any] | None, NDArray[Any] | None]:
    """Without the rows that weigh nothing."""
    assert base.weights is not None
    inside = np.flatnonzero(base.weights > 0)

    def cut(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[inside]

    kept = Batch(
        labels=base.labels[inside],
        champion=cut(base.champion),
        challenger=base.challenger[inside],
        columns={},
        identity=cut(base.identity),
        units=cut(base.units),
        weights=base.weights[inside],
        money=cut(base.money),
    )
    return kept, cut(champion), cut(challenger)


def _sides(
    run: Run, metric: Metric, base: Batch, odd: NDArray[Any] | None, role: str, weights: Floats
) -> tuple[Moved, Moved] | None:
    if odd is None:
        return None
    classes = 0 if run.task is Task.REGRESSION else 2 if run.task is Task.BINARY else len(run.classes)
    found = []
    given = base.champion if role == "champion" else base.challenger
    for raw in (given, odd):
        assert raw is not None
        batch = Batch(labels=base.labels, champion=raw, challenger=raw, columns={}, money=base.money)
        found.append(move(metric, answers_of(run, batch, role), raw, weights, classes))
    return found[0], found[1]


def _together(run: Run, metric: Metric, base: Batch, sides: _Sides, sign: int, weights: Floats) -> Losses:
    """Changes, their difference and all errors, from the influence of every row."""
    n = len(base.labels)
    weighing = None
    if base.units is not None or base.weights is not None:
        units = None if base.units is None else np.unique(base.units, return_inverse=True)[1].astype(np.intp)
        weighing = weigh(np.zeros(n, dtype=np.intp), 1, weights, units)
    labels = base.labels if isinstance(metric, Ranking) and metric.by_class else None
    both = [
        (part, sign * (part[1].influence - part[0].influence)) for part in (sides.champion, sides.challenger) if part
    ]
    if not both:
        return Losses(metric=metric.name)
    errors = _errors(both[0][1], both[-1][1], labels, weighing)
    width = _width(metric, base, both[0][0][0], weighing)
    first, second = (
        _spread(sign * (part[1].value - part[0].value), moved, errors, place, pseudo_squares(part, (-1, 1)), width)
        for place, (part, moved) in ((0, both[0]), (1, both[-1]))
    )
    difference = None
    if sides.champion and sides.challenger:
        padding = pseudo_squares([*sides.champion, *sides.challenger], (1, -1, -1, 1))
        difference = _spread(second.value - first.value, both[1][1] - both[0][1], errors, 2, padding, width)
    reference, covariance = _reference(sides, both, labels, weighing)
    return Losses(
        metric=metric.name,
        base_champion=sides.champion[0].value if sides.champion else None,
        base_challenger=sides.challenger[0].value if sides.challenger else None,
        odd_champion=sides.champion[1].value if sides.champion else None,
        odd_challenger=sides.challenger[1].value if sides.challenger else None,
        champion=estimate(first, run.confidence) if sides.champion else None,
        challenger=estimate(second, run.confidence) if sides.challenger else None,
        difference=None if difference is None else estimate(difference, run.confidence),
        difference_spread=difference,
        reference=None if reference is None else estimate(reference, run.confidence),
        reference_spread=reference,
        covariance=covariance,
    )


def _errors(first: Floats, second: Floats, labels: NDArray[Any] | None, weighing: Weighing | None) -> Errors:
    if weighing is not None:
        return errors_of_units(first, second, weighing, weighing.total)
    return errors_of_rows(first, second, np.zeros(len(first), dtype=np.intp), 1, labels)


def _width(metric: Metric, base: Batch, clean: Moved, weighing: Weighing | None) -> _Width:
    n = len(base.labels)
    rows = float(n) if weighing is None else float(weighing.effective[0])
    deviation = float(np.std(clean.influence)) or guess_deviation(clean.value)
    small = rows
    if isinstance(metric, Ranking) and metric.by_class and n:
        # Placements spread less than influence does, and the smaller class says how many of them there are.
        small = rows * min(float(base.labels.mean()), 1 - float(base.labels.mean()))
    floor = (deviation * math.sqrt(small / rows) if rows else deviation, small)
    return _Width(rows=rows, deviation=deviation, floor=floor, skewed=isinstance(metric, MeanLoss) and weighing is None)


def _spread(value: float, moved: Floats, errors: Errors, place: int, padding: float, width: _Width) -> Spread:
    """Student's spread, or for means of independent rows the wider side of his and Hall's; never without width."""
    if math.isnan(value):
        return UNDEFINED
    n = width.rows
    error, freedom = float(errors.error[0, place]), float(errors.freedom[0, place])
    if padding and n > 1:
        error = math.hypot(error, math.sqrt(padding / (n * (n + 1))))
    spread = Spread(method="student", value=value, error=error, freedom=freedom, rows=n)
    # Differences that only rounding has are none: next to the spread of the values themselves.
    if error <= 1e-9 * width.deviation / math.sqrt(max(n, 1)):
        return with_floor(spread, *width.floor)
    if width.skewed and freedom > 0:
        centred = moved - moved.mean()
        deviation = float(np.sqrt(np.mean(centred**2)))
        skewness = float(np.mean((centred / deviation) ** 3)) if deviation > 0 else 0.0
        return dataclasses.replace(spread, method="hall", skewness=skewness)
    return spread


def _reference(
    sides: _Sides, both: Sequence[tuple[Any, Floats]], labels: NDArray[Any] | None, weighing: Weighing | None
) -> tuple[Spread | None, float]:
    """The champion's value on the base case, and its covariance with the difference of the changes."""
    if sides.champion is None or sides.challenger is None:
        return None, math.nan
    clean = sides.champion[0]
    errors = _errors(clean.influence, both[1][1] - both[0][1], labels, weighing)
    alone, other, pair = errors.error[0].tolist()
    freedom = float(errors.freedom[0, 0])
    covariance = (alone**2 + other**2 - pair**2) / 2 if math.isfinite(alone + other + pair) else math.nan
    if math.isnan(clean.value):
        return UNDEFINED, math.nan
    return Spread(method="student", value=clean.value, error=alone, freedom=freedom, rows=freedom + 1), covariance


def _own_spread(value: float, error: float, *, freedom: float, units: float, scale: float) -> Spread:
    """Of a change in a user's own metric; unbounded where the draws say nothing of its error."""
    if math.isnan(value):
        return UNDEFINED
    if not math.isfinite(error):
        return Spread(method="student", value=value, error=math.inf, freedom=0.0)
    found = Spread(method="student", value=value, error=error, freedom=freedom, rows=units)
    return with_floor(found, scale, units) if error == 0 else found


def _owned(run: Run, metric: Own, base: Batch, odd: Sequence[NDArray[Any] | None], sign: int) -> Losses:
    """A user's own metric: changes and their difference over replicates of the bootstrap."""
    sides: list[tuple[NDArray[Any], NDArray[Any]] | None] = []
    for given, strange in zip((base.champion, base.challenger), odd, strict=True):
        sides.append(None if given is None or strange is None else (given, strange))
    there = [side for side in sides if side is not None]
    identity = base.units if base.units is not None else base.identity
    if not there or identity is None:
        return Losses(metric=metric.name)
    weights = np.ones(len(base.labels)) if base.weights is None else base.weights
    order = np.lexsort((base.labels, identity))
    labels, drawn, weight = base.labels[order], identity[order], weights[order]

    def values(times: Floats) -> list[list[float]]:
        return [[call_own(metric, labels, part[order], times) for part in side] for side in there]

    whole = values(weight)
    replicates = range(min(run.replicates, REPLICATES))
    changes = np.array(
        [
            [sign * (after - before) for before, after in values(weight * draws(drawn, one, run.seed))]
            for one in replicates
        ]
    )
    units = len(np.unique(identity)) if base.units is not None else len(labels)
    errors = errors_of_replicates(changes[:, [0, -1]], float(units))
    freedom = max(min(units, len(replicates)) - 1, 1e-9)
    scale = guess_deviation(whole[0][0])
    spread = functools.partial(_own_spread, freedom=freedom, units=float(units), scale=scale)

    moved = [sign * (after - before) for before, after in whole]
    spreads = [spread(moved[0], errors[0]), spread(moved[-1], errors[1])]
    paired = len(there) == 2
    difference = spread(moved[-1] - moved[0], errors[2]) if paired else None
    clean = spread(whole[0][0], math.nan) if paired else None
    return Losses(
        metric=metric.name,
        base_champion=whole[0][0] if sides[0] else None,
        base_challenger=whole[-1][0] if sides[1] else None,
        odd_champion=whole[0][1] if sides[0] else None,
        odd_challenger=whole[-1][1] if sides[1] else None,
        champion=estimate(spreads[0], run.confidence) if sides[0] else None,
        challenger=estimate(spreads[1], run.confidence) if sides[1] else None,
        difference=None if difference is None else estimate(difference, run.confidence),
        difference_spread=difference,
        reference=None if clean is None else Estimate(value=clean.value, low=clean.value, high=clean.value),
        reference_spread=clean,
    )
