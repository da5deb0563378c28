"""Tables to batches: labels as 0 and 1, slice columns as codes, and both models' scores of the same rows.

The border between Arrow and the engine's arrays. What is wrong with a label or a column is said here, with its row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct
from mlgate.errors import DataError, ModelError, nearest
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings
from mlgate.slices import value_text

__all__ = ["Predict", "ask_both", "batch_of", "coded_column", "labels_of", "score", "slice_columns"]

Predict = Callable[[pa.Table], NDArray[np.float64]]

#: Rows that are handed to a model at a time.
BATCH_ROWS = 100_000


def labels_of(table: pa.Table, label: LabelSettings, source: str) -> NDArray[np.int8]:
    """Labels as 0 and 1, (n,).

    Raises
    ------
    DataError
        The column is missing, a row has no label, or a value is neither of the two declared ones.
    """
    if label.column not in table.column_names:
        raise DataError(
            f"{source}: the label column {label.column!r} is not there; {nearest(label.column, table.column_names)}"
        )
    coded = coded_column(table.column(label.column))
    texts = [None if value is None else value_text(value) for value in coded.values]
    legal = {label.positive: 1, **({} if label.negative is None else {label.negative: 0})}
    for place, text in enumerate(texts):
        row = int(np.argmax(coded.codes == place)) + 1
        if text is None:
            raise DataError(
                f"{source}: column {label.column!r} has no label in row {row}; remove such rows or fill them."
            )
        if text not in legal and label.negative is not None:
            raise DataError(
                f"{source}: column {label.column!r} holds {text!r} in row {row}; declared labels are "
                f"{label.positive!r} (positive) and {label.negative!r}."
            )
    table_of = np.array([legal.get(text or "", 0) for text in texts], dtype=np.int8)
    labels: NDArray[np.int8] = table_of[coded.codes]
    return labels


def coded_column(column: pa.ChunkedArray) -> Coded:
    """A column as codes and distinct values; NaN and null are one missing value, booleans ``true`` and ``false``."""
    codes, words = distinct(column)
    found = [_plain(word) for word in words]
    values = tuple(dict.fromkeys(found))
    place = {value: index for index, value in enumerate(values)}
    return Coded(codes=np.array([*(place[value] for value in found), 0], dtype=np.int32)[codes], values=values)


def _plain(value: object) -> str | float | None:
    if value is None or isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return float(value) if isinstance(value, (int, float, Decimal)) else str(value)


def slice_columns(table: pa.Table, run: Run, source: str) -> dict[str, Coded]:
    """The columns that the run's slices read.

    Raises
    ------
    DataError
        One of them is missing.
    """
    wanted = dict.fromkeys(column for grouping in run.groupings for column in grouping.columns)
    for column in wanted:
        if column not in table.column_names:
            raise DataError(
                f"{source}: slices read column {column!r}, which is not there; {nearest(column, table.column_names)}"
            )
    return {column: coded_column(table.column(column)) for column in wanted}


def batch_of(
    table: pa.Table,
    *,
    run: Run,
    label: LabelSettings,
    source: str,
    champion: NDArray[np.float64] | None,
    challenger: NDArray[np.float64],
) -> Batch:
    """One table with its scores as a batch."""
    return Batch(
        labels=labels_of(table, label, source),
        champion=champion,
        challenger=challenger,
        columns=slice_columns(table, run, source),
    )


def score(
    table: pa.Table, *, run: Run, label: LabelSettings, source: str, champion: Predict | None, challenger: Predict
) -> Iterator[Batch]:
    """Batches of a table, each scored by both models on the same rows, side by side.

    Raises
    ------
    ModelError
        A model failed; the champion's failure comes first.
    """
    for start in range(0, table.num_rows, BATCH_ROWS):
        part = table.slice(start, BATCH_ROWS)
        scores = ask_both(part, champion, challenger)
        for problem in scores:
            if isinstance(problem, ModelError):
                raise problem
        first, second = scores
        assert not isinstance(first, ModelError) and isinstance(second, np.ndarray)
        yield batch_of(part, run=run, label=label, source=source, champion=first, challenger=second)


def ask_both(
    table: pa.Table, champion: Predict | None, challenger: Predict
) -> tuple[NDArray[np.float64] | ModelError | None, NDArray[np.float64] | ModelError]:
    """Both models' scores of the same rows, or what went wrong with each; None for a champion that is not there.

    Each model is a process of its own, so the two calls run side by side.
    """

    def ask(predict: Predict) -> NDArray[np.float64] | ModelError:
        try:
            return predict(table)
        except ModelError as problem:
            return problem

    with ThreadPoolExecutor(max_workers=2) as pool:
        first = pool.submit(ask, champion) if champion is not None else None
        second = pool.submit(ask, challenger)
        return (first.result() if first is not None else None), second.result()
