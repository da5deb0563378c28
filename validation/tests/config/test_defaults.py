"""The defaults of the design, as records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgate.config import adapted, default_gaps, default_groupings, default_oddity, default_requirements
from mlgate.config.defaults import BLANK
from mlgate.errors import ConfigError
from mlgate.metrics import check_name
from mlgate.records.fairness import DISPARITIES
from mlgate.records.run import Grouping, Requirement
from mlgate.records.words import Level, Rule, Task

SEX = Grouping(columns=("sex",))
DISPARITY_RATES = {one.name: one.rates for one in DISPARITIES}


def asked(
    task: Task, *, scores: bool = True, slices: bool = False, champion: bool = True
) -> list[tuple[str, str, float | None, bool, str, str, str]]:
    """The default requirements, as far as they differ."""
    found = default_requirements(task, scores=scores, slices=slices, champion=champion)
    return [(r.metric, str(r.rule), r.margin, r.relative, str(r.level), r.on, r.than) for r in found]


def test_a_binary_challenger_must_not_be_worse_by_a_hundredth_and_is_shown_beside_the_base_rate_and_chance() -> None:
    assert asked(Task.BINARY) == [
        ("accuracy", "not_worse", 0.01, False, "required", "overall", "champion"),
        ("roc_auc", "not_worse", 0.01, False, "required", "overall", "champion"),
        ("log_loss", "not_worse", 0.01, False, "required", "overall", "champion"),
        ("log_loss", "better", 0.0, False, "advisory", "overall", "baseline"),
        ("roc_auc", "at_least", None, False, "advisory", "overall", "champion"),
    ]


def test_a_multiclass_challenger_must_not_be_worse_by_a_hundredth_in_accuracy_and_log_loss() -> None:
    assert asked(Task.MULTICLASS) == [
        ("accuracy", "not_worse", 0.01, False, "required", "overall", "champion"),
        ("log_loss", "not_worse", 0.01, False, "required", "overall", "champion"),
        ("accuracy", "better", 0.0, False, "advisory", "overall", "baseline"),
    ]


def test_a_regression_challenger_must_not_be_worse_by_two_percent() -> None:
    assert asked(Task.REGRESSION, slices=True) == [
        ("mae", "not_worse", 0.02, True, "required", "overall", "champion"),
        ("rmse", "not_worse", 0.02, True, "required", "overall", "champion"),
        ("mae", "not_worse", 0.04, True, "guarded", "slices", "champion"),
        ("rmse", "not_worse", 0.04, True, "guarded", "slices", "champion"),
        ("rmse", "better", 0.0, False, "advisory", "overall", "baseline"),
    ]


def test_on_slices_the_same_metrics_are_guarded_at_twice_the_margin() -> None:
    overall, guarded = asked(Task.BINARY, slices=True)[:3], asked(Task.BINARY, slices=True)[3:6]
    assert [one[:3] for one in guarded] == [(metric, rule, 2 * (margin or 0)) for metric, rule, margin, *_ in overall]
    assert {one[4:6] for one in guarded} == {("guarded", "slices")}


def test_models_that_only_decide_are_not_asked_for_scores() -> None:
    assert [one[0] for one in asked(Task.BINARY, scores=False, slices=True)] == [
        "accuracy",
        "accuracy",
        "balanced_accuracy",
    ]
    assert [one[0] for one in asked(Task.MULTICLASS, scores=False)] == ["accuracy", "accuracy"]
    assert asked(Task.REGRESSION, scores=False) == asked(Task.REGRESSION)
    assert default_oddity(Task.BINARY, scores=False).metric == "accuracy"


@pytest.mark.parametrize("task", Task)
def test_without_a_champion_to_beat_the_baseline_is_required(task: Task) -> None:
    run = replace(
        BLANK.run, task=task, requirements=default_requirements(task, scores=True, slices=False, champion=True)
    )
    alone = adapted(run, scores=True, champion=False)
    assert alone.requirements == default_requirements(task, scores=True, slices=False, champion=False)
    absolute = [one for one in alone.requirements if one.than == "baseline" or not one.rule.paired]
    assert absolute and {one.level for one in absolute} == {Level.REQUIRED}


def test_models_that_turn_out_to_only_decide_are_judged_by_decisions() -> None:
    default = default_requirements(Task.MULTICLASS, scores=True, slices=True, champion=True)
    oddity = default_oddity(Task.MULTICLASS, scores=True)
    run = replace(BLANK.run, task=Task.MULTICLASS, groupings=(Grouping(columns=("a",)),), requirements=default)
    plain = adapted(replace(run, oddity=oddity), scores=False, champion=True)
    assert set(plain.metrics()) == {"accuracy"} and not plain.scores


def test_what_is_declared_stays_as_declared_without_a_champion() -> None:
    declared = Requirement(metric="accuracy", rule=Rule.BETTER, level=Level.GUARDED, margin=0.0, than="baseline")
    run = replace(BLANK.run, requirements=(declared,))
    assert adapted(run, scores=True, champion=False) == run


def test_default_gaps_and_oddities_are_shown_and_never_block() -> None:
    gaps = default_gaps([SEX, Grouping(columns=("sex", "age"))])
    assert [(gap.attribute, gap.metric) for gap in gaps] == [
        (name, metric)
        for name in ("sex", "sex and age")
        for metric in ("demographic_parity_difference", "equalized_odds_difference")
    ]
    assert [gap.metric for gap in default_gaps([SEX], Task.MULTICLASS)] == ["accuracy_difference"]
    assert default_gaps([SEX], Task.REGRESSION) == (), "only the user knows the units"
    assert {gap.level for gap in gaps} == {Level.ADVISORY} and {gap.margin for gap in gaps} == {0.05}


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (Task.BINARY, ("log_loss", 0.02, False)),
        (Task.MULTICLASS, ("log_loss", 0.02, False)),
        (Task.REGRESSION, ("mae", 0.04, True)),
    ],
)
def test_oddities_are_judged_by_a_metric_of_the_task_and_never_block(
    task: Task, expected: tuple[str, float, bool]
) -> None:
    oddity = default_oddity(task, scores=True)
    assert (oddity.metric, oddity.margin, oddity.relative) == expected
    assert (oddity.rule, oddity.level, oddity.dataset) == (Rule.NOT_WORSE, Level.ADVISORY, "oddities")


def test_attributes_are_slices_by_default_and_their_intersections_are_not() -> None:
    age = Grouping(columns=("age",), cuts=(("age", (25.0, 60.0)),))
    assert default_groupings([SEX, age, Grouping(columns=("sex", "age"))]) == (SEX, age)


@pytest.mark.parametrize("task", Task)
def test_every_default_metric_exists_in_its_task(task: Task) -> None:
    names = {one[0] for one in asked(task, slices=True)} | {default_oddity(task, scores=True).metric}
    if task is Task.BINARY:
        names |= {rate for one in default_gaps([SEX]) for rate in DISPARITY_RATES[one.metric]}
    for name in names:
        check_name(name, task)
    with pytest.raises(ConfigError):
        check_name("no such metric", task)
