"""What both halves of ``mlgate check`` share: settings from the command line, and the way from outcome to answer."""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.output import answer
from mlgate.commands.writing import put_together, run_folder, shown, write_run
from mlgate.config.defaults import default_requirements
from mlgate.edges.files import digest_bytes
from mlgate.edges.scoring import coded_column
from mlgate.errors import ConfigError, DataError, nearest
from mlgate.metrics import Confusion, find
from mlgate.records.decision import DataFacts, ModelFacts
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Rule
from mlgate.slices import value_text

__all__ = ["label_settings", "settings_of", "write_check"]


def write_check(
    options: argparse.Namespace,
    settings: Settings,
    outcome: gate.Outcome,
    models: Iterable[ModelFacts],
    data: DataFacts,
    started: str,
) -> int:
    """Decide, write the run's folder and answer."""
    place = Path(options.out or "reports/check")
    with run_folder(place) as folder:
        decision, tally = put_together(
            settings,
            name=shown(place),
            command="check",
            outcome=outcome,
            findings=outcome.findings,
            models=tuple(models),
            data=(data,),
            started=started,
        )
        write_run(folder, decision, tally)
    return answer(options, decision, place)


def label_settings(table: pa.Table, column: str, positive: str | None, source: str) -> LabelSettings:
    """The label's two values, read off the data: 1 and 0, true and false, or what ``--positive`` names and the rest.

    Raises
    ------
    DataError
        The column is missing, or its values leave open which one is positive.
    """
    if column not in table.column_names:
        raise DataError(
            f"{source}: the label column {column!r} is not in the data; {nearest(column, table.column_names)}"
        )
    values = sorted(value_text(value) for value in coded_column(table.column(column)).values if value is not None)
    # One class alone says what the other one would be called, when the names are the usual ones.
    usual = next((pair for pair in (("1", "0"), ("true", "false")) if set(values) <= set(pair)), None)
    if positive is None and usual is not None:
        positive = usual[0]
    if positive is None:
        raise DataError(
            f"{source}: column {column!r} holds {', '.join(values[:5])}; say which one is positive with --positive."
        )
    known = usual or values
    if positive not in known:
        raise DataError(
            f"{source}: column {column!r} never holds {positive!r}; its values are {', '.join(values[:5])}."
        )
    others = [value for value in known if value != positive]
    negative = others[0] if len(others) == 1 else None
    return LabelSettings(column=column, positive=positive, negative=negative, positive_name=f"{column}={positive}")


def settings_of(options: argparse.Namespace, label: LabelSettings, *, scores: bool) -> Settings:
    """The settings that the command line stands for; everything else has its default."""
    groupings = [Grouping(columns=(column,)) for column in options.by]
    groupings += [Grouping(columns=tuple(part.strip() for part in cross.split(","))) for cross in options.cross]
    requirements = _requirements(options, scores=scores, slices=bool(groupings))
    threshold = 0.5 if options.threshold is None else options.threshold
    if not 0 < threshold < 1:
        raise ConfigError(f"--threshold {threshold} is not between 0 and 1; scores are probabilities.")
    run = Run(requirements=requirements, groupings=tuple(groupings), threshold=threshold, scores=scores)
    return Settings(
        root=Path.cwd(),
        model=options.model or Path(options.predictions).name,
        title=options.model or Path(options.predictions).stem,
        label=label,
        data=(),
        run=run,
        digest=digest_bytes(repr((run, label)).encode()),
    )


def _requirements(options: argparse.Namespace, *, scores: bool, slices: bool) -> tuple[Requirement, ...]:
    if options.margin is not None and not 0 <= options.margin < math.inf:
        raise ConfigError(
            f"--margin {options.margin} is no margin; give how much worse is still allowed, such as 0.01."
        )
    asked = default_requirements(scores=scores, slices=slices)
    if options.metric:
        names = dict.fromkeys(options.metric)
        asked = tuple(part for name in names for part in _requirements_of(name, scores=scores, slices=slices))
    if options.margin is None:
        return asked
    return tuple(dataclasses.replace(one, margin=options.margin * (1 if one.on == "overall" else 2)) for one in asked)


def _requirements_of(name: str, *, scores: bool, slices: bool) -> tuple[Requirement, ...]:
    metric = find(name)
    if not scores and not isinstance(metric, Confusion):
        raise ConfigError(
            f"--metric {name} needs scores, but a column holds decisions only (nothing but label values); "
            "give probabilities, or a metric of decisions such as accuracy."
        )
    rule = Rule.UNCHANGED if metric.greater_is_better is None else Rule.NOT_WORSE
    overall = Requirement(metric=name, rule=rule, level=Level.REQUIRED, margin=0.01)
    guarded = Requirement(metric=name, rule=rule, level=Level.GUARDED, margin=0.02, on="slices")
    return (overall, guarded) if slices else (overall,)
