"""Sums over groups: exact whatever the order of the rows, and the same whether rows lie in it or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate import sums
from mlgate.inference.fixed_point import exact_sums, exact_totals
from mlgate.inference.influence import errors_of_rows, errors_of_units, weigh
from mlgate.sums import LEVELS, blocks, cubed, cubed_between, sum_products, sum_products_between, totals
from mlgate.tables import LARGEST

WHOLE = st.integers(-LARGEST, LARGEST)
ROWS = st.lists(st.tuples(st.integers(0, 5), WHOLE, WHOLE), max_size=60)


@given(rows=ROWS)
def test_products_are_those_of_whole_numbers_in_order_and_out_of_it(rows: list[tuple[int, int, int]]) -> None:
    codes, a, b = (np.array([row[place] for row in rows], dtype=np.int64) for place in range(3))
    expected = [[0] * 5 for _ in range(6)]
    for group, first, second in rows:
        for place, value in enumerate((first, second, first**2, first * second, second**2)):
            expected[group][place] += value
    assert sum_products(codes, a, b, 6).tolist() == expected
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(7))
    assert sum_products_between(edges, a[order], b[order]).tolist() == expected
    assert totals(a[order], edges).tolist() == [part[0] for part in expected]


@pytest.mark.parametrize("chunk", [1, 3, 1 << 14])
def test_in_how_many_blocks_products_are_added_up_changes_nothing(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    a, b = random.integers(-LARGEST, LARGEST, (2, 500))
    edges = np.array([0, 0, 7, 200, 200, 500, 500])
    whole = sum_products_between(edges, a, b).tolist()
    monkeypatch.setattr(sums, "_CHUNK", chunk)
    assert sum_products_between(edges, a, b).tolist() == whole


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=8), rows=st.integers(1, 12))
def test_blocks_cover_every_row_of_every_slice_once(sizes: list[int], rows: int) -> None:
    starts = np.concatenate([[0], np.cumsum(sizes)])
    owner = np.repeat(np.arange(len(sizes)), sizes)
    seen = []
    for part, held, edges in blocks(starts, rows):
        inside = np.arange(part.start, part.stop)
        assert owner[inside[edges]].tolist() == list(range(held.start, held.stop))
        assert (
            np.searchsorted(edges, np.arange(len(inside)), side="right").tolist()
            == (owner[inside] - held.start + 1).tolist()
        )
        seen += inside.tolist()
    assert seen == list(range(int(starts[-1])))


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.5]), st.floats(-1e6, 1e6)),
        min_size=1,
        max_size=40,
    ),
    united=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_order_in_which_rows_are_dealt_to_units_changes_no_bit(
    rows: list[tuple[int, int, float, float]], united: bool, seed: int
) -> None:
    code, units = (np.array([row[place] for row in rows], dtype=np.intp) for place in (0, 1))
    weights, values = (np.array([row[place] for row in rows]) for place in (2, 3))
    other = np.random.default_rng(seed).normal(size=len(rows))
    order = np.lexsort((units, code))
    dealt = weigh(code[order], 4, weights[order], units[order] if united else None, in_order=True)
    shuffled = np.random.default_rng(seed).permutation(len(rows))
    anyhow = weigh(code[shuffled], 4, weights[shuffled], units[shuffled] if united else None)
    held = {pair: 0.0 for pair in zip(code.tolist(), units.tolist() if united else range(len(rows)))}
    for pair, weight in zip(zip(code.tolist(), units.tolist() if united else range(len(rows))), weights.tolist()):
        held[pair] += weight
    assert dealt.units.tolist() == [sum(w > 0 for (one, _), w in held.items() if one == place) for place in range(4)]
    assert dealt.total.tolist() == [sum(w for (one, _), w in held.items() if one == place) for place in range(4)]
    for name in ("total", "units", "effective"):
        assert np.array_equal(getattr(dealt, name), getattr(anyhow, name), equal_nan=True), name
    first = errors_of_units(values[order], other[order], dealt, dealt.total)
    second = errors_of_units(values[shuffled], other[shuffled], anyhow, anyhow.total)
    assert np.array_equal(first.error, second.error, equal_nan=True)
    assert np.array_equal(first.freedom, second.freedom, equal_nan=True)
    assert exact_totals(values[order], dealt.edges).tolist() == exact_sums(values, code, 4).tolist()


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(-LEVELS, LEVELS)), max_size=60))
def test_cubes_are_those_of_distances_from_the_mean_in_order_and_out_of_it(rows: list[tuple[int, int]]) -> None:
    codes, values = (np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1))
    inside = [[value for group, value in rows if group == one] for one in range(4)]
    expected = [sum((value - np.mean(part)) ** 3 for value in part) for part in inside]
    found = cubed(codes, values, 4)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-3)
    order = np.argsort(codes, kind="stable")
    between = cubed_between(np.searchsorted(codes[order], np.arange(5)), values[order])
    assert between.tolist() == found.tolist(), "the same whole numbers"


@pytest.mark.parametrize("by_class", [True, False])
def test_skewness_is_that_of_the_estimate_and_turns_with_the_models(by_class: bool) -> None:
    """Against samples drawn anew: the third moment of the mean of the rows, over its standard error's third power."""
    random = np.random.default_rng(1)
    n, labels = 400, (np.arange(400) % 4 == 0).astype(np.int8)
    first, second = random.exponential(size=(2, n)) * np.where(labels == 1, 3.0, 1.0)
    code, by = np.zeros(n, dtype=np.intp), labels if by_class else None
    found = errors_of_rows(first, second, code, 1, by, skewed=(0, 1, 2))
    turned = errors_of_rows(second, first, code, 1, by, skewed=(0, 1, 2))
    assert turned.skewness[0, [1, 0, 2]].tolist() == (found.skewness[0] * [1, 1, -1]).tolist()
    parts = [labels == 0, labels == 1] if by_class else [labels >= 0]
    for place, column in enumerate((first, second, second - first)):
        third = sum(((column[part] - column[part].mean()) ** 3).sum() for part in parts) / n**3
        assert found.skewness[0, place] == pytest.approx(third / found.error[0, place] ** 3, rel=1e-2)
    order = random.permutation(n)
    mixed = errors_of_rows(first[order], second[order], code, 1, None if by is None else by[order], skewed=(0, 1, 2))
    assert mixed.skewness.tolist() == found.skewness.tolist(), "to the bit"


def test_a_unit_of_many_rows_is_one_part_of_the_skewness() -> None:
    random = np.random.default_rng(2)
    units = np.repeat(np.arange(50), 8)
    values = random.normal(size=400) + np.repeat(random.exponential(size=50), 8)
    values -= values.mean()
    rows = weigh(np.zeros(400, dtype=np.intp), 1, np.ones(400), units)
    found = errors_of_units(values, values, rows, rows.total, skewed=(0,))
    whole = values.reshape(50, 8).sum(axis=1)
    assert found.skewness[0, 0] == pytest.approx((whole**3).sum() / 400**3 / found.error[0, 0] ** 3, rel=1e-2)
    assert found.skewness[0, 1] == 0, "not asked for"


def test_values_that_are_all_equal_or_enormous_have_a_skewness_that_is_a_number() -> None:
    code = np.zeros(5, dtype=np.intp)
    for values in (np.zeros(5), np.full(5, 3.0), np.array([0, 0, 0, 0, 1e70]), np.array([1e-200, 0, 0, 0, 0])):
        found = errors_of_rows(values, -values, code, 1, skewed=(0, 1, 2))
        assert np.isfinite(found.skewness).all()
