"""Batches to a tally: the only stage that sees rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mlgate.errors import DataError
from mlgate.metrics import MeanLoss, Ranking, find
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.slices import assign
from mlgate.tables import Tally, count, merge

__all__ = ["add_up"]


def add_up(run: Run, batches: Iterable[Batch]) -> Tally:
    """The tally of all rows: joint decisions, exact loss sums and, where a ranking metric asks for them, scores.

    Parameters
    ----------
    run
        Says which slices, metrics and threshold.
    batches
        Rows in any order and any partition; the tally is the same to the bit.

    Raises
    ------
    DataError
        There are no rows, a label is neither 0 nor 1, a score is not a number in [0, 1], or a slice cannot be formed.
    """
    metrics = [find(name) for name in run.metrics()]
    losses = [metric.name for metric in metrics if isinstance(metric, MeanLoss)] if run.scores else []
    ranks = run.scores and any(isinstance(metric, Ranking) for metric in metrics)
    return merge(
        count(
            _checked(batch),
            assign(run.groupings, batch.columns, len(batch.labels)),
            threshold=run.threshold,
            losses=losses,
            ranks=ranks,
        )
        for batch in batches
    )


def _checked(batch: Batch) -> Batch:
    """The batch itself, once it is known that no number in it can poison a sum."""
    rows = len(batch.labels)
    if not np.isin(batch.labels, (0, 1)).all():
        raise DataError("a label is neither 0 nor 1; only binary labels can be added up.")
    for role, scores in (("champion", batch.champion), ("challenger", batch.challenger)):
        if scores is None:
            continue
        if len(scores) != rows:
            raise DataError(
                f"the {role} gave {len(scores)} scores for {rows} rows; models are compared on the same rows only."
            )
        illegal = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
        if len(illegal):
            raise DataError(
                f"the {role}'s score of row {illegal[0] + 1} is {scores[illegal[0]]}; scores are numbers in [0, 1]."
            )
    return batch
