"""Oddity ``missing``: what a model does when a fifth of every column was not filled in."""

from __future__ import annotations

import pyarrow as pa

from mlgate.errors import DataError
from mlgate.oddities.oddity import Oddity, choose_cells, present, replace_cells, replace_column

__all__ = ["MISSING"]

#: Share of the filled cells of each column that are emptied.
SHARE = 0.2


def make_missing(table: pa.Table, *, columns: tuple[str, ...], categories: tuple[str, ...], seed: int) -> pa.Table:
    """A fifth of the values of every feature is missing, at random and for each feature by itself.

    Raises
    ------
    DataError
        None of the columns holds a value.
    """
    emptied = 0
    for name in columns:
        column = table.column(name)
        places = choose_cells(present(column), share=SHARE, name=name, seed=seed)
        table = replace_column(table, name, replace_cells(column, places, None))
        emptied += len(places)
    if not emptied:
        raise DataError('the oddity "missing" finds no value to take away; take it out of oddities.sets.')
    return table


MISSING = Oddity(name="missing", title="20 % of every feature missing", make=make_missing)
