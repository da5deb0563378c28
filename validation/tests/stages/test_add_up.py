"""Rows to a tally: what is refused before it can poison a sum, and what is kept of the rest."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mlgate.errors import DataError
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Run
from mlgate.stages.add_up import add_up
from tests.making import asked, random_rows, rows, some

BOTH = Run(requirements=(asked("accuracy"), asked("log_loss"), asked("roc_auc")))


def test_no_rows_at_all_are_refused() -> None:
    with pytest.raises(DataError, match="there are no rows to judge"):
        add_up(BOTH, [])


def test_a_batch_without_rows_adds_nothing() -> None:
    batch = rows([1, 0], [0.9, 0.2], [0.8, 0.4])
    empty = Batch(labels=batch.labels[:0], champion=np.empty(0), challenger=np.empty(0), columns={})
    together = add_up(BOTH, [empty, batch, empty])
    assert together.cells.tolist() == add_up(BOTH, [batch]).cells.tolist() == [[1, 0, 0, 0, 0, 0, 0, 1]]
    assert add_up(BOTH, [empty]).cells.sum() == 0


def test_too_many_slices_are_refused_whatever_the_batches() -> None:
    batch = random_rows(0, 1500)
    columns = {"id": Coded(codes=np.arange(1500, dtype=np.int32), values=tuple(map(float, range(1500))))}
    run = Run(requirements=(asked("accuracy"),), groupings=(Grouping(columns=("id",)),))
    whole = dataclasses.replace(batch, columns=columns)
    halves = [some(whole, np.arange(start, start + 750)) for start in (0, 750)]
    for batches in ([whole], halves):
        with pytest.raises(DataError, match="slices by id: 1,500 different values"):
            add_up(run, batches)
    assert len(add_up(run, halves[:1]).slices) == 751


@pytest.mark.parametrize("score", [-0.01, 1.01, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_a_score_that_is_no_probability_is_told_with_its_model_and_row(role: str, score: float) -> None:
    bad, good = [0.1, 0.2, score], [0.1, 0.2, 0.3]
    batch = rows([0, 1, 0], bad if role == "champion" else good, bad if role == "challenger" else good)
    with pytest.raises(DataError, match=rf"the {role}'s score of row 3 is .*; scores are numbers in \[0, 1\]"):
        add_up(BOTH, [batch])


def test_models_that_scored_other_numbers_of_rows_are_not_compared() -> None:
    with pytest.raises(DataError, match="the champion gave 3 scores for 2 rows"):
        add_up(BOTH, [rows([0, 1], [0.1, 0.2, 0.3], [0.1, 0.2])])


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_that_is_neither_0_nor_1_is_refused(label: int) -> None:
    with pytest.raises(DataError, match="a label is neither 0 nor 1"):
        add_up(BOTH, [rows([0, label], [0.1, 0.2], [0.1, 0.2])])


def test_only_the_tables_that_some_metric_reads_are_kept() -> None:
    batch = random_rows(1, 50)
    plain = add_up(Run(requirements=(asked("accuracy"),)), [batch])
    assert (dict(plain.sums), plain.kept) == ({}, None)
    losses = add_up(Run(requirements=(asked("brier"),)), [batch])
    assert (list(losses.sums), losses.kept) == (["brier"], None)
    decisions = add_up(Run(requirements=BOTH.requirements, scores=False), [batch])
    assert (dict(decisions.sums), decisions.kept) == ({}, None)


def test_without_a_champion_the_tally_says_so_and_rows_hold_none() -> None:
    tally = add_up(BOTH, [rows([1, 0], None, [0.8, 0.4])])
    assert not tally.paired
    assert tally.kept is not None and tally.kept.champion is None


@pytest.mark.parametrize(("score", "cell"), [(0.5, 7), (np.nextafter(0.5, 0), 4), (1.0, 7), (0.0, 4)])
def test_a_score_at_the_threshold_is_the_positive_decision(score: float, cell: int) -> None:
    cells = add_up(BOTH, [rows([1], [score], [score])]).cells
    assert np.flatnonzero(cells[0]).tolist() == [cell]


def test_the_threshold_of_the_run_counts() -> None:
    run = Run(requirements=(asked("accuracy"),), threshold=0.3)
    assert add_up(run, [rows([1], [0.29], [0.31])]).cells.tolist() == [[0, 0, 0, 0, 0, 1, 0, 0]]


def test_a_slice_of_a_column_that_is_not_there_is_refused() -> None:
    run = Run(requirements=(asked("accuracy"),), groupings=(Grouping(columns=("grup",)),))
    with pytest.raises(DataError, match='did you mean "group"'):
        add_up(run, [random_rows(1, 10)])
