"""Family ``type``: the same values in another type or with less precision, as files and databases hand them over.

The types of the touched columns change; that is the abnormality. Whether a model answers, or refuses with an error that
names a column, is left to it: both are right.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mlgate.oddities.cells import (
    boolean,
    change,
    dated,
    floating,
    integer,
    numeric,
    plain,
    present,
    replace_cells,
    values_of,
)
from mlgate.oddities.oddity import Asked, Oddity, declare

__all__ = ["ODDITIES"]

#: Significant digits that rounding leaves.
DIGITS = 2
#: Hours that another time zone is away.
HOURS = 9


def rounded(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every number of floating point is rounded to two significant digits."""

    def shortened(_: str, column: pa.ChunkedArray) -> pa.Array | None:
        values = values_of(column)
        wide = values.astype(np.float64)
        # Numbers of any size that people write down; their powers of ten are numbers too.
        sized = present(column) & (np.abs(wide) > 1e-290) & (np.abs(wide) < 1e290)
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(wide[sized]))))
        with np.errstate(over="ignore"):  # what rounds up beyond the type stays as it is
            short = (np.rint(wide[sized] * scale) / scale).astype(values.dtype)
        differs = (short != values[sized]) & np.isfinite(short)
        short = short[differs]
        places = np.flatnonzero(sized)[differs]
        return replace_cells(column, places, short) if len(places) else None

    return change(table, [name for name in numeric(table, asked) if name in floating(table, asked)], shortened)


def single_precision(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every number of double precision has become one of single precision."""

    def narrowed(_: str, column: pa.ChunkedArray) -> pa.Array | None:
        values = values_of(column)
        if not pa.types.is_float64(column.type) or (np.abs(values[np.isfinite(values)]) > 3e38).any():
            return None
        return plain(column).cast(pa.float32())

    return change(table, floating(table, asked), narrowed)


def integers_as_floats(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every whole number has become one of floating point."""
    return change(table, integer(table, asked), lambda _, column: plain(column).cast(pa.float64(), safe=False))


def integers_as_text(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every whole number has become text."""
    return change(table, integer(table, asked), lambda _, column: plain(column).cast(pa.string()))


def decimal_comma(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every number of floating point has become text with a decimal comma."""

    def written(_: str, column: pa.ChunkedArray) -> pa.Array:
        return pa.compute.replace_substring(plain(column).cast(pa.string()), ".", ",")

    return change(table, floating(table, asked), written)


def booleans_as_text(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every true and false has become text."""
    return change(table, boolean(table, asked), lambda _, column: plain(column).cast(pa.string()))


def dates_in_another_zone(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every point in time is told in a time zone that is nine hours ahead."""

    def told(_: str, column: pa.ChunkedArray) -> pa.Array | None:
        kind = column.type
        if not pa.types.is_timestamp(kind):
            return None
        if kind.tz is not None:
            return plain(column).cast(pa.timestamp(kind.unit, tz=f"+{HOURS:02d}:00"))
        ahead = pa.scalar(HOURS * 3600, pa.duration("s")).cast(pa.duration(kind.unit))
        return pa.compute.add(plain(column), ahead)

    return change(table, dated(table, asked), told)


def dates_in_another_format(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every date has become text such as 31.12.2020."""
    return change(table, dated(table, asked), lambda _, column: pa.compute.strftime(plain(column), format="%d.%m.%Y"))


_FLOAT = "column of floating point to change"

ODDITIES: tuple[Oddity, ...] = (
    declare("type", rounded, needs="number with more digits to round"),
    declare("type", single_precision, needs="column of double precision to change", expect="either"),
    declare("type", integers_as_floats, needs="column of whole numbers to change", expect="either"),
    declare("type", integers_as_text, needs="column of whole numbers to change", expect="either"),
    declare("type", decimal_comma, needs=_FLOAT, expect="either"),
    declare("type", booleans_as_text, needs="column of true and false to change", expect="either"),
    declare("type", dates_in_another_zone, needs="point in time to change", expect="either"),
    declare("type", dates_in_another_format, needs="date to change", expect="either"),
)
