"""Joint tables to paired spreads: what is counted, what is undefined, and what happens at the edges of a table."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.inference.loss_pairs import pair_of_losses
from mlgate.inference.pair import UNDEFINED, Pair, student, within
from mlgate.inference.pairs import pair_of_proportions, pair_of_summary
from mlgate.inference.spread import interval
from mlgate.inference.table_pairs import pair_of_tables
from mlgate.metrics import Confusion, find
from mlgate.records.rows import Batch
from tests.making import asked, rows, run_of, settled, some

ACCURACY = ((1, 0, 0, 1), (1, 1, 1, 1))


def sums_of(first: list[int], second: list[int]) -> NDArray[np.object_]:
    """The nine exact sums of two models' losses, as a tally holds them."""
    a, b = np.array(first, dtype=object), np.array(second, dtype=object)
    d = b - a
    row = [len(first), a.sum(), b.sum(), (a * a).sum(), (a * b).sum(), (b * b).sum()]
    return np.array([[*row, (a**3).sum(), (b**3).sum(), (d**3).sum()]], dtype=object)


def ranked(labels: list[int], champion: list[float], challenger: list[float], counts: list[int] | None = None) -> Pair:
    """The pair of two AUCs; with counts, each row stands for so many equal ones."""
    batch: Batch = rows(labels, champion, challenger)
    if counts is not None:
        batch = some(batch, np.repeat(np.arange(len(labels)), counts))
    return pair_of_summary(settled(run_of(asked("roc_auc")), batch).summaries["roc_auc"], 1)[0]


def test_pairs_that_differ_are_told_apart_by_who_is_right() -> None:
    # (label, champion, challenger): 3 gained on negatives (0,1,0), 2 lost on positives (1,1,0), 95 agree.
    cells = np.array([[50, 0, 3, 0, 0, 0, 2, 45]])
    pair = pair_of_proportions(cells, *ACCURACY, 1)[0]
    assert (pair.gained, pair.lost) == (3, 2)
    assert pair.improvement.value == pytest.approx(0.01)
    assert (pair.champion.value, pair.challenger.value) == (0.97, 0.98)
    turned = pair_of_proportions(cells, *ACCURACY, -1)[0]
    assert (turned.gained, turned.lost) == (2, 3)
    assert turned.improvement.value == pytest.approx(-0.01)


def test_a_slice_without_counted_rows_is_undefined_and_hides_no_other() -> None:
    recall = find("recall")
    assert isinstance(recall, Confusion) and recall.hit is not None and recall.among is not None
    cells = np.array([[9, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 1, 8]])
    empty, full = pair_of_proportions(cells, recall.hit, recall.among, 1)
    assert {empty.champion.method, empty.challenger.method, empty.improvement.method} == {"undefined"}
    assert full.challenger.value == pytest.approx(0.8)


@pytest.mark.parametrize("name", ["precision", "f1", "balanced_accuracy", "mcc"])
def test_models_that_agree_on_every_row_still_have_an_interval_of_some_width(name: str) -> None:
    metric = find(name)
    assert isinstance(metric, Confusion)
    cells = np.array([[60, 0, 0, 5, 6, 0, 0, 40]])
    pair = pair_of_tables(cells, metric.value, metric.influence, 1)[0]
    assert pair.improvement.value == 0
    low, high = interval(pair.improvement, 0.95)
    assert low < 0 < high


@pytest.mark.parametrize("name", ["precision", "f1", "mcc"])
def test_the_quarters_in_the_cells_touch_the_error_and_never_the_value(name: str) -> None:
    metric = find(name)
    assert isinstance(metric, Confusion)
    cells = np.array([[60, 1, 2, 5, 6, 3, 4, 40]])
    padded, bare = (pair_of_tables(cells, metric.value, metric.influence, 1, padding)[0] for padding in (0.25, 0.0))
    assert padded.improvement.value == bare.improvement.value
    assert padded.improvement.error != bare.improvement.error
    nothing = pair_of_tables(np.zeros((1, 8), dtype=np.int64), metric.value, metric.influence, 1)[0]
    assert nothing.challenger.method == "undefined"


def test_counts_beyond_what_32_bits_hold_are_still_counted_rightly() -> None:
    many = 10**15
    cells = np.array([[many, 0, 0, 0, 0, 0, many // 100, many]])
    pair = pair_of_proportions(cells, *ACCURACY, 1)[0]
    assert pair.improvement.value == pytest.approx(-0.01 / 2.01)
    low, high = interval(pair.improvement, 0.95)
    assert pair.improvement.value - 1e-6 < low < high < pair.improvement.value + 1e-6
    f1 = find("f1")
    assert isinstance(f1, Confusion)
    assert math.isfinite(pair_of_tables(cells, f1.value, f1.influence, 1)[0].improvement.error)


# ---- losses


@settings(max_examples=40, deadline=None)
@given(data=st.lists(st.tuples(st.integers(0, 2**30), st.integers(0, 2**30)), min_size=3, max_size=40))
def test_moments_from_exact_sums_are_those_of_the_rows(data: list[tuple[int, int]]) -> None:
    first, second = ([row[place] for row in data] for place in (0, 1))
    pair = pair_of_losses(sums_of(first, second), 30)[0]
    d = (np.array(first) - np.array(second)) / 2**30
    assert pair.improvement.value == pytest.approx(d.mean(), abs=1e-12)
    if len(set(d.tolist())) > 1 and d.std() > 1e-6:
        assert pair.improvement.error == pytest.approx(d.std(ddof=1) / len(d) ** 0.5, rel=1e-9)
        skewness = ((d - d.mean()) ** 3).mean() / d.std(ddof=1) ** 3
        assert pair.improvement.skewness == pytest.approx(skewness, rel=1e-6, abs=1e-9)


def test_differences_that_are_all_equal_have_the_champions_spread_as_their_floor() -> None:
    first = [10, 20, 30, 40] * 50
    pair = pair_of_losses(sums_of(first, [value + 5 for value in first]), 7)[0]
    assert pair.improvement.value == pytest.approx(-5 / 128)
    n, z_square = 200, 3.841459
    half = z_square / (n + z_square) * np.std(np.array(first) / 128, ddof=1)
    low, high = interval(pair.improvement, 0.95)
    assert (low, high) == pytest.approx((-5 / 128 - half, -5 / 128 + half), rel=1e-4)


@pytest.mark.parametrize("loss", [0, 7])
def test_even_models_without_any_error_are_not_compared_for_sure(loss: int) -> None:
    pair = pair_of_losses(sums_of([loss] * 400, [loss] * 400), 30)[0]
    low, high = interval(pair.improvement, 0.95)
    assert low < 0 < high


def test_one_row_has_a_loss_and_no_rows_have_none() -> None:
    one = pair_of_losses(sums_of([3], [5]), 3)[0]
    assert (one.champion.value, one.challenger.value) == (3 / 8, 5 / 8)
    assert interval(one.challenger, 0.95) == (-math.inf, math.inf)
    nothing = pair_of_losses(np.zeros((1, 9), dtype=object), 3)[0]
    assert nothing.improvement.method == "undefined"


# ---- rankings


def test_one_class_has_no_auc() -> None:
    assert ranked([1, 1], [0.1, 0.2], [0.3, 0.1]).improvement.method == "undefined"


@pytest.mark.parametrize("labels", [[1, 0, 0], [1, 1, 0], [1, 0]])
def test_a_class_of_one_row_gives_a_value_and_no_certainty(labels: list[int]) -> None:
    scores = [0.9, 0.5, 0.1][: len(labels)]
    pair = ranked(labels, scores, scores[::-1])
    assert pair.champion.value == 1.0
    assert interval(pair.improvement, 0.95) == (-math.inf, math.inf)


def test_perfect_ranking_and_constant_scores_are_never_certain() -> None:
    labels = [0] * 60 + [1] * 60
    perfect, constant = [0.2] * 60 + [0.8] * 60, [0.5] * 120
    for champion, challenger in ((perfect, perfect), (constant, constant), (perfect, constant), (constant, perfect)):
        pair = ranked(labels, champion, challenger)
        for spread in (pair.champion, pair.challenger, pair.improvement):
            low, high = interval(spread, 0.95)
            assert high - low > 0.01
    assert ranked(labels, constant, perfect).improvement.value == 0.5


def test_the_error_of_an_auc_is_delongs_from_the_kernel_itself() -> None:
    """An independent computation: placements by comparing every pair of rows, and their covariance by class."""
    labels = np.repeat([0, 1], [50, 50])
    rng = np.random.default_rng(2)
    old, new = (np.round(rng.random(100) * 0.6 + 0.3 * labels, 1) for _ in range(2))
    pair = ranked(labels.tolist(), old.tolist(), new.tolist())
    placed = []
    for scores in (old, new):
        kernel = np.sign(scores[labels == 1][:, None] - scores[labels == 0][None, :]) / 2 + 0.5
        placed.append((kernel.mean(axis=1), kernel.mean(axis=0), kernel.mean()))
    d = [placed[1][side] - placed[0][side] for side in (0, 1)]
    parts = [float(np.var(side, ddof=1)) / 50 for side in d]
    assert pair.improvement.value == pytest.approx(placed[1][2] - placed[0][2], abs=1e-12)
    assert pair.improvement.error == pytest.approx(math.sqrt(sum(parts)), rel=1e-7)
    freedom = sum(parts) ** 2 / sum(part**2 / 49 for part in parts)
    assert pair.improvement.freedom == pytest.approx(freedom, rel=1e-6)


def test_rows_that_occur_several_times_count_as_often() -> None:
    labels, old, new = [0, 0, 1, 1, 1], [0.1, 0.6, 0.4, 0.7, 0.7], [0.2, 0.3, 0.5, 0.9, 0.1]
    counts = [30, 20, 25, 10, 15]
    together = ranked(labels, old, new, counts)
    lost = won = 0.0
    for (y, s, n), (other, t, m) in itertools.product(zip(labels, new, counts, strict=True), repeat=2):
        if y == 1 and other == 0:
            won, lost = won + n * m * ((s > t) + (s == t) / 2), lost + n * m
    assert together.challenger.value == pytest.approx(won / lost, abs=1e-12)


def test_only_students_spread_is_kept_within_a_range() -> None:
    free = student(0.5, 0.125, 9.0)
    assert within(free, (0.0, 1.0)) == student(0.5, 0.125, 9.0, (0.0, 1.0)) != free
    assert within(free, None) is free
    assert within(UNDEFINED, (0.0, 1.0)) is UNDEFINED
