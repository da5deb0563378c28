"""The fork server: one import for all model processes, and none of them left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlgate.edges.child import Child, ChildDied
from mlgate.edges.models import fork_server
from mlgate.edges.models.fork_server import VARIABLE, fork, prepare


def test_asking_twice_gives_one_server() -> None:
    assert prepare() == prepare()
    assert Path(prepare()).is_socket()


def test_processes_that_we_start_find_the_same_server() -> None:
    address = prepare()
    code = "from mlgate.edges.models import fork_server as one; print(one.prepare(), len(one._ours))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.split() == [address, "0"]


def test_an_address_where_nothing_is_any_more_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "_ours", [])
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone"))
    assert prepare() == os.environ[VARIABLE] != str(tmp_path / "gone")
    [server] = fork_server._ours
    server.end()


def test_a_forked_process_has_its_own_environment_and_folder_and_tells_how_it_ends(tmp_path: Path) -> None:
    child = Child(fork(folder=tmp_path, environment={**os.environ, "MLGATE_ALLOW_PICKLE": "0"}))
    try:
        # An order that is no JSON object: the process answers and ends itself, and both come back to us.
        assert child.exchange(b"[]", seconds=120).startswith(b"P")
        with pytest.raises(ChildDied, match="ended itself with exit code 1"):
            child.exchange(b"", seconds=60)
    finally:
        child.stop(grace=0.0)


def test_a_server_that_has_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(fork_server, "_ours", [])
    first = prepare()
    monkeypatch.setenv(VARIABLE, first)
    fork_server._ours[0]._popen.kill()
    fork_server._ours[0]._popen.wait()
    assert prepare() != first
    assert not Path(first).exists()
    [server] = fork_server._ours
    server.end()


def test_a_server_that_is_no_longer_there_costs_time_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server, "prepare", lambda: str(tmp_path / "nobody"))
    child = Child(fork(folder=tmp_path, environment=os.environ))
    try:
        assert child.exchange(b"[]", seconds=120).startswith(b"P")
    finally:
        child.stop()


def test_elsewhere_than_on_linux_every_model_gets_a_new_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlgate.edges.models.fork_server.sys.platform", "darwin")
    start = fork(folder=tmp_path, environment=os.environ)
    monkeypatch.undo()
    child = Child(start)
    try:
        assert child.exchange(b"[]", seconds=120).startswith(b"P")
    finally:
        child.stop()


def test_the_server_ends_with_the_process_that_started_it() -> None:
    code = (
        "import os\nfrom mlgate.edges.models import fork_server\nfork_server.prepare()\n"
        "print(fork_server._ours[0]._popen.pid, fork_server._ours[0].address, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=60, check=False)
    number, address = ended.stdout.decode().split()
    status = Path(f"/proc/{number}/stat")
    for _ in range(600):
        if not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            assert not Path(address).parent.exists()
            return
        time.sleep(0.1)
    pytest.fail("the server outlived its parent by a minute")
