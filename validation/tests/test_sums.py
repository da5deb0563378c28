"""Sums over groups: exact whatever the order of the rows, and the same whether rows lie in it or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate import sums
from mlgate.inference.influence import errors_of_units, exact_sums, exact_totals, weigh
from mlgate.sums import blocks, sum_products, sum_products_between, totals
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
