"""A challenger's column that cannot be one of predictions is refused; a model without answers is not."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from mlgate.edges.predictions import predictions_of
from mlgate.edges.wrong_column import refuse_wrong_column
from mlgate.errors import DataError
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task


def refuse(name: str, task: Task = Task.BINARY, **columns: Any) -> None:
    table = pa.table({"y": [0, 1, 0], **columns})
    classes = ("a", "b") if task is Task.MULTICLASS else ()
    found = predictions_of(
        table, name, role="challenger", label=LabelSettings(column="y"), source="f", task=task, classes=classes
    )
    refuse_wrong_column(found, table, source="f", task=task, classes=classes, taken=("y", "old"))


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
def test_numbers_of_which_none_is_a_score_are_no_column_of_scores(values: Any, held: str) -> None:
    with pytest.raises(DataError) as told:
        refuse("p", p=values)
    assert str(told.value) == (
        f"f: column 'p' is no column of scores: it holds {held} and none from 0 to 1; give probabilities from 0 to 1, "
        "or values of the label."
    )


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
def test_a_column_that_holds_nothing_or_one_score_is_the_challengers_own_fault(values: Any) -> None:
    refuse("p", p=values)


def test_columns_that_look_like_scores_are_named_the_most_similar_first() -> None:
    score, flags = [0.25, None, 0.5], [0.0, 1.0, 0.0]
    with pytest.raises(DataError, match="values of the label; 'score' holds numbers from 0 to 1.$"):
        refuse("scored", scored=AGES, flags=flags, old=score, score=score, word=["a", "b", "c"])
    with pytest.raises(DataError, match="; 'score', 'sd', 'x1', … hold numbers from 0 to 1.$"):
        refuse("scored", scored=AGES, x1=score, x2=score, sd=score, score=score)


def test_class_scores_that_never_add_up_are_no_class_scores() -> None:
    with pytest.raises(DataError, match="the columns 'p_\\*' are no class scores: they hold numbers from 0.2 to 0.9"):
        refuse("p_*", Task.MULTICLASS, p_a=[0.2, 0.3, 0.2], p_b=[0.9, 0.9, 0.9])
    refuse("p_*", Task.MULTICLASS, p_a=[0.2, 0.3, 0.2], p_b=[0.8, 0.9, 0.9])
    refuse("p_*", Task.MULTICLASS, p_a=pa.nulls(3, pa.float64()), p_b=pa.nulls(3, pa.float64()))


def test_numbers_that_cannot_be_reckoned_with_are_no_predictions() -> None:
    with pytest.raises(
        DataError, match=r"no column of predictions: it holds the number 1e\+200; numbers up to 1e\+100"
    ):
        refuse("p", Task.REGRESSION, p=[1e200] * 3)
    refuse("p", Task.REGRESSION, p=[1e200, 5.0, 1e200])
    refuse("p", Task.REGRESSION, p=[math.inf] * 3)
