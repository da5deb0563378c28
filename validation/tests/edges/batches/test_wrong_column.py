"""What a challenger's column without any legal prediction holds is told; of a model without answers nothing is."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from mlgate.edges.batches.predictions import predictions_of
from mlgate.edges.batches.wrong_column import wrong_column
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task


def told(name: str, task: Task = Task.BINARY, **columns: Any) -> str:
    table = pa.table({"y": [0, 1, 0], **columns})
    classes = ("a", "b") if task is Task.MULTICLASS else ()
    found = predictions_of(
        table, name, role="challenger", label=LabelSettings(column="y"), source="f", task=task, classes=classes
    )
    return wrong_column(found, table, task=task, classes=classes, taken=("y", "old"))


AGES = pa.array([39, 50, 28])


@pytest.mark.parametrize(
    ("values", "held"),
    [
        (AGES, "numbers from 28 to 50"),
        ([39.5, None, 28.0], "numbers from 28 to 39.5"),
        ([-0.5, math.inf, -3.0], "numbers from -3 to -0.5"),
        (["7", "error", "8"], "numbers from 7 to 8"),
        ([None, 2, None], "the number 2"),
    ],
)
def test_numbers_of_which_none_is_a_score_are_told(values: Any, held: str) -> None:
    assert told("p", p=values) == f"it holds {held} and none from 0 to 1"


@pytest.mark.parametrize(
    "values",
    [
        pa.nulls(3),
        pa.array([None, None, None], pa.float64()),
        [math.nan, math.inf, -math.inf],
        [39.5, 50.0, 0.5],
        [1, 2, 3],
        ["error", "0.5", "7"],
    ],
)
def test_of_a_column_that_holds_nothing_or_one_score_nothing_more_is_told(values: Any) -> None:
    assert told("p", p=values) == ""


def test_columns_that_look_like_scores_are_named_the_most_similar_first() -> None:
    score, flags = [0.25, None, 0.5], [0.0, 1.0, 0.0]
    said = told("scored", scored=AGES, flags=flags, old=score, score=score, word=["a", "b", "c"])
    assert said.endswith("; was another column meant? 'score' holds numbers from 0 to 1")
    said = told("scored", scored=AGES, x1=score, x2=score, sd=score, score=score)
    assert said.endswith("; was another column meant? 'score', 'sd', 'x1', … hold numbers from 0 to 1")


def test_class_scores_that_never_add_up_are_told() -> None:
    said = told("p_*", Task.MULTICLASS, p_a=[0.2, 0.3, 0.2], p_b=[0.9, 0.9, 0.9])
    assert said == "they hold numbers from 0.2 to 0.9, and no row has probabilities from 0 to 1 that add up to 1"
    assert told("p_*", Task.MULTICLASS, p_a=[0.2, 0.3, 0.2], p_b=[0.8, 0.9, 0.9]) == ""
    assert told("p_*", Task.MULTICLASS, p_a=pa.nulls(3, pa.float64()), p_b=pa.nulls(3, pa.float64())) == ""


def test_numbers_that_cannot_be_reckoned_with_are_told() -> None:
    assert (
        told("p", Task.REGRESSION, p=[1e200] * 3) == "it holds the number 1e+200, and numbers up to 1e+100 are needed"
    )
    assert told("p", Task.REGRESSION, p=[1e200, 5.0, 1e200]) == ""
    assert told("p", Task.REGRESSION, p=[math.inf] * 3) == ""
