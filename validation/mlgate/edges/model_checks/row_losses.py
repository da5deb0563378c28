"""How wrong each answer of a model is, by the loss that the run's first metric of rows asks for.

Separate from the metrics, which know no requirements: here the loss is chosen, for checks that need a number per row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.edges.models.model_answers import as_decisions
from mlgate.frozen import dataclass
from mlgate.metrics import METRICS, MeanLoss, find, needs_scores
from mlgate.metrics.answering import answers_of
from mlgate.records.rows import Answers, Batch
from mlgate.records.run import OVERALL, Run
from mlgate.records.words import Task

__all__ = ["RowLoss", "loss_of", "row_losses"]

#: Metrics that are the mean of a loss per row; of a root, the loss under it.
_LOSSES = ("log_loss", "brier", "mae", "mse", "rmse")
_WORDS = {"log_loss": "log loss", "brier": "squared error", "mae": "absolute error", "mse": "squared error"}
_WORDS["rmse"] = _WORDS["mse"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RowLoss:
    """A loss of rows."""

    #: such as ``log_loss``, or ``error`` for the share of wrong decisions.
    name: str
    #: what people read.
    words: str
    of: Callable[[Answers], NDArray[np.float64]]


def loss_of(run: Run) -> RowLoss:
    """The loss of the first metric over all rows that is a mean over rows; else the usual one of the task.

    That is the absolute error for numbers, the log loss where scores are asked about or nothing is, and wrong or right
    (0-1) where only decisions are asked about or given.
    """
    asked = [one.metric for one in run.requirements if one.on == OVERALL]
    name = next((metric for metric in asked if metric in _LOSSES), "")
    if not name and run.task is Task.REGRESSION:
        name = "mae"
    elif not name and run.scores and (not asked or any(needs_scores(find(metric, run)) for metric in asked)):
        name = "log_loss"
    if not name or (run.task is not Task.REGRESSION and not run.scores):
        return RowLoss(name="error", words="share of wrong decisions", of=_wrong)
    metric = next(one for one in METRICS[run.task] if one.name == name)
    assert isinstance(metric, MeanLoss)
    return RowLoss(name=name, words=_WORDS[name], of=metric.of)


def _wrong(answers: Answers) -> NDArray[np.float64]:
    return np.asarray(answers.decisions != answers.labels, dtype=np.float64)


def row_losses(run: Run, loss: RowLoss, labels: NDArray[Any], answers: NDArray[Any], role: str) -> NDArray[np.float64]:
    """The loss of each answer, (n,).

    Parameters
    ----------
    run
        Task, thresholds, and whether scores are compared.
    loss
        From ``loss_of``.
    labels
        (n,) as in ``Batch``.
    answers
        As the model gave them.
    role
        Whose they are, since thresholds may differ.
    """
    if run.task is Task.MULTICLASS and not run.scores:
        answers = as_decisions(answers)
    side = answers if role == "champion" else None
    batch = Batch(labels=labels, champion=side, challenger=answers, columns={})
    return np.asarray(loss.of(answers_of(run, batch, role)), dtype=np.float64)
