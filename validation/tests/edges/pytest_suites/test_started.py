"""What is started for a session of tests, and in which order; real models and servers are in ``test_suites.py``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlgate.edges.models import worker
from mlgate.edges.pytest_suites import service
from mlgate.edges.pytest_suites.started import started
from mlgate.edges.pytest_suites.suite_report import SuiteRun


def run(**known: Any) -> SuiteRun:
    plain: dict[str, Any] = {
        "root": "project",
        "config": "mlgate.yaml",
        "challenger": "models:/m/2",
        "champion": "models:/m/1",
        "tracking_uri": "sqlite:///m.db",
        "base_case": "base.csv",
        "label": "denied",
        "id": "row",
        "sensitive": ("sex",),
        "timeout": 60.0,
    }
    return SuiteRun(**{**plain, **known})


class Built:
    """A challenger in an environment of its own."""

    files, python = Path("files"), Path("bin/python")


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is started and ended, in this order."""
    told: list[str] = []

    @contextmanager
    def opened(source: str, **asked: Any) -> Iterator[Any]:
        assert asked["drop"] == ("denied", "row", "sex")
        told.append(f"{asked['role']} {source}")
        yield Built()
        told.append(f"end of {asked['role']}")

    @contextmanager
    def served(source: str, **asked: Any) -> Iterator[str]:
        told.append(f"service {source} {asked['python']} {asked['shown']}")
        yield "served"
        told.append("end of service")

    monkeypatch.setattr(worker, "open_model", opened)
    monkeypatch.setattr(service, "start_service", served)
    return told


def test_only_what_is_used_is_started_the_slowest_first_and_all_is_ended(order: list[str]) -> None:
    with started(run(), {"base_case"}, log=Path("service.log")) as found:
        assert found == {} and order == []
    with started(run(place="reports/x"), {"service", "champion", "x"}, log=Path("tmp/service.log")) as found:
        assert sorted(found) == ["champion", "service"]
        assert order == ["service models:/m/2 None reports/x/service.log", "champion models:/m/1"]
    assert order[2:] == ["end of champion", "end of service"]


def test_a_run_without_a_champion_and_with_a_server_of_its_own_starts_neither(order: list[str]) -> None:
    known = run(champion=None, service="http://127.0.0.1:9")
    with started(known, {"service", "champion"}, log=Path("service.log")) as found:
        assert sorted(found) == ["service"] and found["service"].process is None
    assert order == []


def test_a_challenger_that_is_known_to_be_broken_is_not_started(order: list[str]) -> None:
    with started(run(broken="has half a file"), {"service", "challenger"}, log=Path("service.log")) as found:
        assert found == {}
    assert order == []


def test_a_server_waits_for_the_environment_that_is_built_for_its_model(order: list[str]) -> None:
    with started(run(build=True), {"service"}, log=Path("service.log")) as found:
        assert sorted(found) == ["challenger", "serve"]
        assert found["serve"](found["challenger"]) == "served"
    assert order == [
        "challenger models:/m/2",
        "service files bin/python service.log",
        "end of service",
        "end of challenger",
    ]
