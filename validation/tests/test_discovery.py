"""Slices that nobody declared: found where they are planted, confirmed on other rows, and not dreamt up elsewhere."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlgate.discovery import Discovered, discover, requirement_of
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Requirement, Run
from mlgate.records.words import Level, Rule, Task, Verdict
from mlgate.search.levels import SearchColumn, categories, numbers
from mlgate.stages.seek import metric_of, seek

ROWS = 6_000
SETTINGS = DiscoverySettings(depth=2)
BINARY = Run(
    requirements=(Requirement(metric="accuracy", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.01),), scores=False
)
REGRESSION = Run(
    requirements=(Requirement(metric="mae", rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.02, relative=True),),
    task=Task.REGRESSION,
)
THREE = dataclasses.replace(BINARY, task=Task.MULTICLASS, classes=("a", "b", "c"))


@cache
def columns() -> tuple[SearchColumn, ...]:
    random = np.random.default_rng(1)
    age = random.integers(18, 80, ROWS).astype(float)
    age[random.random(ROWS) < 0.1] = np.nan
    job = Coded(codes=random.integers(0, 4, ROWS).astype(np.int32), values=("cook", "judge", "nurse", None))
    return (numbers("age", age, 10), categories("job", job), numbers("noise", random.normal(size=ROWS), 10))


def taken(column: SearchColumn, rows: NDArray[np.intp]) -> SearchColumn:
    """Some rows of a column."""
    fine = None if column.fine is None else dataclasses.replace(column.fine, codes=column.fine.codes[rows])
    return dataclasses.replace(column, codes=column.codes[rows], fine=fine)


def young_nurses() -> NDArray[np.bool_]:
    age, job, _ = columns()
    inside: NDArray[np.bool_] = (job.codes == job.items[2].first) & (age.codes <= 3)
    return inside


def batch(*, planted: bool, task: Task = Task.BINARY, champion: bool = True) -> Batch:
    """Models that err alike, but for young nurses, where the challenger is turned round or off the mark."""
    random = np.random.default_rng(2)
    worse = young_nurses() & (random.random(ROWS) < 0.5) & planted
    labels: NDArray[Any]
    answers: list[NDArray[Any]]
    if task is Task.REGRESSION:
        labels = random.normal(size=ROWS)
        answers = [labels + random.standard_t(3, ROWS) * 0.3 for _ in range(2)]
        answers[1] = np.where(worse, answers[1] + 2.0, answers[1])
    else:
        classes = 2 if task is Task.BINARY else 3
        labels = random.integers(0, classes, ROWS)
        wrong = [random.random(ROWS) < 0.1 for _ in range(2)]
        answers = [np.where(one, (labels + 1) % classes, labels).astype(np.int32) for one in wrong]
        answers[1] = np.where(worse, (answers[1] + 1) % classes, answers[1]).astype(np.int32)
    kind = {Task.BINARY: np.float64, Task.MULTICLASS: np.int32, Task.REGRESSION: np.float64}[task]
    return Batch(
        labels=labels if task is Task.REGRESSION else labels.astype(np.int8 if task is Task.BINARY else np.int32),
        champion=answers[0].astype(kind) if champion else None,
        challenger=answers[1].astype(kind),
        columns={},
        identity=random.integers(0, 2**63, ROWS).astype(np.uint64),
    )


def kinds(found: Discovered) -> set[str]:
    rows = next((one.rows for one in found.exhibits if one.name == "discovered"), ())
    return {str(row[0]) for row in rows}


@pytest.mark.parametrize(
    ("task", "run"), [(Task.BINARY, BINARY), (Task.MULTICLASS, THREE), (Task.REGRESSION, REGRESSION)]
)
def test_a_planted_regression_is_found_confirmed_and_blocks(task: Task, run: Run) -> None:
    found = discover(run, batch(planted=True, task=task), columns(), SETTINGS)
    assert len(found.findings) == 1
    one = found.findings[0]
    assert "job=nurse" in one.slice and "age <" in one.slice
    assert one.id == f"slices/discovered/{one.metric}/not_worse/{one.slice}"
    assert (one.verdict, one.level, one.blocking) == (Verdict.FAIL, Level.GUARDED, True)
    assert one.adjusted_p is not None and one.adjusted_p <= 0.025
    assert one.improvement is not None and one.improvement.high < 0
    assert one.reason.startswith("found on one half of the rows and confirmed on the other: ")
    lost = young_nurses()
    assert len(found.examples[0]) == 5 and lost[found.examples[0]].mean() >= 0.8


@pytest.mark.parametrize(
    ("task", "run"), [(Task.BINARY, BINARY), (Task.MULTICLASS, THREE), (Task.REGRESSION, REGRESSION)]
)
def test_nothing_is_confirmed_where_nothing_is_planted(task: Task, run: Run) -> None:
    found = discover(run, batch(planted=False, task=task), columns(), SETTINGS)
    assert found.findings == () and "worse" in kinds(found)


def test_an_advisory_search_shows_and_never_blocks() -> None:
    settings = dataclasses.replace(SETTINGS, level=Level.ADVISORY)
    (one,) = discover(BINARY, batch(planted=True), columns(), settings).findings
    assert (one.verdict, one.level, one.blocking) == (Verdict.FAIL, Level.ADVISORY, False)


def test_a_challenger_that_is_worse_everywhere_has_no_slices_of_its_own() -> None:
    rows, random = batch(planted=False), np.random.default_rng(3)
    worse = np.where(random.random(ROWS) < 0.2, 1 - rows.challenger, rows.challenger)
    assert discover(BINARY, dataclasses.replace(rows, challenger=worse), columns(), SETTINGS).findings == ()


def test_what_improved_and_what_is_bad_is_told_and_judged_by_nobody() -> None:
    rows = batch(planted=True)
    assert rows.champion is not None
    turned = dataclasses.replace(rows, champion=rows.challenger, challenger=rows.champion)
    found = discover(BINARY, turned, columns(), SETTINGS)
    assert found.findings == ()
    told = next(one for one in found.exhibits if one.name == "discovered")
    better = [dict(zip(told.columns, row)) for row in told.rows if row[0] == "better" and row[-2]]
    assert len(better) == 1 and "job=nurse" in str(better[0]["slice"])
    planted = discover(BINARY, rows, columns(), SETTINGS)
    bad = [row for one in planted.exhibits if one.name == "discovered" for row in one.rows if row[0] == "bad"]
    assert any("job=nurse" in str(row[1]) and row[-2] for row in bad)


def test_without_a_champion_only_what_is_bad_is_told() -> None:
    found = discover(BINARY, batch(planted=True, champion=False), columns(), SETTINGS)
    assert found.findings == () and kinds(found) == {"bad"}


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows, order = batch(planted=True), np.random.default_rng(5).permutation(ROWS)
    assert rows.champion is not None and rows.identity is not None
    shuffled = Batch(
        labels=rows.labels[order],
        champion=rows.champion[order],
        challenger=rows.challenger[order],
        columns={},
        identity=rows.identity[order],
    )
    moved = [taken(one, order) for one in columns()]
    first, second = discover(BINARY, rows, columns(), SETTINGS), discover(BINARY, shuffled, moved[::-1], SETTINGS)
    assert (first.findings, first.exhibits) == (second.findings, second.exhibits)
    assert [order[rows_].tolist() for rows_ in second.examples] == [one.tolist() for one in first.examples]


def test_rows_of_one_unit_are_on_one_side() -> None:
    units = np.random.default_rng(6).integers(0, 500, ROWS).astype(np.uint64) * np.uint64(2**40 + 7)
    sought = seek(BINARY, dataclasses.replace(batch(planted=True), units=units), columns(), SETTINGS, "accuracy")
    sides = {unit: set(sought.searched[units == unit].tolist()) for unit in np.unique(units)[:100]}
    assert {len(side) for side in sides.values()} == {1}
    assert 0.4 < sought.searched.mean() < 0.6


def test_units_widen_what_the_other_half_says() -> None:
    rows = batch(planted=True)
    units = np.repeat(np.arange(ROWS // 20), 20).astype(np.uint64) * np.uint64(2**41 + 9)
    (plain,) = discover(BINARY, rows, columns(), SETTINGS).findings
    clustered = discover(BINARY, dataclasses.replace(rows, units=units), columns(), SETTINGS).findings
    assert clustered and clustered[0].units is not None and clustered[0].units < (clustered[0].rows or 0)
    assert plain.units == plain.rows


def test_one_enormous_error_makes_no_slice() -> None:
    rows = batch(planted=False, task=Task.REGRESSION)
    challenger = rows.challenger.copy()
    challenger[7] = 1e9
    found = discover(REGRESSION, dataclasses.replace(rows, challenger=challenger), columns(), SETTINGS)
    assert found.findings == ()


def test_few_rows_are_not_searched() -> None:
    rows = batch(planted=True)
    assert rows.identity is not None and rows.champion is not None
    few = Batch(
        labels=rows.labels[:80],
        champion=rows.champion[:80],
        challenger=rows.challenger[:80],
        columns={},
        identity=rows.identity[:80],
    )
    cut = [taken(one, np.arange(80)) for one in columns()]
    found = discover(BINARY, few, cut, SETTINGS)
    assert found.findings == () and kinds(found) == set()


@pytest.mark.parametrize(
    ("metrics", "task", "expected"),
    [
        (("roc_auc", "log_loss", "accuracy"), Task.BINARY, "log_loss"),
        (("recall",), Task.BINARY, "accuracy"),
        (("rmse", "mae"), Task.REGRESSION, "rmse"),
        ((), Task.REGRESSION, "mae"),
    ],
)
def test_the_loss_is_that_of_the_first_metric_that_has_one(metrics: tuple[str, ...], task: Task, expected: str) -> None:
    asked = tuple(Requirement(metric=one, rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=0.01) for one in metrics)
    assert metric_of(Run(requirements=asked, task=task)) == expected


def test_the_margin_is_that_of_slices_or_twice_that_of_all_rows() -> None:
    assert requirement_of(BINARY, SETTINGS).margin == 0.02
    declared = Requirement(metric="accuracy", rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=0.05)
    run = dataclasses.replace(BINARY, requirements=(*BINARY.requirements, declared))
    assert requirement_of(run, SETTINGS).margin == 0.05
