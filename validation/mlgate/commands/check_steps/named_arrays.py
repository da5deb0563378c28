"""Arrays of two models' answers as one table: each under a name, so that what is asked of columns can be asked of them.

Separate from ``calls.py``, which says what can be asked: here are values without names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from mlgate.edges.batches.columns import by_value
from mlgate.edges.rows.in_memory import column_of
from mlgate.errors import ConfigError, DataError
from mlgate.frozen import dataclass

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CHALLENGER", "CHAMPION", "ID", "LABEL", "UNIT", "WEIGHT", "NamedArrays", "named_arrays"]

#: Names of the columns.
LABEL, CHAMPION, CHALLENGER, ID, UNIT, WEIGHT = "label", "champion", "challenger", "id", "unit", "weight"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NamedArrays:
    """All arrays as columns."""

    table: pa.Table
    #: by role, the name of its column; with a star, one column per class.
    answers: Mapping[str, str]
    #: columns whose values make slices.
    slices: tuple[str, ...]


def named_arrays(
    labels: ArrayLike,
    answers: Mapping[str, ArrayLike | None],
    *,
    slices: pa.Table | None,
    others: Mapping[str, ArrayLike | None],
    classes: Sequence[str],
) -> NamedArrays:
    """The table of some arrays.

    Parameters
    ----------
    labels
        (n,) what happened.
    answers
        By role: (n,) scores, label values or numbers, or (n, classes) class scores; None where there is no such model.
    slices
        Columns of n rows under names of their own.
    others
        By ``ID``, ``UNIT`` and ``WEIGHT``: (n,) each, or None.
    classes
        In the order of the columns of class scores; empty: the label's values in order.

    Raises
    ------
    ConfigError
        A slice has a name that is used here.
    DataError
        An array is no column, or not of n rows, or there is no score for each class.
    """
    truth = column_of(labels, LABEL)
    columns: dict[str, Any] = {} if slices is None else {name: slices.column(name) for name in slices.column_names}
    taken = {LABEL, CHAMPION, CHALLENGER, ID, UNIT, WEIGHT} & columns.keys()
    if taken:
        raise ConfigError(f'a slice is called "{min(taken)}", which compare itself uses; give it another name.')
    names = tuple(columns)
    classes = classes or by_value({value for value in truth.to_pylist() if value is not None})
    columns[LABEL] = truth
    patterns = {
        role: _add_answers(columns, role, given, classes) for role, given in answers.items() if given is not None
    }
    for name, values in others.items():
        if values is not None:
            columns[name] = column_of(values, name)
    for name, column in columns.items():
        if len(column) != len(truth):
            raise DataError(f"{name}: {len(column):,} values for {len(truth):,} labels; all must be of the same rows.")
    return NamedArrays(table=pa.table(columns), answers=patterns, slices=names)


def _add_answers(columns: dict[str, Any], role: str, answers: ArrayLike, classes: Sequence[str]) -> str:
    """Put one model's answers among the columns, and return their name."""
    values = answers if isinstance(answers, (pa.Array, pa.ChunkedArray)) else np.asarray(answers)
    if not isinstance(values, np.ndarray) or values.ndim == 1:
        columns[role] = column_of(answers, role)
        return role
    if values.ndim != 2 or values.shape[1] != len(classes):
        raise DataError(
            f"{role}: the scores have the shape {values.shape}, but there are {len(classes)} classes "
            f"({', '.join(classes[:12])}); give one column per class, and name the classes with classes=."
        )
    for place, name in enumerate(classes):
        columns[f"{role}_{name}"] = pa.chunked_array([pa.array(np.ascontiguousarray(values[:, place]))])
    return f"{role}_*"
