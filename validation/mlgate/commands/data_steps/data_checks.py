"""What is asked of the data themselves, put to the data sets of one mlgate.yaml: shared by ``data`` and ``run``.

Suites are about one data set; the other checks compare: evaluation rows with training rows (leakage), windows with the
training rows (drift, bounds, domain, outliers), features with what may be known (forbidden, stand-ins, availability).
What needs a model (its inputs, its scores, the champion's figure) is asked by ``run`` alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.checks.duplicates import observe_duplicates
from mlgate.checks.features import observe_forbidden
from mlgate.checks.hashed_rows import Rows
from mlgate.checks.leakage import observe_leakage
from mlgate.checks.single_features import observe_single_features
from mlgate.commands.data_steps.window_checks import TRAIN, Tables, no_features, observe_all_windows, reference_of
from mlgate.edges.data_checks.leakage_rows import common_features, leakage_rows
from mlgate.edges.data_checks.single_columns import single_features
from mlgate.edges.expectations.data_suite import Examination, examine
from mlgate.frozen import dataclass
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.evidence import Observation
from mlgate.records.run import OVERALL
from mlgate.records.settings import DataSource, Settings
from mlgate.records.words import Level, Task
from mlgate.stages.disclose import AGGREGATES

__all__ = ["SeenData", "observe_data", "observe_inputs", "observe_telling_features", "write_data_docs"]

#: By task, the metric that measures what a single feature can do; its value for the champion is the yardstick.
_YARDSTICK = {Task.BINARY: "roc_auc", Task.MULTICLASS: "accuracy"}


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenData:
    """What the checks saw, and what Great Expectations' own pages are made of."""

    observations: tuple[Observation, ...] = ()
    examined: tuple[Examination, ...] = ()


def observe_data(
    settings: Settings,
    tables: Tables,
    *,
    only: Collection[str] = (),
    recent: Tables | None = None,
) -> SeenData:
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

    Raises
    ------
    ConfigError, DataError
        A suite or a column is missing, or something that a check needs is not installed.
    """
    wanted = [source for source in settings.data if source.name in tables and (not only or source.name in only)]
    examined = tuple(_suites(settings, tables, wanted))
    seen = [one for suite in examined for one in suite.observations]
    seen += _leakage(settings, tables, wanted)
    seen += _once(observe_all_windows(settings, tables, wanted, recent or {}), seen)
    seen += _features(settings, tables, wanted)
    return SeenData(observations=tuple(seen), examined=examined)


def _once(windows: Sequence[Observation], suites: Sequence[Observation]) -> Iterator[Observation]:
    """What windows show, without new categories of columns whose categories a suite states itself.

    A person wrote them down and weighed them; only a suite that is merely shown is not enough to be silent for.
    """
    stated = {one.id for one in suites if one.level is not Level.ADVISORY or one.crashed}
    for one in windows:
        column = one.id.removeprefix(f"data/{one.dataset}/new_categories/")
        if f"data/{one.dataset}/{column}/values_in_set" not in stated:
            yield one


def write_data_docs(settings: Settings, seen: SeenData, folder: Path) -> tuple[Exhibit, ...]:
    """Great Expectations' own pages about the suites, written into a folder, and the exhibit that names them.

    They count single rows, so that aggregates have none.
    """
    if not seen.examined or settings.disclosure == AGGREGATES:
        return ()
    from mlgate.edges.expectations.data_docs import build_data_docs

    pages = build_data_docs(seen.examined, folder)
    return (Exhibit(name="data_docs", columns=("dataset", "page"), rows=pages),)


def _suites(settings: Settings, tables: Tables, wanted: Sequence[DataSource]) -> Iterator[Examination]:
    for source in (one for one in wanted if one.suite):
        yield examine(
            tables[source.name],
            suite=settings.root / source.suite,
            dataset=source.name,
            level=source.level,
            id_column=settings.id,
            private=settings.private,
            without=source.without,
        )


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
        features = common_features(table if train is None else train, table, taken=no_features(settings))
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


def _features(settings: Settings, tables: Tables, wanted: Sequence[DataSource]) -> list[Observation]:
    """Stand-ins and availability on the training rows (or the base case); personal data in every data set."""
    checks = settings.checks
    seen: list[Observation] = []
    reference = reference_of(tables)
    if checks.features is not None and any(source.name == reference for source in wanted):
        from mlgate.edges.data_checks.availability import observe_availability
        from mlgate.edges.data_checks.proxies import observe_proxies

        table, asked = tables[reference], checks.features
        away = {*no_features(settings), *settings.sensitive, *asked.forbidden}
        features = [name for name in table.column_names if name not in away]
        private = settings.private
        seen += observe_availability(table, dataset=reference, settings=asked, id_column=settings.id, private=private)
        seen += observe_proxies(table, dataset=reference, features=features, settings=asked, private=private)
    if checks.personal_data is not None:
        from mlgate.edges.data_checks.personal_data import observe_personal_data

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
        features=[name for name in table.column_names if name not in {*no_features(settings), *settings.sensitive}],
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
