"""Directions and counterfactuals: the same rows with other values in one column, put to both models at once.

Separate from the invariances in ``behaviour.py``: here nobody expects that nothing moves, and a share of rows
is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.behaviour import Question, Seen
from mlgate.checks.moved_answers import distances, falls
from mlgate.commands.model_steps.behaviour_asked import (
    Asked,
    Told,
    in_table,
    moved_by,
    nobody,
    noted,
    put,
    row_name,
    rows_at,
    tell,
    worst_of,
    worth,
)
from mlgate.edges.model_checks.probes import codes_among, holds_something, steps_of, typed, values_of, with_value
from mlgate.edges.models.model_answers import as_decisions
from mlgate.errors import ConfigError, nearest
from mlgate.records.behaviour_settings import Counterfactual, Monotone
from mlgate.records.words import Task

__all__ = ["tell_counterfactual", "tell_monotone"]

#: A direction that somebody gave a tolerance says so.
_ROUNDING = Monotone(column="", direction="").tolerance


def tell_monotone(asked: Asked, direction: Monotone) -> Told:
    """The same rows with one column at several values, rising.

    Raises
    ------
    ConfigError
        Nobody knows in which order the column's values rise, it cannot hold them, or the class is unknown.
    DataError
        The column is not in the base case.
    """
    name = direction.column
    in_table(asked, name, "monotone")
    column = asked.rows.column(name)
    apply = np.flatnonzero(holds_something(column))
    steps = _steps(direction, column)

    def look(answers: Sequence[NDArray[Any]], _: NDArray[Any], role: str) -> Seen:
        scores = np.stack([_scores(asked, direction, answer, role) for answer in answers])
        far, start, end = falls(scores if direction.direction == "increasing" else -scores)
        place = int(np.argmax(far))
        ends = (steps[start[place]].as_py(), steps[end[place]].as_py())
        example = _example(asked, name, ends, int(apply[place]))
        return Seen(wrong=far > direction.tolerance, worst=f"the most by {moved_by(far[place])}", example=example)

    if len(steps) < 2:  # one value, or none: nothing can rise
        apply = apply[:0]
    part = rows_at(asked.rows, apply)
    seen = put(asked, name, [with_value(part, name, step) for step in steps], look) if len(apply) else nobody(asked)
    falls_or_rises = "fall" if direction.direction == "increasing" else "rise"
    of_class = f" of class {direction.of_class}" if direction.of_class else ""
    more = f" by more than {direction.tolerance:g}" if direction.tolerance > _ROUNDING else ""
    question = Question(
        id=f"behaviour/monotone/{name}{f'/{direction.of_class}' if direction.of_class else ''}",
        title=f"the answer{of_class} does not {falls_or_rises}{more} when {name} rises",
        does=f"have an answer that {falls_or_rises}s",
        limit=direction.limit,
        left_out=len(column) - len(apply),
        because_left_out=f"since {name} is missing",
        worth=worth(asked, apply),
    )
    return tell(asked, question, noted(seen, len(apply)))


def _example(asked: Asked, name: str, ends: tuple[object, object], place: int) -> str:
    """The largest step the wrong way: in which row, and between which values, each where it may be told."""
    row, step = row_name(asked, place), ""
    if name not in asked.settings.private:
        step = "from {} {} to {}".format(name, *(f"{end:.6g}" if _is_number(end) else str(end)[:60] for end in ends))
    return ", ".join(filter(None, (row, step)))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _steps(direction: Monotone, column: pa.ChunkedArray) -> list[pa.Scalar]:
    """The values that a column is given in turn, rising."""
    where = f"behaviour.monotone: the column {direction.column}"
    if direction.values:
        steps = [typed(value, column.type, where=where) for value in direction.values]
        return sorted(steps, key=lambda step: float(step.as_py())) if _is_number(steps[0].as_py()) else steps
    held = steps_of(column)
    if held is None:
        raise ConfigError(f"{where} holds no numbers, so nobody knows in which order it rises; give values in order.")
    return list(held)


def _scores(asked: Asked, direction: Monotone, answer: NDArray[Any], role: str) -> NDArray[np.float64]:
    """What must not fall: scores of the positive class, of the class that is meant, or numbers."""
    if asked.settings.run.task is not Task.MULTICLASS:
        return answer
    classes = asked.settings.run.classes
    if direction.of_class not in classes:
        known = nearest(direction.of_class, classes)
        raise ConfigError(f'behaviour.monotone: unknown class "{direction.of_class}"; {known}')
    if answer.ndim == 1:
        raise ConfigError(
            f"behaviour.monotone is about scores, and the {role} answers with labels; log it with "
            'pyfunc_predict_fn="predict_proba", or remove the direction.'
        )
    scores: NDArray[np.float64] = answer[:, classes.index(direction.of_class)]
    return scores


def tell_counterfactual(asked: Asked, flip: Counterfactual) -> Told:
    """The same rows with another value in one column; rows whose value is not one of those are left out.

    Raises
    ------
    ConfigError
        Nobody says which values, or the column cannot hold them.
    DataError
        The column is not in the base case.
    """
    name = flip.attribute
    in_table(asked, name, "counterfactual")
    column = asked.rows.column(name)
    values = flip.values or values_of(column)
    where = f"behaviour.counterfactual: the column {name}"
    if not flip.values and len(values) != 2:
        raise ConfigError(
            f"{where} holds {len(values)} values in the base case; say which of them are put in each other's place: "
            "values: [a, b]."
        )
    own = codes_among(column, values)
    apply = np.flatnonzero(own >= 0)

    def look(answers: Sequence[NDArray[Any]], _: NDArray[Any], role: str) -> Seen:
        decides = flip.more_than is None
        each = np.stack([_decisions(asked, answer, role) if decides else answer for answer in answers])
        as_it_is = each[own[apply], np.arange(len(apply))]
        far = np.max([distances(as_it_is, other) for other in each], axis=0)
        wrong = far > (flip.more_than or 0.0)
        worst, example = worst_of(asked, far, wrong, as_it_is, apply)
        return Seen(wrong=wrong, worst=worst, example=example)

    part = rows_at(asked.rows, apply)
    others = [with_value(part, name, typed(value, column.type, where=where)) for value in values]
    seen = put(asked, name, others, look) if len(apply) else nobody(asked)
    changes = "the decision" if flip.more_than is None else f"an answer by more than {flip.more_than:g}"
    question = Question(
        id=f"behaviour/counterfactual/{name}{'' if flip.more_than is None else '/score'}",
        title=f"another {name} does not change {changes}",
        does="get another decision" if flip.more_than is None else "get such an answer",
        limit=flip.limit,
        left_out=len(column) - len(apply),
        because_left_out=f"since their {name} is another one or missing",
        worth=worth(asked, apply),
    )
    return tell(asked, question, noted(seen, len(apply)))


def _decisions(asked: Asked, answer: NDArray[Any], role: str) -> NDArray[Any]:
    """What is decided, (n,) int32."""
    run = asked.settings.run
    if run.task is Task.MULTICLASS:
        return as_decisions(answer)
    own = run.champion_threshold if role == "champion" else None
    decided: NDArray[np.int32] = (answer >= (run.threshold if own is None else own)).astype(np.int32)
    return decided
