"""How bad a slice is, and how bad any slice inside it can be: the two functions that a search is led by.

Both read whole numbers only (rows, and losses in fixed point), so the order of the rows cannot change a bit. A bound
is over all slices within a slice that hold at least ``support`` rows; it needs the slice's size, the sum of its
positive values, and the largest value of a row (Sagadeeva and Boehm, SliceLine, SIGMOD 2021, section 3.1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass

__all__ = ["Excess", "Score", "SliceLine"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Excess:
    """(mean - reference) · √size: how far a slice's mean stands out, in units of the spread of a row.

    Of all slices with the same mean the largest counts most, as it does in a test; that is what has to be confirmed on
    other rows. SliceLine's own score prefers smaller ones, whose means are large by luck.

    >>> score = Excess(reference=0.1)
    >>> float(score.of(np.array([100.0]), np.array([30.0]))[0].round(6))
    2.0
    """

    #: what a mean is held against; not negative.
    reference: float

    def of(self, size: Floats, total: Floats) -> Floats:
        """Scores of slices of these sizes and sums of values; sizes are above 0."""
        scores: Floats = (total - self.reference * size) / np.sqrt(size)
        return scores

    def reaches(self, size: Floats, total: Floats, least: float) -> NDArray[np.bool_]:
        """Where a score may be at least ``least``, which is not negative: cheaper than scores, and never wrongly no."""
        above = total - self.reference * size
        reached: NDArray[np.bool_] = above > 0
        np.multiply(above, above, out=above)
        reached &= above >= least * least * (1 - 1e-9) * size
        return reached

    def bound(self, size: Floats, positive: Floats, largest: float, support: int) -> Floats:
        """The most that any slice within slices of these sizes and sums of positive values can score."""
        # All large values in one slice as small as they allow: beyond that it would only gain rows of value 0.
        best = np.clip(positive / largest if largest > 0 else 0.0, support, np.maximum(size, support))
        return self.of(best, np.minimum(positive, best * largest))


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceLine:
    """SliceLine's score, weight · (mean / overall mean - 1) - (1 - weight) · (rows / size - 1), of values from 0 up.

    >>> score = SliceLine(weight=0.95, mean=0.1, rows=1000)
    >>> float(score.of(np.array([100.0]), np.array([30.0]))[0].round(6))
    1.45
    """

    weight: float
    mean: float
    rows: int

    def of(self, size: Floats, total: Floats) -> Floats:
        """Scores of slices of these sizes and sums of values; sizes are above 0."""
        scores: Floats = self.weight * (total / size / self.mean - 1) - (1 - self.weight) * (self.rows / size - 1)
        return scores

    def reaches(self, size: Floats, total: Floats, least: float) -> NDArray[np.bool_]:
        """Where a score may be at least ``least``; cheaper than scores, and never wrongly no."""
        gain = self.weight * total / self.mean - (1 - self.weight) * self.rows
        return np.asarray(gain >= (least + 2 * self.weight - 1) * size - 1e-9 * self.rows * (1 + abs(least)))

    def bound(self, size: Floats, positive: Floats, largest: float, support: int) -> Floats:
        """The most that any slice within slices of these sizes and sums of values can score."""
        found = np.full(np.shape(size), -np.inf)
        most = np.maximum(size, support)
        # The score is monotone between these sizes, whichever way, so its maximum is at one of them.
        for best in (support, np.clip(positive / largest if largest > 0 else 0.0, support, most), most):
            at = np.broadcast_to(np.asarray(best, dtype=np.float64), np.shape(size))
            found = np.maximum(found, self.of(at, np.minimum(positive, at * largest)))
        return found


Score = Excess | SliceLine
