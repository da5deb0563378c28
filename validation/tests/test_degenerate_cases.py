"""Degenerate data through the whole gate: each case has one stated outcome, in every task, with units and with weights.

=====================  ==============================================================================================
one class only         metrics that need two are inconclusive with the reason; the others are judged
constant, tied scores  an improvement of exactly nothing, with an interval of some width; never a fail
identical models       the same
one row                everything is inconclusive: too few rows
an empty slice         inconclusive: no rows
all weights 0          refused
perfect models         passes, but never for sure
opposite models        fails and blocks
NaN, infinite, out of  refused, with the model and the row
range
=====================  ==============================================================================================
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlgate import gate
from mlgate.errors import DataError
from mlgate.records.decision import Finding
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Money, OwnMetric, Requirement, Run
from mlgate.records.words import Level, Rule, Task, Verdict
from mlgate.stages.decide import decide
from tests.making import asked

TASKS = tuple(Task)
KINDS = ("bare", "units", "weights", "units and weights")
CLASSES = ("a", "b", "c")
N = 900


def own(labels: NDArray[Any], answers: NDArray[Any], weights: NDArray[Any]) -> float:
    """A user's metric: weighted mean of the distance of label and answer; of class scores, of the first one."""
    seen = answers[:, 0] if answers.ndim > 1 else answers
    return float(np.average(np.abs(labels - seen), weights=weights)) if weights.sum() > 0 else math.nan


METRICS = {
    Task.BINARY: ("accuracy", "recall", "f1", "roc_auc", "average_precision", "log_loss", "brier", "cost"),
    Task.MULTICLASS: ("accuracy", "f1_macro", "recall_macro", "cohen_kappa", "log_loss", "recall(b)", "precision(b)"),
    Task.REGRESSION: ("mae", "rmse", "r2", "median_absolute_error", "smape", "within(0.5)"),
}
OWN = OwnMetric(name="mine.distance", title="distance", function=own, greater_is_better=False)


def run_of(task: Task, *more: Requirement) -> Run:
    return Run(
        task=task,
        classes=CLASSES if task is Task.MULTICLASS else (),
        requirements=(*(asked(name, margin=0.2) for name in (*METRICS[task], OWN.name)), *more),
        groupings=(Grouping(columns=("group",)),),
        money=Money(kind="cost", amounts=(0.0, 1.0, 1.0, 0.0)) if task is Task.BINARY else None,
        own_metrics=(OWN,),
        replicates=100,
    )


def batch_of(task: Task, kind: str, labels: NDArray[Any], champion: NDArray[Any], challenger: NDArray[Any]) -> Batch:
    n = len(labels)
    kinds = {Task.BINARY: np.int8, Task.MULTICLASS: np.int32, Task.REGRESSION: np.float64}
    return Batch(
        labels=labels.astype(kinds[task]),
        champion=champion.astype(np.float64),
        challenger=challenger.astype(np.float64),
        columns={"group": Coded(codes=np.arange(n, dtype=np.int32) % 2, values=("x", "y"))},
        identity=np.arange(n, dtype=np.uint64),
        units=(np.arange(n) // 3).astype(np.uint64) if "units" in kind else None,
        weights=(1.0 + np.arange(n) % 3).astype(np.float64) if "weights" in kind else None,
        money=np.broadcast_to(np.array([0.0, 1.0, 1.0, 0.0]), (n, 4)) if task is Task.BINARY else None,
    )


def labels_of(task: Task, n: int = N) -> NDArray[Any]:
    rng = np.random.default_rng(1)
    if task is Task.REGRESSION:
        return 3 + rng.gamma(2.0, size=n)
    return rng.integers(0, 2 if task is Task.BINARY else 3, n)


def answers_of(task: Task, labels: NDArray[Any], seed: int) -> NDArray[Any]:
    """A model that is fairly good."""
    rng = np.random.default_rng(seed)
    if task is Task.BINARY:
        return np.clip(0.4 * labels + 0.6 * rng.random(len(labels)), 0, 1)
    if task is Task.MULTICLASS:
        scores = rng.gamma(1.0, size=(len(labels), 3)) + 1.5 * np.eye(3)[labels.astype(int)]
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))
    return np.asarray(labels + rng.standard_normal(len(labels)))


def perfect(task: Task, labels: NDArray[Any]) -> NDArray[Any]:
    one_hot: NDArray[Any] = np.eye(3)[labels.astype(int) % 3]
    return one_hot if task is Task.MULTICLASS else labels.astype(np.float64)


def opposite(task: Task, labels: NDArray[Any]) -> NDArray[Any]:
    if task is Task.MULTICLASS:
        return perfect(task, (labels + 1) % 3)
    return labels * -1.0 + (1.0 if task is Task.BINARY else 0.0)


def constant(task: Task, n: int) -> NDArray[Any]:
    if task is Task.MULTICLASS:
        return np.tile([0.4, 0.3, 0.3], (n, 1))
    return np.full(n, 0.7 if task is Task.BINARY else 5.0)


def judged(task: Task, batch: Batch, *more: Requirement) -> dict[tuple[str, str], Finding]:
    found = gate.run(run_of(task, *more), batches=[batch]).findings
    assert all(one.reason for one in found)
    return {(one.metric, one.slice): one for one in found}


every = pytest.mark.parametrize("kind", KINDS)
each = pytest.mark.parametrize("task", TASKS)


@every
@each
def test_one_class_only_leaves_undefined_what_needs_two(task: Task, kind: str) -> None:
    labels = np.full(N, 2.0) if task is Task.REGRESSION else np.zeros(N)
    found = judged(task, batch_of(task, kind, labels, *(answers_of(task, labels, seed) for seed in (2, 3))))
    lacking = {
        Task.BINARY: {"recall", "f1", "roc_auc", "average_precision"},
        Task.MULTICLASS: {"recall(b)", "precision(b)"},
        Task.REGRESSION: {"r2"},
    }[task]
    for (metric, _), one in found.items():
        assert one.verdict is not Verdict.FAIL
        if metric in lacking:
            assert (one.verdict, one.blocking) == (Verdict.INCONCLUSIVE, True)
            assert "needed" in one.reason or "undefined" in one.reason or "would decide" in one.reason, one.reason
    if task is Task.BINARY:
        assert found["roc_auc", "overall"].reason == "0 positive rows, at least 50 needed"
    if task is Task.REGRESSION:
        assert "undefined" in found["r2", "overall"].reason


@every
@pytest.mark.parametrize("classes", [("a",), CLASSES])
def test_a_class_that_alone_occurs_and_that_both_models_always_answer_is_never_certain(
    kind: str, classes: tuple[str, ...]
) -> None:
    names = ("accuracy", "f1_macro", "f1_weighted", "recall_macro", "cohen_kappa", "recall(a)", "precision(a)")
    run = Run(
        task=Task.MULTICLASS,
        classes=classes,
        scores=False,
        requirements=tuple(asked(name, margin=0.2) for name in names),
    )
    labels = np.zeros(N, dtype=np.int32)
    batch = Batch(
        labels=labels,
        champion=labels,
        challenger=labels,
        columns={},
        units=(np.arange(N) // 3).astype(np.uint64) if "units" in kind else None,
        weights=(1.0 + np.arange(N) % 3).astype(np.float64) if "weights" in kind else None,
    )
    found = {one.metric: one for one in gate.run(run, batches=[batch]).findings}
    assert (found["cohen_kappa"].verdict, "undefined" in found["cohen_kappa"].reason) == (Verdict.INCONCLUSIVE, True)
    for name in set(names) - {"cohen_kappa"}:
        one = found[name]
        assert one.verdict is Verdict.PASS and one.improvement is not None and one.challenger is not None
        assert one.improvement.low < -0.001 and 0.001 < one.improvement.high
        assert one.challenger.value == 1 and one.challenger.low < 0.999


@every
@each
@pytest.mark.parametrize("tied", [False, True])
def test_constant_and_tied_scores_never_fail_and_are_never_certain(task: Task, kind: str, tied: bool) -> None:
    labels = labels_of(task)
    answers = np.round(answers_of(task, labels, 2), 1) if tied else constant(task, N)
    if task is Task.MULTICLASS and tied:
        answers = np.where(np.arange(3) == answers.argmax(axis=1)[:, None], 0.5, 0.25)
    found = judged(task, batch_of(task, kind, labels, answers, answers))
    for one in found.values():
        assert one.verdict is not Verdict.FAIL
        if one.improvement is not None and not math.isnan(one.improvement.value):
            assert one.improvement.value == 0
            assert one.improvement.low < 0 < one.improvement.high
    if task is Task.BINARY and not tied:
        auc = found["roc_auc", "overall"]
        assert auc.challenger is not None and (auc.challenger.value, auc.verdict) == (0.5, Verdict.PASS)


@every
@each
def test_identical_models_pass_where_there_are_enough_rows_but_not_for_sure(task: Task, kind: str) -> None:
    labels = labels_of(task)
    answers = answers_of(task, labels, 2)
    found = judged(task, batch_of(task, kind, labels, answers, answers))
    for one in found.values():
        assert one.verdict is Verdict.PASS, one
        assert one.improvement is not None and one.improvement.value == 0
        assert -0.2 < one.improvement.low < 0 < one.improvement.high


@every
@each
def test_one_row_is_too_few_for_anything(task: Task, kind: str) -> None:
    labels = labels_of(task, 1)
    found = judged(task, batch_of(task, kind, labels, answers_of(task, labels, 2), answers_of(task, labels, 3)))
    for one in found.values():
        assert (one.verdict, one.blocking, one.too_small) == (Verdict.INCONCLUSIVE, True, True)
        assert "needed" in one.reason
    assert decide(tuple(found.values()), champion=True)[0] is Verdict.INCONCLUSIVE


@every
@each
def test_an_empty_slice_is_inconclusive_and_does_not_vanish(task: Task, kind: str) -> None:
    labels = labels_of(task)
    answers = answers_of(task, labels, 2)
    metric = METRICS[task][0]
    named = asked(metric, margin=0.2, on="group=z")
    found = judged(task, batch_of(task, kind, labels, answers, answers), named)[metric, "group=z"]
    assert (found.verdict, found.blocking, found.reason, found.rows) == (Verdict.INCONCLUSIVE, True, "no rows", 0)


@each
@pytest.mark.parametrize("kind", ["weights", "units and weights"])
def test_rows_that_all_weigh_nothing_are_refused(task: Task, kind: str) -> None:
    labels = labels_of(task)
    batch = batch_of(task, kind, labels, answers_of(task, labels, 2), answers_of(task, labels, 3))
    with pytest.raises(DataError, match="all rows weigh 0, so there is nothing to judge"):
        gate.run(run_of(task), batches=[dataclasses.replace(batch, weights=np.zeros(N))])


@each
def test_a_slice_of_rows_that_weigh_nothing_is_a_slice_without_rows(task: Task) -> None:
    labels = labels_of(task)
    answers = answers_of(task, labels, 2)
    batch = batch_of(task, "weights", labels, answers, answers)
    light = dataclasses.replace(batch, weights=np.where(batch.columns["group"].codes == 0, 0.0, 1.0))
    metric = METRICS[task][0]
    found = judged(task, light, asked(metric, margin=0.2, on="group=x"), asked(metric, margin=0.2, on="group=y"))
    assert (found[metric, "group=x"].verdict, found[metric, "group=x"].reason) == (Verdict.INCONCLUSIVE, "no rows")
    assert (found[metric, "group=y"].verdict, found[metric, "overall"].rows) == (Verdict.PASS, N // 2)


@every
@each
@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf])
def test_weights_that_are_no_weights_are_refused(task: Task, kind: str, weight: float) -> None:
    labels = labels_of(task, 9)
    batch = batch_of(task, kind, labels, answers_of(task, labels, 2), answers_of(task, labels, 3))
    weights = np.ones(9)
    weights[4] = weight
    with pytest.raises(DataError, match="the weight of row 5 is .*; weights are finite and not negative"):
        gate.run(run_of(task), batches=[dataclasses.replace(batch, weights=weights)])


@every
@each
def test_perfect_models_pass_but_not_for_sure(task: Task, kind: str) -> None:
    labels = labels_of(task)
    answers = perfect(task, labels)
    found = judged(task, batch_of(task, kind, labels, answers, answers))
    for one in found.values():
        assert one.verdict is Verdict.PASS, one
        assert one.improvement is not None and one.challenger is not None
        assert one.improvement.low < 0 < one.improvement.high
        assert one.challenger.low < one.challenger.high


@every
@each
def test_an_opposite_model_fails_and_blocks(task: Task, kind: str) -> None:
    labels = labels_of(task)
    found = judged(task, batch_of(task, kind, labels, perfect(task, labels), opposite(task, labels)))
    for one in found.values():
        if one.metric == "precision(b)" or (one.metric == OWN.name and task is Task.MULTICLASS):
            continue  # its direction means nothing there
        assert (one.verdict, one.blocking) == (Verdict.FAIL, True), one
    assert decide(tuple(found.values()), champion=True)[0] is Verdict.FAIL
    # The other way round it is a champion that is beaten.
    turned = judged(task, batch_of(task, kind, labels, opposite(task, labels), perfect(task, labels)))
    assert {one.verdict for one in turned.values() if one.metric != OWN.name} == {Verdict.PASS}


ILLEGAL = {
    Task.BINARY: (math.nan, math.inf, -math.inf, 1.01, -0.01),
    Task.MULTICLASS: (math.nan, math.inf, -math.inf, 1.01, -0.01),
    Task.REGRESSION: (math.nan, math.inf, -math.inf),
}


@pytest.mark.parametrize("role", ["champion", "challenger"])
@pytest.mark.parametrize(("task", "score"), [(task, score) for task in TASKS for score in ILLEGAL[task]])
@every
def test_a_score_that_is_none_is_refused_with_its_model_and_row(task: Task, score: float, role: str, kind: str) -> None:
    labels = labels_of(task, 60)
    answers = {name: answers_of(task, labels, 2) for name in ("champion", "challenger")}
    answers[role][6] = score
    batch = batch_of(task, kind, labels, answers["champion"], answers["challenger"])
    with pytest.raises(DataError, match=f"the {role}'s score of row 7 is "):
        gate.run(run_of(task), batches=[batch])


@every
def test_a_label_of_zero_is_refused_where_something_is_divided_by_it(kind: str) -> None:
    labels = np.arange(400.0)
    run = Run(task=Task.REGRESSION, requirements=(asked("mape", margin=0.1),))
    with pytest.raises(DataError, match="mape divides by the label, which is 0 in 1 of 400 rows"):
        gate.run(run, batches=[batch_of(Task.REGRESSION, kind, labels, labels, labels)])


@every
@pytest.mark.parametrize("metric", ["mse", "rmse", "mae"])
def test_errors_too_large_to_calculate_with_are_refused_in_words(metric: str, kind: str) -> None:
    labels = labels_of(Task.REGRESSION, 60)
    run = Run(task=Task.REGRESSION, requirements=(asked(metric, margin=0.1),))
    with pytest.raises(DataError, match=f"{metric} is too large for a number"):
        gate.run(run, batches=[batch_of(Task.REGRESSION, kind, labels, labels + 1e200, labels + 1e200)])
    found = gate.run(run, batches=[batch_of(Task.REGRESSION, kind, labels, labels, labels + 1e200)]).findings
    # What the challenger alone does wrong is its failure, and no mistake of who asked.
    assert [(one.verdict, one.blocking) for one in found] == [(Verdict.FAIL, True)]
    assert f"the challenger's {metric} is too large for a number" in found[0].reason


@every
def test_few_units_are_too_few_however_many_rows_they_have(kind: str) -> None:
    labels = labels_of(Task.BINARY)
    batch = batch_of(Task.BINARY, kind, labels, *(answers_of(Task.BINARY, labels, seed) for seed in (2, 2)))
    batch = dataclasses.replace(batch, units=(np.arange(N) % 9).astype(np.uint64))
    for one in judged(Task.BINARY, batch).values():
        assert one.verdict is Verdict.INCONCLUSIVE and one.blocking
        assert one.units == 9
        assert "independent units, at least 10 needed" in one.reason


@each
def test_without_a_champion_nothing_that_compares_is_told(task: Task) -> None:
    labels = labels_of(task)
    batch = batch_of(task, "bare", labels, answers_of(task, labels, 2), answers_of(task, labels, 3))
    more = () if task is Task.REGRESSION else (asked("churn", Rule.AT_MOST, Level.REQUIRED, bound=0.5),)
    found = judged(task, dataclasses.replace(batch, champion=None), *more)
    assert {(one.verdict, one.reason, one.blocking) for one in found.values()} == {
        (Verdict.INCONCLUSIVE, "no champion", False)
    }
