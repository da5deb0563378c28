"""Models and server of one session of tests: all started before any is waited for, and ended together.

Separate from ``pytest_plugin.py``, which knows what the tests of the session use, and from ``suites.py``, which starts
the sessions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mlgate.edges.models import worker
from mlgate.edges.pytest_suites import service
from mlgate.edges.pytest_suites.suite_report import SuiteRun

__all__ = ["started"]


@contextlib.contextmanager
def started(run: SuiteRun, used: Collection[str], *, log: Path) -> Iterator[dict[str, Any]]:
    """Those of ``challenger``, ``champion`` and ``service`` that are used, as far as the run has them, by these names.

    Under ``serve`` there is a function instead of the service where that can only start in the environment built for
    the challenger: it takes the challenger.

    Parameters
    ----------
    run
        Says which models they are.
    used
        Names, of which others do not matter.
    log
        What the server prints, when none was started before.
    """
    wanted = {"challenger", "champion", "service"}.intersection(used)
    hidden = (run.label, *((run.id,) if run.id else ()), *run.sensitive)
    # In an environment of the challenger's own a server can only start when that has been built.
    built = run.build and not run.service and "service" in wanted
    wanted |= {"challenger"} if built else set()
    # One that is known to be broken would only be waited for; its fixtures tell.
    wanted -= {"challenger", "service"} if run.broken else set()
    found: dict[str, Any] = {}
    with contextlib.ExitStack() as ending:
        if built and "challenger" in wanted:
            found["serve"] = lambda model: ending.enter_context(_serve(run, log, model))
        elif "service" in wanted:
            # First, because it takes longest.
            found["service"] = ending.enter_context(_serve(run, log, None))
        for role, source in (("challenger", run.challenger), ("champion", run.champion)):
            if role in wanted and source:
                found[role] = ending.enter_context(
                    worker.open_model(
                        source,
                        role=role,
                        tracking_uri=run.tracking_uri,
                        timeout=run.timeout,
                        drop=hidden,
                        spare=run.spare,
                        memory=run.memory,
                        build=run.build,
                    )
                )
        yield found


def _serve(run: SuiteRun, log: Path, built: worker.Model | None) -> service.Service:
    """The run's own scoring server, started long before the suites, or a new one when it has none (any more).

    Given a model with an environment of its own, the server runs in that.
    """
    # A file of the run as messages name it: where it will be when the run is done.
    shown = f"{run.place}/{log.name}" if run.place else str(log)
    if run.service:
        return service.Service(url=run.service, log=log, process=None, shown=shown)
    source = run.challenger if built is None else str(built.files)
    python = None if built is None else built.python
    return service.start_service(
        source, log=log, tracking_uri=run.tracking_uri, folder=Path(run.root), python=python, shown=shown
    )
