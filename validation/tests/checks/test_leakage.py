"""Leakage seen through hashes alone: what is a copy, what chance explains, and that neither order nor scale matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.checks import hashed_rows
from mlgate.checks.duplicates import observe_duplicates
from mlgate.checks.hashed_rows import Rows, chance_bound, contained
from mlgate.checks.leakage import observe_leakage
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations

SETTINGS = LeakageSettings()
Hashes = NDArray[np.uint64]


def spread(values: Sequence[int] | NDArray[np.int64]) -> Hashes:
    """Numbers as hashes are: spread over all bits."""
    return np.asarray(values).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def rows_of(table: NDArray[np.int64], dataset: str, labels: NDArray[np.int64] | None = None) -> Rows:
    """A table of small integers, (n, columns), as hashes."""
    salts = spread(np.arange(1, table.shape[1] + 1) * 7919)
    parts = [spread(table[:, place] + 1) ^ salt for place, salt in enumerate(salts)]
    parts = [part * (part >> np.uint64(31) | np.uint64(1)) for part in parts]
    total: Hashes = np.asarray(np.sum(parts, axis=0, dtype=np.uint64))
    truth = spread(np.zeros(len(table), dtype=np.int64) if labels is None else labels)
    return Rows(
        dataset=dataset,
        features=total,
        whole=total + truth,
        labelled=total + truth,
        alike=(total, *(total - part for part in parts)),
        name_rows=lambda places: "row " + ", ".join(str(place) for place in places),
    )


def verdict(seen: Observation) -> Verdict:
    return judge_observations([seen])[0].verdict


def wide(rows: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, 1000, (rows, 5))


def few_valued(rows: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, [4, 5, 3, 6, 2], (rows, 5))


def test_rows_that_were_trained_on_are_counted_and_named() -> None:
    train, judged = wide(2000, 1), wide(500, 2)
    train[:25] = judged[40:65]
    seen, near = observe_leakage(rows_of(train, "train"), rows_of(judged, "base_case"), SETTINGS)
    assert seen.id == "data/base_case/shared_rows/train"
    assert (seen.value, seen.rows) == (25 / 500, 500)
    assert seen.reason.startswith(
        "25 of 500 rows (5 %) whose features stand in train too; 5 % are more than few-valued"
    )
    assert seen.examples == "row 40, 41, 42, 43, 44 …"
    assert verdict(seen) is Verdict.FAIL
    assert verdict(near) is Verdict.PASS, "an exact copy is told once, not twice"


def test_a_trained_row_with_another_label_is_told() -> None:
    train, judged = wide(2000, 1), wide(500, 2)
    train[:25] = judged[:25]
    other = np.zeros(500, dtype=np.int64)
    other[:7] = 1
    seen = observe_leakage(rows_of(train, "train"), rows_of(judged, "base_case", other), SETTINGS)[0]
    assert ", 7 of them with another label" in seen.reason


def test_few_valued_columns_explain_rows_that_come_again() -> None:
    train, judged = rows_of(few_valued(2000, 1), "train"), rows_of(few_valued(500, 2), "base_case")
    seen = [*observe_leakage(train, judged, SETTINGS), *observe_duplicates(train, SETTINGS)]
    assert seen[0].value > 0.5, "this test needs rows that repeat by themselves"
    assert {verdict(one) for one in seen} == {Verdict.PASS}


def test_copies_are_found_where_training_rows_were_repeated_on_purpose() -> None:
    train, judged = wide(2000, 1), wide(500, 2)
    train[:25] = judged[:25]
    tripled = np.concatenate([train, train, train])
    seen = observe_leakage(rows_of(tripled, "train"), rows_of(judged, "base_case"), SETTINGS)[0]
    assert "of the rows of train 100 % have an equal there" in seen.reason
    assert verdict(seen) is Verdict.FAIL


def test_copies_among_half_repeating_rows_are_found_by_how_often_rows_meet_their_own_set() -> None:
    base = np.random.default_rng(3).integers(0, [12, 12, 12, 12], (6000, 4))
    train, judged = base[:4000], base[4000:]
    clean = observe_leakage(rows_of(train, "train"), rows_of(judged, "base_case"), SETTINGS)[0]
    assert clean.value > 0.1 and verdict(clean) is Verdict.PASS
    leaking = np.concatenate([train, judged[:600]])
    assert (
        verdict(observe_leakage(rows_of(leaking, "train"), rows_of(judged, "base_case"), SETTINGS)[0]) is Verdict.FAIL
    )


def test_a_row_that_differs_in_one_column_is_a_near_copy() -> None:
    train, judged = wide(2000, 1), wide(500, 2)
    train[:25] = judged[:25]
    train[:25, 2] += 5000
    exact, near = observe_leakage(rows_of(train, "train"), rows_of(judged, "base_case"), SETTINGS)
    assert (exact.value, verdict(exact)) == (0.0, Verdict.PASS)
    assert near.id == "data/base_case/near_copies/train"
    assert (near.value, verdict(near)) == (0.05, Verdict.FAIL)


def test_a_key_or_a_unit_on_both_sides_fails_and_a_missing_one_is_nobodys() -> None:
    train, judged = rows_of(wide(100, 1), "train"), rows_of(wide(50, 2), "base_case")
    ours, theirs = spread(np.arange(100)), spread(np.arange(99, 149))
    ours[5] = theirs[5] = train.nothing
    train = dataclasses.replace(train, keys=ours, units=ours)
    judged = dataclasses.replace(judged, keys=theirs, units=theirs)
    _, _, keys, units = observe_leakage(train, judged, SETTINGS)
    assert (keys.id, units.id) == ("data/base_case/shared_keys/train", "data/base_case/shared_units/train")
    assert (units.reason, units.examples) == (
        "1 of 50 rows (2 %) of a unit that train holds too; allowed are 0 %",
        "row 0",
    )
    assert verdict(keys) is verdict(units) is Verdict.FAIL


def test_evaluation_rows_from_before_the_newest_training_row_are_counted() -> None:
    train, judged = rows_of(wide(4, 1), "train"), rows_of(wide(4, 2), "recent")
    train = dataclasses.replace(train, times=np.array([1.0, 2.0, 3.0, np.nan]))
    judged = dataclasses.replace(judged, times=np.array([2.5, 3.0, 9.0, np.nan]))
    seen = observe_leakage(train, judged, SETTINGS)[-1]
    assert seen.id == "data/recent/older_rows/train"
    assert (seen.value, verdict(seen)) == (0.25, Verdict.FAIL)
    assert "of whose 4 rows 1 is newer than the oldest row of recent; 1 has no time" in seen.reason


def test_without_any_time_it_cannot_be_told_which_rows_are_older() -> None:
    train, judged = rows_of(wide(4, 1), "train"), rows_of(wide(4, 2), "recent")
    train = dataclasses.replace(train, times=np.full(4, np.nan))
    judged = dataclasses.replace(judged, times=np.zeros(4))
    assert verdict(observe_leakage(train, judged, SETTINGS)[-1]) is Verdict.INCONCLUSIVE


def test_rows_that_repeat_within_a_set_are_counted_without_their_first() -> None:
    table = wide(1000, 1)
    table[970:] = table[:30]
    (seen,) = observe_duplicates(rows_of(table, "train"), SETTINGS)
    assert seen.id == "data/train/duplicates/rows"
    assert (seen.value, verdict(seen)) == (0.03, Verdict.FAIL)
    assert "30 of 1,000 rows (3 %) that repeat another row" in seen.reason and seen.examples.startswith("row 970, 971")


def test_the_same_features_with_another_label_are_not_the_same_row() -> None:
    table = wide(1000, 1)
    table[970:] = table[:30]
    labels = np.zeros(1000, dtype=np.int64)
    labels[970:] = 1
    (seen,) = observe_duplicates(rows_of(table, "train", labels), SETTINGS)
    assert seen.value == 0.0


def test_a_key_that_stands_twice_fails() -> None:
    rows = dataclasses.replace(rows_of(wide(4, 1), "train"), keys=spread([7, 8, 7, 9]))
    seen = observe_duplicates(rows, SETTINGS)[1]
    assert seen.reason.startswith("1 of 4 rows (25 %) whose key an earlier row has") and seen.examples == "row 2"


def test_sets_without_rows_cannot_be_told() -> None:
    empty, train = rows_of(wide(0, 1), "base_case"), rows_of(wide(10, 2), "train")
    for seen in (*observe_leakage(train, empty, SETTINGS), *observe_duplicates(empty, SETTINGS)):
        assert verdict(seen) is not Verdict.FAIL
    assert verdict(observe_leakage(train, empty, SETTINGS)[0]) is Verdict.INCONCLUSIVE
    assert verdict(observe_leakage(empty, train, SETTINGS)[0]) is Verdict.PASS


@given(st.lists(st.integers(0, 30)), st.lists(st.integers(0, 30)))
def test_contained_is_membership(values: list[int], among: list[int]) -> None:
    found = contained(spread(values), np.sort(spread(among)))
    assert found.tolist() == [value in among for value in values]


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_the_order_of_the_rows_changes_no_figure(seed: int, copied: int) -> None:
    draw = np.random.default_rng(seed)
    train, judged = draw.integers(0, [9, 9, 9, 50], (300, 4)), draw.integers(0, [9, 9, 9, 50], (100, 4))
    train[:copied] = judged[:copied]
    one = observe_leakage(rows_of(train, "train"), rows_of(judged, "test"), SETTINGS)
    other = observe_leakage(
        rows_of(draw.permutation(train), "train"), rows_of(draw.permutation(judged), "test"), SETTINGS
    )
    assert [(seen.value, seen.at_most) for seen in one] == [(seen.value, seen.at_most) for seen in other]


@pytest.mark.parametrize("values", [5, 9, 14, 40])
def test_chance_alone_hardly_ever_passes_its_bound(values: int) -> None:
    beyond = 0
    for seed in range(200):
        base = np.random.default_rng(seed).integers(0, values, (900, 3))
        train, judged = rows_of(base[:600], "train"), rows_of(base[600:], "test")
        held, counts = np.unique(train.features, return_counts=True)
        repeats = np.isin(train.features, held[counts > 1])
        beyond += contained(judged.features, np.sort(train.features)).mean() > chance_bound(repeats, 300)
    assert beyond == 0


def test_of_very_many_copies_a_sample_tells_how_many_are_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.concatenate([wide(4000, 1), few_valued(400, 2)])
    table = np.concatenate([table, table[:2000]])
    exact = observe_duplicates(rows_of(table, "train"), SETTINGS)[0]
    monkeypatch.setattr(hashed_rows, "LOOKED_AT", 500)
    sampled = observe_duplicates(rows_of(table, "train"), SETTINGS)[0]
    assert exact.value == pytest.approx(2000 / 6400, rel=0.1)
    assert sampled.value == pytest.approx(exact.value, rel=0.15)


def test_natural_repeats_are_allowed_for_where_training_rows_were_made_unique() -> None:
    train, judged = few_valued(2000, 1), few_valued(500, 2)
    train = np.unique(train, axis=0)
    assert verdict(observe_leakage(rows_of(train, "train"), rows_of(judged, "base_case"), SETTINGS)[0]) is Verdict.PASS
