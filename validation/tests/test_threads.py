"""Threads: results in the order of the parts, whatever the number of cores, and exceptions that come through."""

from __future__ import annotations

import threading

import pytest

from mlgate import threads
from mlgate.threads import FEW_ROWS, in_threads, meanwhile, unfinished


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
