"""Rows changed on purpose: a sample of the base case, in another order, with other values in one column.

Separate from asking the models, which ``commands/model_steps/behaviour.py`` does: here are only tables. Which rows are
asked about is chosen by a hash of their identity, so that it depends neither on their order nor on a random generator.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct, encodable, from_numbers, numeric, to_floats
from mlgate.edges.hashing import mix
from mlgate.edges.rows.files import row_identity
from mlgate.errors import ConfigError
from mlgate.slices import value_text

__all__ = [
    "codes_among",
    "holds_something",
    "numbers_first",
    "other_order",
    "sample_of",
    "steps_of",
    "typed",
    "values_of",
    "with_column",
    "with_value",
]

Places = NDArray[np.intp]

#: Values that a rising column is given in turn, when nobody says which; of a column with fewer, all of them.
STEPS = 10
#: Where they lie among the values that rows have.
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def sample_of(table: pa.Table, *, most: int, id_column: str | None, seed: int) -> Places:
    """Places of at most so many rows, ascending: those with the smallest hashes.

    Raises
    ------
    DataError
        The id column cannot identify rows.
    """
    if table.num_rows <= most:
        return np.arange(table.num_rows)
    hashes = mix(row_identity(table, id_column) ^ np.uint64(seed & (1 << 64) - 1))
    return np.sort(np.argsort(hashes, kind="stable")[:most])


def numbers_first(table: pa.Table) -> pa.Table:
    """The table with whole numbers that are somewhere missing as floats, which is what pandas makes of them.

    A row by itself has nothing missing, and would otherwise reach a model in another type than in company.
    """
    for place, field in enumerate(table.schema):
        if pa.types.is_integer(field.type) and table.column(place).null_count:
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
    return table


def other_order(rows: int, seed: int) -> Places:
    """Places of rows in another order: each is moved, where there are at least two.

    >>> sorted(other_order(5, 7).tolist()), bool((other_order(5, 7) == np.arange(5)).any())
    ([0, 1, 2, 3, 4], False)
    """
    order = np.argsort(mix(np.arange(rows, dtype=np.uint64) ^ np.uint64(seed & (1 << 64) - 1)), kind="stable")
    # The next one on a tour through all rows, so that none stays where it is.
    moved = np.empty(rows, dtype=np.intp)
    moved[order] = np.roll(order, 1)
    return moved


def with_column(table: pa.Table, name: str, column: pa.ChunkedArray | pa.Array) -> pa.Table:
    """The table with another column in the place of the one of that name."""
    return table.set_column(table.column_names.index(name), name, column)


def with_value(table: pa.Table, name: str, value: pa.Scalar) -> pa.Table:
    """The table with one value in all rows of a column, in the column's type."""
    repeated = pa.array([value.as_py()], value.type).take(from_numbers(np.zeros(table.num_rows, dtype=np.int64)))
    return with_column(table, name, repeated)


def typed(text: str, kind: pa.DataType, *, where: str) -> pa.Scalar:
    """A value of mlgate.yaml in the type of a column.

    Parameters
    ----------
    text
        Canonical text of the value.
    kind
        Type of the column.
    where
        Key and column, for the error.

    Raises
    ------
    ConfigError
        The column cannot hold it.
    """
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    try:
        if pa.types.is_boolean(kind):
            return pa.scalar({"true": True, "1": True, "false": False, "0": False}[text])
        if numeric(kind):
            return pa.scalar(float(text)).cast(kind)
        return pa.scalar(text).cast(kind)
    except (KeyError, ValueError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise ConfigError(f"{where} holds {kind}, which {text!r} is not; give values that it can hold.") from None


def codes_among(column: pa.ChunkedArray, values: Sequence[str]) -> NDArray[np.int64]:
    """Each row's place among some values, (n,); -1 where it holds another, or none."""
    codes, held = distinct(column)
    known = {value: place for place, value in enumerate(values)}
    places = [-1 if value is None else known.get(_text(value), -1) for value in held]
    found: NDArray[np.int64] = np.array([*places, -1], dtype=np.int64)[codes]
    return found


def values_of(column: pa.ChunkedArray) -> tuple[str, ...]:
    """Canonical text of the values that a column holds, the most frequent first; missing ones are none."""
    codes, held = distinct(column)
    counts = np.bincount(codes, minlength=len(held))
    texts: dict[str, None] = {}
    for place in np.argsort(-counts, kind="stable"):
        value = held[place]
        if value is not None and value == value:  # not NaN
            texts[_text(value)] = None
    return tuple(texts)


def _text(value: object) -> str:
    """Canonical text of a value, as mlgate.yaml has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value_text(value) if isinstance(value, (int, float)) else str(value)


def steps_of(column: pa.ChunkedArray) -> pa.Array | None:
    """Rising values that a column of numbers holds: all of a few, else some quantiles; None for other columns."""
    kind = column.type
    if not numeric(kind) or pa.types.is_boolean(kind):
        return None
    numbers = np.unique(to_floats(column))
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) > STEPS:
        held = np.sort(to_floats(column))
        held = held[np.isfinite(held)]
        # Values that some row has, never between two.
        numbers = np.unique(np.quantile(held, QUANTILES, method="lower"))
    return from_numbers(numbers).cast(kind)


def holds_something(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Rows whose value is neither missing nor NaN, (n,)."""
    if numeric(column.type):
        return np.logical_not(np.isnan(to_floats(column)))
    missing = to_floats(pc.is_null(encodable(column)))
    return np.equal(missing, 0.0)
