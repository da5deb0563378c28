"""The baseline: what a comparison with no model at all would answer, in the champion's place.

A model that does not beat the same answer for every row has learnt nothing. The constant is fitted on the very rows
that it is judged on, which favours it a little; a column of the user's (such as the last value) is taken as it is.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.metrics import find
from mlgate.metrics.scales import scales_of
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.tables import Rows, Tally

__all__ = ["against_baseline"]


def against_baseline(run: Run, tally: Tally) -> tuple[Run, Batch]:
    """The run and the one batch that compare the challenger with the baseline, over all rows only.

    Parameters
    ----------
    run
        Some of its requirements speak of the baseline.
    tally
        Of the base case, with its rows.

    Raises
    ------
    DataError
        The run names a column as baseline, but the rows came without it.
    """
    rows = tally.kept
    assert rows is not None  # add_up keeps them whenever a requirement speaks of the baseline
    batch = Batch(
        labels=rows.labels,
        champion=_answers(run, rows),
        challenger=rows.challenger,
        columns={},
        identity=rows.identity,
        units=rows.units,
        weights=rows.weights,
        money=rows.money,
    )
    plain = dataclasses.replace(
        run,
        requirements=tuple(one for one in run.requirements if one.than == "baseline"),
        groupings=(),
        gaps=(),
        oddity=None,
        # The base rate decides for the more frequent class, wherever the models' threshold lies.
        champion_threshold=0.5,
    )
    metrics = tuple(find(name, plain) for name in plain.metrics())
    return dataclasses.replace(plain, scales=scales_of(plain, metrics, batch)), batch


def _answers(run: Run, rows: Rows) -> NDArray[np.float64] | NDArray[np.int32]:
    if run.baseline:
        if rows.baseline is None:
            raise DataError(f"the baseline column {run.baseline!r} did not come with the rows; it must be in the data.")
        return rows.baseline
    weights = np.ones(len(rows.labels)) if rows.weights is None else rows.weights
    if run.task is not Task.MULTICLASS:
        return np.full(len(rows.labels), _mean(rows.labels.astype(np.float64), weights))
    shares = np.array([math.fsum(weights[rows.labels == one]) for one in range(len(run.classes))]) / math.fsum(weights)
    if rows.challenger.ndim == 1:
        return np.full(len(rows.labels), int(np.argmax(shares)), dtype=np.int32)
    return np.broadcast_to(shares, (len(rows.labels), len(run.classes)))


def _mean(labels: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Weighted mean that does not depend on the order of the rows: ``fsum`` is exact."""
    return math.fsum(labels * weights) / math.fsum(weights)
