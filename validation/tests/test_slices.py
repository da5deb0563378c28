"""Which rows are in which slice, and under what name; hostile names included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.records.rows import Coded, Membership
from mlgate.records.run import Condition, Grouping
from mlgate.slices import assign, condition_text, slice_titles, value_text
from tests.making import coded

Value = str | float | None


def members(found: Membership) -> dict[str, list[int]]:
    """Row numbers of each slice."""
    return {name: np.flatnonzero((found.codes == place).any(axis=1)).tolist() for place, name in enumerate(found.names)}


def sliced(columns: dict[str, list[Value]], *groupings: Grouping) -> dict[str, list[int]]:
    rows = len(next(iter(columns.values())))
    return members(assign(groupings, {name: coded(values) for name, values in columns.items()}, rows))


def test_without_groupings_there_is_one_slice_of_all_rows() -> None:
    found = assign([], {}, 3)
    assert (found.names, found.groupings, found.codes.tolist()) == (("overall",), (0,), [[0], [0], [0]])


def test_every_value_is_a_slice_and_a_missing_one_is_a_slice_of_its_own() -> None:
    found = sliced({"sex": ["F", "M", None, "F"]}, Grouping(columns=("sex",)))
    assert found == {"overall": [0, 1, 2, 3], "sex=F": [0, 3], "sex=M": [1], "sex is missing": [2]}


def test_a_number_and_its_text_are_one_value() -> None:
    assert sliced({"x": [1.0, "1", 1.5]}, Grouping(columns=("x",))) == {
        "overall": [0, 1, 2],
        "x=1": [0, 1],
        "x=1.5": [2],
    }


def test_crossing_gives_only_combinations_that_occur() -> None:
    found = sliced({"a": ["x", "x", "y"], "b": [1.0, 2.0, None]}, Grouping(columns=("a", "b")))
    assert set(found) == {"overall", "a=x and b=1", "a=x and b=2", "a=y and b is missing"}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0.5, "x <= 1"),
        (1.0, "x <= 1"),
        (1.0001, "1 < x <= 2.5"),
        (2.5, "1 < x <= 2.5"),
        (99.0, "x > 2.5"),
        (float("-inf"), "x <= 1"),
        (None, "x is missing"),
    ],
)
def test_cuts_give_ranges_that_hold_their_upper_end(value: Value, name: str) -> None:
    found = sliced({"x": [value]}, Grouping(columns=("x",), cuts=(("x", (1.0, 2.5)),)))
    assert found == {"overall": [0], name: [0]}


def test_a_cut_and_an_uncut_column_can_be_crossed() -> None:
    by = Grouping(columns=("sex", "age"), cuts=(("age", (25.0,)),))
    assert "sex=F and age <= 25" in sliced({"sex": ["F", "M"], "age": [20.0, 30.0]}, by)


def test_text_cannot_be_cut() -> None:
    with pytest.raises(DataError, match="cut at numbers but holds the text 'old'"):
        sliced({"x": [1.0, "old"]}, Grouping(columns=("x",), cuts=(("x", (1.0,)),)))


@pytest.mark.parametrize(
    ("operator", "value", "rows"),
    [
        ("=", 25.0, [1]),
        ("=", "25", [1]),
        ("!=", 25.0, [0, 2]),
        ("<", 25.0, [0]),
        ("<=", 25.0, [0, 1]),
        (">", 25.0, [2]),
        (">=", 25.0, [1, 2]),
        ("missing", "", [3]),
    ],
)
def test_a_condition_holds_the_rows_that_meet_it_and_a_missing_value_meets_only_missing(
    operator: str, value: str | float, rows: list[int]
) -> None:
    condition = Condition(column="age", operator=operator, value=value)
    by = Grouping(columns=("age",), conditions=(condition,))
    found = sliced({"age": [20.0, 25.0, 30.0, None]}, by)
    assert found[condition_text(condition)] == rows


def test_conditions_are_met_together_and_named_by_their_title_if_there_is_one() -> None:
    conditions = (
        Condition(column="sex", operator="=", value="F"),
        Condition(column="age", operator="<", value=25.0),
    )
    columns: dict[str, list[Value]] = {"sex": ["F", "F", "M"], "age": [20.0, 30.0, 20.0]}
    assert sliced(columns, Grouping(columns=("sex", "age"), conditions=conditions))["sex=F and age < 25"] == [0]
    named = Grouping(columns=("sex", "age"), conditions=conditions, titles=(("young women", "Young women"),))
    assert sliced(columns, named)["young women"] == [0]
    assert slice_titles([named, Grouping(columns=("sex",))]) == {"young women": "Young women"}


def test_a_condition_that_no_row_meets_is_a_slice_without_rows() -> None:
    by = Grouping(columns=("age",), conditions=(Condition(column="age", operator=">", value=99.0),))
    assert sliced({"age": [20.0]}, by)["age > 99"] == []


@pytest.mark.parametrize(("held", "asked"), [("old", 25.0), (20.0, "old")])
def test_order_is_for_numbers_only(held: Value, asked: str | float) -> None:
    by = Grouping(columns=("age",), conditions=(Condition(column="age", operator="<", value=asked),))
    with pytest.raises(DataError, match="'age < .*' compares numbers, but"):
        sliced({"age": [held]}, by)


@pytest.mark.parametrize("by", [("grup",), ("group", "agee")])
def test_a_column_that_is_not_there_is_told_with_the_nearest_name(by: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match='did you mean "(group|age)"'):
        sliced({"group": ["a"], "age": [1.0]}, Grouping(columns=by))


@pytest.mark.parametrize(
    "second",
    [
        Grouping(columns=("a",)),
        Grouping(columns=("a",), conditions=(Condition(column="a", operator="=", value="x"),)),
        Grouping(
            columns=("a",),
            conditions=(Condition(column="a", operator="=", value="x"),),
            titles=(("overall", "Everything"),),
        ),
    ],
)
def test_one_name_for_two_slices_is_refused(second: Grouping) -> None:
    with pytest.raises(DataError, match="is declared twice"):
        sliced({"a": ["x", "y"]}, Grouping(columns=("a",)), second)


@pytest.mark.parametrize(("levels", "refused"), [(1000, False), (1001, True)])
def test_a_column_of_identifiers_is_no_way_to_slice(levels: int, refused: bool) -> None:
    columns: dict[str, list[Value]] = {"id": [float(number) for number in range(levels)]}
    if refused:
        with pytest.raises(DataError, match="slices by id: 1,001 different values"):
            sliced(columns, Grouping(columns=("id",)))
    else:
        assert len(sliced(columns, Grouping(columns=("id",)))) == 1001


def test_crossings_whose_values_hold_and_are_one_slice_when_their_names_are_one() -> None:
    columns: dict[str, list[Value]] = {"a": ["1 and b=2", "1", "1"], "b": ["3", "2 and b=3", "x"]}
    found = sliced(columns, Grouping(columns=("a", "b")))
    assert found == {"overall": [0, 1, 2], "a=1 and b=2 and b=3": [0, 1], "a=1 and b=x": [2]}


@pytest.mark.parametrize("text", ["x less y", "a=b=c", "", " ", "ü\n😀", "<script>", "is missing", "overall", "None"])
def test_any_text_is_a_value_like_any_other(text: str) -> None:
    assert sliced({"c": [text, None]}, Grouping(columns=("c",))) == {
        "overall": [0, 1],
        f"c={text}": [0],
        "c is missing": [1],
    }


VALUES = st.one_of(st.none(), st.sampled_from(["a", "b", "1", "a and b=1"]), st.sampled_from([0.0, 1.0, 2.5, -3.0]))


@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30))
def test_the_slices_of_a_grouping_share_out_the_rows(rows: list[tuple[Value, Value]]) -> None:
    columns = {"a": coded([row[0] for row in rows]), "b": coded([row[1] for row in rows])}
    found = assign([Grouping(columns=("a", "b"))], columns, len(rows))
    shared = members(found)
    assert len(set(found.names)) == len(found.names)
    assert sorted(row for name, inside in shared.items() if name != "overall" for row in inside) == list(
        range(len(rows))
    )
    assert found.names == tuple(sorted(found.names))
    assert found.groupings == tuple(int(name != "overall") for name in found.names)


def test_values_that_no_row_has_make_no_slice() -> None:
    # A part of a dictionary-encoded file knows values of other parts; in a crossing they must not appear.
    column = Coded(codes=np.array([0, 0], dtype=np.int32), values=("a", "b"))
    assert "g=b" not in assign([Grouping(columns=("g",))], {"g": column}, 2).names


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (-0.0, "0"), (1e300, "1e+300"), (0.1, "0.1"), (2.0**60, "1.152921504606847e+18"), ("01", "01")],
)
def test_values_have_one_text(value: str | float, text: str) -> None:
    assert value_text(value) == text
