"""The slices of up to three conditions that score highest, out of all there are.

For every set of columns the rows are counted once, into a small cube with a cell per combination of levels; all slices
over these columns are sums of cells. A set of columns is left out when no slice over it can reach the slices found so
far, by the bounds of SliceLine on the slices over its parts: so leaving out never changes what is found. Everything is
a sum of whole numbers, hence the same for any order of the rows, to the bit.
"""

from __future__ import annotations

import itertools
from bisect import insort
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.search.levels import SearchColumn
from mlgate.search.scores import Score
from mlgate.threads import in_threads

__all__ = ["DEEPEST", "SHORT", "Found", "Searched", "Target", "fixed_point", "search"]

#: Conditions of a slice; more than three, nobody can read.
DEEPEST = 3
#: Sets of columns that are counted between two looks at what was found; results do not depend on it.
WAVE = 24
#: A set of columns takes so many times more, and shorter, steps than other work on as many rows: two threads that do
#: them wait for each other more than they work, unless there are very many rows.
SHORT = 8
#: Sums of values stay below this, so that a float64 holds them exactly.
EXACT = 2.0**52

Floats = NDArray[np.float64]
Places = tuple[int, ...]
#: (items,) first level of each item of a column, and the level behind its last.
Ends = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Target:
    """What is looked for: slices where a value per row is high."""

    #: place of the values among the vectors that are searched.
    vector: int
    #: -1 turns the values round.
    sign: int
    score: Score
    #: conditions of a slice, at most; the search's own depth holds too.
    depth: int = DEEPEST


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One slice: an item of each of its columns, by place."""

    columns: Places
    items: Places
    size: int
    #: sum of the values, in fixed point.
    total: float
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Searched:
    """What a search found and how far it had to look."""

    #: per target, highest score first.
    found: tuple[tuple[Found, ...], ...]
    #: slices that were looked at, the too small ones too; and those that could not reach, and were left out.
    looked_at: int
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """The rows of a search, each vector's rows without those of value 0."""

    columns: tuple[SearchColumn, ...]
    #: of each column.
    ends: tuple[Ends, ...]
    vectors: tuple[Floats, ...]
    #: per vector, per column: the codes of its rows.
    codes: tuple[tuple[NDArray[np.int8], ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Seen:
    """What one set of columns gave: per target its best slices, and the most that any slice within them can score."""

    found: tuple[tuple[Found, ...], ...]
    bounds: tuple[float, ...]
    looked_at: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Plan:
    """What stays the same during a search."""

    rows: _Rows
    targets: tuple[Target, ...]
    largest: tuple[float, ...]
    support: int
    most: int
    apart: int | None
    prune: bool


def fixed_point(values: Floats) -> tuple[Floats, int]:
    """Values as whole numbers, and the power of two that one of them stands for; whole numbers stay as they are.

    >>> fixed_point(np.array([1.0, -1.0]))[1], fixed_point(np.array([0.5, 0.25]))[0].tolist()[0] > 2**40
    (0, True)
    """
    if not len(values) or bool(np.all(values == np.rint(values))):
        return values, 0
    room = EXACT / (float(np.abs(values).max()) * len(values))
    scale = int(np.floor(np.log2(room)))
    return np.rint(np.ldexp(values, scale)), -scale


def search(
    columns: Sequence[SearchColumn],
    vectors: Sequence[Floats],
    targets: Sequence[Target],
    *,
    support: int,
    depth: int = DEEPEST,
    most: int = 60,
    apart: int | None = 2,
    prune: bool = True,
) -> Searched:
    """The highest scores among all conjunctions of an item each of up to ``depth`` columns.

    Parameters
    ----------
    columns
        Of n rows, sorted by name.
    vectors
        (n,) values in fixed point, see ``fixed_point``.
    targets
        What is looked for; all are looked for in one pass.
    support
        Rows that a slice must hold, at least 1.
    depth
        1, 2 or 3.
    most
        Slices that are returned for each target.
    apart
        Slices over the same columns are alike; at most so many are returned, and no two that share a row. None: all.
    prune
        Whether sets of columns that cannot reach are left out; what is found does not depend on it.
    """
    rows = _rows_of(columns, vectors)
    largest = tuple(float((one.sign * vectors[one.vector]).max(initial=0.0)) for one in targets)
    plan = _Plan(
        rows=rows, targets=tuple(targets), largest=largest, support=support, most=most, apart=apart, prune=prune
    )
    best: list[list[Found]] = [[] for _ in targets]
    seen: dict[Places, tuple[float, ...]] = {}
    looked_at = every = 0
    for size in range(1, min(depth, len(columns)) + 1):
        sets = itertools.combinations(range(len(columns)), size)
        bounds = {places: _bounds_of(places, seen, len(targets)) for places in sets}
        ordered = sorted(bounds, key=lambda places: (-max(bounds[places], default=0.0), places))
        for wave in _waves(ordered):
            least = [_least(highest, most) for highest in best]
            reach = {one: [not prune or b >= t for b, t in zip(bounds[one], least, strict=True)] for one in wave}
            kept = [one for one in wave if any(reach[one])]
            looks = in_threads(
                lambda places: _look(plan, places, least, reach[places]), kept, rows=len(vectors[0]) // SHORT
            )
            for places, one in zip(kept, looks, strict=True):
                seen[places] = one.bounds
                for highest, more in zip(best, one.found, strict=True):
                    for found in more:
                        insort(highest, found, key=_order)
                    del highest[most:]
                looked_at += one.looked_at
            every += sum(_slices(rows, places) for places in wave)
    return Searched(found=tuple(tuple(highest) for highest in best), looked_at=looked_at, left_out=every - looked_at)


def _order(found: Found) -> tuple[float, int, int, Places, Places]:
    return -found.score, len(found.columns), -found.size, found.columns, found.items


def _least(found: Sequence[Found], most: int) -> float:
    """The score that a slice has to reach; below 0 nothing is worth telling."""
    return found[-1].score if len(found) == most else 0.0


def _waves(ordered: Sequence[Places]) -> Iterator[Sequence[Places]]:
    for start in range(0, len(ordered), WAVE):
        yield ordered[start : start + WAVE]


def _slices(rows: _Rows, places: Places) -> int:
    return int(np.prod([len(rows.columns[place].items) for place in places]))


def _bounds_of(places: Places, seen: dict[Places, tuple[float, ...]], targets: int) -> tuple[float, ...]:
    """The least of the bounds of all parts; a part that was left out could not reach, so neither can the whole."""
    if len(places) == 1:
        return (np.inf,) * targets
    parts = [seen.get(part, (-np.inf,) * targets) for part in itertools.combinations(places, len(places) - 1)]
    return tuple(min(bounds) for bounds in zip(*parts, strict=True))


def _rows_of(columns: Sequence[SearchColumn], vectors: Sequence[Floats]) -> _Rows:
    inside = [np.flatnonzero(vector) for vector in vectors]
    return _Rows(
        columns=tuple(columns),
        ends=tuple(_ends(column) for column in columns),
        vectors=tuple(vector[kept] for vector, kept in zip(vectors, inside, strict=True)),
        codes=tuple(tuple(column.codes[kept] for column in columns) for kept in inside),
    )


def _ends(column: SearchColumn) -> Ends:
    firsts = np.array([item.first for item in column.items], dtype=np.intp)
    return firsts, np.array([item.last + 1 for item in column.items], dtype=np.intp)


def _cell(codes: Sequence[NDArray[np.int8]], levels: Sequence[int]) -> NDArray[np.intp]:
    """Cell of each row in the cube of some columns."""
    cell = codes[0].astype(np.intp)
    for more, count in zip(codes[1:], levels[1:], strict=True):
        cell *= count
        cell += more
    return cell


def _cubes(rows: _Rows, places: Places, vectors: Sequence[int]) -> Floats:
    """Cells of some columns, (1 + 2 · vectors, levels of each): counts, then of each vector sum and positive sum."""
    levels = [rows.columns[place].levels for place in places]
    size = int(np.prod(levels))
    found = [np.bincount(_cell([rows.columns[place].codes for place in places], levels), minlength=size)]
    for number in vectors:
        vector, codes = rows.vectors[number], rows.codes[number]
        cell = _cell([codes[place] for place in places], levels)
        found.append(np.bincount(cell, weights=vector, minlength=size))
        found.append(np.bincount(cell, weights=np.maximum(vector, 0.0), minlength=size))
    return np.array(found, dtype=np.float64).reshape(-1, *levels)


def _runs(cells: Floats, ends: Ends, axis: int) -> Floats:
    """Sums over the levels of each item along an axis: differences of running sums, whatever their length."""
    firsts, behind = ends
    shape = list(cells.shape)
    shape[axis] += 1
    running = np.zeros(shape)
    np.cumsum(cells, axis=axis, out=running[(slice(None),) * axis + (slice(1, None),)])
    sums: Floats = running.take(behind, axis=axis)
    sums -= running.take(firsts, axis=axis)
    return sums


def _look(plan: _Plan, places: Places, least: Sequence[float], reach: Sequence[bool]) -> _Seen:
    """All slices over some columns, for the targets that may reach what was found; those within a slice of the columns
    before the last may be left out together.
    """
    columns = [plan.rows.columns[place] for place in places]
    *before, last = (plan.rows.ends[place] for place in places)
    asked = [number for number, target in enumerate(plan.targets) if target.depth >= len(places) and reach[number]]
    vectors = sorted({plan.targets[number].vector for number in asked})
    cells = _cubes(plan.rows, places, vectors)
    for axis, ends in enumerate(before, start=1):
        cells = _runs(cells, ends, axis)
    # (levels of the last column, kinds of sums, slices over the others)
    front = np.ascontiguousarray(cells.reshape(len(cells), -1, columns[-1].levels).transpose(2, 0, 1))
    whole = front.sum(axis=0)
    # Deeper sets of columns are bounded by all slices over these; else only those that may reach are worked out.
    deeper = any(plan.targets[number].depth > len(places) for number in asked)
    every = _runs(front, last, 0) if deeper else None
    found: list[tuple[Found, ...]] = [()] * len(plan.targets)
    bounds = [-np.inf] * len(plan.targets)
    looked_at = 0
    for number in asked:
        target = plan.targets[number]
        kind = 1 + 2 * vectors.index(target.vector)
        kept = np.flatnonzero(_reaching(plan, number, _sums_of(target, whole, kind), least[number]))
        two = every[:, [0, kind]][..., kept] if every is not None else _runs(front[:, [0, kind]][..., kept], last, 0)
        size, total = two[:, 0], target.sign * two[:, 1]
        reaching = (size >= plan.support) & target.score.reaches(size, total, least[number])
        item, place = reaching.nonzero()
        which = kept[place] * len(columns[-1].items) + item
        found[number] = _best(plan, places, target, size[reaching], total[reaching], which)
        looked_at = max(looked_at, size.size)
        if every is not None and target.depth > len(places):
            bounds[number] = _bound(plan, number, _sums_of(target, every, kind))
    return _Seen(found=tuple(found), bounds=tuple(bounds), looked_at=looked_at)


def _sums_of(target: Target, sums: Floats, kind: int) -> list[Floats]:
    """Sizes, sums of a target's values, and of the positive ones; kinds of sums stand on the last axis but one."""
    size, total, positive = sums[..., 0, :], sums[..., kind, :], sums[..., kind + 1, :]
    return [size, total, positive] if target.sign > 0 else [size, -total, positive - total]


def _reaching(plan: _Plan, number: int, sums: Sequence[Floats], least: float) -> NDArray[np.bool_]:
    """Within which slices over all columns but the last some slice may reach a score."""
    size, _, positive = sums
    if not plan.prune:
        return np.ones(len(size), dtype=np.bool_)
    bounds = plan.targets[number].score.bound(size, positive, plan.largest[number], plan.support)
    reaching: NDArray[np.bool_] = (size >= plan.support) & (bounds >= least)
    return reaching


def _bound(plan: _Plan, number: int, sums: Sequence[Floats]) -> float:
    """The most that any slice within slices of these sizes and sums can score."""
    enough = sums[0] >= plan.support
    if not enough.any():
        return -np.inf
    score = plan.targets[number].score
    return float(score.bound(sums[0][enough], sums[2][enough], plan.largest[number], plan.support).max())


def _best(
    plan: _Plan, places: Places, target: Target, size: Floats, total: Floats, which: NDArray[np.intp]
) -> tuple[Found, ...]:
    """The highest scores over some columns, of slices that reached."""
    score = target.score.of(size, total)
    shape = [len(plan.rows.columns[place].items) for place in places]
    count = plan.most if plan.apart is None else plan.apart
    if plan.apart is None and len(score) > count:
        score[score < np.partition(score, -count)[-count]] = -np.inf
    found: list[Found] = []
    while len(found) < count and len(score):
        highest = score.max()
        if not highest > 0:
            break
        top = np.flatnonzero(score == highest)
        one = top[0] if len(top) == 1 else top[np.lexsort((which[top], -size[top]))[0]]
        items = tuple(int(item) for item in np.unravel_index(which[one], shape))
        found.append(
            Found(columns=places, items=items, size=int(size[one]), total=float(total[one]), score=float(highest))
        )
        score[one] = -np.inf
        if plan.apart is not None and len(found) < count:
            score[_sharing(plan.rows, places, items, which)] = -np.inf
    return tuple(found)


def _sharing(rows: _Rows, places: Places, items: Places, which: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which slices over the same columns can share a row with one of them."""
    shape = [len(rows.columns[place].items) for place in places]
    sharing = np.ones(len(which), dtype=np.bool_)
    for place, item, theirs in zip(places, items, np.unravel_index(which, shape), strict=True):
        firsts, behind = rows.ends[place]
        sharing &= ((firsts < behind[item]) & (behind > firsts[item]))[theirs]
    return sharing
