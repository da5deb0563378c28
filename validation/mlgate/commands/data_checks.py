"""What is asked of the data themselves, put to the data sets of one mlgate.yaml: shared by ``data`` and ``run``.

Suites are about one data set; the other checks compare: evaluation rows with training rows (leakage), windows with the
training rows (drift, bounds, domain, outliers), features with what may be known (forbidden, stand-ins, availability).
What needs a model (its inputs, its scores, the champion's figure) is asked by ``run`` alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from mlgate import gate
from mlgate.checks.duplicates import observe_duplicates
from mlgate.checks.features import observe_forbidden
from mlgate.checks.hashed_rows import Rows
from mlgate.checks.leakage import observe_leakage
from mlgate.checks.single_features import observe_single_features
from mlgate.checks.windows import observe_windows
from mlgate.edges.drift_columns import column_batch
from mlgate.edges.leakage_rows import common_features, leakage_rows
from mlgate.edges.single_columns import single_features
from mlgate.records.columns import ColumnBatch
from mlgate.records.data_settings import BoundsSettings, DriftSettings
from mlgate.records.decision import Finding
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.run import OVERALL
from mlgate.records.settings import DataSource, Settings
from mlgate.records.words import Level, Task

__all__ = ["observe_data", "observe_inputs", "observe_scores", "observe_telling_features"]

Tables = Mapping[str, pa.Table]

TRAIN = "train"
#: By task, the metric that measures what a single feature can do; its value for the champion is the yardstick.
_YARDSTICK = {Task.BINARY: "roc_auc", Task.MULTICLASS: "accuracy"}


def observe_data(
    settings: Settings,
    tables: Tables,
    *,
    only: Collection[str] = (),
    recent: Tables | None = None,
    docs: Path | None = None,
) -> list[Observation]:
    """Everything that can be said before any model is asked.

    Parameters
    ----------
    settings
        Of one mlgate.yaml.
    tables
        Its data sets, by name.
    only
        Data sets of interest; empty: all.
    recent
        Windows of the prediction log, the oldest first; they are compared with the reference like other windows.
    docs
        Folder that Great Expectations' own pages about the suites are written to; None: they are not.

    Raises
    ------
    ConfigError, DataError
        A suite or a column is missing, or something that a check needs is not installed.
    """
    wanted = [source for source in settings.data if source.name in tables and (not only or source.name in only)]
    seen = _suites(settings, tables, wanted, docs)
    seen += _leakage(settings, tables, wanted)
    seen += _windows(settings, tables, wanted, recent or {})
    seen += _features(settings, tables, wanted)
    return seen


def _suites(settings: Settings, tables: Tables, wanted: Sequence[DataSource], docs: Path | None) -> list[Observation]:
    declared = [source for source in wanted if source.suite]
    if not declared:
        return []
    from mlgate.edges.data_suite import examine

    seen: list[Observation] = []
    examined = []
    for source in declared:
        found = examine(
            tables[source.name],
            suite=settings.root / source.suite,
            dataset=source.name,
            level=source.level,
            id_column=settings.id,
            private=settings.private,
            without=source.without,
        )
        seen += found.observations
        examined.append(found)
    if docs is not None:
        from mlgate.edges.data_docs import build_data_docs

        build_data_docs(examined, docs)
    return seen


def _apart(settings: Settings) -> set[str]:
    """Columns that are no features."""
    features = settings.checks.features
    stamps = () if features is None else (features.predicted_at, *(stamp for _, stamp in features.stamps))
    named = (settings.label.column, settings.id, settings.time, *settings.run.columns(), *stamps)
    return {name for name in named if name}


def _labelled(settings: Settings, source: DataSource) -> bool:
    return settings.label.column not in source.without


def _leakage(settings: Settings, tables: Tables, wanted: Sequence[DataSource]) -> list[Observation]:
    """Rows that repeat within the training and evaluation sets, and that the two share."""
    asked = settings.checks.leakage
    if asked is None:
        return []
    seen: list[Observation] = []
    for source in (one for one in wanted if _labelled(settings, one)):
        table, train = tables[source.name], tables.get(TRAIN)
        features = common_features(table if train is None else train, table, taken=_apart(settings))
        here = _hashed(settings, table, source.name, features)
        # Whoever trains may well repeat rows on purpose; who judges counts each once.
        level = Level.ADVISORY if source.name == TRAIN else asked.level
        seen += observe_duplicates(here, dataclasses.replace(asked, level=level))
        if train is not None and source.name != TRAIN:
            seen += observe_leakage(_hashed(settings, train, TRAIN, features), here, asked)
    return seen


def _hashed(settings: Settings, table: pa.Table, dataset: str, features: Sequence[str]) -> Rows:
    return leakage_rows(
        table,
        dataset=dataset,
        features=features,
        label=settings.label.column,
        key=(settings.id,) if settings.id else (),
        unit=settings.run.unit or None,
        time=settings.time or None,
        id_column=settings.id,
        private=settings.private,
    )


def _reference(tables: Tables) -> str:
    """What windows are compared with: the training rows, or the base case where there are none."""
    return TRAIN if TRAIN in tables else gate.BASE_CASE


def _windows(settings: Settings, tables: Tables, wanted: Sequence[DataSource], recent: Tables) -> list[Observation]:
    """Every data set beside the reference: drift and bounds column by column, and both sides as a whole."""
    against, checks = _reference(tables), settings.checks
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
    apart = tuple(sorted(_apart(settings)))
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
        from mlgate.edges.domain_classifier import observe_domain

        asked = dataclasses.replace(checks.domain, ignore=(*checks.domain.ignore, *apart))
        for source in windows:
            window = tables[source.name]
            seen.append(observe_domain(reference, window, name=source.name, settings=asked, against=against))
    if checks.outliers is not None:
        from mlgate.edges.outliers import observe_outliers

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


def _features(settings: Settings, tables: Tables, wanted: Sequence[DataSource]) -> list[Observation]:
    """Stand-ins and availability on the training rows (or the base case); personal data in every data set."""
    checks = settings.checks
    seen: list[Observation] = []
    reference = _reference(tables)
    if checks.features is not None and any(source.name == reference for source in wanted):
        from mlgate.edges.availability import observe_availability
        from mlgate.edges.proxies import observe_proxies

        table, asked = tables[reference], checks.features
        away = {*_apart(settings), *settings.sensitive, *asked.forbidden}
        features = [name for name in table.column_names if name not in away]
        private = settings.private
        seen += observe_availability(table, dataset=reference, settings=asked, id_column=settings.id, private=private)
        seen += observe_proxies(table, dataset=reference, features=features, settings=asked, private=private)
    if checks.personal_data is not None:
        from mlgate.edges.personal_data import observe_personal_data

        for source in wanted:
            seen += observe_personal_data(
                tables[source.name], dataset=source.name, settings=checks.personal_data, private=settings.private
            )
    return seen


def observe_inputs(settings: Settings, inputs: Collection[str] | None, model: str) -> tuple[Observation, ...]:
    """Whether a model reads what it must not.

    Parameters
    ----------
    settings
        Say what is forbidden.
    inputs
        Columns that the model's signature names; None: it has none, so nothing can be said.
    model
        How it was named.
    """
    asked = settings.checks.features
    if asked is None or inputs is None:
        return ()
    return observe_forbidden(inputs, model, gate.BASE_CASE, asked)


def observe_telling_features(
    settings: Settings, table: pa.Table, findings: Sequence[Finding] = ()
) -> tuple[Observation, ...]:
    """Features of the base case that alone predict the label too well, beside what the champion can do.

    Parameters
    ----------
    settings
        Of one mlgate.yaml.
    table
        The base case.
    findings
        Of the run, for the champion's figure; without it the bound alone counts.
    """
    asked = settings.checks.leakage
    if asked is None:
        return ()
    features, label = single_features(
        table,
        dataset=gate.BASE_CASE,
        features=[name for name in table.column_names if name not in {*_apart(settings), *settings.sensitive}],
        label=settings.label.column,
        task=settings.run.task,
        positive=settings.label.positive,
        identifiers=(settings.id,) if settings.id else (),
    )
    return observe_single_features(features, label, gate.BASE_CASE, asked, _champion(settings, findings))


def _champion(settings: Settings, findings: Sequence[Finding]) -> float | None:
    metric = _YARDSTICK.get(settings.run.task)
    about = (gate.BASE_CASE, OVERALL, metric)
    return next(
        (
            one.champion.value
            for one in findings
            if (one.dataset, one.slice, one.metric) == about and one.than == "champion" and one.champion is not None
        ),
        None,
    )


def observe_scores(settings: Settings, batches: Mapping[str, Sequence[Batch]]) -> tuple[Observation, ...]:
    """Drift of both models' scores from the base case to every window."""
    asked = settings.checks.drift
    if asked is None or settings.run.task is Task.MULTICLASS or len(batches) < 2:
        return ()
    base = _scores(batches[gate.BASE_CASE])
    windows = [(name, [_scores(rows)]) for name, rows in batches.items() if name != gate.BASE_CASE]
    scores = dataclasses.replace(asked, label=None, ignore=(), predictions=tuple(base.columns))
    return observe_windows([base], windows, drift=scores, against=gate.BASE_CASE)


def _scores(batches: Sequence[Batch]) -> ColumnBatch:
    columns = {}
    for role in ("champion", "challenger"):
        parts = [getattr(batch, role) for batch in batches]
        if parts and parts[0] is not None:
            columns[f"score of the {role}"] = np.concatenate(parts)
    return ColumnBatch(rows=sum(len(batch.labels) for batch in batches), columns=columns)
