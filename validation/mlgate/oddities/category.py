"""Oddity ``unseen_category``: what a model does with a category that it never learned."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mlgate.errors import DataError
from mlgate.oddities.oddity import Oddity, choose_cells, present, replace_cells, replace_column

__all__ = ["UNSEEN_CATEGORY"]

#: Share of the filled cells of each category column that get the unseen value.
SHARE = 0.2


def make_unseen(table: pa.Table, *, columns: tuple[str, ...], categories: tuple[str, ...], seed: int) -> pa.Table:
    """A fifth of the values of every category column is a category that occurs nowhere else.

    Columns of text are categories without being declared; columns of numbers are when they stand in ``categories``.

    Raises
    ------
    DataError
        None of the columns is a category.
    """
    touched = 0
    for name in columns:
        column = table.column(name)
        if name not in categories and not _is_text(column.type):
            continue
        value = _unseen(column)
        if value is not None:
            places = choose_cells(present(column), share=SHARE, name=name, seed=seed)
            table = replace_column(table, name, replace_cells(column, places, value))
            touched += 1
    if not touched:
        raise DataError(
            'the oddity "unseen_category" finds no category column to change; '
            "declare some under oddities.categories or take it out of oddities.sets."
        )
    return table


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _unseen(column: pa.ChunkedArray) -> str | int | float | None:
    """A value of the column's type that it does not hold; None where the type has none (booleans, dates, no value)."""
    kind = column.type
    values = set(pa.compute.unique(column.filter(pa.array(present(column)))).to_pylist())
    if not values:
        return None
    if _is_text(kind):
        return next(word for word in map("unseen {}".format, itertools.count(1)) if word not in values)
    if pa.types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        return next((code for code in (max(values) + 1, min(values) - 1) if limits.min <= code <= limits.max), None)
    if pa.types.is_floating(kind):
        # The next whole number, as codes are; far from zero, where that is no other number, the next one of the type.
        number = kind.to_pandas_dtype()
        with np.errstate(over="ignore"):  # past the largest number of the type comes infinity, which is no code
            codes = (np.floor(number(max(values))) + number(1), np.nextafter(number(max(values)), number(np.inf)))
        return next((float(code) for code in codes if code > max(values) and np.isfinite(code)), None)
    return None


UNSEEN_CATEGORY = Oddity(
    name="unseen_category", title="20 % of every category column an unseen category", make=make_unseen
)
