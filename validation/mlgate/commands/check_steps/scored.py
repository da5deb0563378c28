"""Columns of predictions to what the gate is run on: settings, one batch, and what was seen on the way.

Shared by ``check --predictions``, ``power --predictions`` and the calls from Python, which differ in where the table
comes from. A row that the champion did not score is an error, one that the challenger did not is a failed finding; none
is left out silently.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate import gate
from mlgate.commands.check_steps.asking import Asked
from mlgate.commands.check_steps.checking import label_settings, repeats, settings_of
from mlgate.commands.check_steps.run_asked_for import run_of
from mlgate.edges.arrays import from_numbers
from mlgate.edges.arrow_functions import take
from mlgate.edges.batches.columns import by_value
from mlgate.edges.batches.predictions import STAR, Column, as_decisions, class_columns, predictions_of
from mlgate.edges.batches.scoring import batch_of, classes_of, labels_of
from mlgate.edges.batches.tasks import Guess, guess_task
from mlgate.edges.batches.wrong_column import wrong_column
from mlgate.edges.hashing import mix
from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.errors import ConfigError
from mlgate.frozen import dataclass
from mlgate.records.decision import DataFacts, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Section, Task
from mlgate.sentences import plural
from mlgate.threads import in_threads, meanwhile

__all__ = ["Scored", "scored_table", "scored_tables"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scored:
    """All that the gate is run on."""

    settings: Settings
    #: None when the challenger scored no row at all.
    batch: Batch | None
    observations: tuple[Observation, ...]
    data: DataFacts
    models: tuple[ModelFacts, ...]
    #: the rows that both models answered, with every column of the file; their identities; and the columns that are
    #: predictions.
    table: pa.Table
    identity: NDArray[np.uint64]
    predictions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Tables:
    """The same rows as each side has them, and the rows that only the champion's side has."""

    champion: pa.Table
    challenger: pa.Table
    shared: pa.Table
    source: str
    #: what the comparison is called.
    name: str
    lacking: int = 0
    lacking_ids: str = ""
    #: where each row stands in the champion's file; None: where it stands in the table.
    rows: NDArray[np.intp] | None = None
    #: the champion's and the challenger's file, where each has one.
    sources: tuple[str, str] | None = None


def scored_table(asked: Asked, table: pa.Table, source: str) -> Scored:
    """One table with the predictions of both models as columns.

    Raises
    ------
    ConfigError, DataError
        Something that was asked for is not there, or not legal.
    """
    return _scored(
        asked, _Tables(champion=table, challenger=table, shared=table, source=source, name=Path(source).name)
    )


def scored_tables(asked: Asked, champion: pa.Table, challenger: pa.Table, sources: tuple[str, str]) -> Scored:
    """Two tables, one for each model, joined by the id of the row.

    Raises
    ------
    ConfigError, DataError
        There is no id, the two do not hold the same rows, or as for one table.
    """
    from mlgate.edges.batches.joining import join  # most come as one file

    if not asked.id:
        raise ConfigError(
            f"{sources[0]} and {sources[1]} are two files, and position says nothing about which rows belong together; "
            "name the column that identifies a row with --id."
        )
    joined = join(champion, challenger, id_column=asked.id, sources=sources, shared=_columns(asked))
    tables = _Tables(
        champion=joined.champion,
        challenger=joined.challenger,
        shared=joined.shared,
        source=" and ".join(sources),
        name=Path(sources[1]).name,
        lacking=joined.lacking,
        lacking_ids=joined.lacking_ids,
        rows=joined.rows[0],
        sources=sources,
    )
    return _scored(asked, tables)


def _columns(asked: Asked) -> list[str]:
    """What is read besides the predictions."""
    crossed = list(dict.fromkeys(name for columns in (*asked.cross, *asked.sensitive) for name in columns))
    return [name for name in (asked.label, asked.unit, asked.weight, *asked.by, *crossed) if name]


def _scored(asked: Asked, tables: _Tables) -> Scored:
    # Which rows these are is found out in another thread than what they hold.
    named = meanwhile(lambda: row_identity(tables.shared, asked.id))
    guess = _task(asked, tables)
    label = label_settings(tables.shared, asked, guess.task, tables.source)
    classes = _classes(asked, tables, label) if guess.task is Task.MULTICLASS else ()
    challenger, champion = _answers(asked, tables, label, guess.task, classes)
    scores = challenger.scores and (champion is None or champion.scores)
    if guess.task is Task.MULTICLASS and not scores:
        challenger, champion = as_decisions(challenger), None if champion is None else as_decisions(champion)
    run = run_of(asked, task=guess.task, classes=classes, scores=scores, champion=champion is not None)
    settings = settings_of(asked, label, run, guess=guess, name=tables.name)
    taken = {*_columns(asked), *(column.name for column in (champion, challenger) if column is not None)}
    repeated = meanwhile(lambda: repeats(tables.shared, asked, taken=taken))
    labels = labels_of(tables.shared, label, tables.source, run)
    batch = _batch(settings, tables, champion, challenger, labels)
    identity = named()
    if batch is not None and run.own_metrics:
        batch = dataclasses.replace(batch, identity=_answered_rows(identity, challenger))
    sides = {"challenger": challenger, **({} if champion is None else {"champion": champion})}
    digest, *digests = in_threads(lambda side: _digest(side, identity), [None, *sides.values()])
    return Scored(
        settings=settings,
        batch=batch,
        observations=_observations(asked, tables, challenger, run, repeated(), paired=champion is not None),
        data=DataFacts(
            name=gate.BASE_CASE,
            source=tables.source,
            digest=digest,
            rows=tables.shared.num_rows,
            positives=int(labels.sum()) if guess.task is Task.BINARY else None,
        ),
        models=tuple(
            ModelFacts(role=role, source=f"column {column.name}", name=column.name, digest=digest)
            for (role, column), digest in zip(sides.items(), digests, strict=True)
        ),
        table=_answered(tables.champion, challenger),
        identity=_answered_rows(identity, challenger),
        predictions=_predictions(tables.champion, (asked.champion, asked.challenger)),
    )


def _answers(
    asked: Asked, tables: _Tables, label: LabelSettings, task: Task, classes: tuple[str, ...]
) -> tuple[Column, Column | None]:
    """The challenger's predictions and the champion's."""
    champion_source, challenger_source = tables.sources or (tables.source, tables.source)

    def read(table: pa.Table, name: str, role: str, source: str) -> Column:
        return predictions_of(
            table,
            name,
            role=role,
            label=label,
            source=source,
            task=task,
            classes=classes,
            id_column=asked.id or None,
            rows=tables.rows,
        )

    challenger = read(tables.challenger, asked.challenger, "challenger", challenger_source)
    champion = read(tables.champion, asked.champion, "champion", champion_source) if asked.champion else None
    return challenger, champion


def _answered(table: pa.Table, challenger: Column) -> pa.Table:
    return table if challenger.legal.all() else take(table, from_numbers(np.flatnonzero(challenger.legal)))


def _predictions(table: pa.Table, names: Iterable[str]) -> tuple[str, ...]:
    """Columns that hold a model's answers; a name with a star stands for several."""
    patterns = [fnmatch.translate(name.replace("[", "[[]")) for name in names if name]
    return tuple(name for name in table.column_names if any(re.match(pattern, name) for pattern in patterns))


def _task(asked: Asked, tables: _Tables) -> Guess:
    if asked.task is not None:
        return Guess(task=asked.task, because="")
    sides = ((tables.champion, asked.champion), (tables.challenger, asked.challenger))
    if asked.positive is not None or asked.negative is not None:
        return Guess(task=Task.BINARY, because="")
    return guess_task(
        tables.shared,
        asked.label,
        answers=[table.column(name) for table, name in sides if name in table.column_names],
        class_scores=any(STAR in name for _, name in sides),
        source=tables.source,
    )


def _classes(asked: Asked, tables: _Tables, label: LabelSettings) -> tuple[str, ...]:
    """Declared classes, else all that the label holds or the models score: a class may be too rare to occur."""
    found = classes_of(tables.shared, label, tables.source)
    if asked.classes:
        return found
    named = set(found)
    for table, name in ((tables.champion, asked.champion), (tables.challenger, asked.challenger)):
        if STAR in name:
            named |= class_columns(table.column_names, name, found).keys()
    return tuple(by_value(_number_or_text(text) for text in named))


def _number_or_text(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _answered_rows(column: NDArray[Any], challenger: Column) -> NDArray[Any]:
    return column if challenger.legal.all() else column[challenger.legal]


def _batch(
    settings: Settings, tables: _Tables, champion: Column | None, challenger: Column, labels: NDArray[Any]
) -> Batch | None:
    """The rows that both models answered, without their identities."""
    kept = np.flatnonzero(challenger.legal)
    if not len(kept):
        return None
    return batch_of(
        tables.shared if len(kept) == len(labels) else take(tables.shared, from_numbers(kept)),
        run=settings.run,
        label=settings.label,
        source=tables.source,
        champion=None if champion is None else _answered_rows(champion.values, challenger),
        challenger=_answered_rows(challenger.values, challenger),
        labels=_answered_rows(labels, challenger),
    )


def _observations(
    asked: Asked, tables: _Tables, challenger: Column, run: Run, repeated: Observation | None, *, paired: bool
) -> tuple[Observation, ...]:
    bad = np.flatnonzero(~challenger.legal)
    taken = (asked.champion, asked.id or "", *_columns(asked))
    holds = wrong_column(challenger, tables.challenger, task=run.task, classes=run.classes, taken=taken)
    unscored = _unscored(asked, tables, bad, holds, champion=paired) if len(bad) or tables.lacking else None
    return tuple(one for one in (unscored, repeated) if one is not None)


def _unscored(asked: Asked, tables: _Tables, bad: NDArray[np.intp], holds: str, *, champion: bool) -> Observation:
    """The finding that keeps a row without the challenger's answer from vanishing, and what its column holds."""
    from mlgate.edges.batches.joining import first_ids  # most challengers score every row

    clauses = []
    if len(bad):
        if asked.id:
            which = f"{asked.id} {first_ids(tables.shared, asked.id, bad)}"
        else:
            which = "row " + ", ".join(str(row + 1) for row in bad[:5]) + (", …" if len(bad) > 5 else "")
        scored = " that the champion scored" if champion else ""
        clauses.append(
            f"column {asked.challenger!r} holds no legal score in {plural(len(bad), 'row')} ({which}){scored}"
        )
    if holds:
        clauses.append(holds)
    if tables.lacking:
        clauses.append(
            f"{plural(tables.lacking, 'row')} that the champion scored {'is' if tables.lacking == 1 else 'are'} not in "
            f"the challenger's file ({asked.id} {tables.lacking_ids})"
        )
    total = len(bad) + tables.lacking
    return Observation(
        id="compare/base_case/answers",
        section=Section.COMPARE,
        title="the challenger scores every row",
        level=Level.REQUIRED,
        reason="; ".join(clauses),
        dataset=gate.BASE_CASE,
        value=float(total),
        at_most=0.0,
        rows=total,
    )


def _digest(column: Column | None, identity: NDArray[np.uint64]) -> str:
    """A column is known by what it says of which row, in any order of the rows; the data by their rows alone."""
    if column is None:
        return data_digest(identity)
    values = np.asarray(column.values, dtype=np.float64).reshape(len(identity), -1)
    total = identity.copy()
    for place, part in enumerate(values.T):
        hashes = mix(np.ascontiguousarray(part).view(np.uint64) + np.uint64(place))
        hashes ^= identity
        total += hashes
    return data_digest(mix(total))
