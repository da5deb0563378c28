"""The ends of slices that were found, moved to where the score is highest.

The search cuts numbers coarsely, so that it can look at every slice; a slice that it found usually ends a little beside
the place where the trouble ends. Here one column of numbers is taken at a time, all other conditions held, and the best
run of fine bins is read off, until nothing moves. Only the half of the rows that was searched takes part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.run import Condition
from mlgate.search.lattice import Found
from mlgate.search.levels import SearchColumn, run_conditions
from mlgate.search.scores import Score

__all__ = ["Box", "box_of", "conditions_of", "rows_in", "sharpen"]

#: Rounds over all columns; ends hardly move after the second.
ROUNDS = 4
#: By how much a score must grow for an end to move.
WORTH = 1.02

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A slice as runs of codes: of fine bins for numbers, of levels else."""

    columns: tuple[int, ...]
    #: first and last code, and whether they are fine ones.
    runs: tuple[tuple[int, int, bool], ...]
    #: mean of the values.
    mean: float


def box_of(columns: Sequence[SearchColumn], found: Found) -> Box:
    """A slice as the search found it."""
    runs = []
    for place, item in zip(found.columns, found.items, strict=True):
        column, one = columns[place], columns[place].items[item]
        if column.fine is None or one.last >= len(column.fine.ends) - 1:  # a category, or missing
            runs.append((one.first, one.last, False))
        else:
            runs.append((column.fine.ends[one.first], column.fine.ends[one.last + 1] - 1, True))
    return Box(columns=found.columns, runs=tuple(runs), mean=found.total / found.size)


def conditions_of(columns: Sequence[SearchColumn], box: Box) -> tuple[Condition, ...]:
    """What the rows of a slice meet, all of it."""
    found: list[Condition] = []
    for place, (low, high, finely) in zip(box.columns, box.runs, strict=True):
        column = columns[place]
        if finely and column.fine is not None:
            found += run_conditions(column.name, column.fine, low, high)
        else:
            found += next(item.conditions for item in column.items if (item.first, item.last) == (low, high))
    return tuple(found)


def rows_in(columns: Sequence[SearchColumn], box: Box) -> Mask:
    """Which rows are in a slice, (n,)."""
    inside = np.ones(len(columns[0].codes), dtype=np.bool_)
    for place, run in zip(box.columns, box.runs, strict=True):
        inside &= _in_run(columns[place], run)
    return inside


def _in_run(column: SearchColumn, run: tuple[int, int, bool]) -> Mask:
    low, high, finely = run
    codes = column.fine.codes if finely and column.fine is not None else column.codes
    inside: Mask = codes == low if low == high else (codes >= low) & (codes <= high)
    return inside


def sharpen(columns: Sequence[SearchColumn], box: Box, values: Floats, score: Score, support: int) -> Box:
    """The slice with its ends where it scores highest.

    Parameters
    ----------
    columns
        As they were searched.
    box
        The slice.
    values
        (n,) in fixed point, turned so that high is what is looked for.
    score
        What is made large.
    support
        Rows that it must hold.
    """
    masks = [_in_run(columns[place], run) for place, run in zip(box.columns, box.runs, strict=True)]
    runs, mean = list(box.runs), box.mean
    for _ in range(ROUNDS):
        before = list(runs)
        for number, place in enumerate(box.columns):
            fine = columns[place].fine
            if not runs[number][2] or fine is None:
                continue
            others = np.ones(len(values), dtype=np.bool_)
            for other, mask in enumerate(masks):
                others &= mask if other != number else True
            low, high, mean = _best_run(
                fine.codes[others], values[others], len(fine.cuts) + 1, runs[number], score, support
            )
            runs[number] = (low, high, True)
            masks[number] = _in_run(columns[place], runs[number])
        if runs == before:
            break
    return Box(columns=box.columns, runs=tuple(runs), mean=mean)


def _best_run(
    codes: NDArray[np.int8], values: Floats, bins: int, now: tuple[int, int, bool], score: Score, support: int
) -> tuple[int, int, float]:
    """First and last bin of the run with the highest score, and its mean; the present one unless it is worth it."""
    sizes = np.concatenate([[0.0], np.cumsum(np.bincount(codes, minlength=bins + 1)[:bins])])
    totals = np.concatenate([[0.0], np.cumsum(np.bincount(codes, weights=values, minlength=bins + 1)[:bins])])
    first, last = np.triu_indices(bins)
    size, total = sizes[last + 1] - sizes[first], totals[last + 1] - totals[first]
    legal = (size >= support) & (last - first < bins - 1)
    scores = np.where(legal, score.of(np.maximum(size, 1.0), total), -np.inf)
    present = int(np.flatnonzero((first == now[0]) & (last == now[1]))[0])
    best = int(np.argmax(scores))
    chosen = best if scores[best] > WORTH * scores[present] else present
    return int(first[chosen]), int(last[chosen]), float(total[chosen] / max(size[chosen], 1.0))
