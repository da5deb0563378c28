"""Where the scoring server of a run starts: beside all else, or in the environment built for the challenger."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlgate.commands.model_steps.team_suites import served
from mlgate.errors import ModelError


class Broken:
    """A challenger that cannot be loaded."""

    @property
    def files(self) -> Path:
        raise ModelError("challenger new: has requirements that uv cannot install.", role="challenger")


@pytest.mark.parametrize("build", [False, True])
def test_the_server_runs_where_the_challenger_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: bool
) -> None:
    seen: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        "mlgate.edges.pytest_suites.service.start_service", lambda source, **rest: seen.append((source, rest["python"]))
    )
    settings: Any = SimpleNamespace(suites=("api_tests",), build_env=build, root=tmp_path)
    monkeypatch.setattr("mlgate.commands.model_steps.team_suites.address", lambda settings: "sqlite:///m.db")
    models: Any = SimpleNamespace(
        challenger_source="models:/m/7", challenger=SimpleNamespace(files=Path("files"), python=Path("its/python"))
    )
    served(argparse.Namespace(no_suites=False), settings, models, tmp_path)
    assert seen == [("files", Path("its/python")) if build else ("models:/m/7", None)]
    if build:
        # One that cannot be loaded becomes a finding later; it must not end the run here.
        models.challenger = Broken()
        nothing = served(argparse.Namespace(no_suites=False), settings, models, tmp_path)
        assert isinstance(nothing, nullcontext) and len(seen) == 1
