"""Batches to a tally: the first of the two stages that see rows.

Answers become decisions, hits and fixed-point losses here; from then on everything is an integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.metrics import Flips, Hits, MeanLoss, Metric, Own, Ranking, find, needs_scores
from mlgate.metrics.answering import answers_of, check_batch
from mlgate.records.rows import Answers, Batch, Coded
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.slices import assign
from mlgate.tables import LARGEST, Rows, Tally, count, merge

__all__ = ["add_up"]

Fixed = tuple[NDArray[np.int64], NDArray[np.int64]]


def add_up(run: Run, batches: Iterable[Batch]) -> Tally:
    """The tally of all rows: joint decisions, hits, exact loss sums and, where a metric needs them, the rows.

    Parameters
    ----------
    run
        Says the task, slices, metrics and thresholds.
    batches
        Rows in any order and any partition; the tally is the same to the bit.

    Raises
    ------
    DataError
        There are no rows, a label or an answer is not legal, a loss exceeds its fixed scale, or a slice cannot be
        formed.
    """
    metrics = [find(name, run) for name in run.metrics()]
    if not run.scores:
        metrics = [metric for metric in metrics if not needs_scores(metric)]
    return merge(_count(run, metrics, batch) for batch in batches)


def _count(run: Run, metrics: Sequence[Metric], batch: Batch) -> Tally:
    check_batch(run, batch)
    batch = _that_count(batch)
    challenger = answers_of(run, batch, "challenger")
    champion = challenger if batch.champion is None else answers_of(run, batch, "champion")
    membership = assign(run.groupings, batch.columns, len(batch.labels))
    hits = {metric.name: _hits(metric, champion, challenger) for metric in metrics if isinstance(metric, (Hits, Flips))}
    losses = [metric for metric in metrics if isinstance(metric, MeanLoss)]
    scales = {metric.name: scale_of(run, metric) for metric in losses}
    fixed = {metric.name: _fixed(metric, scales[metric.name], champion, challenger) for metric in losses}
    grouped = batch.units is not None or batch.weights is not None
    kept = None
    baseline = any(requirement.than == "baseline" for requirement in run.requirements)
    needed = any(isinstance(metric, (Ranking, Own)) or metric.minimum.carrying for metric in metrics)
    if grouped or baseline or needed:
        kept = Rows(
            codes=membership.codes,
            labels=batch.labels,
            champion=batch.champion,
            challenger=batch.challenger,
            identity=batch.identity if any(isinstance(metric, Own) for metric in metrics) else None,
            units=batch.units,
            weights=batch.weights,
            money=batch.money if grouped or baseline else None,
            baseline=batch.baseline if baseline else None,
        )
    return count(
        membership,
        paired=batch.champion is not None,
        classes=_classes(run),
        cell=_cells(_classes(run), champion, challenger),
        hits=hits,
        losses=fixed,
        scales=scales,
        kept=kept,
    )


def _that_count(batch: Batch) -> Batch:
    """The batch without the rows that weigh nothing: they are no observations, and must not make a minimum size."""
    if batch.weights is None or (batch.weights > 0).all():
        return batch
    inside = np.flatnonzero(batch.weights > 0)

    def some(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[inside]

    return Batch(
        labels=batch.labels[inside],
        champion=some(batch.champion),
        challenger=batch.challenger[inside],
        columns={name: Coded(codes=one.codes[inside], values=one.values) for name, one in batch.columns.items()},
        identity=some(batch.identity),
        units=some(batch.units),
        weights=batch.weights[inside],
        money=some(batch.money),
        baseline=some(batch.baseline),
    )


def _classes(run: Run) -> int:
    return {Task.BINARY: 2, Task.MULTICLASS: len(run.classes), Task.REGRESSION: 0}[run.task]


def _cells(classes: int, champion: Answers, challenger: Answers) -> NDArray[np.int64] | None:
    if champion.decisions is None or challenger.decisions is None:
        return None
    labels = champion.labels.astype(np.int64)
    cell: NDArray[np.int64] = (labels * classes + champion.decisions) * classes + challenger.decisions
    return cell


def _hits(metric: Hits | Flips, champion: Answers, challenger: Answers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if isinstance(metric, Hits):
        return metric.of(champion), metric.of(challenger)
    assert champion.decisions is not None and challenger.decisions is not None  # only regression has none, and no flips
    flipped = metric.of(champion.decisions, challenger.decisions)
    return np.zeros_like(flipped), flipped


def scale_of(run: Run, metric: MeanLoss) -> int:
    """Power of two of a loss's fixed point.

    Raises
    ------
    DataError
        The loss has no natural range, and none was fixed in the run.
    """
    if metric.scale is not None:
        return metric.scale.bit_length() - 1
    declared = dict(run.scales)
    if metric.name not in declared:
        raise DataError(f"{metric.name} has no natural range; fix its scale in the run before rows are added up.")
    return declared[metric.name]


def _fixed(metric: MeanLoss, scale: int, champion: Answers, challenger: Answers) -> Fixed:
    first = np.rint(np.ldexp(metric.of(champion), scale)) if champion is not challenger else None
    second = np.rint(np.ldexp(metric.of(challenger), scale))
    first = second if first is None else first
    largest = max(float(np.abs(part).max(initial=0.0)) for part in (first, second, second - first))
    if not largest <= LARGEST:
        raise DataError(
            f"{metric.name} reaches {np.ldexp(largest, -scale):.4g}, which is beyond the range fixed for this run; fix "
            "the scale from all rows."
        )
    return first.astype(np.int64), second.astype(np.int64)
