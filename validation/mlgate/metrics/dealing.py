"""Rows in order of their scores, dealt to the slices of one grouping, a few slices at a time.

Separate from ``ranked.py``, which says what is made of them. Sorting *numbers* that hold a row's slice and place is
the quickest way to deal rows: there is hardly a jump in memory, and a stretch of slices stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.metrics.in_order import InOrder, InStep
from mlgate.metrics.metric import Sorted

__all__ = ["Dealt", "Stretch", "deal", "rows_of", "stretches"]

Codes = NDArray[np.intp]

#: Rows of small slices that are taken together.
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dealt:
    """One grouping's slices, and the rows in each."""

    #: (m,) places in the order, by slice and then as they are; None for all rows as they are.
    places: NDArray[Any] | None
    #: (slices,) number of rows, and (slices + 1,) where each slice starts among those places.
    sizes: Codes
    starts: Codes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stretch:
    """The rows of a few slices, in the order of each model; all rows where the grouping is one slice of them."""

    #: the slices.
    slices: slice
    #: (slices + 1,) where each starts.
    starts: Codes
    #: (k,) places in the first model's order, by slice and then as they are.
    places: NDArray[Any] | slice
    #: (k,) where these rows stand in the second model's order; None without a second.
    there: NDArray[np.int32] | None
    #: (k,) which of these rows come first, second, … by slice and then in the second model's order; None without a
    #: second, and for all rows.
    across: Codes | None

    def of(self, column: NDArray[Any], model: int) -> NDArray[Any]:
        """What a column in a model's order, (n,), says of the rows, (k,), by slice and then in that model's order."""
        if model == 0 or self.there is None or self.across is None:
            return column[self.places] if isinstance(self.places, slice) else column.take(self.places)
        return column.take(self.there.take(self.across))

    def beside(self, values: NDArray[Any], model: int) -> NDArray[Any]:
        """Values of the rows in a model's order, (k,), put in the first model's."""
        if model == 0 or self.there is None:
            return values
        if self.across is None:
            return values[self.there]
        found = np.empty_like(values)
        found[self.across] = values
        return found


def deal(rows: NDArray[np.integer[Any]], code: Codes, slices: int) -> Dealt:
    """Deal rows in some order to the slices of a grouping.

    Parameters
    ----------
    rows
        (n,) number of each row in that order, such as one model's.
    code
        (n,) slice of each row; -1 for none.
    slices
        Their number.
    """
    outside = code.min(initial=0) < 0
    # Rows in no slice come behind all others; small numbers are quicker to reach for.
    narrow = code.astype(np.uint8 if slices < 2**8 else np.uint16 if slices < 2**16 else np.uint32)
    if outside:
        narrow[code < 0] = slices
    sizes = np.bincount(narrow, minlength=slices)[:slices]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    if slices == 1 and not outside:
        return Dealt(places=None, sizes=sizes, starts=starts)
    low = _bits(len(code))
    keys = narrow.take(rows).astype(_unsigned((slices + 1) << low))
    keys <<= keys.dtype.type(low)
    keys |= np.arange(len(code), dtype=keys.dtype)
    keys.sort()
    keys &= keys.dtype.type((1 << low) - 1)
    return Dealt(places=keys[: starts[-1]], sizes=sizes, starts=starts)


def stretches(orders: InStep, dealt: Dealt) -> Iterator[Stretch]:
    """All slices, many small ones together and a large one alone."""
    everywhere = None
    if orders.across is not None:
        everywhere = orders.across if dealt.places is None else orders.across.take(dealt.places)
    for first, last in _chunks(dealt.starts):
        begin, end = int(dealt.starts[first]), int(dealt.starts[last])
        starts = dealt.starts[first : last + 1] - begin
        place = slice(begin, end) if dealt.places is None else dealt.places[begin:end]
        there = across = None
        if everywhere is not None:
            there = everywhere[begin:end]
            across = None if dealt.places is None else _order_of(there, starts, len(orders.models[0].rows))
        yield Stretch(slices=slice(first, last), starts=starts, places=place, there=there, across=across)


def rows_of(order: InOrder, stretch: Stretch, model: int) -> Sorted:
    """The rows of a stretch in one model's order, as metrics read them."""
    labels = stretch.of(order.labels, model)
    assert order.scores is not None  # they are there where any metric reads rows
    return Sorted(
        labels=labels,
        scores=stretch.of(order.scores, model),
        weights=np.ones(len(labels)) if order.weights is None else stretch.of(order.weights, model),
        slices=np.repeat(np.arange(len(stretch.starts) - 1), np.diff(stretch.starts)),
        starts=stretch.starts,
        even=order.weights is None,
    )


def _order_of(there: NDArray[np.int32], starts: Codes, bound: int) -> Codes:
    """Places of distinct numbers below ``bound`` in ascending order within each slice.

    >>> _order_of(np.array([5, 3, 9, 0], dtype=np.int32), np.array([0, 2, 4]), 10).tolist()
    [1, 0, 3, 2]
    """
    low = _bits(len(there))
    keys = there.astype(np.int64)  # which is sorted faster than numbers without a sign
    keys <<= low
    keys |= np.arange(len(there))
    if len(starts) > 2:
        keys |= np.repeat(np.arange(len(starts) - 1) << (low + _bits(bound)), np.diff(starts))
    keys.sort()
    keys &= (1 << low) - 1
    return keys


def _bits(count: int) -> int:
    """Bits that numbers below ``count`` need."""
    return max(count - 1, 1).bit_length()


def _unsigned(largest: int) -> type[np.unsignedinteger[Any]]:
    """The narrowest whole numbers that go this far and are sorted fast."""
    return np.uint32 if largest < 2**32 else np.uint64


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
