"""Two files of predictions to one table of rows that both models answered, joined by the id of the row.

Separate from reading: here it is settled which rows are compared. Position says nothing about which rows belong
together, and a row that one model could not answer is never dropped silently: the champion's ends the run, the
challenger's is handed back to become a finding.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from decimal import Decimal
from types import NoneType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct, from_numbers, numeric
from mlgate.edges.batches.columns import coded_column
from mlgate.edges.hashing import hash_column
from mlgate.edges.rows.files import row_identity
from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.sentences import plural
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
    #: where each row stands in the champion's and in the challenger's file, counted from 0.
    rows: tuple[NDArray[np.intp], NDArray[np.intp]]


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
    first, second = _paired(*identities)
    if not len(first):
        kinds = [str(table.column(id_column).type) for table in (champion, challenger)]
        raise DataError(
            f"{sources[1]}: no {id_column!r} of it is in {sources[0]} ({kinds[1]} against {kinds[0]}); join the two "
            "files by an id that names the same rows in both."
        )
    alone = _others(len(identities[1]), second)
    if len(alone):
        raise DataError(
            f"{sources[1]}: {plural(len(alone), 'row is', 'rows are')} not in {sources[0]}, the champion's file, "
            f"the first of them row {alone[0] + 1:,} ({id_column} {first_ids(challenger, id_column, alone[:1])}); "
            "models are compared on the same rows, so score them with the champion or leave them out."
        )
    lacking = _others(len(identities[0]), first)
    ids = first_ids(champion, id_column, lacking)
    old, new = _picked(champion, first), _picked(challenger, second)
    for name in shared:
        if name in old.column_names and name in new.column_names:
            _agree(old, new, name, id_column, sources)
    whole = old
    for name in new.column_names:
        if name not in whole.column_names:
            whole = whole.append_column(name, new.column(name))
    return Joined(
        champion=old, challenger=new, shared=whole, lacking=len(lacking), lacking_ids=ids, rows=(first, second)
    )


def _identity(table: pa.Table, id_column: str, source: str) -> NDArray[np.uint64]:
    try:
        return row_identity(table, id_column)
    except DataError as problem:
        raise DataError(f"{source}: {problem}") from None


def _paired(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the identities that both hold stand in each, in the order of the first."""
    if np.array_equal(one, other):
        return np.arange(len(one)), np.arange(len(one))
    # Both in order: looking up at random waits for memory at every step.
    orders = np.argsort(one), np.argsort(other)
    held = other[orders[1]]
    places = np.minimum(np.searchsorted(held, one[orders[0]]), len(held) - 1)
    found = held[places] == one[orders[0]]
    partner = np.full(len(one), -1, dtype=np.intp)
    partner[orders[0][found]] = orders[1][places[found]]
    first = np.flatnonzero(partner >= 0)
    return first, partner[first]


def _picked(table: pa.Table, rows: NDArray[np.intp]) -> pa.Table:
    """Some rows of a table; the table itself when they are all of it, in order."""
    whole = len(rows) == table.num_rows and np.array_equal(rows, np.arange(len(rows)))
    return table if whole else table.take(from_numbers(rows))


def _others(rows: int, some: NDArray[np.intp]) -> NDArray[np.intp]:
    """Places that are not among some."""
    left = np.ones(rows, dtype=np.bool_)
    left[some] = False
    return np.flatnonzero(left)


def first_ids(table: pa.Table, id_column: str, rows: NDArray[np.intp]) -> str:
    """The first few ids of some rows, ordered by value, so that the order of the rows does not show."""
    values = distinct(table.column(id_column).take(from_numbers(rows)))[1]
    numbers = sorted(value for value in values if isinstance(value, (int, float, Decimal)))
    others = sorted(str(value) for value in values if not isinstance(value, (int, float, Decimal, NoneType)))
    # Not by way of a float: ids of twenty digits keep the last one.
    whole = [str(int(value)) if math.isfinite(value) and value == int(value) else str(value) for value in numbers]
    return _listed(whole + others)


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:SHOWN]) + (", …" if len(texts) > SHOWN else "")


def _agree(old: pa.Table, new: pa.Table, name: str, id_column: str, sources: tuple[str, str]) -> None:
    """Refuse two files that say different things about the same rows."""
    different = _different(old.column(name), new.column(name))
    if len(different):
        raise DataError(
            f"{sources[1]}: column {name!r} differs from {sources[0]} in {len(different):,} of the rows that both have "
            f"({id_column} {first_ids(old, id_column, different)}); both files must say the same of one row."
        )


def _different(first: pa.ChunkedArray, second: pa.ChunkedArray) -> NDArray[np.intp]:
    """Rows in which two columns differ; a value is equal to itself in every type, and as text."""
    rows = np.flatnonzero(hash_column(first) != hash_column(second))
    if not len(rows) or (numeric(first.type) and numeric(second.type)):
        return rows
    texts = []
    for column in (first, second):
        coded = coded_column(column.take(from_numbers(rows)))
        values = [None if value is None else value_text(value) for value in coded.values]
        texts.append([values[code] for code in coded.codes])
    return rows[[one != other for one, other in zip(*texts, strict=True)]]
