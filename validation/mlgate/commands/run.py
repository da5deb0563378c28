"""``mlgate run``: all stages of mlgate.yaml to the decision; never approves or promotes.

Data checks → train (unless a challenger is named) → start both models → score → gate → suites → decide → write.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.common.disclosing import disclosed
from mlgate.commands.common.discovering import discovered, ensure_searchable, with_discovered
from mlgate.commands.common.output import answer, progress
from mlgate.commands.common.recording import record_decision, uses_of
from mlgate.commands.common.settings import load_settings, with_label_values
from mlgate.commands.common.writing import now, put_together, run_folder, shown, write_run
from mlgate.commands.data_steps.before_training import stopping, write_untrained
from mlgate.commands.data_steps.data_checks import (
    observe_data,
    observe_inputs,
    observe_telling_features,
    write_data_docs,
)
from mlgate.commands.data_steps.production import Production, observe_production, read_production, skewed_scores
from mlgate.commands.data_steps.window_checks import observe_scores
from mlgate.commands.model_steps.behaviour import behaviour_of
from mlgate.commands.model_steps.models import Models, as_asked, ask, ensure_there, models_facts, opened
from mlgate.commands.model_steps.named import (
    base_case_of,
    challenger_of,
    champion_of,
    ensure_champion,
    named_challenger,
    windows_of,
)
from mlgate.commands.model_steps.oddities import trials
from mlgate.commands.model_steps.seeds import with_training_spread
from mlgate.commands.model_steps.team_suites import observe_suites, served
from mlgate.commands.model_steps.weighing_models import weigh_models
from mlgate.edges.batches.scoring import labels_of
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.registry_address import address
from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.edges.rows.sources import open_table
from mlgate.records.decision import DataFacts, Decision, Finding, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.settings import DataSource, Settings
from mlgate.records.words import Task
from mlgate.sentences import plural

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Take a challenger to its decision; see the module."""
    started = now()
    settings = _prepared(options)
    tables = {source.name: open_table(source.rows, settings.root) for source in settings.data}
    settings, production = read_production(with_label_values(settings, tables))
    table = tables[base_case_of(settings).name]
    ensure_searchable(settings, table)
    facts = [_data_facts(settings, source, tables[source.name]) for source in settings.data]
    # A challenger that is named loads beside the data checks; one that is to be trained waits for what they say.
    look = cache(partial(observe_data, settings, tables, recent=production.recent))
    champion = champion_of(options, settings)
    if not named_challenger(options, settings) and stopping(settings, look().observations):
        return write_untrained(options, settings, look(), champion=champion, data=facts, started=started)
    challenger = challenger_of(options, settings)
    settings = with_training_spread(options, settings, table)
    place = Path(options.out) if options.out else settings.root / "reports" / _name(settings, challenger)
    with (
        run_folder(place) as folder,
        disclosed(settings, folder, tables) as hide,
        _opened(options, settings, challenger, champion) as models,
        served(options, settings, models, folder) as service,
    ):
        progress(options, "checking the data")
        seen, pages = [*look().observations], write_data_docs(settings, look(), folder)
        progress(options, f"scoring {plural(table.num_rows, 'row')}")
        known = models_facts(models)
        used = uses_of(settings, rows=_digest_of(facts, gate.BASE_CASE), models=known)
        settings, rows = ask(settings, models, _asked(settings, tables, production))
        seen += _observe_models(settings, models, rows, production)
        acted = behaviour_of(settings, models, table, rows[gate.BASE_CASE], tracking_uri=address(settings))
        weighed = weigh_models(options, settings, models, tables, rows, address(settings))
        answered = rows.pop(gate.BASE_CASE)
        outcome = gate.run(
            settings.run,
            batches=answered,
            windows=rows,
            trials=trials(settings, models, table, answered),
            observations=[*seen, *used.observations, *acted.observations, *weighed.observations],
        )
        shown_too = (*used.exhibits, *acted.exhibits, *weighed.exhibits, *pages)
        outcome = with_discovered(outcome, lambda: discovered(settings, table, answered))
        outcome = dataclasses.replace(outcome, exhibits=(*outcome.exhibits, *shown_too))
        told = observe_production(settings, production, tables, outcome.tallies)
        told += observe_telling_features(settings, table, outcome.findings)
        findings = [*outcome.findings, *gate.judge_observations(told)]
        findings += observe_suites(options, settings, folder, place, models, service, findings)
        decision = _write(
            settings, folder, place, outcome, findings, models=known, data=facts, started=started, hide=hide
        )
    return answer(options, decision, place)


def _prepared(options: argparse.Namespace) -> Settings:
    """The settings; a challenger that is not there is told before anything is read."""
    settings = as_asked(load_settings(options.config, import_own=True), options)
    prepare()  # the models' libraries are imported beside our own work
    named = named_challenger(options, settings)
    if named:
        ensure_there(named, address(settings))
        ensure_champion(options, settings)
    return settings


def _write(
    settings: Settings,
    folder: Path,
    place: Path,
    outcome: gate.Outcome,
    findings: Sequence[Finding],
    *,
    models: Sequence[ModelFacts],
    data: Sequence[DataFacts],
    started: str,
    hide: Callable[[str], str],
) -> Decision:
    """The decision over all findings, written into the folder of the run and put on record."""
    decision, tally = put_together(
        settings,
        name=shown(place),
        command="run",
        outcome=outcome,
        findings=findings,
        models=models,
        data=data,
        started=started,
        hide=hide,
    )
    record_decision(settings, decision, write_run(folder, decision, tally))
    return decision


def _data_facts(settings: Settings, source: DataSource, table: pa.Table) -> DataFacts:
    """Digest and size of a data set; the label's values are checked on the way."""
    binary = settings.run.task is Task.BINARY and settings.label.column not in source.without
    if settings.label.column not in source.without:
        labels = labels_of(table, settings.label, source.shown, settings.run)
    identity = row_identity(table, settings.id)
    return DataFacts(
        name=source.name,
        source=source.shown,
        digest=data_digest(identity),
        rows=table.num_rows,
        positives=int(labels.sum()) if binary else None,
        note=source.note,
    )


def _digest_of(facts: Sequence[DataFacts], name: str) -> str:
    return next(one.digest for one in facts if one.name == name)


def _asked(settings: Settings, tables: Mapping[str, pa.Table], log: Production) -> dict[str, tuple[pa.Table, str]]:
    """Everything that both models are asked about, and where it comes from."""
    asked = {gate.BASE_CASE: base_case_of(settings).shown, **windows_of(settings)}
    return {name: (tables[name], path) for name, path in asked.items()} | dict(log.tables)


def _name(settings: Settings, challenger: str) -> str:
    version = challenger.rpartition("/")[2] if challenger.startswith("models:/") else Path(challenger).name
    return f"{settings.model}-v{version}" if version.isdigit() else f"{settings.model}-{version}"


def _opened(
    options: argparse.Namespace, settings: Settings, challenger: str, champion: str | None
) -> AbstractContextManager[Models]:
    progress(options, f"starting {challenger}" + (f" and {champion}" if champion else ", there is no champion yet"))
    return opened(settings, challenger=challenger, champion=champion, tracking_uri=address(settings))


def _observe_models(
    settings: Settings, models: Models, rows: Mapping[str, Iterable[Batch]], production: Production
) -> tuple[Observation, ...]:
    """What the challenger reads, how both models' scores move over the windows, and whether production logged the same.

    Nothing is said of a challenger that fails.
    """
    answered = {name: batches for name, batches in rows.items() if isinstance(batches, list)}
    if len(answered) < len(rows):
        return ()
    read = observe_inputs(settings, models.challenger.columns, models.challenger_source)
    logged = skewed_scores(settings, production, answered, models_facts(models))
    return (*read, *observe_scores(settings, answered), *logged)
