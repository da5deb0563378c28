"""Errors that users see: one tree, and sentences that name the nearest valid word."""

from __future__ import annotations

import pytest

import mlgate.errors
from mlgate.errors import ConfigError, DataError, MlgateError, ModelError, RegistryError, ServiceError, nearest


@pytest.mark.parametrize("kind", [ConfigError, DataError, ModelError, RegistryError, ServiceError])
def test_every_error_is_one_that_the_command_line_turns_into_exit_2(kind: type[MlgateError]) -> None:
    assert issubclass(kind, MlgateError)
    assert kind.__doc__ and kind.__name__ in (mlgate.errors.__doc__ or ""), "the tree in the docstring is whole"


def test_a_model_error_says_whose_fault_it_was() -> None:
    problem = ModelError("the model died", role="challenger")
    assert (str(problem), problem.role) == ("the model died", "challenger")


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("recal", ["recall", "precision"], 'did you mean "recall"?'),
        ("xyz", ["b", "a"], "known are: a, b"),
        ("xyz", (name for name in ("b", "a")), "known are: a, b"),
        ("", ["a"], "known are: a"),
    ],
)
def test_the_nearest_word_is_named_or_all_are(word: str, known: list[str], expected: str) -> None:
    assert nearest(word, known) == expected
