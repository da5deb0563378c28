"""Rows as the engine gets them: labels and both models' scores, side by side, plus the columns that slices read.

A batch is all the core ever sees of data. Both scores sit in one record, so that a comparison of different rows cannot
be written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass

__all__ = ["Answers", "Batch", "Coded", "Membership"]


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

    #: (n,) what happened. Binary: int8, 1 is the positive class. Multiclass: int32 index into ``Run.classes``.
    #: Regression: float64.
    labels: NDArray[Any]
    #: what the champion answered; None without a champion. Binary: (n,) probability of the positive class. Multiclass:
    #: (n, classes) class scores, or (n,) int32 class indices when the models give decisions only. Regression: (n,).
    champion: NDArray[Any] | None
    #: what the challenger answered, of the same shape.
    challenger: NDArray[Any]
    #: columns that slices read.
    columns: Mapping[str, Coded]
    #: (n,) uint64, the row's identity; needed where rows are drawn or dealt (bootstrap, halves).
    identity: NDArray[np.uint64] | None = None
    #: (n,) uint64, hash of the unit that the row belongs to; None when rows are independent.
    units: NDArray[np.uint64] | None = None
    #: (n,) float64, at least 0; None when all rows weigh the same.
    weights: NDArray[np.float64] | None = None
    #: (n, 4) float64, what each outcome of the row costs or is worth, in the order of (label, decision) = (0, 0),
    #: (0, 1), (1, 0), (1, 1); a broadcast view when it is the same for all rows. None when no money is declared.
    money: NDArray[np.float64] | None = None
    #: what the baseline column answers, of the models' shape; None: the baseline is the best constant.
    baseline: NDArray[Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Answers:
    """One model's answers beside the truth: all that a metric of rows may read."""

    #: (n,) as in ``Batch``.
    labels: NDArray[Any]
    #: binary: (n,) scores rounded to 2^-24; multiclass: (n, classes) or None; regression: (n,) predictions.
    scores: NDArray[Any] | None
    #: (n,) int: binary 0 or 1, multiclass the class index; None in regression.
    decisions: NDArray[Any] | None
    #: (n, 4) as in ``Batch``.
    money: NDArray[np.float64] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Membership:
    """Slices of some rows."""

    #: sorted slice names.
    names: tuple[str, ...]
    #: per name, the place of its grouping counted from 1; 0 for ``overall``.
    groupings: tuple[int, ...]
    #: (n, groupings + 1) index into ``names``, or -1 for a row in no slice of that grouping; column 0 is ``overall``.
    codes: NDArray[np.int32]
