"""Reading mlgate.yaml for a command: the file is opened here, its text is judged by ``mlgate.config``.

What the configuration must not know is handed to it from here: the metrics there are, and the user's own functions.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlgate.errors import ConfigError
from mlgate.records.run import Run
from mlgate.records.settings import Settings
from mlgate.records.words import Task

if TYPE_CHECKING:
    import pyarrow as pa

    from mlgate.config import Traits

__all__ = ["load_settings", "metric_traits", "with_label_values"]


def load_settings(config: str, *, import_own: bool = False) -> Settings:
    """The checked settings of one mlgate.yaml.

    Parameters
    ----------
    config
        Its path.
    import_own
        Whether the functions of ``own_metrics`` are imported and checked now, so that a mistake is told before models
        are trained and asked; else that happens when they are first called, which is never in commands that measure
        nothing. They are the repository's code, and run in this process.

    Raises
    ------
    ConfigError
        The file is missing, unreadable, or has problems (all of them are listed).
    """
    from mlgate.config import parse
    from mlgate.edges.own_metrics import PutOff, load
    from mlgate.edges.own_oddities import sets_of
    from mlgate.oddities import ODDITIES

    path = Path(config)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{config}: there is no such file; run from the folder of mlgate.yaml or give --config."
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{config}: cannot be read ({problem}); it must be a text file in UTF-8.") from None
    root = path.resolve().parent
    settings = parse(
        text,
        source=config,
        root=root,
        look_up=metric_traits,
        load_own=functools.partial(load if import_own else PutOff, root=root),
        known_oddities=tuple(oddity.name for oddity in ODDITIES),
    )
    if import_own and settings.oddities is not None:
        sets_of(settings.oddities.names, root)  # a mistake is told before models are trained
    return replace(settings, config=config)


def with_label_values(settings: Settings, tables: Mapping[str, pa.Table]) -> Settings:
    """The settings with what only the data say about the label.

    Of a multiclass label the classes: those declared, else all that any of the data sets holds. Of a binary one the
    negative value, where only the positive one was declared.

    Raises
    ------
    DataError
        The label column is missing, or a binary label has more than two values and nobody said which are negative.
    """
    from mlgate.edges.batches.columns import by_value
    from mlgate.edges.batches.label_values import with_negative
    from mlgate.edges.batches.scoring import class_values

    if settings.run.task is Task.BINARY:
        labelled = [source for source in settings.data if settings.label.column not in source.without]
        shown = {source.shown: tables[source.name] for source in labelled if source.name in tables}
        return replace(settings, label=with_negative(settings.label, shown))
    if settings.run.task is not Task.MULTICLASS or settings.run.classes:
        return settings
    if settings.label.classes:
        found = settings.label.classes
    else:
        sources = {source.name: source.shown for source in settings.data}
        values = {
            value for name, table in tables.items() for value in class_values(table, settings.label, sources[name])
        }
        found = tuple(by_value(values))
    return replace(settings, run=replace(settings.run, classes=found))


def metric_traits(name: str, run: Run) -> Traits:
    """What requirements have to know of a metric of mlgate.

    Parameters
    ----------
    name
        Such as ``accuracy`` or ``recall(setosa)``.
    run
        Its task, classes and money.

    Raises
    ------
    ConfigError
        The run's task has no such metric; when another task has it, the sentence says which.
    """
    from mlgate.config import Traits
    from mlgate.metrics import Flips, Ranking, check_name, find, reach

    _refuse_other_tasks(name, run.task)
    check_name(name, run.task)
    if run.task is Task.MULTICLASS and not run.classes and "(" in name:
        # A metric of one class, while only the data will say which classes there are; or of another parameter.
        return Traits()
    metric = find(name, run)
    return Traits(
        directed=metric.greater_is_better is not None,
        of_pair=isinstance(metric, Flips),
        decides=not isinstance(metric, Ranking) or metric.decides,
        reach=reach(metric),
    )


def _refuse_other_tasks(name: str, task: Task) -> None:
    """Refuse a metric that only another task has, with the sentence which one that is."""
    from mlgate.metrics import known_names

    family = name.partition("(")[0]
    having = [one for one in Task if family in {known.partition("(")[0] for known in known_names(one)}]
    if having and task not in having:
        known = " or ".join(having)
        raise ConfigError(f'the metric "{name}" belongs to task: {known}, and task is {task}; take one of {task}.')
