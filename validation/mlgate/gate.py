"""The order of the stages on one screen: rows in, findings out. Read this file first.

    batches ─> add_up ─> settle ─> Tally ─> compare ─> Evidence ─> judge ─> Findings    (decide follows, once all suites
    have run) the baseline, oddity trials and observations of other checks join before ``judge``

The engine knows nothing of files, models, registries or HTML: a command hands it rows that are already scored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from mlgate.checks.oddity import Trial, observe, vanished
from mlgate.errors import DataError, ModelError
from mlgate.fairness import judge_fairness
from mlgate.frozen import dataclass
from mlgate.metrics import MeanLoss, find
from mlgate.metrics.answering import check_batch
from mlgate.metrics.scales import scales_of
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.evidence import Evidence, Observation
from mlgate.records.fairness import FAIRNESS
from mlgate.records.losses import Losses
from mlgate.records.rows import Batch
from mlgate.records.run import OVERALL, Requirement, Run
from mlgate.records.words import Level, Section, Task
from mlgate.sentences import NO_CHAMPION, loss_reason, loss_title
from mlgate.slices import slice_titles
from mlgate.stages import exhibit, plan
from mlgate.stages.add_up import add_up
from mlgate.stages.baseline import against_baseline
from mlgate.stages.compare import compare
from mlgate.stages.compare_losses import compare_losses
from mlgate.stages.judge import judge, judge_observations
from mlgate.stages.settle import settle
from mlgate.tables import Tally

__all__ = ["BASE_CASE", "Outcome", "judge_observations", "run", "values"]

BASE_CASE = "base_case"
BASELINE = "baseline"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcome:
    """What the gate found, before the suites and the decision."""

    findings: tuple[Finding, ...]
    exhibits: tuple[Exhibit, ...]
    #: by data set: the base case, and each oddity that both models answered.
    tallies: dict[str, Tally]


def run(
    run: Run,
    *,
    batches: Iterable[Batch],
    windows: Mapping[str, Iterable[Batch]] | None = None,
    trials: Iterable[Trial] = (),
    observations: Iterable[Observation] = (),
) -> Outcome:
    """Take scored rows through all stages up to the findings.

    Parameters
    ----------
    run
        What fixes the computation.
    batches
        The base case, scored by both models; raising ``ModelError`` of the challenger is a finding, not an error.
    windows
        Other data sets that requirements name, scored in the same way.
    trials
        Oddity sets put to both models; not consumed when the challenger fails on the base case.
    observations
        What other checks saw.

    Raises
    ------
    DataError
        The rows cannot be judged at all.
    ModelError
        The champion failed: the comparison cannot be trusted.
    """
    seen = list(observations)
    tallies: dict[str, Tally] = {}
    fair = None
    titles = slice_titles(run.groupings)
    for dataset, rows in {BASE_CASE: batches, **(windows or {})}.items():
        try:
            if dataset == BASE_CASE and run.all_attributes():
                rows = list(rows)
                fair = judge_fairness(run, rows, dataset=dataset, titles=titles)
            tallies[dataset] = _tally(run, rows)
        except ModelError as problem:
            if problem.role != "challenger":
                raise
            return Outcome(findings=judge_observations([*seen, _failed(problem, dataset)]), exhibits=(), tallies={})
    tally = tallies[BASE_CASE]
    evidence = compare(run, tally, dataset=BASE_CASE, metrics=run.metrics())
    for dataset in windows or {}:
        asked = dict.fromkeys(one.metric for one in run.requirements if one.dataset == dataset)
        evidence += compare(run, tallies[dataset], dataset=dataset, metrics=tuple(asked))
    if any(one.than == BASELINE for one in run.requirements):
        plain, batch = against_baseline(run, tally)
        tallies[BASELINE] = settle(plain, add_up(plain, [batch]))
        evidence += compare(plain, tallies[BASELINE], dataset=BASE_CASE, metrics=plain.metrics(), than=BASELINE)
    findings = judge(run, evidence, titles=titles)
    if fair is not None:
        findings += fair.findings
        tallies[FAIRNESS] = fair.tally
    odd = _run_oddities(run, trials, evidence)
    shown = (
        exhibit.cells({BASE_CASE: tally}, titles) if tally.paired and run.task is Task.BINARY else None,
        *(() if fair is None else fair.exhibits),
        exhibit.classes(run, tally) if run.task is Task.MULTICLASS else None,
        exhibit.calibration(tally, run.confidence) if run.scores else None,
        exhibit.predictions(tally),
        exhibit.money(run, evidence, titles),
        plan.exhibit_of(run, findings),
        *odd.exhibits,
    )
    return Outcome(
        findings=(*findings, *odd.findings, *judge_observations(seen)),
        exhibits=tuple(one for one in shown if one is not None and one.rows),
        tallies={**tallies, **odd.tallies},
    )


def values(run: Run, batches: Iterable[Batch]) -> dict[str, float]:
    """The challenger's value of every metric of the run over all rows; NaN where it is undefined."""
    plain = dataclasses.replace(run, groupings=(), attributes=(), gaps=(), oddity=None)
    evidence = compare(plain, _tally(plain, batches), dataset=BASE_CASE, metrics=plain.metrics())
    return {found.metric: found.challenger.value for found in evidence}


def _tally(run: Run, batches: Iterable[Batch]) -> Tally:
    """Rows to their settled tally. Losses without a natural range need all rows first, to fix their scale."""
    metrics = tuple(find(name, run) for name in run.metrics())
    if any(isinstance(metric, MeanLoss) and metric.scale is None for metric in metrics):
        batches = list(batches)
        for batch in batches:
            check_batch(run, batch)
        run = dataclasses.replace(run, scales=scales_of(run, metrics, *batches))
    return settle(run, add_up(run, batches))


def _failed(problem: ModelError, dataset: str) -> Observation:
    return Observation(
        id=f"compare/{dataset}/answers",
        section=Section.COMPARE,
        title=f"the challenger scores the {dataset.replace('_', ' ')}",
        level=Level.REQUIRED,
        reason=str(problem),
        dataset=dataset,
        slice=OVERALL,
        value=0.0,
        at_least=1.0,
    )


def _unmeasured(trial: Trial, asked: Requirement, reason: str) -> Observation:
    """Answers that are legal but cannot be measured: inconclusive, and no reason to stop the run."""
    return Observation(
        id=f"oddities/{asked.dataset}/{asked.metric}/measured",
        section=Section.ODDITIES,
        title=f"{asked.metric} can be measured where {trial.title}",
        level=asked.level,
        reason=reason,
        dataset=asked.dataset,
        slice=OVERALL,
        metric=asked.metric,
        rows=trial.rows,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Weakened:
    """What one oddity did to both models, before all oddities are judged together."""

    trial: Trial
    losses: Losses | None = None
    #: what is judged, and by what; None where nothing can be compared.
    evidence: Evidence | None = None
    asked: Requirement | None = None
    #: the difference of the models under the oddity itself.
    found: Evidence | None = None
    tally: Tally | None = None
    problem: Observation | None = None
    #: that a class of several is never answered any more.
    gone: Observation | None = None


def _run_oddities(run: Run, trials: Iterable[Trial], base: Sequence[Evidence]) -> Outcome:
    """Every trial through the same stages, overall only: answers, then the loss of quality against the base case."""
    seen = [_with_vanished(run, trial, _weaken(run, trial)) for trial in trials]
    judged = [(one.asked, one.evidence) for one in seen if one.asked is not None and one.evidence is not None]
    # Together, because guarded findings of many sets are adjusted for their number.
    plain = dataclasses.replace(run, requirements=tuple(asked for asked, _ in judged), groupings=(), gaps=())
    verdicts = {one.dataset: one for one in judge(plain, [evidence for _, evidence in judged])}
    findings: list[Finding] = []
    for one in seen:
        findings += judge_observations([observe(one.trial), *(about for about in (one.problem, one.gone) if about)])
        if one.asked is not None and one.losses is not None and one.found is not None:
            found = verdicts[one.asked.dataset]
            reason = found.reason if found.reason == NO_CHAMPION else loss_reason(one.losses, found.reason)
            title = loss_title(one.asked, one.trial.title)
            old, new = one.found.champion, one.found.challenger
            findings.append(dataclasses.replace(found, title=title, reason=reason, champion=old, challenger=new))
    metric = run.oddity.metric if run.oddity else ""
    overall = [one for one in base if (one.dataset, one.metric, one.slice) == (BASE_CASE, metric, OVERALL)]
    grid = exhibit.oddity_grid([(one.trial, one.losses) for one in seen], overall[0] if overall else None)
    tallies = {f"oddity {one.trial.name}": one.tally for one in seen if one.tally is not None}
    return Outcome(findings=tuple(findings), exhibits=(grid,), tallies=tallies)


def _with_vanished(run: Run, trial: Trial, seen: _Weakened) -> _Weakened:
    gone = vanished(trial, run.classes) if run.task is Task.MULTICLASS else None
    return dataclasses.replace(seen, gone=gone)


def _weaken(run: Run, trial: Trial) -> _Weakened:
    """What each model loses under one oddity."""
    asked = trial.asked or run.oddity
    if asked is None or trial.base is None or len(trial.base.labels) < 2:  # of a single row nothing is known
        return _Weakened(trial=trial)
    asked = dataclasses.replace(asked, dataset=f"oddity {trial.name}")
    plain = dataclasses.replace(run, requirements=(asked,), groupings=(), gaps=(), attributes=(), oddity=None)
    odd = trial.odd_champion, trial.odd_challenger
    try:
        # Strange input gives strange losses: their scale is fixed for each oddity on its own. Where one model gave no
        # legal answer, the other's may still be too large to calculate with.
        first, second = (one if one is not None else other for one, other in (odd, odd[::-1]))
        if second is not None:
            batch = dataclasses.replace(trial.base, champion=first if trial.champion else None, challenger=second)
            plain = dataclasses.replace(plain, scales=scales_of(plain, (find(asked.metric, plain),), batch))
        losses = compare_losses(plain, asked.metric, trial.base, champion=odd[0], challenger=odd[1])
        if odd[1] is None or trial.champion and odd[0] is None:
            return _Weakened(trial=trial, losses=losses)
        tally = settle(plain, add_up(plain, [batch]))
    except (DataError, ModelError) as problem:
        return _Weakened(trial=trial, problem=_unmeasured(trial, asked, str(problem)))
    found = compare(plain, tally, dataset=asked.dataset, metrics=[asked.metric])[0]
    # Rows are not held on to: with many sets of many rows they would be most of the memory.
    return _Weakened(
        trial=dataclasses.replace(trial, base=None, odd_champion=None, odd_challenger=None),
        losses=losses,
        evidence=losses.judged(found),
        asked=asked,
        found=found,
        tally=dataclasses.replace(tally, kept=None),
    )
