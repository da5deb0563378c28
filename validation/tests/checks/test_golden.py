"""Examples by hand: a number is right up to the very ends of what a person allowed."""

from __future__ import annotations

import math

import pytest

from mlgate.checks.golden import Example, Reply

ASKED = Example(name="x", low=0.25, high=0.75)


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (0.25, True),
        (0.5, True),
        (0.75, True),
        (math.nextafter(0.25, 0), False),
        (math.nextafter(0.75, 1), False),
        (math.nan, False),
        (math.inf, False),
    ],
)
def test_a_number_at_either_end_of_what_is_allowed_is_right_and_none_beyond_it(value: float, right: bool) -> None:
    assert Reply(value=value).is_right(ASKED) is right
    assert not Reply(value=value, problem="the model broke off").is_right(ASKED)


def test_a_number_that_is_not_finite_is_wrong_where_everything_is_allowed() -> None:
    assert not Reply(value=math.inf).is_right(Example(name="x"))


def test_a_decision_is_right_when_it_is_the_class_whatever_the_score() -> None:
    asked = Example(name="x", decision=0)
    assert Reply(decision=0, value=0.9).is_right(asked) and not Reply(decision=1, value=0.1).is_right(asked)
