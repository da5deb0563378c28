"""Ranking metrics on all slices of a grouping, from rows that were sorted once for all groupings.

Separate from ``settle.py`` because only metrics that rank need it, and from ``dealing.py``, which brings a few slices'
rows in order: here is what is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.influence import Errors, Weighing, errors_of_rows, errors_of_units
from mlgate.metrics.dealing import Dealt, Stretch, deal, rows_of, stretches
from mlgate.metrics.in_order import InStep
from mlgate.metrics.metric import Ranking, Sorted, quotient
from mlgate.metrics.placements import Products, areas, no_products, placements, products
from mlgate.scipy_parts import ndtri
from mlgate.sums import totals

__all__ = ["Weighed", "rank"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: z of the two-sided 95 % interval.
_Z = float(ndtri(0.975))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Weighed:
    """Rows of a grouping's slices that have weights or belong to units."""

    #: (n,) number of each row, by slice and unit.
    rows: Codes
    #: of the same rows, in that order.
    weighing: Weighing


def rank(
    metrics: Sequence[Ranking],
    orders: Mapping[str, InStep],
    code: Codes,
    slices: int,
    weighed: Weighed | None,
) -> dict[str, dict[str, Floats]]:
    """Columns of ``Summary`` for each metric.

    Parameters
    ----------
    metrics
        Of any keys.
    orders
        By key, all rows sorted by each model (the last is the challenger).
    code
        (n,) slice of each row; -1 for none.
    slices
        Their number.
    weighed
        The rows that are in a slice; None when they have neither units nor weights.
    """
    found: dict[str, dict[str, Floats]] = {}
    for key in dict.fromkeys(metric.key for metric in metrics):
        chosen = [metric for metric in metrics if metric.key == key]
        found |= _rank_by(chosen, orders[key], code, slices, weighed)
    return found


def _rank_by(
    metrics: Sequence[Ranking], orders: InStep, code: Codes, slices: int, weighed: Weighed | None
) -> dict[str, dict[str, Floats]]:
    """The same for metrics of one key."""
    first = orders.models[0]
    dealt = deal(first.rows, code, slices)
    found = {metric.name: _blank(dealt) for metric in metrics}
    held = {metric.name: np.zeros((2, len(code))) for metric in metrics if weighed is not None}
    plain = weighed is None and first.weights is None
    counted = [metric for metric in metrics if metric.area and plain]
    general = [metric for metric in metrics if metric not in counted]
    everything, rarer = no_products(slices), np.ones(slices)
    for stretch in stretches(orders, dealt):
        if counted:
            everything.fill(stretch.slices, _products(orders, stretch))
        sides = [rows_of(order, stretch, model) for model, order in enumerate(orders.models) if general]
        numbers = first.rows[stretch.places] if weighed is not None else None
        if numbers is not None:
            rarer[stretch.slices] = _rarer(sides[0])
        for metric in general:
            columns = {name: values[stretch.slices] for name, values in found[metric.name].items()}
            influences = _influences(metric, sides, stretch, columns)
            if numbers is not None:
                held[metric.name][0, numbers], held[metric.name][1, numbers] = influences[0], influences[-1]
            else:
                _fill(columns, metric, sides[0], influences)
    for metric in counted:
        columns = found[metric.name]
        columns["values"][:], errors = areas(everything)
        rarer_rows, every = everything.rows.min(axis=1), everything.rows.sum(axis=1)
        _put(columns, errors, np.where(rarer_rows > 0, rarer_rows, every).astype(np.float64))
    if weighed is not None:
        for metric in metrics:
            champion, challenger = (side.take(weighed.rows) for side in held[metric.name])
            weighing = weighed.weighing
            errors = errors_of_units(champion, challenger, weighing, weighing.total, skewed=_skewed(metric))
            _put(found[metric.name], errors, weighing.effective * rarer)
    return {metric.name: _finished(metric, found[metric.name]) for metric in metrics}


def _products(orders: InStep, stretch: Stretch) -> Products:
    """Sums and products of placements by both models, for ROC AUC."""
    labels = stretch.of(orders.models[0].labels, 0)
    found = []
    for model, order in enumerate(orders.models):
        own = labels
        if model:  # the same rows have the same labels
            own = order.labels if stretch.across is None else labels.take(stretch.across)
        levels = None if order.levels is None else stretch.of(order.levels, model)
        found.append(stretch.beside(placements(own, stretch.starts, levels), model))
    return products(found[0], found[-1], labels, stretch.starts)


def _influences(
    metric: Ranking, models: Sequence[Sorted], stretch: Stretch, columns: dict[str, Floats]
) -> list[Floats]:
    """Influence by each model, rows in the first model's order; values and steps are filled in."""
    sides = []
    for model, rows in enumerate(models):
        value, influence = metric.of(rows)
        columns["values"][:, model:] = value[:, None]
        influence = np.where(np.isnan(value[rows.slices]), 0.0, influence)
        sides.append(stretch.beside(influence, model))
    if metric.step is not None:
        columns["step"][:] = metric.step(models[-1])
    return sides


def _blank(dealt: Dealt) -> dict[str, Floats]:
    slices = len(dealt.sizes)
    widths = {"values": 2, "errors": 3, "freedoms": 3, "skewness": 3, "sizes": 3}
    empty = {name: np.full((slices, width), np.nan) for name, width in widths.items()}
    return {"rows": dealt.sizes.astype(np.float64), "step": np.zeros(slices), **empty}


def _fill(columns: dict[str, Floats], metric: Ranking, rows: Sorted, sides: Sequence[Floats]) -> None:
    """Errors of independent rows, and how many rows there are to speak of."""
    slices = len(rows.starts) - 1
    labels = rows.labels if metric.by_class else None
    errors = errors_of_rows(sides[0], sides[-1], rows.slices, slices, labels, skewed=_skewed(metric))
    _put(columns, errors, np.diff(rows.starts) * _rarer(rows))


def _skewed(metric: Ranking) -> tuple[int, ...]:
    """Whose skewness is asked for: a value within a range has a logit for its own."""
    return (0, 1, 2) if metric.span is None else (2,)


def _rarer(rows: Sorted) -> Floats:
    """The rarer class's share of the rows of each slice, which a ranking stands on; 1 where no two classes are."""
    if rows.labels.dtype != np.int8:
        return np.ones(len(rows.starts) - 1)
    whole, positive = (totals(part, rows.starts) for part in (rows.weights, rows.weights * (rows.labels == 1)))
    share = np.nan_to_num(quotient(np.minimum(positive, whole - positive), whole))
    return np.where(share > 0, share, 1.0)


def _put(columns: dict[str, Floats], errors: Errors, sizes: Floats) -> None:
    columns["errors"][:], columns["freedoms"][:] = errors.error, errors.freedom
    columns["skewness"][:] = errors.skewness
    columns["sizes"][:] = sizes[:, None]


def _finished(metric: Ranking, columns: dict[str, Floats]) -> dict[str, Floats]:
    step = columns.pop("step")
    if metric.step is not None:
        # As if z² / 2 rows each way were one model's alone: where none are, the limits are those of Tango's interval.
        alone = columns["errors"][:, 2].copy()
        columns["errors"][:, 2] = np.hypot(alone, _Z * step)
        # These go either way, and leave the third moment alone.
        with np.errstate(invalid="ignore"):  # errors without degrees of freedom are infinite
            columns["skewness"][:, 2] *= np.nan_to_num(quotient(alone, columns["errors"][:, 2])) ** 3
    return columns
