"""From joint tables to spreads: the champion's value, the challenger's, and their paired improvement, per slice.

Each function takes the tables of many slices at once and returns one ``Pair`` per slice. Metrics hand in their value
and influence functions; nothing here knows a metric by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from mlgate.records.evidence import Spread

__all__ = ["Pair", "pair_of_losses", "pair_of_proportions", "pair_of_rankings", "pair_of_tables"]

Floats = NDArray[np.float64]

UNDEFINED = Spread(method="undefined", value=math.nan)
#: z of the two-sided 95 % interval; the floor of a width is stated for it.
_Z = float(ndtri(0.975))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One slice's spreads; the improvement is positive when the challenger is better."""

    champion: Spread
    challenger: Spread
    improvement: Spread
    #: for proportions: rows that only the challenger, and only the champion, has right.
    gained: int | None = None
    lost: int | None = None


def confusions(cells: NDArray[np.int64] | Floats) -> tuple[Floats, Floats]:
    """Champion's and challenger's confusion tables, (…, 4) each, from joint counts (…, 8)."""
    joint = np.asarray(cells, dtype=np.float64).reshape(*cells.shape[:-1], 2, 2, 2)
    shape = (*cells.shape[:-1], 4)
    return joint.sum(axis=-1).reshape(shape), joint.sum(axis=-2).reshape(shape)


def pair_of_proportions(cells: NDArray[np.int64], hit: Sequence[int], among: Sequence[int], sign: int) -> list[Pair]:
    """Proportions of the same rows: Wilson for each model, Tango for the pair.

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
    return [
        Pair(
            champion=_wilson(tables[0][place], n),
            challenger=_wilson(tables[1][place], n),
            improvement=(
                Spread(
                    method="tango", value=float(up - down) / float(n), rows=float(n), counts=(float(up), float(down))
                )
                if n
                else UNDEFINED
            ),
            gained=int(up),
            lost=int(down),
        )
        for place, (n, up, down) in enumerate(zip(rows.tolist(), gained.tolist(), lost.tolist(), strict=True))
    ]


def _wilson(hits: float, rows: float) -> Spread:
    if not rows:
        return UNDEFINED
    return Spread(method="wilson", value=float(hits) / float(rows), rows=float(rows), counts=(float(hits),))


def pair_of_tables(
    cells: NDArray[np.int64],
    value: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
    sign: int,
    padding: float = 0.25,
) -> list[Pair]:
    """Any smooth metric of the confusion table, by influence functions; Student's t with n - 1 degrees of freedom.

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

    errors = [error(joint[0]), error(joint[1]), error(joint[1] - joint[0])]
    centres = [values[0], values[1], sign * (values[1] - values[0])]
    spreads = [
        [_student(centre, spread, n - 1) for centre, spread, n in zip(numbers, errors[place], rows, strict=True)]
        for place, numbers in enumerate(centres)
    ]
    return [Pair(champion=a, challenger=b, improvement=d) for a, b, d in zip(*spreads, strict=True)]


def _student(value: float, error: float, freedom: float) -> Spread:
    if math.isnan(value):
        return UNDEFINED
    return Spread(
        method="student", value=float(value), error=float(error), freedom=float(freedom), rows=float(freedom + 1)
    )


def pair_of_losses(sums: NDArray[np.object_], scale: int, sign: int = -1) -> list[Pair]:
    """Mean losses from exact sums: Student's t or Hall's interval, whichever is wider on its side.

    Parameters
    ----------
    sums
        (slices, 9) integers in the order of ``mlgate.tables.SUMS``.
    scale
        Fixed-point units per 1.
    sign
        -1 when a low loss is good.
    """
    return [_loss_pair([int(part) for part in row], scale, sign) for row in sums]


def _loss_pair(row: list[int], scale: int, sign: int) -> Pair:
    n, a, b, aa, ab, bb, aaa, bbb, ddd = row
    if not n:
        return Pair(champion=UNDEFINED, challenger=UNDEFINED, improvement=UNDEFINED)
    champion = _mean(n, a, aa, aaa, scale)
    challenger = _mean(n, b, bb, bbb, scale)
    d, dd = b - a, aa - 2 * ab + bb
    improvement = _mean(n, sign * d, dd, sign * ddd, scale)
    if n * dd == d * d:
        # Without any deviation, the largest that a value in [0, 1] can have.
        improvement = _with_floor(improvement, _deviation(n, a, aa) / scale or abs(champion.value) or 0.5, n)
    return Pair(champion=champion, challenger=challenger, improvement=improvement)


def _deviation(n: int, total: int, squares: int) -> float:
    """Standard deviation (n - 1) from exact integer sums; the subtraction is exact, so nothing cancels."""
    return math.sqrt((n * squares - total * total) / (n * (n - 1))) if n > 1 else 0.0


def _mean(n: int, total: int, squares: int, cubes: int, scale: int) -> Spread:
    deviation = _deviation(n, total, squares)
    # Third central moment times n³, exactly: n² Σx³ - 3n Σx Σx² + 2 (Σx)³.
    third = n * n * cubes - 3 * n * total * squares + 2 * total**3
    skewness = (third / n**3) / deviation**3 if deviation else 0.0
    return Spread(
        method="hall",
        value=total / n / scale,
        error=deviation / math.sqrt(n) / scale,
        freedom=float(n - 1),
        skewness=float(skewness),
        rows=float(n),
    )


def _with_floor(spread: Spread, deviation: float, n: float) -> Spread:
    """A spread without width gets half-width z² / (n + z²) times a deviation, as Tango's interval has it."""
    freedom = max(spread.freedom, 1.0)
    half = _Z**2 / (n + _Z**2) * deviation
    error = half / float(stdtrit(freedom, 0.975))
    return Spread(method="student", value=spread.value, error=error, freedom=freedom, rows=spread.rows)


def pair_of_rankings(
    labels: NDArray[np.int8], counts: NDArray[np.int64], champion: Floats, challenger: Floats, sign: int
) -> Pair:
    """AUC of one slice with DeLong's variance and Satterthwaite's degrees of freedom.

    Parameters
    ----------
    labels, counts
        (k,) label and multiplicity of each distinct row.
    champion, challenger
        (k,) placements of the rows (DeLong, DeLong and Clarke-Pearson 1988).
    sign
        -1 when a low value is good.
    """
    classes = [labels == 1, labels == 0]
    sizes = [int(counts[inside].sum()) for inside in classes]
    if min(sizes) == 0:
        return Pair(champion=UNDEFINED, challenger=UNDEFINED, improvement=UNDEFINED)

    def spread_of(placements: Floats) -> Spread:
        means, parts = [], []
        for inside, size in zip(classes, sizes, strict=True):
            values, weight = placements[inside], counts[inside] / size
            # Equal placements have no variance at all; rounding must not invent one, or an interval has almost no
            # width.
            same = bool(values.min() == values.max())
            mean = float(values[0]) if same else float(weight @ values)
            means.append(mean)
            spread = 0.0 if same else float(weight @ (values - mean) ** 2)
            parts.append(spread / (size - 1) if size > 1 else math.inf)
        variance = sum(parts)
        below = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True) if part and size > 1)
        freedom = variance**2 / below if below else float(min(sizes) - 1)
        return Spread(
            method="student",
            value=means[0],
            error=math.sqrt(variance),
            freedom=freedom if math.isfinite(variance) else 0.0,
            rows=float(sum(sizes)),
        )

    first, second = spread_of(champion), spread_of(challenger)
    improvement = spread_of(sign * (challenger - champion))
    smaller = float(min(sizes))
    if improvement.error == 0:
        deviation = first.error * math.sqrt(smaller) or 0.5
        improvement = _with_floor(improvement, deviation, smaller)
    first, second = (_with_floor(part, 0.5, smaller) if part.error == 0 else part for part in (first, second))
    return Pair(champion=first, challenger=second, improvement=improvement)
