"""The defaults of the design, as records."""

from __future__ import annotations

from mlgate.config import default_gaps, default_groupings, default_oddity, default_requirements
from mlgate.metrics import METRICS
from mlgate.records.run import Grouping
from mlgate.records.words import Level, Rule


def test_overall_three_metrics_are_required_not_to_be_worse_by_more_than_a_hundredth() -> None:
    found = default_requirements(scores=True, slices=False)
    assert [(r.metric, str(r.rule), r.margin, str(r.level), r.on) for r in found] == [
        ("accuracy", "not_worse", 0.01, "required", "overall"),
        ("roc_auc", "not_worse", 0.01, "required", "overall"),
        ("log_loss", "not_worse", 0.01, "required", "overall"),
    ]


def test_on_slices_the_same_metrics_are_guarded_at_twice_the_margin() -> None:
    found = default_requirements(scores=True, slices=True)
    overall, guarded = found[:3], found[3:]
    assert [(r.metric, r.margin) for r in guarded] == [(r.metric, 2 * (r.margin or 0)) for r in overall]
    assert {r.level for r in guarded} == {Level.GUARDED} and {r.on for r in guarded} == {"slices"}


def test_models_that_only_decide_are_not_asked_for_scores() -> None:
    assert [r.metric for r in default_requirements(scores=False, slices=True)] == ["accuracy", "accuracy"]
    assert default_oddity(scores=False).metric == "accuracy"


def test_default_gaps_and_oddities_are_shown_and_never_block() -> None:
    gaps = default_gaps(["sex", "age"])
    assert [(gap.attribute, gap.metric) for gap in gaps] == [
        (name, metric) for name in ("sex", "age") for metric in ("selection_rate", "recall", "false_positive_rate")
    ]
    assert {gap.level for gap in gaps} == {Level.ADVISORY} and {gap.margin for gap in gaps} == {0.05}
    oddity = default_oddity(scores=True)
    assert (oddity.metric, oddity.rule, oddity.level, oddity.margin) == (
        "log_loss",
        Rule.NOT_WORSE,
        Level.ADVISORY,
        0.02,
    )
    assert oddity.dataset == "oddities"


def test_default_groupings_give_one_slice_per_value() -> None:
    assert default_groupings(["sex", "age"]) == (Grouping(columns=("sex",)), Grouping(columns=("age",)))


def test_every_default_metric_exists() -> None:
    known = {metric.name for metric in METRICS}
    asked = {r.metric for r in (*default_requirements(scores=True, slices=True), default_oddity(scores=True))}
    assert asked | {gap.metric for gap in default_gaps(["a"])} <= known
