"""Arrow columns to numpy arrays without pandas.

``to_numpy`` of Arrow and every Arrow scalar import pandas where it is installed, which costs more than reading a small
file. Buffers and DLPack do not.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["numeric", "one_chunk", "to_floats", "to_integers"]


def numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type can become numbers."""
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as a single array."""
    if isinstance(column, pa.Array):
        return column
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else combined.chunk(0)


def to_floats(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
    """Numbers, (n,), with NaN where the column is null; the array is the caller's own."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    array = one_chunk(column.cast(pa.float64(), safe=False))
    values = np.empty(0) if not len(array) else np.frombuffer(array.buffers()[1], dtype=np.float64)
    own = values[array.offset : array.offset + len(array)].copy()
    if array.null_count:
        own[to_integers(pc.is_null(array).cast(pa.uint8())) == 1] = np.nan
    return own


def to_integers(array: pa.Array) -> NDArray[np.int64]:
    """Whole numbers, (n,), of an integer array without nulls."""
    integers: NDArray[np.int64] = np.from_dlpack(array).astype(np.int64)
    return integers
