"""The keys ``golden`` and ``behaviour``: what they make, and what only the reader (not the schema) can refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlgate.records.behaviour_settings import INVARIANCES, BehaviourSettings, Limit
from mlgate.records.settings import Settings
from mlgate.records.words import Level

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]

HEAD = "model: m\ndata: {base_case: a}\nlabel: y\n"


def test_what_needs_no_telling_is_asked_without_the_key(read: Read) -> None:
    assert read(HEAD).behaviour == BehaviourSettings()
    assert read(HEAD).behaviour.invariances == INVARIANCES
    assert read(HEAD).golden is None


def test_false_asks_nothing_and_skip_leaves_out_what_it_names(read: Read) -> None:
    assert read(HEAD + "behaviour: false\n").behaviour.invariances == ()
    left = read(HEAD + "behaviour: {skip: [determinism, batch_size]}\n").behaviour.invariances
    assert left == ("row_order", "column_order")


def test_naming_one_more_column_does_not_switch_off_the_others(read: Read) -> None:
    found = read(HEAD + "id: i\nbehaviour: {unchanged_by: [id, branch, row_order]}\n").behaviour
    assert (found.invariances, found.id, found.columns) == (INVARIANCES, True, ("branch",))


def test_a_direction_and_a_counterfactual_keep_what_was_written(read: Read) -> None:
    found = read(
        HEAD + "behaviour:\n  monotone: [{column: a, direction: decreasing, values: [1, 2], tolerance: 0.01, "
        "not_worse: 0.05, level: guarded, because: b}]\n"
        "  counterfactual: [{attribute: s, more_than: 0.1, at_most: 0}]\n"
    ).behaviour
    [direction], [flip] = found.monotone, found.counterfactual
    assert direction.limit == Limit(at_most=None, not_worse=0.05, level=Level.GUARDED, because="b")
    assert (direction.column, direction.direction, direction.values, direction.tolerance) == (
        "a",
        "decreasing",
        ("1", "2"),
        0.01,
    )
    assert (flip.attribute, flip.values, flip.more_than, flip.limit) == ("s", (), 0.1, Limit(at_most=0.0))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("behaviour: {unchanged_by: [id]}\n", "names the id, and there is none"),
        ("behaviour: {unchanged_by: [y]}\n", '"y" is the label'),
        ("behaviour: {unchanged_by: [row_order], skip: [row_order]}\n", "stands in behaviour.unchanged_by and in"),
        ("behaviour: {monotone: [{column: y, direction: increasing}]}\n", '"y" is the label'),
        ("behaviour: {monotone: [{column: a, direction: increasing, class: b}]}\n", "class is for tasks of several"),
        ("behaviour: {counterfactual: [{attribute: a}, {attribute: a}]}\n", "stands on line 4 already"),
        ("task: regression\nbehaviour: {counterfactual: [{attribute: a}]}\n", "more_than is missing"),
        ("golden: {path: a, name: n, expected: n}\n", 'are both the column "n"'),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(problems: Problems, more: str, told: str) -> None:
    assert [line for line in problems(HEAD + more) if told in line], problems(HEAD + more)


def test_several_classes_need_the_class_whose_score_is_meant(problems: Problems) -> None:
    head = "model: m\ndata: d\ntask: multiclass\nlabel: y\n"
    assert "class is missing" in problems(head + "behaviour: {monotone: [{column: a, direction: increasing}]}\n")[0]
