"""How far answers move, and which of them move by more than rounding does: arrays of answers, and no opinion.

Separate from ``behaviour.py``, which counts the rows that were answered wrongly, whatever made them wrong.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.records.words import Task

__all__ = ["distances", "falls", "too_far"]

Answers = NDArray[np.float64] | NDArray[np.int32]
Flags = NDArray[np.bool_]


def distances(before: Answers, after: Answers) -> NDArray[np.float64]:
    """How far each answer moved, (n,): the difference, the largest among class scores, or 1 for another class.

    >>> distances(np.array([[0.2, 0.8]]), np.array([[0.3, 0.7]])).round(6).tolist()
    [0.1]
    """
    if before.dtype.kind == "i":
        return np.asarray(before != after, dtype=np.float64)
    moved: NDArray[np.float64] = np.abs(np.asarray(after, dtype=np.float64) - before)
    return moved if moved.ndim == 1 else np.asarray(moved.max(axis=1, initial=0.0), dtype=np.float64)


def too_far(before: Answers, moved: NDArray[np.float64], tolerance: float, task: Task) -> Flags:
    """Rows whose answer moved by more than rounding does, (n,).

    Scores are compared as they are. Numbers have no scale of their own, so theirs is the size of the answer and of the
    middle one of all answers.
    """
    if task is not Task.REGRESSION or not len(before):
        allowed = np.full(len(moved), tolerance)
    else:
        sizes = np.abs(np.asarray(before, dtype=np.float64))
        allowed = tolerance * (sizes + np.median(sizes))
    far: Flags = moved > allowed
    return far


def falls(answers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """The largest fall of each column of numbers from an earlier row to a later one, and the two rows.

    Parameters
    ----------
    answers
        (steps, n).

    Returns
    -------
    tuple
        (n,) how far, at least 0; (n,) from which step; (n,) to which step.

    >>> far, start, end = falls(np.array([[0.1], [0.5], [0.3], [0.4]]))
    >>> far.round(6).tolist(), start.tolist(), end.tolist()
    ([0.2], [1], [2])
    """
    highest = np.maximum.accumulate(answers, axis=0)
    far = highest - answers
    end = np.argmax(far, axis=0)
    columns = np.arange(answers.shape[1])
    # Where the highest value up to the end was reached first.
    start = np.argmax(answers == highest[end, columns], axis=0)
    return far[end, columns], start, end
