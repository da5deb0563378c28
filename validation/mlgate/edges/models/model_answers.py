"""What a model may answer, by task, and the one sentence for every answer that it may not give.

Separate from ``worker.py``, which knows processes and time limits: here is only what came back, as an Arrow table of
one column per number (or one column of labels), and what the engine may be given of it. Nothing here imports pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct, numeric, to_floats
from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.words import Task
from mlgate.sentences import plural
from mlgate.slices import value_text

__all__ = ["NAMED", "Expected", "as_decisions", "legal_answer"]

#: Metadata of a table of answers whose columns carry the names that the model gave them.
NAMED = {b"named": b"1"}
#: How far the class scores of a row may be from adding up to 1: single precision, and then some.
SLACK = 1e-3
#: Classes that an error lists.
LISTED = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What is asked of a model."""

    task: Task = Task.BINARY
    #: binary: the negative and the positive label value, or nothing; multiclass: the classes in the order of the run.
    classes: tuple[str, ...] = ()
    #: whether somebody wrote the classes down in the order in which models give their scores; else they were read off.
    declared: bool = False


def legal_answer(
    answer: pa.Table, expected: Expected, *, rows: int, classes: Sequence[str] | None = None
) -> NDArray[Any]:
    """The numbers that the engine works on.

    Parameters
    ----------
    answer
        One column per number that the model gave for a row, or one column of texts.
    expected
        Task and classes of the run.
    rows
        How many rows were asked about.
    classes
        What the model itself says its classes are, in its order; None when it does not.

    Returns
    -------
    NDArray
        Binary: (n,) probability of the positive class. Multiclass: (n, classes) class scores in the order of the run,
        or (n,) int32 class indices when the model gives labels. Regression: (n,) finite numbers.

    Raises
    ------
    DataError
        The answer is not legal; the sentence has no subject, which is the model.
    """
    if answer.num_rows != rows:
        what = "number" if all(numeric(kind) for kind in answer.schema.types) else "label"
        raise DataError(
            f"answered with {plural(answer.num_rows, what)} for {plural(rows, 'row')}; it must give one for each."
        )
    if expected.task is Task.REGRESSION:
        return _numbers_of(answer)
    if expected.task is Task.BINARY:
        return _probability(answer, expected, classes)
    if answer.num_columns == 1:
        try:
            return _labels(answer, expected, classes)
        except DataError:
            # Numbers that are no classes, under the name of one: scores, of which the others are lacking.
            if not set(_names(answer) or ()) & set(expected.classes):
                raise
    return _class_scores(answer, expected, classes)


def as_decisions(answer: NDArray[Any]) -> NDArray[Any]:
    """Class indices, (n,) int32: what has the highest score (of tied classes the first), or the labels themselves."""
    return answer if answer.ndim == 1 else np.argmax(answer, axis=1).astype(np.int32)


def _numbers_of(answer: pa.Table) -> NDArray[np.float64]:
    if answer.num_columns != 1:
        raise DataError(f"answers in the shape {_shape(answer)}; one number per row is needed.")
    numbers = _floats(answer, 0, "a number is needed; return one finite number per row")
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        raise DataError(f"answered with {_shown(numbers, bad)}; it must give a finite number.")
    return numbers


def _probability(answer: pa.Table, expected: Expected, classes: Sequence[str] | None) -> NDArray[np.float64]:
    if answer.num_columns not in (1, 2):
        raise DataError(
            f"answers in the shape {_shape(answer)}; one probability per row is needed, or the two of predict_proba."
        )
    advice = 'log it with pyfunc_predict_fn="predict_proba", or return numbers from 0 to 1'
    place = _positive_column(answer, expected, classes) if answer.num_columns == 2 else 0
    scores = _floats(answer, place, f"a probability is needed; {advice}")
    bad = np.flatnonzero(~((scores >= 0.0) & (scores <= 1.0)))
    if len(bad):
        raise DataError(f"answered with {_shown(scores, bad)}; it must give a probability from 0 to 1.")
    return scores


def _positive_column(answer: pa.Table, expected: Expected, classes: Sequence[str] | None) -> int:
    """The second of two, as in ``predict_proba``, unless the model names its classes and the first is the positive."""
    names = _names(answer) or classes
    if names is not None and expected.classes and set(names) == set(expected.classes):
        return list(names).index(expected.classes[1])
    return 1


def _class_scores(answer: pa.Table, expected: Expected, classes: Sequence[str] | None) -> NDArray[np.float64]:
    order = _order(answer, expected, classes)
    advice = 'log it with pyfunc_predict_fn="predict_proba", or return one class label per row'
    scores = np.column_stack([_floats(answer, place, f"class scores are needed; {advice}") for place in order])
    illegal = ~((scores >= 0.0) & (scores <= 1.0))
    bad = np.flatnonzero(illegal.any(axis=1))
    if len(bad):
        place = int(np.argmax(illegal[bad[0]]))
        raise DataError(
            f"answered with {_shown(scores[:, place], bad)} for class {expected.classes[place]!r}; "
            "it must give a probability from 0 to 1 for each class."
        )
    total = scores.sum(axis=1)
    bad = np.flatnonzero(np.abs(total - 1.0) > SLACK)
    if len(bad):
        raise DataError(
            f"answered with class scores that add up to {_shown(total, bad)}; they must be probabilities, "
            "which add up to 1."
        )
    return scores


def _order(answer: pa.Table, expected: Expected, classes: Sequence[str] | None) -> list[int]:
    """Per class of the run, its column in the answer."""
    wanted, count = expected.classes, answer.num_columns
    names = _names(answer)
    if names is None or set(names) != set(wanted):
        names = list(classes) if classes is not None and len(classes) == count else names
    if names is not None and len(set(names)) == len(names) and set(names) == set(wanted):
        return [names.index(name) for name in wanted]
    if count == len(wanted) and (names is None or _coded(expected, classes)):
        return list(range(count))
    if names is None:
        raise DataError(
            f"answers with {count} class scores per row, but there are {len(wanted)} classes: {_listed(wanted)}; "
            "declare the classes that it was trained on under label.classes."
        )
    raise DataError(
        f"gives scores for the classes {_listed(names)}, but the classes of the run are {_listed(wanted)}; train it on "
        "these, or declare under label.classes those that it was trained on."
    )


def _coded(expected: Expected, classes: Sequence[str] | None) -> bool:
    """Whether the model was trained on the numbers 0, 1, 2, … of classes that somebody declared in that order."""
    codes = [str(place) for place in range(len(expected.classes))]
    return expected.declared and (classes is None or list(classes) == codes)


def _labels(answer: pa.Table, expected: Expected, classes: Sequence[str] | None) -> NDArray[np.int32]:
    codes, words = distinct(answer.column(0))
    index = {name: place for place, name in enumerate(expected.classes)}
    if _coded(expected, classes):
        index = {**{str(place): place for place in range(len(expected.classes))}, **index}
    texts = [None if _missing(word) else value_text(word) for word in words]  # type: ignore[arg-type]
    places = np.array([-1 if text is None else index.get(text, -1) for text in texts] or [0], dtype=np.int32)
    found: NDArray[np.int32] = places[codes]
    bad = np.flatnonzero(found < 0)
    if len(bad):
        text = texts[codes[bad[0]]]
        what = "no class" if text is None else f"the class {text[:60]!r}"
        raise DataError(f"answered with {what} in {_where(bad)}; the classes are {_listed(expected.classes)}.")
    return found


def _missing(word: object) -> bool:
    return word is None or isinstance(word, float) and np.isnan(word)


def _floats(answer: pa.Table, place: int, needed: str) -> NDArray[np.float64]:
    column = answer.column(place)
    if numeric(column.type):
        return to_floats(column)
    shown = next((word for word in distinct(column)[1] if word is not None), "")
    raise DataError(f"answers with {str(shown)[:60]!r} where {needed}.")


def _names(answer: pa.Table) -> list[str] | None:
    metadata = answer.schema.metadata or {}
    return answer.column_names if NAMED.items() <= metadata.items() else None


def _shape(answer: pa.Table) -> tuple[int, int]:
    return answer.num_rows, answer.num_columns


def _shown(numbers: NDArray[np.float64], bad: NDArray[np.intp]) -> str:
    """The first bad number and where it is."""
    first = numbers[bad[0]]
    return f"{'nothing (NaN)' if np.isnan(first) else f'{first:g}'} in {_where(bad)}"


def _where(bad: NDArray[np.intp]) -> str:
    more = f", the first of {len(bad):,} such rows" if len(bad) > 1 else ""
    return f"row {bad[0] + 1:,}{more}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
