"""``mlgate check`` of two models on a data file: the half of ``check`` that needs model processes."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.check_steps.asking import Asked, asked_of
from mlgate.commands.check_steps.checking import label_settings, repeats, settings_of, write_check
from mlgate.commands.check_steps.run_asked_for import run_of
from mlgate.commands.common.discovering import discovered, ensure_searchable, with_discovered
from mlgate.commands.common.output import progress
from mlgate.commands.common.writing import now
from mlgate.commands.model_steps.behaviour import behaviour_of
from mlgate.commands.model_steps.models import as_asked, ask, ensure_there, models_facts, opened
from mlgate.commands.model_steps.oddities import trials
from mlgate.commands.model_steps.weighing_models import weigh_models
from mlgate.config.defaults import default_oddity
from mlgate.edges.batches.scoring import classes_of, labels_of
from mlgate.edges.batches.tasks import Guess, guess_task
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.registry_address import DEFAULT_ADDRESS, VARIABLE, resolve_address
from mlgate.edges.rows.files import data_digest, read_table, row_identity
from mlgate.errors import ConfigError
from mlgate.oddities import ODDITIES
from mlgate.records.decision import DataFacts
from mlgate.records.settings import OdditySettings, Settings
from mlgate.records.words import Task
from mlgate.sentences import plural

__all__ = ["check_models", "settings_for_models"]


def check_models(options: argparse.Namespace) -> int:
    """Score a data file with both models and compare them, oddities included."""
    started = now()
    if not options.model or not options.data:
        raise ConfigError("check needs a model and --data FILE, or --predictions FILE with the columns of both models.")
    if options.challenger or options.champion_predictions:
        raise ConfigError(
            "--challenger and --champion-predictions go with --predictions; the challenger here is the model itself."
        )
    prepare()  # the models' libraries are imported beside our own work
    tracking = _registry_of(options)
    ensure_there(options.model, tracking)
    if options.champion:
        ensure_there(options.champion, tracking, role="champion")
    asked, path = asked_of(options), Path(options.data)
    table = read_table(path)
    settings = settings_for_models(asked, table, str(path), name=options.model, champion=bool(options.champion))
    settings = as_asked(settings, options)
    ensure_searchable(settings, table)
    labels = labels_of(table, settings.label, str(path), settings.run)
    progress(options, "starting the models")
    with opened(settings, challenger=options.model, champion=options.champion, tracking_uri=tracking) as models:
        facts = models_facts(models)
        progress(options, f"scoring {plural(table.num_rows, 'row')}")
        settings, rows = ask(settings, models, {gate.BASE_CASE: (table, str(path))})
        repeated = repeats(table, asked, taken={asked.label, asked.weight, *settings.run.columns()})
        acted = behaviour_of(settings, models, table, rows[gate.BASE_CASE], tracking_uri=tracking)
        weighed = weigh_models(options, settings, models, {gate.BASE_CASE: table}, rows, tracking)
        outcome = gate.run(
            settings.run,
            batches=rows[gate.BASE_CASE],
            trials=trials(settings, models, table, rows[gate.BASE_CASE]),
            observations=[*([] if repeated is None else [repeated]), *acted.observations, *weighed.observations],
        )
    data = DataFacts(
        name=gate.BASE_CASE,
        source=str(path),
        digest=data_digest(row_identity(table, options.id)),
        rows=table.num_rows,
        positives=int(labels.sum()) if settings.run.task is Task.BINARY else None,
    )
    outcome = with_discovered(outcome, lambda: discovered(settings, table, rows[gate.BASE_CASE]))
    outcome = dataclasses.replace(outcome, exhibits=(*outcome.exhibits, *acted.exhibits, *weighed.exhibits))
    return write_check(options, settings, outcome, facts, data, started)


def _registry_of(options: argparse.Namespace) -> str | None:
    """Address of the registry that the models come from; None when it is not named and none is needed."""
    given = os.environ.get(VARIABLE, "").strip()
    needed = any(":/" in (name or "") for name in (options.model, options.champion))
    return resolve_address(given or DEFAULT_ADDRESS, Path.cwd()) if given or needed else None


def settings_for_models(asked: Asked, table: pa.Table, source: str, *, name: str, champion: bool) -> Settings:
    """The settings that a question about models on some rows stands for, oddities included.

    Raises
    ------
    ConfigError, DataError
        Something that was asked for is not there, or not legal.
    """
    guess = Guess(task=Task.BINARY, because="")
    if asked.task is not None:
        guess = Guess(task=asked.task, because="")
    elif asked.positive is None and asked.negative is None:
        guess = guess_task(table, asked.label, answers=[], class_scores=False, source=source)
    label = label_settings(table, asked, guess.task, source)
    classes = classes_of(table, label, source) if guess.task is Task.MULTICLASS else ()
    run = run_of(asked, task=guess.task, classes=classes, scores=True, champion=champion)
    return _with_oddities(settings_of(asked, label, run, guess=guess, name=name), table)


def _with_oddities(settings: Settings, table: pa.Table) -> Settings:
    """All oddity sets that the table's types allow; text columns are its categories."""
    texts = tuple(
        field.name
        for field in table.schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_dictionary(field.type)
    )
    return dataclasses.replace(
        settings,
        run=dataclasses.replace(settings.run, oddity=default_oddity(settings.run.task, scores=True)),
        oddities=OdditySettings(names=tuple(oddity.name for oddity in ODDITIES), categories=texts),
    )
