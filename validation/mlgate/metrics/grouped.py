"""Metrics of tables and sums over rows that have weights or belong to units: values and influence row by row.

Without weights and units these metrics are read off exact sums; with them, the influence of every row is needed, so
that it can be added up within units. The definitions are the metrics' own; nothing is defined here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import scaled
from mlgate.inference.fixed_point import exact_sums, exact_totals, largest_of
from mlgate.inference.influence import Weighing, errors_of_units, weigh
from mlgate.inference.table_pairs import PSEUDO_ROWS, even_squares, heaviest, pseudo_squares, smooth
from mlgate.metrics.metric import ClassTable, Confusion, Flips, Hits, MeanLoss, Metric, quotient
from mlgate.records.rows import Answers
from mlgate.scipy_parts import ndtri, stdtrit
from mlgate.sums import totals

__all__ = ["grouped_shares", "grouped_values", "is_share", "weight_by_class"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def is_share(metric: Metric) -> bool:
    """Whether a metric is a share of the same rows for both models, so that score intervals apply."""
    return isinstance(metric, (Hits, Flips)) or isinstance(metric, Confusion) and metric.paired


def _outcomes(
    metric: Metric, champion: Answers | None, challenger: Answers
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Per row: whether it is counted, whether it is a hit of the champion, and of the challenger."""
    first = challenger if champion is None else champion
    everywhere = np.ones(len(challenger.labels), dtype=np.bool_)
    if isinstance(metric, Hits):
        return everywhere, metric.of(first), metric.of(challenger)
    if isinstance(metric, Flips):
        assert first.decisions is not None and challenger.decisions is not None  # only regression has none
        flipped = metric.of(first.decisions, challenger.decisions)
        return everywhere, np.zeros_like(flipped), flipped
    assert isinstance(metric, Confusion) and metric.hit is not None and metric.among is not None
    hit, among = np.array(metric.hit, dtype=np.bool_), np.array(metric.among, dtype=np.bool_)
    cells = [_cell(metric, side) for side in (first, challenger)]
    return among[cells[0]], hit[cells[0]], hit[cells[1]]


def _cell(metric: Confusion, side: Answers) -> NDArray[np.int8]:
    """Index of (label, decision) among the four cells; with ``of_class`` that class is the positive one."""
    assert side.decisions is not None
    label, decision = side.labels, side.decisions
    if metric.of_class is not None:
        label, decision = label == metric.of_class, decision == metric.of_class
    cell: NDArray[np.int8] = 2 * label.astype(np.int8) + decision.astype(np.int8)
    return cell


def grouped_shares(
    metric: Metric, champion: Answers | None, challenger: Answers, code: Codes, slices: int, rows: Weighing
) -> dict[str, Floats]:
    """Shares, and the effective number of rows at which their score intervals are to be taken.

    The effective number is n · min(1, row variance / CR1 variance), and the effective number of units where nothing
    varies (Rao and Scott 1992 scale counts in the same way). The CR1 variance is itself an estimate from few units, so
    it counts (t / z)² times, with t of G_eff - 1 degrees of freedom: else 10 to 30 units cover 93 % instead of 95 %.

    Parameters
    ----------
    metric
        For which ``is_share`` holds.
    champion, challenger
        Answers of n rows by slice and unit; None without a champion.
    code
        (n,) slice of each row.
    slices
        Their number.
    rows
        The same rows dealt to units, in the same order.
    """
    counted, first, second = _outcomes(metric, champion, challenger)
    inside = np.flatnonzero(counted)
    among = rows
    if len(inside) < len(code):
        unit = None if rows.unit is None else rows.unit[inside]
        among = weigh(code[inside], slices, rows.weights[inside], unit, in_order=True)
    hits = [part[inside] for part in (first, second)]

    def share(of: NDArray[np.bool_]) -> Floats:
        return quotient(totals(among.weights * of, among.edges), among.total)

    n = np.diff(among.edges).astype(np.float64)
    values = np.column_stack([share(part) for part in hits])
    moved = np.column_stack([share(hits[1] & ~hits[0]), share(hits[0] & ~hits[1])])
    scores = [part - among.spread(values[:, place]) for place, part in enumerate(hits)]
    clustered = errors_of_units(scores[0], scores[1], among, among.total).error ** 2
    change = moved[:, 0] - moved[:, 1]
    plain = np.column_stack([values * (1 - values), moved.sum(axis=1) - change**2])
    with np.errstate(invalid="ignore", divide="ignore"):
        # A variance that only rounding has is none.
        known = (plain > 1e-12) & (clustered > 0) & np.isfinite(clustered)
        doubt = (stdtrit(np.maximum(among.effective - 1, 1.0), 0.975) / ndtri(0.975)) ** 2
        sizes = np.where(known, np.minimum(n[:, None], plain / (clustered * doubt[:, None])), among.effective[:, None])
        if among.unit is None:
            # Of weights alone Kish's number is known: that rows seen to differ are light does not make heavy ones so.
            sizes = np.minimum(sizes, among.effective[:, None])
    return {"rows": n, "values": values, "sizes": sizes, "moved": moved}


def grouped_values(
    metric: Metric,
    champion: Answers | None,
    challenger: Answers,
    code: Codes,
    slices: int,
    rows: Weighing,
    scale: int,
    by_class: tuple[Floats, Floats] | None = None,
) -> dict[str, Floats]:
    """Values and cluster-robust errors of a metric of a table, or of a mean.

    Parameters
    ----------
    metric
        ``Confusion``, ``ClassTable`` or ``MeanLoss``.
    champion, challenger, code, slices, rows
        As in ``grouped_shares``.
    scale
        Power of two of a loss's fixed point.
    by_class
        As ``weight_by_class`` gives them, of a binary task's classes; None elsewhere.
    """
    sides = [challenger if champion is None else champion, challenger]
    if isinstance(metric, MeanLoss):
        return _means(metric, sides, rows, scale)
    assert isinstance(metric, (Confusion, ClassTable))
    return _tables(metric, sides, code, slices, rows, by_class)


def _means(metric: MeanLoss, sides: Sequence[Answers], rows: Weighing, scale: int) -> dict[str, Floats]:
    found = [_of_mean(metric, side, rows, scale) for side in sides]
    values, influences = [value for value, _ in found], _centred(found, rows)
    errors = errors_of_units(influences[0], influences[1], rows, rows.total, skewed=(0, 1, 2))
    return _columns(rows, values, errors.error, errors.freedom) | {"skewness": errors.skewness}


def _tables(
    metric: Confusion | ClassTable,
    sides: Sequence[Answers],
    code: Codes,
    slices: int,
    rows: Weighing,
    by_class: tuple[Floats, Floats] | None,
) -> dict[str, Floats]:
    """Errors with the pseudo rows' own, and the limits by counts at the effective number of rows."""
    cells, classes = _cells(metric, sides)
    found, grids = [], []
    for cell in cells:
        value, influence, grid = _of_table(metric, cell, classes, code, slices, rows)
        found.append((value, influence))
        grids.append(grid)
    influences = _centred(found, rows)
    errors = errors_of_units(influences[0], influences[1], rows, rows.total)
    n = np.diff(rows.edges).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.stack(even_squares(*grids) if isinstance(metric, Confusion) else pseudo_squares(*grids), axis=1)
        error = np.sqrt(errors.error**2 + np.where(np.isfinite(errors.error), squares / n[:, None] ** 2, 0.0))
        each = rows.weights * (influences[1] - influences[0]) / rows.spread(rows.total)
        if by_class is None or classes != by_class[0].shape[1]:
            by_class = weight_by_class(cells[0] // classes, classes, rows)
        heavy = heaviest(grids[0], grids[1], _loads(by_class, rows))
    alike = cells[0] == cells[1]
    differ = np.flatnonzero(~alike)
    moved, where = each[differ], code[differ]
    variances = [exact_totals(np.where(alike, each**2, 0.0), rows.edges)]
    variances += [exact_sums(np.maximum(way * moved, 0.0) ** 2, where, slices) for way in (-1, 1)]
    seen = [largest_of(where, slices, np.maximum(way * moved, 0.0)) for way in (-1, 1)]
    parts = np.stack([variances[0], variances[1], seen[0], variances[2], seen[1]], axis=1)
    # Rao and Scott 1992, as for shares: rows that resemble each other are worth fewer.
    with np.errstate(invalid="ignore", divide="ignore"):
        plain, clustered = sum(variances), errors.error[:, 2] ** 2
        known = (plain > 0) & (clustered > 0) & np.isfinite(clustered)
        share = np.where(known, np.minimum(1.0, plain / clustered), rows.effective / n)
        counted = scaled(parts, share)
        # What was not seen is no worse for rows that resemble each other: a unit's rows of a label count together.
        for place in (2, 4):
            counted[:, place] = np.maximum(seen[place // 2 - 1] / share, heavy[:, place // 2 - 1])
    values = [value for value, _ in found]
    return _columns(rows, values, error, errors.freedom) | {"counted": counted}


def weight_by_class(labels: NDArray[Any], classes: int, rows: Weighing) -> tuple[Floats, Floats]:
    """Σ t and Σ t² with t the weight of a unit's rows of one label, (slices, classes) each.

    The squared sum over the sum of squares is how many units the rows of a label are worth (Kish 1965).
    """
    whole, squares = (np.zeros((len(rows.edges) - 1, classes)) for _ in range(2))
    for label in range(classes if len(labels) else 0):
        own = rows.weights * (labels == label)
        if rows.unit is not None:
            own = np.add.reduceat(own, rows.starts)
        whole[:, label], squares[:, label] = totals(own, rows.unit_edges), exact_totals(own**2, rows.unit_edges)
    return whole, squares


def _loads(by_class: tuple[Floats, Floats], rows: Weighing) -> Floats:
    """What a row of a label counts where it stands with all of its unit's rows of that label, (slices, classes).

    Σ t² / Σ t over the slice's weight: what the unit of a row drawn at random weighs. For a row that none like it was
    seen to differ, Fay and Feuer (1997, Stat Med 16:791) take the heaviest of all, which is about twice as wide.
    """
    whole, squares = by_class
    return np.nan_to_num(quotient(quotient(squares, whole), np.broadcast_to(rows.total[:, None], whole.shape)))


def _columns(rows: Weighing, values: Sequence[Floats], error: Floats, freedom: Floats) -> dict[str, Floats]:
    return {
        "rows": np.diff(rows.edges).astype(np.float64),
        "values": np.column_stack(values),
        "errors": error,
        "freedoms": freedom,
        "sizes": np.repeat(rows.effective[:, None], 3, axis=1),
    }


def _centred(found: Sequence[tuple[Floats, Floats]], rows: Weighing) -> list[Floats]:
    """Influence with a weighted mean of 0 in each slice, and 0 where the value is undefined."""
    influences = []
    for value, influence in found:
        if np.isnan(value).any():
            influence = np.where(rows.spread(np.isnan(value)), 0.0, influence)
        influence -= rows.spread(quotient(exact_totals(rows.weights * influence, rows.edges), rows.total))
        influences.append(influence)
    return influences


def _of_mean(metric: MeanLoss, side: Answers, rows: Weighing, scale: int) -> tuple[Floats, Floats]:
    losses = _rounded(metric.of(side), scale)
    mean = quotient(exact_totals(rows.weights * losses, rows.edges), rows.total)
    if not metric.root:
        return mean, losses - rows.spread(mean)
    root = np.sqrt(mean)
    spread = rows.spread(root)
    with np.errstate(invalid="ignore", divide="ignore"):
        return root, np.where(spread > 0, (losses - rows.spread(mean)) / (2 * spread), 0.0)


def _rounded(losses: Floats, scale: int) -> Floats:
    """Losses as multiples of 2^-scale, as their sums hold them where rows have no weights and units."""
    if abs(scale) >= 1000:
        return np.ldexp(np.rint(np.ldexp(losses, scale)), -scale)
    scaled = losses * 2.0**scale  # a product with a power of two is exact, and a fourth of the work
    np.rint(scaled, out=scaled)
    scaled *= 2.0**-scale
    return scaled


def _cells(metric: Confusion | ClassTable, sides: Sequence[Answers]) -> tuple[list[NDArray[Any]], int]:
    """Per model each row's place in the table of (label, decision), flattened, and the number of classes."""
    if isinstance(metric, Confusion):
        return [_cell(metric, side) for side in sides], 2
    named = [part for side in sides for part in (side.labels, side.decisions) if part is not None]
    classes = max(int(part.max(initial=0)) for part in named) + 1
    # Only regression has no decisions.
    return [side.labels.astype(np.intp) * classes + np.asarray(side.decisions) for side in sides], classes


def _of_table(
    metric: Confusion | ClassTable, cell: NDArray[Any], classes: int, code: Codes, slices: int, rows: Weighing
) -> tuple[Floats, Floats, Floats]:
    """Value of the weighted table; influence of the smoothed one, so that it exists wherever the value does.

    The influence is that of each row, and, as (slices, classes, classes), that of a row of (label, decision).
    """
    width = classes**2
    shape = [4] if isinstance(metric, Confusion) else [classes, classes]
    where = code * width + cell
    flat = np.bincount(where, weights=rows.weights, minlength=slices * width)
    table = flat.astype(np.float64).reshape(slices, *shape)
    n = np.diff(rows.edges)
    # Pseudo rows weigh what rows weigh on average.
    mean = np.nan_to_num(quotient(rows.total, n.astype(np.float64))).reshape(slices, *(1 for _ in shape))
    unit = np.where(mean > 0, mean, 1.0)
    even = table / unit
    smoothed = even + PSEUDO_ROWS / width if isinstance(metric, Confusion) else smooth(even)
    influence = np.nan_to_num(metric.influence(smoothed * unit)).reshape(slices, classes, classes)
    return metric.value(table), influence.reshape(-1).take(where), influence
