"""Laws of the whole engine, for every task: worse is never better, copies are no evidence, order is no information."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate import gate
from mlgate.records.decision import Finding
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import GapRequirement, Grouping, Run
from mlgate.records.words import Level, Rule, Task, Verdict
from mlgate.stages.decide import decide
from mlgate.tally_file import dump
from tests.making import asked, some

TASKS = tuple(Task)
CLASSES = ("a", "b", "c")
RANK = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, Verdict.PASS: 2}
METRICS = {
    Task.BINARY: ("accuracy", "recall", "f1", "mcc", "roc_auc", "average_precision", "log_loss", "calibration_slope"),
    Task.MULTICLASS: ("accuracy", "f1_macro", "recall_macro", "log_loss", "precision(b)"),
    Task.REGRESSION: ("mae", "rmse", "r2", "median_absolute_error", "within(0.5)"),
}


def run_of(task: Task, *, names: tuple[str, ...] = (), margin: float = 0.03, level: Level = Level.REQUIRED) -> Run:
    names = names or METRICS[task]
    rules = {"calibration_slope": Rule.UNCHANGED}
    gap = GapRequirement(metric="recall", attribute="group", rule=Rule.AT_MOST, level=Level.REQUIRED, bound=0.2)
    return Run(
        task=task,
        classes=CLASSES if task is Task.MULTICLASS else (),
        requirements=tuple(
            asked(name, rules.get(name, Rule.NOT_WORSE), one, on=on, margin=margin)
            for name in names
            for one, on in ((level, "overall"), (Level.GUARDED, "slices"))
        ),
        groupings=(Grouping(columns=("group",)),),
        gaps=(gap,) if task is Task.BINARY else (),
    )


def batch_of(task: Task, seed: int, n: int, *, units: bool = False, weights: bool = False) -> Batch:
    rng = np.random.default_rng(seed)
    labels: NDArray[Any]
    if task is Task.REGRESSION:
        labels = rng.gamma(2.0, size=n)
        first = labels + rng.standard_normal(n)
        second = first + 0.4 * rng.standard_normal(n)
    elif task is Task.MULTICLASS:
        labels = rng.integers(0, 3, n).astype(np.int32)
        base = rng.gamma(1.0, size=(n, 3)) + np.eye(3)[labels]
        given_ = (base + rng.gamma(0.3, size=base.shape) for _ in range(2))
        first, second = (scores / scores.sum(axis=1, keepdims=True) for scores in given_)
    else:
        labels = (rng.random(n) < 0.45).astype(np.int8)
        base = 0.35 * labels + 0.65 * rng.random(n)
        first, second = (np.clip(base + 0.1 * rng.standard_normal(n), 0.01, 0.99).round(3) for _ in range(2))
    return Batch(
        labels=labels,
        champion=first,
        challenger=second,
        columns={"group": Coded(codes=rng.integers(0, 3, n).astype(np.int32), values=("x", "y", "z"))},
        units=rng.integers(0, n // 4, n).astype(np.uint64) if units else None,
        weights=rng.integers(1, 4, n).astype(np.float64) if weights else None,
    )


def judged(run: Run, *batches: Batch) -> dict[str, Finding]:
    return {one.id: one for one in gate.run(run, batches=batches).findings}


each = pytest.mark.parametrize("task", TASKS)
kinds = pytest.mark.parametrize(("units", "weights"), [(False, False), (True, False), (False, True), (True, True)])


@kinds
@each
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), parts=st.integers(1, 6))
def test_a_shuffled_or_repartitioned_file_gives_identical_findings(
    task: Task, units: bool, weights: bool, seed: int, parts: int
) -> None:
    run, batch = run_of(task), batch_of(task, seed, 240, units=units, weights=weights)
    order = np.random.default_rng(seed + 1).permutation(240)
    whole = gate.run(run, batches=[batch])
    split = gate.run(run, batches=[some(batch, chosen) for chosen in np.array_split(order, parts)])
    assert split.findings == whole.findings
    assert split.exhibits == whole.exhibits
    assert dump(split.tallies) == dump(whole.tallies)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), wrong=st.integers(1, 60), level=st.sampled_from([Level.REQUIRED, Level.GUARDED]))
def test_turning_right_decisions_into_wrong_ones_never_raises_a_verdict(seed: int, wrong: int, level: Level) -> None:
    run = run_of(Task.BINARY, names=("accuracy",), level=level)
    batch = batch_of(Task.BINARY, seed, 300)
    right = np.flatnonzero((batch.challenger >= 0.5) == (batch.labels == 1))[:wrong]
    scores = batch.challenger.copy()
    scores[right] = 1.0 - batch.labels[right]
    good, bad = (judged(run, one) for one in (batch, dataclasses.replace(batch, challenger=scores)))
    asked_of = [name for name in good if name.startswith("compare/")]
    assert asked_of
    for name in asked_of:
        assert RANK[bad[name].verdict] <= RANK[good[name].verdict]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), worse=st.floats(0.01, 2.0))
def test_larger_errors_never_raise_a_verdict_on_them(seed: int, worse: float) -> None:
    """All errors larger by the same amount: the mean moves and nothing else."""
    run = run_of(Task.REGRESSION, names=("mae",), margin=0.1)
    batch = batch_of(Task.REGRESSION, seed, 400)
    error = batch.challenger - batch.labels
    shifted = dataclasses.replace(batch, challenger=batch.challenger + worse * np.where(error >= 0, 1.0, -1.0))
    good, bad = (judged(run, one)["compare/base_case/mae/not_worse/overall"] for one in (batch, shifted))
    assert good.improvement is not None and bad.improvement is not None
    assert bad.improvement.value == pytest.approx(good.improvement.value - worse, abs=1e-6)
    assert RANK[bad.verdict] <= RANK[good.verdict]


def width(found: Finding) -> float:
    assert found.improvement is not None
    return found.improvement.high - found.improvement.low


@each
@pytest.mark.parametrize("copies", [2, 5])
def test_copies_of_a_row_that_are_declared_as_one_unit_are_no_evidence(task: Task, copies: int) -> None:
    run, n = run_of(task), 500
    batch = batch_of(task, 3, n)
    many = some(batch, np.repeat(np.arange(n), copies))
    known = dataclasses.replace(many, units=np.repeat(np.arange(n), copies).astype(np.uint64))
    once, told, trusted = (judged(run, one) for one in (batch, known, many))
    for name, one in once.items():
        if one.improvement is None or math.isnan(one.improvement.value):
            continue
        if one.metric in ("recall_gap",):
            continue  # bounds a gap of the challenger alone
        again = told[name]
        assert again.improvement is not None
        assert again.improvement.value == pytest.approx(one.improvement.value, abs=1e-6)
        # Windows around a median or a cut are as wide as rows allow, and copies count as rows there.
        rough = one.metric == "median_absolute_error"
        assert width(again) == pytest.approx(width(one), rel=0.25 if rough else 0.08), name
        assert (again.units, again.rows) == (one.rows, copies * (one.rows or 0))
        # What copies do that are not declared: they look like evidence.
        assert width(trusted[name]) < 0.8 * width(one)


@each
def test_units_of_one_row_each_are_no_units(task: Task) -> None:
    run, batch = run_of(task), batch_of(task, 4, 600)
    plain, apart = (
        judged(run, one) for one in (batch, dataclasses.replace(batch, units=np.arange(600, dtype=np.uint64)))
    )
    compared(plain, apart)


@each
def test_weights_of_one_are_no_weights(task: Task) -> None:
    run, batch = run_of(task), batch_of(task, 5, 600)
    plain, weighed = (judged(run, one) for one in (batch, dataclasses.replace(batch, weights=np.ones(600))))
    compared(plain, weighed)


def compared(plain: dict[str, Finding], other: dict[str, Finding]) -> None:
    """The same values, and intervals that differ by small-sample corrections and by Hall's only."""
    assert set(plain) == set(other)
    for name, one in plain.items():
        again = other[name]
        assert again.effective_units == again.units == one.rows
        if one.improvement is None or again.improvement is None or math.isnan(one.improvement.value):
            continue
        assert again.improvement.value == pytest.approx(one.improvement.value, abs=1e-8), name
        assert width(again) == pytest.approx(width(one), rel=0.06), name


@kinds
@each
@pytest.mark.parametrize("factor", [4.0, 3.0])
def test_only_the_ratio_of_weights_counts(task: Task, units: bool, weights: bool, factor: float) -> None:
    if not weights:
        return
    run, batch = run_of(task), batch_of(task, 6, 400, units=units, weights=True)
    assert batch.weights is not None
    plain, heavy = (judged(run, one) for one in (batch, dataclasses.replace(batch, weights=factor * batch.weights)))
    for name, one in plain.items():
        assert heavy[name].verdict is one.verdict
        if one.improvement is not None and not math.isnan(one.improvement.value):
            again = heavy[name].improvement
            assert again is not None
            assert (again.value, again.low, again.high) == pytest.approx(
                (one.improvement.value, one.improvement.low, one.improvement.high), abs=1e-6
            )


@each
def test_weights_that_differ_cost_rows(task: Task) -> None:
    """Kish: weights of 1 and 9 in equal parts are worth (5 + 5)² / (1 + 81) · 2 of each two rows, 61 %."""
    run, batch = run_of(task), batch_of(task, 7, 2000)
    weights = np.where(np.arange(2000) % 2 == 0, 1.0, 9.0)
    plain, weighed = (judged(run, one) for one in (batch, dataclasses.replace(batch, weights=weights)))
    ratios = []
    for name, one in plain.items():
        if name.startswith("compare/") and one.improvement is not None:
            assert weighed[name].effective_units == pytest.approx(2000 * 100 / 164, rel=1e-9)
            ratios.append(width(weighed[name]) / width(one))
    assert np.mean(ratios) == pytest.approx(math.sqrt(1.64), rel=0.1)


@kinds
@each
def test_two_runs_over_the_same_rows_decide_alike(task: Task, units: bool, weights: bool) -> None:
    batch = batch_of(task, 8, 300, units=units, weights=weights)
    first, second = (gate.run(run_of(task), batches=[batch]).findings for _ in range(2))
    assert decide(first, champion=True) == decide(second, champion=True)


@each
@pytest.mark.parametrize("units", [False, True])
def test_a_slice_does_not_know_what_other_slices_hold(task: Task, units: bool) -> None:
    """Fixed point is relative to the slice: a million times the weight, or the error, next door changes no bit here."""
    run = dataclasses.replace(run_of(task), gaps=())
    batch = batch_of(task, 9, 600, units=units, weights=True)
    group = batch.columns["group"].codes
    assert batch.weights is not None
    heavy = dataclasses.replace(batch, weights=np.where(group == 0, 2.0**20, 1.0) * batch.weights)
    plain, other = (judged(run, one) for one in (batch, heavy))
    for name, one in plain.items():
        if one.slice in ("group=y", "group=z"):
            again = other[name]
            assert (again.improvement, again.effective_units) == (one.improvement, one.effective_units), name


@pytest.mark.parametrize("units", [False, True])
def test_large_errors_next_door_leave_the_standard_error_of_a_small_slice_alone(units: bool) -> None:
    run = run_of(Task.REGRESSION, names=("r2", "median_absolute_error"))
    batch = batch_of(Task.REGRESSION, 10, 900, units=units)
    far = np.where(batch.columns["group"].codes == 0, 1e7, 0.0)
    plain, other = (judged(run, one) for one in (batch, dataclasses.replace(batch, challenger=batch.challenger + far)))
    for name, one in plain.items():
        if one.slice in ("group=y", "group=z"):
            assert other[name].improvement == one.improvement, name
