"""Which task a table of predictions is about, read off the label and the predictions when nobody said.

Separate from reading either: it is a guess, so it is told with its reason, and where two readings are possible it is
refused rather than made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import encodable, numeric, to_floats
from mlgate.edges.arrow_functions import cast, unique
from mlgate.edges.batches.columns import column_of, values_of
from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.words import Task

__all__ = ["Guess", "guess_task"]

#: A label with more whole numbers than this counts or measures something; it does not name classes.
MOST_CLASSES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """A task and the clause that says why."""

    task: Task
    because: str


def guess_task(
    table: pa.Table, label: str, *, answers: Sequence[pa.ChunkedArray], class_scores: bool, source: str
) -> Guess:
    """The task that a label column and columns of predictions are about.

    Parameters
    ----------
    table
        The rows.
    label
        The column of truth.
    answers
        The columns of predictions; none when models are yet to be asked.
    class_scores
        Whether some model gives one column of scores per class.
    source
        Where the table comes from, for the error.

    Raises
    ------
    DataError
        The label is not there, or more than one task is possible.
    """
    column = _plain(column_of(table, label, "the label column", source))
    answers = [_plain(one) for one in answers]
    if class_scores:
        return Guess(task=Task.MULTICLASS, because="there is a column of scores for each class")
    if numeric(column.type):
        return _by_number(to_floats(unique(encodable(column))), label, answers, source)
    values = [value for value in values_of(column) if value is not None]
    if not values:
        return _by_number(np.empty(0), label, answers, source)
    held = f"column {label!r} holds {_count(values)}"
    if len(values) <= 2:
        return Guess(task=Task.BINARY, because=held)
    if any(numeric(one.type) for one in answers):
        raise DataError(
            f"{source}: {held} and the predictions are numbers; say which value is positive with --positive and which "
            "are negative with --negative, or say --task multiclass and give one column of scores per class with a "
            "star in the name, such as 'old_*'."
        )
    return Guess(task=Task.MULTICLASS, because=held)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A data frame's category of numbers as numbers."""
    kind = column.type
    return cast(column, kind.value_type) if pa.types.is_dictionary(kind) and numeric(kind.value_type) else column


def _by_number(distinct: NDArray[np.float64], label: str, answers: Sequence[pa.ChunkedArray], source: str) -> Guess:
    """The task by the values of a label of numbers; predictions are read only where those leave it open."""
    values = np.array(sorted(set(distinct[np.isfinite(distinct)].tolist())))
    held = f"column {label!r} holds {_count(values)}"
    whole = _whole(values)
    if whole and len(values) <= 2 and np.isin(values, (0, 1)).all():
        return Guess(task=Task.BINARY, because=held)
    given = [_finite(one) for one in answers if numeric(one.type)]
    beyond = any(np.any((one < 0) | (one > 1)) for one in given)
    fractions = any(not _whole(one) for one in given)
    if not whole:
        if len(values) > 2 or beyond:
            return Guess(task=Task.REGRESSION, because=f"{held} that are not whole")
    elif len(values) <= 2:
        if not (beyond and fractions):
            return Guess(task=Task.BINARY, because=held)
    elif fractions and (beyond or len(values) > MOST_CLASSES):
        return Guess(task=Task.REGRESSION, because=f"{held} and the predictions lie between them")
    elif len(values) <= MOST_CLASSES and given and len(given) == len(answers):
        if all(np.isin(one, values).all() for one in given):
            return Guess(task=Task.MULTICLASS, because=f"{held}, and the predictions are among them")
    raise DataError(
        f"{source}: {held}, which may name classes or measure something; say which with --task binary, multiclass or "
        "regression."
    )


def _finite(column: pa.ChunkedArray) -> NDArray[np.float64]:
    numbers = to_floats(column)
    return numbers[np.isfinite(numbers)]


def _whole(numbers: NDArray[np.float64]) -> bool:
    return not np.any(np.modf(numbers)[0])


def _count(values: Sequence[object] | NDArray[np.float64]) -> str:
    return f"{len(values):,} value" + ("" if len(values) == 1 else "s")
