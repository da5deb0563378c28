"""Columns of a table as the check of single features reads them: orders of distinct values, and the label as numbers.

Separate from ``leakage_rows.py``, which hashes rows: here the order of a column's values matters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.predictive_power import FOLDS, Feature, Label
from mlgate.edges.arrays import distinct, encodable, from_numbers, numeric, to_floats
from mlgate.edges.batches.columns import coded_column, column_of
from mlgate.edges.hashing import hash_rows
from mlgate.errors import DataError, nearest
from mlgate.records.words import Task
from mlgate.slices import value_text

__all__ = ["MANY_ROWS", "ordered_column", "single_features"]

#: Of more rows, as many are looked at, chosen by their content: an AUC of this many is right to 0.002.
MANY_ROWS = 200_000
#: Of tables with more columns fewer rows are looked at, but never fewer than this.
MANY_COLUMNS, ENOUGH_ROWS = 20, 10_000


def single_features(
    table: pa.Table,
    *,
    dataset: str,
    features: Sequence[str],
    label: str,
    task: Task,
    positive: str = "1",
    identifiers: Collection[str] = (),
) -> tuple[tuple[Feature, ...], Label]:
    """Features and label as ``observe_single_features`` takes them; rows without a label are left out.

    Parameters
    ----------
    table
        The data, n rows.
    dataset
        Its name, for errors.
    features
        Columns that models read.
    label, task, positive
        Column of the label, the kind of task, and of a binary label the value that counts as positive.
    identifiers
        Declared identifiers, which are looked at too.

    Raises
    ------
    DataError
        A column is not there, no row has a label, or no label is the positive one.
    """
    names = list(dict.fromkeys([*features, *identifiers]))
    for name in [*names, label]:
        column_of(table, name, "the column", dataset)
    content = hash_rows(table.select([*names, label]))
    most = MANY_ROWS if len(names) <= MANY_COLUMNS else max(MANY_ROWS * MANY_COLUMNS // len(names), ENOUGH_ROWS)
    if len(content) > most:
        places = np.sort(np.argpartition(content, most)[:most])
        table, content = table.take(from_numbers(places)), content[places]
    truth = _truth(table.column(label), label, task, positive, dataset)
    held = np.flatnonzero(~np.isnan(truth))
    if not len(held):
        raise DataError(f"{dataset}: column {label!r} holds no label in any row; name a labelled data set.")
    if len(held) < len(truth):
        table, truth = table.take(from_numbers(held)), truth[held]
    # Rows of equal features fall into one part, lest they tell each other's label.
    folds = (hash_rows(table.select(names)) % np.uint64(FOLDS)).astype(np.intp)
    columns = tuple(ordered_column(table.column(name), name, identifier=name in identifiers) for name in names)
    return columns, Label(name=label, task=task, values=truth, folds=folds)


def _truth(column: pa.ChunkedArray, name: str, task: Task, positive: str, dataset: str) -> NDArray[np.float64]:
    """The label as numbers, (n,), NaN where missing."""
    if task is Task.REGRESSION:
        if not numeric(column.type):
            raise DataError(f"{dataset}: column {name!r} holds {column.type}, and a regression needs numbers.")
        numbers = to_floats(column)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    known = sorted({text for text in texts if text is not None})
    if task is Task.BINARY:
        if known and positive not in known:
            raise DataError(f"{dataset}: column {name!r} holds no label {positive!r}; {nearest(positive, known)}")
        table = [np.nan if text is None else float(text == positive) for text in texts]
    else:
        place = {text: float(index) for index, text in enumerate(known)}
        table = [np.nan if text is None else place[text] for text in texts]
    return np.array([*table, np.nan])[coded.codes]


def ordered_column(column: pa.ChunkedArray, name: str, *, identifier: bool = False) -> Feature:
    """A column as places in the order of its distinct values: numbers by size, times by time, texts by letters."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if numeric(kind):
        numbers = to_floats(encodable(column))
        return _ordered(name, numbers, ~np.isnan(numbers), identifier or pa.types.is_integer(kind), category=False)
    if pa.types.is_temporal(kind) and not pa.types.is_dictionary(column.type):
        column = encodable(column)  # its text grows with time
    codes, values = distinct(column)
    texts = np.array(["" if value is None else str(value) for value in values] or [""])
    there = np.array([value is not None for value in values] or [False])
    category = not pa.types.is_temporal(kind)
    return _ordered(name, texts[codes], there[codes], identifier or category, category=category)


def _ordered(
    name: str,
    values: NDArray[np.float64] | NDArray[np.str_],
    there: NDArray[np.bool_],
    names_rows: bool,
    *,
    category: bool,
) -> Feature:
    order = np.full(len(values), -1, dtype=np.intp)
    found, order[there] = np.unique(values[there], return_inverse=True)
    return Feature(name=name, order=order, values=len(found), category=category, names_rows=names_rows)
