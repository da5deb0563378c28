"""Squared errors and money are judged only where enough rows carry them; known from labels and amounts alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate import compare
from mlgate.inference.tails import rows_that_carry
from mlgate.records.run import Grouping, Money
from mlgate.stages.compare import compare as compare_stage
from mlgate.tally_file import load
from tests.making import asked, rows, run_of, settled


def carried(labels: list[float], weights: list[float] | None = None) -> float:
    n = len(labels)
    weight = np.ones(n) if weights is None else np.array(weights)
    return float(rows_that_carry(np.array(labels), weight, np.zeros(n, dtype=np.intp), 1)[0])


def test_two_values_in_equal_number_are_carried_by_all_rows() -> None:
    assert carried([1.0, -1.0] * 10) == pytest.approx(20)


def test_one_enormous_row_carries_all() -> None:
    assert carried([0.0] * 999 + [1e9]) == pytest.approx(1.0, abs=0.01)
    assert carried([0.0] * 999 + [1e200]) == pytest.approx(1.0, abs=0.01), "no square overflows"


def test_normal_labels_are_carried_by_a_third_of_the_rows_and_lognormal_ones_by_a_few() -> None:
    normal = np.random.default_rng(1).standard_normal(30_000)
    assert carried(normal.tolist()) == pytest.approx(10_000, rel=0.05)
    assert carried(np.exp(normal).tolist()) < 1_000


def test_labels_without_spread_are_carried_by_nobody() -> None:
    assert carried([3.0] * 10) == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_neither_order_nor_units_of_the_label_matter(labels: list[float], random: object) -> None:
    found = carried(labels)
    shuffled = list(labels)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert carried(shuffled) == found
    assert 0 <= found <= len(labels) * (1 + 1e-9)


def test_a_slice_whose_spread_rests_on_few_rows_is_inconclusive_for_squares_only(tmp_path: object) -> None:
    rng = np.random.default_rng(2)
    normal = rng.standard_normal(600)
    heavy = np.exp(2 * rng.standard_normal(600))
    labels, group = np.r_[normal, heavy], np.repeat(["normal", "heavy"], 600)
    old = labels + 0.1 * rng.standard_normal(1200)
    metrics = ["mse", "rmse", "r2", "mae"]
    decision = compare(labels, old, old, slices={"group": group}, metrics=metrics, margin=0.1, out=f"{tmp_path}/run")
    found = {(one.metric, one.slice): one for one in decision.findings}
    for metric in ("mse", "rmse", "r2"):
        assert found[metric, "group=normal"].verdict.value == "pass"
        assert found[metric, "group=heavy"].too_small
        assert "rows, at least 50 needed for squared errors" in found[metric, "group=heavy"].reason
    assert found["mae", "group=heavy"].verdict.value == "pass"
    with open(f"{tmp_path}/run/tally.npz", "rb") as file:
        tally = load(file.read())["base_case"]
    assert tally.carrying is not None, "evidence can be judged again without the rows"
    assert tally.carrying[tally.slices.index("group=heavy")] < 50 < tally.carrying[tally.slices.index("group=normal")]


def test_amounts_are_carried_by_their_size_and_not_by_their_distance_from_the_mean() -> None:
    amounts, code = np.full(40, 7.0), np.zeros(40, dtype=np.intp)
    assert rows_that_carry(amounts, np.ones(40), code, 1, centred=False).tolist() == [40.0]
    assert rows_that_carry(np.r_[amounts, 1e6], np.ones(41), np.zeros(41, dtype=np.intp), 1, centred=False) < 1.01


@pytest.mark.parametrize("kind", ["cost", "value"])
def test_money_that_rests_on_a_few_rows_is_inconclusive_and_that_of_a_table_never_for_that(kind: str) -> None:
    rng = np.random.default_rng(3)
    n = 1200
    labels, group = (rng.random(n) < 0.4).astype(np.int8), np.repeat(["even", "heavy"], n // 2)
    old = np.clip(0.4 * labels + 0.6 * rng.random(n), 0, 1)
    missed = np.where(group == "heavy", np.exp(3 * rng.standard_normal(n)), 5.0)
    money = np.column_stack([np.zeros(n), np.ones(n), missed, np.zeros(n)])
    batch = dataclasses.replace(
        rows(labels.tolist(), old.tolist(), old.tolist(), {"group": group.tolist()}), money=money
    )
    requirement = asked(kind, on="slices", margin=0.1)
    found = {}
    for amounts in ((0.0, 1.0, "loss", 0.0), (0.0, 1.0, 5.0, 0.0)):
        run = dataclasses.replace(
            run_of(requirement), groupings=(Grouping(columns=("group",)),), money=Money(kind=kind, amounts=amounts)
        )
        evidence = compare_stage(run, settled(run, batch), dataset="base_case", metrics=[kind])
        found[amounts[2]] = {one.slice: one.shortage for one in evidence}
    assert "rows, at least 50 needed for money" in found["loss"]["group=heavy"]
    assert found["loss"]["group=heavy"].startswith("what decisions change rests on")
    assert found["loss"]["group=even"] == ""
    assert found[5.0] == {"overall": "", "group=even": "", "group=heavy": ""}
