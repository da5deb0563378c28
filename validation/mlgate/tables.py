"""Mergeable integer tables: all that is kept of the rows once both models have scored them.

A tally holds, per slice and jointly over champion and challenger, counts of decisions, counts of hits, exact sums of
losses and, where a metric needs the rows themselves, the rows. Everything in it is an integer or a multiset, so ``+``
is exact, associative and commutative: batch size, order and partitioning cannot change a bit of it. No metric has merge
code of its own.

Losses are whole numbers in fixed point. A loss, and the difference of two, is at most 2^30 after scaling, so its square
and the two halves of its cube fit in 64 bits per row; sums over rows are Python integers and never overflow. (Split
sums rather than floating-point compensation, because compensated sums still depend on order in the last bit.)

What a tally says for good is in ``mlgate.tally_file``; rows are never written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.rows import Membership
from mlgate.scipy_parts import sum_rows
from mlgate.threads import in_threads

__all__ = ["LARGEST", "SCORE_SCALE", "SUMS", "Counted", "Rows", "Summary", "Tally", "count", "merge", "sum_products"]

#: Scores in [0, 1] are rounded to this fraction before a loss is computed from them.
SCORE_SCALE = 2**24
#: Losses, and differences of losses, are at most this in fixed-point units.
LARGEST = 2**30
#: Order of the sums of a loss: n, champion A, challenger B, their products, cubes, and cubes of B - A.
SUMS = ("n", "a", "b", "aa", "ab", "bb", "aaa", "bbb", "ddd")
#: Rows that are worked on at a time: few enough that their columns stay in the processor's cache.
_CHUNK = 1 << 14
#: Fewest and most rows that one thread sums before it takes the next.
_SHARES = (1 << 17, 1 << 21)
_LOW = LARGEST - 1
_BITS = 30


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """The rows themselves, in any order; kept only for metrics that cannot be had from sums. See ``Batch``."""

    #: (k, groupings + 1) index into the tally's slices, -1 for none.
    codes: NDArray[np.int32]
    labels: NDArray[Any]
    champion: NDArray[Any] | None
    challenger: NDArray[Any]
    identity: NDArray[np.uint64] | None = None
    units: NDArray[np.uint64] | None = None
    weights: NDArray[np.float64] | None = None
    money: NDArray[np.float64] | None = None
    baseline: NDArray[Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Summary:
    """What the rows come to for one metric, per slice: enough to judge again without the rows.

    Columns are champion, challenger, pair (challenger - champion) where there are three.
    """

    #: ``share``: a proportion, whose intervals are score intervals at an effective number of rows; ``mean``: anything
    #: else, with standard errors.
    shape: str
    #: (slices,) rows that the value is over.
    rows: NDArray[np.float64]
    #: (slices, 2) champion's and challenger's value; NaN where undefined.
    values: NDArray[np.float64]
    #: (slices, 3) standard errors; NaN for shares.
    errors: NDArray[np.float64]
    #: (slices, 3) degrees of freedom; NaN for shares.
    freedoms: NDArray[np.float64]
    #: (slices, 3) effective numbers of rows; for means, the number that the floor of a width is stated for.
    sizes: NDArray[np.float64]
    #: (slices, 2) share of rows that only the challenger, and only the champion, has as a hit; NaN for means.
    moved: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tally:
    """All that is kept of some rows. Arrays run over the same slices in the same order."""

    #: whether a champion took part.
    paired: bool
    #: number of classes: 2 in a binary task, 0 in regression.
    classes: int
    #: sorted slice names.
    slices: tuple[str, ...]
    #: per slice, the place of its grouping in the run counted from 1; 0 for ``overall``.
    groupings: tuple[int, ...]
    #: (slices,) number of rows.
    rows: NDArray[np.int64]
    #: binary: (slices, 8) counts by (label, champion decision, challenger decision), index 4 label + 2 champion +
    #: challenger; else (slices, 0).
    cells: NDArray[np.int64]
    #: multiclass: (k, 3) sorted columns slice, cell, count, with cell = (label · classes + champion) · classes +
    #: challenger; cells that do not occur are left out. Else (0, 3).
    triples: NDArray[np.int64]
    #: per metric of hits: (slices, 4) counts by (champion hit, challenger hit).
    hits: Mapping[str, NDArray[np.int64]]
    #: per loss: (slices, 9) Python integers in the order of ``SUMS``.
    sums: Mapping[str, NDArray[np.object_]]
    #: per loss: fixed-point units per 1, as a power of two.
    scales: Mapping[str, int]
    #: None when no metric needs them.
    kept: Rows | None = None
    #: per metric that needs the rows, once they are settled; a settled tally does not merge.
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    #: once settled and units or weights are declared: (slices, 2) number of units, and the units that the rows are
    #: worth, N² / Σ n_g².
    units: NDArray[np.float64] | None = None
    #: once settled and a metric asks for it: (slices,) rows that carry the spread of the label.
    carrying: NDArray[np.float64] | None = None

    def __add__(self, other: Tally) -> Tally:
        return merge((self, other))


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
        The rows, when they are to be kept; their codes index ``membership.names``.
    """
    names = tuple(sorted(membership.names))
    origin = dict(zip(membership.names, membership.groupings, strict=True))
    place = {name: index for index, name in enumerate(names)}
    table = np.array([*(place[name] for name in membership.names), -1], dtype=np.int32)
    codes = membership.codes if names == membership.names else table[membership.codes]
    cell = None if classes == 0 else np.empty(len(codes), dtype=np.int64 if classes > 2 else np.int8)

    def add(rows: slice) -> NDArray[np.int64]:
        return _sum_rows(codes, rows, counted, len(names), cell)

    share = min(max(len(codes) // 8, _SHARES[0]), _SHARES[1])
    shares = [slice(start, min(start + share, len(codes))) for start in range(0, len(codes), share)]
    total = np.zeros((len(names), 3 * len(hits) + 17 * len(scales)), dtype=np.int64)
    for part in in_threads(add, shares):
        total += part
    rows, cells, triples = _count_cells(codes, cell, classes, len(names))
    found, sums = _split(total, hits, tuple(scales), rows)
    return Tally(
        paired=paired,
        classes=classes,
        slices=names,
        groupings=tuple(origin[name] for name in names),
        rows=rows,
        cells=cells,
        triples=triples,
        hits=found,
        sums=sums,
        scales=dict(scales),
        kept=None if kept is None else dataclasses.replace(kept, codes=codes),
    )


def _count_cells(
    codes: NDArray[np.int32], cell: NDArray[Any] | None, classes: int, slices: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows per slice, dense cells (two classes) and sparse cells (more classes)."""
    rows = np.zeros(slices, dtype=np.int64)
    cells = np.zeros((slices, 8 if classes == 2 else 0), dtype=np.int64)
    found: list[NDArray[np.int64]] = []
    width = classes**3
    for group in codes.T:
        inside = slice(None) if group.min(initial=0) >= 0 else group >= 0
        where = group[inside].astype(np.int64)
        if cell is None:
            rows += np.bincount(where, minlength=slices)
            continue
        where *= width
        where += cell[inside]
        if classes == 2:
            cells += np.bincount(where, minlength=cells.size).reshape(cells.shape)
            continue
        if slices * width <= max(len(where), 1 << 16):
            dense = np.bincount(where, minlength=slices * width)
            keys = np.flatnonzero(dense)
            counts = dense[keys]
        else:
            keys, counts = np.unique(where, return_counts=True)
        found.append(np.column_stack([keys // width, keys % width, counts]))
    if cell is None:
        return rows, cells, np.zeros((0, 3), dtype=np.int64)
    if classes == 2:
        return cells.sum(axis=1), cells, np.zeros((0, 3), dtype=np.int64)
    triples = _merge_triples(found)
    np.add.at(rows, triples[:, 0], triples[:, 2])
    return rows, cells, triples


def _merge_triples(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Sparse cells of several parts together, in the one canonical order."""
    together = np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts])
    together = together[np.lexsort((together[:, 1], together[:, 0]))]
    new = np.ones(len(together), dtype=np.bool_)
    new[1:] = (together[1:, :2] != together[:-1, :2]).any(axis=1)
    starts = np.flatnonzero(new)
    merged = together[starts]
    if len(starts):
        merged[:, 2] = np.add.reduceat(together[:, 2], starts)
    return merged


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


def _squares(a: NDArray[np.int64], b: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Two columns, their squares and product, as 8 columns of at most 31 bits (and a sign)."""
    columns = [a, b]
    for square in (a * a, a * b, b * b):
        columns += [square >> _BITS, square & _LOW]
    return columns


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


def sum_products(
    codes: NDArray[np.intp], a: NDArray[np.int64], b: NDArray[np.int64], groups: int
) -> NDArray[np.object_]:
    """Exact sums of a, b, a², ab and b² per group, (groups, 5) Python integers; values are at most ``LARGEST``."""
    total = np.zeros((groups, 8), dtype=np.int64)
    for start in range(0, len(codes), _CHUNK):
        part = slice(start, start + _CHUNK)
        for place, column in enumerate(_squares(a[part], b[part])):
            # Sums of 2^15 numbers of 31 bits are exact in float64.
            total[:, place] += np.bincount(codes[part], weights=column, minlength=groups).astype(np.int64)
    parts = total.astype(object)
    joined: NDArray[np.object_] = np.empty((groups, 5), dtype=object)
    joined[:, :2] = parts[:, :2]
    for place in range(3):
        joined[:, 2 + place] = parts[:, 2 + 2 * place] * LARGEST + parts[:, 3 + 2 * place]
    return joined


def merge(tallies: Iterable[Tally]) -> Tally:
    """The tally of all rows together; the only way that tallies combine.

    Raises
    ------
    DataError
        The tallies are not of one kind (other losses or scales, a champion in only some of them, settled already), or
        there is none.
    """
    parts = tuple(tallies)
    if not parts:
        raise DataError("there are no rows to judge; the data set is empty.")
    if len(parts) == 1:
        return parts[0]
    if len({_kind(part) for part in parts}) > 1 or any(_settled(part) for part in parts):
        raise DataError(
            "tallies of different kinds cannot be merged; score all parts with the same models and the same run, and "
            "merge before rows are settled."
        )
    origin = {name: group for part in parts for name, group in zip(part.slices, part.groupings, strict=True)}
    names = tuple(sorted(origin))
    place = {name: index for index, name in enumerate(names)}
    tables = [np.array([*(place[name] for name in part.slices), -1], dtype=np.int32) for part in parts]
    first = parts[0]

    def together(arrays: Iterable[NDArray[Any]], kind: Any) -> NDArray[Any]:
        listed = list(arrays)
        total = np.zeros((len(names), *listed[0].shape[1:]), dtype=kind)
        for table, array in zip(tables, listed, strict=True):
            total[table[:-1]] += array
        return total

    moved = []
    for table, part in zip(tables, parts, strict=True):
        triples = part.triples.copy()
        triples[:, 0] = table[triples[:, 0]]
        moved.append(triples)
    return Tally(
        paired=first.paired,
        classes=first.classes,
        slices=names,
        groupings=tuple(origin[name] for name in names),
        rows=together((part.rows for part in parts), np.int64),
        cells=together((part.cells for part in parts), np.int64),
        triples=_merge_triples(moved),
        hits={name: together((part.hits[name] for part in parts), np.int64) for name in first.hits},
        sums={name: together((part.sums[name] for part in parts), object) for name in first.sums},
        scales=first.scales,
        kept=_merge_rows(parts, tables),
    )


def _settled(tally: Tally) -> bool:
    return bool(tally.summaries) or tally.units is not None or tally.carrying is not None


def _kind(tally: Tally) -> tuple[object, ...]:
    kept = tally.kept
    columns = None if kept is None else tuple(getattr(kept, name) is None for name in _OPTIONAL)
    return (tally.paired, tally.classes, tuple(tally.hits), tuple(sorted(tally.scales.items())), columns)


_OPTIONAL = ("champion", "identity", "units", "weights", "money", "baseline")


def _merge_rows(parts: tuple[Tally, ...], tables: list[NDArray[np.int32]]) -> Rows | None:
    held = [part.kept for part in parts if part.kept is not None]
    if not held:
        return None

    def column(name: str) -> NDArray[Any] | None:
        arrays = [getattr(rows, name) for rows in held]
        return None if arrays[0] is None else np.concatenate(arrays)

    labels, challenger = column("labels"), column("challenger")
    assert labels is not None and challenger is not None  # every row has them
    return Rows(
        codes=np.concatenate([table[rows.codes] for table, rows in zip(tables, held, strict=True)]),
        labels=labels,
        champion=column("champion"),
        challenger=challenger,
        identity=column("identity"),
        units=column("units"),
        weights=column("weights"),
        money=column("money"),
        baseline=column("baseline"),
    )
