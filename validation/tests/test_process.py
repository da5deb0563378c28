"""A process that keeps its memory, one that works beside its copy, and one that ends at once without losing a word."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlgate.process import keep_memory, leave

#: Makes and frees arrays of 8 MB, and says how many pages that took anew.
PAGES = """
import resource, sys
import numpy as np
from mlgate.process import keep_memory
told = keep_memory()
for _ in range(40):
    np.ones(1_000_000) + np.ones(1_000_000, dtype=np.int8)
print(int(told), resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def pages(**environment: str) -> tuple[int, int]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", PAGES], env=clean | environment, capture_output=True, text=True, check=True, timeout=60
    )
    told, faults = done.stdout.split()
    return int(told), int(faults)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told how it holds memory")
def test_freed_arrays_are_used_again_unless_the_environment_says_otherwise() -> None:
    kept, (left, fetched) = pages(), pages(MALLOC_MMAP_THRESHOLD_="65536")
    assert kept[0] == 1 and left == 0
    assert kept[1] < fetched


@pytest.mark.parametrize("answer", [1, 0])
def test_every_option_is_told_and_a_refusal_is_seen(answer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MALLOC_")]:
        monkeypatch.delenv(name)
    told: list[int] = []

    class Library:
        def mallopt(self, option: int, value: int) -> int:
            told.append(option)
            return answer

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    assert keep_memory() == bool(answer)
    assert sorted(told) == [-8, -3, -1]  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def test_a_system_without_glibc_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_memory()


def test_leaving_hands_on_what_was_said_and_waits_for_nothing() -> None:
    code = "import time\nfrom mlgate.process import leave\nfrom mlgate.threads import meanwhile\n"
    code += "meanwhile(lambda: time.sleep(60))\n"
    code += "print('said', end='')\nleave(3)\nprint('more')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (3, "said", "")


def test_leaving_returns_where_nobody_reads_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        print("said")
        monkeypatch.setattr(os, "_exit", lambda code: pytest.fail("left with what was said"))
        leave(0)
        with pytest.raises(BrokenPipeError):
            closed.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), closed.fileno())  # so that it can be closed


def test_leaving_does_without_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    leave(3)
    assert codes == [3]


#: Does a piece of work in a copy while it does another, and prints which process did what.
COPY = """
import os, signal, subprocess, sys, threading, time
from pathlib import Path
from mlgate import process
folder, how = Path(sys.argv[1]), sys.argv[2]
mine = os.getpid()

def work():
    if how == "breaks off" and os.getpid() != mine:
        os.kill(os.getpid(), 9)
    if how == "is wrong":
        raise ValueError("wrong")
    if how in ("is slow", "is interrupted"):
        time.sleep(60)
    (folder / "work").write_text("here" if os.getpid() == mine else "copy")

if how == "beside a thread":
    threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
if how.startswith("unseen"):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
process.cores = lambda: 1 if how == "on one core" else 2
try:
    with process.copied(work, allowed=how != "not allowed"):
        (folder / "block").write_text("done")
        while how == "unseen and stopped" and not (folder / "work").exists():
            time.sleep(0.01)
        if how in ("is slow", "unseen and stopped"):
            time.sleep(0.3 if how.startswith("unseen") else 0)  # the copy has ended by then
            raise KeyError("stopped")
        if how == "is interrupted":
            threading.Timer(0.2, os.kill, (mine, signal.SIGINT)).start()
except (ValueError, KeyError, KeyboardInterrupt) as problem:
    print(repr(problem))
try:
    os.waitpid(-1, os.WNOHANG)
    print("a copy is left")
except ChildProcessError:
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
@pytest.mark.parametrize(
    ("how", "who", "said"),
    [
        ("goes well", "copy", ""),
        ("breaks off", "here", ""),
        ("on one core", "here", ""),
        ("beside a thread", "here", ""),
        ("not allowed", "here", ""),
        ("unseen", "here", ""),
        ("unseen and stopped", "copy", "KeyError('stopped')"),
        ("is wrong", None, "ValueError('wrong')"),
        ("is slow", None, "KeyError('stopped')"),
        ("is interrupted", None, "KeyboardInterrupt()"),
    ],
)
def test_work_that_a_copy_cannot_do_is_done_here_and_no_copy_is_left(
    how: str, who: str | None, said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COPY, str(tmp_path), how], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, said, "")
    assert (tmp_path / "block").read_text() == "done"
    assert ((tmp_path / "work").read_text() if (tmp_path / "work").exists() else None) == who
