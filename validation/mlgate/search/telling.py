"""Of the slices that a search found, the few that are told: each trouble once, in its most readable form.

One trouble shows in many slices: in narrower ones, in wider ones, and in those that share most of its rows. So slices
are taken from the highest score down; one that scores nearly as much with fewer conditions, or with more rows, stands
for it; and a later one counts only when most of its excess lies outside the slices that are told already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.search.lattice import Found
from mlgate.search.levels import SearchColumn
from mlgate.search.sharpen import box_of, rows_in

__all__ = ["Values", "tell_apart"]

#: A slice that shares this much (rows in both over rows in either) and scores this much stands for a better one.
ALIKE, NEARLY = 0.5, 0.95
#: Share of a slice's excess that must lie outside the slices that are told already.
OWN = 0.5

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Values:
    """What the searched slices are high in."""

    #: (k,) rows whose value is not 0, and their values in fixed point, turned so that high is what is looked for.
    rows: NDArray[np.intp]
    held: Floats
    #: what the score holds a mean against.
    reference: float

    def excess(self, mask: Mask) -> float:
        """By how much the sum of some rows' values is above what their number makes one expect."""
        return float(self.held[mask.take(self.rows)].sum()) - self.reference * np.count_nonzero(mask)

    def has_own(self, mask: Mask, covered: Mask, *, whole: float) -> bool:
        """Whether most of a slice's excess (``whole``) lies outside the rows that are told already."""
        return self.excess(mask & ~covered) > OWN * whole


def tell_apart(columns: Sequence[SearchColumn], found: Sequence[Found], values: Values, most: int) -> tuple[Found, ...]:
    """At most ``most`` slices that each tell something of their own.

    Parameters
    ----------
    columns
        As they were searched.
    found
        Highest score first.
    values
        Of the same rows.
    most
        How many are told.
    """
    masks = {one: rows_in(columns, box_of(columns, one)) for one in found}
    left, told = list(found), list[Found]()
    covered = np.zeros(len(columns[0].codes) if columns else 0, dtype=np.bool_)
    while left and len(told) < most:
        best = left[0]
        alike = [one for one in left if one.score >= NEARLY * best.score and _alike(masks[one], masks[best])]
        chosen = min(alike, key=lambda one: (len(one.columns), -one.size, one.columns, one.items))
        told.append(chosen)
        covered |= masks[chosen] | masks[best]
        left = [
            one
            for one in left[1:]
            if one is not chosen and values.has_own(masks[one], covered, whole=one.total - values.reference * one.size)
        ]
    return tuple(told)


def _alike(first: Mask, second: Mask) -> bool:
    both = int(np.count_nonzero(first & second))
    return bool(both >= ALIKE * (np.count_nonzero(first) + np.count_nonzero(second) - both))
