"""How far one column of a window is from the same column of the training data: every measure, p, and what moved.

Separate from ``drift.py``, which asks the questions and weighs the answers together: here are two profiles and no
opinion. Distances other than Kolmogorov-Smirnov and Wasserstein are taken on some ten cells of about equal training
mass, since on many cells they grow with chance alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mlgate.checks.category_counts import Categories
from mlgate.checks.number_cells import Numbers, cell_values, on_same_cells
from mlgate.frozen import dataclass
from mlgate.inference.distances import (
    chi_squared,
    fisher_above,
    jensen_shannon,
    kolmogorov_smirnov,
    largest_change,
    pool_rare,
    psi,
    wasserstein,
)

__all__ = ["Shift", "Unseen", "of_known", "shift_beside_spike", "shift_of_categories", "shift_of_numbers", "unseen"]

Counts = NDArray[np.int64]

#: What numbers can be judged by.
NUMBER_MEASURES = ("kolmogorov_smirnov", "psi", "jensen_shannon", "wasserstein")
#: Cells of about equal training mass that PSI and Jensen-Shannon are taken on.
GROUPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """Two samples of one column, held against each other."""

    #: by name of the measure; NaN when a sample is empty.
    measures: Mapping[str, float]
    p: float
    #: what moved, with values of the column: not for private ones.
    moved: str
    #: what limits the comparison; holds no value.
    limit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseen:
    """Categories of a window that the training data do not have."""

    rows: int
    share: float
    p: float
    #: the most frequent first.
    counts: tuple[tuple[str, int], ...]


def shift_of_numbers(reference: Numbers, window: Numbers) -> Shift:
    """A column of numbers."""
    keys, a, b, dropped = on_same_cells(reference, window)
    return _shift(cell_values(keys, dropped), a, b)


def shift_beside_spike(reference: Numbers, window: Numbers) -> tuple[float, Shift] | None:
    """The rows beside the one value that most training rows have, such as 0: that value, and how the others differ.

    Amounts that are mostly 0 could all be a hundred times larger and the whole column would hardly look different.
    None where no value is so frequent, or a side has no other row.
    """
    keys, a, b, dropped = on_same_cells(reference, window)
    if not a.any() or 2 * a.max() < a.sum():
        return None
    spike = int(np.argmax(a))
    values, beside = cell_values(keys, dropped), np.arange(len(a)) != spike
    if not a[beside].any() or not b[beside].any() or len(a) < 3:
        return None
    return float(values[spike]), _shift(values[beside], a[beside], b[beside])


def _shift(values: NDArray[np.float64], a: Counts, b: Counts) -> Shift:
    """Two samples in ascending cells."""
    statistic, p = kolmogorov_smirnov(a, b)
    if not a.any() or not b.any():
        return Shift(measures=dict.fromkeys(NUMBER_MEASURES, math.nan), p=p, moved="")
    grouped = _grouped(a, b)
    found = (statistic, psi(*grouped), jensen_shannon(*grouped), wasserstein(values, a, b))
    return Shift(
        measures=dict(zip(NUMBER_MEASURES, found, strict=True)),
        p=p,
        moved=f"median {_median(values, a):,.6g} in training and {_median(values, b):,.6g} here",
    )


def _grouped(a: Counts, b: Counts) -> tuple[Counts, Counts]:
    """Neighbouring cells taken together into groups of about equal mass of the first."""
    # The middle of each cell's mass decides, so that a value that many rows have is a group of its own.
    twice = 2 * np.cumsum(a) - a
    group = np.minimum(twice * GROUPS // (2 * int(a.sum())), GROUPS - 1)
    both = [np.zeros(GROUPS, dtype=np.int64) for _ in range(2)]
    for sums, counts in zip(both, (a, b), strict=True):
        np.add.at(sums, group, counts)
    return both[0], both[1]


def _median(values: NDArray[np.float64], counts: Counts) -> float:
    sums = np.cumsum(counts)
    return float(values[np.searchsorted(sums, (sums[-1] + 1) // 2)])


def shift_of_categories(reference: Categories, window: Categories) -> Shift:
    """A column of categories; with more distinct ones than are counted by value, of their buckets."""
    limit = ""
    if reference.crowded or window.crowded:
        names, a, b = [], reference.buckets, window.buckets
        limit = f"too many categories to count each: compared in {len(a)} groups of them"
    else:
        names = sorted({*reference.counts, *window.counts})
        a, b = (np.array([part.counts.get(name, 0) for name in names], dtype=np.int64) for part in (reference, window))
    pooled = pool_rare(a, b)
    moved = ""
    if names and a.any() and b.any():
        place = int(np.argmax(np.abs(b / b.sum() - a / a.sum())))
        moved = f"{names[place][:60]!r} {_percent(a, place)} in training and {_percent(b, place)} here"
    measures = {"jensen_shannon": jensen_shannon(*pooled), "psi": psi(*pooled)}
    measures["largest_change"] = largest_change(a, b) if a.any() and b.any() else math.nan
    return Shift(measures=measures, p=chi_squared(*pooled)[1], moved=moved, limit=limit)


def _percent(counts: Counts, place: int) -> str:
    return f"{100 * int(counts[place]) / int(counts.sum()):.3g} %"


def of_known(reference: Categories, window: Categories) -> Categories:
    """The window's rows whose category training has; all of them where there are too many to count each."""
    if reference.crowded or window.crowded:
        return window
    counts = {name: count for name, count in window.counts.items() if name in reference.counts}
    fewer = window.held - sum(counts.values())
    return dataclasses.replace(window, rows=window.rows - fewer, counts=counts)


def unseen(reference: Categories, window: Categories) -> Unseen | None:
    """Categories that training lacks; None when there are too many to count each, or a side holds none.

    Some are new without any drift: as many as the training data have categories of one row (Good 1953), which are new
    to the rest of it. So p is Fisher's against the share of those.
    """
    if reference.crowded or window.crowded or not reference.held or not window.held:
        return None
    counts = {name: count for name, count in window.counts.items() if name not in reference.counts}
    rows = sum(counts.values())
    single = sum(count == 1 for count in reference.counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    p = fisher_above(rows, window.held, single, reference.held) if rows else 1.0
    return Unseen(rows=rows, share=rows / window.held, p=p, counts=tuple(ordered))
