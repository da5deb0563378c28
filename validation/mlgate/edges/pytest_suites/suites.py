"""A team's own suites: one pytest process per folder, and what its tests saw as observations.

Separate from ``pytest_plugin.py``, which runs inside those processes. Nothing that a suite does can look like a pass: a
process that dies, hangs, collects nothing or leaves no report is a crash, and a crash blocks.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlgate.edges.pytest_suites.suite_report import Case, SuiteReport, read_report, report_path
from mlgate.edges.quiet import quiet_environment
from mlgate.errors import ConfigError, DataError
from mlgate.frozen import dataclass
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section

__all__ = ["run_suites", "suite_name"]

logger = logging.getLogger(__name__)

#: Where findings of a folder belong; every other folder belongs to ``suite``.
SECTIONS = {"data_tests": Section.DATA, "model_tests": Section.BEHAVIOUR, "api_tests": Section.SERVICE}

#: Seconds that a suite gets to close its models and services when it is told to stop.
GRACE = 15.0

#: pytest's exit codes other than 0 (all passed) and 1 (some failed), in words.
EXIT_CODES = {
    2: "was interrupted",
    3: "broke down inside pytest",
    4: "was called in a way that pytest refused",
    5: "holds no test",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Suite:
    """One folder and its pytest process."""

    name: str
    #: its path below the root, with which node ids begin.
    place: str
    section: Section
    report: Path
    log: Path
    process: subprocess.Popen[bytes]
    #: on the monotonic clock.
    deadline: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ending:
    """How the process of a suite ended."""

    exit_code: int
    #: it was stopped because it took too long.
    late: bool


def run_suites(
    run_dir: Path, folders: Sequence[Path], *, root: Path, timeout: float = 900.0
) -> tuple[Observation, ...]:
    """What the tests in some folders saw, one observation per test, in the order of the folders.

    The folders run side by side, one more at a time than there are processors: a suite mostly waits for its models.

    Parameters
    ----------
    run_dir
        Folder of the run; holds ``run.json`` and ``findings.json`` and gets a report and a log per folder.
    folders
        Folders of tests, absolute or relative to ``root``.
    root
        Folder of mlgate.yaml; tests run in it.
    timeout
        Seconds that the tests of one folder may take.

    Raises
    ------
    ConfigError
        A folder does not exist.
    """
    for folder in folders:
        if not (root / folder).is_dir():
            raise ConfigError(f"suites: there is no folder {folder}; correct mlgate.yaml or make it.")
    waiting = list(folders)
    running: list[_Suite] = []
    seen: dict[str, tuple[Observation, ...]] = {}
    try:
        while waiting or running:
            while waiting and len(running) <= _processors():
                running.append(_start(run_dir, waiting.pop(0), root=root, timeout=timeout))
            for suite in running[:]:
                ending = _look(suite)
                if ending is not None:
                    running.remove(suite)
                    seen[suite.name] = tuple(_observe(suite, ending, timeout))
            time.sleep(0.05)
    finally:
        for suite in running:
            _stop(suite.process)
    return tuple(observation for folder in folders for observation in seen[suite_name(folder, root)])


def suite_name(folder: Path, root: Path) -> str:
    """A folder's name in ids and file names: its path below ``root``.

    >>> suite_name(Path("tests/model_tests"), Path("/repo"))
    'tests-model_tests'
    """
    return "-".join(_below(folder, root).parts)


def _below(folder: Path, root: Path) -> Path:
    absolute = root / folder
    return absolute.relative_to(root) if absolute.is_relative_to(root) else Path(absolute.name)


def _processors() -> int:
    return max(1, os.cpu_count() or 1)


def _start(run_dir: Path, folder: Path, *, root: Path, timeout: float) -> _Suite:
    name = suite_name(folder, root)
    report, log = report_path(run_dir, name), run_dir / f"suite-{name}.log"
    report.unlink(missing_ok=True)
    # Options of the surroundings must not choose which tests decide.
    environment = {key: value for key, value in quiet_environment().items() if key != "PYTEST_ADDOPTS"}
    options = ["-p", "mlgate", "-p", "no:cacheprovider", "--rootdir", str(root), "--tb=short", "--color=no"]
    command = [sys.executable, "-m", "pytest", str(folder), *options]
    command += ["--mlgate-run", str(run_dir.resolve()), "--mlgate-suite", name]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return _Suite(
        name=name,
        place=_below(folder, root).as_posix(),
        section=SECTIONS.get(folder.name, Section.SUITE),
        report=report,
        log=log,
        process=process,
        deadline=time.monotonic() + timeout,
    )


def _look(suite: _Suite) -> _Ending | None:
    """How the suite ended, or None while it runs; one that runs too long is stopped here."""
    code = suite.process.poll()
    if code is not None:
        return _Ending(exit_code=code, late=False)
    if time.monotonic() > suite.deadline:
        return _Ending(exit_code=_stop(suite.process), late=True)
    return None


def _stop(process: subprocess.Popen[bytes]) -> int:
    """End a suite: an interrupt first, so that pytest closes models and services and writes its report."""
    for sign, patience in ((signal.SIGINT, GRACE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):  # its group is gone already, which is what we want
            os.killpg(process.pid, sign)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            logger.warning("a suite did not end on an interrupt and is killed")
    return process.wait()


def _observe(suite: _Suite, ending: _Ending, timeout: float) -> Iterator[Observation]:
    """Observations of one suite: a crash for everything that broke down, then one per test."""
    try:
        report = read_report(suite.report)
    except DataError as missing:
        report = None
        logger.info("no report of the suite %s: %s", suite.name, missing)
    crash = _why_not_trusted(suite, ending, report, timeout)
    if crash:
        yield _crash(suite, "suite", f"the suite {suite.name} runs to its end", f"{crash}; see {suite.log.name}")
    if report is None:
        return
    for problem in report.problems:
        place = problem.where or "pytest"
        yield _crash(suite, _short(suite, place), f"{place} can be used", problem.reason)
    for case in report.cases:
        yield _observation(suite, case)


def _why_not_trusted(suite: _Suite, ending: _Ending, report: SuiteReport | None, timeout: float) -> str:
    """Why the suite as a whole counts as crashed; empty when its report can be taken as it is."""
    if ending.late:
        return f"it was stopped after {timeout:g} seconds"
    if report is None:
        return f"it left no report (exit code {ending.exit_code}): {_last_line(suite.log)}"
    if report.problems:
        return ""
    if ending.exit_code in EXIT_CODES:
        return f"it {EXIT_CODES[ending.exit_code]}"
    if ending.exit_code not in (0, 1):
        return f"pytest ended with exit code {ending.exit_code}"
    if not report.cases:
        return "it holds no test"
    if ending.exit_code == 1 and all(case.outcome not in ("failed", "error") for case in report.cases):
        return "pytest ended with exit code 1 although no test failed"
    return ""


def _observation(suite: _Suite, case: Case) -> Observation:
    value = {"passed": 1.0, "failed": 0.0}.get(case.outcome, math.nan)
    return Observation(
        id=_id(suite, _short(suite, case.id)),
        section=suite.section,
        title=case.title,
        # "No champion" is the one reason for which a required finding that did not pass does not block.
        level=Level.ADVISORY if case.outcome == "no_champion" else case.level,
        reason=case.reason,
        value=value,
        at_least=1.0,
        crashed=case.outcome not in ("passed", "failed", "skipped", "no_champion"),
    )


def _crash(suite: _Suite, place: str, title: str, reason: str) -> Observation:
    return Observation(
        id=_id(suite, place),
        section=suite.section,
        title=title,
        level=Level.REQUIRED,
        reason=reason,
        crashed=True,
    )


def _id(suite: _Suite, place: str) -> str:
    return f"{suite.section}/{suite.name}/{place}"


def _short(suite: _Suite, node: str) -> str:
    """A node id without what every test has: ``model_tests/test_scores.py::test_same`` is ``scores/same``."""
    below = node.removeprefix(f"{suite.place}/")
    return re.sub(r"\.py\b", "", re.sub(r"(^|/)test_", r"\1", below.replace("::", "/"))) or "suite"


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it printed nothing"
