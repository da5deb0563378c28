"""The straight line as a whole: what comes out when rows, models, oddities or checks misbehave."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from mlgate import gate
from mlgate.checks.oddity import Trial
from mlgate.errors import DataError, ModelError
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.run import GapRequirement, Grouping, Run
from mlgate.records.words import Level, Rule, Section, Task, Verdict
from mlgate.stages.decide import decide
from tests.making import asked, random_rows, rows

RUN = Run(
    requirements=(
        asked("accuracy", margin=0.03),
        asked("roc_auc", margin=0.05),
        asked("accuracy", level=Level.GUARDED, on="slices", margin=0.05),
    ),
    groupings=(Grouping(columns=("group",)),),
    oddity=asked("log_loss", level=Level.ADVISORY, margin=0.05, dataset="oddities"),
)
CHECK = Observation(id="data/x", section=Section.DATA, title="x", level=Level.REQUIRED, reason="broken", crashed=True)


def breaking(role: str, first: Batch | None = None) -> Iterator[Batch]:
    if first is not None:
        yield first
    raise ModelError(f"the {role} died", role=role)


def trial(
    base: Batch, name: str = "missing", champion: np.ndarray | None = None, challenger: np.ndarray | None = None
) -> Trial:
    """Both models answered all rows, as on the base case where nothing else is said."""
    return Trial(
        name=name,
        title=f"{name} values",
        rows=len(base.labels),
        champion=base.champion is not None,
        base=base,
        odd_champion=base.champion if champion is None else champion,
        odd_challenger=base.challenger if challenger is None else challenger,
    )


def same(batch: Batch) -> Batch:
    assert batch.champion is not None
    return dataclasses.replace(batch, challenger=batch.champion)


@pytest.mark.parametrize("seed", range(5))
def test_a_challenger_that_is_the_champion_never_fails(seed: int) -> None:
    found = gate.run(RUN, batches=[same(random_rows(seed, 300))]).findings
    assert Verdict.FAIL not in {one.verdict for one in found}
    assert not any(one.adjusted_p is not None and one.adjusted_p < 0.5 for one in found)


def test_a_challenger_that_is_worse_in_one_slice_fails_there_though_not_overall() -> None:
    batch = random_rows(1, 3000, groups=12)
    bad = batch.columns["group"].codes == 0
    scores = same(batch).challenger.copy()
    scores[bad] = 1.0 - batch.labels[bad]
    outcome = gate.run(RUN, batches=[dataclasses.replace(batch, challenger=scores)])
    failed = {(one.slice, one.level) for one in outcome.findings if one.verdict is Verdict.FAIL and one.blocking}
    assert (f"group={batch.columns['group'].values[0]}", Level.GUARDED) in failed
    assert len([one for one in failed if one[1] is Level.GUARDED]) == 1
    assert decide(outcome.findings, champion=True)[0] is Verdict.FAIL


def test_shuffled_labels_are_refused() -> None:
    batch = random_rows(2, 800, noise=0.0)
    shuffled = np.random.default_rng(0).permutation(batch.challenger)
    outcome = gate.run(RUN, batches=[dataclasses.replace(batch, challenger=shuffled)])
    assert decide(outcome.findings, champion=True)[0] is Verdict.FAIL


def test_batches_in_any_partition_give_the_same_outcome() -> None:
    batch = random_rows(3, 400)
    parts = []
    for chosen in np.array_split(np.random.default_rng(1).permutation(400), 7):
        group = batch.columns["group"]
        assert batch.champion is not None
        parts.append(
            Batch(
                labels=batch.labels[chosen],
                champion=batch.champion[chosen],
                challenger=batch.challenger[chosen],
                columns={"group": dataclasses.replace(group, codes=group.codes[chosen])},
            )
        )
    whole, split = gate.run(RUN, batches=[batch]), gate.run(RUN, batches=parts)
    assert (whole.findings, whole.exhibits) == (split.findings, split.exhibits)


@pytest.mark.parametrize("answered", [False, True])
def test_a_challenger_that_dies_on_the_base_case_is_a_blocking_finding(answered: bool) -> None:
    batches = breaking("challenger", random_rows(1, 50) if answered else None)
    outcome = gate.run(RUN, batches=batches, trials=never(), observations=[CHECK])
    check, failed = outcome.findings
    assert (failed.verdict, failed.blocking, failed.reason) == (Verdict.FAIL, True, "the challenger died")
    assert (outcome.exhibits, outcome.tallies) == ((), {})
    assert (check.id, check.blocking) == ("data/x", True)


def never() -> Iterator[Trial]:
    """Trials that must not be asked for."""
    yield pytest.fail("oddities were put to a challenger that had failed on the base case")


def test_a_champion_that_dies_makes_no_finding_but_stops_the_run() -> None:
    with pytest.raises(ModelError, match="the champion died"):
        gate.run(RUN, batches=breaking("champion"))


def test_no_rows_stop_the_run() -> None:
    with pytest.raises(DataError):
        gate.run(RUN, batches=[])


def test_observations_of_checks_join_the_findings() -> None:
    found = gate.run(RUN, batches=[same(random_rows(1, 300))], observations=[CHECK]).findings
    assert (found[-1].id, found[-1].verdict, found[-1].blocking) == ("data/x", Verdict.FAIL, True)


def test_oddities_are_judged_overall_by_the_one_requirement_they_have() -> None:
    batch = random_rows(4, 400)
    trials = [
        trial(same(batch)),
        Trial(name="extreme", title="extreme values", rows=400, champion=True, challenger_problem="it died"),
        Trial(name="unmade", title="unmade values", rows=400, champion=True, breakdown="no column fits"),
    ]
    outcome = gate.run(RUN, batches=[batch], trials=trials)
    odd = {one.id: one for one in outcome.findings if one.section is Section.ODDITIES}
    assert set(odd) == {
        "oddities/missing/answers",
        "oddities/oddity missing/log_loss/not_worse/overall",
        "oddities/extreme/answers",
        "oddities/unmade/answers",
    }
    assert odd["oddities/missing/answers"].verdict is Verdict.PASS
    assert odd["oddities/extreme/answers"].blocking and odd["oddities/unmade/answers"].blocking
    assert set(outcome.tallies) == {"base_case", "oddity missing"}
    grid = next(one for one in outcome.exhibits if one.name == "oddities")
    shown = {(row[0], row[2]): row[3] for row in grid.rows}
    assert shown["missing", "challenger"] == 1
    assert (shown["extreme", "champion"], shown["extreme", "challenger"]) == (1, 0)
    assert (shown["unmade", "champion"], shown["unmade", "challenger"]) == (0, 0)


def test_without_a_champion_no_pair_is_shown_and_nothing_paired_is_judged() -> None:
    batch = dataclasses.replace(random_rows(5, 400), champion=None)
    outcome = gate.run(RUN, batches=[batch], trials=[trial(batch)])
    assert "cells" not in {one.name for one in outcome.exhibits}
    assert {one.reason for one in outcome.findings if one.rule is not None} == {"no champion"}
    grid = next(one for one in outcome.exhibits if one.name == "oddities")
    assert [row[2] for row in grid.rows] == ["challenger"]


def test_oddities_without_a_requirement_only_have_to_be_answered() -> None:
    batch = random_rows(6, 100)
    outcome = gate.run(dataclasses.replace(RUN, oddity=None), batches=[batch], trials=[trial(batch)])
    assert [one.id for one in outcome.findings if one.section is Section.ODDITIES] == ["oddities/missing/answers"]


def test_fairness_is_judged_and_shown() -> None:
    gap = GapRequirement(metric="selection_rate", attribute="group", rule=Rule.AT_MOST, level=Level.REQUIRED, bound=0.2)
    labels, groups = [0, 1] * 200, ["a", "a", "b", "b"] * 100
    scores = [0.9 if group == "a" else 0.1 for group in groups]
    run = dataclasses.replace(RUN, gaps=(gap,))
    outcome = gate.run(run, batches=[rows(labels, scores, scores, {"group": groups})])
    fair = [one for one in outcome.findings if one.section is Section.FAIRNESS]
    assert [(one.verdict, one.blocking) for one in fair] == [(Verdict.FAIL, True)]
    assert "rates" in {one.name for one in outcome.exhibits}


def test_a_window_is_scored_compared_and_judged_beside_the_base_case() -> None:
    recent = dataclasses.replace(
        RUN, requirements=(*RUN.requirements, asked("accuracy", margin=0.05, dataset="recent"))
    )
    batch = random_rows(5, 400)
    wrong = dataclasses.replace(same(batch), challenger=(1 - batch.labels).astype(np.float64))
    outcome = gate.run(recent, batches=[same(batch)], windows={"recent": [wrong]})
    found = {
        one.dataset: one.verdict for one in outcome.findings if one.metric == "accuracy" and one.slice == "overall"
    }
    assert found == {"base_case": Verdict.PASS, "recent": Verdict.FAIL}
    assert set(outcome.tallies) == {"base_case", "recent"}


def test_a_challenger_that_dies_on_a_window_is_a_blocking_finding_and_a_champion_ends_the_run() -> None:
    batch = same(random_rows(6, 100))
    [found] = gate.run(RUN, batches=[batch], windows={"recent": breaking("challenger")}).findings
    assert (found.id, found.blocking) == ("compare/recent/answers", True)
    with pytest.raises(ModelError):
        gate.run(RUN, batches=[batch], windows={"recent": breaking("champion")})


def regression(labels: list[float], champion: list[float], challenger: list[float]) -> Batch:
    arrays = (np.array(values, dtype=np.float64) for values in (labels, champion, challenger))
    truth, first, second = arrays
    return Batch(labels=truth, champion=first, challenger=second, columns={})


def test_answers_to_an_oddity_that_are_too_large_to_measure_are_inconclusive_and_stop_nothing() -> None:
    labels = np.random.default_rng(1).normal(size=400).tolist()
    run = Run(
        task=Task.REGRESSION,
        requirements=(asked("mse", margin=0.1),),
        oddity=asked("mse", level=Level.REQUIRED, margin=0.1, dataset="oddities"),
    )
    trials = [
        trial(regression(labels, labels, labels), name, champion=np.array(labels), challenger=np.array(answers))
        for name, answers in (("extreme", [1e200] * 400), ("missing", labels))
    ]
    found = {one.id: one for one in gate.run(run, batches=[regression(labels, labels, labels)], trials=trials).findings}
    broken = found["oddities/oddity extreme/mse/measured"]
    assert (broken.verdict, broken.blocking) == (Verdict.INCONCLUSIVE, True)
    assert "mse is too large for a number" in broken.reason
    assert found["oddities/oddity missing/mse/not_worse/overall"].verdict is Verdict.PASS


@pytest.mark.parametrize("task", list(Task))
def test_a_model_that_has_learnt_nothing_does_not_beat_the_baseline_and_a_good_one_does(task: Task) -> None:
    rng = np.random.default_rng(2)
    n, classes = 1200, ("a", "b", "c")
    labels: np.ndarray
    if task is Task.REGRESSION:
        labels, metric = rng.normal(10, 2, n), "mae"
        good, idle = labels + rng.normal(size=n), rng.normal(10, 2, n)
    elif task is Task.BINARY:
        labels, metric = (rng.random(n) < 0.3).astype(np.int8), "log_loss"
        good, idle = 0.15 + 0.6 * labels, rng.uniform(0.2, 0.4, n)
    else:
        labels, metric = rng.choice(3, n, p=[0.5, 0.3, 0.2]).astype(np.int32), "accuracy"
        good, idle = 0.2 + 0.4 * np.eye(3)[labels], rng.dirichlet([5, 3, 2], n)
    asks = (asked(metric, margin=1.0), dataclasses.replace(asked(metric, Rule.BETTER, margin=0.0), than="baseline"))
    run = Run(task=task, classes=classes if task is Task.MULTICLASS else (), requirements=asks)
    for challenger, expected in ((good, Verdict.PASS), (idle, Verdict.FAIL)):
        batch = Batch(labels=labels, champion=challenger, challenger=challenger, columns={})
        champion, baseline = gate.run(run, batches=[batch]).findings
        assert (champion.than, champion.verdict) == ("champion", Verdict.PASS)
        assert (baseline.than, baseline.verdict, baseline.blocking) == (
            "baseline", expected, expected is Verdict.FAIL,
        )  # fmt: skip
        assert baseline.id == f"compare/base_case/{metric}/better/overall/baseline"
        alone = gate.run(run, batches=[dataclasses.replace(batch, champion=None)]).findings
        assert [one.reason == "no champion" for one in alone] == [True, False]
        assert alone[1].verdict is expected


def test_the_baseline_is_the_column_that_the_run_names() -> None:
    rng = np.random.default_rng(3)
    truth = np.cumsum(rng.normal(size=1001))
    labels, last = truth[1:], truth[:-1]
    run = Run(
        task=Task.REGRESSION,
        requirements=(dataclasses.replace(asked("mae", Rule.BETTER, margin=0.0), than="baseline"),),
        baseline="last",
    )
    batch = Batch(
        labels=labels, champion=None, challenger=labels + 0.1 * rng.normal(size=1000), columns={}, baseline=last
    )
    [found] = gate.run(run, batches=[batch]).findings
    assert found.champion is not None
    assert found.champion.value == pytest.approx(float(np.abs(labels - last).mean()), rel=1e-6)
    assert found.verdict is Verdict.PASS
    with pytest.raises(DataError, match="the baseline column 'last' did not come with the rows"):
        gate.run(run, batches=[dataclasses.replace(batch, baseline=None)])


def test_gaps_between_groups_of_few_units_are_inconclusive() -> None:
    gap = GapRequirement(metric="selection_rate", attribute="group", rule=Rule.AT_MOST, level=Level.REQUIRED, bound=0.2)
    labels, groups = [0, 1] * 400, ["a", "a", "b", "b"] * 200
    scores = [0.9, 0.1] * 400
    batch = rows(labels, scores, scores, {"group": groups})
    run = dataclasses.replace(RUN, gaps=(gap,))
    for units, verdict in ((800, Verdict.PASS), (6, Verdict.INCONCLUSIVE)):
        dealt = dataclasses.replace(batch, units=(np.arange(800) // 4 % units).astype(np.uint64))
        [found] = [one for one in gate.run(run, batches=[dealt]).findings if one.section is Section.FAIRNESS]
        assert found.verdict is verdict
        if verdict is Verdict.INCONCLUSIVE:
            assert "independent units, at least 10 needed" in found.reason
