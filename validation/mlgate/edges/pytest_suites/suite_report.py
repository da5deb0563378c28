"""What the gate and a suite's pytest process tell each other: ``run.json`` goes in, ``suite-<name>.json`` comes back.

Separate from ``suites.py`` because the pytest plugin needs only this. Both files lie in the folder of the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from mlgate.edges.models.model_answers import Expected
from mlgate.edges.rows.files import write_atomically
from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.codec import decode, dumps
from mlgate.records.data_settings import SourceSettings
from mlgate.records.decision import Finding
from mlgate.records.words import Level

__all__ = [
    "OUTCOMES",
    "Case",
    "Problem",
    "SuiteReport",
    "SuiteRun",
    "read_findings",
    "read_report",
    "read_run",
    "report_path",
    "write_report",
]

#: ``failed``: an assertion did not hold; ``error``: the test itself broke down; ``no_champion``: it needs one and there
#: is none; ``skipped``: everything else that kept it from running to its end (skip, xfail, deselection, interruption).
OUTCOMES = ("passed", "failed", "error", "skipped", "no_champion")


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteRun:
    """``run.json``: what a suite has to know about the run that it belongs to."""

    #: folder of mlgate.yaml, absolute.
    root: str
    config: str
    challenger: str
    champion: str | None
    tracking_uri: str
    base_case: str
    label: str
    id: str | None
    sensitive: tuple[str, ...]
    #: seconds that a model or the service may take.
    timeout: float
    #: path of every data set that is a file, by its name.
    data: Mapping[str, str] = field(default_factory=dict)
    #: where the rows of every data set come from.
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    #: address of the challenger's scoring server, when the run has one already; else suites start their own.
    service: str = ""
    #: task and classes of the models.
    expected: Expected = field(default_factory=Expected)
    #: columns that a model sees only when it asks for them.
    spare: tuple[str, ...] = ()
    #: columns whose values are never told.
    private: tuple[str, ...] = ()
    #: suite file of every data set that has one, by its name.
    expectations: Mapping[str, str] = field(default_factory=dict)
    #: bytes that a model may hold in memory; 0: the machine's share for one model.
    memory: int = 0
    #: whether models run in environments built from their own requirements.
    build: bool = False
    #: where the folder of the run will be when it is done, for messages; empty: where it is.
    place: str = ""
    #: why the challenger cannot be loaded, so that nothing waits for it or its service; empty: it can, or nobody knows.
    broken: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One test and what became of it."""

    #: pytest's node id.
    id: str
    title: str
    level: Level
    #: one of ``OUTCOMES``.
    outcome: str
    reason: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something other than a test that broke down: a module that cannot be imported, pytest itself."""

    where: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteReport:
    """``suite-<name>.json``: all tests of one folder."""

    exit_code: int
    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]


def report_path(run_dir: Path, name: str) -> Path:
    """Where the report of the suite of that name lies."""
    return run_dir / f"suite-{name}.json"


def write_report(path: Path, report: SuiteReport) -> None:
    """Write a report, whole or not at all."""
    write_atomically(path, dumps(report))


def read_report(path: Path) -> SuiteReport:
    """The report in a file.

    Raises
    ------
    DataError
        It is missing or is not a report.
    """
    return decode(SuiteReport, _read_json(path), where=path.name)


def read_run(run_dir: Path) -> SuiteRun:
    """``run.json`` of a run; keys that suites do not need are passed over.

    Raises
    ------
    DataError
        It is missing, or a key is missing.
    """
    path = run_dir / "run.json"
    content = _read_json(path)
    try:
        return SuiteRun(
            root=content["root"],
            config=content["config"],
            challenger=content["challenger"],
            champion=content["champion"],
            tracking_uri=content["tracking_uri"],
            base_case=content["base_case"],
            label=content["label"],
            id=content["id"],
            sensitive=tuple(content["sensitive"]),
            timeout=float(content["timeout"]),
            data=content.get("data", {}),
            service=content.get("service", ""),
            expected=decode(Expected, content.get("expected", {}), where=str(path)),
            sources={
                name: decode(SourceSettings, one, where=str(path)) for name, one in content.get("sources", {}).items()
            },
            spare=tuple(content.get("spare", ())),
            private=tuple(content.get("private", ())),
            expectations=content.get("expectations", {}),
            memory=int(content.get("memory", 0)),
            build=bool(content.get("build", False)),
            place=content.get("place", ""),
            broken=content.get("broken", ""),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise DataError(f"{path}: is not the description of a run ({problem}); make one with: mlgate run") from None


def read_findings(run_dir: Path) -> tuple[Finding, ...]:
    """The findings that were made before the suites, in their order.

    Raises
    ------
    DataError
        They are missing or cannot be read.
    """
    path = run_dir / "findings.json"
    return decode(tuple[Finding, ...], _read_json(path), where=path.name)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise DataError(f"{path}: there is no such file; make a run first with: mlgate run") from None
    except ValueError as problem:
        raise DataError(f"{path}: is not valid JSON ({problem}); make the run anew with: mlgate run") from None
