"""All rows in order of each model's scores: sorted once, before any grouping deals them to its slices.

Separate from ``ranked.py``, which is run for every grouping; nothing here knows of slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass

__all__ = ["InOrder", "InStep", "in_step", "in_units", "sort_rows"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class InOrder:
    """All rows in ascending order of one model's scores, or errors; ties in an order that does not depend on theirs."""

    #: (n,) number of the row.
    rows: NDArray[np.int32]
    labels: NDArray[Any]
    #: None where only their order is asked for.
    scores: Floats | None
    #: None: all 1.
    weights: Floats | None
    #: (n,) a number that rises with the score; None when no two scores are equal, or where it is not needed.
    levels: NDArray[np.int32] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class InStep:
    """The orders of one model, or of two, and how to come from the first to the second."""

    models: tuple[InOrder, ...]
    #: (n,) where each row of the first order stands in the second; None without a second.
    across: NDArray[np.int32] | None


def sort_rows(
    key: str, scores: Floats, labels: NDArray[Any], weights: Floats | None, *, order_alone: bool = False
) -> InOrder:
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
    order_alone
        Whether nobody reads the scores in order: bringing them there is a third of the work.
    """
    values = np.abs(scores - labels) if key == "error" else scores + 0.0  # minus zero is zero
    if labels.dtype == np.int8 and weights is None and key == "score":
        # Scores are not negative, so their bits sort as they do, and the label fits in behind them.
        bits = values.view(np.uint64)
        bits <<= np.uint64(1)
        bits |= labels.view(np.uint8)
        rows, levels = _argsort(bits)
        return InOrder(
            rows=rows,
            labels=labels.take(rows),
            scores=None if order_alone else (bits.take(rows) >> np.uint64(1)).view(np.float64),
            weights=None,
            levels=levels,
        )
    columns = (labels, scores, values) if weights is None else (weights, labels, scores, values)
    rows = np.lexsort(columns).astype(np.int32)
    return InOrder(
        rows=rows,
        labels=labels[rows],
        scores=scores[rows],
        weights=None if weights is None else weights[rows],
    )


def in_units(units: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Rows in the order of their units, and the unit of each in that order, numbered from 0.

    >>> rows, numbers = in_units(np.array([7, 2**63, 7], dtype=np.uint64))
    >>> rows.tolist(), numbers.tolist()
    ([0, 2, 1], [0, 0, 1])
    """
    low = max(len(units) - 1, 1).bit_length()
    packed = units & ~np.uint64((1 << low) - 1)
    packed |= np.arange(len(units), dtype=np.uint64)
    packed.sort()
    rows = (packed & np.uint64((1 << low) - 1)).astype(np.int32)
    ordered = units[rows]
    # Hashes are told apart by their upper bits, all but never by the lower ones alone.
    if np.any(ordered[1:] < ordered[:-1]):
        rows = np.argsort(units, kind="stable").astype(np.int32)
        ordered = units[rows]
    numbers = np.zeros(len(units), dtype=np.intp)
    np.cumsum(ordered[1:] != ordered[:-1], out=numbers[1:])
    return rows, numbers


def in_step(models: Sequence[InOrder]) -> InStep:
    """The orders of one model or two, so that what both make of a row can be put side by side."""
    if len(models) == 1:
        return InStep(models=tuple(models), across=None)
    first, second = models
    place = np.empty(len(second.rows), dtype=np.int32)
    place[second.rows] = np.arange(len(second.rows), dtype=np.int32)
    return InStep(models=(first, second), across=place[first.rows])


def _argsort(bits: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int32] | None]:
    """Numbers of the rows in ascending order of (n,) numbers below 2^63, which sorting values gives faster.

    The upper bits are sorted with the row's number in the place of the lower ones; where the upper bits are equal, the
    few rows that they leave open are sorted by all bits.

    Returns
    -------
    tuple
        (n,) the rows; and (n,) a number that rises with all bits but the last, None when no two rows are equal in them.

    >>> rows, levels = _argsort(np.array([7, 2**62 + 1, 2**62, 7], dtype=np.uint64))
    >>> rows.tolist()[2:], levels.tolist()
    ([2, 1], [0, 0, 1, 1])
    """
    low = max(len(bits) - 1, 1).bit_length()
    mask = np.int64((1 << low) - 1)
    packed = bits.astype(np.int64)  # which is sorted faster than numbers without a sign
    packed &= ~mask
    packed |= np.arange(len(bits))
    packed.sort()
    rows = (packed & mask).astype(np.int32)
    packed &= ~mask
    same = packed[1:] == packed[:-1]
    if not same.any():
        return rows, None
    open_ = np.flatnonzero(np.append(same, False) | np.append(False, same))
    inside = rows[open_]
    rows[open_] = inside[np.argsort(bits[inside], kind="stable")]
    pairs = np.flatnonzero(same)
    same[pairs] = (bits[rows[pairs]] ^ bits[rows[pairs + 1]]) <= 1
    return rows, np.append(np.int32(0), np.cumsum(~same, dtype=np.int32)) if same.any() else None
