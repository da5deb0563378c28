"""``mlgate run``: all stages of mlgate.yaml to the decision; never approves or promotes.

Data checks → train (unless a challenger is named) → start both models → score → gate → suites → decide → write.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from pathlib import Path

import pyarrow as pa

from mlgate import gate
from mlgate.commands.before_training import stopping, write_untrained
from mlgate.commands.behaviour import behaviour_of
from mlgate.commands.data_checks import observe_data, observe_inputs, observe_telling_features, write_data_docs
from mlgate.commands.disclosing import disclosed
from mlgate.commands.discovering import with_discovered
from mlgate.commands.models import Models, as_asked, ask, ensure_there, expected, models_facts, opened
from mlgate.commands.oddities import trials
from mlgate.commands.output import answer, progress
from mlgate.commands.production import Production, observe_production, read_production, skewed_scores
from mlgate.commands.recording import record_decision, uses_of
from mlgate.commands.seeds import with_training_spread
from mlgate.commands.settings import load_settings, with_classes
from mlgate.commands.weighing_models import weigh_models
from mlgate.commands.window_checks import observe_scores
from mlgate.commands.writing import now, put_together, run_folder, shown, write_run
from mlgate.edges.batches.scoring import labels_of
from mlgate.edges.models.fork_server import prepare
from mlgate.edges.pytest_suites.service import Service
from mlgate.edges.pytest_suites.suite_report import SuiteRun
from mlgate.edges.registry_address import address, without_secrets
from mlgate.edges.rows.files import data_digest, row_identity, write_atomically
from mlgate.edges.rows.sources import open_table
from mlgate.errors import ConfigError, DataError, ModelError
from mlgate.records.codec import dumps
from mlgate.records.decision import DataFacts, Decision, Finding, ModelFacts
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.settings import DataSource, Settings
from mlgate.records.words import Level, Section, Task

__all__ = ["base_case_of", "champion_of", "main", "windows_of"]


def main(options: argparse.Namespace) -> int:
    """Take a challenger to its decision; see the module."""
    started = now()
    settings = _prepared(options)
    tables = {source.name: open_table(source.rows, settings.root) for source in settings.data}
    settings, production = read_production(with_classes(settings, tables))
    table = tables[base_case_of(settings).name]
    facts = [_data_facts(settings, source, tables[source.name]) for source in settings.data]
    # A challenger that is named loads beside the data checks; one that is to be trained waits for what they say.
    look = cache(partial(observe_data, settings, tables, recent=production.recent))
    champion = champion_of(options, settings)
    if not _named(options, settings) and stopping(settings, look().observations):
        return write_untrained(options, settings, look(), champion=champion, data=facts, started=started)
    challenger = _challenger(options, settings)
    settings = with_training_spread(options, settings, table)
    place = Path(options.out) if options.out else settings.root / "reports" / _name(settings, challenger)
    with (
        run_folder(place) as folder,
        disclosed(settings, folder, tables) as hide,
        _opened(options, settings, challenger, champion) as models,
        _served(options, settings, models, folder) as service,
    ):
        progress(options, "checking the data")
        seen, pages = [*look().observations], write_data_docs(settings, look(), folder)
        progress(options, f"scoring {table.num_rows:,} rows")
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
        outcome = with_discovered(outcome, settings, table, answered)
        outcome = dataclasses.replace(outcome, exhibits=(*outcome.exhibits, *shown_too))
        told = observe_production(settings, production, tables, outcome.tallies)
        told += observe_telling_features(settings, table, outcome.findings)
        findings = [*outcome.findings, *gate.judge_observations(told)]
        findings += _run_suites(options, settings, folder, place, models, service, findings)
        decision = _write(
            settings, folder, place, outcome, findings, models=known, data=facts, started=started, hide=hide
        )
    return answer(options, decision, place)


def _prepared(options: argparse.Namespace) -> Settings:
    """The settings; a challenger that is not there is told before anything is read."""
    settings = as_asked(load_settings(options.config, import_own=True), options)
    prepare()  # the models' libraries are imported beside our own work
    named = _named(options, settings)
    if named:
        ensure_there(named, address(settings))
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


def base_case_of(settings: Settings) -> DataSource:
    """The rows that both models are judged on.

    Raises
    ------
    ConfigError
        There are none.
    """
    base = settings.source(gate.BASE_CASE)
    if base is None:
        raise ConfigError("mlgate.yaml declares no base_case under data; add the rows that both models are judged on.")
    return base


def windows_of(settings: Settings) -> dict[str, str]:
    """Data sets beside the base case on which something is required, and where they are."""
    asked = {one.dataset for one in settings.run.requirements} - {gate.BASE_CASE}
    return {source.name: source.shown for source in settings.data if source.name in asked}


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


def _named(options: argparse.Namespace, settings: Settings) -> str:
    """The challenger that the command line or mlgate.yaml names; empty when one is to be trained."""
    named: str = options.challenger or _from_file(settings, settings.challenger)
    return named


def _from_file(settings: Settings, named: str) -> str:
    """A model as mlgate.yaml names it: the path of a folder starts at the folder of the file, as every path in it."""
    if not named or ":/" in named or settings.root.resolve() == Path.cwd():
        return named
    return str(settings.root / named)


def _challenger(options: argparse.Namespace, settings: Settings) -> str:
    """The model to judge: named on the command line or in mlgate.yaml, else trained now."""
    named = _named(options, settings)
    if named:
        return named
    if settings.train is None:
        raise ConfigError("there is no challenger: name one with --challenger, or declare train: in mlgate.yaml.")
    from mlgate.edges.models.training import train_model

    progress(options, "training the challenger")
    return train_model(settings, {})


def champion_of(options: argparse.Namespace, settings: Settings) -> str | None:
    """The model to compare with, pinned to its version; None while the registry has no champion."""
    named: str = options.champion or _from_file(settings, settings.champion)
    if named != f"models:/{settings.model}@champion":
        return named or None
    from mlgate.edges.mlflow_registry import connect

    version = connect(address(settings), create=False).champion(settings.model)
    return None if version is None else f"models:/{settings.model}/{version}"


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


def _served(
    options: argparse.Namespace, settings: Settings, models: Models, folder: Path
) -> AbstractContextManager[Service | None]:
    """The challenger's scoring server when a suite tests one; it takes long to start, so it starts beside all else."""
    from mlgate.edges.pytest_suites.service import start_service
    from mlgate.edges.pytest_suites.suites import SECTIONS

    if options.no_suites or not any(SECTIONS.get(Path(name).name) is Section.SERVICE for name in settings.suites):
        return nullcontext()
    source, python = models.challenger_source, None
    if settings.build_env:
        try:
            source, python = str(models.challenger.files), models.challenger.python
        except ModelError:
            return nullcontext()  # it becomes a finding as soon as it is asked to score
    log, uri = folder / "service.log", address(settings)
    return start_service(source, log=log, tracking_uri=uri, folder=settings.root, python=python)


def _run_suites(
    options: argparse.Namespace,
    settings: Settings,
    folder: Path,
    place: Path,
    models: Models,
    service: Service | None,
    findings: Sequence[Finding],
) -> tuple[Finding, ...]:
    """Findings of the team's own pytest suites, which see the run's findings so far."""
    if not settings.suites:
        return ()
    if options.no_suites:
        return gate.judge_observations([_left_out(settings)])
    from mlgate.edges.pytest_suites.suites import run_suites

    context = _suite_run(options, settings, place, models, service)
    write_atomically(folder / "run.json", dumps(context))
    write_atomically(folder / "findings.json", dumps(tuple(findings)))
    for name in settings.suites:
        if not (settings.root / name).is_dir():
            raise DataError(f"the suite folder {name} of mlgate.yaml is not there; add it or leave it out of suites.")
    progress(options, f"running the suites {', '.join(settings.suites)}")
    seen = run_suites(folder, [settings.root / name for name in settings.suites], root=settings.root)
    # Both stay, so that a suite can be run again by hand (pytest model_tests --mlgate-run DIR); a password does not.
    finished = dataclasses.replace(
        context, tracking_uri=without_secrets(address(settings)), service="", place="", broken=""
    )
    write_atomically(folder / "run.json", dumps(finished))
    return gate.judge_observations(seen)


def _suite_run(
    options: argparse.Namespace, settings: Settings, place: Path, models: Models, service: Service | None
) -> SuiteRun:
    """What suites are told of this run."""
    base = base_case_of(settings)
    return SuiteRun(
        root=str(settings.root),
        config=options.config,
        challenger=models.challenger_source,
        champion=models.champion_source,
        tracking_uri=address(settings),
        base_case=str(settings.root / base.path) if base.path else "",
        label=settings.label.column,
        id=settings.id,
        sensitive=settings.sensitive,
        timeout=settings.model_timeout,
        data={source.name: str(settings.root / source.path) for source in settings.data if source.path},
        sources={source.name: source.rows for source in settings.data},
        service=service.url if service is not None else "",
        expected=expected(settings),
        spare=settings.run.columns(),
        private=settings.private,
        expectations={source.name: str(settings.root / source.suite) for source in settings.data if source.suite},
        memory=settings.model_memory,
        build=settings.build_env,
        place=shown(place),
        broken=models.challenger.failure,
    )


def _left_out(settings: Settings) -> Observation:
    """A suite that did not run is no pass: the verdict is at best inconclusive."""
    return Observation(
        id="suite/left_out",
        section=Section.SUITE,
        title=f"the suites {', '.join(settings.suites)} pass",
        level=Level.REQUIRED,
        reason="they were left out with --no-suites",
    )
