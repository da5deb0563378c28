"""Distances of samples: they agree with scipy's on the raw values, and hold on to the laws that drift relies on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mlgate.inference.distances import (
    binomial_above,
    chi_squared,
    fisher_above,
    fisher_two_sided,
    jensen_shannon,
    kolmogorov_smirnov,
    largest_change,
    pool_rare,
    psi,
    wasserstein,
)

COUNTS = st.lists(st.integers(0, 60), min_size=2, max_size=12)


def pairs() -> st.SearchStrategy[tuple[list[int], list[int]]]:
    """Two samples over the same cells, neither empty."""
    return st.integers(2, 10).flatmap(
        lambda size: st.tuples(
            *(st.lists(st.integers(0, 60), min_size=size, max_size=size).filter(any) for _ in range(2))
        )
    )


@given(pairs())
def test_kolmogorov_smirnov_is_scipys_statistic_whatever_is_tied(counts: tuple[list[int], list[int]]) -> None:
    first, second = (np.repeat(np.arange(len(part)), part) for part in counts)
    twin = stats.ks_2samp(first, second, method="asymp")
    statistic, p = kolmogorov_smirnov(*counts)
    assert statistic == pytest.approx(twin.statistic, abs=1e-12)
    assert 0 <= p <= 1


@pytest.mark.parametrize(("n", "m"), [(60, 60), (100, 400), (2_000, 3_000)])
@pytest.mark.parametrize("scaled", [0.6, 1.0, 1.4, 1.8])
def test_the_p_of_kolmogorov_smirnov_is_near_scipys(n: int, m: int, scaled: float) -> None:
    size = math.sqrt(n * m / (n + m))
    shift = round(scaled / size * n)
    first = np.zeros(n + m, dtype=int)
    first[:n] = 1
    second = np.zeros(n + m, dtype=int)
    second[np.linspace(shift, n + shift - 1, m).astype(int)] += 1
    twin = stats.ks_2samp(np.repeat(np.arange(n + m), first), np.repeat(np.arange(n + m), second), method="asymp")
    statistic, p = kolmogorov_smirnov(first, second)
    assert statistic == pytest.approx(twin.statistic, abs=1e-12)
    assert p == pytest.approx(twin.pvalue, rel=0.1, abs=1e-4)


@given(pairs())
def test_chi_squared_is_scipys(counts: tuple[list[int], list[int]]) -> None:
    table = np.array(counts)
    table = table[:, table.sum(axis=0) > 0]
    statistic, p = chi_squared(*counts)
    if table.shape[1] < 2:
        assert (statistic, p) == (0.0, 1.0)
        return
    twin = stats.chi2_contingency(table, correction=False)
    assert statistic == pytest.approx(twin.statistic, rel=1e-9, abs=1e-9)
    assert p == pytest.approx(twin.pvalue, rel=1e-9, abs=1e-12)


@given(pairs())
def test_pooling_loses_no_row_and_leaves_no_rare_cell_beside_others(counts: tuple[list[int], list[int]]) -> None:
    first, second = pool_rare(*counts)
    assert (first.sum(), second.sum()) == (sum(counts[0]), sum(counts[1]))
    both = first + second
    if len(both) > 1:
        assert (both * min(first.sum(), second.sum()) / both.sum() >= 5 - 1e-9).all()


@given(pairs())
def test_jensen_shannon_is_scipys(counts: tuple[list[int], list[int]]) -> None:
    twin = float(np.nan_to_num(jensenshannon(*counts, base=2)))
    assert jensen_shannon(*counts) == pytest.approx(twin, abs=1e-7)


@given(pairs())
def test_psi_is_the_sum_of_both_relative_entropies(counts: tuple[list[int], list[int]]) -> None:
    smooth = np.array(counts)[:, np.sum(counts, axis=0) > 0] + 0.5
    twin = stats.entropy(smooth[0], smooth[1]) + stats.entropy(smooth[1], smooth[0])
    assert psi(*counts) == pytest.approx(twin, rel=1e-9, abs=1e-12)


@example(([1, 0], [1, 0]), 2.34e-260, 1.0)
@given(pairs(), st.floats(-1e6, 1e6), st.floats(0.1, 1e6))
def test_wasserstein_is_scipys_in_standard_deviations(
    counts: tuple[list[int], list[int]], start: float, step: float
) -> None:
    positions = start + step * np.arange(len(counts[0]))
    rows = np.repeat(positions, counts[0])
    found = wasserstein(positions, *counts)
    if len(np.unique(rows)) == 1:
        assert found in (0.0, math.inf)
        return
    twin = stats.wasserstein_distance(positions, positions, *counts) / rows.std()
    assert found == pytest.approx(twin, rel=1e-4, abs=1e-6)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_fisher_is_scipys(hits: int, rows: int, other_hits: int, other_rows: int) -> None:
    hits, other_hits = min(hits, rows), min(other_hits, other_rows)
    table = [[hits, rows - hits], [other_hits, other_rows - other_hits]]
    above = stats.fisher_exact(table, alternative="greater").pvalue
    below = stats.fisher_exact(table, alternative="less").pvalue
    assert fisher_above(hits, rows, other_hits, other_rows) == pytest.approx(above, rel=1e-8)
    assert fisher_two_sided(hits, rows, other_hits, other_rows) == pytest.approx(
        min(1, 2 * min(above, below)), rel=1e-8
    )


@given(st.integers(0, 50), st.integers(1, 50), st.floats(0.01, 0.99))
def test_the_binomial_tail_is_scipys(hits: int, rows: int, share: float) -> None:
    hits = min(hits, rows)
    twin = stats.binomtest(hits, rows, share, alternative="greater").pvalue
    assert binomial_above(hits, rows, share) == pytest.approx(twin, rel=1e-8, abs=1e-300)


@given(COUNTS)
def test_a_sample_is_not_apart_from_itself(counts: list[int]) -> None:
    if not any(counts):
        return
    positions = np.arange(len(counts), dtype=float)
    assert kolmogorov_smirnov(counts, counts) == (0.0, 1.0)
    assert psi(counts, counts) == jensen_shannon(counts, counts) == largest_change(counts, counts) == 0.0
    assert wasserstein(positions, counts, counts) == 0.0


@given(pairs())
def test_wider_cells_never_make_two_samples_look_more_different(counts: tuple[list[int], list[int]]) -> None:
    size = len(counts[0]) // 2 * 2
    halves = [np.array(part[:size]).reshape(-1, 2).sum(axis=1) for part in counts]
    if not all(part.any() for part in halves):
        return
    fine = [part[:size] for part in counts]
    assert kolmogorov_smirnov(*halves)[0] <= kolmogorov_smirnov(*fine)[0] + 1e-12
    assert jensen_shannon(*halves) <= jensen_shannon(*fine) + 1e-7


def test_an_empty_sample_has_no_distance_and_shows_nothing() -> None:
    statistic, p = kolmogorov_smirnov([0, 0], [1, 2])
    assert math.isnan(statistic)
    assert p == 1.0
    assert chi_squared([0, 0], [1, 2]) == (0.0, 1.0)
    for distance in (psi, jensen_shannon, largest_change):
        assert math.isnan(distance([0, 0], [1, 2]))
    assert math.isnan(wasserstein([0.0, 1.0], [0, 0], [1, 2]))
    assert [part.tolist() for part in pool_rare([0, 0], [0, 0])] == [[], []]


def test_numbers_at_the_end_of_float64_have_a_distance() -> None:
    assert wasserstein([0.0, 1e300], [1, 1], [0, 2]) == pytest.approx(1.0)
    assert wasserstein([5.0, 6.0], [3, 0], [0, 3]) == math.inf
