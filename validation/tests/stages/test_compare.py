"""A tally to evidence: what stands on each slice, with and without a champion, and what is said to be too few."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.special import stdtrit

from mlgate.inference.spread import standard_error
from mlgate.metrics import METRICS
from mlgate.metrics.metric import Minimum
from mlgate.records.evidence import Evidence
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Condition, Grouping, Run, TrainingSpread
from mlgate.records.words import Task
from mlgate.stages.compare import compare, shortage
from tests.making import asked, random_rows, rows, settled, some

#: Of a pair of models, not of either: nothing improves on it.
FLIPS = ("churn", "flips_to_positive", "flips_to_negative")
FAMILIES = ("fbeta(2)", "recall_at_fpr(0.1)", "precision_at_k(50)", "lift(0.2)")
NAMES = (*(metric.name for metric in METRICS[Task.BINARY]), *FAMILIES)
PAIRED = tuple(name for name in NAMES if name not in FLIPS)
RUN = Run(requirements=tuple(asked(name) for name in NAMES), groupings=(Grouping(columns=("group",)),))


def evidence(labels: list[int], champion: list[float] | None, challenger: list[float]) -> dict[str, Evidence]:
    group = {"group": ["a"] * len(labels)}
    tally = settled(RUN, rows(labels, champion, challenger, group))
    return {one.metric: one for one in compare(RUN, tally, dataset="d", metrics=NAMES) if one.slice == "group=a"}


def test_evidence_comes_in_the_order_of_metrics_then_slices() -> None:
    found = compare(RUN, settled(RUN, random_rows(1, 200)), dataset="d", metrics=("recall", "accuracy"))
    assert [(one.metric, one.slice) for one in found] == [
        (metric, where)
        for metric in ("recall", "accuracy")
        for where in ("group=g0", "group=g1", "group=g2", "overall")
    ]
    assert {one.dataset for one in found} == {"d"}
    accuracy = [one for one in found if one.metric == "accuracy"]
    assert sum(one.rows for one in accuracy[:3]) == accuracy[3].rows == 200
    assert sum(one.differing or 0 for one in accuracy[:3]) == accuracy[3].differing
    first = accuracy[3]
    assert first.gained is not None and first.lost is not None
    assert first.gained + first.lost == first.differing


@pytest.mark.parametrize("name", NAMES)
def test_without_a_champion_nothing_is_compared(name: str) -> None:
    one = evidence([0, 1, 0, 1] * 30, None, [0.2, 0.7, 0.6, 0.3] * 30)[name]
    assert {one.champion, one.champion_spread, one.improvement, one.improvement_spread} == {None}
    assert {one.differing, one.gained, one.lost} == {None}
    assert math.isfinite(one.challenger.value) != (name in FLIPS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("label", [0, 1])
def test_a_single_row_breaks_no_metric(name: str, label: int) -> None:
    one = evidence([label], [0.4], [0.6])[name]
    assert one.rows == 1 and one.shortage
    if not math.isnan(one.challenger.value):
        assert one.challenger.low <= one.challenger.value <= one.challenger.high


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("scores", [0.0, 0.5, 1.0])
def test_constant_scores_break_no_metric(name: str, scores: float) -> None:
    one = evidence([0, 1] * 200, [scores] * 400, [scores] * 400)[name]
    assert one.improvement is not None
    assert one.improvement.value == 0 or math.isnan(one.improvement.value)
    if one.improvement.value == 0:
        assert one.improvement.low < 0 < one.improvement.high


def test_scores_of_0_and_1_have_a_finite_log_loss() -> None:
    one = evidence([0, 1] * 200, [0.0, 1.0] * 200, [1.0, 0.0] * 200)["log_loss"]
    assert one.champion is not None
    assert one.champion.value == pytest.approx(2.0**-20, rel=1e-2)
    assert one.challenger.value == pytest.approx(20 * math.log(2), rel=1e-6)


@pytest.mark.parametrize(
    ("minimum", "positives", "negatives", "expected"),
    [
        (Minimum(rows=30), 10, 20, ""),
        (Minimum(rows=30), 9, 20, "29 rows, at least 30 needed"),
        (Minimum(positives=20), 20, 0, ""),
        (Minimum(positives=20), 19, 900, "19 positive rows, at least 20 needed"),
        (Minimum(negatives=20), 900, 19, "19 negative rows, at least 20 needed"),
        (Minimum(rows=100, positives=20), 10, 10, "20 rows, at least 100 needed"),
    ],
)
def test_too_few_rows_are_said_by_what_is_short(
    minimum: Minimum, positives: int, negatives: int, expected: str
) -> None:
    assert shortage(minimum, rows=positives + negatives, positives=positives, negatives=negatives) == expected


@pytest.mark.parametrize(("least", "expected"), [(20, ""), (19, "19 rows of the rarest class, at least 20 needed")])
def test_too_few_rows_of_any_class_are_said(least: int, expected: str) -> None:
    assert shortage(Minimum(each=20), rows=900, positives=0, negatives=900, least=least) == expected


@pytest.mark.parametrize("name", FLIPS)
def test_what_flips_is_a_property_of_the_pair_and_unknown_without_a_champion(name: str) -> None:
    one = evidence([0, 1] * 60, [0.2, 0.2] * 60, [0.2, 0.7] * 60)[name]
    assert {one.champion, one.champion_spread, one.improvement, one.improvement_spread} == {None}
    assert one.challenger.value == (0.0 if name == "flips_to_negative" else 0.5)
    alone = evidence([0, 1, 0, 1] * 30, None, [0.2, 0.7, 0.6, 0.3] * 30)[name]
    assert math.isnan(alone.challenger.value)
    assert alone.shortage == "no champion"


def test_the_auc_of_a_slice_is_of_its_own_rows() -> None:
    batch = random_rows(7, 400)
    only = Grouping(columns=("group",), conditions=(Condition(column="group", operator="=", value="g0"),))
    by_value = compare(RUN, settled(RUN, batch), dataset="d", metrics=["roc_auc"])
    by_name = Run(requirements=RUN.requirements, groupings=(only,))
    found = compare(by_name, settled(by_name, batch), dataset="d", metrics=["roc_auc"])
    assert [one.slice for one in found] == ["group=g0", "overall"]
    assert [one for one in by_value if one.slice in ("group=g0", "overall")] == list(found)


def test_the_variance_of_training_widens_the_improvement_over_all_rows_and_nothing_else() -> None:
    batch = random_rows(7, 400)
    plain = Run(requirements=(asked("brier"), asked("accuracy")), groupings=RUN.groupings)
    trained = dataclasses.replace(
        plain, training=tuple(TrainingSpread(metric=name, deviation=0.02, seeds=5) for name in ("brier", "accuracy"))
    )
    for name in ("brier", "accuracy"):
        before, after = (
            {one.slice: one for one in compare(run, settled(run, batch), dataset="d", metrics=[name])}
            for run in (plain, trained)
        )
        assert {where for where in before if before[where] != after[where]} == {"overall"}
        narrow, wide = before["overall"].improvement, after["overall"].improvement
        assert narrow is not None and wide is not None
        assert wide.value == narrow.value
        more = 0.02 * float(stdtrit(4, 0.975))
        assert wide.value - wide.low == pytest.approx(math.hypot(narrow.value - narrow.low, more))
        assert wide.high - wide.value == pytest.approx(math.hypot(narrow.high - narrow.value, more))
        assert (before["overall"].challenger, before["overall"].champion) == (
            after["overall"].challenger,
            after["overall"].champion,
        )


@pytest.mark.parametrize("name", ["accuracy", "error_rate", "recall", "f1", "log_loss", "roc_auc", "rmse"])
def test_the_covariance_of_champion_and_improvement_is_that_of_resampled_rows(name: str) -> None:
    """An independent check by the ordinary bootstrap: the covariance behind relative margins."""
    rng = np.random.default_rng(11)
    task = Task.REGRESSION if name == "rmse" else Task.BINARY
    batch = random_rows(12, 400, noise=0.3)
    if task is Task.REGRESSION:
        labels = rng.normal(size=400)
        first = labels + rng.normal(size=400)
        batch = Batch(labels=labels, champion=first, challenger=first + rng.normal(size=400) * 0.7, columns={})
    run = Run(task=task, requirements=(asked(name),))
    [one] = compare(run, settled(run, batch), dataset="d", metrics=[name])
    drawn = []
    for _ in range(600):
        [again] = compare(run, settled(run, some(batch, rng.integers(0, 400, 400))), dataset="d", metrics=[name])
        assert again.champion is not None and again.improvement is not None
        drawn.append((again.champion.value, again.improvement.value))
    expected = np.cov(np.array(drawn).T)
    correlation = expected[0, 1] / math.sqrt(expected[0, 0] * expected[1, 1])
    assert one.champion_spread is not None and one.improvement_spread is not None
    found = one.covariance / (standard_error(one.champion_spread) * standard_error(one.improvement_spread))
    assert found == pytest.approx(correlation, abs=0.12)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
def test_precision_of_a_handful_of_decisions_is_too_little_to_judge(task: Task) -> None:
    """Rows decided positive are known only once the models have scored; the one that decides fewer counts."""
    labels = np.arange(400) % 2
    few, many = np.zeros(400, dtype=np.int64), np.zeros(400, dtype=np.int64)
    few[:19], many[:60] = 1, 1
    name = "precision" if task is Task.BINARY else "precision(b)"
    run = Run(task=task, requirements=(asked(name),), classes=() if task is Task.BINARY else ("a", "b", "c"))
    for champion, challenger in ((few, many), (many, few)):
        answers = [one.astype(float) if task is Task.BINARY else np.eye(3)[one] for one in (champion, challenger)]
        kind = np.int8 if task is Task.BINARY else np.int32
        batch = Batch(labels=labels.astype(kind), champion=answers[0], challenger=answers[1], columns={})
        [found] = compare(run, settled(run, batch), dataset="d", metrics=[name])
        assert found.shortage == "19 rows decided positive, at least 20 needed"
    few[19] = 1
    answers = [one.astype(float) if task is Task.BINARY else np.eye(3)[one] for one in (few, many)]
    batch = Batch(labels=labels.astype(kind), champion=answers[0], challenger=answers[1], columns={})
    assert compare(run, settled(run, batch), dataset="d", metrics=[name])[0].shortage == ""


def regression_rows(n: int = 500, *, weighted: bool = False) -> Batch:
    random = np.random.default_rng(4)
    labels = random.normal(size=n)
    old, new = (labels + random.standard_t(5, n) for _ in range(2))
    return Batch(labels=labels, champion=old, challenger=new, columns={}, weights=np.ones(n) if weighted else None)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "own"), [("mse", 3.0), ("rmse", 3.0), ("mae", 1.5)])
def test_one_models_own_mean_counts_more_skewness_than_its_sample_shows(name: str, own: float, weighted: bool) -> None:
    batch, run = regression_rows(weighted=weighted), Run(task=Task.REGRESSION, requirements=(asked(name),))
    [found] = compare(run, settled(run, batch), dataset="d", metrics=[name])
    assert found.champion_spread is not None and found.improvement_spread is not None and batch.champion is not None
    losses = [np.abs(side - batch.labels) ** (1 if name == "mae" else 2) for side in (batch.champion, batch.challenger)]
    if name == "rmse":
        difference = losses[0] / np.sqrt(losses[0].mean()) - losses[1] / np.sqrt(losses[1].mean())
    else:
        difference = losses[0] - losses[1]
    spreads = (found.champion_spread, found.challenger_spread, found.improvement_spread)
    for spread, values, times in zip(spreads, (*losses, difference), (own, own, 1.0), strict=True):
        assert spread.method == "hall"
        skewness = ((values - values.mean()) ** 3).mean() / values.std() ** 3
        if not (name == "rmse" and spread is found.improvement_spread):
            assert spread.heed == times and spread.skewness == pytest.approx(skewness, rel=2e-2)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "lift(0.2)"])
def test_a_ranking_metrics_improvement_has_its_skewness_counted_one_and_a_half_times(name: str, weighted: bool) -> None:
    """With the models exchanged it is the other way round; a longer tail below lets the lower limit reach further."""
    batch = random_rows(5, 600, noise=0.5)
    if weighted:
        batch = dataclasses.replace(batch, weights=np.ones(600))
    champion = batch.champion
    assert champion is not None
    turned = dataclasses.replace(batch, champion=batch.challenger, challenger=champion)
    run = Run(requirements=(asked(name),))
    first, second = (compare(run, settled(run, one), dataset="d", metrics=[name])[0] for one in (batch, turned))
    ahead, back = first.improvement_spread, second.improvement_spread
    assert ahead is not None and back is not None and first.improvement is not None
    assert ahead.method == "hall" and ahead.skewness != 0
    assert ahead.heed == 1.5 and ahead.skewness == pytest.approx(-back.skewness, rel=1e-3)
    down, up = first.improvement.value - first.improvement.low, first.improvement.high - first.improvement.value
    assert (down > up) == (ahead.skewness < 0)
    assert first.challenger_spread.method == ("hall" if name == "lift(0.2)" else "bounded")


def test_skewness_of_an_auc_is_that_of_its_placements() -> None:
    batch = random_rows(6, 300, noise=0.5)
    run = Run(requirements=(asked("roc_auc"),))
    spread = compare(run, settled(run, batch), dataset="d", metrics=["roc_auc"])[0].improvement_spread
    assert spread is not None and batch.champion is not None
    hit = batch.labels == 1
    third = 0.0
    for own in (hit, ~hit):
        other = ~own
        placed = [
            np.sign(scores[own][:, None] - scores[other][None, :]).mean(axis=1) * (1 if own is hit else -1) / 2
            for scores in (batch.champion, batch.challenger)
        ]
        moved = placed[1] - placed[0]
        third += ((moved - moved.mean()) ** 3).sum() / len(moved) ** 3
    of_mean = spread.skewness / math.sqrt(spread.rows)
    assert of_mean == pytest.approx(third / spread.error**3, rel=1e-3)


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy", "mcc", "precision", "f1_macro", "cohen_kappa"])
def test_weights_of_one_leave_tables_the_interval_that_rows_without_weights_have(name: str) -> None:
    """The pseudo rows, and the limits by counts, must not be forgotten where influence is added up row by row."""
    task = Task.MULTICLASS if name == "f1_macro" else Task.BINARY
    batch = random_rows(8, 260, noise=0.15)
    if task is Task.MULTICLASS:
        random = np.random.default_rng(3)
        labels = random.integers(0, 3, 260).astype(np.int32)
        scores = (random.dirichlet(np.ones(3), 260) + np.eye(3)[labels]) / 2
        batch = Batch(
            labels=labels,
            champion=scores,
            challenger=(scores + random.dirichlet(np.ones(3), 260) / 4) / 1.25,
            columns={},
        )
    run = Run(task=task, requirements=(asked(name),), classes=("a", "b", "c") if task is Task.MULTICLASS else ())
    weighted = dataclasses.replace(batch, weights=np.ones(260))
    united = dataclasses.replace(batch, units=np.arange(260, dtype=np.uint64))
    [plain], *others = (
        compare(run, settled(run, one), dataset="d", metrics=[name]) for one in (batch, weighted, united)
    )
    assert plain.improvement_spread is not None and plain.improvement is not None
    for [other] in others:
        assert other.improvement_spread is not None and other.improvement is not None
        assert other.improvement_spread.method == plain.improvement_spread.method == "counted"
        assert other.improvement_spread.error == pytest.approx(plain.improvement_spread.error, rel=0.03)
        for found, expected in zip(other.improvement_spread.counts, plain.improvement_spread.counts, strict=True):
            assert found == pytest.approx(expected, rel=0.03, abs=1e-9)


def test_units_of_several_rows_widen_limits_by_counts() -> None:
    batch = random_rows(9, 300, noise=0.3)
    run = Run(requirements=(asked("f1"),))
    double = some(batch, np.repeat(np.arange(300), 2))
    double = dataclasses.replace(double, units=np.repeat(np.arange(300, dtype=np.uint64), 2))
    [alone], [twice] = (compare(run, settled(run, one), dataset="d", metrics=["f1"]) for one in (batch, double))
    assert alone.improvement is not None and twice.improvement is not None
    width, other = (one.high - one.low for one in (alone.improvement, twice.improvement))
    assert other == pytest.approx(width, rel=0.03), "rows that come twice are worth one each"


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_models_alike_have_the_same_floor_with_weights_of_one(name: str) -> None:
    batch = random_rows(10, 400)
    champion = batch.champion
    assert champion is not None
    alike = dataclasses.replace(batch, challenger=champion)
    run = Run(requirements=(asked(name),))
    [plain], [weighted] = (
        compare(run, settled(run, one), dataset="d", metrics=[name])
        for one in (alike, dataclasses.replace(alike, weights=np.ones(400)))
    )
    assert plain.improvement is not None and weighted.improvement is not None
    assert weighted.improvement.high == pytest.approx(plain.improvement.high, rel=0.03)
    assert plain.improvement.high > 0


@pytest.mark.parametrize("kind", ["weights", "units"])
def test_few_heavy_rows_or_whole_units_lost_do_not_pass_where_the_margin_is_what_is_lost(kind: str) -> None:
    """Rows seen to differ tell nothing of a heavy row, or of a unit that flips as a whole, that were not drawn."""
    random = np.random.default_rng(5)
    samples, n = 400, 600
    labels = (np.arange(n) % 5 == 0).astype(np.int8)
    chance = 0.06 if kind == "weights" else 0.15
    weights = units = None
    if kind == "weights":
        weights = np.where(random.random((samples, n)) < 0.05, 20.0, 1.0)
        lost = (random.random((samples, n)) < chance) & (labels == 1)
    else:
        units = np.arange(samples * n) // 10
        lost = np.repeat(random.random((samples, n // 10)) < chance, 10, axis=1) & (labels == 1)
    champion = np.tile(np.where(labels == 1, 0.9, 0.1), (samples, 1))
    challenger = np.where(lost, 0.1, champion)
    names = tuple(f"{place:03d}" for place in range(samples))
    batch = Batch(
        labels=np.tile(labels, samples),
        champion=champion.ravel(),
        challenger=challenger.ravel(),
        columns={"sample": Coded(codes=np.repeat(np.arange(samples, dtype=np.int32), n), values=names)},
        weights=None if weights is None else weights.ravel(),
        units=None if units is None else units.astype(np.uint64),
    )
    # Recall of the challenger is 1 - chance, and no row is decided positive that is not.
    truth = 2 * (1 - chance) / (2 - chance) - 1
    run = Run(requirements=(asked("f1"),), groupings=(Grouping(columns=("sample",)),))
    found = compare(run, settled(run, batch), dataset="d", metrics=["f1"])
    lows = [one.improvement.low for one in found if one.slice != "overall" and one.improvement is not None]
    assert len(lows) == samples
    assert sum(low > truth for low in lows) <= 0.035 * samples


@pytest.mark.parametrize("name", NAMES)
def test_a_slice_with_one_positive_row_or_one_enormous_weight_warns_of_nothing(name: str) -> None:
    random = np.random.default_rng(6)
    labels = np.zeros(40, dtype=np.int8)
    labels[3] = 1
    run = Run(requirements=(asked(name),))
    for weights in (np.ones(40), np.r_[1e7, np.ones(39)]):
        batch = Batch(
            labels=labels, champion=random.random(40), challenger=random.random(40), columns={}, weights=weights
        )
        for one in (
            batch,
            dataclasses.replace(batch, units=np.zeros(40, dtype=np.uint64)),
            dataclasses.replace(batch, weights=None),
        ):
            [found] = compare(run, settled(run, one), dataset="d", metrics=[name])
            if found.improvement is not None and not math.isnan(found.improvement.value):
                assert found.improvement.low < found.improvement.high


@pytest.mark.parametrize(
    ("name", "short"),
    [("recall", "positive"), ("f1", "positive"), ("roc_auc", "positive"), ("accuracy", ""), ("specificity", "")],
)
def test_a_class_that_few_units_have_is_too_little_for_what_stands_on_it(name: str, short: str) -> None:
    """With the label a property of the unit, thirty rows of eight customers each are eight observations of it."""
    units = np.repeat(np.arange(80, dtype=np.uint64), 30)
    labels = (units < 8).astype(np.int8)
    random = np.random.default_rng(7)
    batch = Batch(labels=labels, champion=random.random(2400), challenger=random.random(2400), columns={}, units=units)
    run = Run(requirements=(asked(name),))
    [found] = compare(run, settled(run, batch), dataset="d", metrics=[name])
    expected = f"{short} rows are worth 8 independent units, at least 10 needed" if short else ""
    assert found.shortage == expected
