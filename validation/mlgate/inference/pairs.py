"""From joint counts to spreads: the champion's value, the challenger's, and their paired improvement, per slice.

Each function takes the counts of many slices at once and returns one ``Pair`` per slice; nothing here knows a metric by
name. Values that need the rows themselves come as summaries. Metrics that are no proportion are in ``table_pairs``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.counted import turned
from mlgate.inference.pair import (
    UNDEFINED,
    Heed,
    Pair,
    Span,
    covariance_of,
    covariance_of_shares,
    guess_deviation,
    never_certain,
    with_floor,
    within,
)
from mlgate.records.evidence import Spread
from mlgate.tables import Summary

__all__ = ["confusions", "pair_of_hits", "pair_of_proportions", "pair_of_summary"]

Floats = NDArray[np.float64]

#: Standard errors below this share of a value are of rounding.
_ROUNDING = 1e-12


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
    if math.isfinite(error) and (error <= 1e-6 * max(errors[:2]) or error == 0):
        alone = max(errors[:2]) * math.sqrt(n) if math.isfinite(max(errors[:2])) else 0.0
        gain = with_floor(gain, alone or max(guess_deviation(value) for value in values), n)
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
