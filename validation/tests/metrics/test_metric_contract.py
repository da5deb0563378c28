"""One contract for every metric: equal to its independent twin, whatever the order, split or merge of the rows."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
from collections.abc import Callable

import numpy as np
import pytest
import sklearn.metrics as twin
from fairlearn.metrics import false_positive_rate, selection_rate
from hypothesis import given, settings
from hypothesis import strategies as st

import mlgate.metrics
from mlgate.errors import ConfigError
from mlgate.metrics import METRICS, Confusion, find
from mlgate.metrics.metric import Minimum
from mlgate.records.evidence import Evidence
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.tables import dump, load, merge

#: Metric, its independent twin, and whether the twin reads scores.
TWINS: dict[str, tuple[Callable[..., float], bool]] = {
    "accuracy": (twin.accuracy_score, False),
    "error_rate": (twin.zero_one_loss, False),
    "recall": (twin.recall_score, False),
    "specificity": (lambda y, d: twin.recall_score(y, d, pos_label=0), False),
    "false_positive_rate": (false_positive_rate, False),
    "selection_rate": (selection_rate, False),
    "precision": (twin.precision_score, False),
    "f1": (twin.f1_score, False),
    "balanced_accuracy": (twin.balanced_accuracy_score, False),
    "mcc": (twin.matthews_corrcoef, False),
    "log_loss": (twin.log_loss, True),
    "brier": (twin.brier_score_loss, True),
    "roc_auc": (twin.roc_auc_score, True),
}
NAMES = tuple(metric.name for metric in METRICS)
GROUP = Grouping(columns=("group",))


def run_of(*names: str) -> Run:
    rule = Rule.NOT_WORSE
    asked = tuple(Requirement(metric=name, rule=rule, level=Level.ADVISORY, margin=0.01) for name in names or NAMES)
    return Run(requirements=asked, groupings=(GROUP,))


def rows_of(seed: int, n: int) -> Batch:
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.4).astype(np.int8)
    labels[:2] = (0, 1)
    # Rounded scores, so that ties and scores at the threshold occur.
    first, second = (np.clip(0.3 * labels + rng.random(n) * 0.7, 0, 1).round(2) for _ in range(2))
    groups = Coded(codes=rng.integers(0, 3, n).astype(np.int32), values=("a", None, 2.0))
    return Batch(labels=labels, champion=first, challenger=second, columns={"group": groups})


def part(batch: Batch, chosen: np.ndarray) -> Batch:
    assert batch.champion is not None
    group = batch.columns["group"]
    return Batch(
        labels=batch.labels[chosen],
        champion=batch.champion[chosen],
        challenger=batch.challenger[chosen],
        columns={"group": Coded(codes=group.codes[chosen], values=group.values)},
    )


def swapped(batch: Batch) -> Batch:
    assert batch.champion is not None
    return Batch(labels=batch.labels, champion=batch.challenger, challenger=batch.champion, columns=batch.columns)


def evidence_of(batch: Batch, *names: str) -> dict[tuple[str, str], Evidence]:
    run = run_of(*names)
    found = compare(run, add_up(run, [batch]), dataset="base_case", metrics=run.metrics())
    return {(one.metric, one.slice): one for one in found}


def test_every_metric_has_a_twin() -> None:
    assert set(TWINS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_value_equals_the_independent_twin_overall_and_on_a_slice(name: str, seed: int) -> None:
    batch = rows_of(seed, 400)
    found = evidence_of(batch, name)
    compute, reads_scores = TWINS[name]
    assert batch.champion is not None
    for where, inside in (("overall", np.ones(400, dtype=bool)), ("group=a", batch.columns["group"].codes == 0)):
        one = found[name, where]
        assert one.champion is not None
        for scores, value in ((batch.champion, one.champion.value), (batch.challenger, one.challenger.value)):
            seen = scores[inside] if reads_scores else (scores[inside] >= 0.5).astype(int)
            assert value == pytest.approx(
                float(compute(batch.labels[inside], seen)), abs=1e-6 if reads_scores else 1e-12
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_is_shown_in_a_doctest_of_its_module(name: str) -> None:
    modules = [
        importlib.import_module(f"mlgate.metrics.{info.name}") for info in pkgutil.iter_modules(mlgate.metrics.__path__)
    ]
    examples = [
        example.source for module in modules for example in doctest.DocTestParser().get_examples(module.__doc__ or "")
    ]
    constant, quoted = name.upper(), f'"{name}"'
    assert any(f"{constant}." in source or quoted in source for source in examples), f"{name} has no doctest"


@pytest.mark.parametrize("name", [metric.name for metric in METRICS if isinstance(metric, Confusion)])
def test_influence_has_mean_zero_and_predicts_the_effect_of_a_row(name: str) -> None:
    metric = find(name)
    assert isinstance(metric, Confusion)
    rng = np.random.default_rng(5)
    cells = rng.integers(5, 400, size=(20, 4)).astype(float)
    influence = metric.influence(cells)
    assert np.abs((influence * cells).sum(axis=1) / cells.sum(axis=1)).max() < 1e-12
    for cell in range(4):
        more = cells.copy()
        more[:, cell] += 1e-6 * cells.sum(axis=1)
        effect = (metric.value(more) - metric.value(cells)) / 1e-6
        assert effect == pytest.approx(influence[:, cell], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_undefined_stays_undefined_and_is_not_zero(name: str) -> None:
    """One class only and no positive decision: what is nothing divided by nothing must be NaN."""
    batch = Batch(
        labels=np.zeros(40, dtype=np.int8),
        champion=np.full(40, 0.1),
        challenger=np.full(40, 0.1),
        columns={"group": Coded(codes=np.zeros(40, dtype=np.int32), values=("a",))},
    )
    value = evidence_of(batch, name)[name, "overall"].challenger.value
    assert math.isnan(value) == (name in {"recall", "precision", "f1", "balanced_accuracy", "mcc", "roc_auc"})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(1, 79), n=st.just(80))
def test_any_split_and_any_order_gives_the_same_tally_to_the_bit(seed: int, cut: int, n: int) -> None:
    run, batch = run_of(), rows_of(seed, n)
    order = np.random.default_rng(seed).permutation(n)
    whole = dump({"base_case": add_up(run, [batch])})
    parts = [part(batch, order[:cut]), part(batch, order[cut:])]
    assert dump({"base_case": add_up(run, parts)}) == whole
    assert dump({"base_case": add_up(run, parts[::-1])}) == whole
    assert dump(load(whole)) == whole


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_merging_is_associative(seed: int) -> None:
    run = run_of()
    first, second, third = (add_up(run, [rows_of(seed + i, 30)]) for i in range(3))
    assert dump({"x": (first + second) + third}) == dump({"x": first + (second + third)})
    assert dump({"x": merge([third, first, second])}) == dump({"x": first + second + third})


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_swapping_the_models_negates_the_improvement_and_mirrors_its_interval(seed: int) -> None:
    batch = rows_of(seed, 300)
    there, back = evidence_of(batch), evidence_of(swapped(batch))
    for key, one in there.items():
        other = back[key].improvement
        assert one.improvement is not None and other is not None
        if math.isnan(one.improvement.value):
            assert math.isnan(other.value)
            continue
        assert other.value == pytest.approx(-one.improvement.value, abs=1e-12), key
        assert (other.low, other.high) == pytest.approx((-one.improvement.high, -one.improvement.low), abs=1e-9), key


def test_identical_models_differ_by_nothing_but_never_for_sure() -> None:
    batch = rows_of(3, 500)
    assert batch.champion is not None
    same = Batch(labels=batch.labels, champion=batch.champion, challenger=batch.champion, columns=batch.columns)
    for key, one in evidence_of(same).items():
        assert one.improvement is not None and one.improvement.value == 0, key
        assert one.improvement.low < 0 < one.improvement.high, key


@pytest.mark.parametrize("name", NAMES)
def test_doubling_every_row_narrows_the_interval_by_about_root_two(name: str) -> None:
    batch = rows_of(4, 400)
    twice = part(batch, np.r_[np.arange(400), np.arange(400)])
    widths = [evidence_of(rows, name)[name, "overall"].improvement for rows in (batch, twice)]
    assert widths[0] is not None and widths[1] is not None
    ratio = (widths[0].high - widths[0].low) / (widths[1].high - widths[1].low)
    assert ratio == pytest.approx(math.sqrt(2), rel=0.03)


def test_error_rate_and_specificity_mirror_accuracy_and_false_positive_rate() -> None:
    found = evidence_of(rows_of(6, 300))
    for one, other in (("accuracy", "error_rate"), ("specificity", "false_positive_rate")):
        first, second = found[one, "overall"], found[other, "overall"]
        assert first.challenger.value == pytest.approx(1 - second.challenger.value, abs=1e-12)
        assert first.improvement is not None and second.improvement is not None
        assert first.improvement.low == pytest.approx(second.improvement.low, abs=1e-9)


def test_a_monotone_transform_of_the_scores_leaves_auc_alone_and_ties_give_one_half() -> None:
    batch = rows_of(7, 300)
    bent = Batch(labels=batch.labels, champion=batch.champion, challenger=batch.challenger**3, columns=batch.columns)
    assert (
        evidence_of(bent, "roc_auc")["roc_auc", "overall"].challenger
        == evidence_of(batch, "roc_auc")["roc_auc", "overall"].challenger
    )
    tied = Batch(labels=batch.labels, champion=batch.champion, challenger=np.full(300, 0.5), columns=batch.columns)
    assert evidence_of(tied, "roc_auc")["roc_auc", "overall"].challenger.value == 0.5


def test_scores_near_zero_keep_their_order_for_auc() -> None:
    """Rounding to 2^-24 would tie them all: ranking reads the scores as the model gave them."""
    labels = np.r_[np.zeros(50), np.ones(50)].astype(np.int8)
    scores = np.linspace(1e-12, 1e-10, 100)
    group = {"group": Coded(codes=np.zeros(100, dtype=np.int32), values=("a",))}
    batch = Batch(labels=labels, champion=scores, challenger=scores, columns=group)
    assert evidence_of(batch, "roc_auc")["roc_auc", "overall"].challenger.value == 1.0


def test_a_worse_challenger_never_looks_better() -> None:
    """Turning right decisions into wrong ones lowers accuracy's improvement and both its limits, step by step."""
    batch = rows_of(8, 200)
    assert batch.champion is not None
    right = np.flatnonzero((batch.champion >= 0.5) == (batch.labels == 1))
    last = None
    for wrong in range(0, 40, 5):
        scores = batch.champion.copy()
        scores[right[:wrong]] = 1 - batch.labels[right[:wrong]]
        rows = Batch(labels=batch.labels, champion=batch.champion, challenger=scores, columns=batch.columns)
        now = evidence_of(rows, "accuracy")["accuracy", "overall"].improvement
        assert now is not None
        if last is not None:
            assert now.value < last.value and now.low < last.low and now.high < last.high
        last = now


def test_an_unknown_metric_is_told_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match='did you mean "accuracy"'):
        find("acuracy")


def test_minimum_sizes_are_the_designs() -> None:
    assert find("accuracy").minimum == Minimum(rows=30)
    assert find("recall").minimum == Minimum(positives=20)
    assert find("roc_auc").minimum == Minimum(positives=50, negatives=50)
    assert find("log_loss").minimum == Minimum(rows=300)
    assert find("precision").minimum == Minimum(rows=100, positives=20)
