"""How far answers move: falls between steps, rounding, and classes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from mlgate.checks.moved_answers import distances, falls, too_far
from mlgate.records.words import Task

scores = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.floats(0, 1))


@settings(deadline=None)
@given(scores)
def test_law_the_largest_fall_is_that_of_the_worst_pair_of_steps(answers: NDArray[np.float64]) -> None:
    far, start, end = falls(answers)
    for column in range(answers.shape[1]):
        pairs = [answers[i, column] - answers[j, column] for i in range(len(answers)) for j in range(i, len(answers))]
        assert far[column] == max(pairs)
        assert start[column] <= end[column]
        assert answers[start[column], column] - answers[end[column], column] == far[column]


@settings(deadline=None)
@given(scores)
def test_law_what_never_falls_has_no_fall(answers: NDArray[np.float64]) -> None:
    assert not falls(np.sort(answers, axis=0))[0].any()


def test_scores_are_compared_as_they_are_and_numbers_by_their_size() -> None:
    before, after = np.array([0.5, 0.5]), np.array([0.5 + 1e-7, 0.5 + 1e-5])
    assert too_far(before, distances(before, after), 1e-6, Task.BINARY).tolist() == [False, True]
    large = np.array([1e9, 2e9, 1e9])
    assert not too_far(large, distances(large, large + 1.0), 1e-6, Task.REGRESSION).any()
    assert too_far(large, distances(large, large + 1e5), 1e-6, Task.REGRESSION).all()


def test_another_class_is_another_answer() -> None:
    before = np.array([0, 1, 2], dtype=np.int32)
    assert distances(before, np.array([0, 2, 2], dtype=np.int32)).tolist() == [0.0, 1.0, 0.0]
