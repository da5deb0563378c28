"""A Python process of our own making, talked to in frames: started warm, given time limits, ended for certain.

Models and training run in one each, because both are other people's code: they print, hang, crash and exit. What they
print is read all the time and only its end is kept, so that a gigabyte of output neither fills a disk nor blocks. What
they hold in memory is looked at many times a second. Three pipes of its own, none of them standard output, carry
requests, answers and a lifeline by which the process notices that we are gone. A child process contains accidents; it
is not a sandbox against malice.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from mlgate.edges.frames import HEADER, framed
from mlgate.edges.resident import peak, resident
from mlgate.frozen import dataclass

__all__ = [
    "Child",
    "ChildDied",
    "ChildLate",
    "ChildTooBig",
    "Ends",
    "Process",
    "kill_group",
    "spawn",
]

#: How much of what the process printed is kept, in bytes.
TAIL = 64 * 1024
#: Seconds between looks at whether the process still lives, and at how much memory it holds.
BEAT = 0.05
#: Seconds that a process gets to end by itself when it is told to.
GRACE = 3.0


class ChildDied(Exception):
    """The process ended before it answered; the message says how."""


class ChildLate(Exception):
    """The process did not answer in time; it has been ended."""


class ChildTooBig(Exception):
    """The process held more memory than it may; it has been ended.

    Parameters
    ----------
    held
        Bytes, its own children's included.
    """

    def __init__(self, held: int) -> None:
        super().__init__(held)
        self.held = held


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The child's ends of its pipes, as file descriptors; closed on our side once the child has them."""

    requests: int
    answers: int
    #: nothing ever comes through it: it closes when we are gone.
    lifeline: int
    #: what the child prints.
    output: int


class Process(Protocol):
    """A running process, however it was started."""

    def wait(self, seconds: float) -> int | None:
        """Its exit code, negative for a signal, once it has ended; None if it still runs after some seconds."""

    def kill(self) -> None:
        """End it with everything in its group; no harm when it has ended."""

    def number(self) -> int | None:
        """The system's number of it; None while it is still being made."""


class _Spawned:
    """A new interpreter."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen

    def wait(self, seconds: float) -> int | None:
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        kill_group(self._popen.pid)
        self._popen.wait()

    def number(self) -> int | None:
        return self._popen.pid


def kill_group(leader: int) -> None:
    """End a process group, also when its leader is gone: what a model has started must not outlive it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def spawn(
    module: str, *, folder: Path, environment: Mapping[str, str], python: str = sys.executable
) -> Callable[[Ends], Process]:
    """How to start ``python -m module`` in a process group of its own.

    Parameters
    ----------
    module
        Its ``__main__`` part gets three file descriptors as arguments: requests, answers, lifeline.
    folder
        Where it runs. Its import path does not hold that folder.
    environment
        All of its environment variables.
    python
        The interpreter.
    """

    def start(ends: Ends) -> Process:
        descriptors = (ends.requests, ends.answers, ends.lifeline)
        popen = subprocess.Popen(
            [python, "-P", "-m", module, *map(str, descriptors)],
            stdin=subprocess.DEVNULL,
            stdout=ends.output,
            stderr=subprocess.STDOUT,
            pass_fds=descriptors,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
        return _Spawned(popen)

    return start


class Child:
    """One running process of ours and the pipes to it."""

    def __init__(self, start: Callable[[Ends], Process]) -> None:
        """Start it and return at once.

        Parameters
        ----------
        start
            From ``spawn``, or ``mlgate.edges.models.fork_server.fork``.
        """
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        lifeline, self._lifeline = os.pipe()
        self._output, output = os.pipe()
        theirs = Ends(requests=requests, answers=answers, lifeline=lifeline, output=output)
        try:
            self._process = start(theirs)
        finally:
            for descriptor in (requests, answers, lifeline, output):
                os.close(descriptor)
        for descriptor in (self._requests, self._answers):
            os.set_blocking(descriptor, False)
        self._peak = 0
        self._looked = 0.0
        self._printed = bytearray()
        self._reader = threading.Thread(target=self._keep_tail, daemon=True)
        self._reader.start()
        self._end = weakref.finalize(self, _end, self._process, (self._requests, self._answers, self._lifeline))

    def exchange(self, request: bytes, *, seconds: float, limit: int = 1 << 30, memory: int | None = None) -> bytes:
        """Send one frame and return the next one that comes back.

        Parameters
        ----------
        request
            Nothing is sent when empty: then this waits for the greeting of the process.
        seconds
            Time limit of the whole exchange.
        limit
            Longest answer that is taken, in bytes.
        memory
            Bytes that the process and its children may hold in memory; None: as many as they like.

        Raises
        ------
        ChildDied
            The process ended, or closed its end of the pipes, or sent something else than a frame.
        ChildLate
            Time is up. The process is ended with everything that it started.
        ChildTooBig
            It held more memory than it may, and is ended likewise.
        """
        deadline = time.monotonic() + seconds
        outgoing = memoryview(framed(request) if request else b"")
        incoming = bytearray()
        while len(incoming) < HEADER or len(incoming) < HEADER + int.from_bytes(incoming[:HEADER], "big"):
            if time.monotonic() >= deadline:
                self.stop(grace=0.0)
                raise ChildLate
            self._look(memory)
            alive = self._process.wait(0.0) is None
            writable, readable = self._ready(bool(outgoing) and alive, min(BEAT, deadline - time.monotonic()))
            if writable:
                outgoing = self._send(outgoing)
            chunk = os.read(self._answers, 1 << 20) if readable else b""
            incoming += chunk
            # Looked at before reading: an answer written just before the end still counts.
            if (readable and not chunk) or (not alive and not readable):
                raise ChildDied(self._ending())
            if len(incoming) >= HEADER and int.from_bytes(incoming[:HEADER], "big") > limit:
                self.stop(grace=0.0)
                raise ChildDied("answered with more than was asked for")
        return bytes(incoming[HEADER : HEADER + int.from_bytes(incoming[:HEADER], "big")])

    def _look(self, memory: int | None) -> None:
        """See how much memory is held, once in a beat, and end the process when it is too much."""
        now, number = time.monotonic(), self._process.number()
        if number is None or now < self._looked + BEAT:
            return
        self._looked = now
        held = resident(number) or 0
        self._peak = max(self._peak, held, peak(number) or 0)
        if memory is not None and held > memory:
            self.stop(grace=0.0)
            raise ChildTooBig(held)

    @property
    def peak(self) -> int:
        """Most bytes that it and its children have been seen to hold in memory; 0 where the system does not tell."""
        self._looked = 0.0
        self._look(None)
        return self._peak

    def _send(self, outgoing: memoryview) -> memoryview:
        try:
            return outgoing[os.write(self._requests, outgoing) :]
        except BrokenPipeError:
            return memoryview(b"")  # nobody listens any more; the answers will say how it ended

    def _ready(self, write: bool, seconds: float) -> tuple[bool, bool]:
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        if write:
            poll.register(self._requests, select.POLLOUT)
        ready = {descriptor for descriptor, _ in poll.poll(max(0.0, seconds) * 1000)}
        return self._requests in ready, self._answers in ready

    def _ending(self) -> str:
        """How the process ended, for the end of a sentence; it is ended if it only closed the pipe."""
        code = self._process.wait(GRACE)
        if code is None:
            return "closed the pipe on which it should have answered"
        if code < 0:
            names = {number.value: number.name for number in signal.Signals}
            hint = " (often: out of memory)" if -code == signal.SIGKILL else ""
            return f"was ended by signal {names.get(-code, -code)}{hint}"
        return f"ended itself with exit code {code}"

    def tail(self) -> str:
        """The end of what the process has printed so far."""
        return bytes(self._printed).decode(errors="replace")

    def stop(self, *, grace: float = GRACE) -> None:
        """End the process and everything in its group; does nothing when it was stopped before.

        Parameters
        ----------
        grace
            Seconds that it gets to end by itself, after which it is killed.
        """
        if self._end.alive:
            if grace:
                os.close(self._requests)
                self._process.wait(grace)
                self._end.detach()
                _end(self._process, (self._answers, self._lifeline))
            else:
                self._end()
            self._reader.join(1.0)  # what it printed last is on its way

    def _keep_tail(self) -> None:
        while chunk := os.read(self._output, 1 << 20):
            self._printed += chunk
            if len(self._printed) > 2 * TAIL:
                del self._printed[:-TAIL]
        os.close(self._output)


def _end(process: Process, descriptors: tuple[int, ...]) -> None:
    # The lifeline goes first: a process that is still being made has no group to be killed by.
    for descriptor in reversed(descriptors):
        os.close(descriptor)
    process.kill()
