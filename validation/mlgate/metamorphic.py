"""What a test of ``model_tests`` may ask of a model without knowing a single right answer, as plain functions.

    from mlgate.metamorphic import assert_answers_do_not_fall_when, assert_the_order_of_rows_does_not_matter

    def test_the_order_of_rows_does_not_matter(challenger, base_case):
        assert_the_order_of_rows_does_not_matter(challenger, base_case)

Every model is a function from a data frame to answers; ``challenger`` and ``champion`` of the plugin are. The same
questions can be declared in mlgate.yaml (``behaviour``), which puts them to both models; here they can be put to some
rows, with some values. A share of rows that its interval does not decide skips the test, which the gate takes for
inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlgate.checks.behaviour import Question, Seen, observe
from mlgate.checks.moved_answers import distances, falls
from mlgate.records.behaviour_settings import Limit

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "assert_a_row_alone_gets_the_answer_it_gets_in_company",
    "assert_answers_do_not_depend_on",
    "assert_answers_do_not_fall_when",
    "assert_answers_do_not_rise_when",
    "assert_decisions_do_not_depend_on",
    "assert_the_order_of_columns_does_not_matter",
    "assert_the_order_of_rows_does_not_matter",
    "assert_the_same_rows_get_the_same_answers",
]

Model = Callable[["pd.DataFrame"], NDArray[Any]]

#: Sums over another number of rows may differ in the last bits, and no more.
ROUNDING = 1e-6
CONFIDENCE = 0.95


def assert_the_same_rows_get_the_same_answers(model: Model, rows: pd.DataFrame, tolerance: float = ROUNDING) -> None:
    """A model that is asked twice says the same twice."""
    _none_moved(model(rows), model(rows), tolerance, "get another answer when they are asked about again")


def assert_the_order_of_rows_does_not_matter(model: Model, rows: pd.DataFrame, tolerance: float = ROUNDING) -> None:
    """Rows from the last to the first get the answers that they get from the first to the last."""
    _none_moved(model(rows), model(rows.iloc[::-1])[::-1], tolerance, "get another answer in another order")


def assert_the_order_of_columns_does_not_matter(model: Model, rows: pd.DataFrame, tolerance: float = ROUNDING) -> None:
    """Columns from the last to the first get the answers that they get from the first to the last."""
    turned = rows[list(rows.columns[::-1])]
    _none_moved(model(rows), model(turned), tolerance, "get another answer when the columns are in another order")


def assert_a_row_alone_gets_the_answer_it_gets_in_company(
    model: Model, rows: pd.DataFrame, most: int = 32, tolerance: float = ROUNDING
) -> None:
    """The first rows, one at a time, get the answers that they get among all."""
    few = min(most, len(rows))
    alone = np.concatenate([model(rows.iloc[[place]]) for place in range(few)])
    _none_moved(model(rows)[:few], alone, tolerance, "get another answer when they are asked about alone")


def assert_answers_do_not_depend_on(model: Model, rows: pd.DataFrame, column: str, tolerance: float = ROUNDING) -> None:
    """Each row with the value of the next one in a column gets the answer that it gets with its own."""
    dealt = _with(rows, column, np.roll(rows[column].to_numpy(), 1))
    _none_moved(model(rows), model(dealt), tolerance, f"get another answer with another {column}")


def assert_answers_do_not_fall_when(
    model: Model,
    rows: pd.DataFrame,
    column: str,
    rises_through: Sequence[Any],
    at_most: float = 0.0,
    by_more_than: float = ROUNDING,
) -> None:
    """No answer falls from one of these values of a column to a later one, but for a share of rows.

    Parameters
    ----------
    model
        Answers with scores or numbers.
    rows
        Rows to ask about.
    column
        What rises.
    rises_through
        Its values, rising.
    at_most
        Share of rows that may fall; 0: not a single one.
    by_more_than
        How far an answer must fall to count.
    """
    _ordered(model, rows, column, rises_through, 1.0, at_most, by_more_than, "falls")


def assert_answers_do_not_rise_when(
    model: Model,
    rows: pd.DataFrame,
    column: str,
    rises_through: Sequence[Any],
    at_most: float = 0.0,
    by_more_than: float = ROUNDING,
) -> None:
    """No answer rises from one of these values of a column to a later one; parameters as for its twin."""
    _ordered(model, rows, column, rises_through, -1.0, at_most, by_more_than, "rises")


def assert_decisions_do_not_depend_on(
    model: Model,
    rows: pd.DataFrame,
    column: str,
    values: Sequence[Any],
    at_most: float = 0.0,
    threshold: float = 0.5,
) -> None:
    """With each of these values in a column the decision is the same, but for a share of rows.

    Parameters
    ----------
    model
        Answers with scores, class scores or classes.
    rows
        Rows to ask about.
    column
        What is changed.
    values
        Put in each other's place in every row.
    at_most
        Share of rows whose decision may change; 0: not a single one.
    threshold
        From which score the decision is positive.
    """
    decided = [_decisions(model(_with(rows, column, value)), threshold) for value in values]
    wrong = np.any([one != decided[0] for one in decided], axis=0)
    _judge(wrong, at_most, f"get another decision with another {column}", "")


def _decisions(answers: NDArray[Any], threshold: float) -> NDArray[Any]:
    if answers.ndim == 2:
        return np.asarray(np.argmax(answers, axis=1))
    return answers if answers.dtype.kind == "i" else np.asarray(answers >= threshold)


def _with(rows: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    """The rows with other values in a column, stored as before: a model's signature refuses other types."""
    changed = rows.copy()
    changed[column] = value
    return changed.astype({column: rows[column].dtype})


def _ordered(
    model: Model,
    rows: pd.DataFrame,
    column: str,
    values: Sequence[Any],
    sign: float,
    at_most: float,
    by_more_than: float,
    verb: str,
) -> None:
    answers = np.stack([model(_with(rows, column, value)) for value in values])
    far, start, end = falls(sign * answers)
    place = int(np.argmax(far))
    worst = f"the most by {far[place]:.2g} from {column} {values[start[place]]} to {values[end[place]]}"
    _judge(far > by_more_than, at_most, f"have an answer that {verb} when {column} rises", worst)


def _none_moved(before: NDArray[Any], after: NDArray[Any], tolerance: float, does: str) -> None:
    assert before.shape == after.shape, f"answers of the shape {after.shape} come where {before.shape} came before"
    far = distances(before, after)
    _judge(far > tolerance, 0.0, does, f"the most by {far.max(initial=0.0):.2g}")


def _judge(wrong: NDArray[np.bool_], at_most: float, does: str, worst: str) -> None:
    """Fail, skip or say nothing, as the share of wrong rows and its interval are."""
    question = Question(id="", title="", does=does, limit=Limit(at_most=at_most))
    seen = observe(question, Seen(wrong=wrong, worst=worst), None, CONFIDENCE)
    if math.isnan(seen.value):
        pytest.skip(f"cannot be told: {seen.reason}")
    if seen.at_most is not None and seen.value > seen.at_most:
        raise AssertionError(seen.reason)
