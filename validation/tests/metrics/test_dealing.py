"""Sorted rows dealt to slices: each slice gets its own rows, in the order of each model, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.metrics import dealing
from mlgate.metrics.dealing import deal, rows_of, stretches
from mlgate.metrics.in_order import InStep, in_step, sort_rows


def steps_of(rows: int, seed: int, *, models: int = 2, order_alone: bool = False) -> tuple[list[np.ndarray], InStep]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, rows).astype(np.int8)
    scores = [random.integers(0, rows, rows) / rows for _ in range(models)]
    return scores, in_step([sort_rows("score", one, labels, None, order_alone=order_alone) for one in scores])


def assert_dealt(scores: list[np.ndarray], steps: InStep, code: np.ndarray, slices: int) -> None:
    dealt = deal(steps.models[0].rows, code, slices)
    assert dealt.sizes.tolist() == np.bincount(code[code >= 0], minlength=slices).tolist()
    met = 0
    for stretch in stretches(steps, dealt):
        first = steps.models[0].rows[stretch.of(np.arange(len(code)), 0)]
        for model, order in enumerate(steps.models):
            rows = order.rows[stretch.of(np.arange(len(code)), model)]
            theirs = rows_of(order, stretch, model)
            for place, one in enumerate(range(stretch.slices.start, stretch.slices.stop)):
                inside = rows[stretch.starts[place] : stretch.starts[place + 1]]
                assert sorted(inside.tolist()) == np.flatnonzero(code == one).tolist()
                assert (np.diff(scores[model][inside]) >= 0).all()
            assert (theirs.scores == scores[model][rows]).all()
            assert (stretch.beside(rows, model) == first).all()
        met += len(first)
    assert met == (code >= 0).sum()


@given(rows=st.integers(1, 60), slices=st.integers(1, 5), outside=st.booleans(), seed=st.integers(0, 2**16))
def test_each_slice_gets_its_rows_in_the_order_of_each_model(rows: int, slices: int, outside: bool, seed: int) -> None:
    scores, steps = steps_of(rows, seed)
    code = np.random.default_rng(seed).integers(-1 if outside else 0, slices, rows)
    assert_dealt(scores, steps, code, slices)


@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("slices", [254, 255, 256, 300, 70_000])
@pytest.mark.parametrize("chunk", [1, 100, 1 << 16])
def test_any_number_of_slices_is_dealt_alike(
    models: int, slices: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealing, "_CHUNK", chunk)
    scores, steps = steps_of(900, 6, models=models)
    code = np.random.default_rng(7).integers(slices - 254, slices, 900)
    code[::7] = -1
    assert_dealt(scores, steps, code, slices)


def test_a_grouping_of_all_rows_in_one_slice_deals_nothing() -> None:
    _, steps = steps_of(50, 8)
    assert deal(steps.models[0].rows, np.zeros(50, dtype=np.intp), 1).places is None
