"""The run that a question stands for: its groupings, its requirements, and a default for all that it leaves open.

Separate from ``asking.py``, which says what can be asked, before anything is known of the data.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from mlgate.commands.check_steps.asking import Asked
from mlgate.config.defaults import MARGIN, RELATIVE_MARGIN, default_gaps, default_requirements
from mlgate.errors import ConfigError, vacuous
from mlgate.metrics import Flips, MeanLoss, Metric, Own, Ranking, find, needs_scores, reach
from mlgate.records.run import DOTTED, Grouping, OwnMetric, Requirement, Run
from mlgate.records.words import Level, Rule, Task

__all__ = ["run_of"]

#: Share of decisions that may change, where a metric of changes is asked for without a margin.
MOST_CHANGED = 0.10


def run_of(asked: Asked, *, task: Task, classes: tuple[str, ...], scores: bool, champion: bool) -> Run:
    """The run that a question stands for; everything that it leaves open has its default.

    Parameters
    ----------
    asked
        The question.
    task, classes
        As they were read off the data, where the question leaves them open.
    scores
        Whether both models give scores.
    champion
        Whether there is one.

    Raises
    ------
    ConfigError
        A metric is not known, does not go with the task or needs scores, a margin is missing, or the unit is the id.
    """
    if asked.unit and asked.unit == asked.id:
        raise ConfigError(f'"{asked.unit}" identifies rows, so no two rows share a unit; leave the unit out.')
    groupings = _groupings((*((name,) for name in asked.by), *asked.cross), asked)
    attributes = _groupings(asked.sensitive, asked)
    own = tuple(_own_metric(name) for name in asked.metrics if DOTTED.fullmatch(name))
    run = Run(
        requirements=(),
        task=task,
        classes=classes,
        groupings=groupings,
        attributes=attributes,
        # Whether a gap widened can be asked of a challenger that has a champion.
        gaps=default_gaps(attributes, task) if champion else (),
        threshold=asked.threshold,
        champion_threshold=asked.champion_threshold,
        scores=scores,
        seed=asked.seed,
        unit=asked.unit,
        weight=asked.weight,
        own_metrics=own,
    )
    run = dataclasses.replace(run, requirements=_requirements(asked, run, champion=champion))
    _refuse_vacuous(asked, run)
    return run


def _refuse_vacuous(asked: Asked, run: Run) -> None:
    """A margin that was meant in points or per cent would let everything pass.

    Raises
    ------
    ConfigError
        It is as wide as the range of the metric.
    """
    if asked.margin is None or asked.relative:
        return
    for one in run.requirements:
        wide = vacuous(asked.margin, one.metric, reach(find(one.metric, run))) if one.rule.paired else ""
        if wide and one.on == "overall":
            raise ConfigError(f"--margin {wide}")


def _groupings(columns: tuple[tuple[str, ...], ...], asked: Asked) -> tuple[Grouping, ...]:
    """Groupings by the values of columns, cut where cuts are given.

    Raises
    ------
    ConfigError
        An attribute is named twice, or is the label; a column is crossed with itself, or is cut though it is in no
        slice and no attribute.
    """
    cuts = dict(asked.cuts)
    used = {*asked.by, *(name for one in (*asked.cross, *asked.sensitive) for name in one)}
    for column in cuts:
        if column not in used:
            raise ConfigError(f"--cuts names {column!r}, which is in no --by, --cross or --sensitive; add it there.")
    for flag, one in (*(("--cross", one) for one in asked.cross), *(("--sensitive", one) for one in asked.sensitive)):
        if len(set(one)) < len(one):
            twice = next(name for name in one if one.count(name) > 1)
            raise ConfigError(f"{flag} {','.join(one)} names {twice!r} twice; a column is crossed with others.")
    for one in asked.sensitive:
        if asked.label in one:
            raise ConfigError(
                f"--sensitive {','.join(one)}: {asked.label!r} is the label; name an attribute of people."
            )
        if asked.sensitive.count(one) > 1:
            raise ConfigError(f"--sensitive {','.join(one)} is given twice; leave one out.")
    return tuple(
        Grouping(columns=one, cuts=tuple((name, cuts[name]) for name in one if name in cuts)) for one in columns
    )


def _own_metric(name: str) -> OwnMetric:
    """A user's own metric from the current folder; its direction and least rows are attributes of the function."""
    from mlgate.edges.own_metrics import load  # few name one

    function = load(name, Path.cwd())
    return OwnMetric(
        name=name,
        title=name.rpartition(".")[2].replace("_", " "),
        function=function,
        greater_is_better=getattr(function, "greater_is_better", True),
        minimum=getattr(function, "minimum", 100),
    )


def _requirements(asked: Asked, run: Run, *, champion: bool) -> tuple[Requirement, ...]:
    slices = bool(run.groupings)
    if asked.metrics:
        return tuple(one for name in asked.metrics for one in _requirements_of(name, asked, run, slices=slices))
    found = default_requirements(run.task, scores=run.scores, slices=slices, champion=champion)
    return tuple(_with_margin(one, asked) if one.than == "champion" and one.rule.paired else one for one in found)


def _with_margin(one: Requirement, asked: Asked) -> Requirement:
    if asked.margin is None:
        return one
    margin = asked.margin * (1 if one.on == "overall" else 2)
    return dataclasses.replace(one, margin=margin, relative=bool(asked.relative))


def _requirements_of(name: str, asked: Asked, run: Run, *, slices: bool) -> tuple[Requirement, ...]:
    metric = find(name, run)
    if not run.scores and needs_scores(metric):
        raise ConfigError(
            f"--metric {name} needs scores, but a column holds decisions only (nothing but label values); "
            "give probabilities, or a metric of decisions such as accuracy."
        )
    overall = _overall(metric, asked, run)
    if not slices:
        return (overall,)
    margin, bound = (None if part is None else 2 * part for part in (overall.margin, overall.bound))
    level = Level.GUARDED if overall.level is Level.REQUIRED else overall.level
    return overall, dataclasses.replace(overall, level=level, on="slices", margin=margin, bound=bound)


def _overall(metric: Metric, asked: Asked, run: Run) -> Requirement:
    """What is asked of a metric over all rows when nothing but its name is given."""
    if isinstance(metric, Flips):
        bound = MOST_CHANGED if asked.margin is None else asked.margin
        return Requirement(metric=metric.name, rule=Rule.AT_MOST, level=Level.REQUIRED, bound=bound)
    in_units = isinstance(metric, MeanLoss) and metric.scale is None or getattr(metric, "key", "") == "error"
    margin, relative = asked.margin, bool(asked.relative)
    if margin is None:
        if isinstance(metric, Own) or in_units and metric.greater_is_better is None:
            raise ConfigError(f"--metric {metric.name} needs --margin, since only you know its units.")
        margin, relative = (RELATIVE_MARGIN, True) if in_units else (MARGIN, False)
    shown = isinstance(metric, Ranking) and not metric.decides
    return Requirement(
        metric=metric.name,
        rule=Rule.UNCHANGED if metric.greater_is_better is None else Rule.NOT_WORSE,
        level=Level.ADVISORY if shown else Level.REQUIRED,
        margin=margin,
        relative=relative,
    )
