"""Reading a configuration as a test needs it: to settings, or to the list of its problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlgate.config import parse
from mlgate.errors import ConfigError
from mlgate.metrics import METRICS
from mlgate.oddities import ODDITIES
from mlgate.records.settings import Settings

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def read() -> Read:
    """Settings of a text, with the metrics and oddities that mlgate really has."""

    def read_text(text: str) -> Settings:
        return parse(
            text,
            source="mlgate.yaml",
            root=Path("/project"),
            known_metrics=[metric.name for metric in METRICS],
            known_oddities=[oddity.name for oddity in ODDITIES],
            undirected_metrics=[metric.name for metric in METRICS if metric.greater_is_better is None],
        )

    return read_text


@pytest.fixture(scope="session")
def problems(read: Read) -> Problems:
    """The lines of the error that a text raises; none when it is accepted."""

    def list_problems(text: str) -> list[str]:
        try:
            read(text)
        except ConfigError as error:
            return str(error).splitlines()
        return []

    return list_problems
