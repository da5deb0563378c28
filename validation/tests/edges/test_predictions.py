"""Columns of predictions: scores or decisions, and what is legal for whom."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.predictions import Column, predictions_of
from mlgate.errors import DataError
from mlgate.records.settings import LabelSettings

NUMBERS = LabelSettings(column="y")
WORDS = LabelSettings(column="y", positive="bad", negative="good")


def column(values: object, *, role: str = "challenger", label: LabelSettings = NUMBERS, y: object = None) -> Column:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    labels = pa.array([0] * len(array)) if y is None else pa.array(y)
    return predictions_of(pa.table({"y": labels, "p": array}), "p", role=role, label=label, source="f.csv")


def same(found: Column, expected: list[float]) -> bool:
    return bool(np.array_equal(found.values, np.array(expected), equal_nan=True))


@pytest.mark.parametrize(
    ("values", "expected", "scores"),
    [
        ([0.1, 0.9], [0.1, 0.9], True),
        ([0, 1], [0.0, 1.0], False),
        ([0.0, 1.0], [0.0, 1.0], False),
        ([0.0, 1.0, 0.5], [0.0, 1.0, 0.5], True),
        (pa.array([0.5, 1.0], pa.float32()), [0.5, 1.0], True),
        (pa.array(np.array([0.5, 0.0], dtype=np.float16)), [0.5, 0.0], True),
        (pa.array(np.array([1.0, 0.0], dtype=np.float16)), [1.0, 0.0], False),
        ([0.0] * 1500 + [0.25], [0.0] * 1500 + [0.25], True),
        (["1", "0"], [1.0, 0.0], False),
    ],
)
def test_only_label_values_are_decisions_and_anything_else_is_scores(
    values: object, expected: list[float], scores: bool
) -> None:
    found = column(values)
    assert same(found, expected) and found.scores is scores
    assert found.name == "p" and found.digest.startswith("sha256:")


def test_decisions_may_be_the_words_of_the_label() -> None:
    found = column(["bad", "good", "bad"], label=WORDS)
    assert same(found, [1.0, 0.0, 1.0]) and not found.scores
    assert same(column(pa.array(["bad", "good"]).dictionary_encode(), label=WORDS), [1.0, 0.0])
    assert same(column([True, False], label=LabelSettings(column="y", positive="true", negative="false")), [1.0, 0.0])


def test_with_many_labels_all_but_the_positive_one_are_the_rest() -> None:
    label = LabelSettings(column="y", positive="bad", negative=None)
    y = ["bad", "good", "fine"]
    found = column(["fine", "bad", "good"], label=label, y=y)
    assert same(found, [0.0, 1.0, 0.0]) and not found.scores
    with pytest.raises(DataError, match="holds 'finee', which is neither a score"):
        column(["finee", "bad", "good"], label=label, y=y)


@pytest.mark.parametrize("bad", [None, math.nan, 1.5, -0.1, math.inf, -math.inf])
@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
def test_an_illegal_score_is_missing_for_the_challenger_and_an_error_for_the_champion(
    bad: float | None, kind: pa.DataType
) -> None:
    values = pa.array([0.25, bad, 0.5], kind)
    assert same(column(values), [0.25, math.nan, 0.5])
    with pytest.raises(DataError, match="column 'p' holds no score .*in 1 rows, first in row 2"):
        column(values, role="champion")


@pytest.mark.parametrize("values", [[0, 1, None], ["1", None, "0"], [1, None, None]])
def test_a_missing_decision_is_missing_and_the_others_are_decisions(values: list[object]) -> None:
    found = column(values)
    assert not found.scores
    assert np.isnan(found.values).tolist() == [value is None for value in values]


@pytest.mark.parametrize("values", [pa.nulls(3), pa.array([None] * 3, pa.float64()), pa.array([7, 8, 9])])
def test_a_column_without_any_legal_score_is_missing_throughout(values: pa.Array) -> None:
    assert np.isnan(column(values).values).all()


@pytest.mark.parametrize("values", [["high", "low"], ["0.3", "0.4"], ["bad", "goood"], [[0.1], [0.2]]])
@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_text_that_is_no_label_is_told_with_what_it_is(values: list[object], role: str) -> None:
    with pytest.raises(DataError, match="f.csv: column 'p' holds '.*', which is neither a score in .* nor a label"):
        column(values, role=role, label=WORDS)


@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_a_column_that_is_not_there_or_is_the_label_is_refused(role: str) -> None:
    table = pa.table({"y": [0, 1], "score": [0.1, 0.2]})
    with pytest.raises(DataError, match=f"the {role}'s column 'scor' is not in the data; did you mean \"score\""):
        predictions_of(table, "scor", role=role, label=NUMBERS, source="f")
    with pytest.raises(DataError, match=f"the {role}'s column 'y' is the label itself"):
        predictions_of(table, "y", role=role, label=NUMBERS, source="f")


def test_the_digest_is_of_the_values_and_not_of_their_type() -> None:
    assert column([0.5, 0.25]).digest == column(pa.array([0.5, 0.25], pa.float32())).digest
    assert column([0.5, 0.25]).digest != column([0.25, 0.5]).digest


def test_a_word_among_the_challengers_scores_is_a_row_without_a_score_and_an_error_of_the_champion() -> None:
    words = ["0.25", "error", "0.75", None]
    found = column(words)
    assert found.scores and same(found, [0.25, math.nan, 0.75, math.nan])
    with pytest.raises(DataError, match="holds '0.25'"):
        column(words, role="champion")


@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_true_and_false_are_decisions_where_labels_are_one_and_zero(role: str) -> None:
    found = column([True, False, True], role=role, y=[1, 0, 1])
    assert not found.scores and same(found, [1.0, 0.0, 1.0])
