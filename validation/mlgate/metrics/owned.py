"""A user's own metric on every slice: its value for both models, and errors from a Poisson bootstrap.

Separate from ``grouped.py`` because nothing is known of such a metric but how to call it.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import ConfigError, DataError
from mlgate.inference.bootstrap import draws, errors_of_replicates
from mlgate.inference.influence import Weighing
from mlgate.metrics.metric import Own
from mlgate.records.run import Run
from mlgate.sentences import plural

__all__ = ["call_own", "settle_own"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def settle_own(
    run: Run,
    metric: Own,
    rows: tuple[NDArray[Any], ...],
    identity: NDArray[np.uint64] | None,
    code: Codes,
    slices: int,
    weights: Floats,
    weighing: Weighing | None,
) -> dict[str, Floats]:
    """Values and standard errors of all slices of a grouping.

    Parameters
    ----------
    run
        Says the number of replicates and the seed.
    metric
        Called with labels, answers as the model gave them, and weights: the row's own times how often it was drawn.
    rows
        Labels, champion's answers (the challenger's without a champion), challenger's answers, n of each.
    identity
        (n,) what is drawn: the unit, or the row.
    code, slices
        (n,) slice of each row, and their number.
    weights
        (n,) of the rows.
    weighing
        The same rows dealt to units; None when they have neither units nor weights.

    Raises
    ------
    ConfigError
        The metric raised, or gave something that is no number.
    DataError
        The rows have no identity.
    """
    if identity is None:
        raise DataError(f"{metric.name} is judged by drawing rows, but these have no identity; name a column of ids.")
    order = _order(rows, weights, identity, code)
    edges = np.searchsorted(code[order], np.arange(slices + 1))
    n = np.diff(edges).astype(np.float64)
    worth = n if weighing is None else weighing.effective
    found = {
        "rows": n,
        "values": np.full((slices, 2), np.nan),
        "errors": np.full((slices, 3), np.inf),
        "freedoms": np.zeros((slices, 3)),
        "sizes": np.repeat(worth[:, None], 3, axis=1),
    }
    for place in range(slices):
        inside = order[edges[place] : edges[place + 1]]
        if not len(inside):
            continue
        labels, first, second = (column[inside] for column in rows)
        sides = (first,) if rows[1] is rows[2] else (first, second)

        def values(weight: Floats) -> list[float]:
            return [call_own(metric, labels, side, weight) for side in sides] * (3 - len(sides))

        found["values"][place] = values(weights[inside])
        if n[place] < metric.minimum.rows or np.isnan(found["values"][place]).any():
            continue
        drawn = [values(weights[inside] * draws(identity[inside], one, run.seed)) for one in range(run.replicates)]
        units = n[place] if weighing is None else weighing.units[place]
        found["errors"][place] = errors_of_replicates(np.array(drawn), float(units))
        if np.isfinite(found["errors"][place]).all():
            found["freedoms"][place] = max(min(worth[place], run.replicates) - 1, 1e-9)
    return found


def _order(rows: tuple[NDArray[Any], ...], weights: Floats, identity: NDArray[np.uint64], code: Codes) -> Codes:
    """Rows by slice, then in an order that does not depend on the one they came in: a function may add up floats."""
    columns = [part for column in rows for part in (column.T if column.ndim > 1 else (column,))]
    return np.lexsort((*columns, weights, identity, code))


def call_own(metric: Own, labels: NDArray[Any], answers: NDArray[Any], weights: Floats) -> float:
    """The metric's value; NaN where it is undefined."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # Draws without a class are to be expected; what a library says of them would be said some hundred times.
            warnings.simplefilter("ignore")
            value = float(metric.of(labels, answers, weights))
    except ConfigError:
        raise
    except Exception as problem:  # whatever the user's code does, the sentence names it
        told = " ".join(f"{type(problem).__name__}: {problem}".split())[:200]
        raise ConfigError(
            f"{metric.name} broke down on {plural(len(labels), 'row')} ({told}); give nan where there is no value."
        ) from None
    return value if np.isfinite(value) else float("nan")
