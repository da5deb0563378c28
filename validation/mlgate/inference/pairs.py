"""From joint tables to spreads: the champion's value, the challenger's, and their paired improvement, per slice.

Each function takes the tables of many slices at once and returns one ``Pair`` per slice. Metrics hand in their value
and influence functions; nothing here knows a metric by name. Values that need the rows themselves come as summaries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import parts_of_cells, parts_of_triples, turned
from mlgate.inference.pair import (
    UNDEFINED,
    Heed,
    Pair,
    Span,
    covariance_of,
    covariance_of_shares,
    guess_deviation,
    never_certain,
    student,
    with_floor,
    within,
)
from mlgate.records.evidence import Spread
from mlgate.tables import Summary

__all__ = [
    "PSEUDO_ROWS",
    "confusions",
    "even_squares",
    "heaviest",
    "pair_of_class_tables",
    "pair_of_hits",
    "pair_of_proportions",
    "pair_of_summary",
    "pair_of_tables",
    "pseudo_squares",
    "smooth",
]

Floats = NDArray[np.float64]

#: Standard errors below this share of a value are of rounding.
_ROUNDING = 1e-12
#: Rows that smooth a joint table for its standard error only: a quarter in each of the 8 cells of two classes.
PSEUDO_ROWS = 2.0


def confusions(cells: NDArray[np.int64] | Floats) -> tuple[Floats, Floats]:
    """Champion's and challenger's confusion tables, (…, 4) each, from joint counts (…, 8)."""
    joint = np.asarray(cells, dtype=np.float64).reshape(*cells.shape[:-1], 2, 2, 2)
    shape = (*cells.shape[:-1], 4)
    return joint.sum(axis=-1).reshape(shape), joint.sum(axis=-2).reshape(shape)


def pair_of_proportions(cells: NDArray[np.int64], hit: Sequence[int], among: Sequence[int], sign: int) -> list[Pair]:
    """Proportions of the same rows: exact for each model, Tango for the pair.

    Parameters
    ----------
    cells
        (slices, 8) joint counts.
    hit, among
        Which of the four (label, decision) cells count as a hit, and among which hits are counted.
    sign
        -1 when a low value is good; then the improvement is champion - challenger.
    """
    upper, lower = np.asarray(hit), np.asarray(among)
    label, first, second = np.unravel_index(np.arange(8), (2, 2, 2))
    counted = lower[2 * label + second] == 1
    only_second = counted & (upper[2 * label + second] == 1) & (upper[2 * label + first] == 0)
    only_first = counted & (upper[2 * label + first] == 1) & (upper[2 * label + second] == 0)
    rows, gained, lost = (cells @ chosen.astype(np.int64) for chosen in (counted, only_second, only_first))
    if sign < 0:
        gained, lost = lost, gained
    tables = [table @ upper for table in confusions(cells)]
    return _shares(rows, gained, lost, tables[0], tables[1], sign)


def pair_of_hits(hits: NDArray[np.int64], sign: int) -> list[Pair]:
    """Shares of hits among all rows: exact for each model, Tango for the pair.

    Parameters
    ----------
    hits
        (slices, 4) counts by (champion hit, challenger hit).
    sign
        -1 when a low value is good.
    """
    gained, lost = (hits[:, 1], hits[:, 2]) if sign >= 0 else (hits[:, 2], hits[:, 1])
    return _shares(hits.sum(axis=1), gained, lost, hits[:, 2] + hits[:, 3], hits[:, 1] + hits[:, 3], sign)


def _shares(
    rows: NDArray[np.int64],
    gained: NDArray[np.int64],
    lost: NDArray[np.int64],
    champion: NDArray[Any],
    challenger: NDArray[Any],
    sign: int,
) -> list[Pair]:
    columns = (rows, gained, lost, champion, challenger)
    return [
        Pair(
            champion=_share(a, n),
            challenger=_share(b, n),
            improvement=(
                Spread(method="tango", value=(up - down) / n, rows=float(n), counts=(float(up), float(down)))
                if n
                else UNDEFINED
            ),
            gained=up,
            lost=down,
            covariance=covariance_of_shares(a / n, up / n, down / n, n, sign) if n else math.nan,
        )
        for n, up, down, a, b in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _share(hits: float, rows: float) -> Spread:
    if not rows:
        return UNDEFINED
    return Spread(method="exact", value=float(hits) / float(rows), rows=float(rows), counts=(float(hits),))


def pair_of_tables(
    cells: NDArray[np.int64],
    value: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
    sign: int,
    padding: float = PSEUDO_ROWS / 8,
    span: Span | None = None,
) -> list[Pair]:
    """Any smooth metric of the confusion table, by influence functions.

    One model's own value has Student's interval and keeps within ``span``, the metric's range; the improvement has the
    wider side of Student's and of the limits by counts, see ``counted``.

    A quarter (``padding``) is added to each of the 8 cells for the standard error only: without it the error is 0
    wherever the decisions happen to agree. The printed value stays raw, and undefined stays undefined.
    """
    padded = np.asarray(cells, dtype=np.float64) + padding
    rows = np.asarray(cells.sum(axis=-1), dtype=np.float64)
    raw, smooth = confusions(cells), confusions(padded)
    label, first, second = np.unravel_index(np.arange(8), (2, 2, 2))
    influences = [influence(table) for table in smooth]
    joint = [influences[0][..., 2 * label + first], influences[1][..., 2 * label + second]]
    values = [value(table) for table in raw]

    def error(per_cell: Floats) -> Floats:
        total = padded.sum(axis=-1)
        spread: Floats = np.sqrt((padded * per_cell**2).sum(axis=-1) / (total * (total - 1)))
        return spread

    moved = joint[1] - joint[0]
    errors = [error(joint[0]), error(joint[1]), error(moved)]
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = moved - (cells * moved).sum(axis=-1, keepdims=True) / rows[..., None]
    return _smooth_pairs(values, errors, rows, sign, span, parts_of_cells(cells, centred))


def _smooth_pairs(
    values: Sequence[Floats], errors: Sequence[Floats], rows: Floats, sign: int, span: Span | None, parts: Floats
) -> list[Pair]:
    """Student's t with n - 1 degrees of freedom, from values of both models and errors of both and of the pair."""
    centres = [values[0], values[1], sign * (values[1] - values[0])]
    freedoms = (rows - 1).tolist()
    spreads = [
        [student(*one, span) for one in zip(numbers.tolist(), error.tolist(), freedoms, strict=True)]
        for numbers, error in zip(centres[:2], errors[:2], strict=True)
    ]
    numbers, error, counts = (part.tolist() for part in (centres[2], errors[2], parts if sign > 0 else turned(parts)))
    spreads.append([_counted(*one) for one in zip(numbers, error, freedoms, counts, strict=True)])
    for place in np.flatnonzero((errors[2] == 0) & ~np.isnan(centres[2])).tolist():
        # Of many classes only one occurs, so that nothing varies, whatever is smoothed; for that, nothing is certain.
        n = float(rows[place])
        for side in spreads[:2]:
            floor = with_floor(side[place], guess_deviation(side[place].value), n)
            if floor.error > side[place].error:
                side[place] = within(floor, span)
        spreads[2][place] = with_floor(spreads[2][place], guess_deviation(spreads[0][place].value), n)
    covariance = covariance_of(errors[0], errors[1], errors[2], sign).tolist()
    return [
        Pair(champion=a, challenger=b, improvement=d, covariance=c)
        for a, b, d, c in zip(*spreads, covariance, strict=True)
    ]


def _counted(value: float, error: float, freedom: float, counts: list[float]) -> Spread:
    if math.isnan(value):
        return UNDEFINED
    rows = freedom + 1
    return Spread(method="counted", value=value, error=error, freedom=freedom, rows=rows, counts=tuple(counts))


def heaviest(champion: Floats, challenger: Floats) -> Floats:
    """The most that any row can lower and raise a difference, (slices, 2), seen or not.

    Parameters
    ----------
    champion, challenger
        (slices, classes, classes) influence of a row of (label, decision).
    """
    down = champion.max(axis=2) - challenger.min(axis=2)
    up = challenger.max(axis=2) - champion.min(axis=2)
    found: Floats = np.stack([down.max(axis=1), up.max(axis=1)], axis=1)
    return found


def smooth(tables: Floats) -> Floats:
    """Tables of many classes with pseudo rows spread over the classes that occur in each, (…, classes, classes)."""
    occurs = (tables.sum(axis=-1) + tables.sum(axis=-2)) > 0
    square = occurs[..., :, None] & occurs[..., None, :]
    cells = np.maximum(square.sum(axis=(-2, -1), keepdims=True), 1)
    smoothed: Floats = tables + square * (PSEUDO_ROWS / cells)
    return smoothed


def pair_of_class_tables(
    triples: NDArray[np.int64],
    classes: int,
    rows: NDArray[np.int64],
    value: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
    sign: int,
    span: Span | None = None,
) -> list[Pair]:
    """Any smooth metric of the table of many classes, by influence functions; intervals as ``pair_of_tables`` has them.

    Parameters
    ----------
    triples
        (k, 3) sparse joint cells, see ``mlgate.tables.Tally``.
    classes
        Their number.
    rows
        (slices,) number of rows.
    value, influence
        The metric's functions of (…, classes, classes).
    sign
        -1 when a low value is good.
    span
        The metric's range, which one model's own value keeps within.
    """
    place, cell, count = triples.T
    label, first, second = np.unravel_index(cell, (classes, classes, classes))
    shape = (len(rows), classes, classes)
    found: list[list[Floats]] = [[], []]
    for decision in (first, second):
        table = np.zeros(shape)
        np.add.at(table, (place, label, decision), count)
        found[0].append(value(table))
        found[1].append(np.nan_to_num(influence(smooth(table))))
    influences = [found[1][0][place, label, first], found[1][1][place, label, second]]
    moved = influences[1] - influences[0]
    extra = pseudo_squares(*found[1])
    total = rows + PSEUDO_ROWS
    errors = [
        np.sqrt((np.bincount(place, weights=count * part**2, minlength=len(rows)) + more) / (total * (total - 1)))
        for part, more in zip((*influences, moved), extra, strict=True)
    ]
    n = np.maximum(rows, 1).astype(np.float64)
    each = (moved - (np.bincount(place, weights=count * moved, minlength=len(rows)) / n)[place]) / n[place]
    parts = parts_of_triples(place, first != second, count, each, heaviest(*found[1]) / n[:, None])
    return _smooth_pairs(found[0], errors, rows.astype(np.float64), sign, span, parts)


def even_squares(champion: Floats, challenger: Floats) -> tuple[Floats, Floats, Floats]:
    """Squared influence of the pseudo rows, as many in each joint cell: of both models and of the pair, (slices,) each.

    Parameters
    ----------
    champion, challenger
        (slices, 2, 2) influence of a row of (label, decision).
    """
    moved = challenger[:, :, None, :] - champion[:, :, :, None]
    parts = (champion, challenger, moved)
    first, second, pair = (PSEUDO_ROWS * (part.reshape(len(part), -1) ** 2).mean(axis=1) for part in parts)
    return first, second, pair


def pseudo_squares(champion: Floats, challenger: Floats) -> tuple[Floats, Floats, Floats]:
    """Squared influence of the pseudo rows, even over (label, decision, decision): of both models and of the pair.

    Parameters
    ----------
    champion, challenger
        (slices, classes, classes) influence of a row of (label, decision).
    """
    cells = [np.maximum((np.abs(part) > 0).sum(axis=(-2, -1)), 1) for part in (champion, challenger)]
    squares = [(part**2).sum(axis=(-2, -1)) / n for part, n in zip((champion, challenger), cells, strict=True)]
    lines = [part.sum(axis=-1) / np.sqrt(n)[..., None] for part, n in zip((champion, challenger), cells, strict=True)]
    both = (lines[0] * lines[1]).sum(axis=-1) / np.sqrt(np.sqrt(cells[0] * cells[1]))
    pair = np.maximum(squares[0] + squares[1] - 2 * both, 0.0)
    return PSEUDO_ROWS * squares[0], PSEUDO_ROWS * squares[1], PSEUDO_ROWS * pair


def pair_of_summary(summary: Summary, sign: int, span: Span | None = None, heed: Heed = Heed()) -> list[Pair]:
    """Pairs of a metric that was settled row by row; see ``mlgate.tables.Summary``."""
    columns = [summary.rows, summary.values, summary.sizes]
    if summary.shape == "share":
        columns.append(summary.moved)
        return [_summary_share(sign, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    champion, challenger, pair = summary.errors.T
    columns += [summary.errors, summary.freedoms, summary.skewness]
    columns += [
        summary.counted if sign > 0 else turned(summary.counted),
        covariance_of(champion, challenger, pair, sign),
    ]
    return [_summary_mean(sign, span, heed, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _summary_share(sign: int, rows: float, values: list[float], sizes: list[float], moved: list[float]) -> Pair:
    """A share scaled to its effective number of rows."""
    if not rows > 0 or math.isnan(values[1]) or not all(size > 0 for size in sizes):
        return Pair(champion=UNDEFINED, challenger=UNDEFINED, improvement=UNDEFINED)
    up, down = moved if sign >= 0 else moved[::-1]
    sides = [
        Spread(method="exact", value=value, rows=size, counts=(value * size,))
        for value, size in zip(values, sizes[:2], strict=True)
    ]
    improvement = Spread(method="tango", value=up - down, rows=sizes[2], counts=(up * sizes[2], down * sizes[2]))
    # The two are scaled to effective numbers of their own; units are taken to leave their correlation alone.
    covariance = covariance_of_shares(values[0], up, down, math.sqrt(sizes[0] * sizes[2]), sign)
    return Pair(champion=sides[0], challenger=sides[1], improvement=improvement, covariance=covariance)


def _summary_mean(
    sign: int,
    span: Span | None,
    heed: Heed,
    rows: float,
    values: list[float],
    sizes: list[float],
    errors: list[float],
    freedoms: list[float],
    skewness: list[float],
    counted: list[float],
    covariance: float,
) -> Pair:
    """A value with standard errors; a spread without width gets the floor."""
    if not rows > 0 or math.isnan(values[1]):
        return Pair(champion=UNDEFINED, challenger=UNDEFINED, improvement=UNDEFINED)
    # An error that only rounding has is none, next to the value's own size.
    least = _ROUNDING * guess_deviation(values[0])
    errors = [0.0 if part <= least else part for part in errors]
    n, error = sizes[0], errors[2]
    value = sign * (values[1] - values[0])
    if math.isnan(counted[0]):
        gain = _skewed(value, error, freedoms[2], sign * skewness[2], heed.pair, n)
    else:
        counts = tuple(counted)
        gain = Spread(method="counted", value=value, error=error, freedom=freedoms[2], rows=n, counts=counts)
    # Differences that only rounding has are none.
    if error <= 1e-6 * max(errors[:2]) or error == 0:
        gain = with_floor(gain, max(errors[:2]) * math.sqrt(n) or guess_deviation(values[0]), n)
    champion, challenger = (
        within(never_certain(_skewed(*numbers, heed.own, n), n), span)
        for numbers in zip(values, errors, freedoms, skewness)
    )
    return Pair(champion=champion, challenger=challenger, improvement=gain, covariance=covariance)


def _skewed(value: float, error: float, freedom: float, skewness: float, heed: float, n: float) -> Spread:
    """Hall's spread from the skewness of the estimate itself; Student's where nothing is known of it."""
    if math.isnan(skewness):
        return Spread(method="student", value=value, error=error, freedom=freedom, rows=n)
    # Hall's formula takes that of the rows, which is this much more.
    skewness *= math.sqrt(n)
    return Spread(method="hall", value=value, error=error, freedom=freedom, skewness=skewness, heed=heed, rows=n)
