"""What all forms of a comparison without a configuration file share: label, settings, and the written answer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.check_steps.asking import EVERY_OTHER, Asked
from mlgate.commands.common.output import answer
from mlgate.commands.common.writing import put_together, run_folder, shown, write_run
from mlgate.edges.batches.columns import column_of
from mlgate.edges.batches.label_values import only_two, value_counts
from mlgate.edges.batches.repeats import likely_unit
from mlgate.edges.batches.tasks import Guess
from mlgate.edges.rows.files import digest_bytes
from mlgate.errors import ConfigError, DataError
from mlgate.records.decision import DataFacts, ModelFacts
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.evidence import Observation
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Section, Task

__all__ = ["label_settings", "repeats", "settings_of", "write_check"]


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
        write_run(folder, decision, tally, alone=options.alone)
    return answer(options, decision, place)


def label_settings(table: pa.Table, asked: Asked, task: Task, source: str) -> LabelSettings:
    """The label, and what its values mean: in a binary task 1 and 0, true and false, or what was named and the rest.

    Raises
    ------
    DataError
        The column is missing, or its values leave open which one is positive.
    """
    column_of(table, asked.label, "the label column", source)
    if task is not Task.BINARY:
        return LabelSettings(column=asked.label, classes=asked.classes)
    held = value_counts(table, asked.label, source)
    values = sorted(held)
    # One class alone says what the other one would be called, when the names are the usual ones.
    usual = next((pair for pair in (("1", "0"), ("true", "false")) if set(values) <= set(pair)), None)
    positive = asked.positive
    if positive is None and usual is not None:
        positive = usual[0]
    if positive is None:
        raise DataError(
            f"{source}: column {asked.label!r} holds {', '.join(values[:5])}; say which one is positive with "
            "--positive."
        )
    known = usual or values
    if positive not in known:
        raise DataError(
            f"{source}: column {asked.label!r} never holds {positive!r}; its values are {', '.join(values[:5])}."
        )
    counts = {value: held.get(value, 0) for value in sorted(known, key=lambda one: -held.get(one, 0))}
    return LabelSettings(
        column=asked.label,
        positive=positive,
        negative=_negative(asked, counts, positive, source),
        positive_name=f"{asked.label}={positive}",
    )


def _negative(asked: Asked, counts: Mapping[str, int], positive: str, source: str) -> tuple[str, ...] | None:
    """The negative values: those that were named, or the one other; None for every other value."""
    if asked.negative is None:
        mend = f"say which values are negative with --negative V, once for each (--negative '*': all but {positive!r})"
        return only_two(counts, positive, asked.label, source, mend)
    if asked.negative == (EVERY_OTHER,):
        return None
    if positive in asked.negative:
        raise ConfigError(
            f"the label {positive!r} is said to be positive and negative; leave it out of the negative ones."
        )
    return asked.negative


def settings_of(asked: Asked, label: LabelSettings, run: Run, *, guess: Guess, name: str) -> Settings:
    """The settings that a question stands for; everything else has its default."""
    limits: tuple[str, ...] = ()
    if guess.because and guess.task is not Task.BINARY:
        limits = (f"The task was taken to be {guess.task}, because {guess.because}; --task says otherwise.",)
    return Settings(
        root=Path.cwd(),
        model=name,
        title=Path(name).stem if ":/" not in name else name,
        label=label,
        data=(),
        run=run,
        id=asked.id,
        thresholds_from_models=asked.thresholds_from_models,
        limits=limits,
        discovered=_discovered(asked),
        digest=digest_bytes(repr((run, label)).encode()),
    )


def _discovered(asked: Asked) -> DiscoverySettings | None:
    """How undeclared slices are searched for; asked for in so many words, whatever time it takes."""
    if asked.discover is None:
        return DiscoverySettings(leave=asked.leave)
    return (
        DiscoverySettings(leave=asked.leave, rows=sys.maxsize, most_columns=sys.maxsize, most_triples=sys.maxsize)
        if asked.discover
        else None
    )


def repeats(table: pa.Table, asked: Asked, *, taken: Collection[str]) -> Observation | None:
    """A warning when a column clearly says which rows belong together, and nobody declared it; None otherwise."""
    if asked.unit:
        return None
    found = likely_unit(table, taken={*taken, *((asked.id,) if asked.id else ())})
    if found is None:
        return None
    return Observation(
        id="data/base_case/units",
        section=Section.DATA,
        title="rows are independent of each other",
        level=Level.ADVISORY,
        reason=(
            f"column {found.column!r} holds {found.values:,} values in {table.num_rows:,} rows, as if rows of one "
            f"value belonged together; if they do, intervals are too narrow: declare it with --unit {found.column}"
        ),
        dataset=gate.BASE_CASE,
        rows=table.num_rows,
    )
