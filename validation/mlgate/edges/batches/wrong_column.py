"""A challenger's column of which no value can be a prediction: what it holds instead, since another may be meant.

Separate from ``predictions.py``, where every illegal value of the challenger's is a row without an answer. It stays the
challenger's failure: a model that answers in per cent or log odds looks just the same.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

import numpy as np
import pyarrow as pa

from mlgate.edges.arrays import numeric, to_floats
from mlgate.edges.batches.columns import values_of
from mlgate.edges.batches.number_columns import LARGEST, number_of
from mlgate.edges.batches.predictions import Column, class_columns
from mlgate.records.words import Task

__all__ = ["wrong_column"]

#: Other columns that the clause points to.
_NAMED = 3


def wrong_column(
    found: Column, table: pa.Table, *, task: Task, classes: Collection[str] = (), taken: Collection[str]
) -> str:
    """What a column without any legal prediction holds, as a clause; empty where it has one, or no finite number.

    Parameters
    ----------
    found
        What was read of the column.
    table
        The rows.
    task, classes
        Of the run.
    taken
        Columns that are something else, to which the clause does not point.

    Examples
    --------
    >>> rows = pa.table({"age": [39, 50], "score": [0.25, 0.5]})
    >>> nothing = np.full(2, np.nan)
    >>> age = Column(name="age", values=nothing, legal=nothing > 0, unbalanced=nothing > 0, scores=True)
    >>> wrong_column(age, rows, task=Task.BINARY, taken=())
    "it holds numbers from 39 to 50 and none from 0 to 1; was another column meant? 'score' holds numbers from 0 to 1"
    """
    if found.legal.any():
        return ""
    names = [found.name]
    if found.values.ndim == 2:
        by_class = class_columns(table.column_names, found.name, tuple(classes))
        names = [by_class[one] for one in classes]
    held = [number_of(value) for name in names for value in values_of(table.column(name))]
    finite = [number for number in held if abs(number) < np.inf]  # NaN is not
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    numbers = f"the number {low:g}" if low == high else f"numbers from {low:g} to {high:g}"
    if found.values.ndim == 2:
        return f"they hold {numbers}, and no row has probabilities from 0 to 1 that add up to 1"
    if task is Task.REGRESSION:
        return f"it holds {numbers}, and numbers up to {LARGEST:g} are needed"
    return f"it holds {numbers} and none from 0 to 1{_others(table, found.name, taken)}"


def _others(table: pa.Table, name: str, taken: Collection[str]) -> str:
    """End of the clause that names the columns that look like scores, those with the most similar names first."""
    like = [other for other in table.column_names if other not in (*taken, name) and _is_scores(table.column(other))]
    like.sort(key=lambda other: -difflib.SequenceMatcher(None, name.casefold(), other.casefold()).ratio())
    if not like:
        return ""
    named = ", ".join(repr(other) for other in like[:_NAMED]) + (", …" if len(like) > _NAMED else "")
    return f"; was another column meant? {named} {'holds' if len(like) == 1 else 'hold'} numbers from 0 to 1"


def _is_scores(column: pa.ChunkedArray) -> bool:
    """Whether all that a column holds are numbers from 0 to 1, and not only these two."""
    if not numeric(column.type):
        return False
    numbers = to_floats(column)
    numbers = numbers[~np.isnan(numbers)]
    return bool(((numbers >= 0) & (numbers <= 1)).all() and ((numbers > 0) & (numbers < 1)).any())
