"""The functions that model tests are written with: quiet on a sound model, a sentence on a faulty one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from mlgate import metamorphic as meta

Answers = NDArray[Any]
RNG = np.random.default_rng(3)
ROWS = pd.DataFrame({"x": RNG.normal(size=400), "id": np.arange(400), "g": RNG.integers(0, 2, 400).astype("int32")})


def logistic(z: Answers) -> Answers:
    return np.asarray(1 / (1 + np.exp(-z)))


def sound(rows: pd.DataFrame) -> Answers:
    return logistic(rows["x"].to_numpy())


CHECKS: dict[str, Callable[[meta.Model], None]] = {
    "twice": lambda model: meta.assert_the_same_rows_get_the_same_answers(model, ROWS),
    "rows": lambda model: meta.assert_the_order_of_rows_does_not_matter(model, ROWS),
    "columns": lambda model: meta.assert_the_order_of_columns_does_not_matter(model, ROWS),
    "alone": lambda model: meta.assert_a_row_alone_gets_the_answer_it_gets_in_company(model, ROWS, most=3),
    "id": lambda model: meta.assert_answers_do_not_depend_on(model, ROWS, "id"),
    "falls": lambda model: meta.assert_answers_do_not_fall_when(model, ROWS, "x", rises_through=[-1, 0, 1]),
    "rises": lambda model: meta.assert_answers_do_not_rise_when(model, ROWS, "id", rises_through=[1, 2]),
    "flips": lambda model: meta.assert_decisions_do_not_depend_on(model, ROWS, "g", values=[0, 1]),
}
FAULTS: dict[str, meta.Model] = {
    "twice": lambda rows: sound(rows) + np.random.default_rng().random(),
    "rows": lambda rows: sound(rows) + 0.001 * np.arange(len(rows)),
    "columns": lambda rows: logistic(rows.iloc[:, 0].to_numpy(dtype=float)),
    "alone": lambda rows: logistic(rows["x"].to_numpy() - rows["x"].mean()),
    "id": lambda rows: sound(rows) + 0.001 * rows["id"].to_numpy(),
    "falls": lambda rows: logistic(-rows["x"].to_numpy()),
    "rises": lambda rows: sound(rows) + 0.001 * rows["id"].to_numpy(),
    "flips": lambda rows: logistic(rows["x"].to_numpy() + 2 * rows["g"].to_numpy()),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_model_passes_and_a_faulty_one_fails_with_the_share_of_rows(name: str) -> None:
    CHECKS[name](sound)
    with pytest.raises(AssertionError, match=r"of (400|3) rows"):
        CHECKS[name](FAULTS[name])


def test_a_share_that_these_rows_do_not_decide_is_neither_pass_nor_fail() -> None:
    def model(rows: pd.DataFrame) -> Answers:
        return logistic(np.where(rows["id"] < 6, -1.0, 1.0) * rows["x"].to_numpy())

    def ask(at_most: float) -> None:
        meta.assert_answers_do_not_fall_when(model, ROWS, "x", rises_through=[0, 1], at_most=at_most)

    ask(0.05)
    with pytest.raises(pytest.skip.Exception, match="cannot be told: 6 of 400 rows"):
        ask(0.02)
    with pytest.raises(AssertionError, match="6 of 400 rows have an answer that falls when x rises"):
        ask(0.005)


def test_classes_and_class_scores_are_decisions_too() -> None:
    def classes(rows: pd.DataFrame) -> Answers:
        return np.asarray(rows["g"])

    def scores(rows: pd.DataFrame) -> Answers:
        return np.asarray(np.eye(2)[rows["g"].to_numpy()])

    for model in (classes, scores):
        with pytest.raises(AssertionError, match="400 of 400 rows get another decision with another g"):
            meta.assert_decisions_do_not_depend_on(model, ROWS, "g", values=[0, 1])
