"""Tables to batches: labels, slice columns, units and weights, and both models' answers about the same rows.

The border between Arrow and the engine's arrays. What is wrong with a label is said here, with its row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.batches.columns import (
    by_value,
    coded_column,
    column_of,
    money_of,
    numbers_of,
    slice_columns,
    units_of,
    values_of,
    weights_of,
)
from mlgate.edges.batches.predictions import predictions_of
from mlgate.errors import DataError, ModelError
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task
from mlgate.slices import value_text

__all__ = ["Predict", "ask_both", "batch_of", "class_values", "classes_of", "labels_of", "rows_of", "score"]

Predict = Callable[[pa.Table], NDArray[Any]]

#: Rows that are handed to a model at a time.
BATCH_ROWS = 100_000


def classes_of(table: pa.Table, label: LabelSettings, source: str) -> tuple[str, ...]:
    """The classes of a multiclass task: those that are declared, else the label's distinct values, ordered by value.

    Raises
    ------
    DataError
        The label column is missing.
    """
    return label.classes or tuple(by_value(class_values(table, label, source)))


def class_values(table: pa.Table, label: LabelSettings, source: str) -> set[str | float]:
    """The label's distinct values as they are, without what is missing.

    Raises
    ------
    DataError
        The label column is missing.
    """
    values = values_of(column_of(table, label.column, "the label column", source))
    return {value for value in values if value is not None}


def labels_of(table: pa.Table, label: LabelSettings, source: str, run: Run | None = None) -> NDArray[Any]:
    """What happened, (n,).

    Parameters
    ----------
    table
        The rows.
    label
        The column, and what its values mean.
    source
        Where the table comes from, for the errors.
    run
        Says the task and the classes; None: a binary task.

    Returns
    -------
    NDArray
        Binary: int8, 0 and 1. Multiclass: int32 index into the run's classes. Regression: float64, finite.

    Raises
    ------
    DataError
        The column is missing, a row has no label, or a value is not one of the declared ones.
    """
    column = column_of(table, label.column, "the label column", source)
    if run is not None and run.task is Task.REGRESSION:
        return numbers_of(column, label.column, "label", source)
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    legal, declared = _legal(label, run)
    for place, text in enumerate(texts):
        if text is not None and (text in legal or not declared):
            continue
        row = int(np.argmax(coded.codes == place)) + 1
        if text is None:
            raise DataError(
                f"{source}: column {label.column!r} has no label in row {row}; remove such rows or fill them."
            )
        raise DataError(
            f"{source}: column {label.column!r} holds {text!r} in row {row}; declared labels are {declared}."
        )
    kind = np.int32 if run is not None and run.task is Task.MULTICLASS else np.int8
    # The last entry is never pointed at: it gives a table without rows something to look into.
    table_of = np.array([*(legal.get(text or "", 0) for text in texts), 0], dtype=kind)
    labels: NDArray[Any] = table_of[coded.codes]
    return labels


def _legal(label: LabelSettings, run: Run | None) -> tuple[dict[str, int], str]:
    """Label values and what they become, and how to name them; no name when all other values mean 0."""
    if run is not None and run.task is Task.MULTICLASS:
        return {name: place for place, name in enumerate(run.classes)}, ", ".join(run.classes[:12])
    if not label.negative:
        return {label.positive: 1}, ""
    legal = {**dict.fromkeys(label.negative, 0), label.positive: 1}
    return legal, f"{label.positive!r} (positive) and {', '.join(map(repr, label.negative))}"


def batch_of(
    table: pa.Table,
    *,
    run: Run,
    label: LabelSettings,
    source: str,
    champion: NDArray[Any] | None,
    challenger: NDArray[Any],
    identity: NDArray[np.uint64] | None = None,
    labels: NDArray[Any] | None = None,
) -> Batch:
    """One table with both models' answers as a batch.

    Parameters
    ----------
    table
        The rows, with all columns that the run names.
    run
        Says the task, the slices, and the columns of units, weights, money and baseline.
    label
        The column of truth.
    source
        Where the table comes from, for the errors.
    champion, challenger
        Their answers, as in ``Batch``.
    identity
        Of each row; only a user's own metric needs it.
    labels
        What ``labels_of`` makes of the table, where somebody has asked already.

    Raises
    ------
    DataError
        A column is missing, or holds what it must not.
    """
    return Batch(
        labels=labels_of(table, label, source, run) if labels is None else labels,
        champion=champion,
        challenger=challenger,
        columns=slice_columns(table, run, source),
        identity=identity,
        units=units_of(table, run.unit, source) if run.unit else None,
        weights=weights_of(table, run.weight, source) if run.weight else None,
        money=money_of(table, run.money, source) if run.money else None,
        baseline=_baseline(table, run, label, source, challenger) if run.baseline else None,
    )


def _baseline(table: pa.Table, run: Run, label: LabelSettings, source: str, challenger: NDArray[Any]) -> NDArray[Any]:
    """What the baseline column answers, in the shape of the models' answers."""
    found = predictions_of(
        table, run.baseline, role="baseline", label=label, source=source, task=run.task, classes=run.classes
    ).values
    if run.task is Task.MULTICLASS and challenger.ndim == 2:
        certain: NDArray[Any] = np.eye(len(run.classes))[found]
        return certain
    return found


def rows_of(batch: Batch, which: slice | NDArray[np.intp]) -> Batch:
    """Some rows of a batch, in the order that ``which`` gives them."""

    def cut(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[which]

    return Batch(
        labels=batch.labels[which],
        champion=cut(batch.champion),
        challenger=batch.challenger[which],
        columns={name: dataclasses.replace(one, codes=one.codes[which]) for name, one in batch.columns.items()},
        identity=cut(batch.identity),
        units=cut(batch.units),
        weights=cut(batch.weights),
        money=cut(batch.money),
        baseline=cut(batch.baseline),
    )


def score(
    table: pa.Table,
    *,
    run: Run,
    label: LabelSettings,
    source: str,
    champion: Predict | None,
    challenger: Predict,
    identity: NDArray[np.uint64] | None = None,
) -> Iterator[Batch]:
    """Batches of a table, each scored by both models on the same rows, side by side.

    Raises
    ------
    DataError
        A column is missing, or holds what it must not; said before any model is asked.
    ModelError
        A model failed; the champion's failure comes first.
    """
    # Everything but the answers is read of all rows at once, so that errors name the row of the table.
    unanswered = np.zeros((table.num_rows, len(run.classes)) if run.task is Task.MULTICLASS else table.num_rows)
    whole = batch_of(
        table, run=run, label=label, source=source, champion=None, challenger=unanswered, identity=identity
    )
    for start in range(0, table.num_rows, BATCH_ROWS):
        part = table.slice(start, BATCH_ROWS)
        scores = ask_both(part, champion, challenger)
        for problem in scores:
            if isinstance(problem, ModelError):
                raise problem
        first, second = scores
        assert not isinstance(first, ModelError) and isinstance(second, np.ndarray)
        rows = rows_of(whole, slice(start, start + BATCH_ROWS))
        yield dataclasses.replace(rows, champion=first, challenger=second, baseline=_like(rows.baseline, second))


def _like(baseline: NDArray[Any] | None, answers: NDArray[Any]) -> NDArray[Any] | None:
    """The baseline's class scores as decisions where the models give no more than that."""
    if baseline is None or baseline.ndim == answers.ndim:
        return baseline
    decisions: NDArray[Any] = np.argmax(baseline, axis=1).astype(np.int32)
    return decisions


def ask_both(
    table: pa.Table, champion: Predict | None, challenger: Predict
) -> tuple[NDArray[Any] | ModelError | None, NDArray[Any] | ModelError]:
    """Both models' scores of the same rows, or what went wrong with each; None for a champion that is not there.

    Each model is a process of its own, so the two calls run side by side.
    """

    def ask(predict: Predict) -> NDArray[Any] | ModelError:
        try:
            return predict(table)
        except ModelError as problem:
            return problem

    with ThreadPoolExecutor(max_workers=2) as pool:
        first = pool.submit(ask, champion) if champion is not None else None
        second = pool.submit(ask, challenger)
        return (first.result() if first is not None else None), second.result()
