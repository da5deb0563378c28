"""The fork server's own process: imports what every model process needs, then forks one whenever it is asked.

``python -m mlgate.edges.models.fork_server_process LISTENER LIFELINE``, two file descriptors. No thread and no model
lives here, so a fork is a clean beginning. Every forked process gets a keeper, a fork that waits for it and reports how
it ended; the two share nothing with others.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from mlgate.edges.frames import read_frame

__all__ = ["LIBRARIES", "main"]

#: What a model process imports before it meets its model; none of these opens a file or starts a thread.
LIBRARIES = (
    "mlgate.edges.models.worker_process",
    "mlflow.pyfunc",
    "mlflow.sklearn",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "sqlalchemy.dialects.sqlite",
    "sklearn.pipeline",
    "skops.io",
)


def main(arguments: list[str]) -> int:
    """Serve until the lifeline closes."""
    listener = socket.socket(fileno=int(arguments[0]))
    lifeline = int(arguments[1])
    for descriptor in (listener.fileno(), lifeline):
        os.set_inheritable(descriptor, False)
    _import_libraries(lifeline)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        ready, _, _ = select.select([listener.fileno(), lifeline], [], [])
        if lifeline in ready:
            _remove(Path(listener.getsockname()))
            return 0
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            os.close(lifeline)
            _end(_keep(connection))
        connection.close()


def _end(code: int) -> NoReturn:
    """End this process at once: taking the libraries down object by object costs every keeper seconds of work."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _remove(address: Path) -> None:
    # Whoever started us may have been killed, and then nobody else clears this away.
    with contextlib.suppress(OSError):
        address.unlink()
        address.parent.rmdir()


def _import_libraries(lifeline: int) -> None:
    for name in LIBRARIES:
        if select.select([lifeline], [], [], 0)[0]:
            return  # nobody needs them any more
        # What is not installed is missed by the models that need it, and they say so.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _keep(connection: socket.socket) -> int:
    """Fork the process that is asked for, tell its number, wait for it, tell how it ended."""
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 5)
    content = read_frame(connection.fileno())
    if content is None or len(descriptors) != 5:
        return 1  # whoever asked is gone
    requests, answers, lifeline, output, status = descriptors
    number = os.fork()
    if number == 0:
        connection.close()
        os.close(status)
        order = json.loads(content)
        _settle(order, output)
        # It ends as an interpreter of its own would, with whatever the user's code has asked to be done at exit.
        sys.exit(importlib.import_module(order["module"]).main([str(one) for one in (requests, answers, lifeline)]))
    for descriptor in (requests, answers, lifeline, output):
        os.close(descriptor)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(number, number)
    with contextlib.suppress(ConnectionError):
        connection.sendall(str(number).encode())
    _, code = os.waitpid(number, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
    return 0


def _settle(order: dict[str, Any], output: int) -> None:
    """Become what a new interpreter would be: group, folder, environment and standard streams of its own."""
    with contextlib.suppress(PermissionError):
        os.setpgid(0, 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])


if __name__ == "__main__":
    _end(main(sys.argv[1:]))
