"""The planned error against simulation: pairs are drawn under the scenario, and their difference spreads as planned."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlgate.metrics import ClassTable, Confusion, Hits, MeanLoss, Ranking, find
from mlgate.metrics.flips import CHURN, FLIPS_TO_NEGATIVE, FLIPS_TO_POSITIVE
from mlgate.metrics.metric import Minimum
from mlgate.metrics.scenario import (
    CLOSE,
    FAR,
    SCENARIOS,
    USUAL,
    Known,
    _most_moved,
    at_agreement,
    expected_flips,
    given,
    least_rows,
    planned_error,
    share_of,
    table_of,
)
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.stages.add_up import add_up
from tests.making import asked, random_rows, rows

Floats = NDArray[np.float64]
PAGE = Path(__file__).resolve().parents[3] / "docs" / "planning.md"
#: (label, champion's decision): 12 % positives, half of them found.
RARE = np.array([[4200.0, 200.0], [300.0, 300.0]])
EVEN = np.array([[1800.0, 700.0], [500.0, 2000.0]])
THREE = np.array([[900.0, 150.0, 50.0], [200.0, 700.0, 100.0], [60.0, 40.0, 300.0]])
RUN3 = Run(requirements=(), task=Task.MULTICLASS, classes=("a", "b", "c"))
DRAWS = 6000


def known(*tables: Floats, value: float = math.nan, error: float = math.nan, worth: float | None = None) -> Known:
    """What a champion with these decisions tells."""
    count = int(sum(table.sum() for table in tables))
    return Known(value=value, error=error, rows=count, worth=worth, tables=tables, confidence=0.95)


def pairs(table: Floats, agreement: float, seed: int) -> tuple[Floats, Floats]:
    """(draws, classes, classes) tables of champion and challenger, of as many rows as the table has."""
    size = len(table)
    of_label = table / table.sum(axis=1, keepdims=True)
    together = agreement * np.einsum("la,ab->lab", of_label, np.eye(size))
    together += (1 - agreement) * np.einsum("la,lb->lab", of_label, of_label)
    together *= (table.sum(axis=1) / table.sum())[:, None, None]
    drawn = np.random.default_rng(seed).multinomial(int(table.sum()), together.ravel(), size=DRAWS)
    cells = drawn.reshape(DRAWS, size, size, size).astype(np.float64)
    return cells.sum(axis=3), cells.sum(axis=2)


def values(metric: Confusion | ClassTable, tables: Floats) -> Floats:
    """The metric of every table."""
    return metric.value(tables.reshape(len(tables), 4) if isinstance(metric, Confusion) else tables)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("table", [RARE, EVEN], ids=["rare", "even"])
@pytest.mark.parametrize(
    "name",
    ["accuracy", "recall", "specificity", "selection_rate", "precision", "f1", "balanced_accuracy", "mcc"],
)
def test_the_planned_error_is_the_spread_of_simulated_pairs(name: str, table: Floats, scenario: object) -> None:
    assert scenario in SCENARIOS
    agreement = next(one.agreement for one in SCENARIOS if one is scenario)
    metric = find(name)
    assert isinstance(metric, Confusion)
    champion, challenger = pairs(table, agreement, seed=3)
    spread = float(np.std(values(metric, challenger) - values(metric, champion)))
    planned = planned_error(metric, known(table), at_agreement(agreement))
    assert planned == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("name", ["f1_macro", "f1_weighted", "recall_macro", "cohen_kappa", "accuracy"])
def test_so_it_is_with_many_classes(name: str) -> None:
    metric = find(name, RUN3)
    champion, challenger = pairs(THREE, USUAL.agreement, seed=4)
    if isinstance(metric, Hits):
        hits = [np.trace(tables, axis1=1, axis2=2) / THREE.sum() for tables in (champion, challenger)]
        planned = planned_error(metric, known(THREE, value=float(np.trace(THREE) / THREE.sum())), USUAL)
        assert planned == pytest.approx(float(np.std(hits[1] - hits[0])), rel=0.05)
        return
    assert isinstance(metric, ClassTable)
    spread = float(np.std(values(metric, challenger) - values(metric, champion)))
    assert planned_error(metric, known(THREE), USUAL) == pytest.approx(spread, rel=0.05)


def test_so_it_is_for_one_class_against_the_others() -> None:
    metric = find("recall(b)", RUN3)
    assert isinstance(metric, Confusion)
    champion, challenger = pairs(THREE, FAR.agreement, seed=5)
    recalls = [tables[:, 1, 1] / tables[:, 1].sum(axis=1) for tables in (champion, challenger)]
    assert planned_error(metric, known(THREE), FAR) == pytest.approx(float(np.std(recalls[1] - recalls[0])), rel=0.05)


def test_so_it_is_for_the_gap_between_two_groups() -> None:
    metric = find("recall")
    gaps = []
    for seed, table in ((6, RARE), (7, EVEN)):
        champion, challenger = pairs(table, USUAL.agreement, seed)
        assert isinstance(metric, Confusion)
        gaps.append(values(metric, challenger) - values(metric, champion))
    assert planned_error(metric, known(RARE, EVEN), USUAL) == pytest.approx(float(np.std(gaps[0] - gaps[1])), rel=0.05)


@pytest.mark.parametrize(("name", "task"), [("log_loss", Task.BINARY), ("mae", Task.REGRESSION)])
def test_losses_of_that_correlation_come_apart_as_planned(name: str, task: Task) -> None:
    metric = find(name, Run(requirements=(), task=task))
    assert isinstance(metric, MeanLoss)
    rng, size = np.random.default_rng(8), 400
    shared, first, second = (rng.normal(size=(2000, size)) for _ in range(3))
    losses = [np.sqrt(USUAL.losses) * shared + np.sqrt(1 - USUAL.losses) * own for own in (first, second)]
    spread = float(np.std(losses[1].mean(axis=1) - losses[0].mean(axis=1)))
    own = 1 / math.sqrt(size)
    assert planned_error(metric, known(EVEN, error=own), USUAL) == pytest.approx(spread, rel=0.05)


def test_rows_of_one_unit_widen_the_planned_error_as_they_widen_the_champion_s() -> None:
    metric = find("accuracy")
    # Every row four times: the champion's own error doubles, and so must that of the difference (the score interval of
    # fewer rows is a little wider still).
    share = float(np.trace(RARE) / RARE.sum())
    own = math.sqrt(share * (1 - share) / RARE.sum())
    plain, fourfold = (
        planned_error(metric, known(RARE, error=times * own, worth=worth), USUAL)
        for times, worth in ((1.0, None), (2.0, RARE.sum() / 4))
    )
    assert fourfold == pytest.approx(2 * plain, rel=0.03)


def test_units_never_count_for_more_than_all_their_rows_being_one() -> None:
    metric = find("accuracy")
    most, beyond = (planned_error(metric, known(RARE, error=error, worth=2500.0), USUAL) for error in (1.0, 9.0))
    assert most == beyond


@pytest.mark.parametrize("name", ["accuracy", "recall", "f1", "log_loss", "roc_auc", "average_precision", "brier"])
def test_the_further_apart_two_models_are_the_larger_the_error(name: str) -> None:
    metric = find(name)
    errors = [planned_error(metric, known(EVEN, value=0.8, error=0.01), scenario) for scenario in SCENARIOS]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1]


def test_money_moves_when_decisions_move() -> None:
    from mlgate.metrics.money import COST

    assert planned_error(COST, known(EVEN, error=2.0), USUAL) == pytest.approx(2 * math.sqrt(2 * (1 - USUAL.agreement)))


def test_a_class_without_rows_leaves_its_recall_unplanned() -> None:
    assert math.isnan(planned_error(find("recall"), known(np.array([[80.0, 20.0], [0.0, 0.0]])), USUAL))
    assert math.isnan(planned_error(find("accuracy"), known(), USUAL))


@given_any(first=st.floats(0, 1), second=st.floats(0, 1))
def test_who_agrees_more_in_decisions_agrees_more_in_scores(first: float, second: float) -> None:
    less, more = (at_agreement(agreement) for agreement in sorted((first, second)))
    assert less.losses <= more.losses
    assert less.rankings <= more.rankings


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_scenarios_lie_on_the_line_of_all_agreements(scenario: object) -> None:
    known_one = next(one for one in SCENARIOS if one is scenario)
    assert dataclasses.replace(at_agreement(known_one.agreement), name=known_one.name) == known_one


def test_flips_go_each_way_as_often() -> None:
    both = expected_flips(CHURN, EVEN, USUAL)
    assert expected_flips(FLIPS_TO_POSITIVE, EVEN, USUAL) == both / 2 == expected_flips(FLIPS_TO_NEGATIVE, EVEN, USUAL)
    champion, challenger = pairs(EVEN, USUAL.agreement, seed=9)
    assert both == pytest.approx((1 - USUAL.agreement) * (0.28 * 0.72 + 0.2 * 0.8), rel=1e-9)


def test_a_share_of_differing_decisions_is_taken_at_its_word() -> None:
    tally = add_up(Run(requirements=(asked(margin=0.01),)), [random_rows(1, 500, noise=0)])
    scenario = given(tally, 0.04)
    assert scenario is not None
    assert share_of(scenario, tally) == pytest.approx(0.04)
    assert given(tally, 0.9) is None, "two equally good models of this quality cannot differ on 90 % of the rows"


def test_regression_has_no_decisions_to_share() -> None:
    run = Run(requirements=(asked("mae", margin=0.1),), task=Task.REGRESSION, scales=(("mae", 10),))
    batch = rows([0, 1, 2], [0.1, 1.0, 2.0], [0.1, 1.0, 2.0])
    tally = add_up(run, [dataclasses.replace(batch, labels=np.array([0.0, 1.0, 2.0]))])
    assert table_of(tally, "overall") is None
    assert share_of(CLOSE, tally) is None
    assert given(tally, 0.1) is None


def test_the_table_of_many_classes_counts_labels_and_the_champion_s_decisions() -> None:
    run = dataclasses.replace(RUN3, requirements=(asked("accuracy", margin=0.1),), scores=False)
    champion, challenger = np.array([0, 2, 1, 2], dtype=np.int32), np.array([1, 1, 1, 1], dtype=np.int32)
    batch = dataclasses.replace(rows([0, 0, 1, 2], None, [0] * 4), champion=champion, challenger=challenger)
    tally = add_up(run, [dataclasses.replace(batch, labels=np.array([0, 0, 1, 2], dtype=np.int32))])
    table = table_of(tally, "overall")
    assert table is not None
    assert table.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]
    assert table_of(tally, "no such slice") is None


def test_the_least_rows_are_those_of_the_scarcest_class() -> None:
    metric = find("roc_auc")
    assert isinstance(metric, Ranking)
    few = dataclasses.replace(metric, minimum=Minimum(positives=50, negatives=50))
    assert least_rows(few, 100, [np.array([[70.0, 20.0], [5.0, 5.0]])]) == 500
    assert least_rows(dataclasses.replace(metric, minimum=Minimum(rows=300)), 0, []) == 300


def test_the_page_holds_the_scenarios_and_what_they_follow_from() -> None:
    pattern = r"^\| (close|usual|far) \| (agreement|losses|rankings) \| ([\d.]+) \| ([\d.]+) \|$"
    found = re.findall(pattern, PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(found) == 9, "python -m benchmarks planning writes the table"
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    for name, field, measured, taken in found:
        assert getattr(by_name[name], field) == float(taken)
        assert float(taken) == pytest.approx(math.floor(100 * float(measured) + 1e-9) / 100)


def test_one_positive_row_decided_otherwise_moves_balanced_accuracy_by_half_its_share() -> None:
    metric = find("balanced_accuracy")
    assert isinstance(metric, Confusion)
    assert _most_moved(metric, np.array([[80.0, 10.0], [5.0, 25.0]])) == pytest.approx(0.5 / 30)


def test_two_models_that_nearly_always_agree_are_not_planned_to_be_told_apart_by_a_few_rows() -> None:
    """Where none differs the interval is as wide as z² of the heaviest rows; a plan without it promises too much."""
    metric = find("balanced_accuracy")
    assert isinstance(metric, Confusion)
    planned = planned_error(metric, known(np.array([[800.0, 100.0], [30.0, 70.0]])), at_agreement(0.999999))
    assert planned == pytest.approx(1.96 * 0.5 / 100, rel=0.1)
