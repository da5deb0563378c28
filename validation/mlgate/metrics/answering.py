"""From a batch to each model's answers: rounded scores and decisions, once it is known that all of them are legal.

Separate from the metrics, which get answers, and from the stages, which both need this.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError
from mlgate.records.rows import Answers, Batch
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.sentences import plural
from mlgate.tables import SCORE_SCALE

__all__ = ["answers_of", "check_batch"]


def answers_of(run: Run, batch: Batch, role: str) -> Answers:
    """One model's answers to the rows of a batch.

    Parameters
    ----------
    run
        Says the task and the thresholds.
    batch
        Legal, see ``check_batch``.
    role
        ``champion`` or ``challenger``.
    """
    given: NDArray[Any] | None = batch.champion if role == "champion" else batch.challenger
    assert given is not None  # callers ask for a champion only where there is one
    scores, decisions = given, None
    if run.task is Task.BINARY:
        threshold = run.threshold
        if role == "champion" and run.champion_threshold is not None:
            threshold = run.champion_threshold
        scores, decisions = _rounded(given), (given >= threshold).astype(np.int8)
    elif run.task is Task.MULTICLASS:
        if given.ndim == 1:
            return Answers(labels=batch.labels, scores=None, decisions=given, money=batch.money)
        # Of tied classes the first counts, as numpy and scikit-learn have it.
        scores, decisions = _rounded(given), np.argmax(given, axis=1)
    return Answers(labels=batch.labels, scores=scores, decisions=decisions, money=batch.money)


def _rounded(scores: NDArray[Any]) -> NDArray[np.float64]:
    whole: NDArray[np.float64] = np.multiply(scores, SCORE_SCALE, dtype=np.float64)
    np.rint(whole, out=whole)
    return np.multiply(whole, 1 / SCORE_SCALE, out=whole)  # a power of two: the same as dividing, to the bit


def check_batch(run: Run, batch: Batch) -> None:
    """Make sure that no number in a batch can poison a sum.

    Raises
    ------
    DataError
        A label is not legal in this task, an answer is missing or out of range, or a weight is negative.
    """
    rows = len(batch.labels)
    _check_labels(run, batch.labels)
    for role, answers in (("champion", batch.champion), ("challenger", batch.challenger)):
        if answers is None:
            continue
        if len(answers) != rows:
            raise DataError(
                f"the {role} gave {plural(len(answers), 'score')} for {plural(rows, 'row')}; models are compared on "
                "the same rows only."
            )
        _check_answers(run, role, answers)
    for name in ("identity", "units", "weights", "money"):
        column = getattr(batch, name)
        if column is not None and len(column) != rows:
            raise DataError(f"{len(column)} {name} for {plural(rows, 'row')}; every row needs its own.")
    if batch.weights is not None and not (np.isfinite(batch.weights) & (batch.weights >= 0)).all():
        row = int(np.flatnonzero(~(np.isfinite(batch.weights) & (batch.weights >= 0)))[0])
        raise DataError(f"the weight of row {row + 1} is {batch.weights[row]}; weights are finite and not negative.")


def _check_labels(run: Run, labels: NDArray[Any]) -> None:
    if run.task is Task.REGRESSION:
        if not np.isfinite(labels).all():
            row = int(np.flatnonzero(~np.isfinite(labels))[0])
            raise DataError(f"the label of row {row + 1} is {labels[row]}; labels are finite numbers.")
        return
    classes = 2 if run.task is Task.BINARY else len(run.classes)
    if len(labels) and not (0 <= labels.min() and labels.max() < classes):
        if run.task is Task.BINARY:
            raise DataError("a label is neither 0 nor 1; only binary labels can be added up.")
        raise DataError(f"a label is not the index of one of the {classes} classes.")


def _check_answers(run: Run, role: str, answers: NDArray[Any]) -> None:
    if run.task is Task.REGRESSION:
        legal, what = np.isfinite(answers), "predictions are finite numbers"
    elif run.task is Task.BINARY:
        legal, what = (answers >= 0) & (answers <= 1), "scores are numbers in [0, 1]"
    elif answers.ndim == 1:
        legal = (answers >= 0) & (answers < len(run.classes))
        what = f"decisions are indices of the {len(run.classes)} classes"
    else:
        if answers.shape[1] != len(run.classes):
            raise DataError(
                f"the {role} gave {plural(answers.shape[1], 'score')} per row for {len(run.classes)} classes; give "
                "one per class."
            )
        legal, what = ((answers >= 0) & (answers <= 1)).all(axis=1), "class scores are numbers in [0, 1]"
    if not legal.all():
        row = int(np.flatnonzero(~legal)[0])
        raise DataError(f"the {role}'s score of row {row + 1} is {answers[row]}; {what}.")
