"""Family ``missing``: what a model does when values were not filled in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mlgate.oddities.cells import change, chosen_of, dated, draw, numeric, present, replace_cells, values_of
from mlgate.oddities.oddity import Asked, Oddity, declare

__all__ = ["ODDITIES"]

#: Share of the filled cells of each column that are emptied.
SHARE = 0.2


def missing(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the values of every feature is missing, each feature at random and by itself."""

    def emptied(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        places = chosen_of(column, asked, share=SHARE, name=name)
        return replace_cells(column, places, None) if len(places) else None

    return change(table, asked.columns, emptied)


def missing_one_per_row(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every row lacks exactly one feature, dealt at random."""
    if not asked.columns:
        return None
    dealt = draw(asked.keys, name="missing_one_per_row", seed=asked.seed) % np.uint64(len(asked.columns))

    def emptied(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        places = np.flatnonzero((dealt == asked.columns.index(name)) & present(column))
        return replace_cells(column, places, None) if len(places) else None

    return change(table, asked.columns, emptied)


def missing_where_high(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every feature is missing in the fifth of the rows where another feature is highest."""
    drivers = [name for name in (*numeric(table, asked), *dated(table, asked)) if present(table.column(name)).any()]
    if not drivers or len(asked.columns) < 2:
        return None

    def emptied(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        driver = next((one for one in drivers if one != name), None)
        if driver is None:
            return None
        places = _highest(table.column(driver), asked, driver)
        places = places[present(column)[places]]
        return replace_cells(column, places, None) if len(places) else None

    return change(table, asked.columns, emptied)


def _highest(column: pa.ChunkedArray, asked: Asked, name: str) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Places of the highest fifth of the values; of equal values those that the seed draws."""
    filled = np.flatnonzero(present(column))
    values = values_of(column) if not _is_date(column.type) else values_of(column.cast(pa.timestamp("us"), safe=False))
    order = np.lexsort((draw(asked.keys[filled], name=name, seed=asked.seed), values[filled]))
    return np.sort(filled[order[len(filled) - max(1, round(SHARE * len(filled))) :]])


def _is_date(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def missing_column(table: pa.Table, asked: Asked) -> pa.Table | None:
    """One whole feature is missing."""

    def emptied(_: str, column: pa.ChunkedArray) -> pa.Array | None:
        return replace_cells(column, np.arange(len(column)), None) if present(column).any() else None

    return change(table, asked.columns[:1], emptied)


ODDITIES: tuple[Oddity, ...] = (
    declare("missing", missing, needs="value to take away"),
    declare("missing", missing_one_per_row, needs="value to take away"),
    declare("missing", missing_where_high, needs="two features, one of them a number or a date"),
    declare("missing", missing_column, needs="value to take away", each=True),
)
