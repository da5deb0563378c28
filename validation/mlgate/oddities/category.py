"""Family ``category``: values of categories that a model never learned, or hardly."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mlgate.oddities.cells import category, change, chosen_of, plain, present, replace_cells
from mlgate.oddities.oddity import Asked, Oddity, declare

__all__ = ["ODDITIES"]

#: Share of the filled cells of each category column that get the unseen value.
SHARE = 0.2


def unseen_category(table: pa.Table, asked: Asked) -> pa.Table | None:
    """A fifth of the values of every category column is a category that occurs nowhere else."""

    def put(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        value = _unseen(column)
        return None if value is None else replace_cells(column, chosen_of(column, asked, share=SHARE, name=name), value)

    return change(table, category(table, asked), put)


def rare_category(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every category column holds nothing but its rarest value."""

    def put(_: str, column: pa.ChunkedArray) -> pa.Array | None:
        filled = present(column)
        counts = pa.compute.value_counts(plain(column).filter(pa.array(filled)))
        if len(counts) < 2:
            return None
        pairs = zip(counts.field("counts").to_pylist(), counts.field("values").to_pylist(), strict=True)
        value = min(pairs, key=lambda pair: (pair[0], str(pair[1])))[1]
        return replace_cells(column, np.flatnonzero(filled), value)

    return change(table, category(table, asked), put)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _unseen(column: pa.ChunkedArray) -> str | int | float | None:
    """A value of the column's type that it does not hold; None where the type has none (booleans, dates, no value)."""
    whole = plain(column)
    kind = whole.type
    values = set(pa.compute.unique(whole.filter(pa.array(present(column)))).to_pylist())
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


_NEEDS = "category column to change; declare some under oddities.categories"

ODDITIES: tuple[Oddity, ...] = (
    declare("category", unseen_category, needs=_NEEDS),
    declare("category", rare_category, needs=_NEEDS),
)
