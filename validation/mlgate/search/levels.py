"""Columns as few levels, and the conditions that runs of levels stand for: what the lattice is made of.

Numbers are cut near quantiles of all rows. That the cuts are known to both halves is harmless: they are made without
labels and answers, so that no slice ends where its loss happens to be large. A missing value is a level of its own; of
a column with many categories the most frequent are levels, and the rest is in no slice.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.rows import Coded
from mlgate.records.run import Condition

__all__ = ["MOST_CATEGORIES", "Fine", "Item", "SearchColumn", "categories", "numbers", "run_conditions"]

#: Categories of one column that are looked at.
MOST_CATEGORIES = 20
#: Columns of more bins than this are searched by single bins, and by what lies below or above a cut.
MOST_RUNS = 12
#: How far, as a share of the rows, a cut may be from its quantile for the sake of a shorter number.
SLACK = 0.01
#: Fine bins of one bin; they only move the ends of slices that were found.
FINER = 4
#: What an infinite number counts as.
LARGEST = 1e300

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A run of adjacent levels, and what a row in it meets."""

    first: int
    last: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fine:
    """A column of numbers in smaller bins, for the ends of slices that were found."""

    #: (n,) bin of each row; behind the last where it is missing.
    codes: NDArray[np.int8]
    #: (bins - 1,) ascending; a number at a cut is above it.
    cuts: Floats
    #: (bins,) smallest and largest number of each.
    least: Floats
    most: Floats
    #: per bin of the search the first fine bin in it; then their number.
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SearchColumn:
    """One column of the rows that are searched."""

    name: str
    #: (n,) level of each row.
    codes: NDArray[np.int8]
    levels: int
    items: tuple[Item, ...]
    #: of a column of numbers: the same in smaller steps.
    fine: Fine | None = None


def numbers(name: str, values: Floats, bins: int) -> SearchColumn:
    """A column of numbers in about equally full bins; equal numbers are in one bin, NaN is missing.

    A number that many rows share, such as 0, is a bin of its own.

    >>> column = numbers("age", np.array([20.0, 30.0, 40.0, np.nan] * 50), 3)
    >>> column.levels, column.codes[:4].tolist()
    (4, [0, 1, 2, 3])
    >>> [(part.operator, part.value) for item in column.items[:2] for part in item.conditions]
    [('=', 20.0), ('<', 40.0)]
    """
    missing = np.isnan(values)
    held = np.clip(values[~missing], -LARGEST, LARGEST) + 0.0  # minus zero is zero
    ordered = np.sort(held)
    coarse = _cuts(ordered, bins, SLACK)
    cuts = np.array(sorted({*coarse.tolist(), *_cuts(ordered, FINER * bins, SLACK / 2).tolist()}))
    places = np.searchsorted(cuts, held, side="right").astype(np.int8)
    fine = _finely(values, missing, cuts, places, held)
    # Each fine bin lies in one bin.
    within = np.searchsorted(coarse, [-np.inf, *cuts], side="right").astype(np.int8)
    count = len(coarse) + 1 if len(held) else 0
    codes = np.full(len(values), count, dtype=np.int8)
    codes[~missing] = within[places]
    ends = [int(np.searchsorted(within, place)) for place in range(count + 1)]
    items = [
        Item(first=low, last=high, conditions=run_conditions(name, fine, ends[low], ends[high + 1] - 1))
        for low, high in _runs(count)
    ]
    if missing.any():
        items.append(_missing(name, count))
    levels = count + bool(missing.any())
    return SearchColumn(
        name=name, codes=codes, levels=levels, items=tuple(items), fine=dataclasses.replace(fine, ends=tuple(ends))
    )


def _finely(values: Floats, missing: NDArray[np.bool_], cuts: Floats, places: NDArray[np.int8], held: Floats) -> Fine:
    codes = np.full(len(values), len(cuts) + 1, dtype=np.int8)
    codes[~missing] = places
    least, most = np.full(len(cuts) + 1, np.inf), np.full(len(cuts) + 1, -np.inf)
    np.minimum.at(least, places, held)
    np.maximum.at(most, places, held)
    return Fine(codes=codes, cuts=cuts, least=least, most=most)


def categories(name: str, coded: Coded, most: int = MOST_CATEGORIES) -> SearchColumn:
    """A column of categories: the ``most`` frequent ones, of equally frequent ones the first by name.

    >>> column = categories("job", Coded(codes=np.array([0, 1, 0, 2], dtype=np.int32), values=("cook", "judge", None)))
    >>> column.codes.tolist(), [(part.operator, part.value) for item in column.items for part in item.conditions]
    ([0, 1, 0, 2], [('=', 'cook'), ('=', 'judge'), ('missing', '')])
    """
    counts = np.bincount(coded.codes, minlength=len(coded.values))
    held = [(place, value) for place, value in enumerate(coded.values) if value is not None and counts[place]]
    held.sort(key=lambda one: (-int(counts[one[0]]), str(one[1])))
    kept, rest = held[:most], held[most:]
    lacking = any(value is None and counts[place] for place, value in enumerate(coded.values))
    # The last entry is never pointed at: it gives a column without rows something to look into.
    table = np.full(len(coded.values) + 1, len(kept) + bool(rest), dtype=np.int8)
    for level, (place, _) in enumerate(kept):
        table[place] = level
    for place, _ in rest:
        table[place] = len(kept)
    items = [
        Item(first=level, last=level, conditions=(Condition(column=name, operator="=", value=value),))
        for level, (_, value) in enumerate(kept)
    ]
    if lacking:
        items.append(_missing(name, len(kept) + bool(rest)))
    levels = len(kept) + bool(rest) + lacking
    return SearchColumn(name=name, codes=table[coded.codes], levels=levels, items=tuple(items))


def short_between(low: float, high: float) -> float:
    """The number with the fewest digits above ``low`` and not above ``high``.

    >>> short_between(24.0, 25.0), short_between(0.3047, 0.3125), short_between(-0.26, -0.24)
    (25.0, 0.31, -0.24)
    """
    for digits in range(16):
        for wanted in (high, low + (high - low) / 2):
            found = float(f"{wanted:.{digits}e}")
            if low < found <= high:
                return found
    return high


def _missing(name: str, level: int) -> Item:
    return Item(first=level, last=level, conditions=(Condition(column=name, operator="missing", value=""),))


def _runs(count: int) -> list[tuple[int, int]]:
    """Runs of adjacent bins, but for all of them, which is no condition."""
    runs = [(low, high) for low in range(count) for high in range(low, count) if high - low < count - 1]
    if count <= MOST_RUNS:
        return runs
    return [(low, high) for low, high in runs if low == high or low == 0 or high == count - 1]


def _cuts(ordered: Floats, bins: int, slack: float) -> Floats:
    """Ascending cuts of ascending numbers; a number at a cut is above it."""
    if not len(ordered):
        return ordered
    last = len(ordered) - 1
    pairs = {
        tuple(float(ordered[min(max(round((part / bins + way) * last), 0), last)]) for way in (-slack, slack))
        for part in range(1, bins)
    }
    cuts = set[float]()
    for low, high in sorted(pairs):
        if low < high:
            cuts.add(short_between(low, high))
            continue
        # So many rows hold this number that it becomes a bin of its own: cut on both sides.
        if low > ordered[0]:
            cuts.add(low)
        above = np.searchsorted(ordered, low, side="right")
        if above <= last:
            cuts.add(short_between(low, float(ordered[above])))
    return np.array(sorted(cuts))


def run_conditions(name: str, fine: Fine, low: int, high: int) -> tuple[Condition, ...]:
    """What the numbers of a run of fine bins meet."""
    if fine.least[low : high + 1].min() == fine.most[low : high + 1].max():
        return (Condition(column=name, operator="=", value=float(fine.most[low : high + 1].max())),)
    found = []
    if low:
        found.append(Condition(column=name, operator=">=", value=float(fine.cuts[low - 1])))
    if high < len(fine.cuts):
        found.append(Condition(column=name, operator="<", value=float(fine.cuts[high])))
    return tuple(found)
