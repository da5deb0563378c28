"""One feature alone against the label: figures as scikit-learn has them, nothing flattered, every leak by its name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import normalized_mutual_info_score, roc_auc_score

from mlgate.checks.predictive_power import Feature, Label, auc_of, power_of
from mlgate.checks.single_features import observe_single_features
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.words import Task, Verdict
from mlgate.stages.judge import judge_observations

SETTINGS = LeakageSettings()
ROWS = 3000


def feature(name: str, values: NDArray[np.generic], *, category: bool = False, names_rows: bool = False) -> Feature:
    found, order = np.unique(values, return_inverse=True)
    return Feature(name=name, order=order, values=len(found), category=category, names_rows=names_rows)


def label(values: NDArray[np.generic], task: Task = Task.BINARY) -> Label:
    folds = np.random.default_rng(9).integers(0, 5, len(values))
    return Label(name="default", task=task, values=values.astype(np.float64), folds=folds)


def binary(seed: int = 0, rate: float = 0.3) -> NDArray[np.int64]:
    return (np.random.default_rng(seed).random(ROWS) < rate).astype(np.int64)


def found(one: Feature, truth: Label, champion: float | None = None) -> tuple[str, Verdict, str]:
    (seen,) = observe_single_features([one], truth, "train", SETTINGS, champion)
    return seen.id, judge_observations([seen])[0].verdict, seen.reason


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=2))
def test_the_auc_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    scores, truth = np.array(pairs).T
    if len(set(truth)) == 2:
        assert auc_of(scores, truth.astype(float)) == pytest.approx(roc_auc_score(truth, scores))
    else:
        assert auc_of(scores, truth.astype(float)) == 0.5


def test_the_label_with_noise_is_found_and_both_figures_are_told() -> None:
    truth = binary()
    leak = truth + np.random.default_rng(1).normal(0, 0.2, ROWS)
    name, verdict, reason = found(feature("paid_late", leak), label(truth), champion=0.81)
    assert (name, verdict) == ("data/train/single_feature/paid_late", Verdict.FAIL)
    assert reason.startswith("paid_late alone reaches an AUC of 0.99")
    assert "no less than the champion with all features, 0.81" in reason


def test_a_label_hidden_on_both_sides_of_zero_is_found() -> None:
    truth = binary()
    draw = np.random.default_rng(1)
    leak = np.where(truth == 1, draw.choice([-3, 3], ROWS), 0) + draw.normal(0, 0.2, ROWS)
    assert abs(auc_of(feature("a", leak).order, truth.astype(float)) - 0.5) < 0.05
    assert found(feature("a", leak), label(truth))[1] is Verdict.FAIL


def test_a_label_coded_as_a_category_is_found_by_that_name() -> None:
    truth = binary()
    leak = np.where(truth == 1, np.random.default_rng(1).choice(["A", "D"], ROWS), "B")
    name, verdict, reason = found(feature("status", leak, category=True), label(truth))
    assert (name, verdict) == ("data/train/target_in_category/status", Verdict.FAIL)
    assert reason.startswith("rows with the same status have the same default; alone it reaches an AUC of 1")


def test_a_category_of_many_values_that_determine_the_label_is_found() -> None:
    values = np.random.default_rng(1).integers(0, ROWS // 3, ROWS)
    truth = (values * 7919 % 10 < 3).astype(np.int64)
    assert found(feature("branch", values.astype(str), category=True), label(truth))[0].startswith(
        "data/train/target_in_category"
    )


def test_a_category_that_is_filled_for_one_label_only_is_found() -> None:
    truth = binary()
    order = np.where((truth == 1) & (np.random.default_rng(1).random(ROWS) < 0.4), 0, -1)
    leak = Feature(name="reason", order=order, values=1, category=True)
    assert found(leak, label(truth))[:2] == ("data/train/target_in_category/reason", Verdict.FAIL)


@pytest.mark.parametrize("text", [False, True])
def test_an_identifier_that_was_sorted_by_the_label_is_found_by_that_name(text: bool) -> None:
    truth = np.sort(binary())
    numbers = np.arange(ROWS)
    leak = np.array([f"C-{number:06d}" for number in numbers]) if text else numbers
    name, verdict, _ = found(feature("customer", leak, category=text, names_rows=True), label(truth))
    assert (name, verdict) == ("data/train/identifier/customer", Verdict.FAIL)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION])
def test_a_column_of_names_is_not_flattered(task: Task) -> None:
    draw = np.random.default_rng(2)
    truth = draw.normal(size=ROWS) if task is Task.REGRESSION else draw.integers(0, 2, ROWS)
    for values in (draw.permutation(ROWS), draw.integers(0, ROWS // 2, ROWS), draw.integers(0, 300, ROWS)):
        power = power_of(feature("name", values, category=True), label(truth, task))
        assert power.share < 0.08


def test_the_champions_figure_is_a_bound_only_well_above_chance() -> None:
    truth = binary()
    weak = feature("income", truth + np.random.default_rng(1).normal(0, 1.2, ROWS))
    figure = power_of(weak, label(truth)).figure
    assert 0.68 < figure < 0.75
    assert found(weak, label(truth), champion=0.6)[1] is Verdict.PASS
    good = feature("income", truth + np.random.default_rng(1).normal(0, 0.7, ROWS))
    figure = power_of(good, label(truth)).figure
    assert found(good, label(truth), champion=figure + 0.001)[1] is Verdict.PASS
    assert found(good, label(truth), champion=figure)[1] is Verdict.FAIL
    assert found(good, label(truth))[1] is Verdict.PASS


def test_a_champion_without_a_figure_is_no_bound() -> None:
    good = feature("income", binary() + np.random.default_rng(1).normal(0, 0.5, ROWS))
    assert found(good, label(binary()), champion=float("nan")) == found(good, label(binary()))


def test_of_clean_features_the_strongest_is_named_once() -> None:
    truth = binary()
    draw = np.random.default_rng(1)
    columns = [feature(f"x{place}", draw.normal(size=ROWS) + place * truth / 4) for place in range(4)]
    (seen,) = observe_single_features(columns, label(truth), "train", SETTINGS, None)
    assert seen.id == "data/train/single_feature/all"
    assert seen.reason.startswith("the strongest, x3, alone reaches an AUC of 0.7")


def test_several_classes_are_judged_by_the_errors_that_a_feature_removes() -> None:
    draw = np.random.default_rng(1)
    truth = draw.choice(3, ROWS, p=[0.9, 0.06, 0.04])
    leak = feature("code", truth + draw.normal(0, 0.1, ROWS))
    assert found(leak, label(truth, Task.MULTICLASS))[:2] == ("data/train/single_feature/code", Verdict.FAIL)
    useless = found(feature("x", draw.normal(size=ROWS)), label(truth, Task.MULTICLASS))
    assert useless[1] is Verdict.PASS and "the most frequent class: 0.89" in useless[2]


def test_the_mutual_information_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(1)
    truth, groups = draw.integers(0, 3, ROWS), draw.integers(0, 2, ROWS)
    power = power_of(feature("x", np.where(groups, truth, 0), category=True), label(truth, Task.MULTICLASS))
    guess = np.where(groups, truth, 0)  # of the values, 0 mostly means 0, and the others say themselves
    said = float(power.words.rpartition(" ")[2].rstrip(")"))
    assert said == pytest.approx(normalized_mutual_info_score(truth, guess), abs=0.005)


def test_a_number_that_follows_the_target_in_any_scale_is_found() -> None:
    draw = np.random.default_rng(1)
    truth = draw.lognormal(size=ROWS)
    leak = np.exp(-truth + draw.normal(0, 0.01, ROWS))
    name, verdict, reason = found(feature("settled", leak), label(truth, Task.REGRESSION))
    assert (name, verdict) == ("data/train/single_feature/settled", Verdict.FAIL)
    assert "an R² of ranks of 0.99" in reason


def test_columns_and_labels_without_variety_say_nothing() -> None:
    constant, nothing = feature("c", np.zeros(ROWS)), Feature(name="n", order=np.full(ROWS, -1), values=0)
    for truth in (label(binary()), label(np.zeros(ROWS)), label(np.ones(ROWS), Task.MULTICLASS)):
        assert found(constant, truth)[1] is Verdict.PASS
    assert found(constant, label(np.ones(ROWS), Task.REGRESSION))[1] is Verdict.PASS
    assert found(nothing, label(binary()))[1] is Verdict.INCONCLUSIVE
