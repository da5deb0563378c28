"""Batches to a tally: the first of the two stages that see rows.

Answers become decisions, hits and fixed-point losses here; from then on everything is an integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.counting import Counted, count
from mlgate.errors import DataError
from mlgate.metrics import Flips, Hits, MeanLoss, Metric, Own, Ranking, find, needs_scores
from mlgate.metrics.answering import answers_of, check_batch
from mlgate.records.rows import Answers, Batch, Coded
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.slices import assign, ensure_few
from mlgate.tables import LARGEST, Rows, Tally, merge

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
    tally = merge(_count(run, metrics, batch) for batch in batches)
    ensure_few(run.groupings, tally.groupings)
    return tally


def _count(run: Run, metrics: Sequence[Metric], batch: Batch) -> Tally:
    check_batch(run, batch)
    batch = _that_count(batch)
    membership = assign(run.groupings, batch.columns, len(batch.labels))
    losses = {metric.name: scale_of(run, metric) for metric in metrics if isinstance(metric, MeanLoss)}
    hits = [metric.name for metric in metrics if isinstance(metric, (Hits, Flips))]
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
            money=batch.money if grouped or baseline or needed else None,
            baseline=batch.baseline if baseline else None,
        )
    return count(
        membership,
        lambda rows: _counted(run, metrics, losses, _part(batch, rows)),
        paired=batch.champion is not None,
        classes=_classes(run),
        hits=hits,
        scales=losses,
        kept=kept,
    )


def _counted(run: Run, metrics: Sequence[Metric], scales: Mapping[str, int], rows: Batch) -> Counted:
    """Decisions, hits and fixed-point losses of some rows."""
    challenger = answers_of(run, rows, "challenger")
    champion = challenger if rows.champion is None else answers_of(run, rows, "champion")
    return Counted(
        cell=_cells(_classes(run), champion, challenger),
        hits={one.name: _hits(one, champion, challenger) for one in metrics if isinstance(one, (Hits, Flips))},
        losses={
            one.name: _fixed(one, scales[one.name], champion, challenger)
            for one in metrics
            if isinstance(one, MeanLoss)
        },
    )


def _that_count(batch: Batch) -> Batch:
    """The batch without the rows that weigh nothing: they are no observations, and must not make a minimum size."""
    if batch.weights is None or (batch.weights > 0).all():
        return batch
    inside = np.flatnonzero(batch.weights > 0)
    columns = {name: Coded(codes=one.codes[inside], values=one.values) for name, one in batch.columns.items()}
    return _part(batch, inside, columns)


def _part(batch: Batch, rows: slice | NDArray[np.intp], columns: Mapping[str, Coded] | None = None) -> Batch:
    """Some rows of a batch, with the columns that slices read only where they are given."""

    def some(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[rows]

    return Batch(
        labels=batch.labels[rows],
        champion=some(batch.champion),
        challenger=batch.challenger[rows],
        columns=columns or {},
        identity=some(batch.identity),
        units=some(batch.units),
        weights=some(batch.weights),
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
    second = _whole(metric.of(challenger), scale)
    first = second if champion is challenger else _whole(metric.of(champion), scale)
    largest = max(float(np.abs(part).max(initial=0.0)) for part in (first, second, second - first))
    if not largest <= LARGEST:
        raise DataError(
            f"{metric.name} reaches {np.ldexp(largest, -scale):.4g}, which is beyond the range fixed for this run; fix "
            "the scale from all rows."
        )
    return first.astype(np.int64), second.astype(np.int64)


def _whole(losses: NDArray[np.float64], scale: int) -> NDArray[np.float64]:
    """Losses as whole numbers of units of 2^-scale."""
    # A product is the same to the bit, and a tenth of the work, where the power itself is a number.
    scaled = losses * 2.0 ** scale if abs(scale) < 1000 else np.ldexp(losses, scale)
    return np.rint(scaled, out=scaled)
