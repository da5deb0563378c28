"""What a table of predictions is about: guessed with its reason, and refused where two readings are possible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.batches.tasks import Guess, guess_task
from mlgate.errors import DataError
from mlgate.records.words import Task

WORDS = ["a", "b", "c"]
FRACTIONS = [0.2, 0.7, 0.9]


def guess(label: Any, *answers: Any, class_scores: bool = False) -> Guess:
    columns = [pa.chunked_array([pa.array(one)]) for one in answers]
    table = pa.table({"y": pa.array(label)})
    return guess_task(table, "y", answers=columns, class_scores=class_scores, source="f.csv")


@pytest.mark.parametrize(
    ("label", "answers", "task", "because"),
    [
        ([0, 1, 1], (FRACTIONS,), Task.BINARY, "column 'y' holds 2 values"),
        ([0, 1, 1], (), Task.BINARY, "column 'y' holds 2 values"),
        ([True, False, None], (FRACTIONS,), Task.BINARY, "column 'y' holds 2 values"),
        (np.array([0, 1, 1], dtype=np.float16), (FRACTIONS,), Task.BINARY, "column 'y' holds 2 values"),
        ([1.0, 1.0, 1.0], (FRACTIONS,), Task.BINARY, "column 'y' holds 1 value"),
        ([0, 1, 1], ([0.5, 1.5, -3.0],), Task.BINARY, "column 'y' holds 2 values"),
        ([1, 2, 2], (FRACTIONS,), Task.BINARY, "column 'y' holds 2 values"),
        ([1, 2, 2], ([1, 2, 1],), Task.BINARY, "column 'y' holds 2 values"),
        (["bad", "good", "bad"], (FRACTIONS,), Task.BINARY, "column 'y' holds 2 values"),
        (["bad", "good", "bad"], (["bad", "bad", "bad"],), Task.BINARY, "column 'y' holds 2 values"),
        (WORDS, (WORDS, WORDS), Task.MULTICLASS, "column 'y' holds 3 values"),
        (WORDS, (), Task.MULTICLASS, "column 'y' holds 3 values"),
        ([0, 1, 2], ([0, 2, 2],), Task.MULTICLASS, "column 'y' holds 3 values, and the predictions are among them"),
        ([0, 1, 1], (), Task.BINARY, "column 'y' holds 2 values"),
        ([0.5, 2.25, 7.0], ([1.0, 2.0, 3.0],), Task.REGRESSION, "column 'y' holds 3 values that are not whole"),
        ([0.5, 2.25, 7.0], (), Task.REGRESSION, "column 'y' holds 3 values that are not whole"),
        ([0.5, 2.5, 2.5], ([1.0, 2.0, 3.5],), Task.REGRESSION, "column 'y' holds 2 values that are not whole"),
        (
            [3, 17, 8],
            ([3.5, 12.0, 9.1],),
            Task.REGRESSION,
            "column 'y' holds 3 values and the predictions lie between them",
        ),
        (
            list(range(30)),
            (np.linspace(0, 1, 30),),
            Task.REGRESSION,
            "column 'y' holds 30 values and the predictions lie between them",
        ),
    ],
)
def test_the_task_is_read_off_label_and_predictions_with_its_reason(
    label: Any, answers: tuple[Any, ...], task: Task, because: str
) -> None:
    assert guess(label, *answers) == Guess(task=task, because=because)


def test_a_column_of_scores_for_each_class_says_it_all() -> None:
    for label in ([0, 1, 1], WORDS, [0.5, 2.25, 7.0]):
        found = guess(label, class_scores=True)
        assert found == Guess(task=Task.MULTICLASS, because="there is a column of scores for each class")


@pytest.mark.parametrize(
    ("label", "answers"),
    [
        ([0, 1, 2], ()),
        ([0, 1, 2], (FRACTIONS,)),
        ([0, 1, 2], ([0, 2, 3],)),
        ([0, 1, 2], ([0, 2, 2], ["0", "1", "2"])),
        ([3, 17, 17], ([3.5, 12.0, 9.1],)),
        ([0.5, 2.5, 2.5], (FRACTIONS,)),
        (list(range(30)), (list(range(30)),)),
    ],
)
def test_where_two_tasks_are_possible_none_is_taken(label: Any, answers: tuple[Any, ...]) -> None:
    with pytest.raises(
        DataError, match=r"f.csv: column 'y' holds \d+ values, which may name classes or measure .*--task"
    ):
        guess(label, *answers)


def test_many_words_and_numbers_as_predictions_need_a_word_of_the_user() -> None:
    with pytest.raises(
        DataError, match=r"column 'y' holds 3 values and the predictions are numbers; .*--positive and .*--negative,"
    ):
        guess(WORDS, FRACTIONS)


def test_missing_and_infinite_values_have_no_say() -> None:
    assert guess([0.0, 1.0, None, float("nan")], [0.5, None, float("inf"), 0.5]).task is Task.BINARY
    assert guess(["a", None, "b"], FRACTIONS).task is Task.BINARY
    assert guess(pa.nulls(3), FRACTIONS).task is Task.BINARY, "labels_of refuses the rows"


@pytest.mark.parametrize("label", [[0, 1, 1], [0, 1, 2], WORDS, [0.5, 2.25, 7.0]])
def test_a_category_of_a_data_frame_is_what_its_values_are(label: list[Any]) -> None:
    answers = [label[::-1]]
    assert guess(pa.array(label).dictionary_encode(), *answers) == guess(label, *answers)


def test_predictions_that_are_a_category_of_numbers_count_as_numbers() -> None:
    codes = pa.array([0, 2, 2]).dictionary_encode()
    assert guess([0, 1, 2], codes).task is Task.MULTICLASS


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(30)
    label, answer = np.arange(30), np.linspace(-1, 31, 30)
    assert guess(label[order], answer[order]) == guess(label, answer)


def test_a_label_that_is_not_there_is_told_with_the_nearest_name() -> None:
    with pytest.raises(
        DataError, match="f.csv: the label column 'yy' is not in the data; did you mean \"y\"|known are"
    ):
        guess_task(pa.table({"y": [1]}), "yy", answers=[], class_scores=False, source="f.csv")
