"""Recent production in a run: the windows of the prediction log, both models asked about each, decline and skew.

Separate from ``run.py`` because most teams begin without a log. What is asked: every requirement on the data set
``windows`` is asked of each window; the champion's own course over the windows; whether production and the training
side compute the same features, and the champion still the same scores.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from mlgate import gate
from mlgate.checks.decline import observe_decline
from mlgate.config.defaults import MARGIN, RELATIVE_MARGIN
from mlgate.config.production import WINDOWS
from mlgate.edges.logs.prediction_log import Window, limit_of, read_log, tables_of, windows_of
from mlgate.edges.logs.skew_rows import observe_logged_scores, observe_skew
from mlgate.frozen import dataclass
from mlgate.metrics import find
from mlgate.records.data_settings import ProductionSettings
from mlgate.records.decision import ModelFacts
from mlgate.records.evidence import Evidence, Observation
from mlgate.records.rows import Batch
from mlgate.records.run import Requirement, Run
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Rule, Task
from mlgate.stages.compare import compare
from mlgate.tables import Tally

__all__ = ["Production", "observe_production", "read_production", "skewed_scores"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Production:
    """The windows of a log; none where no log is declared."""

    #: the oldest first.
    windows: tuple[Window, ...] = ()
    #: labelled rows of each window that has some, and where they come from, by name of the data set.
    tables: Mapping[str, tuple[pa.Table, str]] = dataclasses.field(default_factory=dict)

    @property
    def recent(self) -> dict[str, pa.Table]:
        """Rows of each window that has some, by name of the data set."""
        return {f"window {window.name}": window.table for window in self.windows if window.table.num_rows}


def read_production(settings: Settings) -> tuple[Settings, Production]:
    """The windows, and the settings with their requirements asked of each and what the report has to say of them.

    Raises
    ------
    ConfigError, DataError
        The log or its labels cannot be read, or no window holds a row.
    """
    asked = settings.production
    if asked is None:
        return settings, Production()
    log = read_log(asked.log, settings.root)
    windows, notes = windows_of(log, asked.log)
    tables = tables_of(windows, asked.log, label=settings.label.column, source=log.source)
    run = dataclasses.replace(settings.run, requirements=_requirements(settings.run, asked, tuple(tables)))
    told = (limit_of(asked.log), *log.notes, *notes, *(f"Window {one.name}: {one.note}." for one in windows))
    limits = [_sentence(one) for one in told if one]
    settings = dataclasses.replace(settings, run=run, limits=(*settings.limits, *limits))
    return settings, Production(windows=windows, tables=tables)


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:].rstrip(".") + "."


def _requirements(run: Run, asked: ProductionSettings, names: Sequence[str]) -> tuple[Requirement, ...]:
    """Those on ``windows`` once for each window, and what the champion's course needs to be known there."""
    found: list[Requirement] = []
    for one in run.requirements:
        found += [dataclasses.replace(one, dataset=name) for name in names] if one.dataset == WINDOWS else [one]
    there = {(one.metric, one.dataset) for one in found}
    relative = run.task is Task.REGRESSION
    for metric in asked.decline.metrics if asked.decline else ():
        for dataset in (gate.BASE_CASE, *names):
            if (metric, dataset) not in there:
                margin = RELATIVE_MARGIN if relative else MARGIN
                found.append(_shown(metric, dataset, 2 * margin, relative=relative))
    return tuple(found)


def _shown(metric: str, dataset: str, margin: float, *, relative: bool) -> Requirement:
    return Requirement(
        metric=metric, rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=margin, relative=relative, dataset=dataset
    )


def observe_production(
    settings: Settings, production: Production, tables: Mapping[str, pa.Table], tallies: Mapping[str, Tally]
) -> list[Observation]:
    """The champion's course over the windows, and the features of rows that production and training both hold.

    Parameters
    ----------
    settings, production
        From ``read_production``.
    tables
        The data sets of mlgate.yaml.
    tallies
        Of the base case and of every window.
    """
    asked = settings.production
    if asked is None:
        return []
    seen: list[Observation] = []
    if asked.decline is not None and all(tally.paired for tally in tallies.values()):
        metrics = asked.decline.metrics
        directions = {name: find(name, settings.run).greater_is_better for name in metrics}

        def evidence(dataset: str) -> tuple[Evidence, ...]:
            tally = tallies.get(dataset)
            return () if tally is None else compare(settings.run, tally, dataset=dataset, metrics=metrics)

        course = [(window.name, evidence(f"window {window.name}")) for window in production.windows]
        base = evidence(gate.BASE_CASE)
        seen += observe_decline(base, course, settings=asked.decline, greater_is_better=directions)
    return seen + _skew(settings, asked, production, tables)


def _skew(
    settings: Settings, asked: ProductionSettings, production: Production, tables: Mapping[str, pa.Table]
) -> list[Observation]:
    """The newest window beside every declared data set that has some of its rows, by the id of the row."""
    if asked.skew is None or settings.id is None or not production.windows:
        return []
    logged = production.windows[-1].table
    seen: list[Observation] = []
    for name, table in tables.items():
        if settings.id not in table.column_names or not logged.num_rows:
            continue
        apart = {settings.id, asked.log.id, settings.label.column, *settings.run.columns()}
        features = [one for one in table.column_names if one in logged.column_names and one not in apart]
        seen += observe_skew(
            logged,
            table,
            ids=(asked.log.id, settings.id),
            features=features,
            names=(f"window {production.windows[-1].name}", name),
            settings=asked.skew,
            private=settings.private,
        )
    return seen


def skewed_scores(
    settings: Settings, production: Production, rows: Mapping[str, Sequence[Batch]], models: Sequence[ModelFacts]
) -> tuple[Observation, ...]:
    """Whether the champion, asked now, answers what production logged, in the newest window with labels."""
    asked = settings.production
    champion = next((facts for facts in models if facts.role == "champion"), None)
    named = [window for window in production.windows if window.labels]
    if asked is None or asked.skew is None or champion is None or not named or settings.run.task is Task.MULTICLASS:
        return ()
    window, dataset = named[-1], f"window {named[-1].name}"
    parts = [batch.champion for batch in rows.get(dataset, ()) if batch.champion is not None]
    if not parts:
        return ()
    scores = np.concatenate(parts)
    return (
        observe_logged_scores(
            window, scores, log=asked.log, version=champion.version, name=dataset, settings=asked.skew
        ),
    )
