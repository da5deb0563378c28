"""Numbers counted in cells: few distinct values lose nothing, many keep the distance of two samples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from mlgate.checks.number_cells import CELLS, Numbers, cell_values, count_numbers, on_same_cells
from mlgate.inference.distances import kolmogorov_smirnov

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True, width=64)


def of(*values: float) -> Numbers:
    return count_numbers(np.array(values, dtype=np.float64), None)


@given(st.lists(ANY_FLOAT, min_size=1, max_size=50))
def test_few_distinct_numbers_are_kept_as_they_are(values: list[float]) -> None:
    found = of(*values)
    held = np.array([value for value in values if not math.isnan(value)]) + 0.0
    distinct, counts = np.unique(held, return_counts=True)
    finite = np.isfinite(distinct) & (np.abs(distinct) < 1e300)
    assert found.counts.tolist() == counts.tolist()
    assert cell_values(found.keys, found.dropped)[finite].tolist() == distinct[finite].tolist()
    assert (found.rows, found.missing) == (len(values), len(values) - len(held))


@pytest.mark.parametrize("draw", ["normal", "lognormal", "narrow", "mixed"])
def test_many_distinct_numbers_keep_the_distance_of_two_samples(draw: str) -> None:
    random = np.random.default_rng(3)
    shapes: dict[str, Callable[[], NDArray[np.float64]]] = {
        "normal": lambda: random.normal(0, 1, 30_000),
        "lognormal": lambda: random.lognormal(3, 2, 30_000),
        "narrow": lambda: 20_000 + random.random(30_000),
        "mixed": lambda: np.where(random.random(30_000) < 0.9, 0.0, random.normal(5_000, 900, 30_000)),
    }
    shape = shapes[draw]
    first, second = shape(), shape() * 1.02
    both = of(*first), of(*second)
    assert max(len(part.keys) for part in both) <= CELLS
    _, a, b, _ = on_same_cells(*both)
    exact = stats.ks_2samp(first, second, method="asymp").statistic
    found = kolmogorov_smirnov(a, b)[0]
    assert found <= exact + 1e-12
    assert found == pytest.approx(exact, abs=0.003)


def test_values_of_cells_ascend_and_are_finite_at_the_ends_of_float64() -> None:
    edges = np.array([-math.inf, -1e308, -5e-324, 0.0, 5e-324, 1e308, math.inf])
    for dropped in (0, 44, 63):
        keys = np.unique(of(*edges).keys >> np.uint64(dropped))
        values = cell_values(keys, dropped)
        assert np.isfinite(values).all()
        assert (np.diff(values) >= 0).all()
