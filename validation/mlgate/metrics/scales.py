"""Fixed-point scales of losses that have no natural range, from the rows that will be added up.

Separate from adding up because a scale must be known before the first batch is counted, and must be the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError, ModelError
from mlgate.metrics.answering import answers_of
from mlgate.metrics.metric import MeanLoss, Metric
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.tables import LARGEST

__all__ = ["scales_of"]

#: Losses from which on their squares and cubes, which intervals are made of, would be no numbers.
BIGGEST = 1e100
#: Rows that are looked at a time.
_CHUNK = 1 << 18


def scales_of(run: Run, metrics: tuple[Metric, ...], *batches: Batch) -> tuple[tuple[str, int], ...]:
    """For every loss without a natural range the largest power of two that keeps it within fixed point.

    Neither model's loss, nor the difference of the two, may exceed ``LARGEST``; the order of the rows is of no account.

    Parameters
    ----------
    run
        Says the task and the thresholds.
    metrics
        Of the run; those with a range of their own are left out.
    batches
        All rows with the answers of both models, finite.

    Raises
    ------
    DataError
        A loss of some row is so large that no interval can be calculated.
    ModelError
        The same of the challenger, where the champion's losses are none too large.
    """
    unbounded = [metric for metric in metrics if isinstance(metric, MeanLoss) and metric.scale is None]
    largest = dict.fromkeys((metric.name for metric in unbounded), 0.0)
    shared = dict.fromkeys(largest, False)
    for part in _parts(batches) if unbounded else ():
        challenger = answers_of(run, part, "challenger")
        champion = None if part.champion is None else answers_of(run, part, "champion")
        for metric in unbounded:
            with np.errstate(over="ignore", invalid="ignore"):  # told below, once and in words
                second = metric.of(challenger)
                first = second if champion is None else metric.of(champion)
                sizes = [float(np.abs(values).max(initial=0.0)) for values in (first, second, second - first)]
            largest[metric.name] = max(largest[metric.name], *sizes)
            shared[metric.name] |= champion is None or not sizes[0] < BIGGEST
    for name, size in largest.items():
        if not size < BIGGEST:
            said = f"{name} is too large for a number; look at the largest predictions, or leave {name} out."
            raise DataError(said) if shared[name] else ModelError(f"the challenger's {said}", role="challenger")
    # A little below, so that rounding to whole units cannot lift the largest over the limit.
    limit = LARGEST * (1 - 2.0**-20)
    return tuple((name, int(np.floor(np.log2(limit / size))) if size > 0 else 0) for name, size in largest.items())


def _parts(batches: Iterable[Batch]) -> Iterator[Batch]:
    for batch in batches:
        for start in range(0, len(batch.labels), _CHUNK):
            yield _part(batch, slice(start, start + _CHUNK))


def _part(batch: Batch, rows: slice) -> Batch:
    # Rows that weigh nothing are left out of every sum.
    chosen = np.arange(len(batch.labels))[rows]
    if batch.weights is not None:
        chosen = chosen[batch.weights[rows] > 0]

    def cut(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[chosen]

    return Batch(
        labels=batch.labels[chosen],
        champion=cut(batch.champion),
        challenger=batch.challenger[chosen],
        columns={},
        money=cut(batch.money),
    )
