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

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.frozen import dataclass

__all__ = ["LARGEST", "SCORE_SCALE", "SUMS", "Rows", "Summary", "Tally", "merge", "merge_triples"]

#: Scores in [0, 1] are rounded to this fraction before a loss is computed from them.
SCORE_SCALE = 2**24
#: Losses, and differences of losses, are at most this in fixed-point units.
LARGEST = 2**30
#: Order of the sums of a loss: n, champion A, challenger B, their products, cubes, and cubes of B - A.
SUMS = ("n", "a", "b", "aa", "ab", "bb", "aaa", "bbb", "ddd")


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
    #: (slices, 3) skewness of the estimates; NaN where intervals know of none.
    skewness: NDArray[np.float64]
    #: (slices, 5) what the limits by counts are made of, see ``Spread.counts``; NaN for all but tables.
    counted: NDArray[np.float64]
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
    #: once settled and units or weights are declared: (slices, 4) number of units, and the units, N² / Σ n_g², that all
    #: rows are worth, and in binary tasks the negative and the positive ones; NaN where nobody can say.
    units: NDArray[np.float64] | None = None
    #: once settled and a metric asks for it: (slices,) rows that carry the label's spread or the amounts at stake.
    carrying: NDArray[np.float64] | None = None

    def __add__(self, other: Tally) -> Tally:
        return merge((self, other))


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
        triples=merge_triples(moved),
        hits={name: together((part.hits[name] for part in parts), np.int64) for name in first.hits},
        sums={name: together((part.sums[name] for part in parts), object) for name in first.sums},
        scales=first.scales,
        kept=_merge_rows(parts, tables),
    )


def merge_triples(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
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
