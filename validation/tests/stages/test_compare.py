"""A tally to evidence: what stands on each slice, with and without a champion, and what is said to be too few."""

from __future__ import annotations

import math

import pytest

from mlgate.metrics import METRICS
from mlgate.metrics.metric import Minimum
from mlgate.records.evidence import Evidence
from mlgate.records.run import Condition, Grouping, Run
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare, shortage
from tests.making import asked, random_rows, rows

NAMES = tuple(metric.name for metric in METRICS)
RUN = Run(requirements=tuple(asked(name) for name in NAMES), groupings=(Grouping(columns=("group",)),))


def evidence(labels: list[int], champion: list[float] | None, challenger: list[float]) -> dict[str, Evidence]:
    group = {"group": ["a"] * len(labels)}
    tally = add_up(RUN, [rows(labels, champion, challenger, group)])
    return {one.metric: one for one in compare(RUN, tally, dataset="d", metrics=NAMES) if one.slice == "group=a"}


def test_evidence_comes_in_the_order_of_metrics_then_slices() -> None:
    found = compare(RUN, add_up(RUN, [random_rows(1, 200)]), dataset="d", metrics=("recall", "accuracy"))
    assert [(one.metric, one.slice) for one in found] == [
        (metric, where)
        for metric in ("recall", "accuracy")
        for where in ("group=g0", "group=g1", "group=g2", "overall")
    ]
    assert {one.dataset for one in found} == {"d"}
    accuracy = [one for one in found if one.metric == "accuracy"]
    assert sum(one.rows for one in accuracy[:3]) == accuracy[3].rows == 200
    assert sum(one.differing or 0 for one in accuracy[:3]) == accuracy[3].differing
    first = accuracy[3]
    assert first.gained is not None and first.lost is not None
    assert first.gained + first.lost == first.differing


@pytest.mark.parametrize("name", NAMES)
def test_without_a_champion_nothing_is_compared(name: str) -> None:
    one = evidence([0, 1] * 60, None, [0.2, 0.7] * 60)[name]
    assert {one.champion, one.champion_spread, one.improvement, one.improvement_spread} == {None}
    assert {one.differing, one.gained, one.lost} == {None}
    assert math.isfinite(one.challenger.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("label", [0, 1])
def test_a_single_row_breaks_no_metric(name: str, label: int) -> None:
    one = evidence([label], [0.4], [0.6])[name]
    assert one.rows == 1 and one.shortage
    if not math.isnan(one.challenger.value):
        assert one.challenger.low <= one.challenger.value <= one.challenger.high


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scores", [0.0, 0.5, 1.0])
def test_constant_scores_break_no_metric(name: str, scores: float) -> None:
    one = evidence([0, 1] * 200, [scores] * 400, [scores] * 400)[name]
    assert one.improvement is not None
    assert one.improvement.value == 0 or math.isnan(one.improvement.value)
    if one.improvement.value == 0:
        assert one.improvement.low < 0 < one.improvement.high


def test_scores_of_0_and_1_have_a_finite_log_loss() -> None:
    one = evidence([0, 1] * 200, [0.0, 1.0] * 200, [1.0, 0.0] * 200)["log_loss"]
    assert one.champion is not None
    assert one.champion.value == pytest.approx(2.0**-20, rel=1e-2)
    assert one.challenger.value == pytest.approx(20 * math.log(2), rel=1e-6)


@pytest.mark.parametrize(
    ("minimum", "positives", "negatives", "expected"),
    [
        (Minimum(rows=30), 10, 20, ""),
        (Minimum(rows=30), 9, 20, "29 rows, at least 30 needed"),
        (Minimum(positives=20), 20, 0, ""),
        (Minimum(positives=20), 19, 900, "19 positive rows, at least 20 needed"),
        (Minimum(negatives=20), 900, 19, "19 negative rows, at least 20 needed"),
        (Minimum(rows=100, positives=20), 10, 10, "20 rows, at least 100 needed"),
    ],
)
def test_too_few_rows_are_said_by_what_is_short(
    minimum: Minimum, positives: int, negatives: int, expected: str
) -> None:
    assert shortage(minimum, positives=positives, negatives=negatives) == expected


def test_the_auc_of_a_slice_is_of_its_own_rows() -> None:
    batch = random_rows(7, 400)
    only = Grouping(columns=("group",), conditions=(Condition(column="group", operator="=", value="g0"),))
    by_value = compare(RUN, add_up(RUN, [batch]), dataset="d", metrics=["roc_auc"])
    by_name = Run(requirements=RUN.requirements, groupings=(only,))
    found = compare(by_name, add_up(by_name, [batch]), dataset="d", metrics=["roc_auc"])
    assert [one.slice for one in found] == ["group=g0", "overall"]
    assert [one for one in by_value if one.slice in ("group=g0", "overall")] == list(found)
