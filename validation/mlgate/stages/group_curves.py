"""Curves of every group: how its scores keep what they promise, and its ROC curve, for both models.

Separate from ``group_exhibits``, which shows what is judged: curves are made of counts in bins (``group_bins``), decide
nothing, and are only of those groups that have enough rows to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.group_bins import TENTHS, GroupScores, edges_of, tenths_of
from mlgate.inference.group_table import MODELS, GroupTable
from mlgate.inference.proportions import wilson_interval
from mlgate.records.decision import Exhibit
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.tables import SCORE_SCALE

__all__ = ["curves"]

Cell = str | float | int | None

#: Groups of an attribute whose curves are drawn: those with the most rows, of at least so many in each class.
MOST_CURVES, LEAST_CURVE = 6, 20
#: Points of a curve that are kept; more are not seen.
MOST_POINTS = 40


def curves(
    run: Run, scores: GroupScores, tables: Sequence[GroupTable], titles: Mapping[str, str]
) -> tuple[Exhibit, ...]:
    """Reliability and ROC of the groups with the most rows, for both models; from bins, so rows are not needed."""
    if run.task is not Task.BINARY or not scores.counts.shape[-1]:
        return ()
    reliability: list[tuple[Cell, ...]] = []
    roc: list[tuple[Cell, ...]] = []
    edges = edges_of(run)
    for table in tables:
        if table.metric != "selection_rate":
            continue
        for name in _drawn(table, scores):
            place = scores.slices.index(name)
            for model in range(len(scores.counts)):
                who = (table.attribute, name, titles.get(name, name), MODELS[model])
                counts = scores.counts[model, place]
                reliability += [
                    (*who, *cells) for cells in _reliability(counts, scores.sums[model, place], edges, run.confidence)
                ]
                roc += [(*who, *cells) for cells in _roc(counts, edges)]
    first = ("attribute", "group", "group_title", "model")
    bins = ("bin_low", "bin_high", "rows", "mean_score", "observed", "low", "high")
    points = ("threshold", "false_positive_rate", "true_positive_rate")
    return (
        Exhibit(name="group_reliability", columns=first + bins, rows=tuple(reliability)),
        Exhibit(name="group_roc", columns=first + points, rows=tuple(roc)),
    )


def _drawn(table: GroupTable, scores: GroupScores) -> list[str]:
    able = [
        (int(table.rows[at]), name)
        for at, name in enumerate(table.groups)
        if scores.counts[0, scores.slices.index(name)].sum(axis=1).min() >= LEAST_CURVE
    ]
    kept = {name for _, name in sorted(able, key=lambda one: (-one[0], one[1]))[:MOST_CURVES]}
    return [name for name in table.groups if name in kept]


def _reliability(
    counts: NDArray[np.int64], sums: NDArray[np.int64], edges: NDArray[np.float64], confidence: float
) -> list[tuple[Cell, ...]]:
    starts = np.searchsorted(tenths_of(edges), np.arange(TENTHS))
    n, hits = np.add.reduceat(counts.sum(axis=0), starts), np.add.reduceat(counts[1], starts)
    low, high = wilson_interval(hits, n, confidence)
    rows: list[tuple[Cell, ...]] = []
    for tenth in np.flatnonzero(n):
        ends, size = (float(tenth) / TENTHS, float(tenth + 1) / TENTHS), int(n[tenth])
        score, seen = int(sums[tenth]) / (SCORE_SCALE * size), int(hits[tenth]) / size
        rows.append((*ends, size, score, seen, float(low[tenth]), float(high[tenth])))
    return rows


def _roc(counts: NDArray[np.int64], edges: NDArray[np.float64]) -> list[tuple[Cell, ...]]:
    """Points (threshold, false, true positive rate) from the highest threshold down, where the curve moves."""
    negatives, positives = (int(part.sum()) for part in counts)
    above = np.cumsum(counts[:, ::-1], axis=1)
    lows = np.r_[0.0, edges][::-1]
    moved = np.flatnonzero(counts[:, ::-1].sum(axis=0))
    if len(moved) > MOST_POINTS:
        moved = moved[np.unique(np.linspace(0, len(moved) - 1, MOST_POINTS).round().astype(int))]
    points: list[tuple[Cell, ...]] = [(None, 0.0, 0.0)]
    for place in moved:
        points.append((float(lows[place]), int(above[0, place]) / negatives, int(above[1, place]) / positives))
    return points
