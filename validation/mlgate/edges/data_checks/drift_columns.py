"""Arrow tables to batches of columns, as checks of the data read them.

Numbers stay numbers, dates and times become days since 1970, durations days; text, truth values, dictionaries and all
else become codes into distinct values. Separate from ``columns.py``, which turns every column into codes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import numeric, to_floats
from mlgate.edges.batches.columns import coded_column
from mlgate.records.columns import ColumnBatch
from mlgate.records.rows import Coded
from mlgate.threads import in_threads

__all__ = ["column_batch", "column_batches"]

#: Units of a day.
DAY = {"s": 86_400.0, "ms": 86_400e3, "us": 86_400e6, "ns": 86_400e9}


def column_batch(table: pa.Table, *, names: Collection[str] | None = None) -> ColumnBatch:
    """The columns of a table.

    Parameters
    ----------
    table
        The rows.
    names
        Columns that are taken, as far as they are there; None: all.
    """
    chosen = [name for name in table.column_names if names is None or name in names]
    columns = in_threads(lambda name: _column(table.column(name)), chosen)
    return ColumnBatch(rows=table.num_rows, columns=dict(zip(chosen, columns, strict=True)))


def column_batches(tables: Iterable[pa.Table], *, names: Collection[str] | None = None) -> Iterator[ColumnBatch]:
    """The same for tables that come one after the other, such as the batches of a file."""
    for table in tables:
        yield column_batch(table, names=names)


def _column(column: pa.ChunkedArray) -> NDArray[np.float64] | Coded:
    kind = column.type
    if numeric(kind) and not pa.types.is_boolean(kind):
        return to_floats(column)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return _days(column)
    return coded_column(column)


def _days(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Dates and times as days since 1970, times of the day and durations as days."""
    kind = column.type
    unit = 1.0 if pa.types.is_date32(kind) else DAY["ms"] if pa.types.is_date64(kind) else DAY[kind.unit]
    narrow = pa.types.is_date32(kind) or pa.types.is_time32(kind)
    return to_floats(column.cast(pa.int32() if narrow else pa.int64())) / unit
