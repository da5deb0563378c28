"""What a model may answer in each task: every usual form is taken, and what is not legal is named with its row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.edges.models.model_answers import Expected, as_decisions, legal_answer
from mlgate.edges.models.worker_process import answer_table, classes_of
from mlgate.errors import DataError
from mlgate.records.words import Task

BINARY = Expected(classes=("0", "1"))
THREE = Expected(task=Task.MULTICLASS, classes=("a", "b", "c"))
DECLARED = Expected(task=Task.MULTICLASS, classes=("a", "b", "c"), declared=True)
NUMBER = Expected(task=Task.REGRESSION)
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])


def legal(answer: Any, expected: Expected, *, rows: int = 2, classes: list[str] | None = None) -> Any:
    return legal_answer(answer_table(answer), expected, rows=rows, classes=classes).tolist()


def told(answer: Any, expected: Expected, *, rows: int = 2, classes: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        legal(answer, expected, rows=rows, classes=classes)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    return message


@pytest.mark.parametrize(
    "answer",
    [
        [0.25, 0.5],
        np.array([[0.25], [0.5]], dtype=object),
        np.array([0.25, 0.5], dtype=np.float32),
        pd.Series([0.25, 0.5]),
        pd.DataFrame({"score": [0.25, 0.5]}),
        pd.DataFrame({"no": [0.75, 0.5], "yes": [0.25, 0.5]}),
    ],
)
def test_every_usual_form_of_a_probability_gives_one_number_per_row(answer: Any) -> None:
    assert legal(answer, BINARY) == [0.25, 0.5]


def test_binary_decisions_are_scores_of_nought_and_one() -> None:
    assert legal(np.array([True, False]), BINARY) == [1.0, 0.0]


def test_of_two_probabilities_the_one_of_the_positive_class_counts_wherever_the_model_puts_it() -> None:
    pair = np.array([[0.25, 0.75], [0.5, 0.5]])
    bad = Expected(classes=("good", "bad"))
    assert legal(pair, bad, classes=["bad", "good"]) == [0.25, 0.5]
    assert legal(pair, bad, classes=["good", "bad"]) == [0.75, 0.5]
    assert legal(pd.DataFrame({"bad": [0.1, 0.2], "good": [0.9, 0.8]}), bad) == [0.1, 0.2]
    # A model that was trained on 0 and 1 says nothing about names.
    assert legal(pair, bad, classes=["0", "1"]) == [0.75, 0.5]


def test_missing_numbers_among_objects_are_illegal_in_their_row() -> None:
    answer = pd.Series([0.5, None, pd.NA], dtype=object)
    assert "nothing (NaN) in row 2, the first of 2 such rows" in told(answer, BINARY, rows=3)
    assert "nothing (NaN) in row 2" in told(answer, NUMBER, rows=3)


@pytest.mark.parametrize("answer", [{"predictions": [0.5]}, np.array([{}], dtype=object), 0.5, np.zeros((1, 1, 1))])
@pytest.mark.parametrize("expected", [BINARY, THREE, NUMBER])
def test_what_is_no_answer_in_any_task_is_refused_and_shown(answer: Any, expected: Expected) -> None:
    assert "one probability per class is needed" in told(answer, expected, rows=1)


def test_texts_are_refused_where_numbers_are_needed_even_if_they_look_like_numbers() -> None:
    assert told(["0.5", "0.6"], BINARY).startswith("answers with '0.5' where a probability is needed; log it with")
    assert told(["12", "13"], NUMBER).startswith("answers with '12' where a number is needed")
    assert told([["a", "b"], ["c", "d"]], THREE).startswith("answers with 'a'; a number")
    assert told([None, object()], BINARY).startswith("answers with '<object")


def test_regression_takes_any_finite_number() -> None:
    assert legal(pd.DataFrame({"price": [-1e300, 7]}), NUMBER) == [-1e300, 7.0]
    assert "answers in the shape (2, 3); one number per row" in told(PROBABILITIES, NUMBER)
    assert "answered with inf in row 2; it must give a finite number" in told([1.0, np.inf], NUMBER)


def test_class_scores_come_in_the_order_of_the_run_whoever_names_their_columns() -> None:
    assert legal(PROBABILITIES, THREE) == PROBABILITIES.tolist()
    assert legal(PROBABILITIES, THREE, classes=["c", "a", "b"]) == PROBABILITIES[:, [1, 2, 0]].tolist()
    frame = pd.DataFrame(PROBABILITIES, columns=["b", "c", "a"])
    assert legal(frame, THREE) == PROBABILITIES[:, [2, 0, 1]].tolist()
    # Columns that only count say nothing, and names of something else give way to the model's classes.
    assert legal(pd.DataFrame(PROBABILITIES), THREE, classes=["a", "b", "c"]) == PROBABILITIES.tolist()
    renamed = pd.DataFrame(PROBABILITIES, columns=["p_c", "p_a", "p_b"])
    assert legal(renamed, THREE, classes=["c", "a", "b"]) == PROBABILITIES[:, [1, 2, 0]].tolist()


def test_other_classes_than_those_of_the_run_are_refused_by_name() -> None:
    message = told(PROBABILITIES, THREE, classes=["a", "b", "d"])
    assert "gives scores for the classes a, b, d, but the classes of the run are a, b, c" in message
    assert "the classes x, y, z, but" in told(pd.DataFrame(PROBABILITIES, columns=list("xyz")), THREE)
    message = told(PROBABILITIES[:, :2], THREE)
    assert "answers with 2 class scores per row, but there are 3 classes: a, b, c" in message
    many = Expected(task=Task.MULTICLASS, classes=tuple(map(str, range(40))))
    assert "10, 11 and 28 more" in told(PROBABILITIES, many)


def test_scores_of_a_single_class_are_no_labels() -> None:
    """As ``pd.get_dummies`` gives them for a single row."""
    assert told(pd.DataFrame({"b": [1.0, 0.5]}), THREE).startswith("gives scores for the classes b, but the classes")
    numbered = Expected(task=Task.MULTICLASS, classes=("0", "1", "2"))
    assert legal(pd.DataFrame({0: [2, 1]}, columns=pd.Index([0])), numbered) == [2, 1]


def test_codes_stand_for_classes_only_when_somebody_declared_their_order() -> None:
    codes = ["0", "1", "2"]
    assert legal(PROBABILITIES, DECLARED, classes=codes) == PROBABILITIES.tolist()
    assert legal([2, 0], DECLARED, classes=codes) == [2, 0]
    assert legal([2, 0], DECLARED) == [2, 0]
    assert "the classes 0, 1, 2, but" in told(PROBABILITIES, THREE, classes=codes)
    assert "answered with the class '2' in row 1" in told([2, 0], THREE, classes=codes)


def test_labels_become_indices_and_an_unknown_one_is_named_with_its_row() -> None:
    assert legal(["c", "a"], THREE) == [2, 0]
    assert legal(pd.Series(["c", "a"], dtype="category"), THREE) == [2, 0]
    numbers = Expected(task=Task.MULTICLASS, classes=("1", "2", "10"))
    assert legal(np.array([10, 1]), numbers) == [2, 0]
    assert legal(np.array([[10.0], [1.0]]), numbers) == [2, 0]
    assert legal(np.array([np.int64(10), "1"], dtype=object), numbers) == [2, 0]
    message = told(["a", "d", "d"], THREE, rows=3)
    assert message.startswith("answered with the class 'd' in row 2, the first of 2 such rows; the classes are a, b, c")
    assert "answered with no class in row 2" in told(pd.Series(["a", None]), THREE)
    assert "answered with no class in row 2" in told([1.0, np.nan], numbers)
    assert "answered with 1 label for 2 rows" in told(["a"], THREE)


def test_class_scores_that_are_no_probabilities_are_named_with_row_and_class() -> None:
    for bad, words in ((np.nan, "nothing (NaN)"), (1.5, "1.5"), (-0.1, "-0.1"), (np.inf, "inf")):
        answer = PROBABILITIES.copy()
        answer[1, 2] = bad
        assert f"answered with {words} in row 2 for class 'c'" in told(answer, THREE)
    assert "class scores that add up to 3 in row 1, the first of 2 such rows" in told(np.ones((2, 3)), THREE)


def test_decisions_are_the_highest_score_and_the_first_of_tied_ones() -> None:
    scores = np.array([[0.2, 0.4, 0.4], [0.6, 0.2, 0.2]])
    assert as_decisions(scores).tolist() == [1, 0]
    assert as_decisions(np.array([2, 1], dtype=np.int32)).tolist() == [2, 1]


def test_no_rows_are_legal_in_every_task() -> None:
    empty = pa.table({"0": pa.array([], pa.float64())})
    for expected in (BINARY, THREE, NUMBER):
        assert legal_answer(empty, expected, rows=0).shape == (0,)


@given(order=st.permutations(["a", "b", "c"]), named=st.booleans(), seed=st.integers(0, 1000))
def test_the_order_in_which_a_model_holds_its_classes_changes_nothing(order: list[str], named: bool, seed: int) -> None:
    scores = np.random.default_rng(seed).dirichlet([1.0, 1.0, 1.0], 5)
    held = scores[:, ["abc".index(name) for name in order]]
    answer = pd.DataFrame(held, columns=order) if named else held
    found = legal_answer(answer_table(answer), THREE, rows=5, classes=None if named else order)
    assert np.array_equal(found, scores)


class Loaded:
    """What MLflow gives for a model file, as far as it matters here."""

    def __init__(self, raw: object) -> None:
        self._raw = raw

    def get_raw_model(self) -> object:
        if self._raw is None:
            raise NotImplementedError
        return self._raw


class Raw:
    def __init__(self, classes: object) -> None:
        self.classes_ = classes


@pytest.mark.parametrize(
    ("raw", "classes"),
    [
        (None, None),
        (object(), None),
        (Raw([np.array([0, 1]), np.array([0, 1, 2])]), None),
        (Raw(["b", "a"]), ["b", "a"]),
        (Raw(np.array(["b", "a"])), ["b", "a"]),
        (Raw(np.array([0, 10])), ["0", "10"]),
        (Raw(np.array([0.0, 1.5])), ["0", "1.5"]),
        (Raw(np.array([False, True])), ["false", "true"]),
    ],
)
def test_a_models_own_classes_are_read_as_labels_are(raw: object, classes: list[str] | None) -> None:
    assert classes_of(Loaded(raw)) == classes
