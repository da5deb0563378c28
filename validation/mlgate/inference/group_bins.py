"""Counts of scores in fixed bins, and exact sums, per group and model: what the groups' curves are drawn from.

Separate from the stage that fills them in and from the exhibits that read them, which both need the bins.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.run import Run

__all__ = ["TENTHS", "GroupScores", "edges_of", "tenths_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Bins of the reliability table: tenths of the score.
TENTHS = 10


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GroupScores:
    """Sums over the rows of each group; models are the challenger and, where there is one, the champion."""

    #: names of the groups as slices; places of all arrays.
    slices: tuple[str, ...]
    #: binary, with scores: (models, slices, 2, bins) rows by label and bin of the score; else no bins.
    counts: Ints
    #: the same: (models, slices, 10) sums of scores per tenth, in units of 2^-24.
    sums: Ints
    #: per mean: (models, slices, 2) its sum in the loss's fixed point, and the rest in units 2^-22 of that.
    totals: Mapping[str, Ints]


def edges_of(run: Run) -> Floats:
    """Inner edges of the bins of scores: even on the logit scale, the tenths, and the models' thresholds.

    Scores of rare events crowd near 0; on the logit scale they do not.
    """
    even = 1 / (1 + np.exp(-np.arange(-14.0, 14.01, 0.25)))
    thresholds = [one for one in (run.threshold, run.champion_threshold) if one is not None]
    return np.unique(np.concatenate([even, np.arange(1, TENTHS) / TENTHS, thresholds]))


def tenths_of(edges: Floats) -> NDArray[np.intp]:
    """The tenth that each bin lies in, (bins,)."""
    lowest = np.concatenate([[0.0], edges])
    found: NDArray[np.intp] = np.searchsorted(np.arange(1, TENTHS) / TENTHS, lowest, side="right")
    return found
