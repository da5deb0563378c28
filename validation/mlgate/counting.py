"""Rows to their tally: decisions, hits and losses counted and added up per slice, a short stretch of rows at a time.

Separate from ``tables.py``, which says what a tally is and how tallies merge: here is the work that is done for every
row. Losses are split so that sums of many rows are exact in float64, which is what numpy and scipy add fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.rows import Membership
from mlgate.scipy_parts import sum_rows
from mlgate.tables import LARGEST, SUMS, Rows, Tally, merge_triples
from mlgate.threads import in_threads

__all__ = ["Counted", "count"]

#: Rows that are worked on at a time: few enough that their columns stay in the processor's cache.
_CHUNK = 1 << 14
#: Fewest and most rows that one thread sums before it takes the next.
_SHARES = (1 << 17, 1 << 21)
_LOW = LARGEST - 1
_BITS = 30


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Counted:
    """What some rows come to, row by row, before it is counted and added up."""

    #: (n,) joint index of (label, champion decision, challenger decision); None in regression.
    cell: NDArray[np.int64] | None
    #: per metric, champion's and challenger's hits, (n,) each.
    hits: Mapping[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]]
    #: per loss, champion's and challenger's in fixed point, (n,) each; see ``LARGEST``.
    losses: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]]


def count(
    membership: Membership,
    counted: Callable[[slice], Counted],
    *,
    paired: bool,
    classes: int,
    hits: Sequence[str],
    scales: Mapping[str, int],
    kept: Rows | None,
) -> Tally:
    """The tally of one batch of n rows.

    Parameters
    ----------
    membership
        Slices of the rows.
    counted
        What a stretch of rows comes to. It is asked for one short stretch after the other, in several threads, so that
        what is worked out of the rows stays in the processor's cache and is never held for all of them at once.
    paired
        Whether a champion took part; without one its columns hold the challenger's.
    classes
        Number of classes; 0 in regression.
    hits
        Metrics of hits.
    scales
        Losses, and the power of two of each one's fixed point.
    kept
        The rows, when they are to be kept.
    """
    codes, names = membership.codes, membership.names
    cell = None if classes == 0 else np.empty(len(codes), dtype=np.int64 if classes > 2 else np.int8)

    def add(rows: slice) -> NDArray[np.int64]:
        return _sum_rows(codes, rows, counted, len(names), cell)

    share = min(max(len(codes) // 8, _SHARES[0]), _SHARES[1])
    shares = [slice(start, min(start + share, len(codes))) for start in range(0, len(codes), share)]
    total = np.zeros((len(names), 3 * len(hits) + 17 * len(scales)), dtype=np.int64)
    for part in in_threads(add, shares):
        total += part
    cells, triples = np.zeros((len(names), 0), dtype=np.int64), np.zeros((0, 3), dtype=np.int64)
    if classes == 2 and cell is not None:
        cells = np.zeros((len(names), 8), dtype=np.int64)
        for part in in_threads(lambda rows: _count_cells(codes[rows], cell[rows], len(names)), shares):
            cells += part
    elif cell is not None:
        triples = _count_triples(codes, cell, classes, len(names))
    rows = cells.sum(axis=1) if classes == 2 else _count_rows(codes, len(names))
    found, sums = _split(total, hits, tuple(scales), rows)
    return Tally(
        paired=paired,
        classes=classes,
        slices=names,
        groupings=membership.groupings,
        rows=rows,
        cells=cells,
        triples=triples,
        hits=found,
        sums=sums,
        scales=dict(scales),
        kept=kept,
    )


def _count_rows(codes: NDArray[np.int32], slices: int) -> NDArray[np.int64]:
    rows = np.zeros(slices + 1, dtype=np.int64)
    for group in codes.T:
        rows += np.bincount(group + 1, minlength=slices + 1)
    return rows[1:]


def _count_cells(codes: NDArray[np.int32], cell: NDArray[Any], slices: int) -> NDArray[np.int64]:
    """Dense cells of two classes, (slices, 8)."""
    found = np.zeros(8 * (slices + 1), dtype=np.int64)
    for start in range(0, len(codes), _CHUNK):
        where = codes[start : start + _CHUNK] + np.int32(1)  # rows in no slice of a grouping come first
        where *= np.int32(8)
        where += cell[start : start + _CHUNK, None]
        found += np.bincount(where.ravel(), minlength=len(found))
    return found.reshape(-1, 8)[1:]


def _count_triples(codes: NDArray[np.int32], cell: NDArray[Any], classes: int, slices: int) -> NDArray[np.int64]:
    """Sparse cells of more than two classes."""
    found: list[NDArray[np.int64]] = []
    width = classes**3
    for group in codes.T:
        inside = slice(None) if group.min(initial=0) >= 0 else group >= 0
        where = group[inside].astype(np.int64)
        where *= width
        where += cell[inside]
        if slices * width <= max(len(where), 1 << 16):
            dense = np.bincount(where, minlength=slices * width)
            keys = np.flatnonzero(dense)
            counts = dense[keys]
        else:
            keys, counts = np.unique(where, return_counts=True)
        found.append(np.column_stack([keys // width, keys % width, counts]))
    return merge_triples(found)


def _sum_rows(
    codes: NDArray[np.int32],
    share: slice,
    counted: Callable[[slice], Counted],
    slices: int,
    cell: NDArray[Any] | None,
) -> NDArray[np.int64]:
    """Counts of hits and sums of the columns of losses per slice, (slices, columns), of at most 2^21 rows.

    One product of the sparse membership matrix with the columns: a row's columns are read once and added to every slice
    that it is in, whatever the number of groupings. Sums of so many numbers of 31 bits are exact in float64.
    """
    total: NDArray[np.float64] | None = None
    values = np.empty((0, 0))
    for start in range(share.start, share.stop, _CHUNK):
        rows = slice(start, min(start + _CHUNK, share.stop))
        one = counted(rows)
        if cell is not None:
            cell[rows] = one.cell
        if total is None:
            columns = 3 * len(one.hits) + 17 * len(one.losses)
            # A slice of its own takes the rows that are in no slice of a grouping.
            total, values = np.zeros((slices + 1, columns)), np.empty((_CHUNK, columns))
        if not values.size:
            continue
        inside = values[: rows.stop - rows.start]
        for place, (first, second) in enumerate(one.hits.values()):
            inside[:, 3 * place], inside[:, 3 * place + 1] = first, second
            inside[:, 3 * place + 2] = first & second
        for place, (a, b) in enumerate(one.losses.values()):
            begin = 3 * len(one.hits) + 17 * place
            _powers(inside[:, begin : begin + 17], a, b)
        where = codes[rows]
        where = np.where(where < 0, slices, where) if where.min(initial=0) < 0 else where
        steps = np.arange(0, where.size + 1, codes.shape[1], dtype=np.int32)
        sum_rows(inside, where.ravel(), steps, slices + 1, into=total)
    return np.zeros((slices, 0), dtype=np.int64) if total is None else total[:slices].astype(np.int64)


def _split(
    total: NDArray[np.int64], hits: Sequence[str], losses: Sequence[str], rows: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.object_]]]:
    """The tables of hits and of losses from the sums of their columns."""
    counted = {}
    for place, name in enumerate(hits):
        a, b, both = total[:, 3 * place : 3 * place + 3].T
        counted[name] = np.column_stack([rows - a - b + both, b - both, a - both, both])
    sums = {}
    for place, name in enumerate(losses):
        start = 3 * len(hits) + 17 * place
        sums[name] = _join(rows, total[:, start : start + 17].astype(object))
    return counted, sums


def _powers(out: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64]) -> None:
    """Powers and products of two losses as 17 columns of at most 31 bits (and a sign)."""
    out[:, 0], out[:, 1] = a, b
    product = a * b
    out[:, 4], out[:, 5] = product >> _BITS, product & _LOW
    for value, square, cube in ((a, 2, 8), (b, 6, 11), (b - a, None, 14)):
        low = np.multiply(value, value, out=product)
        high = low >> _BITS
        low &= _LOW
        if square is not None:
            out[:, square], out[:, square + 1] = high, low
        high *= value
        low *= value
        out[:, cube] = high >> _BITS
        high &= _LOW
        high += low >> _BITS
        out[:, cube + 1] = high
        low &= _LOW
        out[:, cube + 2] = low


def _join(rows: NDArray[np.int64], parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """The nine sums from the sums of the seventeen columns."""
    joined: NDArray[np.object_] = np.empty((len(rows), len(SUMS)), dtype=object)
    joined[:, 0] = rows.astype(object)
    joined[:, 1:3] = parts[:, :2]
    for place in range(3):
        joined[:, 3 + place] = parts[:, 2 + 2 * place] * LARGEST + parts[:, 3 + 2 * place]
        high, middle, low = parts[:, 8 + 3 * place : 11 + 3 * place].T
        joined[:, 6 + place] = (high * LARGEST + middle) * LARGEST + low
    return joined
