"""Reading a configuration as a test needs it: to settings, or to the list of its problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlgate.commands.common.settings import metric_traits
from mlgate.config import parse
from mlgate.edges.own_metrics import PutOff
from mlgate.errors import ConfigError
from mlgate.oddities import ODDITIES
from mlgate.records.settings import Settings

ROOT = Path("/project")

Read = Callable[[str], Settings]
Problems = Callable[[str], list[str]]


def load_own(name: str) -> Callable[..., float]:
    """Functions of a user's repository, which has one module."""
    if not name.startswith("mymetrics."):
        raise ConfigError(f'there is no module "{name.rpartition(".")[0]}"; check {name}.')
    return PutOff(name, ROOT)


@pytest.fixture(scope="session")
def read() -> Read:
    """Settings of a text, with the metrics and oddities that mlgate really has."""

    def read_text(text: str) -> Settings:
        return parse(
            text,
            source="mlgate.yaml",
            root=ROOT,
            look_up=metric_traits,
            load_own=load_own,
            known_oddities=[oddity.name for oddity in ODDITIES],
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
