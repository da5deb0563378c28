"""Columns of predictions: scores, decisions, classes or numbers, and what is legal for whom."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

from mlgate.edges.batches.predictions import Column, as_decisions, class_columns, predictions_of
from mlgate.edges.rows.files import read_table
from mlgate.errors import DataError
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task

NUMBERS = LabelSettings(column="y")
WORDS = LabelSettings(column="y", positive="bad", negative=("good",))


def column(values: object, *, role: str = "challenger", label: LabelSettings = NUMBERS, y: object = None) -> Column:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    labels = pa.array([0] * len(array)) if y is None else pa.array(y)
    return predictions_of(pa.table({"y": labels, "p": array}), "p", role=role, label=label, source="f.csv")


def same(found: Column, expected: list[float]) -> bool:
    assert np.array_equal(found.legal, ~np.isnan(found.values)) and not found.unbalanced.any()
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
    assert found.name == "p"


def test_decisions_may_be_the_words_of_the_label() -> None:
    found = column(["bad", "good", "bad"], label=WORDS)
    assert same(found, [1.0, 0.0, 1.0]) and not found.scores
    assert same(column(pa.array(["bad", "good"]).dictionary_encode(), label=WORDS), [1.0, 0.0])
    assert same(
        column([True, False], label=LabelSettings(column="y", positive="true", negative=("false",))), [1.0, 0.0]
    )


def test_with_many_labels_all_but_the_positive_one_are_the_rest() -> None:
    label = LabelSettings(column="y", positive="bad", negative=None)
    y = ["bad", "good", "fine"]
    found = column(["fine", "bad", "good"], label=label, y=y)
    assert same(found, [0.0, 1.0, 0.0]) and not found.scores
    with pytest.raises(DataError, match="holds 'finee' in row 1, which is neither a score"):
        column(["finee", "bad", "good"], label=label, y=y)


@pytest.mark.parametrize(
    ("bad", "held"),
    [
        (None, "no score in row 2; models are compared on the same rows, so score them or leave them out for both."),
        (
            math.nan,
            "no score in row 2; models are compared on the same rows, so score them or leave them out for both.",
        ),
        (1.5, "1.5 in row 2; probabilities from 0 to 1 are needed."),
        (-0.25, "-0.25 in row 2; probabilities from 0 to 1 are needed."),
        (math.inf, "inf in row 2; probabilities from 0 to 1 are needed."),
        (-math.inf, "-inf in row 2; probabilities from 0 to 1 are needed."),
    ],
)
@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
def test_an_illegal_score_is_missing_for_the_challenger_and_an_error_for_the_others(
    bad: float | None, held: str, kind: pa.DataType
) -> None:
    values = pa.array([0.25, bad, 0.5], kind)
    assert same(column(values), [0.25, math.nan, 0.5])
    for role in ("champion", "baseline"):
        with pytest.raises(DataError) as told:
            column(values, role=role)
        assert str(told.value) == f"f.csv: column 'p' holds {held}"


def test_of_several_illegal_scores_the_first_is_told_and_how_many_there_are() -> None:
    with pytest.raises(DataError, match="'p' holds 2 in row 3, the first of 3 such rows; probabilities"):
        column([0.25, 0.5, 2.0, None, -1.0], role="champion")


def test_a_row_is_told_with_its_id_and_its_place_in_the_file_that_it_came_from() -> None:
    table = pa.table({"id": [2**60 + 1, 4], "key": ["a", "b"], "y": [0, 1], "p": [None, 0.5]})

    def told(id_column: str, rows: list[int] | None) -> str:
        with pytest.raises(DataError) as problem:
            predictions_of(
                table,
                "p",
                role="champion",
                label=NUMBERS,
                source="f",
                id_column=id_column,
                rows=None if rows is None else np.array(rows),
            )
        return str(problem.value)

    assert "in row 1 (id 1152921504606846977); " in told("id", None)
    assert "in row 1,235 (key a); " in told("key", [1234, 7])


@pytest.mark.parametrize("values", [[0, 1, None], ["1", None, "0"], [1, None, None]])
def test_a_missing_decision_is_missing_and_the_others_are_decisions(values: list[object]) -> None:
    found = column(values)
    assert not found.scores
    assert np.isnan(found.values).tolist() == [value is None for value in values]


@pytest.mark.parametrize("values", [pa.nulls(3), pa.array([None] * 3, pa.float64()), pa.array([7, 8, 9])])
def test_a_column_without_any_legal_score_is_missing_throughout(values: pa.Array) -> None:
    assert np.isnan(column(values).values).all()


@pytest.mark.parametrize(
    ("values", "held"),
    [
        (["high", "low"], "'high' in row 1"),
        (["bad", "goood"], "'goood' in row 2"),
        (["0.3", "0.4"], "'0.3' in row 1"),
        ([[0.1], [0.2]], r"'\[0.1\]' in row 1"),
    ],
)
@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_text_that_is_no_label_is_told_with_what_it_is(values: list[object], held: str, role: str) -> None:
    message = f"f.csv: column 'p' holds {held}, which is neither a score in .* nor a label value"
    with pytest.raises(DataError, match=message):
        column(values, role=role, label=WORDS)


@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_numbers_that_were_written_as_text_are_told_how_to_mend(role: str) -> None:
    with pytest.raises(DataError, match="holds '0,5' in row 1, which is neither .*; write decimals with a point"):
        column(["0,5", "0,25", "1"], role=role)
    with pytest.raises(DataError, match="holds '0.5' in row 1, which is neither .*; store numbers as numbers"):
        column(["0.5", "0.25"], role=role)
    with pytest.raises(DataError, match="holds 'low' in row 1, which is neither a score in .* nor a label value.$"):
        column(["low", "high"], role=role)


@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_a_column_that_is_not_there_or_is_the_label_is_refused(role: str) -> None:
    table = pa.table({"y": [0, 1], "score": [0.1, 0.2]})
    with pytest.raises(DataError, match=f"the {role}'s column 'scor' is not in the data; did you mean \"score\""):
        predictions_of(table, "scor", role=role, label=NUMBERS, source="f")
    with pytest.raises(DataError, match=f"the {role}'s column 'y' is the label itself"):
        predictions_of(table, "y", role=role, label=NUMBERS, source="f")


def test_a_word_among_the_challengers_scores_is_a_row_without_a_score_and_an_error_of_the_champion() -> None:
    words = ["0.25", "error", "0.75", None]
    found = column(words)
    assert found.scores and same(found, [0.25, math.nan, 0.75, math.nan])
    with pytest.raises(DataError, match="holds 'error' in row 2"):
        column(words, role="champion")


@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_true_and_false_are_decisions_where_labels_are_one_and_zero(role: str) -> None:
    found = column([True, False, True], role=role, y=[1, 0, 1])
    assert not found.scores and same(found, [1.0, 0.0, 1.0])


def test_a_score_behind_many_whole_numbers_makes_all_of_them_scores() -> None:
    whole = [0.0, 1.0, 2.0] * 400
    found = column([*whole, 0.5])
    assert found.scores and found.legal.sum() == 801


# ---- regression


def numbers(values: object, *, role: str = "challenger") -> Column:
    table = pa.table({"y": [1.0] * len(values), "p": values})  # type: ignore[arg-type]
    return predictions_of(table, "p", role=role, label=NUMBERS, source="f.csv", task=Task.REGRESSION)


def test_any_finite_number_is_a_prediction_where_numbers_are_predicted() -> None:
    for values in ([1.5, -3.0, 1e9], pa.array([1, -3, 10**9]), ["1.5", "-3", "1e9"], [True, False, True]):
        found = numbers(values)
        assert found.scores and found.legal.all() and not found.unbalanced.any()
    assert numbers(["1.5", "-3", "1e9"]).values.tolist() == [1.5, -3.0, 1e9]
    assert numbers(pa.array(["1.5", "-3"]).dictionary_encode(), role="champion").values.tolist() == [1.5, -3.0]


@pytest.mark.parametrize(
    ("bad", "held"),
    [
        (None, "no finite number in row 2"),
        (math.nan, "no finite number in row 2"),
        (math.inf, "inf in row 2; numbers up to 1e\\+100 are needed"),
        (-1e200, "-1e\\+200 in row 2; numbers up to"),
    ],
)
def test_a_number_that_cannot_be_reckoned_with_is_missing_or_an_error(bad: float | None, held: str) -> None:
    found = numbers(pa.array([1.0, bad, 3.0], pa.float64()))
    assert found.legal.tolist() == [True, False, True] and np.isnan(found.values[1])
    with pytest.raises(DataError, match=f"f.csv: column 'p' holds {held}"):
        numbers(pa.array([1.0, bad, 3.0], pa.float64()), role="champion")


def test_a_word_among_numbers_is_missing_for_the_challenger_and_a_column_of_words_is_the_wrong_one() -> None:
    assert numbers(["1", "error", None]).legal.tolist() == [True, False, False]
    with pytest.raises(DataError, match="holds 'error' in row 2, which is no number.$"):
        numbers(["1", "error", None], role="champion")
    with pytest.raises(DataError, match="holds 'a' in row 1, which is no number"):
        numbers(["a", "b"])
    with pytest.raises(DataError, match="holds '1,5' in row 1, which is no number; write decimals with a point"):
        numbers(["1,5", "2,5"])
    with pytest.raises(DataError, match="holds '1_000' in row 1, which is no number"):
        numbers(["1_000", "2"], role="champion")


# ---- multiclass

CLASSES = ("1", "2", "3")


def classes(
    columns: dict[str, object], name: str, *, role: str = "challenger", known: tuple[str, ...] = CLASSES
) -> Column:
    rows = len(next(iter(columns.values())))  # type: ignore[arg-type]
    table = pa.table({"id": [f"r{row}" for row in range(rows)], "y": [1] * rows, **columns})
    return predictions_of(
        table,
        name,
        role=role,
        label=NUMBERS,
        source="f.csv",
        task=Task.MULTICLASS,
        classes=known,
        id_column="id",
    )


SCORES: dict[str, object] = {"p_2": [0.5, 0.1, 0.0], "p_1": [0.25, 0.8, 1.0], "p_3": [0.25, 0.1, 0.0]}


def test_class_scores_stand_in_the_order_of_the_classes_whatever_the_order_of_columns() -> None:
    found = classes(SCORES, "p_*", role="champion")
    assert found.scores and found.legal.all() and not found.unbalanced.any()
    assert found.values.tolist() == [[0.25, 0.5, 0.25], [0.8, 0.1, 0.1], [1.0, 0.0, 0.0]]
    decided = as_decisions(found)
    assert decided.values.tolist() == [1, 0, 0] and not decided.scores
    assert as_decisions(decided) is decided


def test_of_tied_classes_the_first_is_decided_and_an_illegal_row_decides_nothing() -> None:
    found = classes({"p_1": [0.5, 0.9], "p_2": [0.5, 0.9], "p_3": [0.0, 0.9]}, "p_*")
    assert found.legal.tolist() == [True, False] and found.unbalanced.tolist() == [False, True]
    assert as_decisions(found).values.tolist() == [0, -1]


def test_a_column_of_a_whole_number_with_a_point_is_about_that_class() -> None:
    renamed = {name + ".0": values for name, values in SCORES.items()}
    assert classes(renamed, "p_*").values.tolist() == classes(SCORES, "p_*").values.tolist()
    assert (
        class_columns(["p_1.0", "p_1"], "p_*", ["1"]) == class_columns(["p_1", "p_1.0"], "p_*", ["1"]) == {"1": "p_1"}
    )
    assert class_columns(["p_a_x", "p_", "p__x"], "p_*_x") == {"a": "p_a_x"}


@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_a_class_without_a_column_is_refused(role: str) -> None:
    columns = {name: values for name, values in SCORES.items() if name != "p_2"}
    with pytest.raises(
        DataError, match="the .* has no scores of class '2': there is no column 'p_2'; the classes are 1, 2, 3"
    ):
        classes(columns, "p_*", role=role)


@pytest.mark.parametrize(
    ("bad", "unbalanced", "held"),
    [
        (0.2, True, r"the scores in 'p_\*' add up to 1.1 in row 2 \(r1\); class scores are probabilities"),
        (1.5, False, r"column 'p_3' holds 1.5 in row 2 \(r1\); probabilities from 0 to 1"),
        (-0.5, False, r"column 'p_3' holds -0.5 in row 2 \(r1\)"),
        (math.inf, False, r"column 'p_3' holds inf in row 2 \(r1\)"),
        (None, False, r"column 'p_3' holds no score in row 2 \(r1\)"),
    ],
)
def test_class_scores_that_are_no_probabilities_are_no_answer(bad: float | None, unbalanced: bool, held: str) -> None:
    columns = {**SCORES, "p_3": [0.25, bad, 0.0]}
    found = classes(columns, "p_*")
    assert found.legal.tolist() == [True, False, True]
    assert found.unbalanced.tolist() == [False, unbalanced, False]
    with pytest.raises(DataError, match="f.csv: " + held.replace("(r1", "(id r1")):
        classes(columns, "p_*", role="champion")


def test_single_precision_is_near_enough_to_one() -> None:
    columns: dict[str, object] = {name: pa.array(values, pa.float32()) for name, values in SCORES.items()}
    assert classes(columns, "p_*", role="champion").legal.all()


def test_a_column_of_classes_is_decisions_in_any_type_of_number_or_text() -> None:
    for values in ([3, 1, 2], [3.0, 1.0, 2.0], ["3", "1", "2"], pa.array([3, 1, 2]).dictionary_encode()):
        found = classes({"p": values}, "p", role="champion")
        assert found.values.tolist() == [2, 0, 1] and not found.scores and found.legal.all()
    flags = classes({"p": [True, False]}, "p", known=("0", "1"))
    assert flags.values.tolist() == [1, 0]


def test_what_is_no_class_is_no_answer_of_the_challenger_and_an_error_of_the_champion() -> None:
    found = classes({"p": [3, 9, None]}, "p")
    assert found.values.tolist() == [2, -1, -1] and found.legal.tolist() == [True, False, False]
    message = "f.csv: column 'p' holds '9' in row 2, which is not one of the classes 1, 2, 3; give class labels, or one"
    with pytest.raises(DataError, match=message):
        classes({"p": [3, 9, None]}, "p", role="champion")
    with pytest.raises(DataError, match=r"'p' holds no class in row 3 \(id r2\)"):
        classes({"p": [3, 1, None]}, "p", role="champion")
    with pytest.raises(DataError, match="holds '0' in row 1, which is not one of the classes"):
        classes({"p": [0, 3]}, "p", role="champion")
    with pytest.raises(DataError, match="holds '0.5' in row 1, which is not one of the classes"):
        classes({"p": [0.5, 0.25]}, "p")


def test_a_star_is_for_classes_only() -> None:
    for task in (Task.BINARY, Task.REGRESSION):
        with pytest.raises(DataError, match=f"'p_.' stands for one column per class, but the task is {task}; name one"):
            predictions_of(pa.table({"y": [1]}), "p_*", role="champion", label=NUMBERS, source="f", task=task)


def test_what_a_file_holds_is_what_is_told_about_it(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    path.write_text('id,y,old,new\n1,0,"0,5",0.5\n2,1,"0,7",1.5\n')
    table = read_table(path)
    with pytest.raises(DataError) as told:
        predictions_of(table, "old", role="champion", label=NUMBERS, source=str(path), id_column="id")
    assert str(told.value) == (
        f"{path}: column 'old' holds '0,5' in row 1, which is neither a score in [0, 1] nor a label value; write "
        "decimals with a point."
    )
    found = predictions_of(table, "new", role="challenger", label=NUMBERS, source=str(path), id_column="id")
    assert same(found, [0.5, math.nan])
    with pytest.raises(DataError, match=r"scored.csv: column 'new' holds 1.5 in row 2 \(id 2\); probabilities from"):
        predictions_of(table, "new", role="champion", label=NUMBERS, source=str(path), id_column="id")


@pytest.mark.parametrize("ending", ["parquet", "feather", "csv", "jsonl"])
@pytest.mark.parametrize(
    ("bad", "held"),
    [(1.5, "1.5 in row 2"), (math.inf, "inf in row 2"), (-math.inf, "-inf in row 2"), (math.nan, "no score in row 2")],
)
def test_what_is_wrong_is_told_alike_in_every_format(tmp_path: Path, ending: str, bad: float, held: str) -> None:
    path = tmp_path / f"scored.{ending}"
    columns = {"y": [0, 1, 1], "old": [0.5, bad, 0.25]}
    if ending == "parquet":
        pyarrow.parquet.write_table(pa.table(columns), path)
    elif ending == "feather":
        pyarrow.feather.write_feather(pa.table(columns), path)
    elif ending == "csv":
        pyarrow.csv.write_csv(pa.table(columns), path)
    else:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = read_table(path, wanted=lambda names: ["y", "old"])
    assert predictions_of(table, "old", role="challenger", label=NUMBERS, source="f").legal.tolist() == [
        True,
        False,
        True,
    ]
    with pytest.raises(DataError) as told:
        predictions_of(table, "old", role="champion", label=NUMBERS, source=str(path))
    assert str(told.value).startswith(f"{path}: column 'old' holds {held}; ")
