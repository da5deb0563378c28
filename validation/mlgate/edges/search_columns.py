"""Columns of a table as the search for slices reads them; what no slice can be made of is told, not searched.

Separate from ``columns.py`` because slices that are declared read every value, and the search reads few levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.columns import coded_column
from mlgate.records.rows import Batch
from mlgate.search.levels import SearchColumn, categories, numbers
from mlgate.threads import in_threads

__all__ = ["holding_answers", "search_columns"]

#: Rows on which a column is held against the models' answers, and the rank correlation from which on it is one of them.
COMPARED, SAME = 2_000, 0.99


def search_columns(table: pa.Table, names: Sequence[str], bins: int) -> tuple[SearchColumn, ...]:
    """The columns of which slices can be made, sorted by name.

    Left out are columns whose rows are all alike, texts of which no value comes often, and whole numbers that differ in
    every row: those are names of rows.

    Parameters
    ----------
    table
        The rows.
    names
        Of columns that are there.
    bins
        Of a column of numbers.
    """
    found = in_threads(lambda name: _column(name, table.column(name), bins), sorted(names))
    return tuple(one for one in found if one is not None and one.items)


def holding_answers(table: pa.Table, batch: Batch) -> tuple[str, ...]:
    """Names of the columns whose numbers rank the rows as one of the models does: its answers in another unit.

    Where two equally good models disagree, each is wrong on half of the rows; conditions on their own answers pick the
    half that one of them has wrong, and accuse it of what the other does elsewhere.

    Parameters
    ----------
    table
        The rows.
    batch
        The same rows as the models answered them, with identities.
    """
    assert batch.identity is not None
    some = np.sort(np.argsort(batch.identity, kind="stable")[:COMPARED])
    answers = [
        _ranks(side[some] if side.ndim == 1 else side[some, place])
        for side in (batch.champion, batch.challenger)
        if side is not None
        for place in range(1 if side.ndim == 1 else side.shape[1])
    ]
    read = table.take(from_numbers(some))
    found = []
    for name in table.column_names:
        if numeric(table.schema.field(name).type):
            ranks = _ranks(to_floats(read.column(name)))
            if any(abs(_correlation(ranks, one)) >= SAME for one in answers):
                found.append(name)
    return tuple(found)


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Centred ranks, (n,); ties share theirs, and missing values are one more value."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True, equal_nan=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place.ravel()]
    return np.asarray(ranks - ranks.mean(), dtype=np.float64)


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 0 else 0.0


def _column(name: str, column: pa.ChunkedArray, bins: int) -> SearchColumn | None:
    if numeric(column.type) and not pa.types.is_boolean(column.type):
        if pa.types.is_integer(column.type) and _all_differ(column):
            return None
        return numbers(name, to_floats(column), bins)
    coded = coded_column(column)
    if len(coded.values) > 1 and all(value is None or isinstance(value, float) for value in coded.values):
        held = np.array([np.nan if value is None else value for value in coded.values], dtype=np.float64)
        return numbers(name, held[coded.codes], bins)
    found = categories(name, coded)
    return found if found.levels > 1 else None


def _all_differ(column: pa.ChunkedArray) -> bool:
    """Whether no number comes twice, in a column of more than a few rows."""
    return len(column) > 100 and column.null_count == 0 and bool(len(pc.unique(column)) == len(column))
