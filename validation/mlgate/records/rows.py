"""Rows as the engine gets them: labels and both models' scores, side by side, plus the columns that slices read.

A batch is all the core ever sees of data. Both scores sit in one record, so that a comparison of different rows cannot
be written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Batch", "Coded", "Membership"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coded:
    """A column as codes into its distinct values, so that conditions are decided once per value, not once per row."""

    #: (n,) index into ``values``.
    codes: NDArray[np.int32]
    #: the distinct values; None is missing.
    values: tuple[str | float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Batch:
    """Some rows of one data set, scored by both models.

    All arrays have the same length n and belong to the same rows in the same order.
    """

    #: (n,) 0 or 1; 1 is the positive class.
    labels: NDArray[np.int8]
    #: (n,) probability of the positive class by the champion; None without a champion.
    champion: NDArray[np.float64] | None
    #: (n,) probability of the positive class by the challenger.
    challenger: NDArray[np.float64]
    #: columns that slices read.
    columns: Mapping[str, Coded]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Membership:
    """Slices of some rows."""

    #: slice names; ``overall`` is the first.
    names: tuple[str, ...]
    #: per name, the place of its grouping counted from 1; 0 for ``overall``.
    groupings: tuple[int, ...]
    #: (n, groupings + 1) index into ``names``, or -1 where a row is in no slice of that grouping; column 0 is overall.
    codes: NDArray[np.int32]
