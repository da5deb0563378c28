"""A team's own suites within a run: the challenger's scoring server, what suites are told, and what they found.

Separate from ``edges/pytest_suites/``, which starts servers and pytest and reads what comes back.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mlgate import gate
from mlgate.commands.common.output import progress
from mlgate.commands.common.writing import shown
from mlgate.commands.model_steps.models import Models, expected
from mlgate.commands.model_steps.named import base_case_of
from mlgate.edges.pytest_suites.service import Service
from mlgate.edges.pytest_suites.suite_report import SuiteRun
from mlgate.edges.registry_address import address, without_secrets
from mlgate.edges.rows.files import write_atomically
from mlgate.errors import DataError, ModelError
from mlgate.records.codec import dumps
from mlgate.records.decision import Finding
from mlgate.records.evidence import Observation
from mlgate.records.settings import Settings
from mlgate.records.words import Level, Section

__all__ = ["observe_suites", "served"]


def served(
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


def observe_suites(
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
