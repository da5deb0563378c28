"""How the estimates of groups hang together when units belong to several of them.

The rows of a household, a customer or a school may lie in several groups. What moves the estimate of one group then
moves that of the other too, and the gap between them is known better, or worse, than two independent estimates say. The
covariance is that of the units' total influence in each group (Liang and Zeger 1986, as for one estimate).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.fixed_point import exact_sums
from mlgate.inference.table_pairs import PSEUDO_ROWS
from mlgate.metrics.answering import answers_of
from mlgate.metrics.metric import Confusion, Hits, MeanLoss, Metric, quotient
from mlgate.records.rows import Answers, Batch
from mlgate.records.run import Run
from mlgate.tables import Rows, Tally

__all__ = ["correlations"]

Floats = NDArray[np.float64]

#: A correlation estimated from few units may come out as 1, and a gap would then have no width at all.
MOST = 0.95


def correlations(run: Run, metric: Metric, tally: Tally, number: int, places: Sequence[int]) -> Floats | None:
    """Correlation of the groups' estimates under each model, (models, k, k).

    Parameters
    ----------
    run
        Says the task and the thresholds.
    metric
        A rate of decisions, a share of hits or a mean.
    tally
        With its rows, where units are declared.
    number, places
        The grouping, counted from 1, and its k groups among the tally's slices.

    Returns
    -------
    Floats or None
        Challenger, champion and challenger - champion; None where no unit has rows in two groups.
    """
    kept = tally.kept
    if kept is None or kept.units is None:
        return None
    table = np.full(len(tally.slices) + 1, -1, dtype=np.intp)
    table[list(places)] = np.arange(len(places))
    code = table[kept.codes[:, number]]
    inside = np.flatnonzero(code >= 0)
    code, units = code[inside], np.unique(kept.units[inside], return_inverse=True)[1]
    if not _shared(code, units):
        return None
    weights = np.ones(len(inside)) if kept.weights is None else kept.weights[inside]
    influences = [_influence(metric, side, code, len(places), weights) for side in _answers(run, kept, inside)]
    if len(influences) > 1:
        influences.append(influences[0] - influences[1])
    return np.array([_correlation(weights * one, code, units, len(places)) for one in influences])


def _shared(code: NDArray[np.intp], units: NDArray[np.intp]) -> bool:
    """Whether some unit has rows in two groups."""
    groups = int(code.max(initial=0)) + 1
    cells = np.unique(units * groups + code)
    return len(cells) > int(units.max(initial=-1)) + 1


def _answers(run: Run, kept: Rows, inside: NDArray[np.intp]) -> list[Answers]:
    """The challenger's answers and, where there is one, the champion's."""

    def some(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[inside]

    challenger = some(kept.challenger)
    assert challenger is not None  # every row has one
    batch = Batch(labels=kept.labels[inside], champion=some(kept.champion), challenger=challenger, columns={})
    roles = ("challenger",) if batch.champion is None else ("challenger", "champion")
    return [answers_of(run, batch, role) for role in roles]


def _influence(metric: Metric, side: Answers, code: NDArray[np.intp], groups: int, weights: Floats) -> Floats:
    """Influence of each row on its group's value, (n,)."""
    if isinstance(metric, Confusion):
        assert side.decisions is not None  # rates are of decisions
        label, decision = side.labels, side.decisions
        if metric.of_class is not None:
            label, decision = label == metric.of_class, decision == metric.of_class
        cell = 2 * label.astype(np.intp) + decision.astype(np.intp)
        flat = exact_sums(weights, 4 * code + cell, 4 * groups).reshape(groups, 4)
        # Pseudo rows weigh what rows weigh on average.
        unit = quotient(exact_sums(weights, code, groups), np.bincount(code, minlength=groups).astype(np.float64))
        smoothed = flat + PSEUDO_ROWS / 4 * np.nan_to_num(unit)[:, None]
        found: Floats = np.nan_to_num(metric.influence(smoothed))[code, cell]
        return found
    assert isinstance(metric, (Hits, MeanLoss))
    values = np.asarray(metric.of(side), dtype=np.float64)
    total = exact_sums(weights, code, groups)
    mean = np.nan_to_num(quotient(exact_sums(weights * values, code, groups), total))
    scale = 2 * np.sqrt(mean) if isinstance(metric, MeanLoss) and metric.root else np.ones(groups)
    influence: Floats = (values - mean[code]) / np.where(scale > 0, scale, 1.0)[code]
    return influence


def _correlation(influence: Floats, code: NDArray[np.intp], units: NDArray[np.intp], groups: int) -> Floats:
    from scipy.sparse import csr_array

    # Sums within units are exact and units come in the order of their hashes, so the order of the rows is no matter.
    cells, where = np.unique(units * groups + code, return_inverse=True)
    totals = exact_sums(influence, where, len(cells))
    shape = (int(units.max(initial=-1)) + 1, groups)
    members = csr_array((totals, (cells // groups, cells % groups)), shape=shape)
    products = (members.T @ members).toarray()
    errors = np.sqrt(np.diag(products))
    sizes = np.outer(errors, errors)
    found = np.divide(products, sizes, out=np.zeros_like(products), where=sizes > 0)
    held: Floats = np.clip(found, -1.0, MOST)
    return held
