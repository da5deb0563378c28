"""``mlgate check``: compare two models, or two columns of predictions, with no configuration file.

mlgate check --predictions scored.parquet --label y --champion old --challenger new --by sex
mlgate check models:/credit/7 --champion models:/credit@champion --data test.parquet --label default
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate import gate
from mlgate.commands.check_models import check_models
from mlgate.commands.checking import label_settings, settings_of, write_check
from mlgate.commands.writing import now
from mlgate.edges.files import data_digest, read_table, row_identity
from mlgate.edges.predictions import Column, predictions_of
from mlgate.edges.scoring import batch_of, labels_of
from mlgate.errors import ConfigError
from mlgate.records.decision import DataFacts, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Check two columns of a predictions file, or two models on a data file."""
    if not options.label:
        raise ConfigError("check needs --label, the column that holds the true label.")
    if options.predictions:
        return _check_predictions(options)
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
