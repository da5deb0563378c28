"""A tally to evidence: for every metric and slice the two values and their paired improvement, with intervals.

Nothing here has an opinion; minimum sizes are stated (``Evidence.shortage``) but not acted upon.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.pairs import Pair, pair_of_losses, pair_of_proportions, pair_of_rankings, pair_of_tables
from mlgate.inference.spread import estimates
from mlgate.metrics import Confusion, MeanLoss, Metric, Ranking, find
from mlgate.metrics.metric import Minimum
from mlgate.records.evidence import Evidence
from mlgate.records.run import Run
from mlgate.tables import LOSSES, Tally

__all__ = ["compare"]


def compare(run: Run, tally: Tally, *, dataset: str, metrics: Sequence[str]) -> tuple[Evidence, ...]:
    """Evidence for every metric on every slice, in the order of metrics, then slices.

    Parameters
    ----------
    run
        Says the confidence level.
    tally
        Of one data set.
    dataset
        Its name.
    metrics
        Names of the metrics wanted; their tables are in the tally.
    """
    found: list[Evidence] = []
    for name in metrics:
        metric = find(name)
        pairs = _pairs(metric, tally)
        challenger = estimates([pair.challenger for pair in pairs], run.confidence)
        champion = estimates([pair.champion for pair in pairs], run.confidence)
        improvement = estimates([pair.improvement for pair in pairs], run.confidence)
        for place, (label, pair) in enumerate(zip(tally.slices, pairs, strict=True)):
            cells = tally.cells[place]
            found.append(
                Evidence(
                    metric=name,
                    dataset=dataset,
                    slice=label,
                    challenger=challenger[place],
                    challenger_spread=pair.challenger,
                    champion=champion[place] if tally.paired else None,
                    champion_spread=pair.champion if tally.paired else None,
                    improvement=improvement[place] if tally.paired else None,
                    improvement_spread=pair.improvement if tally.paired else None,
                    rows=int(cells.sum()),
                    units=int(cells.sum()),
                    differing=int(cells[[1, 2, 5, 6]].sum()) if tally.paired else None,
                    gained=pair.gained if tally.paired else None,
                    lost=pair.lost if tally.paired else None,
                    shortage=shortage(metric.minimum, positives=int(cells[4:].sum()), negatives=int(cells[:4].sum())),
                )
            )
    return tuple(found)


def _pairs(metric: Metric, tally: Tally) -> list[Pair]:
    sign = -1 if metric.greater_is_better is False else 1
    match metric:
        case Confusion(hit=hit, among=among) if metric.paired and hit is not None and among is not None:
            return pair_of_proportions(tally.cells, hit, among, sign)
        case Confusion():
            return pair_of_tables(tally.cells, metric.value, metric.influence, sign)
        case MeanLoss():
            scale = next(loss.scale for loss in LOSSES if loss.name == metric.name)
            return pair_of_losses(tally.sums[metric.name], scale, sign)
        case Ranking():
            return _rank_pairs(metric, tally, sign)


def _rank_pairs(metric: Ranking, tally: Tally, sign: int) -> list[Pair]:
    ranks = tally.ranks
    assert ranks is not None  # add_up keeps scores whenever a ranking metric is asked for
    pairs = []
    for inside in _members(ranks.codes, len(tally.slices)):
        labels, counts = ranks.labels[inside], ranks.counts[inside]
        placements = [
            metric.placements(labels, scores[inside], counts) for scores in (ranks.champion, ranks.challenger)
        ]
        pairs.append(pair_of_rankings(labels, counts, placements[0], placements[1], sign))
    return pairs


def _members(codes: NDArray[np.int32], slices: int) -> list[NDArray[np.intp]]:
    """Rows of each slice, found with one sort per grouping; a slice belongs to one grouping only."""
    members: list[NDArray[np.intp]] = [np.empty(0, dtype=np.intp)] * slices
    for group in codes.T:
        order = np.argsort(group, kind="stable")
        present, starts = np.unique(group[order], return_index=True)
        for place, rows in zip(present.tolist(), np.split(order, starts[1:]), strict=True):
            if place >= 0:
                members[place] = rows
    return members


def shortage(minimum: Minimum, *, positives: int, negatives: int) -> str:
    """Why there are too few rows, as a clause, or empty when there are enough.

    >>> shortage(Minimum(rows=30), positives=4, negatives=20)
    '24 rows, at least 30 needed'
    """
    for noun, have, need in (
        ("rows", positives + negatives, minimum.rows),
        ("positive rows", positives, minimum.positives),
        ("negative rows", negatives, minimum.negatives),
    ):
        if have < need:
            return f"{have} {noun}, at least {need} needed"
    return ""
