"""Rows in order of a model's scores: nothing is lost, ties are seen, and the last bit of a score counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.metrics.in_order import in_step, in_units, sort_rows

SCORES = st.one_of(st.sampled_from([0.0, -0.0, 0.5, 1.0, 5e-324, 1 - 2**-53]), st.floats(0, 1))
ROWS = st.lists(st.tuples(st.integers(0, 1), SCORES), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(data=ROWS, twice=st.booleans())
def test_rows_are_sorted_by_score_then_label(data: list[tuple[int, float]], twice: bool) -> None:
    data = data * (2 if twice else 1)
    labels, scores = np.array([row[0] for row in data], dtype=np.int8), np.array([row[1] for row in data])
    order = sort_rows("score", scores, labels, None)
    assert order.scores is not None
    assert sorted(order.rows.tolist()) == list(range(len(data)))
    assert list(zip(order.scores.tolist(), order.labels.tolist())) == sorted((s + 0.0, one) for one, s in data)
    assert (scores[order.rows] == order.scores).all() and (labels[order.rows] == order.labels).all()


@settings(max_examples=100, deadline=None)
@given(data=ROWS, twice=st.booleans())
def test_levels_rise_where_scores_do_and_only_there(data: list[tuple[int, float]], twice: bool) -> None:
    data = data * (2 if twice else 1)
    labels, scores = np.array([row[0] for row in data], dtype=np.int8), np.array([row[1] for row in data])
    order = sort_rows("score", scores, labels, None, order_alone=True)
    ordered = scores[order.rows] + 0.0
    assert order.scores is None
    if len(set(ordered.tolist())) == len(data):
        assert order.levels is None
    else:
        assert order.levels is not None
        assert (np.diff(order.levels) == (np.diff(ordered) > 0)).all()


def test_scores_that_differ_in_their_last_bit_only_are_told_apart() -> None:
    near = np.array([0.7 + place * 2.0**-53 for place in range(300)])
    shuffled = np.random.default_rng(5).permutation(300)
    order = sort_rows("score", near[shuffled], np.zeros(300, dtype=np.int8), None)
    assert shuffled[order.rows].tolist() == sorted(
        range(300), key=lambda place: (near[place], shuffled.tolist().index(place))
    )


@given(data=st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=40))
def test_across_leads_from_a_row_in_one_order_to_the_same_row_in_the_other(data: list[tuple[float, float]]) -> None:
    labels = np.zeros(len(data), dtype=np.int8)
    steps = in_step([sort_rows("score", np.array(scores), labels, None) for scores in zip(*data, strict=True)])
    first, second = steps.models
    assert steps.across is not None
    assert (second.rows[steps.across] == first.rows).all()


@given(units=st.lists(st.sampled_from([0, 1, 2, 2**63, 2**63 + 1, 2**64 - 1]), min_size=1, max_size=40))
def test_rows_of_one_unit_stand_together_though_hashes_differ_in_their_last_bits_only(units: list[int]) -> None:
    rows, numbers = in_units(np.array(units, dtype=np.uint64))
    assert sorted(rows.tolist()) == list(range(len(units)))
    known = sorted(set(units))
    assert [known[number] for number in numbers.tolist()] == sorted(units) == [units[row] for row in rows.tolist()]
