"""Windows beside what the models were trained on: drift, bounds, both sides as a whole, and the models' scores.

Separate from ``data_checks.py``, which is about single data sets and what two of them share: here every data set beside
the reference is a window, those of the prediction log too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate import gate
from mlgate.checks.windows import observe_windows
from mlgate.edges.data_checks.drift_columns import column_batch
from mlgate.edges.models.model_answers import as_decisions
from mlgate.records.columns import ColumnBatch
from mlgate.records.data_settings import BoundsSettings, DriftSettings
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch, Coded
from mlgate.records.settings import DataSource, Settings
from mlgate.records.words import Task

__all__ = ["TRAIN", "Tables", "no_features", "observe_all_windows", "observe_scores", "reference_of"]

Tables = Mapping[str, pa.Table]

TRAIN = "train"


def no_features(settings: Settings) -> set[str]:
    """Columns that are no features."""
    features = settings.checks.features
    stamps = () if features is None else (features.predicted_at, *(stamp for _, stamp in features.stamps))
    named = (settings.label.column, settings.id, settings.time, *settings.run.columns(), *stamps)
    return {name for name in named if name}


def reference_of(tables: Tables) -> str:
    """What windows are compared with: the training rows, or the base case where there are none."""
    return TRAIN if TRAIN in tables else gate.BASE_CASE


def observe_all_windows(
    settings: Settings, tables: Tables, wanted: Sequence[DataSource], recent: Tables
) -> list[Observation]:
    """Every data set beside the reference: drift and bounds column by column, and both sides as a whole."""
    against, checks = reference_of(tables), settings.checks
    windows = [source for source in wanted if source.name != against]
    # Production knows neither labels (yet) nor the attributes that no model sees.
    unknown = (settings.label.column, *settings.sensitive)
    windows += [
        DataSource(name=name, without=tuple(one for one in unknown if one not in table.column_names))
        for name, table in recent.items()
    ]
    tables = {**tables, **recent}
    if not windows or against not in tables:
        return []
    apart = tuple(sorted(no_features(settings)))
    seen: list[Observation] = []
    for group in dict.fromkeys(source.without for source in windows):
        # Rows that lack columns on purpose are compared in the others.
        left = [name for name in tables[against].column_names if name not in group]
        named = [source.name for source in windows if source.without == group]
        seen += observe_windows(
            [column_batch(tables[against], names=left)],
            [(name, [column_batch(tables[name], names=left)]) for name in named],
            drift=_drift(settings, apart),
            bounds=_bounds(settings, apart),
            against=against,
        )
    reference = tables[against]
    if checks.domain is not None:
        from mlgate.edges.data_checks.domain_classifier import observe_domain

        asked = dataclasses.replace(checks.domain, ignore=(*checks.domain.ignore, *apart))
        for source in windows:
            window = tables[source.name]
            seen.append(observe_domain(reference, window, name=source.name, settings=asked, against=against))
    if checks.outliers is not None:
        from mlgate.edges.data_checks.outliers import observe_outliers

        seen += observe_outliers(
            reference,
            [(source.name, tables[source.name]) for source in windows],
            settings=dataclasses.replace(checks.outliers, ignore=(*checks.outliers.ignore, *apart)),
            id_column=settings.id,
            private=settings.private,
            against=against,
        )
    return seen


def _drift(settings: Settings, apart: Sequence[str]) -> DriftSettings | None:
    asked, label = settings.checks.drift, settings.label.column
    if asked is None:
        return None
    ignored = tuple(name for name in (*asked.ignore, *apart) if name != label)
    return dataclasses.replace(asked, label=label, ignore=ignored, private=settings.private)


def _bounds(settings: Settings, apart: Sequence[str]) -> BoundsSettings | None:
    asked = settings.checks.bounds
    if asked is None:
        return None
    return dataclasses.replace(asked, ignore=(*asked.ignore, *apart), private=settings.private)


def observe_scores(settings: Settings, batches: Mapping[str, Sequence[Batch]]) -> tuple[Observation, ...]:
    """Drift of both models' answers from the base case to every window.

    Of several classes two things are asked of a model, however many classes there are: which shares of the rows it
    decides on (that is what users meet), and how sure it is, the largest score of a row (that moves when rows become
    strange although the decisions stay). One question per class would ask the same C times, and lose power by it.
    """
    asked = settings.checks.drift
    if asked is None or len(batches) < 2:
        return ()
    answers = _classes if settings.run.task is Task.MULTICLASS else _scores
    base = answers(settings, batches[gate.BASE_CASE])
    windows = [(name, [answers(settings, rows)]) for name, rows in batches.items() if name != gate.BASE_CASE]
    scores = dataclasses.replace(asked, label=None, ignore=(), predictions=tuple(base.columns))
    return observe_windows([base], windows, drift=scores, against=gate.BASE_CASE)


def _scores(settings: Settings, batches: Sequence[Batch]) -> ColumnBatch:
    columns = {f"score of the {role}": answers for role, answers in _answers(batches)}
    return ColumnBatch(rows=sum(len(batch.labels) for batch in batches), columns=columns)


def _classes(settings: Settings, batches: Sequence[Batch]) -> ColumnBatch:
    """The decisions of both models, and their largest scores where they give scores."""
    columns: dict[str, NDArray[np.float64] | Coded] = {}
    for role, answers in _answers(batches):
        codes = as_decisions(answers).astype(np.int32)
        columns[f"decisions of the {role}"] = Coded(codes=codes, values=settings.run.classes)
        if answers.ndim == 2:
            columns[f"largest score of the {role}"] = answers.max(axis=1)
    return ColumnBatch(rows=sum(len(batch.labels) for batch in batches), columns=columns)


def _answers(batches: Sequence[Batch]) -> Iterator[tuple[str, NDArray[Any]]]:
    for role in ("champion", "challenger"):
        parts = [part for batch in batches if (part := getattr(batch, role)) is not None]
        if parts:
            yield role, np.concatenate(parts)
