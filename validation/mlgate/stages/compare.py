"""A tally to evidence: for every metric and slice the two values and their paired improvement, with intervals.

Nothing here has an opinion; minimum sizes are stated (``Evidence.shortage``) but not acted upon.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.loss_pairs import pair_of_losses
from mlgate.inference.pair import UNDEFINED, Heed, Pair
from mlgate.inference.pairs import confusions, pair_of_hits, pair_of_proportions, pair_of_summary
from mlgate.inference.spread import estimates
from mlgate.inference.table_pairs import pair_of_class_tables, pair_of_tables
from mlgate.metrics import ClassTable, Confusion, Flips, Hits, MeanLoss, Metric, Ranking, find
from mlgate.metrics.metric import LEAST_UNITS, Minimum
from mlgate.records.evidence import Estimate, Evidence, Spread
from mlgate.records.run import OVERALL, Run, TrainingSpread
from mlgate.sentences import NO_CHAMPION
from mlgate.tables import Tally

__all__ = ["compare"]


def compare(
    run: Run, tally: Tally, *, dataset: str, metrics: Sequence[str], than: str = "champion"
) -> tuple[Evidence, ...]:
    """Evidence for every metric on every slice, in the order of metrics, then slices.

    Parameters
    ----------
    run
        Says the task, the confidence level, and what is known of the variance of training.
    tally
        Of one data set, settled.
    dataset
        Its name.
    metrics
        Names of the metrics wanted; their tables are in the tally.
    than
        What stands in the champion's place: ``champion`` or ``baseline``.
    """
    found: list[Evidence] = []
    training = {one.metric: one for one in run.training} if than == "champion" else {}
    counts = _class_counts(tally)
    differing = _differing(tally).tolist() if tally.paired and tally.classes else [None] * len(tally.slices)
    rows = tally.rows.tolist()
    units = [(n, None) for n in rows] if tally.units is None else tally.units[:, :2].tolist()
    for name in metrics:
        metric = find(name, run)
        pairs = _pairs(metric, tally)
        if name in training:
            pairs = _with_training(pairs, tally, training[name])
        # A property of the pair is nobody's value: it has no champion's side, and nothing improves on it.
        paired = tally.paired and not isinstance(metric, Flips)
        decides = getattr(metric, "decides", True)
        estimated = _estimated(pairs, run.confidence, paired=paired)
        shortages = _shortages(metric, tally, counts, than)
        columns = zip(tally.slices, pairs, *estimated, rows, units, differing, shortages, strict=True)
        found += [
            Evidence(
                metric=name,
                dataset=dataset,
                slice=label,
                challenger=challenger,
                challenger_spread=pair.challenger,
                champion=champion,
                champion_spread=pair.champion if paired else None,
                improvement=improvement,
                improvement_spread=pair.improvement if paired else None,
                rows=n,
                units=int(held),
                effective_units=effective,
                differing=differ,
                gained=pair.gained if paired else None,
                lost=pair.lost if paired else None,
                shortage=shortage,
                than=than,
                covariance=pair.covariance,
                decides=decides,
            )
            for label, pair, champion, challenger, improvement, n, (held, effective), differ, shortage in columns
        ]
    return tuple(found)


def _estimated(
    pairs: Sequence[Pair], confidence: float, *, paired: bool
) -> tuple[Sequence[Estimate | None], Sequence[Estimate], Sequence[Estimate | None]]:
    """Champion's and challenger's values and the improvement with their intervals, per slice."""
    challenger = estimates([pair.challenger for pair in pairs], confidence)
    if not paired:
        return [None] * len(pairs), challenger, [None] * len(pairs)
    return (
        estimates([pair.champion for pair in pairs], confidence),
        challenger,
        estimates([pair.improvement for pair in pairs], confidence),
    )


def _pairs(metric: Metric, tally: Tally) -> list[Pair]:
    if isinstance(metric, Flips) and not tally.paired:
        # Against no champion nothing flips; that must not look like a challenger that changes nothing.
        return [Pair(champion=UNDEFINED, challenger=UNDEFINED, improvement=UNDEFINED)] * len(tally.slices)
    sign = -1 if metric.greater_is_better is False else 1
    span = metric.span if isinstance(metric, (Confusion, ClassTable, Ranking)) else None
    if metric.name in tally.summaries:
        heed = metric.heed if isinstance(metric, (MeanLoss, Ranking)) else Heed()
        return pair_of_summary(tally.summaries[metric.name], sign, span, heed)
    match metric:
        case Confusion(hit=hit, among=among) if metric.paired and hit is not None and among is not None:
            return pair_of_proportions(_cells(metric, tally), hit, among, sign)
        case Confusion():
            return pair_of_tables(_cells(metric, tally), metric.value, metric.influence, sign, span=span)
        case ClassTable():
            return pair_of_class_tables(
                tally.triples, tally.classes, tally.rows, metric.value, metric.influence, sign, span
            )
        case MeanLoss():
            sums, scale = tally.sums[metric.name], tally.scales[metric.name]
            return pair_of_losses(sums, scale, sign, root=metric.root, heed=metric.heed)
        case Hits() | Flips():
            return pair_of_hits(tally.hits[metric.name], sign)
    raise ValueError(f"{metric.name} needs the rows, but they were not settled")


def _cells(metric: Confusion, tally: Tally) -> NDArray[np.int64]:
    """Joint counts of two classes, (slices, 8); of one class against all others in a task of many."""
    if metric.of_class is None:
        return tally.cells
    place, cell, count = tally.triples.T
    parts = np.unravel_index(cell, (tally.classes,) * 3)
    label, first, second = (part == metric.of_class for part in parts)
    cells = np.zeros((len(tally.slices), 8), dtype=np.int64)
    np.add.at(cells, (place, 4 * label + 2 * first + second), count)
    return cells


def _with_training(pairs: Sequence[Pair], tally: Tally, training: TrainingSpread) -> list[Pair]:
    """Improvements over all rows with the variance of training on top; other slices' variance was not measured."""

    def widened(spread: Spread) -> Spread:
        if spread.method == "undefined":
            return spread
        return Spread(
            method="widened",
            value=spread.value,
            error=training.deviation,
            freedom=float(training.seeds - 1),
            rows=spread.rows,
            parts=(spread,),
        )

    # Training anew moves the challenger only, so the covariance with the champion's value stays what sampling makes it.
    return [
        dataclasses.replace(pair, improvement=widened(pair.improvement)) if name == OVERALL else pair
        for name, pair in zip(tally.slices, pairs, strict=True)
    ]


def _differing(tally: Tally) -> NDArray[np.int64]:
    """Rows per slice on which the two decisions differ."""
    if tally.classes == 2:
        differing: NDArray[np.int64] = tally.cells[:, [1, 2, 5, 6]].sum(axis=1)
        return differing
    place, cell, count = tally.triples.T
    _, first, second = np.unravel_index(cell, (tally.classes,) * 3)
    differ = first != second
    return np.bincount(place[differ], weights=count[differ], minlength=len(tally.slices)).astype(np.int64)


def _class_counts(tally: Tally) -> NDArray[np.int64]:
    """Rows of each class per slice, (slices, classes)."""
    if tally.classes == 2:
        return np.column_stack([tally.cells[:, :4].sum(axis=1), tally.cells[:, 4:].sum(axis=1)])
    counts = np.zeros((len(tally.slices), tally.classes), dtype=np.int64)
    if tally.classes:
        place, cell, count = tally.triples.T
        np.add.at(counts, (place, cell // tally.classes**2), count)
    return counts


def _shortages(metric: Metric, tally: Tally, counts: NDArray[np.int64], than: str) -> list[str]:
    """Per slice, why there are too few rows, or empty."""
    if isinstance(metric, Flips) and not tally.paired:
        return [NO_CHAMPION] * len(tally.slices)
    found = _few_rows(metric, tally.rows, counts)
    if than == "baseline" and counts.shape[1]:
        # The best constant knows the answer then, and no model can beat it.
        for place in np.flatnonzero((counts > 0).sum(axis=1) < 2).tolist():
            found[place] = "all rows are of one class"
    for place, why in (*_few_units(metric, tally), *_few_decided(metric, tally, than), *_few_carry(metric, tally)):
        found[place] = found[place] or why
    return found


def _few_units(metric: Metric, tally: Tally) -> Iterator[tuple[int, str]]:
    """Slices whose rows, or rows of a class that the metric asks for, are worth too few units."""
    if tally.units is None:
        return
    asked = [
        (1, "rows", True),
        (2, "negative rows", metric.minimum.negatives),
        (3, "positive rows", metric.minimum.positives),
    ]
    for column, rows, wanted in asked if tally.classes == 2 else asked[:1]:
        worth = tally.units[:, column]
        # Of a class without rows nothing is said here: that there are none is said elsewhere.
        few = ~(worth >= LEAST_UNITS) & (np.isfinite(worth) | (column == 1))
        for place in np.flatnonzero(few).tolist() if wanted else ():
            yield place, f"{rows} are worth {worth[place]:.3g} independent units, at least {LEAST_UNITS} needed"


def _few_decided(metric: Metric, tally: Tally, than: str) -> Iterator[tuple[int, str]]:
    """Slices in which a model decides so few rows positive that a share of them has no interval that holds."""
    if not isinstance(metric, Confusion) or not metric.minimum.decided:
        return
    tables = confusions(_cells(metric, tally))
    # Of the model that decides fewer of them.
    decided = np.minimum(*(table[:, 1] + table[:, 3] for table in tables)).astype(np.int64)
    for place in np.flatnonzero(decided < metric.minimum.decided).tolist():
        if than == "baseline" and not decided[place]:
            yield place, "the best constant decides no row positive"
        else:
            rows = f"{decided[place]} {'row' if decided[place] == 1 else 'rows'} decided positive"
            yield place, f"{rows}, at least {metric.minimum.decided} needed"


def _few_carry(metric: Metric, tally: Tally) -> Iterator[tuple[int, str]]:
    """Slices in which a few rows are most of what is squared, or of the money."""
    if tally.carrying is None:
        return
    need = metric.minimum.carrying
    worth, what = "the label's spread rests", "squared errors"
    if isinstance(metric, MeanLoss) and not metric.scores:
        worth, what = "what decisions change rests", "money"
    for place in np.flatnonzero((tally.carrying > 0) & (tally.carrying < need)).tolist():
        rows = f"{tally.carrying[place]:.3g}"
        yield place, f"{worth} on {rows} {'row' if rows == '1' else 'rows'}, at least {need} needed for {what}"


def _few_rows(metric: Metric, rows: NDArray[np.int64], counts: NDArray[np.int64]) -> list[str]:
    """Per slice, which rows are too few, or empty; most slices have enough, so only the others are looked at singly."""
    of_class = metric.of_class if isinstance(metric, Confusion) else None
    positive = 1 if of_class is None else of_class
    # A label that holds one class has no other.
    positives = counts[:, positive] if positive < counts.shape[1] else np.zeros_like(rows)
    most = np.iinfo(np.int64).max
    least = np.where(counts > 0, counts, most).min(axis=1, initial=most)
    least[least == most] = 0
    minimum = metric.minimum
    few = (rows < minimum.rows) | (positives < minimum.positives)
    few |= (rows - positives < minimum.negatives) | (least < minimum.each)
    found = [""] * len(rows)
    for place in np.flatnonzero(few).tolist():
        n, hits = int(rows[place]), int(positives[place])
        found[place] = shortage(minimum, rows=n, positives=hits, negatives=n - hits, least=int(least[place]))
    return found


def shortage(minimum: Minimum, *, rows: int, positives: int, negatives: int, least: int = 0) -> str:
    """Why there are too few rows, as a clause, or empty when there are enough.

    Parameters
    ----------
    minimum
        What the metric needs.
    rows, positives, negatives
        What there is.
    least
        Rows of the rarest class that occurs.

    >>> shortage(Minimum(rows=30), rows=24, positives=4, negatives=20)
    '24 rows, at least 30 needed'
    """
    for noun, have, need in (
        ("row{}", rows, minimum.rows),
        ("positive row{}", positives, minimum.positives),
        ("negative row{}", negatives, minimum.negatives),
        ("row{} of the rarest class", least, minimum.each),
    ):
        if have < need:
            return f"{have} {noun.format('' if have == 1 else 's')}, at least {need} needed"
    return ""
