"""What a right file means: the reference file, the smallest file, and every key in between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlgate.config import default_gaps, default_groupings, default_requirements
from mlgate.config.groupings import is_slice
from mlgate.edges.own_metrics import PutOff
from mlgate.oddities import ODDITIES
from mlgate.records.rows import Coded
from mlgate.records.run import OVERALL, Condition, GapRequirement, Grouping, Money, Requirement
from mlgate.records.settings import DataSource, LabelSettings, OddityChoice, OdditySettings, Settings, TrainSettings
from mlgate.records.words import Level, Rule, Task
from mlgate.slices import assign

ROOT = Path(__file__).resolve().parents[3]
MINIMAL = "model: credit\ndata: test.parquet\nlabel: default\n"

Read = Callable[[str], Settings]


def test_the_reference_file_gives_what_stands_in_it(read: Read) -> None:
    text = (ROOT / "mlgate.yaml").read_text(encoding="utf-8")
    settings = read(text)
    assert (settings.model, settings.title, settings.owner) == (
        "loanapp",
        "Boston mortgage applications",
        "credit-risk",
    )
    assert settings.noun == "applications"
    assert settings.label == LabelSettings(
        column="denied", positive="1", negative=("0",), positive_name="denied", negative_name="approved"
    )
    assert settings.id == "row"
    assert settings.sensitive == ("black", "hispan", "male", "old")
    assert settings.registry == "sqlite:///reports/registry/mlflow.db"
    assert settings.champion == "models:/loanapp@champion"
    assert settings.train == TrainSettings(callable="model.train:train", config="model/config.yaml")
    assert [source.name for source in settings.data] == ["train", "base_case", "recent"]
    assert settings.source("recent") == DataSource(
        name="recent",
        path="reports/data/recent.parquet",
        suite="data_tests/recent.json",
        level=Level.ADVISORY,
        note="simulated: a held-out draw, since the data have no time",
    )
    assert settings.oddities == OdditySettings(
        names=tuple(oddity.name for oddity in ODDITIES), categories=("occ", "prop", "mortg", "cons", "rep")
    )
    assert settings.suites == ("data_tests", "model_tests", "api_tests")
    assert (settings.model_timeout, settings.ledger, settings.mode) == (120.0, "registry", "gate")
    assert (settings.allow_demo, settings.approvers, settings.private) == (True, (), ())
    assert settings.limits[0].startswith("1,989 applications of one city in 1990–91")
    assert settings.digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert settings.root == Path("/project")


def test_the_run_of_the_reference_file_is_what_stands_in_it(read: Read) -> None:
    run = read((ROOT / "mlgate.yaml").read_text(encoding="utf-8")).run
    assert (run.threshold, run.confidence, run.on_inconclusive, run.seed) == (0.5, 0.95, "approve", 0)
    assert run.groupings[2] == Grouping(
        columns=("male",), titles=(("male=1", "Men"), ("male=0", "Women"), ("male is missing", "Sex not stated"))
    )
    assert run.groupings[4] == Grouping(columns=("black", "male"))
    assert len(run.requirements) == 14
    assert run.requirements[0] == Requirement(
        metric="accuracy",
        rule=Rule.NOT_WORSE,
        level=Level.REQUIRED,
        margin=0.03,
        because="797 rows cannot resolve less",
    )
    assert run.requirements[3].bound == 0.65 and run.requirements[3].margin is None
    assert run.requirements[-1].dataset == "recent"
    assert run.requirements[-2] == Requirement(
        metric="recall", rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=0.1
    )
    assert len(run.gaps) == 6
    assert run.gaps[2] == GapRequirement(
        metric="selection_rate",
        attribute="male",
        rule=Rule.NOT_WORSE,
        level=Level.GUARDED,
        margin=0.05,
        reference="1",
    )
    assert run.oddity == Requirement(
        metric="log_loss", rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=0.06, dataset="oddities"
    )


def test_three_lines_are_enough_and_everything_else_has_its_default(read: Read) -> None:
    settings = read(MINIMAL)
    assert settings.title == "credit"
    assert settings.champion == "models:/credit@champion"
    assert settings.data == (DataSource(name="base_case", path="test.parquet"),)
    assert settings.label == LabelSettings(column="default")
    assert settings.run.requirements == default_requirements(Task.BINARY, scores=True, slices=False, champion=True)
    assert settings.run.groupings == () and settings.run.gaps == ()
    assert (settings.run.threshold, settings.run.on_inconclusive, settings.mode) == (0.5, "block", "gate")
    assert settings.train is None
    assert (settings.id, settings.registry, settings.suites) == (None, None, ())
    assert settings.allow_demo is False


def test_attributes_may_be_cut_crossed_and_named_by_requirements_only(read: Read) -> None:
    text = """sensitive: [sex, {by: age, cuts: {age: [25, 40]}}, {by: [sex, age]}]
fairness:
  - {metric: demographic_parity_ratio, attribute: [sex, race], rule: at_least, bound: 0.8, level: required}
  - {metric: recall, attribute: region, margin: 0.1}
slices: [{by: region, titles: {"region=N": North}}]
"""
    settings = read(MINIMAL + text)
    assert settings.sensitive == ("sex", "age")
    cuts = (("age", (25.0, 40.0)),)
    assert settings.run.all_attributes() == (
        Grouping(columns=("sex",)),
        Grouping(columns=("age",), cuts=cuts),
        Grouping(columns=("sex", "age"), cuts=cuts),
        Grouping(columns=("sex", "race")),
        Grouping(columns=("region",), titles=(("region=N", "North"),)),
    )
    assert settings.run.gaps[0].attribute == "sex and race"


def test_slices_bring_guarded_requirements_at_twice_the_margin(read: Read) -> None:
    requirements = read(MINIMAL + "slices: [{by: region}]\n").run.requirements
    assert requirements == default_requirements(Task.BINARY, scores=True, slices=True, champion=True)
    assert [(r.metric, r.margin, str(r.level)) for r in requirements if r.on == "slices"] == [
        ("accuracy", 0.02, "guarded"),
        ("roc_auc", 0.02, "guarded"),
        ("log_loss", 0.02, "guarded"),
    ]


def test_sensitive_columns_become_slices_and_shown_gaps_unless_the_file_says_otherwise(read: Read) -> None:
    run = read(MINIMAL + "sensitive: [sex, age]\n").run
    both = (Grouping(columns=("sex",)), Grouping(columns=("age",)))
    assert run.attributes == both and run.groupings == default_groupings(both)
    assert run.gaps == default_gaps(both)
    assert {gap.level for gap in run.gaps} == {Level.ADVISORY}
    silent = read(MINIMAL + "sensitive: [sex]\nslices: []\nfairness: []\n").run
    assert (silent.groupings, silent.gaps, silent.attributes) == ((), (), ())
    assert silent.requirements == default_requirements(Task.BINARY, scores=True, slices=False, champion=True)


@pytest.mark.parametrize(
    ("written", "positive", "negative"),
    [
        ("positive: 1", "1", ("0",)),
        ("positive: 1.0", "1", ("0",)),
        ("positive: 0", "0", ("1",)),
        ("positive: true", "true", ("false",)),
        ("positive: yes", "yes", ()),
        ('positive: "01"', "01", ()),
        ("positive: 2.5, negative: 1", "2.5", ("1",)),
        ("positive: bad, negative: good", "bad", ("good",)),
        ("positive: 1, negative: null", "1", None),
        ("positive: yes, negative: null", "yes", None),
        ("positive: yes, negative: [no, 0.0]", "yes", ("no", "0")),
        ("positive: 12345678901234567890, negative: 1", "12345678901234567890", ("1",)),
    ],
)
def test_label_values_become_the_text_by_which_they_are_compared(
    read: Read, written: str, positive: str, negative: tuple[str, ...] | None
) -> None:
    label = read(f"model: m\ndata: d\nlabel: {{column: y, {written}}}\n").label
    assert (label.positive, label.negative) == (positive, negative)


def test_a_margin_in_percent_is_a_share_of_the_champions_value(read: Read) -> None:
    text = MINIMAL + 'requirements:\n  - {metric: log_loss, margin: "2.5%"}\n  - {metric: accuracy, margin: 2 %}\n'
    first, second = read(text).run.requirements
    assert (first.margin, first.relative) == (0.025, True)
    assert (second.margin, second.relative) == (0.02, True)


def test_rule_and_level_default_to_what_is_meant_most_often(read: Read) -> None:
    text = MINIMAL + (
        "slices: [{by: sex}]\nrequirements:\n  - {metric: recall, margin: 0.1}\n"
        "  - {metric: recall, margin: 0.1, on: slices}\n  - {metric: recall, rule: better}\n"
        '  - {metric: recall, rule: at_least, bound: 0.2, on: "sex=F", level: advisory}\n'
    )
    overall, slices, better, bounded = read(text).run.requirements
    assert (overall.rule, overall.level) == (Rule.NOT_WORSE, Level.REQUIRED)
    assert slices.level == Level.GUARDED
    assert better.margin == 0.0
    assert (bounded.on, bounded.bound, bounded.level) == ("sex=F", 0.2, Level.ADVISORY)


def test_slices_by_cuts_and_by_condition_are_read(read: Read) -> None:
    text = MINIMAL + (
        "slices:\n"
        "  - by: [age, sex]\n"
        "    cuts: {age: [25, 60]}\n"
        '    titles: {"age <= 25 and sex=F": Young women, "25 < age <= 60 and sex is missing": 3}\n'
        '  - {where: "loanprc > 0.9 and self = 1", name: risky, title: Risky loans}\n'
        '  - {where: "sex=F   and age <= 25"}\n'
        "requirements:\n"
        "  - {metric: accuracy, margin: 0.1, on: risky}\n"
        '  - {metric: accuracy, margin: 0.1, on: "sex=F and age <= 25"}\n'
    )
    cut, named, plain = read(text).run.groupings
    assert cut.cuts == (("age", (25.0, 60.0)),)
    assert cut.titles == (("age <= 25 and sex=F", "Young women"), ("25 < age <= 60 and sex is missing", "3"))
    assert named.columns == ("loanprc", "self")
    assert named.conditions == (
        Condition(column="loanprc", operator=">", value=0.9),
        Condition(column="self", operator="=", value=1.0),
    )
    assert named.titles == (("risky", "Risky loans"),)
    assert plain.titles == (("sex=F and age <= 25", "sex=F and age <= 25"),)


def test_the_names_that_titles_may_use_are_those_that_rows_get(read: Read) -> None:
    text = MINIMAL + "slices: [{by: [age, sex], cuts: {age: [25, 60.5]}}, {by: sex}, {where: 'age > 3 and sex = F'}]\n"
    groupings = read(text).run.groupings
    sexes = Coded(values=("F", None), codes=np.array([0, 1, 0, 1], dtype=np.int32))
    ages = Coded(values=(20.0, 60.5, 61.0, None), codes=np.array([0, 1, 2, 3], dtype=np.int32))
    names = assign(groupings, {"age": ages, "sex": sexes}, 4).names
    assert "25 < age <= 60.5 and sex is missing" in names and "age > 3 and sex=F" in names
    assert [name for name in names if name != OVERALL and not is_slice(name, groupings)] == []


def test_short_forms_mean_the_same_as_long_ones(read: Read) -> None:
    short = read("model: m\ndata: d.csv\nlabel: y\ntrain: a.b:c\n")
    long = read("model: m\ndata: {base_case: {path: d.csv}}\nlabel: {column: y}\ntrain: {callable: a.b:c}\n")
    assert (short.data, short.label, short.train) == (long.data, long.label, long.train)


@pytest.mark.parametrize("more", ["", "oddities: {}\n", "oddities: {sets: all}\n"])
def test_oddities_without_more_words_are_all_with_the_default_requirement(read: Read, more: str) -> None:
    settings = read(MINIMAL + more)
    assert settings.oddities is not None and settings.run.oddity is not None
    assert settings.oddities.names == tuple(oddity.name for oddity in ODDITIES) and not settings.oddities.named
    assert (settings.run.oddity.metric, settings.run.oddity.margin) == ("log_loss", 0.02)


def test_oddities_are_those_that_are_named_a_teams_own_among_them(read: Read) -> None:
    def names(sets: str) -> tuple[str, ...]:
        oddities = read(MINIMAL + f"oddities: {{{sets}}}\n").oddities
        assert oddities is not None
        return oddities.names

    assert names("sets: none") == ()
    assert names("sets: [extreme, missing], without: [missing]") == ("extreme",)
    every = names("sets: [all, shop.shouting], without: [noise]")
    assert "noise" not in every and every[-1] == "shop.shouting" and len(every) == len(ODDITIES)


def test_a_set_of_oddities_may_have_words_of_its_own(read: Read) -> None:
    more = "overrides: {missing: {margin: 5%, columns: [a]}, zero_rows: {level: required, expect: refuse}}"
    oddities = read(MINIMAL + f"oddities: {{{more}}}\n").oddities
    assert oddities is not None
    assert oddities.choices == (
        OddityChoice(name="missing", margin=0.05, relative=True, columns=("a",)),
        OddityChoice(name="zero_rows", level=Level.REQUIRED, expect="refuse"),
    )


def test_every_other_key_arrives_where_it_belongs(read: Read) -> None:
    text = (
        "model: m\ndata: {base_case: a, week_1: {path: b}}\nlabel: y\nthreshold: 0.2\nconfidence: 0.9\nseed: 7\n"
        "mode: observe\nledger: ledger.jsonl\nchallenger: models:/m/3\nchampion: old/\nprivate: [name]\n"
        'approval: {by: [ann, "bo"]}\ntitle: |\n  A title\nregistry: http://localhost:5000\n'
        "requirements: [{metric: accuracy, margin: 0, dataset: week_1}]\ntrain: {callable: a:b, timeout: 5}\n"
    )
    settings = read(text)
    assert (settings.run.threshold, settings.run.confidence, settings.run.seed) == (0.2, 0.9, 7)
    assert (settings.mode, settings.ledger, settings.challenger) == ("observe", "ledger.jsonl", "models:/m/3")
    assert (settings.champion, settings.private, settings.approvers) == ("old/", ("name",), ("ann", "bo"))
    assert (settings.title, settings.registry) == ("A title", "http://localhost:5000")
    assert settings.run.requirements[0].dataset == "week_1"
    assert settings.train is not None and settings.train.timeout == 5.0


def test_an_anchor_can_be_used_again(read: Read) -> None:
    text = MINIMAL + "slices: [{by: a}, {by: b}]\nsensitive: &people [a, b]\noddities: {leave: *people}\n"
    oddities = read(text).oddities
    assert oddities is not None and oddities.leave == ("a", "b")


def test_a_multiclass_file_says_its_classes_in_the_order_of_the_scores(read: Read) -> None:
    text = (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [setosa, 1, 2.0, true]}\noddities: {}\n"
        "sensitive: [sex]\nrequirements:\n"
        '  - {metric: recall(setosa), margin: 0.1}\n  - {metric: "top_k_accuracy(2)", rule: at_least, bound: 0.9}\n'
    )
    settings = read(text)
    assert settings.label.classes == settings.run.classes == ("setosa", "1", "2", "true")
    assert settings.run.task is Task.MULTICLASS
    assert [gap.metric for gap in settings.run.gaps] == ["accuracy_difference"]
    assert settings.run.oddity is not None and settings.run.oddity.metric == "log_loss"
    assert [one.metric for one in settings.run.requirements] == ["recall(setosa)", "top_k_accuracy(2)"]


def test_classes_that_only_the_data_will_say_can_be_asked_about(read: Read) -> None:
    text = "model: m\ndata: d\ntask: multiclass\nlabel: y\nrequirements: [{metric: recall(any), margin: 0.1}]\n"
    assert read(text).run.requirements[0].metric == "recall(any)"


def test_a_regression_file_needs_no_more_than_its_task(read: Read) -> None:
    settings = read(MINIMAL + "task: regression\noddities: {}\nslices: [{by: a}]\n")
    assert settings.run.requirements == default_requirements(Task.REGRESSION, scores=True, slices=True, champion=True)
    assert settings.run.oddity is not None
    assert (settings.run.oddity.metric, settings.run.oddity.margin, settings.run.oddity.relative) == ("mae", 0.04, True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.3", (0.3, None, False)),
        ("{champion: 0.4, challenger: 0.35}", (0.35, 0.4, False)),
        ("model", (0.5, None, True)),
    ],
)
def test_a_threshold_is_one_number_or_one_for_each_or_the_models_own(
    read: Read, written: str, expected: tuple[float, float | None, bool]
) -> None:
    settings = read(MINIMAL + f"threshold: {written}\n")
    assert (settings.run.threshold, settings.run.champion_threshold, settings.thresholds_from_models) == expected


@pytest.mark.parametrize(
    ("written", "money"),
    [
        (
            "costs: {false_positive: 100, false_negative: loanamt, currency: €}",
            Money(kind="cost", amounts=(0.0, 100.0, "loanamt", 0.0), currency="€"),
        ),
        ("values: {true_positive: 3, true_negative: -1}", Money(kind="value", amounts=(-1.0, 0.0, 0.0, 3.0))),
    ],
)
def test_amounts_stand_in_the_order_of_label_and_decision(read: Read, written: str, money: Money) -> None:
    settings = read(MINIMAL + written + f"\nrequirements: [{{metric: {money.kind}, margin: 2%}}]\n")
    assert settings.run.money == money
    assert settings.run.requirements[0].metric == money.kind


def test_an_own_metric_is_a_function_with_a_direction_and_a_minimum(read: Read) -> None:
    text = (
        "own_metrics:\n  - {name: mymetrics.net_profit, title: Profit, minimum: 250, greater_is_better: null}\n"
        "  - {name: mymetrics.loss_given_default, greater_is_better: false}\n"
        "requirements:\n  - {metric: mymetrics.net_profit, rule: unchanged, margin: 3}\n"
        "  - {metric: mymetrics.loss_given_default, margin: 3}\nreplicates: 1000\n"
    )
    run = read(MINIMAL + text).run
    first, second = run.own_metrics
    assert (first.name, first.title, first.greater_is_better, first.minimum) == (
        "mymetrics.net_profit",
        "Profit",
        None,
        250,
    )
    assert (second.title, second.greater_is_better, second.minimum) == ("loss given default", False, 100)
    assert first.function == PutOff("mymetrics.net_profit", Path("/project"))
    assert run.replicates == 1000


def test_a_baseline_is_the_best_constant_or_a_column(read: Read) -> None:
    asked = "requirements: [{metric: log_loss, rule: better, than: baseline}]\n"
    run = read(MINIMAL + asked + "baseline: last_score\n").run
    assert (run.requirements[0].than, run.requirements[0].margin, run.baseline) == ("baseline", 0.0, "last_score")
    assert read(MINIMAL + asked).run.baseline == ""


def test_units_weights_seeds_and_uses_arrive_where_they_belong(read: Read) -> None:
    settings = read(MINIMAL + "unit: customer\nweight: w\ntrain: {callable: a:b, seeds: 5}\nuses: 3\n")
    assert (settings.run.unit, settings.run.weight, settings.uses) == ("customer", "w", 3)
    assert settings.train is not None and settings.train.seeds == 5
    silent = read(MINIMAL + "train: a:b\n")
    assert (silent.run.unit, silent.run.weight, silent.uses, silent.run.replicates) == ("", "", 20, 400)
    assert silent.train is not None and silent.train.seeds == 0


def test_a_metric_that_is_only_shown_is_advisory_without_a_word(read: Read) -> None:
    text = MINIMAL + "requirements: [{metric: ece, margin: 0.01}]\noddities: {metric: ece, margin: 0.1}\n"
    run = read(text).run
    assert run.requirements[0].level is Level.ADVISORY
    assert run.oddity is not None and run.oddity.metric == "ece"
