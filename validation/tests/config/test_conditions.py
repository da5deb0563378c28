"""The language of ``where:``: what it understands, and that every refusal says at which character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.config import parse_conditions
from mlgate.errors import ConfigError
from mlgate.records.run import Condition


def one(text: str) -> tuple[str, str, str | float]:
    (condition,) = parse_conditions(text)
    return condition.column, condition.operator, condition.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age < 25", ("age", "<", 25.0)),
        ("age<=25", ("age", "<=", 25.0)),
        ("age >= -1.5e2", ("age", ">=", -150.0)),
        ("self = 1", ("self", "=", 1.0)),
        ("sex = F", ("sex", "=", "F")),
        ("sex != 'not stated'", ("sex", "!=", "not stated")),
        ('code = "007"', ("code", "=", "007")),
        ('name = "a and b"', ("name", "=", "a and b")),
        ("male is missing", ("male", "missing", "")),
        ("`loan amount` > 3", ("loan amount", ">", 3.0)),
        ("`and` = 1", ("and", "=", 1.0)),
        ("größe = klein", ("größe", "=", "klein")),
        ("x = 1e999", ("x", "=", "1e999")),
        ("x = ''", ("x", "=", "")),
    ],
)
def test_one_condition_is_understood(text: str, expected: tuple[str, str, str | float]) -> None:
    assert one(text) == expected


def test_several_conditions_are_joined_by_and() -> None:
    assert parse_conditions(" loanprc > 0.9 and self=1  and male is missing ") == (
        Condition(column="loanprc", operator=">", value=0.9),
        Condition(column="self", operator="=", value=1.0),
        Condition(column="male", operator="missing", value=""),
    )


@pytest.mark.parametrize("text", ["25 <= age < 30 and job = cook", "25 ≤ `age` < 30 and job = cook"])
def test_a_range_is_two_conditions(text: str) -> None:
    assert parse_conditions(text) == (
        Condition(column="age", operator=">=", value=25.0),
        Condition(column="age", operator="<", value=30.0),
        Condition(column="job", operator="=", value="cook"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "at character 1: expected the name of a column, such as age < 25 and sex = F, found the end."),
        ("age", 'at character 4: expected one of = != < <= > >= or "is missing", found the end.'),
        ("age == 3", 'at character 5: expected one of = != < <= > >= or "is missing", found "==".'),
        ("age ~ 3", 'at character 5: expected one of = != < <= > >= or "is missing", found "~".'),
        ("age <", "at character 6: expected a value, such as age < 25 and sex = F, found the end."),
        ("age < old", 'at character 7: "<" compares with a number, found "old".'),
        ("age < '25'", 'at character 7: "<" compares with a number, found "25".'),
        (
            "age < 25 and",
            "at character 13: expected the name of a column, such as age < 25 and sex = F, found the end.",
        ),
        ("age < 25 or x = 1", 'at character 10: expected "and" or the end, found "or".'),
        ("age < 25 AND x = 1", 'at character 10: expected "and" or the end, found "AND".'),
        ("age is not missing", 'at character 8: after "is" only "missing" can stand, found "not".'),
        ("and = 1", 'at character 1: expected the name of a column, such as age < 25 and sex = F, found "and".'),
        ("'sex' = F", 'at character 1: expected the name of a column, such as age < 25 and sex = F, found "sex".'),
        ("sex = 'F", "at character 7: a quote is opened and not closed, or encloses nothing."),
        ("`` = 1", "at character 1: a quote is opened and not closed, or encloses nothing."),
        ("1 < age", 'at character 5: "<" compares with a number, found "age".'),
        ("1 < age > 3", 'at character 9: expected < or <= in a range such as 25 <= age < 30, found ">".'),
        (
            "1 < age < old",
            'at character 11: expected the number that a range ends at, as in 25 <= age < 30, found "old".',
        ),
        ("sex = `F`", 'at character 7: expected a value, such as age < 25 and sex = F, found "F".'),
    ],
)
def test_a_refusal_says_at_which_character_and_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_conditions(text)
    assert str(refusal.value) == expected


@given(st.text(alphabet="ab1 .<>=!'\"`andismissing-é\n", max_size=30))
def test_any_text_is_conditions_or_a_refusal(text: str) -> None:
    try:
        conditions = parse_conditions(text)
    except ConfigError as refusal:
        assert str(refusal).startswith("at character ")
    else:
        assert conditions and all(condition.column for condition in conditions)
