"""SHAP values against closed forms and laws, for columns of any type, and the sentence where shap is not installed."""

from __future__ import annotations

import datetime
import importlib.util
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.edges.hashing import hash_rows
from mlgate.edges.model_checks import shap_values as module
from mlgate.edges.model_checks.shap_values import ensure_shap, shap_values
from mlgate.errors import ConfigError

Floats = NDArray[np.float64]

needs_shap = pytest.mark.skipif(
    importlib.util.find_spec("shap") is None, reason="shap is not installed here; pip install shap"
)
DAY = datetime.date(2026, 1, 1)
TOWNS = {"a": 1.0, "straße \u202eb": 2.0, "": -1.0, None: 5.0}
WEIGHTS = {"x": 2.0, "town": -0.5, "day": 0.1, "grade": 3.0, "paid": 1.5}


def drawn(rows: int, seed: int = 1) -> pa.Table:
    """Numbers, texts, dates, a dictionary and truth values, some of them missing."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "x": pa.array(np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)), from_pandas=True),
            "town": pa.array(list(rng.choice(np.array(list(TOWNS), dtype=object), rows)), pa.string()),
            "day": pa.array([DAY + datetime.timedelta(int(day)) for day in rng.integers(0, 400, rows)]),
            "grade": pa.array(rng.choice(["low", "high"], rows)).dictionary_encode(),
            "paid": pa.array([None if one == 2 else bool(one) for one in rng.integers(0, 3, rows)]),
        }
    )


def parts_of(table: pa.Table) -> dict[str, Floats]:
    """By column, what each row adds in an additive model."""
    held = {name: table.column(name).to_pylist() for name in WEIGHTS}
    read: dict[str, Any] = {
        "x": lambda value: 7.0 if value is None else value,
        "town": lambda value: TOWNS[value],
        "day": lambda value: float((value - DAY).days),
        "grade": lambda value: float(value == "high"),
        "paid": lambda value: {True: 1.0, False: 0.0, None: 0.25}[value],
    }
    return {name: WEIGHTS[name] * np.array([read[name](one) for one in held[name]]) for name in WEIGHTS}


def additive(table: pa.Table) -> Floats:
    return np.asarray(sum(parts_of(table).values()))[:, None]


def tangled(table: pa.Table) -> Floats:
    """Two outputs with interactions of any order."""
    parts = parts_of(table)
    together = np.prod([np.cos(part) for part in parts.values()], axis=0)
    return np.column_stack([together, np.maximum(parts["x"], parts["day"] * parts["paid"])])


def explained(rows: pa.Table, background: pa.Table, ask: Any, columns: Any = tuple(WEIGHTS), parts: int = 1) -> Floats:
    return shap_values(rows, background, columns, identity=hash_rows(rows), parts=parts, ask=ask)


@needs_shap
def test_of_an_additive_model_they_are_what_a_column_adds_less_its_mean_over_the_background() -> None:
    table = drawn(60)
    rows, background = table.slice(0, 40), table.slice(40)
    values = explained(rows, background, additive, parts=4)
    assert values.shape == (5, 4, 40, 1)
    for place, name in enumerate(WEIGHTS):
        mine, theirs = parts_of(rows)[name], parts_of(background)[name]
        for part in range(4):
            assert values[place, part, :, 0] == pytest.approx(mine - theirs[part::4].mean(), abs=1e-12)


@needs_shap
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6), st.sets(st.sampled_from(list(WEIGHTS)), min_size=1))
def test_they_add_up_to_the_answer_less_the_mean_answer_over_the_background(
    seed: int, count: int, behind: int, columns: set[str]
) -> None:
    table = drawn(count + behind, seed)
    rows, background = table.slice(0, count), table.slice(count)
    values = explained(rows, background, tangled, tuple(columns))
    for row in range(count):
        # What is not explained keeps the row's own values.
        mixed = pa.table(
            {
                name: background.column(name) if name in columns else rows.column(name).take([row] * behind)
                for name in rows.column_names
            }
        )
        owed = tangled(rows.slice(row, 1))[0] - tangled(mixed).mean(axis=0)
        assert values[:, 0, row].sum(axis=0) == pytest.approx(owed, abs=1e-12)


@needs_shap
def test_a_pair_of_columns_that_only_act_together_share_evenly() -> None:
    def product(table: pa.Table) -> Floats:
        return np.asarray(table.column("a").to_numpy() * table.column("b").to_numpy())[:, None]

    rows = pa.table({"a": [3.0, 3.0], "b": [5.0, 1.0], "idle": [1.0, 2.0]})
    background = pa.table({"a": [0.0], "b": [0.0], "idle": [9.0]})
    values = explained(rows, background, product, ("a", "b", "idle"))
    assert values[:, 0, :, 0].T.tolist() == [[7.5, 7.5, 0.0], [1.5, 1.5, 0.0]]


@needs_shap
def test_neither_the_other_rows_nor_the_order_of_columns_nor_the_size_of_calls_change_a_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, asked = drawn(50, 3), []
    rows, background = table.slice(0, 40), table.slice(40)

    def counted(put: pa.Table) -> Floats:
        asked.append(put.num_rows)
        assert put.schema.names == table.column_names and put.schema.types == table.schema.types
        return tangled(put)

    names = tuple(WEIGHTS)
    whole = explained(rows, background, counted, parts=2)
    assert len(asked) == 1 and asked[0] <= 40 * (2 * 5 + 1) * 10
    some = explained(rows.take([7, 3]), background, tangled, names[::-1], parts=2)
    assert some[::-1] == pytest.approx(whole[:, :, [7, 3]], abs=1e-12)
    asked.clear()
    monkeypatch.setattr(module, "ROWS_ASKED", 1000)
    assert explained(rows, background, counted, parts=2) == pytest.approx(whole, abs=1e-12)
    assert len(asked) == 5 and max(asked) <= 1000


@needs_shap
def test_a_row_like_all_of_the_background_and_one_of_another_part_are_told_apart() -> None:
    table = pa.table({"a": [1.0, 1.0, 1.0, 2.0], "b": [None, None, None, None]})
    values = explained(table.slice(0, 1), table.slice(2), lambda put: put.select(["a"]).to_pandas().to_numpy(),
                       ("a", "b"), parts=2)  # fmt: skip
    assert values[:, :, 0, 0].tolist() == [[0.0, -1.0], [0.0, 0.0]]


@needs_shap
def test_the_generator_that_everybody_shares_is_left_as_it_was_even_when_a_model_breaks() -> None:
    def broken(_: pa.Table) -> Floats:
        raise ConnectionError

    before: Any = np.random.get_state()
    explained(drawn(4), drawn(2), additive)
    with pytest.raises(ConnectionError):
        explained(drawn(4), drawn(2), broken)
    after: Any = np.random.get_state()
    assert (after[1] == before[1]).all() and after[2] == before[2]


@needs_shap
def test_numba_compiles_for_others_but_not_what_shap_takes_from_it() -> None:
    explained(drawn(1), drawn(1), additive)
    config = pytest.importorskip("numba.core.config", reason="this version of shap does without numba")
    assert not config.DISABLE_JIT
    tabular = sys.modules["shap.maskers._tabular"]
    assert isinstance(tabular._delta_masking, types.FunctionType), "compiling takes longer than all the work"


def test_a_run_that_does_not_ask_imports_neither_shap_nor_what_shap_imports() -> None:
    heavy = {"shap", "numba", "matplotlib", "sklearn", "pandas"}
    code = f"import sys, mlgate.commands.model_steps.explanations\nprint(*{heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and ran.stdout.strip() == "", ran.stdout + ran.stderr


def test_without_shap_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="not installed; run pip install '?shap.*, or set"):
        ensure_shap()


def test_each_part_has_seeds_of_its_own_and_each_row_the_same_in_any_company() -> None:
    identity = hash_rows(pa.table({"x": np.arange(50)}))
    first, second = module._seeds(identity, 0), module._seeds(identity, 1)
    assert not set(first) & set(second)
    assert module._seeds(identity[30:], 1) == second[30:]
