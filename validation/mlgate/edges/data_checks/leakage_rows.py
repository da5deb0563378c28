"""Tables to the hashes and numbers that the leakage checks read.

Separate from ``checks/hashed_rows.py``, which never meets a value: what a column's type is, how its values are rounded
and folded, and what a time is, is settled here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlgate.checks.hashed_rows import Rows
from mlgate.edges.arrays import encodable, from_numbers, numeric, one_chunk, to_floats
from mlgate.edges.batches.columns import column_of
from mlgate.edges.expectations.suite_file import plain
from mlgate.edges.hashing import BLOCK, NOTHING, hash_column, mix
from mlgate.errors import DataError
from mlgate.threads import in_threads

__all__ = ["common_features", "leakage_rows", "row_names", "rounded", "times_of"]

Hashes = NDArray[np.uint64]

#: Significant digits in which near copies agree.
DIGITS = 3
#: Bundles of columns that are left out, one at a time; up to as many columns each is a bundle of its own.
BUNDLES = 16
#: Where between two rounded values the border lies. Real figures are round in the decimal system, and a border that
#: lies on none of them is seldom crossed by a little noise.
BORDER = 0.3717
_POWERS = np.array([float(f"1e{exponent}") for exponent in range(300)])
#: Columns that are hashed at the same time; more would only hold memory.
AT_ONCE = 4


def common_features(train: pa.Table, evaluation: pa.Table, *, taken: Collection[str | None]) -> tuple[str, ...]:
    """Columns that both tables have and that are not taken as label, id, key, unit or time, in the order of training.

    Raises
    ------
    DataError
        There is none.
    """
    names = tuple(name for name in train.column_names if name in evaluation.column_names and name not in taken)
    if not names:
        raise DataError("the training and evaluation data share no feature column; check that they belong together.")
    return names


def leakage_rows(
    table: pa.Table,
    *,
    dataset: str,
    features: Sequence[str],
    label: str | None = None,
    key: Sequence[str] = (),
    unit: str | None = None,
    time: str | None = None,
    id_column: str | None = None,
    private: Collection[str] = (),
) -> Rows:
    """One data set as the leakage checks read it.

    Parameters
    ----------
    table
        The data, n rows.
    dataset
        Its name, which stands in every finding.
    features
        Columns that models read; the same, in the same order, for both sets.
    label, unit, time, id_column
        Columns of that use; None when not declared.
    key
        Columns that together name a row.
    private
        Columns whose values are never told.

    Raises
    ------
    DataError
        A column is not there, or the time column holds no times.
    """
    total = np.zeros(table.num_rows, dtype=np.uint64)
    near = np.zeros(table.num_rows, dtype=np.uint64)
    bundle = -(-len(features) // BUNDLES)
    parts: list[Hashes] = []
    for start in range(0, len(features), AT_ONCE):
        names = features[start : start + AT_ONCE]
        columns = [column_of(table, name, "the feature", dataset) for name in names]
        for place, (exact, close) in enumerate(in_threads(_both_hashes, zip(columns, names, strict=True)), start):
            total += exact
            near += close
            if place % bundle:
                parts[-1] = parts[-1] + close
            else:
                parts.append(close)
    labels = _named_hashes(table, [label] if label else [], dataset)
    rest = _named_hashes(table, [name for name in (unit, time) if name], dataset)
    return Rows(
        dataset=dataset,
        features=mix(total),
        whole=mix(total + labels + rest),
        labelled=mix(total + labels),
        alike=(near, *(near - part for part in parts)),
        bundle=bundle,
        keys=_keys(table, key, dataset) if key else None,
        units=hash_column(column_of(table, unit, "the unit column", dataset)) if unit else None,
        nothing=NOTHING,
        times=times_of(table, time, dataset) if time else None,
        name_rows=row_names(table, id_column, private),
    )


def _both_hashes(column_and_name: tuple[pa.ChunkedArray, str]) -> tuple[Hashes, Hashes]:
    """Hashes of a column as it is, and rounded and folded."""
    column, name = column_and_name
    salt = _salt(name)
    exact, folded = hash_column(column, salt=salt), _folded(column)
    return exact, exact if folded is None else hash_column(folded, salt=salt)


def _salt(name: str) -> np.uint64:
    return np.uint64(hash_column(pa.chunked_array([[name]], pa.string()))[0])


def _named_hashes(table: pa.Table, names: Sequence[str], dataset: str) -> Hashes:
    total = np.zeros(table.num_rows, dtype=np.uint64)
    for name in names:
        total += hash_column(column_of(table, name, "the declared column", dataset), salt=_salt(name))
    return total


def _keys(table: pa.Table, key: Sequence[str], dataset: str) -> Hashes:
    """A hash of the key; of a key of which any part is missing, ``NOTHING``."""
    parts = [hash_column(column_of(table, name, "the key column", dataset)) for name in key]
    absent = np.any([part == NOTHING for part in parts], axis=0)
    keys = mix(_named_hashes(table, key, dataset))
    keys[absent] = NOTHING
    return keys


def _folded(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The column with numbers rounded and texts folded in case and white space; None where that changes nothing."""
    if pa.types.is_dictionary(column.type):
        column = encodable(column)
    if pa.types.is_boolean(column.type):
        return None
    if numeric(column.type):
        numbers = to_floats(column)
        if not np.any((np.abs(numbers) >= 10**DIGITS) | (np.trunc(numbers) != numbers) & ~np.isnan(numbers)):
            return None  # whole numbers of three digits are rounded as they are
        return pa.chunked_array([from_numbers(rounded(numbers))])
    column = encodable(column)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    encoded = one_chunk(pc.dictionary_encode(column))
    plainer = pc.utf8_lower(pc.utf8_trim_whitespace(pc.replace_substring_regex(encoded.dictionary, r"\s+", " ")))
    if plainer.equals(encoded.dictionary):
        return None
    return pa.chunked_array([pa.DictionaryArray.from_arrays(encoded.indices, plainer)])


def rounded(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers to 3 significant digits, with borders between them where round figures do not lie.

    >>> rounded(np.array([77516.0, 77519.0, 0.12345, 7.0])).tolist()
    [77500.0, 77500.0, 0.123, 7.0]
    """
    close = numbers.copy()
    for start in range(0, len(close), BLOCK):
        block = close[start : start + BLOCK]
        size = np.abs(block)
        sound = (size > 1e-290) & (size < 1e290)
        exponent = np.floor(np.log10(size, where=sound, out=np.zeros_like(size))).astype(np.int64) - (DIGITS - 1)
        power, large = _POWERS[np.abs(exponent)], exponent >= 0
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.floor(np.where(large, block / power, block * power) + BORDER)
            # One rounding at the end: the same decimal is the same float from whichever power of ten it comes.
            np.copyto(block, np.where(large, steps * power, steps / power), where=sound)
    return close


def times_of(table: pa.Table, name: str, dataset: str) -> NDArray[np.float64]:
    """Times, (n,), as microseconds since 1970 or as the numbers that the column holds; NaN where missing.

    Texts are read as ISO 8601; a time without a zone counts as UTC.

    Raises
    ------
    DataError
        The column is not there, or a value is no time.
    """
    column = column_of(table, name, "the time column", dataset)
    if pa.types.is_dictionary(column.type):
        column = encodable(column)
    if numeric(column.type):
        return to_floats(column)
    if pa.types.is_time(column.type) or not (pa.types.is_temporal(column.type) or _is_text(column.type)):
        raise DataError(
            f"{dataset}: column {name!r} holds no times but {column.type}; name a column of dates or times."
        )
    try:
        return to_floats(_microseconds(column))
    except pa.ArrowInvalid:
        raise DataError(
            f"{dataset}: column {name!r} holds a text that is no time in row {_first_bad(column) + 1:,}; write times "
            "as 2024-01-31 or 2024-01-31T12:30:00, or read the column as times."
        ) from None


def _first_bad(column: pa.ChunkedArray) -> int:
    """Place of the first text that is no time: rows up to it can be read, with it they cannot."""
    read, failing = 0, len(column)
    while failing - read > 1:
        middle = (read + failing) // 2
        try:
            _microseconds(column.slice(0, middle))
            read = middle
        except pa.ArrowInvalid:
            failing = middle
    return read


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if _is_text(column.type):
        column = column.cast(pa.string())
        try:
            column = column.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:  # with a zone, which Arrow reads into another type
            column = column.cast(pa.timestamp("us", "UTC"))
    zone = column.type.tz if pa.types.is_timestamp(column.type) else None
    return column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())


def row_names(
    table: pa.Table, id_column: str | None, private: Collection[str] = ()
) -> Callable[[Sequence[int]], str] | None:
    """How rows are named: ``id 7, 9``; None when there is no id or it is private."""
    if id_column is None or id_column in private or id_column not in table.column_names:
        return None
    ids = table.column(id_column)
    return lambda places: f"{id_column} " + ", ".join(plain(ids[place].as_py()) for place in places)
