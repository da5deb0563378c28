"""Processes that begin with the heavy libraries already imported: our side of the fork server.

MLflow, scikit-learn and skops cost nine seconds of processor time in every new interpreter, and a run needs four to six
model processes, and one more for each seed that it trains with. So one process imports them once, loads no model, and
forks; every model and every training still gets a process of its own. Processes that we start (pytest suites) find the
same server by an environment variable. Separate from ``child.py`` because that knows pipes and processes only.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from mlgate.edges.child import Ends, Process, kill_group, spawn
from mlgate.edges.frames import write_frame
from mlgate.edges.quiet import quiet_environment

__all__ = ["VARIABLE", "fork", "prepare", "running"]

#: Where the server of this run listens.
VARIABLE = "MLGATE_FORK_SERVER"
#: What runs in the process of a model.
MODULE = "mlgate.edges.models.worker_process"
#: Servers that this process has started; none while it uses another's.
_ours: list[_Server] = []


class _Server:
    """A running fork server, which ends with us."""

    def __init__(self) -> None:
        """Start it; it imports in the background and takes requests meanwhile."""
        folder = tempfile.mkdtemp(prefix="mlgate-")
        self.address = os.path.join(folder, "forks")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self.address)
        listener.listen(64)
        lifeline, ours = os.pipe()
        self._popen = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "mlgate.edges.models.fork_server_process",
                str(listener.fileno()),
                str(lifeline),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(listener.fileno(), lifeline),
            cwd=folder,
            env=quiet_environment(),
            start_new_session=True,
        )
        listener.close()
        os.close(lifeline)
        self.end = weakref.finalize(self, _end, self._popen, ours, Path(folder))

    def runs(self) -> bool:
        """Whether it can still be asked."""
        return self._popen.poll() is None


def _end(popen: subprocess.Popen[bytes], lifeline: int, folder: Path) -> None:
    os.close(lifeline)
    with contextlib.suppress(subprocess.TimeoutExpired):
        popen.wait(3.0)
    kill_group(popen.pid)
    popen.wait()
    shutil.rmtree(folder, ignore_errors=True)  # the server has removed it unless it was killed


def prepare() -> str:
    """Start the server unless there is one, without waiting for it; its address.

    A command that will need models soon calls this first of all, so that the imports run beside its other work. The
    address goes into our environment, by which every process that we start finds the same server.
    """
    for server in _ours[:]:
        if not server.runs():
            server.end()
            _ours.remove(server)
    given = running()
    if given:
        return given
    _ours.append(_Server())
    os.environ[VARIABLE] = _ours[-1].address
    return _ours[-1].address


def running() -> str | None:
    """The address of the server that this process would use, ours or another's; None where there is none yet."""
    given = os.environ.get(VARIABLE)
    return given if given and Path(given).is_socket() else None


def fork(*, folder: Path, environment: Mapping[str, str], module: str = MODULE) -> Callable[[Ends], Process]:
    """How to start ``python -m module``, as ``spawn`` does, but by a fork where that is safe.

    Parameters
    ----------
    folder
        Where it runs. Its import path does not hold that folder.
    environment
        All of its environment variables.
    module
        Of ours; its ``main`` gets three file descriptors as texts: requests, answers, lifeline.
    """
    if sys.platform != "linux":
        # Elsewhere system libraries do not all survive a fork: a new interpreter is slow and certain.
        return spawn(module, folder=folder, environment=environment)

    def start(ends: Ends) -> Process:
        address = prepare()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(address)
        except OSError:
            # The server of somebody else has ended with its run; an interpreter of its own does the same work.
            connection.close()
            return spawn(module, folder=folder, environment=environment)(ends)
        status, theirs = os.pipe()
        descriptors = [ends.requests, ends.answers, ends.lifeline, ends.output, theirs]
        socket.send_fds(connection, [b"+"], descriptors)
        order = {"module": module, "folder": str(folder), "environment": dict(environment)}
        write_frame(connection.fileno(), json.dumps(order).encode())
        os.close(theirs)
        return _Forked(connection, status)

    return start


class _Forked:
    """A grandchild: its number and its exit code come to us through the server's keeper of it."""

    def __init__(self, connection: socket.socket, status: int) -> None:
        self._connection = connection
        self._connection.setblocking(False)
        self._status = status
        self._code: int | None = None
        self._number: int | None = None

    def wait(self, seconds: float) -> int | None:
        if self._code is None:
            poll = select.poll()
            poll.register(self._status, select.POLLIN)
            if poll.poll(seconds * 1000):
                # Nothing to read: the keeper itself was killed, and that happens to whole machines out of memory.
                self._code = int(os.read(self._status, 16) or b"-9")
        return self._code

    def number(self) -> int | None:
        if self._number is None:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                self._number = int(self._connection.recv(16) or b"0") or None
        return self._number

    def kill(self) -> None:
        # A process that is not made yet has no number; it ends as soon as it finds its lifeline closed.
        number = self.number()
        if number is not None:
            kill_group(number)
            self.wait(3.0)
        self._connection.close()
        os.close(self._status)
