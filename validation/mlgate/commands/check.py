"""``mlgate check``: compare two models, or two columns of predictions, with no configuration file.

mlgate check --predictions scored.parquet --label y --champion old --challenger new --by sex
mlgate check models:/credit/7 --champion models:/credit@champion --data test.parquet --label default
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate import gate
from mlgate.commands.output import answer
from mlgate.commands.writing import now, put_together, run_folder, shown, write_run
from mlgate.config.defaults import default_requirements
from mlgate.edges.files import data_digest, digest_bytes, read_table, row_identity
from mlgate.edges.predictions import Column, predictions_of
from mlgate.edges.scoring import batch_of, coded_column, labels_of
from mlgate.errors import ConfigError, DataError, nearest
from mlgate.metrics import Confusion, find
from mlgate.records.decision import DataFacts, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Rule, Section
from mlgate.slices import value_text

__all__ = ["label_settings", "main", "settings_of", "write_check"]


def main(options: argparse.Namespace) -> int:
    """Check two columns of a predictions file, or two models on a data file."""
    if not options.label:
        raise ConfigError("check needs --label, the column that holds the true label.")
    if options.predictions:
        return _check_predictions(options)
    from mlgate.commands.check_models import check_models

    return check_models(options)


def _check_predictions(options: argparse.Namespace) -> int:
    started = now()
    for flag in ("challenger", "label"):
        if not getattr(options, flag):
            raise ConfigError(f"check --predictions needs --{flag}, the name of a column.")
    if options.model or options.data:
        raise ConfigError("check takes either --predictions or a model with --data, not both.")
    path = Path(options.predictions)
    table = read_table(path)
    label = label_settings(table, options.label, options.positive, str(path))
    identity = row_identity(table, options.id)
    challenger = predictions_of(table, options.challenger, role="challenger", label=label, source=str(path))
    champion = (
        predictions_of(table, options.champion, role="champion", label=label, source=str(path))
        if options.champion
        else None
    )
    scores = challenger.scores and (champion is None or champion.scores)
    settings = settings_of(options, label, scores=scores)
    missing = np.flatnonzero(np.isnan(challenger.values))
    observations = [_unscored(options.challenger, missing, champion is not None)] if len(missing) else []
    kept = np.flatnonzero(~np.isnan(challenger.values))
    labels = labels_of(table, label, str(path))
    if not len(kept):
        outcome = gate.Outcome(findings=gate.judge_observations(observations), exhibits=(), tallies={})
    else:
        batch = batch_of(
            table.take(pa.array(kept)) if len(missing) else table,
            run=settings.run,
            label=label,
            source=str(path),
            champion=None if champion is None else champion.values[kept],
            challenger=challenger.values[kept],
        )
        outcome = gate.run(settings.run, batches=[batch], observations=observations)
    data = DataFacts(
        name=gate.BASE_CASE,
        source=str(path),
        digest=data_digest(identity),
        rows=table.num_rows,
        positives=int(labels.sum()),
    )
    models = [_column_facts("challenger", challenger)] + (
        [] if champion is None else [_column_facts("champion", champion)]
    )
    return write_check(options, settings, outcome, models, data, started)


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


def _unscored(column: str, missing: NDArray[np.intp], champion: bool) -> Observation:
    rows = ", ".join(str(row + 1) for row in missing[:5]) + (", …" if len(missing) > 5 else "")
    where = f"in {len(missing):,} rows (row {rows})" + (" that the champion scored" if champion else "")
    return Observation(
        id="compare/base_case/answers",
        section=Section.COMPARE,
        title="the challenger scores every row",
        level=Level.REQUIRED,
        reason=f"column {column!r} holds no legal score {where}",
        dataset=gate.BASE_CASE,
        value=float(len(missing)),
        at_most=0.0,
        rows=len(missing),
    )


def _column_facts(role: str, column: Column) -> ModelFacts:
    return ModelFacts(role=role, source=f"column {column.name}", name=column.name, digest=column.digest)
