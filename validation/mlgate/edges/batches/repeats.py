"""Columns that say which rows belong together although nobody declared them as unit.

Rows of one customer are alike, and intervals that take them for independent are too narrow. Separate from reading: it
is a suspicion, so it is only ever shown as a warning. Values are counted whole, never in a sample of rows, so that the
order of the rows does not matter; of many rows, a fixed share of the *values* is counted, chosen by their hashes.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct, encodable, from_numbers, to_floats
from mlgate.edges.arrow_functions import cast, min_max, take
from mlgate.edges.hashing import NOTHING, hash_column
from mlgate.frozen import dataclass

__all__ = ["Repeats", "likely_unit"]

#: Rows of one unit: fewer say nothing, more are a category.
FEWEST, MOST = 2, 50
#: The same for a column that is named as units are.
MOST_NAMED = 200
#: Values without which there are no intervals over units anyway.
VALUES, VALUES_NAMED = 100, 30
#: Of more rows than this, every sixteenth value (a power of two) is counted.
MANY_ROWS, SHARE = 250_000, 16
#: Values that are read to see what they look like.
SAMPLE = 200
#: Counts that chance gives vary as much as they are large on average; counts that vary less were made.
EVEN = 0.5

#: Last words of names that stand for who or what a row is about.
_KEYS = {"id", "ids", "key", "uuid", "guid", "nr", "no", "number", "hash", "token", "identifier"}
#: Words that are such a name when they are all of it.
_ENTITIES = {
    "account", "applicant", "borrower", "business", "card", "case", "client", "company", "contract", "customer",
    "device", "driver", "employee", "family", "firm", "household", "individual", "loan", "member", "merchant",
    "patient", "person", "policy", "policyholder", "school", "seller", "session", "store", "student", "subject",
    "subscriber", "unit", "user", "vehicle", "visitor",
}  # fmt: skip
#: "customerid" and the like, written without a break.
_GLUED = re.compile(rf"(?:{'|'.join(sorted(_ENTITIES))}|cust|acct|emp|pat)(?:id|key|no|nr)s?")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{1,2}:\d\d.*")
_NUMBER = re.compile(r"[-+]?\d*[.,]\d+|[-+]?[1-9]\d*(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeats:
    """A column whose values come back as those of units do."""

    column: str
    #: distinct values, missing ones not counted.
    values: int
    #: rows that hold one.
    rows: int
    #: rows of the value that most rows hold.
    most: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Counts:
    """How many rows hold each of the values that were counted."""

    named: bool
    hashes: NDArray[np.uint64]
    rows: NDArray[np.int64]


def likely_unit(table: pa.Table, *, taken: Collection[str]) -> Repeats | None:
    """The column that clearly repeats as units do, if there is one.

    A column counts when most rows share their value with a few others, and when it looks like identifiers: by its name
    (``customer_id``), or, where most values come back too, by its texts (``C-000123``, e-mail addresses) or, for whole
    numbers, by counts that are more even than chance makes them. Numbers that are measured and ordinary categories do
    not.

    Parameters
    ----------
    table
        The rows.
    taken
        Columns whose use is known: label, predictions, slices, weight, id.

    Returns
    -------
    Repeats or None
        Of several columns, one that is named as units are; then the one with the fewest values, which is the coarsest.
    """
    found = []
    for name in sorted(set(table.column_names) - set(taken)):
        column = table.column(name)
        if _few(column, VALUES_NAMED if _named(name) else VALUES):
            continue
        hashes = _hashes(column)
        if hashes is None:
            continue
        counts = _counted(hashes, named=_named(name))
        if _repeats(counts) and (counts.named or _looks_like_ids(column, hashes, counts)):
            found.append(_exactly(name, hashes, named=counts.named))
    return min(found, key=lambda one: (not one[0], one[1].values, one[1].column))[1] if found else None


def _few(column: pa.ChunkedArray, least: int) -> bool:
    """Whether it can be seen without a look at every value that there are fewer than ``least`` of them."""
    if pa.types.is_dictionary(column.type):
        return sum(len(chunk.dictionary) for chunk in column.chunks) < least
    if pa.types.is_integer(column.type):
        ends = min_max(column)
        low, high = (ends[end].as_py() for end in ("min", "max"))
        return low is None or high - low + 1 < least
    return bool(pa.types.is_boolean(column.type))


def _named(name: str) -> bool:
    """Whether a column is called as units are.

    >>> [_named(name) for name in ("customer_id", "CustomerID", "userid", "patient", "age", "id_type", "paid")]
    [True, True, True, True, False, False, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    whole = words[0].removesuffix("s") if len(words) == 1 else ""
    counts_something = len(words) > 1 and words[0] in ("number", "no", "nr")
    return not counts_something and (
        words[-1] in _KEYS or whole in _ENTITIES or _GLUED.fullmatch("".join(words)) is not None
    )


def _hashes(column: pa.ChunkedArray) -> NDArray[np.uint64] | None:
    """Hash of each row's value; None for a column that cannot name units."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_floating(kind):
        # Whole numbers become floats where one is missing; a fraction among the first rows ends the matter early.
        for part in (column.slice(0, 1000), column):
            numbers = to_floats(cast(part, kind))
            if np.any((numbers != np.rint(numbers)) & ~np.isnan(numbers)):
                return None
    elif not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_binary(kind)):
        return None
    return hash_column(column)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _counted(hashes: NDArray[np.uint64], *, named: bool) -> _Counts:
    kept = hashes[hashes & np.uint64(SHARE - 1) == 0] if len(hashes) > MANY_ROWS else hashes
    values, rows = np.unique(kept[kept != NOTHING], return_counts=True)
    return _Counts(named=named, hashes=values, rows=rows)


def _repeats(counts: _Counts) -> bool:
    """Whether most rows, and most values unless the name says enough, are of values that a few rows hold."""
    fewest, most = (VALUES_NAMED, MOST_NAMED) if counts.named else (VALUES, MOST)
    few = (counts.rows >= FEWEST) & (counts.rows <= most)
    if len(few) < fewest or 2 * counts.rows[few].sum() <= counts.rows.sum():
        return False
    return counts.named or bool(2 * few.sum() > len(few))


def _looks_like_ids(column: pa.ChunkedArray, hashes: NDArray[np.uint64], counts: _Counts) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if _is_text(kind) or pa.types.is_binary(kind):
        return all(_id_like(text) for text in _some_values(column, hashes, counts))
    return float(np.var(counts.rows)) < EVEN * float(np.mean(counts.rows))


def _some_values(column: pa.ChunkedArray, hashes: NDArray[np.uint64], counts: _Counts) -> list[str]:
    """Some distinct values as text, chosen by their hashes so that the order of the rows does not matter."""
    rows = np.flatnonzero(hashes <= counts.hashes[:SAMPLE][-1])
    rows = rows[np.isin(hashes[rows], counts.hashes[:SAMPLE])]
    _, first = np.unique(hashes[rows], return_index=True)
    values = distinct(take(encodable(column), from_numbers(rows[first])))[1]
    return [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values]


def _id_like(text: str) -> bool:
    """Whether a text looks like an identifier, and not like a word, a number or a date.

    >>> [_id_like(text) for text in ("C-000123", "0012345", "a@b.org", "Bachelors", "2020-01-31", "123456")]
    [True, True, True, False, False, False]
    """
    if "@" in text:
        return True
    plain = len(text) >= 6 and " " not in text and any(sign.isdigit() for sign in text)
    return plain and not _DATE.fullmatch(text) and not _NUMBER.fullmatch(text)


def _exactly(name: str, hashes: NDArray[np.uint64], *, named: bool) -> tuple[bool, Repeats]:
    rows = np.unique(hashes[hashes != NOTHING], return_counts=True)[1]
    return named, Repeats(column=name, values=len(rows), rows=int(rows.sum()), most=int(rows.max()))
