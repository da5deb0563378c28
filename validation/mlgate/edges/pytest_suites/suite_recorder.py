"""What became of every test of a suite, written for the gate: a pytest plugin that only ``mlgate run`` switches on.

Separate from ``pytest_plugin.py``, which every pytest session of an environment loads, so that it must bring nothing.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from mlgate.edges.pytest_suites.suite_report import Case, Problem, SuiteReport, report_path, write_report
from mlgate.errors import MlgateError
from mlgate.records.words import Level
from mlgate.sentences import NO_CHAMPION

__all__ = ["Recorder"]


class Recorder:
    """Follows one session and writes what became of every test; what has no outcome at the end did not run."""

    def __init__(self, run_dir: Path, suite: str) -> None:
        self._run_dir = run_dir
        self._suite = suite
        self._cases: dict[str, dict[str, Any]] = {}
        self._problems: list[tuple[str, str]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        try:
            level = _level(item)
        except ValueError as problem:
            self._problems.append((item.nodeid, str(problem)))
            level = "required"
        self._cases[item.nodeid] = {
            "title": _title(item),
            "level": level,
            "outcome": "skipped",
            "reason": "did not run",
            "seconds": 0.0,
        }

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        for item in items:
            self._cases[item.nodeid]["reason"] = "was deselected by an option of pytest"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._problems.append((report.nodeid, _tell(report)))
        elif report.skipped:
            # A module that skips itself takes its tests out of sight; the gate must see that they are missing.
            self._cases[report.nodeid] = {
                "title": f"the tests in {Path(report.nodeid).name} run",
                "level": "required",
                "outcome": "skipped",
                "reason": _skip_reason(report),
                "seconds": 0.0,
            }

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        case = self._cases[item.nodeid]
        case["seconds"] += report.duration
        outcome, reason = _outcome(report, call)
        # An error in teardown outweighs what the test itself said; a good setup or teardown says nothing.
        if report.when == "call" or outcome != "passed":
            case["outcome"], case["reason"] = outcome, reason
        return report

    def pytest_internalerror(self, excrepr: object) -> None:
        self._problems.append(("", f"pytest broke down: {str(excrepr).strip().splitlines()[-1]}"))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        cases = tuple(
            Case(
                id=node,
                title=case["title"],
                level=Level(case["level"]),
                outcome=case["outcome"],
                reason=case["reason"],
                seconds=round(case["seconds"], 3),
            )
            for node, case in self._cases.items()
        )
        problems = tuple(Problem(where=where, reason=reason) for where, reason in self._problems)
        report = SuiteReport(exit_code=int(exitstatus), cases=cases, problems=problems)
        write_report(report_path(self._run_dir, self._suite), report)


def _level(item: pytest.Item) -> str:
    marker = item.get_closest_marker("mlgate")
    if marker is None:
        return Level.REQUIRED.value
    level = marker.kwargs.get("level")
    if marker.args or set(marker.kwargs) != {"level"} or level not in [known.value for known in Level]:
        known = ", ".join(f'"{known}"' for known in Level)
        raise ValueError(f"the marker mlgate takes level=… and nothing else, one of {known}")
    return str(level)


def _title(item: pytest.Item) -> str:
    """First line of the test's docstring, or the sentence that its name is, and the parameters."""
    text = (getattr(getattr(item, "obj", None), "__doc__", None) or "").strip()
    words = text.splitlines()[0].rstrip(".") if text else ""
    name, _, parameters = item.name.partition("[")
    words = words or name.removeprefix("test_").replace("_", " ")
    return f"{words} [{parameters}" if parameters else words


def _outcome(report: pytest.TestReport, call: pytest.CallInfo[None]) -> tuple[str, str]:
    """One of the outcomes of ``suite_report.py``, and why."""
    if report.passed:
        return "passed", "passed"
    if report.skipped:
        reason = _skip_reason(report)
        return ("no_champion", NO_CHAMPION) if reason == f"skipped: {NO_CHAMPION}" else ("skipped", reason)
    problem = call.excinfo.value if call.excinfo is not None else None
    # A model or a service that misbehaves is what a test is there to find; any other exception is a test that broke.
    found = isinstance(problem, (AssertionError, pytest.fail.Exception, MlgateError)) or problem is None
    return ("failed" if report.when == "call" and found else "error"), _tell(report)


def _skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"failed as expected: {expected or 'no reason given'}"
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return f"skipped: {text.removeprefix('Skipped: ')}"


def _tell(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The message of a failure in one line, with the place where it happened."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext.strip()
    lines = [line.removeprefix("E").strip() for line in text.splitlines() if line.strip()] or ["no message"]
    line = lines[0] if crash is not None else lines[-1]
    # What these exceptions say is a sentence; of others the kind is part of the message.
    line = re.sub(r"^(AssertionError|Failed|mlgate\.errors\.\w+): ", "", line)
    place = f" ({Path(crash.path).name}:{crash.lineno})" if crash is not None else ""
    return (line if len(line) <= 300 else line[:299] + "…") + place
