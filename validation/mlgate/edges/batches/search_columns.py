"""Columns of a table as the search for slices reads them; what no slice can be made of is told, not searched.

Separate from ``columns.py`` because slices that are declared read every value, and the search reads few levels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mlgate.edges.arrays import numeric, to_floats
from mlgate.edges.arrow_functions import unique
from mlgate.edges.batches.columns import coded_column
from mlgate.search.levels import SearchColumn, categories, numbers
from mlgate.threads import in_threads

__all__ = ["search_columns"]


def search_columns(table: pa.Table, names: Sequence[str], bins: int) -> tuple[SearchColumn, ...]:
    """The columns of which slices can be made, sorted by name.

    Left out are columns whose rows are all alike, texts of which no value comes often, and whole numbers that differ in
    every row: those are names of rows.

    Parameters
    ----------
    table
        The rows.
    names
        Of columns that are there.
    bins
        Of a column of numbers.
    """
    found = in_threads(lambda name: _column(name, table.column(name), bins), sorted(names))
    return tuple(one for one in found if one is not None and one.items)


def _column(name: str, column: pa.ChunkedArray, bins: int) -> SearchColumn | None:
    if numeric(column.type) and not pa.types.is_boolean(column.type):
        if pa.types.is_integer(column.type) and _all_differ(column):
            return None
        return numbers(name, to_floats(column), bins)
    coded = coded_column(column)
    if len(coded.values) > 1 and all(value is None or isinstance(value, float) for value in coded.values):
        held = np.array([np.nan if value is None else value for value in coded.values], dtype=np.float64)
        return numbers(name, held[coded.codes], bins)
    found = categories(name, coded)
    return found if found.levels > 1 else None


def _all_differ(column: pa.ChunkedArray) -> bool:
    """Whether no number comes twice, in a column of more than a few rows."""
    if len(column) <= 100 or column.null_count:
        return False
    # Most columns repeat a number soon, which ends the matter early.
    return all(len(unique(part)) == len(part) for part in (column.slice(0, 5_000), column))
