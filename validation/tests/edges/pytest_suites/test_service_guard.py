"""The guard between us and a server: its exit code, and that no command outlives its lifeline.

That it ends when it is terminated, and when whoever started it is killed, is in ``test_service.py``.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading

import pytest

from mlgate.edges.pytest_suites import service_guard
from mlgate.edges.pytest_suites.service_guard import guard


def lifeline() -> tuple[io.FileIO, int]:
    reading, writing = os.pipe()
    return io.FileIO(reading), writing


def test_a_guard_returns_what_its_command_returned() -> None:
    line, writing = lifeline()
    with line:
        assert guard([sys.executable, "-c", "raise SystemExit(7)"], line) == 7
    os.close(writing)


def test_a_guard_kills_a_command_that_ignores_the_polite_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_guard, "GRACE", 0.3)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    line, writing = lifeline()
    # A byte on the lifeline is no reason to end anything; only its end is.
    os.write(writing, b"x")
    threading.Timer(1.5, os.close, [writing]).start()
    with line:
        assert guard([sys.executable, "-c", code], line) == -signal.SIGKILL
