"""Memory as the system tells it: of a process and all that it has started, and of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlgate.edges import resident as module
from mlgate.edges.resident import default_limit, machine_memory, peak, resident
from mlgate.records.sizes import bytes_of, size_text


def test_what_a_process_and_its_children_hold_is_counted() -> None:
    code = "import sys; held = bytearray(200_000_000); print(1, flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    before = resident(os.getpid())
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline()
        held, own, among = resident(started.pid), peak(started.pid), resident(os.getpid())
        started.communicate()
    if before is None:
        pytest.skip("this system does not tell what a process holds")
    assert held is not None and held > 200_000_000
    assert among is not None and among > before + 190_000_000
    assert own is None or own < 100_000_000


def test_a_process_that_is_gone_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    assert resident(ended.pid) in (0, None)
    assert peak(ended.pid) is None


def test_without_proc_and_psutil_nothing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_PROC", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert resident(os.getpid()) is None and peak(os.getpid()) is None


def test_a_container_has_less_than_its_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = machine_memory()
    assert whole is not None and whole > 100_000_000
    (tmp_path / "max").write_text("1000000\n")
    (tmp_path / "none").write_text("max\n")
    monkeypatch.setattr(module, "_GROUPS", (tmp_path / "max", tmp_path / "none", tmp_path / "absent"))
    assert machine_memory() == 1_000_000
    assert default_limit() == 400_000


@pytest.mark.parametrize("text", ["", "4", "GB", "-1GB", "0kB", "1e30TB", "nanGB", "4 gigabytes", "4b"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert bytes_of(text) is None


def test_sizes_are_read_as_they_are_written() -> None:
    for size in (1e3, 2.5e6, 1e9, 3.21e12):
        assert bytes_of(size_text(size)) == size
    assert size_text(999_900) == "1 MB"
