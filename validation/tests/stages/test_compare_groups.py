"""Gaps between groups: signed, against a reference, for both models, and how they changed."""

from __future__ import annotations

import math

import pytest

from mlgate.errors import ConfigError
from mlgate.records.evidence import Evidence
from mlgate.records.run import Condition, GapRequirement, Grouping, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.compare_groups import compare_groups, group_rates
from mlgate.tables import Tally
from tests.making import rows, settled

#: Selection rates of the champion: a 0.2, b 0.6; of the challenger: a 0.4, b 0.5.
SIZES = {"a": 50, "b": 100}
OLD, NEW = {"a": 10, "b": 60}, {"a": 20, "b": 50}


def run_of(
    metric: str = "selection_rate", *, attribute: str = "sex", reference: str | None = None, by: tuple[str, ...] = ()
) -> Run:
    gap = GapRequirement(
        metric=metric, attribute=attribute, rule=Rule.NOT_WORSE, level=Level.GUARDED, margin=0.1, reference=reference
    )
    return Run(requirements=(), groupings=(Grouping(columns=by or ("sex",)),), gaps=(gap,))


def tally_of(run: Run, old: dict[str, int], new: dict[str, int], *, champion: bool = True) -> Tally:
    labels, first, second, groups = [], [], [], []
    for group, n in SIZES.items():
        for row in range(n):
            labels.append(row % 2)
            first.append(0.9 if row < old[group] else 0.1)
            second.append(0.9 if row < new[group] else 0.1)
            groups.append(group)
    return settled(run, rows(labels, first if champion else None, second, {"sex": groups, "age": groups}))


def gap_of(run: Run, old: dict[str, int] = OLD, new: dict[str, int] = NEW, *, champion: bool = True) -> Evidence:
    found = compare_groups(run, tally_of(run, old, new, champion=champion), dataset="d")
    assert len(found) == 1
    return found[0][1]


def test_a_gap_is_group_less_reference_and_the_largest_group_is_the_reference() -> None:
    found = gap_of(run_of())
    assert (found.metric, found.slice, found.rows) == ("selection_rate_gap", "sex=a less sex=b", 150)
    assert found.champion is not None and found.improvement is not None
    assert (found.champion.value, found.challenger.value) == pytest.approx((-0.4, -0.1))
    assert found.improvement.value == pytest.approx(0.3), "the gap narrowed"
    for one in (found.champion, found.challenger, found.improvement):
        assert one.low < one.value < one.high
    assert found.differing == 20


@pytest.mark.parametrize("reference", ["a", "sex=a"])
def test_another_reference_turns_the_gap_and_leaves_its_narrowing_alone(reference: str) -> None:
    found, turned = gap_of(run_of()), gap_of(run_of(reference=reference))
    assert turned.slice == "sex=b less sex=a"
    assert turned.challenger.value == pytest.approx(-found.challenger.value)
    assert (turned.challenger.low, turned.challenger.high) == pytest.approx(
        (-found.challenger.high, -found.challenger.low)
    )
    assert turned.improvement is not None and found.improvement is not None
    assert (turned.improvement.low, turned.improvement.high) == pytest.approx(
        (found.improvement.low, found.improvement.high)
    )


def test_a_wider_gap_is_worse_whatever_its_sign() -> None:
    for old, new in ((OLD, NEW), ({"a": 30, "b": 20}, {"a": 20, "b": 30})):
        narrow, wide = gap_of(run_of(), old, new), gap_of(run_of(), new, old)
        assert narrow.improvement is not None and wide.improvement is not None
        assert narrow.improvement.value == pytest.approx(-wide.improvement.value)
        assert narrow.improvement.value > 0 > wide.improvement.value


def test_a_gap_that_changed_its_sign_is_compared_by_its_size() -> None:
    # 0.2 - 0.4 = -0.2 before, 0.4 - 0.3 = +0.1 after: it narrowed by 0.1, though it moved by 0.3.
    before, after = {"a": 10, "b": 40}, {"a": 20, "b": 30}
    for old, new in ((before, after), (after, before)):
        found = gap_of(run_of(), old, new)
        assert found.improvement is not None and found.improvement_spread is not None
        assert found.champion is not None
        expected = abs(found.champion.value) - abs(found.challenger.value)
        assert found.improvement.value == pytest.approx(expected)
        assert found.improvement_spread.method == "added"
        assert found.improvement.low < found.improvement.value < found.improvement.high


@pytest.mark.parametrize(("old", "new"), [(20, 20), (20, 30), (20, 10), (30, 20), (10, 20)])
def test_a_gap_that_began_or_ended_at_nothing_is_measured_from_there(old: int, new: int) -> None:
    found = gap_of(run_of(), {"a": old, "b": 40}, {"a": new, "b": 40})
    assert found.improvement is not None and found.champion is not None
    assert found.improvement.value == pytest.approx(abs(found.champion.value) - abs(found.challenger.value))


def test_without_a_champion_only_the_challengers_gap_is_known() -> None:
    found = gap_of(run_of(), champion=False)
    assert {found.champion, found.improvement, found.differing} == {None}
    assert found.challenger.value == pytest.approx(-0.1)


def test_too_few_rows_of_a_group_are_said_with_its_name() -> None:
    sizes = {"a": 25, "b": 100}
    run = run_of("recall")
    labels = [row % 2 for n in sizes.values() for row in range(n)]
    groups = [group for group, n in sizes.items() for _ in range(n)]
    tally = settled(run, rows(labels, [0.9] * 125, [0.9] * 125, {"sex": groups}))
    found = compare_groups(run, tally, dataset="d")[0][1]
    assert found.shortage == "12 rows of sex=a count for it, at least 20 needed"


def test_a_rate_that_a_group_does_not_have_is_undefined() -> None:
    run = run_of("recall")
    labels, groups = [0] * 30 + [0, 1] * 30, ["a"] * 30 + ["b"] * 60
    tally = settled(run, rows(labels, [0.9] * 90, [0.1] * 90, {"sex": groups}))
    found = compare_groups(run, tally, dataset="d")[0][1]
    assert math.isnan(found.challenger.value) and found.improvement is not None
    assert math.isnan(found.improvement.value)
    assert "0 rows of sex=a" in found.shortage


def test_one_group_has_no_gap() -> None:
    run = run_of()
    tally = settled(run, rows([0, 1], [0.1, 0.9], [0.1, 0.9], {"sex": ["a", "a"]}))
    assert compare_groups(run, tally, dataset="d") == ()


def test_an_attribute_that_is_no_slice_is_told_with_what_to_add() -> None:
    run = run_of(attribute="sex", by=("age",))
    with pytest.raises(ConfigError, match='add "- by: sex"'):
        gap_of(run)


def test_a_slice_by_conditions_is_no_grouping_of_its_attribute() -> None:
    young = Grouping(columns=("sex",), conditions=(Condition(column="sex", operator="=", value="a"),))
    run = Run(requirements=(), groupings=(young,), gaps=run_of().gaps)
    with pytest.raises(ConfigError, match="not among the slices"):
        gap_of(run)


def test_a_reference_without_rows_is_told_with_the_groups_there_are() -> None:
    with pytest.raises(ConfigError, match='"c" of sex has no rows; groups are sex=a, sex=b'):
        gap_of(run_of(reference="c"))


@pytest.mark.parametrize("metric", ["precision", "f1", "roc_auc", "log_loss", "mcc"])
def test_a_metric_that_is_no_share_of_the_same_rows_has_no_gap(metric: str) -> None:
    with pytest.raises(ConfigError, match=f'"{metric}" is not a share of rows'):
        gap_of(run_of(metric))


def test_rates_of_every_group_are_shown_for_both_models() -> None:
    run = run_of()
    found = group_rates(run, tally_of(run, OLD, NEW))
    assert {row[:4] for row in found} == {
        ("sex", f"sex={group}", metric, model)
        for group in "ab"
        for metric in ("selection_rate", "recall", "false_positive_rate")
        for model in ("champion", "challenger")
    }
    values = {row[1:5]: row[5].value for row in found}
    assert values["sex=a", "selection_rate", "challenger", 50] == pytest.approx(0.4)
    assert values["sex=b", "recall", "champion", 50] == pytest.approx(0.6)
    alone = group_rates(run, tally_of(run, OLD, NEW, champion=False))
    assert {row[3] for row in alone} == {"challenger"}
