"""Two models of equal quality, one of them known: the joint distribution is written out and set beside the formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from mlgate.inference.agreement import (
    agreement_at,
    differing_share,
    error_from_own,
    error_of_proportion,
    influence_variance,
)

Floats = NDArray[np.float64]
AGREEMENTS = st.floats(0, 1)
TABLES = st.integers(2, 4).flatmap(lambda size: arrays.arrays(np.float64, (size, size), elements=st.integers(0, 500)))
TABLE = np.array([[700.0, 60.0], [90.0, 150.0]])


def joint(table: Floats, agreement: float) -> Floats:
    """Probability of every (label, first decision, second decision), by the sentence that defines agreement."""
    labels = table.sum(axis=1)
    given_label = np.divide(table, labels[:, None], out=np.zeros_like(table), where=labels[:, None] > 0)
    both = np.zeros((len(table),) * 3)
    for label, share in enumerate(labels / table.sum()):
        first = given_label[label]
        both[label] = share * (agreement * np.diag(first) + (1 - agreement) * np.outer(first, first))
    return both


@given(table=TABLES, agreement=AGREEMENTS)
def test_the_second_model_is_as_good_as_the_first_whatever_the_agreement(table: Floats, agreement: float) -> None:
    assume(table.sum() > 0)
    both = joint(table, agreement)
    np.testing.assert_allclose(both.sum(axis=1), both.sum(axis=2), atol=1e-12)
    np.testing.assert_allclose(both.sum(axis=2), table / table.sum(), atol=1e-12)


@given(table=TABLES, agreement=AGREEMENTS)
def test_the_share_that_differs_is_that_of_the_joint_distribution(table: Floats, agreement: float) -> None:
    assume(table.sum() > 0)
    same = sum(float(np.trace(of_label)) for of_label in joint(table, agreement))
    assert differing_share(table, agreement) == pytest.approx(1 - same, abs=1e-9)


@given(table=TABLES, agreement=AGREEMENTS)
def test_share_and_agreement_say_the_same(table: Floats, agreement: float) -> None:
    assume(table.sum() > 0 and differing_share(table, 0.0) > 1e-3)
    assert agreement_at(table, differing_share(table, agreement)) == pytest.approx(agreement, abs=1e-6)


def test_two_equal_models_cannot_differ_on_more_rows_than_independent_ones() -> None:
    assert agreement_at(TABLE, differing_share(TABLE, 0.0) * 1.01) < 0


def test_a_model_that_always_decides_the_same_leaves_no_agreement_to_state() -> None:
    assert math.isnan(agreement_at(np.array([[5.0, 0.0], [3.0, 0.0]]), 0.1))


@given(table=TABLES, agreement=AGREEMENTS, seed=st.integers(0, 99))
def test_the_variance_of_the_difference_is_that_of_the_joint_distribution(
    table: Floats, agreement: float, seed: int
) -> None:
    assume(table.sum() > 0)
    shares = table / table.sum()
    influence = np.random.default_rng(seed).normal(size=table.shape)
    influence -= (shares * influence).sum()
    own, paired = influence_variance(table, influence, agreement)
    difference = influence[:, None, :] - influence[:, :, None]
    assert own == pytest.approx(float((shares * influence**2).sum()), abs=1e-9)
    assert paired == pytest.approx(float((joint(table, agreement) * difference**2).sum()), abs=1e-9)


@given(table=TABLES)
def test_models_that_agree_altogether_do_not_come_apart(table: Floats) -> None:
    assume(table.sum() > 0)
    _, paired = influence_variance(table, np.eye(len(table)), 1.0)
    assert paired == 0
    assert differing_share(table, 1.0) == 0


@given(differing=st.floats(0, 0.5), rows=st.integers(30, 100_000))
def test_more_differing_rows_never_make_a_share_more_certain(differing: float, rows: int) -> None:
    less, more = (error_of_proportion(share, rows, 0.95) for share in (differing, differing + 0.1))
    assert 0 < less <= more


def test_of_many_rows_the_error_is_the_textbook_one() -> None:
    assert error_of_proportion(0.1, 100_000, 0.95) == pytest.approx(math.sqrt(0.1 / 100_000), rel=1e-3)


def test_independent_models_come_apart_by_both_their_errors() -> None:
    assert error_from_own(0.03, 0.0) == pytest.approx(math.hypot(0.03, 0.03))
    assert error_from_own(0.03, 1.0) == 0
