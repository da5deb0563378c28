"""The search finds what looking at every single slice finds, in whatever order the rows stand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.records.rows import Coded
from mlgate.search.lattice import Found, Target, fixed_point, search
from mlgate.search.levels import SearchColumn, categories, numbers
from mlgate.search.scores import Excess, Score, SliceLine

Floats = NDArray[np.float64]


def columns_of(rows: int, seed: int, bins: int = 3) -> list[SearchColumn]:
    """Two columns of numbers and two of categories, with missing values."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 6, rows).astype(float)
    first[random.random(rows) < 0.1] = np.nan
    second = random.normal(size=rows).round(2)
    third = Coded(codes=random.integers(0, 3, rows).astype(np.int32), values=("a", "b", None))
    fourth = Coded(codes=random.integers(0, 2, rows).astype(np.int32), values=("x", "y"))
    return [numbers("c1", first, bins), numbers("c2", second, bins), categories("c3", third), categories("c4", fourth)]


def by_hand(
    columns: list[SearchColumn], values: Floats, score: Score, *, support: int, depth: int
) -> list[tuple[float, int, tuple[int, ...], tuple[int, ...]]]:
    """Every slice, one at a time: score, size, columns, items."""
    found = []
    for size in range(1, depth + 1):
        for places in itertools.combinations(range(len(columns)), size):
            for items in itertools.product(*(range(len(columns[place].items)) for place in places)):
                inside = np.ones(len(values), dtype=bool)
                for place, item in zip(places, items):
                    one = columns[place].items[item]
                    inside &= (columns[place].codes >= one.first) & (columns[place].codes <= one.last)
                rows = int(inside.sum())
                if rows < support:
                    continue
                total = math.fsum(values[inside])
                value = float(score.of(np.array([float(rows)]), np.array([total]))[0])
                if value > 0:
                    found.append((value, rows, places, items))
    return sorted(found, key=lambda one: (-one[0], len(one[2]), -one[1], one[2], one[3]))


def told(found: tuple[Found, ...]) -> list[tuple[float, int, tuple[int, ...], tuple[int, ...]]]:
    return [(one.score, one.size, one.columns, one.items) for one in found]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(8, 60),
    seed=st.integers(0, 10_000),
    depth=st.integers(1, 3),
    support=st.integers(1, 8),
    most=st.integers(1, 12),
    share=st.sampled_from([0.02, 0.2, 0.6]),
)
def test_what_is_pruned_could_not_have_been_found(
    rows: int, seed: int, depth: int, support: int, most: int, share: float
) -> None:
    columns = columns_of(rows, seed)
    random = np.random.default_rng(seed)
    values = random.choice([-1.0, 0.0, 1.0], p=[share / 2, 1 - share, share / 2], size=rows)
    losses = np.abs(values) + (values == 0).all()
    scores: tuple[tuple[Floats, int, Score], ...] = (
        (values, 1, Excess(reference=max(float(values.mean()), 0.0))),
        (values, -1, Excess(reference=max(float(-values.mean()), 0.0))),
        (losses, 1, SliceLine(weight=0.95, mean=float(losses.mean()), rows=rows)),
    )
    targets = [Target(vector=place, sign=sign, score=score) for place, (_, sign, score) in enumerate(scores)]
    vectors = [vector for vector, _, _ in scores]
    found = search(columns, vectors, targets, support=support, depth=depth, most=most, apart=None)
    for one, (vector, sign, score) in zip(found.found, scores):
        wanted = by_hand(columns, sign * vector, score, support=support, depth=depth)[:most]
        assert told(one) == wanted


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_order_of_the_rows_changes_a_bit(seed: int) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(200)
    columns = columns_of(200, seed)
    values = random.normal(size=200)
    whole, exponent = fixed_point(values)
    again, same = fixed_point(values[order])
    assert exponent == same
    shuffled = [
        SearchColumn(name=one.name, codes=one.codes[order], levels=one.levels, items=one.items) for one in columns
    ]
    target = Target(vector=0, sign=1, score=Excess(reference=0.0))
    first = search(columns, [whole], [target], support=5)
    second = search(shuffled, [again], [target], support=5)
    assert first == second


@pytest.mark.parametrize(
    ("codes", "values", "score", "support", "most"),
    [
        # A slice that scores what the last one kept does comes before it, because it is larger.
        (["0001", "1010"], [2, 2, 1, 0], SliceLine(weight=0.5, mean=1.25, rows=4), 1, 2),
        # So does one over columns of which no slice can score more.
        (
            ["001101101100", "001001101010", "001001011001"],
            [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            SliceLine(weight=0.5, mean=1 / 12, rows=12),
            2,
            3,
        ),
        # A slice of just enough rows holds others of just as many.
        (["0201", "1002"], [0, 2, 0, 0], Excess(reference=0.5), 1, 2),
        (["0011", "0011"], [1, 1, 0, 0], Excess(reference=0.0), 2, 4),
    ],
)
def test_slices_at_the_very_edge_of_what_is_pruned_are_found(
    codes: list[str], values: list[float], score: Score, support: int, most: int
) -> None:
    columns = [
        categories(f"c{place}", Coded(codes=np.array([*map(int, one)], dtype=np.int32), values=tuple("abc")))
        for place, one in enumerate(codes)
    ]
    vector = np.array(values, dtype=float)
    target = Target(vector=0, sign=1, score=score)
    found = search(columns, [vector], [target], support=support, most=most, apart=None).found[0]
    assert told(found) == by_hand(columns, vector, score, support=support, depth=3)[:most]


def test_few_bad_rows_let_most_sets_of_columns_be_left_out_and_nothing_is_lost() -> None:
    random = np.random.default_rng(5)
    columns = [
        categories(f"c{place}", Coded(codes=random.integers(0, 5, 4000).astype(np.int32), values=tuple("abcde")))
        for place in range(8)
    ]
    planted = (columns[1].codes == 0) & (columns[6].codes == 3)
    values = (planted & (random.random(4000) < 0.5)).astype(float)
    target = Target(vector=0, sign=1, score=Excess(reference=float(values.mean())))
    pruned = search(columns, [values], [target], support=40, most=3)
    whole = search(columns, [values], [target], support=40, most=3, prune=False)
    assert pruned.found == whole.found
    assert pruned.found[0][0].columns == (1, 6)
    assert pruned.left_out > 0 and pruned.looked_at + pruned.left_out == whole.looked_at


def test_slices_over_the_same_columns_share_no_row_unless_all_are_asked_for() -> None:
    columns = columns_of(400, 3, bins=6)
    values = np.random.default_rng(0).normal(size=400)
    target = Target(vector=0, sign=1, score=Excess(reference=0.0))
    found = search(columns, [fixed_point(values)[0]], [target], support=5, most=100).found[0]
    for first, second in itertools.combinations(found, 2):
        if first.columns == second.columns:
            spans = [
                (columns[place].items[one], columns[place].items[two])
                for place, one, two in zip(first.columns, first.items, second.items)
            ]
            assert any(one.last < two.first or two.last < one.first for one, two in spans)


@pytest.mark.parametrize("values", [np.zeros(30), -np.ones(30)])
def test_where_nothing_is_worse_nothing_is_found(values: Floats) -> None:
    target = Target(vector=0, sign=1, score=Excess(reference=0.0))
    assert search(columns_of(30, 1), [values], [target], support=2).found == ((),)


def test_columns_of_which_all_rows_are_alike_give_no_slices() -> None:
    same = numbers("same", np.full(50, 3.0), 10)
    empty = numbers("empty", np.full(50, np.nan), 10)
    assert [(item.first, item.last) for item in same.items] == []
    target = Target(vector=0, sign=1, score=Excess(reference=0.0))
    found = search([empty, same], [np.ones(50)], [target], support=2).found[0]
    assert all(one.size == 50 for one in found)
