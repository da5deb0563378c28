"""Oddity ``extreme``: what a model does with numbers far outside of all that was observed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mlgate.errors import DataError
from mlgate.oddities.oddity import Oddity, choose_cells, present, replace_cells, replace_column

__all__ = ["EXTREME"]

#: Share of the filled cells of each numeric column that are pushed out of range.
SHARE = 0.05

#: How many observed ranges beyond the largest value.
RANGES = 10


def make_extreme(table: pa.Table, *, columns: tuple[str, ...], categories: tuple[str, ...], seed: int) -> pa.Table:
    """A twentieth of the values of every numeric feature lies ten observed ranges beyond the largest value.

    Raises
    ------
    DataError
        None of the columns is a number that can be exceeded.
    """
    touched = 0
    for name in columns:
        column = table.column(name)
        value = None if name in categories else _beyond(column)
        if value is not None:
            places = choose_cells(present(column), share=SHARE, name=name, seed=seed)
            table = replace_column(table, name, replace_cells(column, places, value))
            touched += 1
    if not touched:
        raise DataError('the oddity "extreme" finds no numeric column to change; take it out of oddities.sets.')
    return table


def _beyond(column: pa.ChunkedArray) -> int | float | None:
    """A number of the column's type far above all that it holds; None where there is no such number."""
    kind = column.type
    held = column.filter(pa.array(present(column)))
    if not len(held) or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    low, high = (bound.as_py() for bound in pa.compute.min_max(held).values())
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


EXTREME = Oddity(name="extreme", title="5 % of every numeric feature far out of range", make=make_extreme)
