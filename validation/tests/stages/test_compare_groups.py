"""Gaps between groups: signed, against a reference, for both models, and how they changed."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from mlgate.errors import ConfigError
from mlgate.inference.group_table import GroupTable
from mlgate.records.evidence import Evidence
from mlgate.records.fairness import GROUP_RATES
from mlgate.records.run import GapRequirement, Grouping, Requirement, Run
from mlgate.records.words import Level, Rule, Task
from mlgate.stages.compare import compare
from mlgate.stages.compare_groups import compare_groups, group_tables
from mlgate.tables import Tally
from tests.making import rows, settled

#: Selection rates of the champion: a 0.2, b 0.6; of the challenger: a 0.4, b 0.5.
SIZES = {"a": 50, "b": 100}
OLD, NEW = {"a": 10, "b": 60}, {"a": 20, "b": 50}


def run_of(metric: str = "selection_rate", *, reference: str | None = None) -> Run:
    gap = GapRequirement(
        metric=metric, attribute="sex", rule=Rule.NOT_WORSE, level=Level.GUARDED, margin=0.1, reference=reference
    )
    asked = [
        Requirement(metric=rate, rule=Rule.UNCHANGED, level=Level.ADVISORY, on="slices", margin=0.0)
        for rate in GROUP_RATES[Task.BINARY]
    ]
    return Run(requirements=tuple(asked), groupings=(Grouping(columns=("sex",)),), gaps=(gap,))


def tables_of(run: Run, tally: Tally) -> list[GroupTable]:
    return group_tables(run, tally, compare(run, tally, dataset="d", metrics=run.metrics()))


def gaps_of(run: Run, tally: Tally) -> list[Evidence]:
    return [found for _, found in compare_groups(run, tables_of(run, tally), tally, dataset="d")]


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
    (found,) = gaps_of(run, tally_of(run, old, new, champion=champion))
    return found


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
    (found,) = gaps_of(run, tally)
    assert found.shortage == "sex=a: 12 positive rows, at least 20 needed"


def test_a_rate_that_a_group_does_not_have_is_undefined() -> None:
    run = run_of("recall")
    labels, groups = [0] * 30 + [0, 1] * 30, ["a"] * 30 + ["b"] * 60
    tally = settled(run, rows(labels, [0.9] * 90, [0.1] * 90, {"sex": groups}))
    (found,) = gaps_of(run, tally)
    assert math.isnan(found.challenger.value) and found.improvement is not None
    assert math.isnan(found.improvement.value)
    assert found.shortage == "sex=a: 0 positive rows, at least 20 needed"


def test_one_group_has_no_gap() -> None:
    run = run_of()
    tally = settled(run, rows([0, 1], [0.1, 0.9], [0.1, 0.9], {"sex": ["a", "a"]}))
    assert gaps_of(run, tally) == []


def test_a_reference_without_rows_is_told_with_the_groups_there_are() -> None:
    with pytest.raises(ConfigError, match='"c" of sex has no rows; groups are sex=a, sex=b'):
        gap_of(run_of(reference="c"))


def test_precision_has_a_gap_though_models_decide_different_rows_positive() -> None:
    found = gap_of(run_of("precision"))
    assert found.champion is not None and found.improvement is not None
    # Of the first 10 rows of a, and of the first 60 of b, every second is positive.
    assert (found.champion.value, found.challenger.value) == pytest.approx((0.0, 0.0))
    assert found.improvement.low < 0 < found.improvement.high


def test_rates_of_every_group_are_known_for_both_models_and_the_change() -> None:
    run = run_of()
    tables = {one.metric: one for one in tables_of(run, tally_of(run, OLD, NEW))}
    assert tuple(tables) == GROUP_RATES[Task.BINARY]
    table = tables["selection_rate"]
    assert (table.attribute, table.groups, table.rows.tolist()) == ("sex", ("sex=a", "sex=b"), [50, 100])
    assert table.values.tolist() == pytest.approx(np.array([[0.4, 0.5], [0.2, 0.6], [0.2, -0.1]]))
    missed, found = tables["false_negative_rate"].values, tables["recall"].values
    assert missed[:2] == pytest.approx(1 - found[:2]) and missed[2] == pytest.approx(-found[2])
    alone = tables_of(run, tally_of(run, OLD, NEW, champion=False))
    assert not alone[0].paired and len(alone[0].values) == 1


def test_the_rows_that_would_tell_keep_the_share_of_positives() -> None:
    run = run_of()
    labels = [1] * 5 + [0] * 45 + [0, 1] * 50
    tally = settled(run, rows(labels, [0.9] * 150, [0.9] * 150, {"sex": ["a"] * 50 + ["b"] * 100}))
    (recall,) = [one for one in tables_of(run, tally) if one.metric == "recall"]
    assert recall.shortages == ("5 positive rows, at least 20 needed", "")
    assert recall.rows_to_tell == (200, None)


def units_tally(run: Run, unit_of_b: list[int]) -> Tally:
    """Two groups of 200 rows; each row of a is a unit, the decision of both models is the unit's parity of blocks."""
    n = 200
    decided = [0.9 if (unit // 7) % 2 else 0.1 for unit in [*range(n), *unit_of_b]]
    batch = rows([0, 1] * n, decided, decided, {"sex": ["a"] * n + ["b"] * n})
    units = np.array([*range(n), *unit_of_b], dtype=np.uint64)
    return settled(run, dataclasses.replace(batch, units=units))


def test_units_in_both_groups_make_a_gap_narrower_where_they_decide_alike() -> None:
    """Sisters and brothers of one household: what moves one group's rate moves the other's."""
    run = run_of()
    together, apart = units_tally(run, list(range(200))), units_tally(run, list(range(1400, 1600)))
    assert tables_of(run, apart)[0].correlation is None
    shared = tables_of(run, together)[0].correlation
    assert shared is not None and shared[0, 0, 1] == pytest.approx(0.95), "never quite 1"
    (narrow,), (wide,) = gaps_of(run, together), gaps_of(run, apart)
    assert narrow.challenger.high - narrow.challenger.low < 0.4 * (wide.challenger.high - wide.challenger.low)
