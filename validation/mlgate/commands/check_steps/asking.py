"""What somebody asks of a comparison without a configuration file: on the command line, or from Python.

Separate from the reading of rows because the same questions are put to columns of predictions, to models, and to
arrays; and from ``config``, which reads them off a file.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path

from mlgate.config.defaults import MARGIN, RELATIVE_MARGIN, default_gaps, default_requirements
from mlgate.edges.own_metrics import load
from mlgate.errors import ConfigError, vacuous
from mlgate.frozen import dataclass
from mlgate.metrics import Flips, MeanLoss, Metric, Own, Ranking, find, needs_scores, reach
from mlgate.records.run import DOTTED, Grouping, OwnMetric, Requirement, Run
from mlgate.records.words import Level, Rule, Task

__all__ = ["EVERY_OTHER", "Asked", "asked_of", "read_cuts", "read_margin", "run_of"]

#: Stands for all labels but the positive one, where somebody means one against the rest.
EVERY_OTHER = "*"
#: Share of decisions that may change, where a metric of changes is asked for without a margin.
MOST_CHANGED = 0.10


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One question; everything but the label has a default."""

    #: column of truth.
    label: str
    #: columns of predictions; with a star, one column per class. Empty champion: there is none.
    champion: str = ""
    challenger: str = ""
    #: columns that slices are made of, and combinations of columns.
    by: tuple[str, ...] = ()
    cross: tuple[tuple[str, ...], ...] = ()
    #: attributes whose groups are compared with each other; with several columns, an intersection.
    sensitive: tuple[tuple[str, ...], ...] = ()
    #: per column that is cut into ranges: its name and the ascending cut points.
    cuts: tuple[tuple[str, tuple[float, ...]], ...] = ()
    #: columns that identify a row, say which rows belong together, and how much a row weighs.
    id: str | None = None
    unit: str = ""
    weight: str = ""
    #: None: read off the data.
    task: Task | None = None
    #: label value of the positive class; None: 1 or true.
    positive: str | None = None
    #: its other values: None: there is one; ``*`` alone: every other value is negative.
    negative: tuple[str, ...] | None = None
    #: multiclass: the classes in the order of the models' scores; empty: read off the data.
    classes: tuple[str, ...] = ()
    threshold: float = 0.5
    #: None: the same as the challenger's.
    champion_threshold: float | None = None
    #: whether the models' own metadata say the thresholds.
    thresholds_from_models: bool = False
    #: instead of the default requirements.
    metrics: tuple[str, ...] = ()
    #: None: the default margin.
    margin: float | None = None
    #: whether the margin is a fraction of the champion's value; None: where that is usual.
    relative: bool | None = None
    #: whether undeclared slices are searched for: None: on some rows of many, to an affordable depth; True: on all.
    discover: bool | None = None
    #: columns that the search for undeclared slices leaves alone.
    leave: tuple[str, ...] = ()
    seed: int = 0


def asked_of(options: argparse.Namespace) -> Asked:
    """The question that the options of ``check`` and ``power`` put.

    Raises
    ------
    ConfigError
        An option is missing or not legal.
    """
    margin, relative = (None, None) if options.margin is None else read_margin(options.margin)
    discover, leave = getattr(options, "discover", None), tuple(dict.fromkeys(getattr(options, "leave", ())))
    if leave and discover is False:
        raise ConfigError("--leave keeps a column out of the search that --no-discover leaves out; drop one of them.")
    thresholds_from_models = options.threshold == "model"
    threshold = 0.5 if options.threshold in (None, "model") else _threshold(options.threshold, "--threshold")
    champion_threshold = None
    if options.champion_threshold is not None:
        champion_threshold = _threshold(options.champion_threshold, "--champion-threshold")
    return Asked(
        label=options.label,
        champion=options.champion or "",
        challenger=options.challenger or "",
        by=tuple(options.by),
        cross=tuple(tuple(part.strip() for part in cross.split(",")) for cross in options.cross),
        sensitive=tuple(tuple(part.strip() for part in one.split(",")) for one in options.sensitive),
        cuts=tuple(read_cuts(one) for one in options.cuts),
        id=options.id,
        unit=options.unit or "",
        weight=options.weight or "",
        task=None if options.task is None else Task(options.task),
        positive=options.positive,
        negative=tuple(dict.fromkeys(options.negative)) or None,
        classes=tuple(part.strip() for part in options.classes.split(",")) if options.classes else (),
        threshold=threshold,
        champion_threshold=champion_threshold,
        thresholds_from_models=thresholds_from_models,
        metrics=tuple(dict.fromkeys(options.metric)),
        margin=margin,
        relative=relative,
        discover=discover,
        leave=leave,
    )


def read_margin(text: str) -> tuple[float, bool]:
    """A margin, and whether it is a fraction of the champion's value.

    >>> read_margin("0.01"), read_margin("2%")
    ((0.01, False), (0.02, True))

    Raises
    ------
    ConfigError
        It is no number of at least 0.
    """
    plain = text.strip().removesuffix("%")
    relative = text.strip().endswith("%")
    margin = legal_margin(plain, text)
    return (margin / 100 if relative else margin), relative


def legal_margin(number: object, written: object) -> float:
    """A margin of at least 0.

    Raises
    ------
    ConfigError
        It is none; ``written`` is how the user put it.
    """
    try:
        margin = float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        margin = math.nan
    if not 0 <= margin < math.inf:
        raise ConfigError(
            f"--margin {written} is no margin; give how much worse is still allowed, such as 0.01, or 2% of the "
            "champion's value."
        )
    return margin


def read_cuts(text: str) -> tuple[str, tuple[float, ...]]:
    """A column and where it is cut into ranges.

    >>> read_cuts("age=25,40.5")
    ('age', (25.0, 40.5))

    Raises
    ------
    ConfigError
        There is no column, or what follows are no ascending numbers.
    """
    column, _, written = text.rpartition("=")
    try:
        points = tuple(float(part) for part in written.split(","))
    except ValueError:
        points = ()
    rising = all(low < high for low, high in zip(points, points[1:])) and all(map(math.isfinite, points))
    if not column.strip() or not points or not rising:
        raise ConfigError(f"--cuts {text} is no column with ascending numbers; write it as --cuts age=25,40,60.")
    return column.strip(), points


def _threshold(text: str | float, flag: str) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not 0 < threshold < 1:
        raise ConfigError(f"{flag} {text} is not between 0 and 1; scores are probabilities.")
    return threshold


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
