"""Poisson bootstrap: draws hang on identity alone, are Poisson, and give the errors that formulas give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.errors import ConfigError, DataError
from mlgate.inference.bootstrap import draws, errors_of_replicates
from mlgate.inference.spread import standard_error
from mlgate.records.evidence import Evidence
from mlgate.records.rows import Batch
from mlgate.records.run import Grouping, OwnMetric, Run
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.settle import settle
from mlgate.tally_file import dump
from tests.making import asked, coded, random_rows, settled, some


def test_draws_are_poisson_with_mean_one_and_independent_between_rows_and_replicates() -> None:
    identity = np.arange(40_000, dtype=np.uint64)
    first, second = draws(identity, 0, 7), draws(identity, 1, 7)
    for drawn in (first, second):
        seen = np.bincount(drawn.astype(int), minlength=6)[:6] / len(drawn)
        expected = [math.exp(-1) / math.factorial(k) for k in range(6)]
        assert seen == pytest.approx(expected, abs=4 * math.sqrt(0.25 / 40_000))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.02
    assert (first != draws(identity, 0, 8)).any()


@settings(max_examples=50, deadline=None)
@given(ids=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30), seed=st.integers(-(2**70), 2**70))
def test_a_row_is_drawn_as_often_wherever_it_stands(ids: list[int], seed: int) -> None:
    identity = np.array(ids, dtype=np.uint64)
    there = dict(zip(ids, draws(identity, 3, seed).tolist(), strict=True))
    assert draws(identity[::-1], 3, seed).tolist() == [there[one] for one in ids[::-1]]
    assert draws(identity[:1], 3, seed).tolist() == [there[ids[0]]]


def test_an_error_needs_replicates_that_have_a_value() -> None:
    replicates = np.random.default_rng(1).normal(size=(100, 2))
    assert all(math.isfinite(error) for error in errors_of_replicates(replicates, 50))
    replicates[:6] = math.nan
    assert errors_of_replicates(replicates, 50) == (math.inf,) * 3
    assert errors_of_replicates(replicates[6:], 1) == (math.inf,) * 3


# ---- a user's own metric on the way through the stages


def weighted_accuracy(labels: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any]) -> float:
    return float(np.average((scores >= 0.5) == labels, weights=weights)) if weights.sum() > 0 else math.nan


def run_of(function: Any = weighted_accuracy, **more: Any) -> Run:
    own = OwnMetric(name="mine.metric", title="mine", function=function, greater_is_better=True, minimum=50)
    return Run(
        requirements=(asked("mine.metric"), asked("accuracy")),
        groupings=(Grouping(columns=("group",)),),
        own_metrics=(own,),
        **more,
    )


def batch_of(seed: int, n: int, *, units: bool = False, weights: bool = False) -> Batch:
    plain = random_rows(seed, n)
    rng = np.random.default_rng(seed)
    return Batch(
        labels=plain.labels,
        champion=plain.champion,
        challenger=plain.challenger,
        columns=plain.columns,
        identity=rng.permutation(n).astype(np.uint64),
        units=rng.integers(0, n // 5, n).astype(np.uint64) if units else None,
        weights=rng.integers(1, 5, n).astype(np.float64) if weights else None,
    )


def evidence(run: Run, batch: Batch) -> dict[tuple[str, str], Evidence]:
    found = compare(run, settled(run, batch), dataset="d", metrics=run.metrics())
    return {(one.metric, one.slice): one for one in found}


@pytest.mark.parametrize(("units", "weights"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_bootstrap_has_the_error_of_the_same_metric_with_a_formula(units: bool, weights: bool) -> None:
    found = evidence(run_of(replicates=1000), batch_of(1, 600, units=units, weights=weights))
    for where in ("overall", "group=g0"):
        own, known = found["mine.metric", where], found["accuracy", where]
        assert own.champion is not None and known.champion is not None
        assert (own.challenger.value, own.champion.value) == pytest.approx(
            (known.challenger.value, known.champion.value), abs=1e-12
        )
        for ours, theirs in (
            (own.improvement_spread, known.improvement_spread),
            (own.challenger_spread, known.challenger_spread),
        ):
            assert ours is not None and theirs is not None
            # 1000 replicates know a standard error to some 2 %; shares on units never claim less than rows have.
            assert standard_error(ours) == pytest.approx(standard_error(theirs), rel=0.12)


@pytest.mark.parametrize(("units", "weights"), [(False, False), (True, True)])
@pytest.mark.parametrize("seed", range(3))
def test_any_partition_and_order_gives_the_same_bytes(units: bool, weights: bool, seed: int) -> None:
    def unstable(labels: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any]) -> float:
        total = 0.0
        for term in ((scores - 0.3) ** 3 * weights * (1 + labels)).tolist():
            total += term  # the order of additions shows in the last bits
        return total

    run, batch = run_of(unstable, replicates=20), batch_of(seed, 300, units=units, weights=weights)
    parts = np.array_split(np.random.default_rng(seed).permutation(300), 4)
    whole = dump({"d": settle(run, add_up(run, [batch]))})
    assert dump({"d": settle(run, add_up(run, [some(batch, part) for part in parts]))}) == whole


def test_it_gets_scores_as_the_models_gave_them_and_weights_as_rows_have_them() -> None:
    batch = batch_of(2, 120, weights=True)
    calls: list[tuple[NDArray[Any], ...]] = []

    def listening(labels: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any]) -> float:
        calls.append((labels, scores, weights))
        return 0.5

    evidence(run_of(listening, replicates=2), batch)
    whole = [call for call in calls if len(call[0]) == 120]
    champion, challenger = whole[:2]
    assert batch.champion is not None and batch.weights is not None
    assert sorted(champion[1].tolist()) == sorted(batch.champion.tolist())
    assert sorted(challenger[1].tolist()) == sorted(batch.challenger.tolist())
    assert sorted(challenger[2].tolist()) == sorted(batch.weights.tolist())
    assert len(whole) == 2 + 2 * 2, "two values, and two replicates of each"


def test_below_its_minimum_size_nothing_is_drawn() -> None:
    calls = []

    def counting(labels: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any]) -> float:
        calls.append(len(labels))
        return 1.0

    found = evidence(run_of(counting, replicates=50), batch_of(3, 40))["mine.metric", "overall"]
    assert calls.count(40) == 2
    assert found.shortage == "40 rows, at least 50 needed"


def test_an_undefined_value_stays_undefined() -> None:
    found = evidence(run_of(lambda labels, scores, weights: math.nan, replicates=5), batch_of(4, 100))
    one = found["mine.metric", "overall"]
    assert math.isnan(one.challenger.value)
    assert one.improvement is not None and math.isnan(one.improvement.value)


@pytest.mark.parametrize("broken", [lambda y, s, w: 1 / 0, lambda y, s, w: "text", lambda y, s, w: None])
def test_a_metric_that_breaks_down_stops_the_run_in_one_sentence(broken: Any) -> None:
    with pytest.raises(ConfigError, match=r"mine.metric broke down on \d+ rows \(.*; give nan where there is no value"):
        evidence(run_of(broken, replicates=5), batch_of(5, 100))


def test_rows_without_identity_cannot_be_drawn() -> None:
    with pytest.raises(DataError, match="these have no identity"):
        evidence(run_of(replicates=5), random_rows(6, 100))


def test_decisions_alone_will_do() -> None:
    run, batch = run_of(scores=False, replicates=20), batch_of(7, 200)
    assert batch.champion is not None
    decided = Batch(
        labels=batch.labels,
        champion=(batch.champion >= 0.5).astype(np.float64),
        challenger=(batch.challenger >= 0.5).astype(np.float64),
        columns={"group": coded(["a"] * 200)},
        identity=batch.identity,
    )
    found = evidence(run, decided)
    assert found["mine.metric", "overall"].challenger.value == pytest.approx(
        found["accuracy", "overall"].challenger.value
    )
