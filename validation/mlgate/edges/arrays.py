"""Arrow columns to numpy arrays and back without pandas.

``to_numpy`` and ``array`` of Arrow, and every function that is given a Python value, import pandas where it is
installed, which costs more than reading a million rows. Buffers and DLPack do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrow_functions import cast, dictionary_encode, is_valid, replace_in_texts, run_end_decode, take

__all__ = ["codes_of", "distinct", "encodable", "from_numbers", "numeric", "one_chunk", "to_floats", "to_integers"]


def numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type can become numbers."""
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def distinct(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[object]]:
    """A column as codes, (n,), into its distinct values as Python objects; null is None.

    Times become text here (UTC, no zeros behind the seconds), lists and the like the text of their Python value: every
    column that Arrow can hold has distinct values, and they do not depend on whether pandas is installed.
    """
    if pa.types.is_dictionary(column.type) and pa.types.is_null(column.type.value_type):
        return np.zeros(len(column), dtype=np.int64), [None] * min(len(column), 1)  # Arrow cannot unify these
    if pa.types.is_dictionary(column.type):
        if column.num_chunks > 1 and any(chunk.dictionary.null_count for chunk in column.chunks):
            return distinct(encodable(column))  # Arrow cannot unify these either
        return _distinct_of_dictionary(one_chunk(column.unify_dictionaries()))
    encoded = one_chunk(dictionary_encode(encodable(column), null_encoding="encode"))
    return to_integers(encoded.indices), encoded.dictionary.to_pylist()


def _distinct_of_dictionary(array: pa.DictionaryArray) -> tuple[NDArray[np.int64], list[object]]:
    """A dictionary may hold values that no row has, and some more than once: only what rows have is a value here."""
    if not len(array):
        return np.empty(0, dtype=np.int64), []
    count = len(array.dictionary)
    codes = codes_of(array)
    used = np.flatnonzero(np.bincount(codes, minlength=count + 1))
    places = used[used < count]
    held = take(encodable(pa.chunked_array([array.dictionary])), from_numbers(places))
    inner, values = distinct(held)
    table = np.zeros(count + 1, dtype=np.int64)
    table[places] = inner
    if len(places) < len(used):
        if None not in values:
            values.append(None)
        table[count] = values.index(None)
    return codes if np.array_equal(table[used], used) else table[codes], values


def codes_of(array: pa.DictionaryArray) -> NDArray[np.int64]:
    """Each row's place in the dictionary, (n,); the length of the dictionary where the row is null."""
    if not array.indices.null_count:
        return to_integers(array.indices)
    places = one_chunk(cast(array.indices, pa.int64()))
    codes = np.full(len(places), len(array.dictionary), dtype=np.int64)
    if len(places) > places.null_count:
        held = np.frombuffer(places.buffers()[1], dtype=np.int64)[places.offset : places.offset + len(places)]
        np.copyto(codes, held, where=_valid(places))
    return codes


def _valid(array: pa.Array) -> NDArray[np.bool_] | bool:
    """Where an array holds something; True: everywhere."""
    return to_integers(cast(is_valid(array), pa.uint8())) == 1 if array.null_count else True


def encodable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same values in a type that Arrow's dictionary encoding knows, and treats rightly."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return encodable(cast(column, kind.storage_type))
    if pa.types.is_dictionary(kind):
        return encodable(cast(column, kind.value_type))
    if pa.types.is_run_end_encoded(kind):
        return encodable(run_end_decode(column))
    if pa.types.is_float16(kind):
        return cast(column, pa.float64())
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        # Encoding a view turns a null into an empty text (pyarrow 25).
        return cast(column, pa.large_string() if pa.types.is_string_view(kind) else pa.large_binary())
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        plain = cast(column, pa.timestamp(kind.unit)) if pa.types.is_timestamp(kind) and kind.tz else column
        return replace_in_texts(cast(plain, pa.string()), r"\.0+$", "")
    if pa.types.is_nested(kind):
        return pa.chunked_array([[None if value is None else repr(value) for value in column.to_pylist()]], pa.string())
    return column


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as a single array."""
    if isinstance(column, pa.Array):
        return column
    if not column.num_chunks:
        return pa.nulls(0, column.type)
    if column.num_chunks == 1:
        return column.chunk(0)  # combining would copy it
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else combined.chunk(0)


def to_floats(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
    """Numbers, (n,), with NaN where the column is null; the array is the caller's own."""
    if pa.types.is_boolean(column.type):
        column = cast(column, pa.uint8())
    array = one_chunk(cast(column, pa.float64(), safe=False))
    values = np.empty(0) if not len(array) else np.frombuffer(array.buffers()[1], dtype=np.float64)
    own = values[array.offset : array.offset + len(array)].copy()
    if array.null_count:
        np.copyto(own, np.nan, where=np.logical_not(_valid(array)))
    return own


def from_numbers(values: NDArray[Any]) -> pa.Array:
    """Numbers, (n,), as an Arrow array that holds the same memory."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def to_integers(array: pa.Array) -> NDArray[np.int64]:
    """Whole numbers, (n,), of an integer array without nulls."""
    integers: NDArray[np.int64] = np.from_dlpack(array).astype(np.int64)
    return integers
