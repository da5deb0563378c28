"""What libraries are told before they are imported."""

from __future__ import annotations

import os

import pytest

from mlgate.edges.quiet import quiet_environment


def test_libraries_in_a_child_send_nothing_and_share_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    monkeypatch.setenv("MKL_NUM_THREADS", "5")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    environment = quiet_environment()
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == environment["DO_NOT_TRACK"] == "true"
    assert environment["MKL_NUM_THREADS"] == "5"
    assert 1 <= int(environment["OMP_NUM_THREADS"]) <= (os.cpu_count() or 1)
    assert quiet_environment(3)["OMP_NUM_THREADS"] == "3"
