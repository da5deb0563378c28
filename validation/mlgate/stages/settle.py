"""Rows to summaries: the second of the two stages that see rows, and the last.

Most metrics are read off sums and need no rows at all. Those that rank, those of the user's own, and every metric when
rows have weights or belong to units, are settled here, once all rows are together: per slice a value for each model and
the standard errors of both and of the pair. One grouping is settled at a time, all its slices at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.inference.influence import Weighing, weigh
from mlgate.inference.tails import rows_that_carry
from mlgate.metrics import Metric, Own, Ranking, find, needs_scores
from mlgate.metrics.answering import answers_of
from mlgate.metrics.dealing import deal
from mlgate.metrics.grouped import grouped_shares, grouped_values, is_share, weight_by_class
from mlgate.metrics.in_order import InOrder, InStep, in_step, in_units, sort_rows
from mlgate.metrics.metric import quotient
from mlgate.metrics.money import at_stake
from mlgate.metrics.owned import settle_own
from mlgate.metrics.ranked import Weighed, rank
from mlgate.records.rows import Answers, Batch
from mlgate.records.run import Run
from mlgate.tables import Rows, Summary, Tally
from mlgate.threads import in_threads

__all__ = ["settle"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Names of a summary's arrays and how many columns each has; 0 for a plain vector.
_COLUMNS = {"rows": 0, "values": 2, "errors": 3, "freedoms": 3, "skewness": 3, "counted": 5, "sizes": 3, "moved": 2}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _All:
    """All rows, and what is worked out of them once for all groupings."""

    labels: NDArray[Any]
    #: (1 or 2) champion's (if any) and challenger's answers; none where only what ranks or is the user's own is asked.
    answers: tuple[Answers, ...]
    #: the scores as the models gave them, champion's (if any) first.
    scores: tuple[NDArray[np.float64], ...]
    weights: Floats
    #: whether weights or units are declared.
    grouped: bool
    #: whether weights are.
    weighted: bool
    #: (n,) rows in the order of their units, and the unit of each in that order; None when each row is its own.
    by_unit: NDArray[np.int32] | None
    units: Codes | None
    #: (n,) what is drawn together: the hash of the unit where one is declared, else the row's identity.
    identity: NDArray[np.uint64] | None
    #: by key of sorting, rows in ascending order by each model.
    orders: dict[str, InStep]


def settle(run: Run, tally: Tally) -> Tally:
    """The tally with a summary of every metric that needs the rows; rows stay for exhibits, but are never written.

    Parameters
    ----------
    run
        Says which metrics.
    tally
        Of all rows of one data set; from here on it does not merge.

    Raises
    ------
    DataError
        All rows weigh nothing.
    """
    kept = tally.kept
    if kept is None or tally.summaries or tally.carrying is not None:
        return tally
    everything = _prepare(run, kept)
    metrics = [find(name, run) for name in run.metrics()]
    carrying = np.zeros(len(tally.slices)) if any(metric.minimum.carrying for metric in metrics) else None
    # Squared errors go with the label's distance from its mean, money with what a decision changes.
    centred = kept.money is None
    amounts = kept.labels if carrying is None or kept.money is None else at_stake(kept.labels, kept.money)
    if not run.scores:
        metrics = [metric for metric in metrics if not needs_scores(metric)]
    if not everything.grouped:
        metrics = [metric for metric in metrics if isinstance(metric, (Ranking, Own))]
    _sort(everything, metrics)
    empty = {metric.name: _blank(len(tally.slices)) for metric in metrics}
    units = np.zeros((len(tally.slices), 4)) if everything.grouped else None
    origin = np.array(tally.groupings)
    codes = kept.codes.T

    def settle_one(number: int) -> None:
        places = np.flatnonzero(origin == number)
        table = np.full(len(tally.slices) + 1, -1, dtype=np.intp)
        table[places] = np.arange(len(places))
        code = table[codes[number]]
        _settle_grouping(run, everything, metrics, code, places, tally.scales, empty, units)
        if carrying is not None:
            inside = np.flatnonzero(code >= 0)
            weights, local = everything.weights[inside], code[inside]
            carrying[places] = rows_that_carry(amounts[inside], weights, local, len(places), centred=centred)

    if any(isinstance(metric, Own) for metric in metrics):
        # A user's function need not bear two threads.
        for number in range(len(codes)):
            settle_one(number)
    else:
        # Groupings fill in different slices.
        in_threads(settle_one, range(len(codes)), rows=len(kept.labels))
    return dataclasses.replace(
        tally,
        summaries={
            metric.name: Summary(shape="share" if is_share(metric) else "mean", **empty[metric.name])
            for metric in metrics
        },
        units=units,
        carrying=carrying,
    )


def _blank(slices: int) -> dict[str, Floats]:
    return {name: np.full((slices, width) if width else slices, np.nan) for name, width in _COLUMNS.items()}


def _prepare(run: Run, kept: Rows) -> _All:
    weights = np.ones(len(kept.labels))
    if kept.weights is not None:
        if not kept.weights.any():
            raise DataError("all rows weigh 0, so there is nothing to judge; give at least some rows a weight.")
        # Multiples of a power of two, as fine as leaves the sum of all of them exact.
        exponent = 51 - int(np.ceil(np.log2(len(kept.weights)))) - int(np.ceil(np.log2(kept.weights.max())))
        weights = np.ldexp(np.rint(np.ldexp(kept.weights, exponent)), -exponent)
    by_unit, units = (None, None) if kept.units is None else in_units(kept.units)
    grouped = kept.weights is not None or kept.units is not None
    return _All(
        labels=kept.labels,
        answers=_answers(run, kept) if grouped else (),
        scores=(kept.challenger,) if kept.champion is None else (kept.champion, kept.challenger),
        weights=weights,
        grouped=grouped,
        weighted=kept.weights is not None,
        by_unit=by_unit,
        units=units,
        identity=kept.identity if kept.units is None else kept.units,
        orders={},
    )


def _answers(run: Run, kept: Rows) -> tuple[Answers, ...]:
    batch = Batch(labels=kept.labels, champion=kept.champion, challenger=kept.challenger, columns={}, money=kept.money)
    roles = ("challenger",) if kept.champion is None else ("champion", "challenger")
    return tuple(answers_of(run, batch, role) for role in roles)


def _sort(everything: _All, metrics: Sequence[Metric]) -> None:
    """Sort the rows once per model and key; each grouping then only deals them to its slices."""
    ranking = [metric for metric in metrics if isinstance(metric, Ranking)]
    keys = dict.fromkeys(metric.key for metric in ranking)
    weights = everything.weights if everything.weighted else None
    alone = {key: not everything.grouped and all(one.area for one in ranking if one.key == key) for key in keys}

    def order(asked: tuple[int, str]) -> InOrder:
        model, key = asked
        return sort_rows(key, everything.scores[model], everything.labels, weights, order_alone=alone[key])

    models = range(len(everything.scores))
    orders = iter(in_threads(order, [(model, key) for key in keys for model in models], rows=len(everything.labels)))
    for key in keys:
        everything.orders[key] = in_step([next(orders) for _ in models])


def _settle_grouping(
    run: Run,
    everything: _All,
    metrics: Sequence[Metric],
    code: Codes,
    places: Codes,
    scales: Mapping[str, int],
    found: dict[str, dict[str, Floats]],
    units: Floats | None,
) -> None:
    """Fill in the summaries of one grouping's slices; ``code`` is each row's place among them, -1 for none."""
    slices = len(places)
    inside: Codes | None = None
    weighed = weighing = by_class = None
    if everything.grouped:
        weighed = _weighed(everything, code, slices)
        inside, weighing = weighed.rows, weighed.weighing
        if units is not None:
            units[places, 0], units[places, 1] = weighing.units, weighing.effective
            units[places, 2:] = np.nan
            if everything.labels.dtype == np.int8:
                by_class = weight_by_class(everything.labels.take(weighed.rows), 2, weighing)
                units[places, 2:] = quotient(by_class[0] ** 2, by_class[1])
    elif code.min(initial=0) < 0:
        inside = np.flatnonzero(code >= 0)
    local = _take(code, inside)
    sides = [_some(side, inside) for side in everything.answers]
    ranked = rank([one for one in metrics if isinstance(one, Ranking)], everything.orders, code, slices, weighed)
    for metric in metrics:
        if isinstance(metric, Ranking):
            columns = ranked[metric.name]
        elif isinstance(metric, Own):
            columns = _owned(run, metric, everything, inside, local, slices, weighing)
        else:
            assert weighing is not None  # without units and weights these are read off the tables
            champion, challenger = sides[0] if len(sides) > 1 else None, sides[-1]
            if is_share(metric):
                columns = grouped_shares(metric, champion, challenger, local, slices, weighing)
            else:
                scale = scales.get(metric.name, 0)
                columns = grouped_values(metric, champion, challenger, local, slices, weighing, scale, by_class)
        for name, values in columns.items():
            found[metric.name][name][places] = values


def _weighed(everything: _All, code: Codes, slices: int) -> Weighed:
    """The rows that are in a slice, by slice and unit."""
    rows = np.arange(len(code), dtype=np.int32) if everything.by_unit is None else everything.by_unit
    dealt = deal(rows, code, slices)
    inside = (rows if dealt.places is None else rows.take(dealt.places)).astype(np.intp)
    unit = everything.units
    if unit is not None and dealt.places is not None:
        unit = unit.take(dealt.places)
    local = np.repeat(np.arange(slices), dealt.sizes)
    weighing = weigh(local, slices, everything.weights.take(inside), unit, in_order=True)
    return Weighed(rows=inside, weighing=weighing)


def _owned(
    run: Run,
    metric: Own,
    everything: _All,
    inside: Codes | None,
    local: Codes,
    slices: int,
    weighing: Weighing | None,
) -> dict[str, Floats]:
    """One metric of the user's own on all slices of a grouping."""
    labels, weights = everything.labels, everything.weights
    scores = [_take(part, inside) for part in everything.scores]
    rows = (_take(labels, inside), scores[0], scores[-1])
    identity = None if everything.identity is None else _take(everything.identity, inside)
    return settle_own(run, metric, rows, identity, local, slices, _take(weights, inside), weighing)


def _some(side: Answers, inside: Codes | None) -> Answers:
    if inside is None:
        return side
    return Answers(
        labels=side.labels[inside],
        scores=None if side.scores is None else side.scores[inside],
        decisions=None if side.decisions is None else side.decisions[inside],
        money=None if side.money is None else side.money[inside],
    )


def _take(values: NDArray[Any], inside: Codes | None) -> NDArray[Any]:
    return values if inside is None else values[inside]
