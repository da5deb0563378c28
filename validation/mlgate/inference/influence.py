"""From influence values per row to standard errors per slice: independent rows, rows by class, units and weights.

The estimate of a smooth metric moves by the mean of its influence values (Hampel 1974), so its variance is theirs over
n; with units it is that of the units' totals (Liang and Zeger 1986, CR1). Sums are taken in fixed point relative to the
largest value of the slice, hence exact: neither the order of the rows nor what other slices hold can change a bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.fixed_point import exact_totals, fixed, fixed_between, largest_between, largest_of, levels
from mlgate.sums import cubed, cubed_between, sum_products, sum_products_between, totals

__all__ = [
    "Errors",
    "Weighing",
    "errors_of_rows",
    "errors_of_sums",
    "errors_of_units",
    "weigh",
]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Errors:
    """Standard errors per slice; columns are champion, challenger and pair (challenger - champion)."""

    #: (slices, 3)
    error: Floats
    #: (slices, 3)
    freedom: Floats
    #: (slices, 3) skewness of the estimate, E(x - E x)³ / error³; 0 where it was not asked for.
    skewness: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Weighing:
    """Rows of one grouping with their weights, by slice and unit; a row without a declared unit is one of its own."""

    #: (n,) the rows in the order of (slice, unit), which is that of all that follows; None where they were given so.
    order: Codes | None
    #: (n,) weights in fixed point, so that sums of them are exact.
    weights: Floats
    #: (n,) unit of each row; None when every row is its own.
    unit: Codes | None
    #: (slices + 1,) where each slice starts among the rows.
    edges: Codes
    #: (m,) where each (slice, unit) starts among the rows, and (slices + 1,) where each slice starts among those.
    starts: Codes
    unit_edges: Codes
    #: (slices,) sum of weights, number of units, and N² / Σ n_g².
    total: Floats
    units: Floats
    effective: Floats

    def spread(self, values: Floats) -> Floats:
        """What is said of each slice, (slices,), said of each row, (n,)."""
        return np.repeat(values, np.diff(self.edges))


def weigh(code: Codes, slices: int, weights: Floats, units: Codes | None, *, in_order: bool = False) -> Weighing:
    """Deal the rows of one grouping to units.

    Parameters
    ----------
    code
        (n,) slice of each row, from 0.
    slices
        Their number.
    weights
        (n,), multiples of a power of two.
    units
        (n,) unit of each row, numbered in an order that does not depend on the rows'; None: each row is one.
    in_order
        Whether the rows are given by slice and unit.
    """
    order = None
    if not in_order:
        order = np.argsort(code, kind="stable") if units is None else np.lexsort((units, code))
        code, weights, units = code[order], weights[order], None if units is None else units[order]
    edges = np.searchsorted(code, np.arange(slices + 1))
    if units is None:
        starts, sizes = np.arange(len(code)), weights
    else:
        new = np.ones(len(code), dtype=np.bool_)
        new[1:] = (code[1:] != code[:-1]) | (units[1:] != units[:-1])
        starts = np.flatnonzero(new)
        sizes = np.add.reduceat(weights, starts) if len(starts) else weights
    unit_edges = np.searchsorted(starts, edges)
    total = totals(sizes, unit_edges)
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = total**2 / exact_totals(sizes**2, unit_edges)
    return Weighing(
        order=order,
        weights=weights,
        unit=units,
        edges=edges,
        starts=starts,
        unit_edges=unit_edges,
        total=total,
        # Rows of no weight are no observations: a unit that holds nothing else must not count.
        units=totals((sizes > 0).astype(np.float64), unit_edges),
        effective=effective,
    )


def _moments(first: Floats, second: Floats, code: Codes, groups: int) -> tuple[NDArray[np.object_], Floats]:
    """Exact sums, squares and products per group, and the value of one unit of each."""
    (a, b), unit = fixed(code, groups, first, second)
    return sum_products(code, a, b, groups), unit


def _squares(sums: NDArray[np.object_]) -> NDArray[np.object_]:
    """Sums of squares of champion, challenger and their difference, from ``sum_products``."""
    return np.stack([sums[:, 2], sums[:, 4], sums[:, 2] - 2 * sums[:, 3] + sums[:, 4]], axis=1)


def errors_of_rows(
    champion: Floats,
    challenger: Floats,
    code: Codes,
    slices: int,
    labels: NDArray[np.int8] | None = None,
    *,
    skewed: Sequence[int] = (),
) -> Errors:
    """Standard errors when rows are independent.

    Parameters
    ----------
    champion, challenger
        (n,) influence values.
    code
        (n,) slice of each row.
    slices
        Their number.
    labels
        (n,) 0 or 1, where influence has mean 0 in each class: variances are then taken by class (DeLong, DeLong and
        Clarke-Pearson 1988) with Satterthwaite's degrees of freedom.
    skewed
        Places, in the columns of ``Errors``, whose skewness is asked for.
    """
    classes = 1 if labels is None else 2
    group = code if labels is None else code * 2 + labels
    sums, unit = _moments(champion, challenger, group, slices * classes)
    rows = np.bincount(group, minlength=slices * classes).reshape(slices, classes)
    thirds = {}
    for place in skewed:
        column = _column(champion, challenger, place)
        step = levels(largest_of(group, slices * classes, column))
        thirds[place] = cubed(group, np.rint(column / step[group]).astype(np.int64), slices * classes), step
    return errors_of_sums(sums, unit, rows, thirds)


def _column(champion: NDArray[Any], challenger: NDArray[Any], place: int) -> NDArray[Any]:
    return challenger - champion if place == 2 else (champion, challenger)[place]


def errors_of_sums(
    sums: NDArray[np.object_], unit: Floats, rows: NDArray[np.int64], thirds: Mapping[int, tuple[Floats, Floats]]
) -> Errors:
    """The same from exact sums of the influence of each slice's classes.

    Parameters
    ----------
    sums
        (slices · classes, 5) Python integers: sums of a, b, a², ab and b², as ``sum_products`` has them.
    unit
        (slices · classes,) what 1 in them stands for.
    rows
        (slices, classes) number of rows.
    thirds
        By place in the columns of ``Errors``: (slices · classes,) sums of (x - mean)³, and what 1 in such an x stands
        for.
    """
    whole = rows.ravel().astype(object)[:, None]
    firsts = np.stack([sums[:, 0], sums[:, 1], sums[:, 1] - sums[:, 0]], axis=1)
    # n Σf² - (Σf)² in whole numbers: nothing cancels, and equal values have exactly no variance.
    above = (whole * _squares(sums) - firsts**2).astype(np.float64) * unit[:, None] ** 2
    above = above.reshape(*rows.shape, 3)
    n = rows.astype(np.float64)[:, :, None]
    total = n.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(n > 1, above / (n - 1), np.inf) / total[:, None] ** 2
        variance = parts.sum(axis=1)
        below = np.where(parts > 0, parts**2 / (n - 1), 0.0).sum(axis=1)
        freedom = np.where(below > 0, variance**2 / below, n.min(axis=1) - 1)
    freedom = np.where(np.isfinite(variance), freedom, 0.0)
    return _with_skewness(np.sqrt(variance), freedom, total[:, 0], thirds)


def _with_skewness(
    error: Floats, freedom: Floats, below: Floats, thirds: Mapping[int, tuple[Floats, Floats]]
) -> Errors:
    """Errors of an average over ``below``; the third cumulants of a slice's independent parts add up."""
    skewness = np.zeros_like(error)
    for place, (moments, step) in thirds.items():
        with np.errstate(invalid="ignore", divide="ignore"):
            steps = step.reshape(len(error), -1) / (below * error[:, place])[:, None]
            found = (moments.reshape(len(error), -1) * steps**3).sum(axis=1)
        skewness[:, place] = np.where(np.isfinite(found), found, 0.0)
    return Errors(error=error, freedom=freedom, skewness=skewness)


def errors_of_units(
    champion: Floats, challenger: Floats, rows: Weighing, below: Floats, *, skewed: Sequence[int] = ()
) -> Errors:
    """Cluster-robust standard errors (CR1), weights included.

    Parameters
    ----------
    champion, challenger
        (n,) influence values, unweighted, in the order of the rows that ``weigh`` was given.
    rows
        The rows dealt to units.
    below
        (slices,) the sum of weights that the influence values are an average over.
    skewed
        Places, in the columns of ``Errors``, whose skewness is asked for.
    """
    if rows.order is not None:
        champion, challenger = champion[rows.order], challenger[rows.order]
    (a, b), unit = fixed_between(rows.edges, rows.weights * champion, rows.weights * challenger)
    if rows.unit is not None and len(rows.starts):
        a, b = (np.add.reduceat(column, rows.starts) for column in (a, b))
        # Totals of units are whole numbers already, but may be too long for exact squares.
        (a, b), again = fixed_between(rows.unit_edges, a.astype(np.float64), b.astype(np.float64))
        unit = unit * again
    sums = sum_products_between(rows.unit_edges, a, b)
    squares = _squares(sums).astype(np.float64) * unit[:, None] ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        correction = np.where(rows.units > 1, rows.units / (rows.units - 1), np.inf)
        variance = (correction / below**2)[:, None] * squares
        variance = np.where((rows.units > 1)[:, None], variance, np.inf)
    freedom = np.where(rows.units > 1, np.maximum(rows.effective - 1, 1e-9), 0.0)
    thirds = {}
    for place in skewed:
        column = _column(a, b, place).astype(np.float64)
        step = levels(largest_between(rows.unit_edges, column))
        whole = np.rint(column / np.repeat(step, np.diff(rows.unit_edges))).astype(np.int64)
        thirds[place] = cubed_between(rows.unit_edges, whole), step * unit
    return _with_skewness(np.sqrt(variance), np.repeat(freedom[:, None], 3, axis=1), below, thirds)
