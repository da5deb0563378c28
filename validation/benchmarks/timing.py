"""How things are timed: in processes of their own, so that a peak of memory belongs to what was measured."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

__all__ = ["Figure", "Process", "command", "peak_megabytes", "show", "stage_seconds"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured number and its goal."""

    what: str
    value: float
    #: None: shown for information.
    goal: float | None = None
    #: ``s``, ``MB`` or ``×``.
    unit: str = "s"
    #: whether the goal is the least, not the most.
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal was met; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """What a whole process took: the median of some runs."""

    seconds: float
    megabytes: float


def show(figure: Figure) -> None:
    """Print one line: what, how much, the goal, and whether it was met."""
    goal = ""
    if figure.goal is not None:
        sign = "≥" if figure.at_least else "≤"
        goal = f"goal {sign} {figure.goal:g} {figure.unit}  {'met' if figure.met else 'MISSED'}"
    print(f"{figure.what:<72} {figure.value:>8.2f} {figure.unit:<2}  {goal}", flush=True)


def command(arguments: Sequence[str], *, times: int) -> Process:
    """Median of wall-clock seconds and peak memory of a command; it must end with 0, 1 or 3 (a verdict)."""
    runs = [_once(arguments) for _ in range(times)]
    return Process(
        seconds=statistics.median(run.seconds for run in runs),
        megabytes=statistics.median(run.megabytes for run in runs),
    )


def _once(arguments: Sequence[str]) -> Process:
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1, 3):
            errors.seek(0)
            text = errors.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}:\n{text}")
    # Linux counts in KiB.
    return Process(seconds=seconds, megabytes=usage.ru_maxrss * 1024 / 1e6)


def stage_seconds(stage: Callable[[], object], *, times: int) -> float:
    """Median of wall-clock seconds of a function over some calls, in this process."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        stage()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


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
