"""Threads: results in the order of the parts, whatever the number of cores, and exceptions that come through."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from mlgate import threads
from mlgate.threads import FEW_ROWS, in_threads, leave, meanwhile, unfinished


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_results_come_in_the_order_of_the_parts(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(threads, "cores", lambda: cores)
    assert in_threads(lambda number: number * number, range(50)) == [number * number for number in range(50)]


@pytest.mark.parametrize("cores", [1, 2])
def test_an_exception_of_a_part_is_raised(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(threads, "cores", lambda: cores)
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda number: 1 // number, [2, 1, 0])


def test_no_parts_give_no_results() -> None:
    assert in_threads(abs, []) == []


def test_there_is_at_least_one_core() -> None:
    assert threads.cores() >= 1


def test_few_rows_are_worked_on_in_this_thread_alone() -> None:
    assert in_threads(lambda _: threading.get_ident(), range(4), rows=FEW_ROWS - 1) == [threading.get_ident()] * 4


def test_what_was_begun_meanwhile_raises_where_its_result_is_asked_for() -> None:
    result = meanwhile(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        result()


def test_what_was_begun_is_unfinished_until_it_is_done() -> None:
    go = threading.Event()
    result = meanwhile(go.wait)
    assert unfinished()
    go.set()
    assert result()
    while unfinished():  # told by the other thread, just after the result
        pass


def test_leaving_hands_on_what_was_said_and_waits_for_nothing() -> None:
    code = "import time\nfrom mlgate.threads import leave, meanwhile\nmeanwhile(lambda: time.sleep(60))\n"
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
