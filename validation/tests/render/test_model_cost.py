"""The section about cost: both models side by side, findings beside their figures, nothing unescaped."""

from __future__ import annotations

import dataclasses

import numpy as np

from mlgate.checks.cost import exhibit, figures, observe_broken, observe_cost
from mlgate.records.costs import Cost
from mlgate.records.decision import Decision
from mlgate.records.model_settings import CostSettings
from mlgate.records.words import Level
from mlgate.render import html, markdown
from mlgate.stages.judge import judge_observations
from tests.render.decisions import passing


def with_cost(paired: bool, problem: str = "") -> Decision:
    def cost(slow: float) -> Cost:
        times = slow * np.full((8, 3), 0.002)
        return Cost(row=times, batch=times, batch_rows=500, load=np.full(3, 0.1), memory=np.full(3, 3e8), size=2e6)

    costs = {"challenger": cost(1.5)} | ({"champion": cost(1.0)} if paired else {})
    found = figures(costs, confidence=0.95, seed=0)
    seen = observe_cost(found, CostSettings(size_at_most=1e6))
    if problem:
        seen = (*seen, observe_broken(problem, "challenger", Level.ADVISORY))
    plain = passing()
    return dataclasses.replace(
        plain,
        findings=(*plain.findings, *judge_observations(seen)),
        exhibits=(*plain.exhibits, exhibit(found)),
    )


def test_both_models_stand_side_by_side_with_their_ratio() -> None:
    page = html.render(with_cost(True))
    section = page.split('id="cost"')[1].split("</section>")[0]
    assert "Cost of the models" in section
    assert "p50 of calls about one row" in section and "p99 of calls about 500 rows" in section
    assert "2 ms (1.98 ms to 2.02 ms)" in section and "3 ms (2.97 ms to 3.03 ms)" in section
    assert "1.5 (1.49 to 1.52)" in section
    assert "3 ms, champion 2 ms: 1.5 times [1.49, 1.52]" in section
    assert page.count("p50 of calls about one row at most 20% more") == 0  # not among the other findings again


def test_without_a_champion_there_is_one_column_of_figures() -> None:
    section = html.render(with_cost(False)).split('id="cost"')[1].split("</section>")[0]
    assert ">Champion<" not in section and ">Ratio<" not in section and "2 MB" in section


def test_what_a_model_says_when_it_breaks_down_is_escaped() -> None:
    page = html.render(with_cost(True, "raised <script>alert(1)</script>"))
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_the_comment_names_what_costs_more() -> None:
    assert "p50 of calls about one row at most 20% more than the champion's" in markdown.render(with_cost(True))
