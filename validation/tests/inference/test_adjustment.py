"""Holm, and Benjamini and Hochberg: the laws that any adjustment has to keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.inference.adjust import benjamini_hochberg, holm

MANY = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p_values=MANY)
def test_adjusting_never_makes_a_p_value_smaller_nor_larger_than_one(p_values: list[float]) -> None:
    for raw, strict, loose in zip(p_values, holm(p_values), benjamini_hochberg(p_values), strict=True):
        assert raw <= loose + 1e-12
        assert loose <= strict + 1e-12, "Holm is the stricter of the two"
        assert strict <= 1


@given(p_values=MANY, data=st.data())
def test_the_order_of_findings_does_not_matter(p_values: list[float], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(p_values))))
    shuffled = [p_values[place] for place in order]
    for adjust in (holm, benjamini_hochberg):
        plain = adjust(p_values)
        assert adjust(shuffled) == [plain[place] for place in order]


@given(p_values=MANY)
def test_a_smaller_p_value_never_ends_above_a_larger_one(p_values: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg):
        ordered = [adjusted for _, adjusted in sorted(zip(p_values, adjust(p_values), strict=True))]
        assert ordered == sorted(ordered)


@given(p_values=MANY, more=st.floats(0, 1))
def test_one_more_finding_in_the_family_never_helps_the_others(p_values: list[float], more: float) -> None:
    alone, together = holm(p_values), holm([*p_values, more])
    assert all(one <= other + 1e-12 for one, other in zip(alone, together))


def test_a_family_of_one_is_not_adjusted_and_an_empty_one_is_no_error() -> None:
    assert holm([0.03]) == benjamini_hochberg([0.03]) == [0.03]
    assert holm([]) == benjamini_hochberg([]) == []


def test_equal_p_values_stay_equal() -> None:
    # Ranks taken from one argsort would give ties different ranks, and so different verdicts.
    assert holm([0.02, 0.02, 0.02]) == pytest.approx([0.06] * 3)
    assert benjamini_hochberg([0.02, 0.02, 0.02]) == pytest.approx([0.02] * 3)
