"""Which loss a run's rows are measured by, and what it comes to for answers of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from mlgate.edges.model_checks.row_losses import loss_of, row_losses
from mlgate.records.run import Requirement, Run
from mlgate.records.words import Level, Rule, Task


def run(task: Task, *metrics: str, scores: bool = True, on: str = "overall") -> Run:
    asked = tuple(
        Requirement(metric=name, rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.1, on=on) for name in metrics
    )
    classes = ("a", "b", "c") if task is Task.MULTICLASS else ()
    return Run(requirements=asked, task=task, scores=scores, classes=classes, threshold=0.5, champion_threshold=0.9)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (run(Task.BINARY, "accuracy", "roc_auc", "log_loss"), "log_loss"),
        (run(Task.BINARY, "accuracy", "brier", "log_loss"), "brier"),
        (run(Task.BINARY, "roc_auc"), "log_loss"),
        (run(Task.BINARY), "log_loss"),
        (run(Task.BINARY, "accuracy", "recall"), "error"),
        (run(Task.BINARY, "accuracy", "log_loss", scores=False), "error"),
        (run(Task.BINARY, "accuracy", on="slices"), "log_loss"),
        (run(Task.MULTICLASS, "accuracy", "log_loss"), "log_loss"),
        (run(Task.MULTICLASS, "accuracy", scores=False), "error"),
        (run(Task.REGRESSION, "r2"), "mae"),
        (run(Task.REGRESSION, "rmse", "mae"), "rmse"),
    ],
)
def test_the_loss_is_that_of_the_first_mean_over_all_rows_or_the_usual_one(asked: Run, name: str) -> None:
    assert loss_of(asked).name == name


def test_wrong_or_right_follows_each_models_own_threshold() -> None:
    asked = run(Task.BINARY, "accuracy")
    labels, scores = np.array([1, 0], dtype=np.int8), np.array([0.8, 0.8])
    assert row_losses(asked, loss_of(asked), labels, scores, "challenger").tolist() == [0, 1]
    assert row_losses(asked, loss_of(asked), labels, scores, "champion").tolist() == [1, 0]


def test_losses_of_classes_and_numbers() -> None:
    labels, scores = np.array([2, 0], dtype=np.int32), np.array([[0.2, 0.3, 0.5], [0.1, 0.5, 0.4]])
    asked = run(Task.MULTICLASS, "log_loss")
    assert row_losses(asked, loss_of(asked), labels, scores, "challenger") == pytest.approx(
        -np.log([0.5, 0.1]), abs=1e-5
    )
    decided = run(Task.MULTICLASS, "accuracy", scores=False)
    for answers in (scores, np.array([2, 1], dtype=np.int32)):
        assert row_losses(decided, loss_of(decided), labels, answers, "champion").tolist() == [0, 1]
    number = run(Task.REGRESSION, "mae")
    assert row_losses(number, loss_of(number), np.array([1.0, 2.0]), np.array([3.0, 2.0]), "champion").tolist() == [
        2,
        0,
    ]
    square = run(Task.REGRESSION, "rmse")
    assert row_losses(square, loss_of(square), np.array([1.0]), np.array([3.0]), "champion").tolist() == [4]
