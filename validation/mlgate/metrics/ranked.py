"""Ranking metrics on all slices of a grouping, from rows that were sorted once for all groupings.

Sorting rows by score is the dear part, so it is done once per model; a grouping then only deals the sorted rows to its
slices, which counting does. Slices are worked on a few at a time, so that what is worked out of their rows stays in the
processor's cache. Separate from ``settle.py`` because only metrics that rank need it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.influence import Errors, Weighing, errors_of_rows, errors_of_units
from mlgate.metrics.metric import Ranking, Sorted
from mlgate.metrics.placements import Ordered, areas, placements

__all__ = ["InOrder", "in_step", "rank", "sort_rows"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Rows of small slices that are taken together.
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class InOrder:
    """All rows in ascending order of one model's scores, or errors; ties in an order that does not depend on theirs."""

    #: (n,) number of the row.
    rows: NDArray[np.int32]
    labels: NDArray[Any]
    scores: Floats
    #: None: all 1.
    weights: Floats | None
    #: (n,) a number that rises with the score; None when no two scores are equal, or where it is not needed.
    levels: NDArray[np.int32] | None = None
    #: (n,) where the row stands in the first model's order; None in that order itself.
    beside: NDArray[np.int32] | None = None


def sort_rows(key: str, scores: Floats, labels: NDArray[Any], weights: Floats | None) -> InOrder:
    """Rows in ascending order.

    Parameters
    ----------
    key
        ``Ranking.key``.
    scores
        (n,) as the model gave them.
    labels
        (n,) int8 in a binary task, else numbers.
    weights
        (n,); None: all 1.
    """
    values = np.abs(scores - labels) if key == "error" else scores + 0.0  # minus zero is zero
    if labels.dtype == np.int8 and weights is None and key == "score":
        # Scores are not negative, so their bits sort as they do, and the label fits in behind them.
        bits = values.view(np.uint64)
        bits <<= np.uint64(1)
        bits |= labels.view(np.uint8)
        rows = _argsort(bits)
        bits = bits[rows]
        ordered = (bits & np.uint64(1)).astype(np.int8)
        bits >>= np.uint64(1)
        new = bits[1:] != bits[:-1]
        levels = None if new.all() else np.append(np.int32(0), np.cumsum(new, dtype=np.int32))
        return InOrder(rows=rows, labels=ordered, scores=bits.view(np.float64), weights=None, levels=levels)
    columns = (labels, scores, values) if weights is None else (weights, labels, scores, values)
    rows = np.lexsort(columns).astype(np.int32)
    return InOrder(
        rows=rows,
        labels=labels[rows],
        scores=scores[rows],
        weights=None if weights is None else weights[rows],
    )


def in_step(models: Sequence[InOrder]) -> tuple[InOrder, ...]:
    """The orders of several models, each with where its rows stand in the first model's order.

    Models that mostly agree have their rows in nearly the same order, so that what one of them makes of a row lies near
    to what the other makes of it: each grouping goes from one to the other, and far jumps in memory are dear.
    """
    first, *others = models
    place = np.empty(len(first.rows), dtype=np.int32)
    place[first.rows] = np.arange(len(first.rows), dtype=np.int32)
    return (first, *(dataclasses.replace(one, beside=place[one.rows]) for one in others))


def _argsort(bits: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Numbers of the rows in ascending order of (n,) numbers below 2^63, which sorting values gives faster.

    The upper bits are sorted with the row's number in the place of the lower ones; where the upper bits are equal, the
    few rows that they leave open are sorted by all bits.

    >>> _argsort(np.array([7, 2**62 + 1, 2**62, 7], dtype=np.uint64)).tolist()[2:]
    [2, 1]
    """
    low = max(len(bits) - 1, 1).bit_length()
    mask = np.uint64((1 << low) - 1)
    # The topmost bit is never set: one more bit stays.
    packed = bits >> np.uint64(low - 1)
    packed <<= np.uint64(low)
    packed |= np.arange(len(bits), dtype=np.uint64)
    packed.sort()
    rows = (packed & mask).astype(np.int32)
    packed >>= np.uint64(low)
    same = packed[1:] == packed[:-1]
    if same.any():
        open_ = np.flatnonzero(np.append(same, False) | np.append(False, same))
        inside = rows[open_]
        rows[open_] = inside[np.argsort(bits[inside], kind="stable")]
    return rows


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Dealt:
    """One grouping's slices, and how many rows each has."""

    #: (n,) slice of each row, as small numbers; the largest of them for rows in none.
    narrow: NDArray[Any]
    #: (slices,) number of rows, and (slices + 1,) where each slice starts.
    sizes: Codes
    starts: Codes


def rank(
    metrics: Sequence[Ranking],
    orders: Mapping[str, Sequence[InOrder]],
    code: Codes,
    slices: int,
    weighing: Weighing | None,
) -> dict[str, dict[str, Floats]]:
    """Columns of ``Summary`` for each metric.

    Parameters
    ----------
    metrics
        Of any keys.
    orders
        By key, all rows sorted by each model (the last is the challenger), as ``in_step`` gives them.
    code
        (n,) slice of each row; -1 for none.
    slices
        Their number.
    weighing
        The rows that are in a slice, dealt to units; None when they have neither units nor weights.
    """
    # Small numbers are sorted by counting, without any comparison.
    kind = np.uint8 if slices < 2**8 - 1 else np.uint16 if slices < 2**16 - 1 else np.uint32
    narrow = code.astype(kind)
    sizes = np.bincount(narrow[code >= 0] if code.min(initial=0) < 0 else narrow, minlength=slices)
    dealt = _Dealt(narrow=narrow, sizes=sizes, starts=np.concatenate([[0], np.cumsum(sizes)]))
    found: dict[str, dict[str, Floats]] = {}
    for key in dict.fromkeys(metric.key for metric in metrics):
        chosen = [metric for metric in metrics if metric.key == key]
        found |= _rank_by(chosen, orders[key], dealt, np.flatnonzero(code >= 0), weighing)
    return found


def _rank_by(
    metrics: Sequence[Ranking],
    models: Sequence[InOrder],
    dealt: _Dealt,
    inside: Codes,
    weighing: Weighing | None,
) -> dict[str, dict[str, Floats]]:
    """The same for metrics of one key."""
    found = {metric.name: _blank(dealt) for metric in metrics}
    picks = [_deal(order, dealt) for order in models]
    place = np.empty(len(dealt.narrow), dtype=np.int32)
    held = {one.name: np.zeros((2, len(dealt.narrow))) for one in metrics if weighing is not None}
    plain = weighing is None and all(order.weights is None for order in models)
    general = [metric for metric in metrics if not (metric.area and plain)]
    for first, last in _chunks(dealt.starts):
        stretch = slice(int(dealt.starts[first]), int(dealt.starts[last]))
        parts = [stretch if pick is None else pick[stretch] for pick in picks]
        # Rows in the first model's order, so that what the models make of a row stands side by side.
        place[parts[0]] = np.arange(stretch.stop - stretch.start, dtype=np.int32)
        places = [
            place[order.beside[part]]
            for order, part in zip(models[1:], parts[1:], strict=True)
            if order.beside is not None
        ]
        for metric in metrics:
            columns = {name: values[first:last] for name, values in found[metric.name].items()}
            if metric not in general:
                starts = dealt.starts[first : last + 1] - stretch.start
                _fill_areas(columns, models, parts, places, starts)
        chunks = [_sorted(order, part, dealt, first, last) for order, part in zip(models, parts) if general]
        for metric in general:
            columns = {name: values[first:last] for name, values in found[metric.name].items()}
            sides = _influences(metric, chunks, places, columns)
            if weighing is not None:
                held[metric.name][:, models[0].rows[parts[0]]] = sides[0], sides[-1]
            else:
                _fill(columns, metric, chunks[0], sides)
    if weighing is not None:
        for metric in metrics:
            first_side, second_side = held[metric.name][:, inside]
            errors = errors_of_units(first_side, second_side, weighing, len(dealt.sizes), weighing.total)
            found[metric.name] |= {"errors": errors.error, "freedoms": errors.freedom}
            found[metric.name]["sizes"][:] = weighing.effective[:, None]
    return {metric.name: _finished(metric, found[metric.name]) for metric in metrics}


def _fill_areas(
    columns: dict[str, Floats],
    models: Sequence[InOrder],
    parts: Sequence[Codes | slice],
    places: Sequence[NDArray[np.int32]],
    starts: Codes,
) -> None:
    """Columns of ROC AUC."""
    labels = [order.labels[part] for order, part in zip(models, parts, strict=True)]
    found = [
        placements(Ordered(labels=label, levels=None if one.levels is None else one.levels[part], starts=starts))
        for one, part, label in zip(models, parts, labels, strict=True)
    ]
    first = found[0].astype(np.int64)
    second = first
    if places:
        second = np.empty_like(first)
        second[places[0]] = found[1]
    values, errors = areas(first, second, labels[0], starts)
    columns["values"][:] = values
    _put(columns, errors, _smaller_class(labels[0], np.repeat(np.arange(len(starts) - 1), np.diff(starts)), starts))


def _influences(
    metric: Ranking, chunks: Sequence[Sorted], places: Sequence[NDArray[np.int32]], columns: dict[str, Floats]
) -> list[Floats]:
    """Influence by each model, rows in the first model's order; values and steps are filled in."""
    sides = []
    for side, chunk in enumerate(chunks):
        value, influence = metric.of(chunk)
        columns["values"][:, side:] = value[:, None]
        influence = np.where(np.isnan(value[chunk.slices]), 0.0, influence)
        if side:
            placed = np.empty_like(influence)
            placed[places[0]] = influence
            influence = placed
        sides.append(influence)
    if metric.step is not None:
        columns["step"][:] = metric.step(chunks[-1])
    return sides


def _blank(dealt: _Dealt) -> dict[str, Floats]:
    slices = len(dealt.sizes)
    widths = {"values": 2, "errors": 3, "freedoms": 3, "sizes": 3}
    empty = {name: np.full((slices, width), np.nan) for name, width in widths.items()}
    return {"rows": dealt.sizes.astype(np.float64), "step": np.zeros(slices), **empty}


def _deal(order: InOrder, dealt: _Dealt) -> Codes | None:
    """Places in the order, by slice and then as they are, without those in no slice; None for all as they are."""
    if len(dealt.sizes) == 1 and dealt.sizes[0] == len(order.rows):
        return None
    return np.argsort(dealt.narrow[order.rows], kind="stable")[: dealt.starts[-1]]


def _chunks(starts: Codes) -> Iterator[tuple[int, int]]:
    """First slice and the one behind the last of slices that are worked on together: many small ones, or a large one.

    >>> list(_chunks(np.array([0, 10, 10, 100_000, 100_001])))
    [(0, 2), (2, 3), (3, 4)]
    """
    first = 0
    while first < len(starts) - 1:
        last = max(int(np.searchsorted(starts, starts[first] + _CHUNK, side="right")) - 1, first + 1)
        yield first, last
        first = last


def _sorted(order: InOrder, pick: Codes | slice, dealt: _Dealt, first: int, last: int) -> Sorted:
    """The rows of some slices."""
    labels = order.labels[pick]
    return Sorted(
        labels=labels,
        scores=order.scores[pick],
        weights=np.ones(len(labels)) if order.weights is None else order.weights[pick],
        slices=np.repeat(np.arange(last - first), dealt.sizes[first:last]),
        starts=dealt.starts[first : last + 1] - dealt.starts[first],
        even=order.weights is None,
    )


def _fill(columns: dict[str, Floats], metric: Ranking, rows: Sorted, sides: Sequence[Floats]) -> None:
    """Errors of independent rows, and how many rows there are to speak of."""
    labels = rows.labels if metric.by_class else None
    small = np.diff(rows.starts) if labels is None else _smaller_class(labels, rows.slices, rows.starts)
    _put(columns, errors_of_rows(sides[0], sides[-1], rows.slices, len(small), labels), small)


def _smaller_class(labels: NDArray[Any], slices: Codes, starts: Codes) -> Codes:
    positive = np.bincount(slices[labels == 1], minlength=len(starts) - 1)
    return np.minimum(positive, np.diff(starts) - positive)


def _put(columns: dict[str, Floats], errors: Errors, sizes: Codes) -> None:
    columns["errors"][:], columns["freedoms"][:] = errors.error, errors.freedom
    columns["sizes"][:] = sizes[:, None]


def _finished(metric: Ranking, columns: dict[str, Floats]) -> dict[str, Floats]:
    step = columns.pop("step")
    if metric.step is not None:
        # As in the confusion table: a quarter of a row that only the one, and a quarter that only the other model has.
        columns["errors"][:, 2] = np.hypot(columns["errors"][:, 2], np.sqrt(0.5) * step)
    return columns
