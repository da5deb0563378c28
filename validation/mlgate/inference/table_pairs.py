"""From joint tables of decisions to paired spreads of smooth metrics: values, influence, pseudo rows, rows that differ.

Separate from ``pairs``, which reads proportions and summaries: here are metrics that only their influence function
tells the error of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import parts_of_cells, parts_of_triples, turned
from mlgate.inference.pair import UNDEFINED, Pair, Span, covariance_of, guess_deviation, student, with_floor, within
from mlgate.inference.pairs import confusions
from mlgate.records.evidence import Spread

__all__ = [
    "PSEUDO_ROWS",
    "even_squares",
    "heaviest",
    "pair_of_class_tables",
    "pair_of_tables",
    "pseudo_squares",
    "smooth",
]

Floats = NDArray[np.float64]

#: Rows that smooth a joint table for its standard error only: a quarter in each of the 8 cells of two classes.
PSEUDO_ROWS = 2.0


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
        deviation = max(guess_deviation(side[place].value) for side in spreads[:2])
        spreads[2][place] = with_floor(spreads[2][place], deviation, n)
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


def heaviest(champion: Floats, challenger: Floats, loads: Floats) -> Floats:
    """The most that any row can lower and raise a difference, (slices, 2), seen or not.

    Parameters
    ----------
    champion, challenger
        (slices, classes, classes) influence of a row of (label, decision).
    loads
        (slices, classes) what a row of a label counts in the difference per unit of influence; 0 where there is none.
    """
    down = (champion.max(axis=2) - challenger.min(axis=2)) * loads
    up = (challenger.max(axis=2) - champion.min(axis=2)) * loads
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
    labelled = np.zeros((len(rows), classes))
    np.add.at(labelled, (place, label), count)
    parts = parts_of_triples(
        place, first != second, count, each, heaviest(found[1][0], found[1][1], (labelled > 0) / n[:, None])
    )
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
