"""Family ``range``: numbers far away, at the edge, of another unit or of another sign."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.oddities.cells import (
    change,
    chosen_of,
    draw,
    floating,
    numeric,
    observed,
    present,
    replace_cells,
    values_of,
)
from mlgate.oddities.oddity import Asked, Oddity, declare

__all__ = ["ODDITIES"]

#: Share of the filled cells of each numeric column that are pushed out of range.
FEW = 0.05
#: Share of the filled cells that are moved to a bound, or get another unit or sign.
MANY = 0.2
#: How many observed ranges beyond the largest value.
RANGES = 10
#: How far beyond a bound, as a share of the range.
JUST = 0.01
#: Largest number of single precision, 3.4e38. Most libraries of models calculate in it and refuse what it does not
#: hold, which is no fault of the model; no measurement comes near it.
LARGEST_SINGLE = float(np.finfo(np.float32).max)


def extreme(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A twentieth of the values of every numeric feature lies ten observed ranges beyond the largest."""

    def pushed(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        value = _far(column)
        return None if value is None else replace_cells(column, chosen_of(column, asked, share=FEW, name=name), value)

    return change(table, numeric(table, asked), pushed)


def _far(column: pa.ChunkedArray) -> int | float | None:
    """A number of the column's type far above all that it holds; None where there is no such number."""
    found, kind = observed(column), column.type
    if found is None:
        return None
    low, high = found
    if pa.types.is_integer(kind):
        limit = int(np.iinfo(kind.to_pandas_dtype()).max)
        pushed: int | float = min(high + RANGES * max(high - low, abs(high), 1), limit)
    else:
        # In halves, so that the difference of two huge numbers is no infinity before it is cut to what the type holds.
        limit_of_type = float(np.finfo(kind.to_pandas_dtype()).max)
        reach = max(high / 2 - low / 2, abs(high) / 2, 0.5)
        pushed = min(high / 2 + RANGES * min(reach, limit_of_type / (4 * RANGES)), limit_of_type / 2) * 2
        pushed = float(np.asarray(pushed, dtype=kind.to_pandas_dtype()))
    return pushed if pushed > high else None


def beyond_range(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A twentieth of the values of every numeric feature lies just beyond its lowest or highest value."""

    def pushed(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        bounds = _bounds(name, column, asked)
        if bounds is None:
            return None
        reach = JUST * (bounds[1] - bounds[0]) or 1.0
        low, high = bounds[0] - reach, bounds[1] + reach
        if pa.types.is_integer(column.type):
            return _to_ends(name, column, asked, FEW, (math.floor(low), math.ceil(high)))
        nearest = _neighbours(bounds, column.type.to_pandas_dtype())
        return _to_ends(name, column, asked, FEW, (min(low, nearest[0]), max(high, nearest[1])))

    return change(table, numeric(table, asked), pushed)


def _neighbours(bounds: tuple[Any, Any], kind: type[np.floating[Any]]) -> tuple[float, float]:
    """The numbers of a type that are the first below and the first above: what is nearer is a bound itself."""
    with np.errstate(over="ignore", under="ignore"):
        low, high = (np.nextafter(kind(end), kind(way)) for end, way in zip(bounds, (-math.inf, math.inf), strict=True))
    return float(low), float(high)


def at_bounds(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the values of every numeric feature is exactly its lowest or highest allowed value."""

    def moved(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        bounds = _bounds(name, column, asked)
        return None if bounds is None else _to_ends(name, column, asked, MANY, bounds)

    return change(table, numeric(table, asked), moved)


def _bounds(name: str, column: pa.ChunkedArray, asked: Asked) -> tuple[Any, Any] | None:
    """What the expectations allow, else what is observed; None without any, or where they are infinite."""
    found = observed(column)
    if found is None:
        return None
    declared = asked.bounds.get(name, (None, None))
    low, high = (seen if said is None else said for said, seen in zip(declared, found, strict=True))
    if pa.types.is_integer(column.type) and all(math.isfinite(end) for end in (low, high)):
        low, high = math.ceil(low), math.floor(high)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low <= high else None


def _to_ends(name: str, column: pa.ChunkedArray, asked: Asked, share: float, ends: tuple[Any, Any]) -> pa.Array | None:
    """Chosen cells at one of two ends, dealt at random; ends that the type does not hold are left out."""
    kind = column.type.to_pandas_dtype()
    # What is infinite in single precision is no number of the column's.
    limits = np.iinfo(kind) if pa.types.is_integer(column.type) else np.finfo(kind)
    span = [type(end)(limit) for limit, end in zip((limits.min, limits.max), ends, strict=True)]
    held = [end for end in ends if span[0] <= end <= span[1]]
    if not held:
        return None
    places = chosen_of(column, asked, share=share, name=name)
    side = draw(asked.keys[places], name=f"end of {name}", seed=asked.seed) % np.uint64(len(held))
    return replace_cells(column, places, np.array(held, dtype=kind)[side.astype(np.intp)])


def _constant(table: pa.Table, asked: Asked, value: float) -> pa.Table | None:
    def put(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        places = chosen_of(column, asked, share=FEW, name=name, where=values_of(column) != value)
        return replace_cells(column, places, value) if len(places) else None

    return change(table, [name for name in floating(table, asked) if name not in asked.categories], put)


def positive_infinity(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A twentieth of the values of every feature of floating point is +∞."""
    return _constant(table, asked, math.inf)


def negative_infinity(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A twentieth of the values of every feature of floating point is -∞."""
    return _constant(table, asked, -math.inf)


def very_large(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A twentieth of the values of every numeric feature is the largest number of its type, of a double 3.4e38."""

    def put(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        kind = column.type.to_pandas_dtype()
        whole = pa.types.is_integer(column.type)
        largest = np.iinfo(kind).max if whole else min(float(np.finfo(kind).max), LARGEST_SINGLE)
        places = chosen_of(column, asked, share=FEW, name=name, where=values_of(column) < largest)
        return replace_cells(column, places, np.full(len(places), largest, dtype=kind)) if len(places) else None

    return change(table, numeric(table, asked), put)


def negative_zero(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every zero of floating point has a minus sign, which changes no number."""

    def turned(_: str, column: pa.ChunkedArray) -> pa.Array | None:
        values = values_of(column)
        places = np.flatnonzero(present(column) & (values == 0) & ~np.signbit(values))
        return replace_cells(column, places, -0.0) if len(places) else None

    return change(table, floating(table, asked), turned)


def times_hundred(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the values of every numeric feature is in another unit and a hundred times as large."""
    return _computed(table, asked, lambda values: values * values.dtype.type(100), 100)


def divided_by_thousand(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the values of every numeric feature is in another unit and a thousandth as large."""
    return _computed(table, asked, _divided, 1)


def sign_flipped(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the values of every numeric feature has the other sign."""
    return _computed(table, asked, lambda values: -values, -1)


def _divided(values: NDArray[Any]) -> NDArray[Any]:
    divided: NDArray[Any] = (np.rint(values / 1000) if values.dtype.kind in "iu" else values / 1000).astype(
        values.dtype
    )
    return divided


def _computed(table: pa.Table, asked: Asked, function: Any, factor: int) -> pa.Table | None:
    """Chosen cells that are no zeros put through a function; whole numbers whose result the type does not hold stay."""

    def changed(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        values = values_of(column)
        fits = values != 0
        if values.dtype.kind in "iu":
            limits = np.iinfo(values.dtype)
            ends = sorted((int(limits.min) // factor, int(limits.max) // factor))
            fits &= (values > ends[0]) & (values < ends[1])
        else:
            with np.errstate(over="ignore"):
                fits &= np.isfinite(function(values))
        places = chosen_of(column, asked, share=MANY, name=name, where=fits)
        return replace_cells(column, places, function(values[places])) if len(places) else None

    return change(table, numeric(table, asked), changed)


_NUMBER = "numeric column to change"
_FLOAT = "column of floating point to change"

ODDITIES: tuple[Oddity, ...] = (
    declare("range", extreme, needs=_NUMBER),
    declare("range", beyond_range, needs=_NUMBER),
    declare("range", at_bounds, needs=_NUMBER),
    declare("range", positive_infinity, needs=_FLOAT, expect="either"),
    declare("range", negative_infinity, needs=_FLOAT, expect="either"),
    declare("range", very_large, needs=_NUMBER),
    declare("range", negative_zero, needs="zero of floating point", alike=True),
    declare("range", times_hundred, needs=_NUMBER),
    declare("range", divided_by_thousand, needs=_NUMBER),
    declare("range", sign_flipped, needs=_NUMBER),
)
