"""Columns of a table as the engine reads them: slices as codes, units as hashes, weights and money as numbers.

Separate from ``scoring.py``, which puts them beside labels and answers. What is wrong with a column is said here, with
its row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct, encodable, from_numbers, numeric, one_chunk, to_floats, to_integers
from mlgate.edges.arrow_functions import dictionary_encode, unique
from mlgate.edges.hashing import NOTHING, hash_column
from mlgate.errors import DataError, nearest
from mlgate.records.rows import Coded
from mlgate.records.run import Money, Run
from mlgate.slices import value_text
from mlgate.threads import in_threads

__all__ = [
    "by_value",
    "coded_column",
    "column_of",
    "money_of",
    "numbers_of",
    "shown",
    "slice_columns",
    "units_of",
    "values_of",
    "weights_of",
]


def column_of(table: pa.Table, name: str, what: str, source: str) -> pa.ChunkedArray:
    """A column by its name.

    Parameters
    ----------
    table
        The rows.
    name
        The column.
    what
        What it is asked for as, such as "the label column".
    source
        Where the table comes from, for the error.

    Raises
    ------
    DataError
        It is not there.
    """
    if name not in table.column_names:
        raise DataError(f"{source}: {what} {name!r} is not in the data; {nearest(name, table.column_names)}")
    return table.column(name)


def coded_column(column: pa.ChunkedArray) -> Coded:
    """A column as codes and distinct values; NaN and null are one missing value, booleans ``true`` and ``false``."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _coded_numbers(to_floats(column))
    codes, words = distinct(column)
    found = [_plain(word) for word in words]
    values = tuple(dict.fromkeys(found))
    if len(values) == len(found):
        return Coded(codes=codes.astype(np.int32), values=values)
    place = {value: index for index, value in enumerate(values)}
    return Coded(codes=np.array([*(place[value] for value in found), 0], dtype=np.int32)[codes], values=values)


def values_of(column: pa.ChunkedArray) -> tuple[str | float | None, ...]:
    """The distinct values that ``coded_column`` finds, without a code for every row."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        column = pa.chunked_array([unique(encodable(column))])
    return coded_column(column).values


def _coded_numbers(numbers: NDArray[np.float64]) -> Coded:
    """As ``coded_column``, without a Python value per row where hardly any number comes twice."""
    numbers = numbers + 0.0  # minus zero is zero
    numbers[np.isnan(numbers)] = np.nan  # Arrow tells NaNs apart by their bits
    encoded = one_chunk(dictionary_encode(from_numbers(numbers)))
    held = to_floats(encoded.dictionary)
    values: list[float | None] = held.tolist()
    for place in np.flatnonzero(np.isnan(held)):
        values[place] = None
    return Coded(codes=to_integers(encoded.indices).astype(np.int32), values=tuple(values))


def shown(coded: Coded, value: str | float) -> str:
    """A value of a column and the first row that holds it: ``'high' in row 3``."""
    row = int(np.argmax(coded.codes == coded.values.index(value))) + 1
    return f"{value_text(value)[:60]!r} in row {row:,}"


def _plain(value: object) -> str | float | None:
    if value is None or isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return float(value) if isinstance(value, (int, float, Decimal)) else str(value)


def by_value(values: Iterable[str | float]) -> list[str]:
    """Canonical texts of distinct values in an order that does not depend on the rows': numbers first, by size.

    >>> by_value(["b", 10.0, 2.0, "a"])
    ['2', '10', 'a', 'b']
    """
    ordered = sorted(values, key=lambda value: (isinstance(value, str), 0.0 if isinstance(value, str) else value))
    numbers = [value_text(value) for value in ordered if not isinstance(value, str)]
    return numbers + sorted(value for value in ordered if isinstance(value, str))


def slice_columns(table: pa.Table, run: Run, source: str) -> dict[str, Coded]:
    """The columns that the run's slices and sensitive attributes read.

    Raises
    ------
    DataError
        One of them is missing.
    """
    wanted = {column: "the slice column" for grouping in run.groupings for column in grouping.columns}
    wanted |= {column: "the sensitive attribute" for one in run.all_attributes() for column in one.columns}
    columns = [column_of(table, name, what, source) for name, what in wanted.items()]
    return dict(zip(wanted, in_threads(coded_column, columns), strict=True))


def units_of(table: pa.Table, name: str, source: str) -> NDArray[np.uint64]:
    """Hash of the unit that each row belongs to, (n,).

    Raises
    ------
    DataError
        The column is not there, or a row has no unit.
    """
    units = hash_column(column_of(table, name, "the unit column", source))
    missing = np.flatnonzero(units == NOTHING)
    if len(missing):
        raise DataError(
            f"{source}: column {name!r} holds no unit in {_where(missing)}; say to which unit such rows belong, "
            "or remove them."
        )
    return units


def weights_of(table: pa.Table, name: str, source: str) -> NDArray[np.float64]:
    """Weights, (n,), finite and at least 0.

    Raises
    ------
    DataError
        The column is not there, a weight is not legal, or all of them are 0.
    """
    weights = numbers_of(column_of(table, name, "the weight column", source), name, "weight", source)
    bad = np.flatnonzero(weights < 0)
    if len(bad):
        raise DataError(
            f"{source}: column {name!r} holds the weight {weights[bad[0]]:g} in {_where(bad)}; weights are at least 0."
        )
    if not np.any(weights > 0):
        raise DataError(f"{source}: column {name!r}: all {len(weights):,} weights are 0, so that no row counts.")
    return weights


def money_of(table: pa.Table, money: Money, source: str) -> NDArray[np.float64]:
    """What each outcome of each row costs or is worth, (n, 4); a view of one row when no column is named.

    Raises
    ------
    DataError
        A column is not there, or holds something that is no finite amount.
    """
    if not any(isinstance(amount, str) for amount in money.amounts):
        return np.broadcast_to(np.array(money.amounts, dtype=np.float64), (table.num_rows, 4))
    amounts = np.empty((table.num_rows, 4))
    for place, amount in enumerate(money.amounts):
        if isinstance(amount, str):
            column = column_of(table, amount, f"the {money.kind} column", source)
            amounts[:, place] = numbers_of(column, amount, "amount", source)
        else:
            amounts[:, place] = amount
    return amounts


def numbers_of(column: pa.ChunkedArray, name: str, what: str, source: str) -> NDArray[np.float64]:
    """A column of finite numbers, (n,).

    Raises
    ------
    DataError
        It holds text, or a row holds nothing or something infinite.
    """
    if not numeric(column.type):
        column = _parsed(column, name, what, source)
    numbers = to_floats(column)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        first = numbers[bad[0]]
        found = f"no {what}" if np.isnan(first) else f"the {what} {first:g}"
        raise DataError(f"{source}: column {name!r} holds {found} in {_where(bad)}; finite numbers are needed.")
    return numbers


def _parsed(column: pa.ChunkedArray, name: str, what: str, source: str) -> pa.ChunkedArray:
    """Numbers of a column that codes them, as a data frame's category does; text is told with what it says."""
    coded = coded_column(column)
    text = next((value for value in coded.values if isinstance(value, str)), None)
    if text is not None:
        raise DataError(f"{source}: column {name!r} holds the {what} {shown(coded, text)}; numbers are needed.")
    table = np.array([math.nan if value is None else value for value in coded.values], dtype=np.float64)
    return pa.chunked_array([from_numbers(table[coded.codes])])


def _where(bad: NDArray[np.intp]) -> str:
    more = f", the first of {len(bad):,} such rows" if len(bad) > 1 else ""
    return f"row {bad[0] + 1:,}{more}"
