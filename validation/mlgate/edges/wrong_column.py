"""A challenger's column of which no value can be a prediction: the wrong one was named, which is no finding.

Separate from ``predictions.py``, where every illegal value of the challenger's is a row without an answer. A model that
answered nothing at all stays a finding: only what the column does hold can show that it is another kind of column.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

import numpy as np
import pyarrow as pa

from mlgate.edges.arrays import numeric, to_floats
from mlgate.edges.columns import values_of
from mlgate.edges.number_columns import LARGEST, number_of
from mlgate.edges.predictions import Column, class_columns
from mlgate.errors import DataError
from mlgate.records.words import Task

__all__ = ["refuse_wrong_column"]

#: Other columns that the sentence points to.
_NAMED = 3


def refuse_wrong_column(
    found: Column, table: pa.Table, *, source: str, task: Task, classes: Collection[str] = (), taken: Collection[str]
) -> None:
    """Refuse a column that holds finite numbers, none of which is legal.

    Parameters
    ----------
    found
        What was read of the column.
    table
        The rows.
    source
        Where the table comes from, for the error.
    task, classes
        Of the run.
    taken
        Columns that are something else, which the error does not point to.

    Raises
    ------
    DataError
        There are finite numbers in the column, and no row holds a legal prediction.

    Examples
    --------
    >>> rows = pa.table({"age": [39, 50], "score": [0.25, 0.5]})
    >>> nothing = np.full(2, np.nan)
    >>> age = Column(name="age", values=nothing, legal=nothing > 0, unbalanced=nothing > 0, scores=True)
    >>> refuse_wrong_column(age, rows, source="f.csv", task=Task.BINARY, taken=())
    Traceback (most recent call last):
    mlgate.errors.DataError: f.csv: column 'age' is no column of scores: it holds numbers from 39 to 50 and none from \
0 to 1; give probabilities from 0 to 1, or values of the label; 'score' holds numbers from 0 to 1.
    """
    if found.legal.any():
        return
    names = [found.name]
    if found.values.ndim == 2:
        by_class = class_columns(table.column_names, found.name, tuple(classes))
        names = [by_class[one] for one in classes]
    held = [number_of(value) for name in names for value in values_of(table.column(name))]
    finite = [number for number in held if abs(number) < np.inf]  # NaN is not
    if not finite:
        return
    low, high = min(finite), max(finite)
    numbers = f"the number {low:g}" if low == high else f"numbers from {low:g} to {high:g}"
    if found.values.ndim == 2:
        raise DataError(
            f"{source}: the columns {found.name!r} are no class scores: they hold {numbers}, and no row has "
            "probabilities from 0 to 1 that add up to 1; give such probabilities, or one column of class labels."
        )
    if task is Task.REGRESSION:
        raise DataError(
            f"{source}: column {found.name!r} is no column of predictions: it holds {numbers}; numbers up to "
            f"{LARGEST:g} are needed."
        )
    raise DataError(
        f"{source}: column {found.name!r} is no column of scores: it holds {numbers} and none from 0 to 1; give "
        f"probabilities from 0 to 1, or values of the label{_others(table, found.name, taken)}."
    )


def _others(table: pa.Table, name: str, taken: Collection[str]) -> str:
    """End of the sentence that names the columns that look like scores, those with the most similar names first."""
    like = [other for other in table.column_names if other not in (*taken, name) and _is_scores(table.column(other))]
    like.sort(key=lambda other: -difflib.SequenceMatcher(None, name.casefold(), other.casefold()).ratio())
    if not like:
        return ""
    named = ", ".join(repr(other) for other in like[:_NAMED]) + (", …" if len(like) > _NAMED else "")
    return f"; {named} {'holds' if len(like) == 1 else 'hold'} numbers from 0 to 1"


def _is_scores(column: pa.ChunkedArray) -> bool:
    """Whether all that a column holds are numbers from 0 to 1, and not only these two."""
    if not numeric(column.type):
        return False
    numbers = to_floats(column)
    numbers = numbers[~np.isnan(numbers)]
    return bool(((numbers >= 0) & (numbers <= 1)).all() and ((numbers > 0) & (numbers < 1)).any())
