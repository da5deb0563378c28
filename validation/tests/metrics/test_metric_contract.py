"""One contract for every metric of every task: equal to its independent twin, whatever the order or split of the rows.

The table is in ``twins.py``; the tests below run over all of it.
"""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import math
import pkgutil
from functools import partial
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import config_context

import mlgate.metrics
from mlgate.errors import ConfigError
from mlgate.inference.spread import standard_error
from mlgate.metrics import METRICS, MONEY, ClassTable, Confusion, Flips, Metric, Ranking, find
from mlgate.metrics.families import NUMBERED, OF_CLASS, split
from mlgate.metrics.metric import Minimum, Sorted
from mlgate.records.evidence import Evidence
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Money, Run
from mlgate.records.words import Task
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.settle import settle
from mlgate.tables import merge
from mlgate.tally_file import dump, load
from tests.making import asked, fixed, settled, some
from tests.metrics.twins import CLASSES, TWINS, Seen, Twin, seen_of

GROUP = Grouping(columns=("group",))
ALL = [(task, name) for task, twins in TWINS.items() for name in twins]
#: Metrics of a pair have no two sides that could be swapped.
PAIRED = [
    (task, name)
    for task, name in ALL
    if not isinstance(
        find(name, Run(requirements=(), task=task, classes=CLASSES, money=Money(kind=name, amounts=(0, 1, 5, 0)))),
        Flips,
    )
]
#: Steps of a sorted sample: the delete-one jackknife is of no use to them (Efron 1982), so they are resampled.
STEPPED = ("recall_at_fpr", "precision_at_k", "lift", "median_absolute_error", "ece")
BARE, WEIGHTED, UNITS = "bare", "weighted", "units"
KINDS = (BARE, WEIGHTED, UNITS)


def run_of(task: Task, *names: str) -> Run:
    kind = "value" if "value" in names else "cost"
    names = names or tuple(name for one, name in ALL if one is task and name != "value")
    return Run(
        task=task,
        classes=CLASSES if task is Task.MULTICLASS else (),
        requirements=tuple(asked(name) for name in names),
        groupings=(GROUP,),
        money=Money(kind=kind, amounts=(0.0, 1.0, 5.0, -2.0)) if task is Task.BINARY else None,
    )


def rows_of(task: Task, seed: int, n: int, kind: str = BARE) -> Batch:
    """Rows of two models that mostly agree; binary scores are rounded, so that ties and threshold scores occur."""
    rng = np.random.default_rng(seed)
    labels: NDArray[Any]
    if task is Task.BINARY:
        labels = (rng.random(n) < 0.4).astype(np.int8)
        labels[:4] = (0, 1, 0, 1)
        base = 0.3 * labels + 0.7 * rng.random(n)
        first, second = (np.clip(base + 0.15 * rng.standard_normal(n), 0.01, 0.99).round(2) for _ in range(2))
    elif task is Task.MULTICLASS:
        labels = rng.integers(0, len(CLASSES), n).astype(np.int32)
        base = rng.gamma(0.7, size=(n, len(CLASSES))) + 0.8 * np.eye(len(CLASSES))[labels]
        given = (base + rng.gamma(0.4, size=base.shape) for _ in range(2))
        first, second = (scores / scores.sum(axis=1, keepdims=True) for scores in given)
    else:
        labels = 5 + rng.gamma(2.0, size=n)
        base = labels + rng.standard_normal(n)
        first, second = (base + 0.5 * rng.standard_normal(n) for _ in range(2))
    return Batch(
        labels=labels,
        champion=first,
        challenger=second,
        columns={"group": Coded(codes=rng.integers(0, 3, n).astype(np.int32), values=("a", None, 2.0))},
        identity=rng.permutation(n).astype(np.uint64),
        units=rng.integers(0, max(n // 4, 2), n).astype(np.uint64) if kind == UNITS else None,
        weights=rng.integers(1, 4, n).astype(np.float64) if kind == WEIGHTED else None,
        money=np.broadcast_to(np.array([0.0, 1.0, 5.0, -2.0]), (n, 4)) if task is Task.BINARY else None,
    )


def doubled(batch: Batch) -> Batch:
    """The champion as its own challenger."""
    assert batch.champion is not None
    return dataclasses.replace(batch, challenger=batch.champion)


def swapped(batch: Batch) -> Batch:
    assert batch.champion is not None
    return dataclasses.replace(batch, champion=batch.challenger, challenger=batch.champion)


def evidence_of(task: Task, batch: Batch, *names: str) -> dict[tuple[str, str], Evidence]:
    run = run_of(task, *names)
    found = compare(run, settled(run, batch), dataset="base_case", metrics=[one.metric for one in run.requirements])
    return {(one.metric, one.slice): one for one in found}


# ---- completeness: a metric that is not in the table, or says too little of itself, fails here


def modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"mlgate.metrics.{info.name}") for info in pkgutil.iter_modules(mlgate.metrics.__path__)
    ]


def stated(metric: Metric, name: str) -> str:
    """What is written about a metric: the text below its constant, or its family's docstring."""
    for module in modules():
        body = ast.parse(inspect.getsource(module)).body
        for node, after in zip(body, body[1:]):
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if (
                isinstance(target, ast.Name)
                and getattr(module, target.id, None) is metric
                and isinstance(after, ast.Expr)
            ):
                return str(ast.literal_eval(after.value))
    families = {family.name: family.build for numbered in NUMBERED.values() for family in numbered}
    return inspect.getdoc({**OF_CLASS, **families}.get(split(name)[0])) or ""


@pytest.mark.parametrize("task", list(Task))
def test_every_metric_has_a_twin(task: Task) -> None:
    twins = TWINS[task]
    wanted = {metric.name for metric in METRICS[task]}
    wanted |= {metric.name for metric in MONEY} if task is Task.BINARY else set()
    assert {name for name in twins if split(name)[1] is None} == wanted
    families = {family.name for family in NUMBERED[task]} | (set(OF_CLASS) if task is Task.MULTICLASS else set())
    assert {split(name)[0] for name in twins if split(name)[1] is not None} == families


@pytest.mark.parametrize(("task", "name"), ALL)
def test_every_metric_states_its_direction_minimum_source_and_an_example(task: Task, name: str) -> None:
    metric = find(name, run_of(task, name))
    assert metric.greater_is_better in (True, False, None)
    assert metric.title and metric.name == name
    assert max(metric.minimum.rows, metric.minimum.positives, metric.minimum.negatives, metric.minimum.each) >= 20
    assert "Source:" in stated(metric, name), f"{name} does not say where it comes from"
    examples = [
        example.source for module in modules() for example in doctest.DocTestParser().get_examples(module.__doc__ or "")
    ]
    constants = {key for module in modules() for key, value in vars(module).items() if value is metric}
    shown = {f"{constant}." for constant in constants} | {f"{split(name)[0]}(", f"{split(name)[0]}_of("}
    assert any(part in source for source in examples for part in shown), f"{name} has no doctest"


# ---- values


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("task", "name"), ALL)
def test_value_equals_the_independent_twin_overall_and_on_a_slice(task: Task, name: str, kind: str) -> None:
    twin = TWINS[task][name]
    for seed in (1, 2):
        batch = rows_of(task, seed, 600, kind)
        found = evidence_of(task, batch, name)
        for where, inside in (("overall", np.ones(600, dtype=bool)), ("group=a", batch.columns["group"].codes == 0)):
            one = found[name, where]
            sides = [(one.challenger, False), *([(one.champion, True)] if one.champion else [])]
            for estimate, champion in sides:
                rows = seen_of(batch, task, champion=champion, chosen=inside, weighted=kind == WEIGHTED)
                assert estimate.value == pytest.approx(twin.of(rows), abs=twin.tolerance), (where, champion)
            if one.improvement is not None and one.champion is not None:
                sign = -1 if find(name, run_of(task, name)).greater_is_better is False else 1
                change = sign * (one.challenger.value - one.champion.value)
                assert one.improvement.value == pytest.approx(change, abs=1e-9)


@pytest.mark.parametrize(("task", "name"), ALL)
def test_a_row_of_weight_k_has_the_value_of_k_equal_rows(task: Task, name: str) -> None:
    batch = rows_of(task, 3, 300, WEIGHTED)
    assert batch.weights is not None
    many = some(dataclasses.replace(batch, weights=None), np.repeat(np.arange(300), batch.weights.astype(int)))
    weighed, repeated = (evidence_of(task, rows, name) for rows in (batch, many))
    for key, one in weighed.items():
        assert one.challenger.value == pytest.approx(repeated[key].challenger.value, abs=2e-6), key


@pytest.mark.parametrize(("task", "name"), ALL)
def test_rows_without_weight_change_nothing(task: Task, name: str) -> None:
    batch = rows_of(task, 4, 400, WEIGHTED)
    assert batch.weights is not None
    weights = batch.weights.copy()
    weights[200:] = 0
    empty = dataclasses.replace(batch, weights=weights)
    assert evidence_of(task, empty, name) == evidence_of(task, some(empty, np.arange(200)), name)


# ---- one tally, however the rows come


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", list(Task))
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 80), min_size=1, max_size=3))
def test_any_split_and_any_order_gives_the_same_tally_to_the_bit(
    task: Task, kind: str, seed: int, cuts: list[int]
) -> None:
    batch = rows_of(task, seed, 80, kind)
    run = fixed(run_of(task), batch)
    whole = dump({"base_case": settled(run, batch)})
    order = np.random.default_rng(seed).permutation(80)
    parts = [some(batch, chosen) for chosen in np.split(order, sorted(cuts))]
    assert dump({"base_case": settled(run, *parts)}) == whole
    assert dump({"base_case": settled(run, *parts[::-1])}) == whole
    assert dump(load(whole)) == whole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", list(Task))
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_merging_is_associative_and_commutative(task: Task, kind: str, seed: int) -> None:
    batches = [rows_of(task, seed + place, 30, kind) for place in range(3)]
    run = fixed(run_of(task), *batches)
    first, second, third = (add_up(run, [batch]) for batch in batches)
    sums = [(first + second) + third, first + (second + third), merge([third, first, second]), second + first + third]
    assert len({dump({"x": settle(run, one)}) for one in sums}) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", list(Task))
def test_evidence_from_a_file_is_the_evidence_from_the_rows(task: Task, kind: str) -> None:
    batch = rows_of(task, 5, 300, kind)
    run = fixed(run_of(task), batch)
    names = [one.metric for one in run.requirements]
    tally = settled(run, batch)
    again = load(dump({"d": tally}))["d"]
    assert str(compare(run, again, dataset="d", metrics=names)) == str(compare(run, tally, dataset="d", metrics=names))


# ---- pairs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("task", "name"), PAIRED)
def test_swapping_the_models_negates_the_improvement_and_mirrors_its_interval(task: Task, name: str, kind: str) -> None:
    for seed in (6, 7):
        batch = rows_of(task, seed, 300, kind)
        there, back = evidence_of(task, batch, name), evidence_of(task, swapped(batch), name)
        for key, one in there.items():
            other = back[key].improvement
            assert one.improvement is not None and other is not None
            assert other.value == pytest.approx(-one.improvement.value, abs=1e-9), key
            assert (other.low, other.high) == pytest.approx(
                (-one.improvement.high, -one.improvement.low), rel=1e-6, abs=1e-9
            ), key


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("task", "name"), PAIRED)
def test_identical_models_differ_by_nothing_but_never_for_sure(task: Task, name: str, kind: str) -> None:
    batch = rows_of(task, 8, 500, kind)
    for key, one in evidence_of(task, doubled(batch), name).items():
        assert one.improvement is not None and one.improvement.value == 0, key
        assert one.improvement.low < 0 < one.improvement.high, key


@pytest.mark.parametrize(("task", "name"), ALL)
def test_nothing_flips_between_identical_models_and_swapping_turns_flips_round(task: Task, name: str) -> None:
    if (task, name) in PAIRED:
        return
    batch = rows_of(task, 9, 300)
    same = evidence_of(task, doubled(batch), name)[name, "overall"]
    assert (same.challenger.value, same.challenger.low, same.improvement) == (0, 0, None)
    assert same.challenger.high > 0
    turned = {"flips_to_positive": "flips_to_negative", "flips_to_negative": "flips_to_positive"}.get(name, name)
    there, back = evidence_of(task, batch, name), evidence_of(task, swapped(batch), turned)
    assert there[name, "overall"].challenger == back[turned, "overall"].challenger


@pytest.mark.parametrize(("task", "name"), PAIRED)
def test_doubling_every_row_narrows_the_interval_by_about_root_two(task: Task, name: str) -> None:
    batch = rows_of(task, 10, 600)
    k = split(name)[1] if name.startswith("precision_at_k") else None
    names = (name, name if k is None else f"precision_at_k({2 * int(k)})")
    twice = some(batch, np.r_[np.arange(600), np.arange(600)])
    widths = [evidence_of(task, rows, one)[one, "overall"].improvement for rows, one in zip((batch, twice), names)]
    assert widths[0] is not None and widths[1] is not None
    ratio = (widths[0].high - widths[0].low) / (widths[1].high - widths[1].low)
    # Where an error rests on a density at a cut, its window narrows too.
    assert ratio == pytest.approx(math.sqrt(2), rel=0.25 if split(name)[0] in STEPPED else 0.03)


# ---- influence functions and standard errors


def read_by(twin: Twin, rows: Seen) -> list[NDArray[Any]]:
    """The columns that a twin looks at."""
    read = set()

    class Watched:
        def __getattr__(self, name: str) -> Any:
            read.add(name)
            return getattr(rows, name)

    twin.of(cast(Seen, Watched()))
    return [getattr(rows, name) for name in sorted(read) if getattr(rows, name) is not None]


def left_out(task: Task, name: str, batch: Batch, *, champion: bool) -> NDArray[np.float64]:
    """What the twin says of one model when each row, or each unit, is left out; (n,) or (number of units,)."""
    side = partial(seen_of, batch, task, champion=champion, weighted=batch.weights is not None)
    units = np.arange(len(batch.labels)) if batch.units is None else batch.units
    alike, place = np.unique(units, return_inverse=True)
    if batch.units is None:
        # Of rows that the twin sees alike it does not matter which is left out: one of each is asked.
        columns = read_by(TWINS[task][name], side(chosen=units))
        _, alike, place = np.unique(np.column_stack(columns), axis=0, return_index=True, return_inverse=True)
    # A delete-one jackknife calls its twin some hundred times: scikit-learn need not look at its arguments each time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        values = [TWINS[task][name].of(side(chosen=np.flatnonzero(units != one))) for one in alike]
    return np.array(values) if batch.units is not None else np.array(values)[place.ravel()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("task", "name"), [key for key in PAIRED if split(key[1])[0] not in STEPPED])
def test_standard_error_agrees_with_a_jackknife_of_the_twin(task: Task, name: str, kind: str) -> None:
    """Delete one row, or one unit: an error from the twin alone, which knows no influence function."""
    # A slope of a logistic regression is straight enough for 4 % from some more rows on.
    n = {BARE: 400 if name == "calibration_slope" else 300, WEIGHTED: 200, UNITS: 300}[kind]
    batch = rows_of(task, 11, n, kind)
    change = left_out(task, name, batch, champion=False) - left_out(task, name, batch, champion=True)
    g = len(change)
    expected = math.sqrt((g - 1) / g * ((change - change.mean()) ** 2).sum())
    found = evidence_of(task, batch, name)[name, "overall"].improvement_spread
    assert found is not None
    if kind != BARE and found.method == "tango":
        # Units may widen the interval of a share and never narrow it: its effective rows are at most its rows.
        apart = evidence_of(task, dataclasses.replace(batch, units=None, weights=None), name)
        bare = apart[name, "overall"].improvement_spread
        assert bare is not None
        expected = max(expected, standard_error(bare))
    assert standard_error(found) == pytest.approx(expected, rel=0.04 if kind == BARE else 0.08)


@pytest.mark.parametrize(("task", "name"), [key for key in PAIRED if split(key[1])[0] in STEPPED])
def test_standard_error_of_a_stepped_metric_agrees_with_other_samples(task: Task, name: str) -> None:
    """The spread of the improvement over samples that are really drawn anew."""
    drawn, errors = [], []
    for seed in range(150):
        [one] = [
            one
            for key, one in evidence_of(task, rows_of(task, 1000 + seed, 600), name).items()
            if key == (name, "overall")
        ]
        assert one.improvement_spread is not None
        drawn.append(one.improvement_spread.value)
        errors.append(standard_error(one.improvement_spread))
    claimed, true = math.sqrt(float(np.mean(np.square(errors)))), float(np.std(drawn))
    if not getattr(find(name, run_of(task, name)), "decides"):
        # Shown only, since it is biased and bends at 0: it must not claim to be surer than it is.
        assert claimed > 0.8 * true
        return
    # z² / 2 rows each way are claimed on top, so that a sample in which none differs is not sure of itself.
    assert 0.9 * true < claimed < 1.35 * true


@pytest.mark.parametrize(
    ("task", "name"),
    [key for key in ALL if isinstance(find(key[1], run_of(*key)), (Confusion, ClassTable))],
)
def test_influence_of_a_table_has_mean_zero_and_predicts_the_effect_of_a_row(task: Task, name: str) -> None:
    metric = find(name, run_of(task, name))
    assert isinstance(metric, (Confusion, ClassTable))
    rng = np.random.default_rng(5)
    shape = (4,) if isinstance(metric, Confusion) else (len(CLASSES), len(CLASSES))
    cells = rng.integers(5, 400, size=(20, *shape)).astype(float)
    axes = tuple(range(1, cells.ndim))
    influence = metric.influence(cells)
    assert np.abs((influence * cells).sum(axis=axes) / cells.sum(axis=axes)).max() < 1e-12
    for cell in np.ndindex(shape):
        more = cells.copy()
        more[(slice(None), *cell)] += 1e-6 * cells.sum(axis=axes)
        effect = (metric.value(more) - metric.value(cells)) / 1e-6
        assert effect == pytest.approx(influence[(slice(None), *cell)], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("kind", [BARE, WEIGHTED])
@pytest.mark.parametrize(("task", "name"), [key for key in ALL if isinstance(find(key[1], run_of(*key)), Ranking)])
def test_influence_of_a_ranking_has_weighted_mean_zero_in_every_slice(task: Task, name: str, kind: str) -> None:
    metric = find(name, run_of(task, name))
    assert isinstance(metric, Ranking)
    batch = rows_of(task, 12, 600, kind)
    code = batch.columns["group"].codes.astype(np.intp)
    key = np.abs(batch.labels - batch.challenger) if metric.key == "error" else batch.challenger
    order = np.lexsort((key, code))
    weights = np.ones(600) if batch.weights is None else batch.weights
    rows = Sorted(
        labels=batch.labels[order],
        scores=batch.challenger[order].astype(np.float64),
        weights=weights[order],
        slices=code[order],
        starts=np.searchsorted(code[order], np.arange(4)),
    )
    value, influence = metric.of(rows)
    assert np.isfinite(value).all()
    for place in range(3):
        inside = slice(rows.starts[place], rows.starts[place + 1])
        weighed = rows.weights[inside] * influence[inside]
        assert abs(weighed.sum() / rows.weights[inside].sum()) < 1e-9 * np.abs(influence[inside]).max()
        # Steps may be cut in the middle of a group of ties: then the mean is 0 over the group, as everywhere.
        if metric.by_class and name == "roc_auc":
            for label in (0, 1):
                assert abs(weighed[rows.labels[inside] == label].sum()) < 1e-7 * np.abs(weighed).sum()


# ---- edges


#: What is nothing divided by nothing when there is one class only, and nobody is decided positive.
UNDEFINED = {
    Task.BINARY: {
        "recall", "false_negative_rate", "precision", "f1", "fbeta(2)", "fbeta(0.5)", "balanced_accuracy", "mcc",
        "cohen_kappa", "roc_auc", "average_precision", "recall_at_fpr(0.1)", "lift(0.2)", "calibration_slope",
    },
    Task.MULTICLASS: {"cohen_kappa", "recall(b)", "precision(b)"},
    Task.REGRESSION: {"r2"},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("task", "name"), ALL)
def test_undefined_stays_undefined_and_is_not_zero(task: Task, name: str, kind: str) -> None:
    """One class only and constant answers."""
    batch = rows_of(task, 13, 100, kind)
    answers = {
        Task.BINARY: np.full(100, 0.1),
        Task.MULTICLASS: np.tile([0.7, 0.1, 0.1, 0.1], (100, 1)),
        Task.REGRESSION: np.full(100, 2.0),
    }[task]
    labels = np.full(100, 3.0) if task is Task.REGRESSION else np.zeros_like(batch.labels)
    one = evidence_of(task, dataclasses.replace(batch, labels=labels, champion=answers, challenger=answers), name)
    value = one[name, "overall"].challenger.value
    assert math.isnan(value) == (name in UNDEFINED[task])


def test_error_rate_and_specificity_mirror_accuracy_and_false_positive_rate() -> None:
    found = evidence_of(Task.BINARY, rows_of(Task.BINARY, 6, 300))
    for one, other in (("accuracy", "error_rate"), ("specificity", "false_positive_rate")):
        first, second = found[one, "overall"], found[other, "overall"]
        assert first.challenger.value == pytest.approx(1 - second.challenger.value, abs=1e-12)
        assert first.improvement is not None and second.improvement is not None
        assert first.improvement.low == pytest.approx(second.improvement.low, abs=1e-9)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "recall_at_fpr(0.1)", "precision_at_k(50)"])
def test_a_monotone_transform_of_the_scores_leaves_rankings_alone(name: str) -> None:
    batch = rows_of(Task.BINARY, 7, 300)
    bent = dataclasses.replace(batch, challenger=batch.challenger**3)
    before, after = (evidence_of(Task.BINARY, rows, name)[name, "overall"].challenger for rows in (batch, bent))
    assert before == after


def test_tied_scores_give_an_auc_of_one_half() -> None:
    tied = dataclasses.replace(rows_of(Task.BINARY, 7, 300), challenger=np.full(300, 0.5))
    assert evidence_of(Task.BINARY, tied, "roc_auc")["roc_auc", "overall"].challenger.value == 0.5


def test_scores_near_zero_keep_their_order_for_auc() -> None:
    """Rounding to 2^-24 would tie them all: ranking reads the scores as the model gave them."""
    labels = np.r_[np.zeros(50), np.ones(50)].astype(np.int8)
    scores = np.linspace(1e-12, 1e-10, 100)
    group = {"group": Coded(codes=np.zeros(100, dtype=np.int32), values=("a",))}
    batch = Batch(labels=labels, champion=scores, challenger=scores, columns=group)
    assert evidence_of(Task.BINARY, batch, "roc_auc")["roc_auc", "overall"].challenger.value == 1.0


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), wrong=st.integers(1, 40))
def test_a_right_decision_made_wrong_lowers_the_improvement_and_both_its_limits(
    kind: str, seed: int, wrong: int
) -> None:
    batch = rows_of(Task.BINARY, seed, 200, kind)
    if kind == UNITS:  # a wrong row may make its unit less unusual; rows that are units of their own cannot
        batch = dataclasses.replace(batch, units=np.arange(200, dtype=np.uint64))
    right = np.flatnonzero((batch.challenger >= 0.5) == (batch.labels == 1))
    scores = batch.challenger.copy()
    scores[right[:wrong]] = 1.0 - batch.labels[right[:wrong]]
    before, after = (
        evidence_of(Task.BINARY, rows, "accuracy")["accuracy", "overall"].improvement
        for rows in (batch, dataclasses.replace(batch, challenger=scores))
    )
    assert before is not None and after is not None
    assert after.value < before.value
    if kind != WEIGHTED:
        assert after.low < before.low and after.high < before.high


def test_an_unknown_metric_is_told_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match='did you mean "accuracy"'):
        find("acuracy")


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("accuracy", Minimum(rows=30)),
        ("recall", Minimum(positives=20)),
        ("false_positive_rate", Minimum(negatives=20)),
        ("roc_auc", Minimum(positives=50, negatives=50)),
        ("average_precision", Minimum(positives=100)),
        ("log_loss", Minimum(rows=300)),
        ("brier", Minimum(rows=300)),
        ("precision", Minimum(rows=100, positives=20)),
        ("f1", Minimum(rows=100, positives=20)),
        ("mcc", Minimum(rows=100, positives=20)),
    ],
)
def test_minimum_sizes_are_the_designs_or_what_was_measured_to_be_needed(name: str, least: Minimum) -> None:
    found = find(name).minimum
    for part in ("rows", "positives", "negatives", "each"):
        assert getattr(found, part) >= getattr(least, part)


@pytest.mark.parametrize("metric", METRICS[Task.REGRESSION], ids=lambda metric: metric.name)
def test_means_of_errors_need_three_hundred_rows(metric: Metric) -> None:
    assert metric.minimum.rows >= 300
