"""The keys ``discovered`` and ``guard``: what they mean, and what is told of mistakes in them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable

import pytest

from mlgate.config.defaults import adapted
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.run import Condition, Requirement
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Rule

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]

HEAD = "model: m\ndata: {base_case: a}\nlabel: y\n"
YOUNG = "age < 25 and job=student"


def guarded(settings: Settings) -> list[Requirement]:
    return [one for one in settings.run.requirements if one.on == YOUNG]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", DiscoverySettings()),
        ("discovered: guarded\n", DiscoverySettings()),
        ("discovered: true\n", DiscoverySettings()),
        ("discovered: false\n", None),
        ("discovered: advisory\n", DiscoverySettings(level=Level.ADVISORY)),
        (
            "discovered: {level: advisory, columns: [a, b], depth: 2, bins: 5, support: 0.1, metric: log_loss}\n",
            DiscoverySettings(
                level=Level.ADVISORY,
                columns=("a", "b"),
                depth=2,
                bins=5,
                support=0.1,
                most_triples=sys.maxsize,
                metric="log_loss",
            ),
        ),
    ],
)
def test_discovered_is_a_level_a_switch_or_a_mapping(
    read: Read, written: str, expected: DiscoverySettings | None
) -> None:
    assert read(HEAD + written).discovered == expected


def test_an_entry_of_guard_is_a_slice_and_a_requirement_beside_the_others(read: Read) -> None:
    line = 'guard: [{where: "age < 25 and job = student", metric: accuracy, margin: 0.02}]\n'
    plain, settings = read(HEAD), read(HEAD + line)
    assert [one.conditions for one in settings.run.groupings] == [
        (Condition(column="age", operator="<", value=25.0), Condition(column="job", operator="=", value="student"))
    ]
    assert guarded(settings) == [
        Requirement(metric="accuracy", rule=Rule.NOT_WORSE, level=Level.GUARDED, on=YOUNG, margin=0.02)
    ]
    overall = [one for one in settings.run.requirements if one.on == "overall"]
    assert overall == [one for one in plain.run.requirements if one.on == "overall"]
    assert settings.guards and not plain.guards


def test_guards_stay_when_defaults_give_way_to_a_run_without_champion(read: Read) -> None:
    line = 'guard: [{where: "age < 25 and job = student", metric: accuracy, margin: 0.02}]\n'
    run = adapted(read(HEAD + line).run, scores=False, champion=False)
    assert [one.metric for one in run.requirements if one.on == YOUNG] == ["accuracy"]
    assert {one.metric for one in run.requirements} == {"accuracy", "balanced_accuracy"}


@pytest.mark.parametrize(
    "slices",
    ["slices: [{by: sex}]\n", 'slices: [{where: "sex = F"}]\n', 'slices: [{where: "sex = F", name: women}]\n'],
)
def test_a_slice_that_is_declared_already_is_not_declared_again(read: Read, slices: str) -> None:
    settings = read(HEAD + slices + 'guard: [{where: "sex = F", metric: recall, margin: 0.1}]\n')
    assert len(settings.run.groupings) == 1
    named = [one.on for one in settings.run.requirements if one.metric == "recall"]
    assert named == ["women" if "women" in slices else "sex=F"]


def test_ranges_of_declared_cuts_are_met_by_their_conditions(read: Read) -> None:
    settings = read(
        HEAD
        + "slices: [{by: age, cuts: {age: [25, 60]}}]\n"
        + 'guard: [{where: "25 < age <= 60", metric: accuracy, margin: "2%"}]\n'
    )
    assert len(settings.run.groupings) == 1
    last = settings.run.requirements[-1]
    assert dataclasses.replace(last, because="") == Requirement(
        metric="accuracy", rule=Rule.NOT_WORSE, level=Level.GUARDED, on="25 < age <= 60", margin=0.02, relative=True
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("discovered: maybe", 'unknown discovered "maybe"'),
        ("discovered: {depth: 4}", "discovered.depth is 4; slices have at most 3 conditions"),
        ("discovered: {bins: 50}", "discovered.bins is 50"),
        ("discovered: {level: required}", 'unknown level "required"'),
        ("discovered: {colums: [a]}", 'unknown key "discovered.colums"; did you mean "columns"?'),
        ("discovered: {metric: acuracy}", 'unknown metric "acuracy"'),
        ("guard: []", "guard is empty"),
        ("guard: [{metric: accuracy, margin: 0.02}]", "where is missing"),
        ('guard: [{where: "age <", metric: accuracy, margin: 0.02}]', "where, at character 6"),
        ('guard: [{where: "age < 25", metric: accuracy}]', "margin is missing"),
        ('guard: [{where: "age < 25", metric: accuracy, margin: 0.1, on: slices}]', 'unknown key "on"'),
        (
            'guard: [{where: "a = 1", metric: f1, margin: 0.1}, {where: "a = 1", metric: f1, margin: 0.2}]',
            "f1 not_worse on a=1 is asked in guard already",
        ),
    ],
)
def test_mistakes_are_told(problems: Problems, written: str, problem: str) -> None:
    found = problems(HEAD + written + "\n")
    assert len(found) == 1 and problem in found[0] and found[0].startswith("mlgate.yaml:4: ")
