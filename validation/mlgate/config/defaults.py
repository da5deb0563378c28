"""What holds when mlgate.yaml does not say otherwise, in one place.

Separate from the reading of the file because a comparison without a file uses the same defaults. Margins are absolute
and in the units of the metric, but for regression, whose units only the user knows. Plain values (the threshold, the
mode, …) have their defaults in the records; ``BLANK`` holds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mlgate.records.fairness import DISPARITIES, REFERENCE_RATES
from mlgate.records.run import GapRequirement, Grouping, Requirement, Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Rule, Task

__all__ = [
    "BLANK",
    "GAP_MARGIN",
    "GAP_METRICS",
    "MARGIN",
    "RELATIVE_MARGIN",
    "adapted",
    "default_gaps",
    "default_groupings",
    "default_oddity",
    "default_requirements",
]

#: how much worse the challenger may be over all rows; on slices and oddities, twice as much.
MARGIN = 0.01
#: the same for regression, as a share of the champion's value.
RELATIVE_MARGIN = 0.02
#: how much a gap between groups may widen before the report calls it out.
GAP_MARGIN = 0.05
#: what can be asked about gaps between groups: a rate's gap to one reference group, or a disparity over all pairs.
GAP_METRICS = (*REFERENCE_RATES, *(one.name for one in DISPARITIES))
#: what is shown of every sensitive attribute when nothing is asked; in regression only the user knows the units.
_SHOWN = {
    Task.BINARY: ("demographic_parity_difference", "equalized_odds_difference"),
    Task.MULTICLASS: ("accuracy_difference",),
    Task.REGRESSION: (),
}

#: what must not be worse, by task and whether there are scores.
_METRICS = {
    (Task.BINARY, True): ("accuracy", "roc_auc", "log_loss"),
    (Task.BINARY, False): ("accuracy",),
    (Task.MULTICLASS, True): ("accuracy", "log_loss"),
    (Task.MULTICLASS, False): ("accuracy",),
    (Task.REGRESSION, True): ("mae", "rmse"),
}
#: by what the challenger must beat the same answer for every row; decisions of a binary task may well all be the same.
_BEATEN = {
    (Task.BINARY, True): "log_loss",
    (Task.MULTICLASS, True): "accuracy",
    (Task.MULTICLASS, False): "accuracy",
    (Task.REGRESSION, True): "rmse",
}
#: what guessing gives, where that is known before the data are; a model that does no better has learnt nothing.
_CHANCE = {(Task.BINARY, True): ("roc_auc", 0.5), (Task.BINARY, False): ("balanced_accuracy", 0.5)}

#: Every key that has a plain default, as if it stood in a file that says nothing.
BLANK = Settings(root=Path(), model="", title="", label=LabelSettings(column=""), data=(), run=Run(requirements=()))


def default_requirements(task: Task, *, scores: bool, slices: bool, champion: bool) -> tuple[Requirement, ...]:
    """The requirements of a run that declares none.

    Parameters
    ----------
    task
        What the models answer.
    scores
        Whether classifiers give scores; with decisions only, metrics of scores do not exist.
    slices
        Whether any slice is declared; then the same metrics are guarded on slices at twice the margin.
    champion
        Whether there is a champion; without one, to beat the baseline and chance is required.
    """
    relative = task is Task.REGRESSION
    margin = RELATIVE_MARGIN if relative else MARGIN
    metrics = _METRICS[task, scores or relative]
    found = [
        Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.REQUIRED, margin=margin, relative=relative)
        for metric in metrics
    ]
    if slices:
        found += [replace(one, level=Level.GUARDED, on="slices", margin=2 * margin) for one in found]
    # The first champion has to be better than nothing. A later challenger is measured against its champion, and must
    # not be refused for what the champion shares, such as scores that only rank; whether both are any good is shown.
    level = Level.ADVISORY if champion else Level.REQUIRED
    beaten = _BEATEN.get((task, scores or relative))
    if beaten is not None:
        found.append(Requirement(metric=beaten, rule=Rule.BETTER, level=level, margin=0.0, than="baseline"))
    chance = _CHANCE.get((task, scores or relative))
    if chance is not None:
        found.append(Requirement(metric=chance[0], rule=Rule.AT_LEAST, level=level, bound=chance[1]))
    return tuple(found)


def adapted(run: Run, *, scores: bool, champion: bool) -> Run:
    """The same run once it is known what the models give and whether there is a champion: default requirements
    are those for that case, declared ones stay as they are.
    """
    slices = bool(run.groupings)

    def default(*, scores: bool, champion: bool) -> tuple[Requirement, ...]:
        return default_requirements(run.task, scores=scores, slices=slices, champion=champion)

    usual = default(scores=True, champion=True)
    if run.requirements[: len(usual)] == usual:
        # What is behind them was asked under guard.
        rest = run.requirements[len(usual) :]
        run = replace(run, requirements=(*default(scores=scores, champion=champion), *rest))
    if run.oddity == default_oddity(run.task, scores=True):
        run = replace(run, oddity=default_oddity(run.task, scores=scores))
    return replace(run, scores=scores or run.task is Task.REGRESSION)


def default_groupings(attributes: Iterable[Grouping]) -> tuple[Grouping, ...]:
    """The sensitive attributes themselves as slices; their intersections are compared as groups only."""
    return tuple(one for one in attributes if len(one.columns) == 1)


def default_gaps(attributes: Iterable[Grouping], task: Task = Task.BINARY) -> tuple[GapRequirement, ...]:
    """Gaps between the groups of each attribute, shown and never blocking: how much may widen is for people to say."""
    return tuple(
        GapRequirement(
            metric=metric, attribute=one.attribute, rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=GAP_MARGIN
        )
        for one in attributes
        for metric in _SHOWN[task]
    )


def default_oddity(task: Task, *, scores: bool) -> Requirement:
    """By what oddity sets are judged: shown and never blocking, at twice the overall margin."""
    relative = task is Task.REGRESSION
    metric = "mae" if relative else "log_loss" if scores else "accuracy"
    return Requirement(
        metric=metric,
        rule=Rule.NOT_WORSE,
        level=Level.ADVISORY,
        margin=2 * (RELATIVE_MARGIN if relative else MARGIN),
        relative=relative,
        dataset="oddities",
    )
