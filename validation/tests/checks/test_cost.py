"""What measured figures mean: judged by their intervals, with a reason whenever nothing can be told."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mlgate.checks.cost import exhibit, figures, observe_broken, observe_cost
from mlgate.records.costs import Cost
from mlgate.records.evidence import Observation
from mlgate.records.model_settings import CostSettings
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations


def cost(seed: int, *, slow: float = 1.0, noise: float = 0.05, rounds: int = 30, starts: int = 5) -> Cost:
    rng = np.random.default_rng(seed)
    return Cost(
        row=0.002 * slow * np.exp(noise * rng.normal(size=(rounds, 10))),
        batch=0.01 * slow * np.exp(noise * rng.normal(size=(rounds, 2))),
        batch_rows=1000,
        load=0.1 * slow * np.exp(noise * rng.normal(size=starts)),
        memory=3e8 * np.exp(0.01 * rng.normal(size=starts)),
        size=1e6,
    )


def seen(challenger: Cost, champion: Cost | None, settings: CostSettings = CostSettings()) -> dict[str, Observation]:
    costs = {"challenger": challenger} | ({} if champion is None else {"champion": champion})
    found = figures(costs, confidence=0.95, seed=1)
    return {one.id.removeprefix("behaviour/cost/"): one for one in observe_cost(found, settings)}


def verdict(one: Observation) -> Verdict:
    return judge_observations([one])[0].verdict


def test_a_model_that_costs_the_same_passes_everywhere() -> None:
    found = seen(cost(1), cost(2))
    assert set(found) == {f"{name}/not_worse" for name in ("row_p50", "row_p95", "batch_p50", "load", "memory", "size")}
    assert {verdict(one) for one in found.values()} == {Verdict.PASS}


def test_a_slow_a_greedy_and_a_large_model_are_each_told_by_name() -> None:
    slow = seen(cost(1, slow=1.6), cost(2))
    assert verdict(slow["row_p50/not_worse"]) is verdict(slow["batch_p50/not_worse"]) is Verdict.FAIL
    assert verdict(slow["memory/not_worse"]) is verdict(slow["size/not_worse"]) is Verdict.PASS
    assert "3.19 ms, champion 1.99 ms: 1.6 times [1.58, 1.62]" in slow["row_p50/not_worse"].reason
    greedy = seen(dataclasses.replace(cost(1), memory=np.full(5, 9e8)), cost(2))
    assert [name for name, one in greedy.items() if verdict(one) is Verdict.FAIL] == ["memory/not_worse"]
    assert "900 MB, champion" in greedy["memory/not_worse"].reason
    large = seen(dataclasses.replace(cost(1), size=2e6), cost(2))
    assert [name for name, one in large.items() if verdict(one) is Verdict.FAIL] == ["size/not_worse"]
    assert large["size/not_worse"].reason == "2 MB, champion 1 MB: 2 times"


def test_on_a_noisy_machine_nobody_can_tell_and_the_reason_says_so() -> None:
    found = seen(cost(1, slow=1.15, noise=1.5, rounds=8), cost(2, noise=1.5, rounds=8))
    one = found["row_p50/not_worse"]
    assert verdict(one) is Verdict.INCONCLUSIVE
    assert "and the limit of 1.2 lies within; the machine is noisy: rounds lie " in one.reason


def test_budgets_look_at_the_challenger_alone() -> None:
    settings = CostSettings(
        level=Level.REQUIRED, row_p95_at_most=0.05, batch_p50_at_most=0.001, load_at_most=0.1, memory_at_most=1e9
    )
    settings = dataclasses.replace(settings, size_at_most=5e5)
    found = seen(cost(1), None, settings)
    assert {name: verdict(one) for name, one in found.items()} == {
        "row_p95/at_most": Verdict.PASS,
        "batch_p50/at_most": Verdict.FAIL,
        "load/at_most": Verdict.INCONCLUSIVE,
        "memory/at_most": Verdict.PASS,
        "size/at_most": Verdict.FAIL,
    }
    assert found["row_p95/at_most"].title == "p95 of calls about one row at most 50 ms"
    assert all(one.level is Level.REQUIRED for one in found.values())


def test_what_did_not_fit_into_the_time_is_told() -> None:
    few = seen(cost(1, rounds=3, starts=2), cost(2, rounds=3, starts=2), CostSettings(row_p99_at_most=1.0))
    assert {name for name, one in few.items() if verdict(one) is not Verdict.INCONCLUSIVE} == {"size/not_worse"}
    assert few["row_p50/not_worse"].reason.startswith("3 rounds of calls fitted into the time, at least 6 needed")
    assert few["load/not_worse"].reason.endswith("but 2 starts fitted into the time, at least 3 needed")
    short = seen(cost(1, rounds=10), cost(2, rounds=10), CostSettings(row_p99_at_most=1.0))
    assert short["row_p99/at_most"].reason.startswith("100 calls fitted into the time, at least 300 needed")
    untold = seen(dataclasses.replace(cost(1), memory=np.full(5, math.nan)), cost(2))
    assert untold["memory/not_worse"].reason == "this system does not tell how much memory a process holds"


def test_a_challenger_that_breaks_down_is_at_fault_and_a_champion_leaves_it_open() -> None:
    mine, theirs = (observe_broken("it hangs", role, Level.ADVISORY) for role in ("challenger", "champion"))
    assert verdict(mine) is Verdict.FAIL and mine.level is Level.REQUIRED
    assert verdict(theirs) is Verdict.INCONCLUSIVE and theirs.level is Level.ADVISORY


@pytest.mark.parametrize("champion", [cost(2), None])
def test_the_exhibit_holds_every_figure_and_no_nan(champion: Cost | None) -> None:
    costs = {"challenger": cost(1)} | ({} if champion is None else {"champion": champion})
    shown = exhibit(figures(costs, confidence=0.95, seed=1))
    assert len(shown.rows) == 9 and all(len(row) == len(shown.columns) for row in shown.rows)
    assert not any(isinstance(cell, float) and not math.isfinite(cell) for row in shown.rows for cell in row)
    by_name = {row[0]: dict(zip(shown.columns, row)) for row in shown.rows}
    assert (by_name["load"]["champion"] is None) == (champion is None)
