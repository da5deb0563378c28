"""How things are timed: in processes of their own, so that a peak of memory belongs to what was measured."""

from __future__ import annotations

import multiprocessing
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

__all__ = ["Figure", "command_seconds", "peak_megabytes", "show", "stage_seconds"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured number and its goal; smaller is better."""

    what: str
    value: float
    goal: float
    #: ``s`` or ``MB``.
    unit: str = "s"


def show(figure: Figure) -> None:
    """Print one line: what, how much, the goal, and whether it was met."""
    met = "met" if figure.value <= figure.goal else "MISSED"
    line = f"{figure.what:<66} {figure.value:>8.2f} {figure.unit:<2}  goal {figure.goal:>6.1f} {figure.unit:<2}  {met}"
    print(line, flush=True)


def command_seconds(command: Sequence[str], *, times: int) -> float:
    """Least wall-clock seconds of a command over some runs; the command must end with 0, 1 or 3 (a verdict)."""
    return min(_once(command) for _ in range(times))


def _once(command: Sequence[str]) -> float:
    start = time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if finished.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)} ended with {finished.returncode}:\n{finished.stderr}")
    return seconds


def stage_seconds(stage: Callable[[], object], *, times: int) -> float:
    """Least wall-clock seconds of a function over some calls, in this process."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        stage()
        best = min(best, time.perf_counter() - start)
    return best


def peak_megabytes(prepare: Callable[[], Callable[[], object]]) -> float:
    """Peak memory of a stage above what was in use before it, in MB, in a process of its own; Linux only.

    Parameters
    ----------
    prepare
        Builds the data and returns the stage; a module's function, so that the new process can find it.
    """
    # spawn, not fork: a forked child begins with its parent's peak.
    processes = multiprocessing.get_context("spawn")
    receiver, sender = processes.Pipe(duplex=False)
    child = processes.Process(target=_measure, args=(prepare, sender))
    child.start()
    sender.close()
    try:
        megabytes = float(receiver.recv())
    except EOFError:
        raise SystemExit("the process that measures memory died; its reason stands above.") from None
    child.join()
    return megabytes


def _measure(prepare: Callable[[], Callable[[], object]], answer: Connection) -> None:
    stage = prepare()
    # Making the rows took more memory than holding them does: begin with what is in use now.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _peak()
    stage()
    answer.send(_peak() - before)


def _peak() -> float:
    """Largest resident memory of this process since the peak was last forgotten, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024 / 1e6
