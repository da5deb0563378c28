"""Columns to 64-bit hashes: the arithmetic behind row identity, units and digests.

Separate from ``files.py`` because rows that never were a file (arrays, data frames) are hashed too. A hash is of the
value and of nothing else: not of the type that holds it, its place, the number of chunks, or the library that wrote it.
Few distinct values are hashed once each and carried to the rows by their codes.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import codes_of, distinct, encodable, one_chunk, to_floats, to_integers
from mlgate.edges.arrow_functions import cast, dictionary_encode, is_null, unique
from mlgate.threads import in_threads

__all__ = ["NOTHING", "hash_column", "hash_rows", "mix"]

Hashes = NDArray[np.uint64]

#: Bits of what is missing, in a column of any type.
MISSING = np.uint64(0x7FF8_0000_DEAD_0001)
#: Values that fit the processor's cache, so that mixing does not wait for memory.
BLOCK = 1 << 14
#: Texts of more bytes than this are hashed one by one.
LONGEST = 1024
#: Rows that are looked at to tell whether a column of text repeats.
SAMPLE = 10_000
#: Start values, so that a text, a whole number that no float equals, and a float never meet by construction.
_TEXT, _WHOLE, _ROW = np.uint64(0x51ED270BA1F39C27), np.uint64(0xA24BAED4963EE407), np.uint64(0x9E3779B97F4A7C15)
#: More digits than any decimal that Arrow holds.
_EXACT = Context(prec=100)
#: Masks that keep the first 0 … 8 bytes of a little-endian word.
_KEPT = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)


def hash_rows(table: pa.Table) -> Hashes:
    """A hash of each row's content, (n,): names and values take part, the order of the columns does not."""
    total = np.full(table.num_rows, _ROW, dtype=np.uint64)
    adding = threading.Lock()

    def add(name: str) -> None:
        hashes = hash_column(table.column(name), salt=_digest(name.encode()))
        with adding:
            np.add(total, hashes, out=total)

    # The sum of well-mixed hashes does not know the order of its parts, so columns come as they are done.
    in_threads(add, table.column_names)
    return _mixed(total)


def hash_column(column: pa.ChunkedArray, *, salt: np.uint64 = np.uint64(0)) -> Hashes:
    """64-bit hash of each value, (n,).

    Whole numbers hash alike whether they are stored as integers, floats or booleans; every kind of text alike; null
    and NaN alike.

    Parameters
    ----------
    column
        Of any type that Arrow knows.
    salt
        Tells columns apart that hold the same values.
    """
    if not pa.types.is_dictionary(column.type):
        column = encodable(column)
        if pa.types.is_integer(column.type):
            return _mixed(_integers(column), salt)
        if pa.types.is_floating(column.type):
            return _mixed(_floats(to_floats(column)), salt)
        if _is_text(column.type):
            if not _repeats(column):
                return _mixed(_texts(one_chunk(cast(column, pa.large_string()))), salt)
            column = dictionary_encode(column)
    if pa.types.is_dictionary(column.type):
        parts = [_of_dictionary(chunk, salt) for chunk in column.chunks]
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype=np.uint64), *parts])
    codes, values = distinct(column)
    # The last word is never pointed at: it gives an empty column a table to look into.
    table: Hashes = mix(_words([*values, None]) ^ salt)
    return table[codes]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _of_dictionary(array: pa.DictionaryArray, salt: np.uint64) -> Hashes:
    """Hashes of a dictionary's values, each taken once, carried to the rows; no two chunks need the same dictionary."""
    missing = mix(np.array([MISSING ^ salt], dtype=np.uint64))
    table = np.concatenate([hash_column(pa.chunked_array([array.dictionary]), salt=salt), missing])
    return table[codes_of(array)]


def mix(values: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): spreads every input bit over all output bits."""
    return _mixed(values.copy())


def _mixed(values: Hashes, salt: np.uint64 = np.uint64(0)) -> Hashes:
    """The same of salted values in place, for values that nobody else holds."""
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        if salt:
            block ^= salt
        block ^= block >> np.uint64(30)
        block *= np.uint64(0xBF58476D1CE4E5B9)
        block ^= block >> np.uint64(27)
        block *= np.uint64(0x94D049BB133111EB)
        block ^= block >> np.uint64(31)
    return values


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether looking for distinct texts pays, judged by the first rows; the hashes are the same either way."""
    first = column.slice(0, SAMPLE)
    return 2 * len(unique(first)) <= len(first)


def _floats(numbers: NDArray[np.float64]) -> Hashes:
    numbers += 0.0  # minus zero is zero
    bits: Hashes = numbers.view(np.uint64)
    missing = np.isnan(numbers)
    if missing.any():
        bits[missing] = MISSING
    return bits


def _integers(column: pa.ChunkedArray) -> Hashes:
    """Bits of the float that equals a whole number; of those that no float equals, their own bits, mixed."""
    numbers = to_floats(column)
    most = max(float(numbers.max(initial=0.0)), -float(numbers.min(initial=0.0)))
    large = np.flatnonzero(np.abs(numbers) >= 2.0**53) if not most < 2.0**53 else np.empty(0, dtype=np.intp)
    bits = _floats(numbers)
    if len(large):
        array = one_chunk(column)
        kind = np.dtype(str(array.type))
        own = np.frombuffer(array.buffers()[1], dtype=kind)[array.offset : array.offset + len(array)][large]
        limit = 2.0**64 if own.dtype == np.uint64 else 2.0**63
        inside = np.where(numbers[large] < limit, numbers[large], 0.0)
        inexact = inside.astype(own.dtype) != own
        bits[large[inexact]] = mix(own[inexact].astype(np.uint64) ^ _WHOLE)
    return bits


def _words(values: Sequence[object]) -> Hashes:
    """Bits of distinct Python values."""
    texts = [value.encode() if isinstance(value, str) else b"" for value in values]
    content = np.frombuffer(b"".join(texts), dtype=np.uint8)
    words = _contents(content, np.cumsum([0, *map(len, texts)], dtype=np.int64))
    for place, value in enumerate(values):
        if value is None:
            words[place] = MISSING
        elif not isinstance(value, str):
            words[place] = _word(value)
    return words


def _word(value: object) -> np.uint64:
    if isinstance(value, (bool, int, float, Decimal)):
        number = float(value)
        if math.isnan(number) or number == value:
            return np.uint64(_floats(np.array([number]))[0])
        if int(value) == value and -(2**63) <= value < 2**64:
            return np.uint64(mix(np.array([int(value) & (1 << 64) - 1], dtype=np.uint64) ^ _WHOLE)[0])
        # Decimal("0.10") is Decimal("0.1"): how many zeros a column keeps behind the point is its type.
        value = value.normalize(_EXACT) if isinstance(value, Decimal) else value
    return _digest(repr(value).encode())


def _texts(array: pa.Array) -> Hashes:
    """Bits of texts."""
    if not len(array):
        return np.empty(0, dtype=np.uint64)
    _, places, content = array.buffers()
    bounds = np.frombuffer(places, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    # A slice of a long column has all its bytes in its buffer.
    held = np.frombuffer(content or b"", dtype=np.uint8)[bounds[0] : bounds[-1]]
    bits = _contents(held, bounds - bounds[0])
    if array.null_count:
        bits[to_integers(cast(is_null(array), pa.uint8())) == 1] = MISSING
    return bits


def _contents(content: NDArray[np.uint8], bounds: NDArray[np.int64]) -> Hashes:
    """Bits of texts that lie one behind the other: their bytes in words of eight, mixed one after the other."""
    starts, lengths = bounds[:-1], np.diff(bounds)
    data = np.zeros(content.size + 8, dtype=np.uint8)  # eight more, to read whole words to the end
    data[:-8] = content
    words = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    bits = mix(lengths.astype(np.uint64) ^ _TEXT)
    left = np.flatnonzero((lengths > 0) & (lengths <= LONGEST))
    for done in range(0, LONGEST, 8):
        if not len(left):
            break
        rest = lengths[left] - done
        bits[left] = mix(bits[left] ^ (words[starts[left] + done] & _KEPT[np.minimum(rest, 8)]))
        left = left[rest > 8]
    for place in np.flatnonzero(lengths > LONGEST):
        bits[place] = _digest(data[starts[place] : starts[place] + lengths[place]].tobytes())
    return bits


def _digest(content: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big"))


#: What ``hash_column`` gives, without a salt, for a missing value.
NOTHING = mix(np.array([MISSING]))[0]
