"""Rows that somebody holds in memory: data frames of pandas and polars, arrays, and whatever else speaks Arrow.

All are taken as they are, without importing the library that they are of.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from mlgate.errors import DataError

__all__ = ["column_of", "table_of", "without_index"]


def table_of(data: object) -> pa.Table:
    """Rows of any kind as an Arrow table; it has not been looked at yet (``checked_table``).

    Raises
    ------
    DataError
        It is no table, or a part of it is no column.
    """
    if isinstance(data, Mapping):
        return pa.table({str(name): column_of(values, str(name)) for name, values in data.items()})
    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "__arrow_c_stream__"):
        return without_index(pa.table(data))
    raise DataError(
        f"data is of type {type(data).__name__}; give a path, an Arrow table, a pandas or polars data frame, or a "
        "mapping of names to columns."
    )


def without_index(table: pa.Table) -> pa.Table:
    """The table without the index that pandas hands over as a column, where it has no name."""
    return table.select([place for place, one in enumerate(table.column_names) if not one.startswith("__index_level_")])


def column_of(values: object, name: str) -> pa.ChunkedArray:
    """Values of any kind as a column.

    Parameters
    ----------
    values
        (n,) an array, a list, a Series, or what speaks Arrow.
    name
        What an error calls it.

    Raises
    ------
    DataError
        They are no column of one kind of value.
    """
    if isinstance(values, pa.ChunkedArray):
        return values
    try:
        if hasattr(values, "__arrow_c_stream__"):
            return pa.chunked_array(values)
        array = values if isinstance(values, pa.Array) or isinstance(values, list) else np.asarray(values)
        if np.ndim(array) != 1:
            raise DataError(f"{name}: has the shape {np.shape(array)}; give one value per row.")
        return pa.chunked_array([pa.array(array)])
    except (pa.ArrowException, TypeError, ValueError) as problem:
        raise DataError(
            f"{name}: cannot be read as a column ({problem}); give an array of one kind of value."
        ) from None
