"""Tables from several pieces (files of a folder, chunks of a query) as one: the same columns, in one type each.

Separate because the pieces of one data set are written at different times, by different jobs: what is only another
width of the same type is brought together, and what would be guessing (a column that is missing in one piece, text
beside numbers) is refused with both places named.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from mlgate.edges.arrays import encodable
from mlgate.errors import DataError

__all__ = ["cast_to", "one_schema", "one_table", "refuse_doubles"]


def one_table(pieces: Sequence[tuple[str, pa.Table]]) -> pa.Table:
    """One table of all pieces, in their order.

    Parameters
    ----------
    pieces
        Where each comes from, and its rows; at least one.

    Raises
    ------
    DataError
        See ``one_schema``.
    """
    schema = one_schema([(shown, table.schema) for shown, table in pieces])
    return pa.concat_tables([cast_to(table, schema, shown) for shown, table in pieces])


def one_schema(schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    """The schema that all pieces can be brought to; columns stand in the order of the first.

    Raises
    ------
    DataError
        A column is missing in one of them, stands there twice, or is of types that do not go together.
    """
    first, schema = schemas[0]
    refuse_doubles(schema.names, first)
    kinds: dict[str, pa.DataType] = {field.name: field.type for field in schema}
    seen = dict.fromkeys(kinds, first)
    for shown, other in schemas[1:]:
        refuse_doubles(other.names, shown)
        _refuse_other_columns(shown, other.names, first, schema.names)
        for field in other:
            kind = _common(kinds[field.name], field.type)
            if kind is None:
                raise DataError(
                    f"{shown}: column {field.name!r} is of type {field.type}, in {seen[field.name]} of type "
                    f"{kinds[field.name]}; write a data set with the same types throughout."
                )
            if kind != kinds[field.name]:
                seen[field.name] = shown
            kinds[field.name] = kind
    return pa.schema(list(kinds.items()))


def refuse_doubles(names: Sequence[str], shown: str) -> None:
    """Refuse a column that stands there twice.

    Raises
    ------
    DataError
        One does.
    """
    double = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if double is not None:
        raise DataError(f"{shown}: the column {double!r} stands there twice; rename or remove one.")


def _refuse_other_columns(shown: str, names: Sequence[str], first: str, expected: Sequence[str]) -> None:
    for name in expected:
        if name not in names:
            raise DataError(
                f"{shown}: there is no column {name!r}, which {first} has; all files of one data set must have the "
                "same columns."
            )
    for name in names:
        if name not in expected:
            raise DataError(
                f"{shown}: has a column {name!r}, which {first} has not; all files of one data set must have the same "
                "columns."
            )


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The type that holds the values of both; None when there is none."""
    if one == other:
        return one
    try:
        # Arrow's own table of promotions: null to anything, narrow to wide, whole numbers to floats, dates to times.
        plain = [pa.schema([("x", _plain(kind))]) for kind in (one, other)]
        return pa.unify_schemas(plain, promote_options="permissive").field("x").type
    except pa.ArrowException:
        return None


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    return pa.large_string() if pa.types.is_string_view(kind) else kind


def cast_to(table: pa.Table, schema: pa.Schema, shown: str) -> pa.Table:
    """The table with the columns of a schema, in its order and types.

    Raises
    ------
    DataError
        A value does not fit.
    """
    columns = []
    for field in schema:
        column = table.column(field.name)
        try:
            columns.append(column if column.type == field.type else _cast(column, field.type))
        except pa.ArrowException as problem:
            reason = " ".join(str(problem).split())[:200].rstrip(".")
            raise DataError(
                f"{shown}: column {field.name!r} cannot be read as {field.type}, its type elsewhere ({reason}); write "
                "a data set with the same types throughout."
            ) from None
    return pa.table(columns, schema=schema)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type) or pa.types.is_string_view(column.type):
        column = encodable(column)
    return column.cast(kind)
