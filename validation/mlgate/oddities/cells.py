"""What all oddities share: which columns are of a kind, choosing cells by seed and row, and putting values into them.

Cells are chosen by a hash of the row's identity, the seed and the column's name, so that the order of the rows is of no
account, and what happens to one column does not depend on others. Only touched columns are copied.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from mlgate.oddities.oddity import Asked

__all__ = [
    "boolean",
    "category",
    "change",
    "choose_cells",
    "chosen_of",
    "dated",
    "draw",
    "floating",
    "integer",
    "numeric",
    "observed",
    "plain",
    "present",
    "replace_cells",
    "replace_column",
    "text",
    "values_of",
]

Places = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: (name, column) -> the changed column, or None where it has nothing to change.
Change = Callable[[str, pa.ChunkedArray], pa.ChunkedArray | pa.Array | None]


def numeric(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of numbers that are no codes of categories."""
    return _of_kind(table, asked, lambda kind: pa.types.is_integer(kind) or pa.types.is_floating(kind))


def integer(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of whole numbers, codes of categories among them."""
    return _of_kind(table, asked, pa.types.is_integer, codes=True)


def floating(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of floating point, codes of categories among them."""
    return _of_kind(table, asked, pa.types.is_floating, codes=True)


def boolean(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of true and false."""
    return _of_kind(table, asked, pa.types.is_boolean, codes=True)


def dated(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of dates and of points in time."""
    return _of_kind(table, asked, lambda kind: pa.types.is_date(kind) or pa.types.is_timestamp(kind), codes=True)


def text(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of text, dictionaries of text among them."""
    return _of_kind(table, asked, _is_text, codes=True)


def category(table: pa.Table, asked: Asked) -> tuple[str, ...]:
    """Columns of text, and all that were declared to be categories."""
    kinds = {name: table.schema.field(name).type for name in asked.columns}
    return tuple(name for name, kind in kinds.items() if name in asked.categories or _is_text(kind))


def _of_kind(
    table: pa.Table, asked: Asked, belongs: Callable[[pa.DataType], bool], *, codes: bool = False
) -> tuple[str, ...]:
    return tuple(
        name
        for name in asked.columns
        if belongs(table.schema.field(name).type) and (codes or name not in asked.categories)
    )


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def present(column: pa.ChunkedArray) -> Mask:
    """Which cells hold a value, (n,): neither null nor NaN."""
    filled: Mask = ~column.is_null(nan_is_null=True).to_numpy()
    return filled


def draw(keys: NDArray[np.uint64], *, name: str, seed: int) -> NDArray[np.uint64]:
    """(n,) numbers that look random and depend on each row's identity, the seed and a name, and on nothing else.

    Steele, Lea and Flood 2014, the finaliser of SplitMix64.
    """
    salt = (zlib.crc32(name.encode()) << 32) ^ (seed * 0x9E3779B97F4A7C15)
    mixed = np.asarray(keys, dtype=np.uint64) ^ np.uint64(salt & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return drawn


def choose_cells(eligible: Mask, asked: Asked, *, share: float, name: str) -> Places:
    """Ascending places of a share of the eligible cells of one column, at least one if there is any."""
    places = np.flatnonzero(eligible)
    if not len(places):
        return places
    count = max(1, round(share * len(places)))
    drawn = draw(asked.keys[places], name=name, seed=asked.seed)
    chosen = places if count == len(places) else places[np.argpartition(drawn, count - 1)[:count]]
    return np.sort(chosen)


def chosen_of(column: pa.ChunkedArray, asked: Asked, *, share: float, name: str, where: Mask | None = None) -> Places:
    """The same among the cells that hold a value and, where given, meet a condition."""
    eligible = present(column)
    return choose_cells(eligible if where is None else eligible & where, asked, share=share, name=name)


def plain(column: pa.ChunkedArray) -> pa.Array:
    """The column in one piece; of a dictionary, its values."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def values_of(column: pa.ChunkedArray) -> NDArray[Any]:
    """(n,) the numbers of a numeric column in their own type; 0 where there is none."""
    numbers: NDArray[Any] = plain(column).fill_null(0).to_numpy(zero_copy_only=False)
    return numbers


def observed(column: pa.ChunkedArray) -> tuple[Any, Any] | None:
    """The lowest and highest value of a column as Python numbers; None when it holds none."""
    held = plain(column).filter(pa.array(present(column)))
    if not len(held):
        return None
    low, high = (end.as_py() for end in pa.compute.min_max(held).values())
    # Of a zero with and one without a sign, whichever comes first would be the lowest.
    return (low + 0.0, high + 0.0) if isinstance(low, float) else (low, high)


def replace_cells(column: pa.ChunkedArray, places: Places, values: object) -> pa.Array:
    """The column with other values in the given cells, of the same type.

    Parameters
    ----------
    column
        (n,)
    places
        (m,) ascending.
    values
        (m,) one for each of them as an array of numpy or Arrow, or one for all; None for missing.
    """
    kind, whole = column.type, plain(column)
    mask = np.zeros(len(whole), dtype=np.bool_)
    mask[places] = True
    if isinstance(values, pa.Array):
        fill = values
    else:
        fill = pa.array(values, type=whole.type) if isinstance(values, np.ndarray) else pa.scalar(values, whole.type)
    changed = pa.compute.replace_with_mask(whole, pa.array(mask), fill)
    if changed.type == kind:
        return changed
    try:
        return changed.cast(kind)
    except pa.ArrowInvalid:  # more values than the dictionary's index can count
        return changed.dictionary_encode()


def replace_column(table: pa.Table, name: str, column: pa.ChunkedArray | pa.Array) -> pa.Table:
    """The table with another column in one place: order and metadata stay, and nullability where it can."""
    place = table.schema.get_field_index(name)
    field = table.schema.field(place).with_type(column.type)
    return table.set_column(place, field.with_nullable(True) if column.null_count else field, column)


def change(table: pa.Table, names: Iterable[str], changed: Change) -> pa.Table | None:
    """The table with columns changed; None when none of them has anything to change."""
    touched = False
    for name in names:
        column = changed(name, table.column(name))
        if column is not None:
            table, touched = replace_column(table, name, column), True
    return table if touched else None
