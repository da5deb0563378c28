"""Two files of predictions to one table of rows that both models answered, joined by the id of the row.

Separate from reading: here it is settled which rows are compared. Position says nothing about which rows belong
together, and a row that one model could not answer is never dropped silently: the champion's ends the run, the
challenger's is handed back to become a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.columns import by_value, coded_column
from mlgate.edges.files import row_identity
from mlgate.errors import DataError
from mlgate.slices import value_text

__all__ = ["Joined", "first_ids", "join"]

#: Ids that a sentence names.
SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Joined:
    """The same rows, in the same order, as each file has them."""

    champion: pa.Table
    challenger: pa.Table
    #: everything but predictions: the champion's columns, and those that only the challenger's file has.
    shared: pa.Table
    #: rows of the champion's file that the challenger's has not, and the first of their ids.
    lacking: int
    lacking_ids: str


def join(
    champion: pa.Table, challenger: pa.Table, *, id_column: str, sources: tuple[str, str], shared: Collection[str]
) -> Joined:
    """Two tables, joined by the id of the row.

    Parameters
    ----------
    champion, challenger
        Each with the id column.
    id_column
        What names a row in both.
    sources
        Where the two come from, for the errors.
    shared
        Columns other than predictions that will be read (label, slices, unit, weight); where both files have one,
        they must agree.

    Raises
    ------
    DataError
        An id is missing or stands there twice, a row has no answer of the champion, no row is in both files, or the
        files disagree about a shared column.
    """
    identities = _identity(champion, id_column, sources[0]), _identity(challenger, id_column, sources[1])
    _, first, second = np.intersect1d(identities[0], identities[1], assume_unique=True, return_indices=True)
    if not len(first):
        kinds = [str(table.column(id_column).type) for table in (champion, challenger)]
        raise DataError(
            f"{sources[1]}: no {id_column!r} of it is in {sources[0]} ({kinds[1]} against {kinds[0]}); join the two "
            "files by an id that names the same rows in both."
        )
    alone = _others(len(identities[1]), second)
    if len(alone):
        raise DataError(
            f"{sources[1]}: {len(alone):,} rows are not in {sources[0]}, the champion's file "
            f"({id_column} {first_ids(challenger, id_column, alone)}); models are compared on the same rows, so score "
            "them with the champion or leave them out."
        )
    lacking = _others(len(identities[0]), first)
    ids = first_ids(champion, id_column, lacking)
    old, new = champion.take(from_numbers(first)), challenger.take(from_numbers(second))
    for name in shared:
        if name in old.column_names and name in new.column_names:
            _agree(old, new, name, id_column, sources)
    whole = old
    for name in new.column_names:
        if name not in whole.column_names:
            whole = whole.append_column(name, new.column(name))
    return Joined(champion=old, challenger=new, shared=whole, lacking=len(lacking), lacking_ids=ids)


def _identity(table: pa.Table, id_column: str, source: str) -> NDArray[np.uint64]:
    try:
        return row_identity(table, id_column)
    except DataError as problem:
        raise DataError(f"{source}: {problem}") from None


def _others(rows: int, some: NDArray[np.intp]) -> NDArray[np.intp]:
    """Places that are not among some."""
    left = np.ones(rows, dtype=np.bool_)
    left[some] = False
    return np.flatnonzero(left)


def first_ids(table: pa.Table, id_column: str, rows: NDArray[np.intp]) -> str:
    """The first few ids of some rows, ordered by value, so that the order of the rows does not show."""
    values = coded_column(table.column(id_column).take(from_numbers(rows))).values
    ids = by_value(value for value in values if value is not None)
    return _listed(ids)


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:SHOWN]) + (", …" if len(texts) > SHOWN else "")


def _agree(old: pa.Table, new: pa.Table, name: str, id_column: str, sources: tuple[str, str]) -> None:
    """Refuse two files that say different things about the same rows."""
    first, second = _comparable(old.column(name), new.column(name))
    different = np.flatnonzero(first != second)
    if len(different):
        raise DataError(
            f"{sources[1]}: column {name!r} differs from {sources[0]} in {len(different):,} rows ({id_column} "
            f"{first_ids(old, id_column, different)}); both files must hold the same rows."
        )


def _comparable(first: pa.ChunkedArray, second: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two columns as arrays that are equal where the values are; one number is equal to itself in every type."""
    if numeric(first.type) and numeric(second.type):
        numbers = [np.where(np.isnan(found), np.inf, found) for found in (to_floats(first), to_floats(second))]
        return numbers[0], numbers[1]
    places: dict[str | None, int] = {}
    codes = []
    for column in (first, second):
        coded = coded_column(column)
        texts = [None if value is None else value_text(value) for value in coded.values]
        table = np.array([*(places.setdefault(text, len(places)) for text in texts), 0], dtype=np.int64)
        codes.append(table[coded.codes])
    return codes[0], codes[1]
