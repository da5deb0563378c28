"""Processes of our own making: time limits, deaths, floods of output, and that nothing outlives its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlgate.edges.child import TAIL, Child, ChildDied, ChildLate, spawn

#: What the process does with each request, in a module without any heavy import.
TOY = """
import os, signal, subprocess, sys, time
from mlgate.edges.child_side import end_with_parent
from mlgate.edges.frames import read_frame, write_frame
requests, answers, lifeline = map(int, sys.argv[1:])
end_with_parent(lifeline)
while (request := read_frame(requests)) is not None:
    word = request[:20]
    if word == b"flood":
        for _ in range(200):
            os.write(1, b"x" * (1 << 20))
        print("the end", flush=True)
    if word == b"segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == b"exit":
        os._exit(7)
    if word == b"mute":
        os.close(answers)
        time.sleep(600)
    if word == b"deaf":
        os.close(requests)
        time.sleep(600)
    if word == b"hang":
        sleeper = subprocess.Popen(["sleep", "600"])
        write_frame(answers, str(sleeper.pid).encode())
        time.sleep(600)
    if word == b"huge":
        os.write(answers, (1 << 40).to_bytes(8, "big"))
    write_frame(answers, request[::-1])
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Child]]:
    (tmp_path / "toy.py").write_text(TOY)
    started: list[Child] = []

    def new() -> Child:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        started.append(Child(spawn("toy", folder=tmp_path, environment=environment)))
        return started[-1]

    yield new
    for child in started:
        child.stop(grace=0.0)


def gone(pid: int) -> bool:
    """Whether a process has ended within five seconds; one that waits to be reaped by another counts as ended."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_a_large_frame_goes_there_and_back_while_the_process_prints_a_flood(start: Callable[[], Child]) -> None:
    child = start()
    content = os.urandom(5_000_000)
    assert child.exchange(content, seconds=30) == content[::-1]
    assert child.exchange(b"flood", seconds=60) == b"doolf"
    child.stop()
    assert child.tail().endswith("the end\n")
    assert len(child.tail()) <= 2 * TAIL


def test_a_process_that_dies_is_told_by_signal_or_exit_code(start: Callable[[], Child]) -> None:
    with pytest.raises(ChildDied, match="was ended by signal SIGSEGV"):
        start().exchange(b"segv", seconds=30)
    with pytest.raises(ChildDied, match="ended itself with exit code 7"):
        start().exchange(b"exit", seconds=30)


def test_a_process_that_closes_its_pipe_is_not_waited_for(
    start: Callable[[], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlgate.edges.child.GRACE", 0.1)
    with pytest.raises(ChildDied, match="closed the pipe"):
        start().exchange(b"mute", seconds=60)


def test_a_process_that_stops_listening_runs_into_the_time_limit(start: Callable[[], Child]) -> None:
    child = start()
    with pytest.raises(ChildLate):
        child.exchange(b"deaf", seconds=1.0)


def test_an_answer_beyond_the_limit_ends_the_process_instead_of_filling_our_memory(start: Callable[[], Child]) -> None:
    with pytest.raises(ChildDied, match="more than was asked for"):
        start().exchange(b"huge", seconds=30, limit=1000)


def test_time_is_up_for_the_whole_group_not_only_for_its_leader(start: Callable[[], Child]) -> None:
    child = start()
    sleeper = int(child.exchange(b"hang", seconds=30))
    with pytest.raises(ChildLate):
        child.exchange(b"", seconds=0.3)
    assert gone(sleeper)


def test_stopping_twice_does_nothing_more(start: Callable[[], Child]) -> None:
    child = start()
    child.stop()
    child.stop()


def test_a_process_ends_when_its_parent_is_killed_even_while_it_hangs(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(TOY)
    parent = (
        "import os\nfrom pathlib import Path\nfrom mlgate.edges.child import Child, spawn\n"
        f"child = Child(spawn('toy', folder=Path({str(tmp_path)!r}), environment=os.environ))\n"
        "print(child.exchange(b'hang', seconds=30).decode(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", parent], env=environment, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == -9
    assert gone(int(ended.stdout))
