"""``mlgate check`` of two models on a data file: the half of ``check`` that needs model processes."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.checking import label_settings, settings_of, write_check
from mlgate.commands.models import batches, models_facts, opened, trials
from mlgate.commands.output import progress
from mlgate.commands.writing import now
from mlgate.config.defaults import default_oddity
from mlgate.edges.files import data_digest, read_table, row_identity
from mlgate.edges.fork_server import prepare
from mlgate.edges.registry_address import resolve_address
from mlgate.edges.scoring import labels_of
from mlgate.errors import ConfigError
from mlgate.oddities import ODDITIES
from mlgate.records.decision import DataFacts
from mlgate.records.settings import OdditySettings, Settings

__all__ = ["check_models"]


def check_models(options: argparse.Namespace) -> int:
    """Score a data file with both models and compare them, oddities included."""
    started = now()
    if not options.model or not options.data:
        raise ConfigError("check needs a model and --data FILE, or --predictions FILE with the columns of both models.")
    if options.challenger:
        raise ConfigError("--challenger names a column of --predictions; the challenger here is the model itself.")
    prepare()  # the models' libraries are imported beside our own work
    path = Path(options.data)
    table = read_table(path)
    label = label_settings(table, options.label, options.positive, str(path))
    labels = labels_of(table, label, str(path))
    settings = _with_oddities(settings_of(options, label, scores=True), table)
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    tracking = resolve_address(uri, Path.cwd()) if uri else None
    progress(options, "starting the models")
    with opened(settings, challenger=options.model, champion=options.champion, tracking_uri=tracking) as models:
        facts = models_facts(models)
        progress(options, f"scoring {table.num_rows:,} rows")
        outcome = gate.run(
            settings.run,
            batches=batches(settings, models, table, str(path)),
            trials=trials(settings, models, table, str(path), declared=False),
        )
    data = DataFacts(
        name=gate.BASE_CASE,
        source=str(path),
        digest=data_digest(row_identity(table, options.id)),
        rows=table.num_rows,
        positives=int(labels.sum()),
    )
    return write_check(options, settings, outcome, facts, data, started)


def _with_oddities(settings: Settings, table: pa.Table) -> Settings:
    """All oddity sets that the table's types allow; text columns are its categories."""
    texts = tuple(
        field.name
        for field in table.schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_dictionary(field.type)
    )
    return dataclasses.replace(
        settings,
        run=dataclasses.replace(settings.run, oddity=default_oddity(scores=True)),
        oddities=OdditySettings(names=tuple(oddity.name for oddity in ODDITIES), categories=texts),
    )
