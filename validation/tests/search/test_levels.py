"""Columns as levels: equal numbers together, cuts that people can read, and what is missing or rare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.records.rows import Coded
from mlgate.records.run import Condition
from mlgate.search.levels import MOST_CATEGORIES, SearchColumn, categories, numbers
from mlgate.where import conditions_text

NUMBERS = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6), st.just(float("nan")), st.just(float("inf"))),
    min_size=1,
    max_size=80,
)


def meets(value: float, condition: Condition) -> bool:
    if condition.operator == "missing":
        return bool(np.isnan(value))
    bound = float(condition.value)
    held = min(max(value, -1e300), 1e300)
    return {"=": held == bound, "<": held < bound, ">=": held >= bound}[condition.operator]


@settings(max_examples=80, deadline=None)
@given(values=NUMBERS, bins=st.integers(2, 10))
def test_the_conditions_of_an_item_are_met_by_its_rows_and_by_no_others(values: list[float], bins: int) -> None:
    held = np.array(values)
    column = numbers("x", held, bins)
    for item in column.items:
        inside = (column.codes >= item.first) & (column.codes <= item.last)
        assert [all(meets(value, one) for one in item.conditions) for value in held] == inside.tolist()


@settings(max_examples=40, deadline=None)
@given(values=NUMBERS, bins=st.integers(2, 10), seed=st.integers(0, 100))
def test_the_order_of_the_rows_changes_no_cut(values: list[float], bins: int, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(values))
    first, second = numbers("x", np.array(values), bins), numbers("x", np.array(values)[order], bins)
    assert first.items == second.items and first.codes[order].tolist() == second.codes.tolist()


@settings(max_examples=40, deadline=None)
@given(values=NUMBERS, bins=st.integers(2, 10))
def test_fine_bins_lie_within_bins(values: list[float], bins: int) -> None:
    column = numbers("x", np.array(values), bins)
    assert column.fine is not None
    fine, ends = column.fine, column.fine.ends
    for row, code in enumerate(column.codes.tolist()):
        if code < len(ends) - 1:
            assert ends[code] <= fine.codes[row] < ends[code + 1]


def names(column: SearchColumn) -> list[str]:
    return [conditions_text(item.conditions) for item in column.items]


@pytest.mark.parametrize("first", [0.0, -0.0])
def test_which_zero_comes_first_is_not_told_by_a_cut(first: float) -> None:
    column = numbers("x", np.array([first, -first, 1.0, -1.0] * 50), 3)
    values = [condition.value for item in column.items for condition in item.conditions]
    assert "-0.0" not in map(repr, values)


def test_cuts_are_numbers_that_people_read() -> None:
    random = np.random.default_rng(0)
    told = names(numbers("x", random.random(20_000), 10))
    assert "x < 0.1" in told and "0.2 <= x < 0.5" in told and "x >= 0.9" in told


def test_a_number_that_many_rows_share_is_a_bin_of_its_own() -> None:
    values = np.concatenate([np.zeros(600), np.arange(1.0, 401.0)])
    assert "gain=0" in names(numbers("gain", values, 10))


def test_two_values_are_two_conditions() -> None:
    assert names(numbers("old", np.array([0.0, 1.0] * 50), 10)) == ["old=0", "old=1"]


def test_frequent_categories_are_levels_and_the_rest_is_in_no_slice() -> None:
    values = tuple(f"v{place:02}" for place in range(30))
    codes = np.repeat(np.arange(30), np.arange(30, 0, -1)).astype(np.int32)
    column = categories("job", Coded(codes=codes, values=values))
    assert names(column) == [f"job={value}" for value in values[:MOST_CATEGORIES]]
    assert (column.codes[codes >= MOST_CATEGORIES] == MOST_CATEGORIES).all()


def test_missing_is_a_level_of_its_own_in_both_kinds() -> None:
    coded = Coded(codes=np.array([0, 1, 1], dtype=np.int32), values=("a", None))
    assert names(categories("job", coded))[-1] == "job is missing"
    assert names(numbers("age", np.array([1.0, 2.0, np.nan]), 2))[-1] == "age is missing"


@pytest.mark.parametrize("bins", [2, 10, 20])
def test_codes_fit_their_type_however_many_numbers_there_are(bins: int) -> None:
    random = np.random.default_rng(1)
    values = np.where(random.random(5_000) < 0.5, random.integers(0, 40, 5_000), random.normal(size=5_000) * 50)
    column = numbers("x", values, bins)
    assert column.fine is not None and len(column.fine.cuts) + 1 < 127 and column.codes.min() >= 0
