"""The guard of a scoring server: a process between us and the server, which ends the server's whole group when we end.

``python -m mlgate.edges.pytest_suites.service_guard COMMAND …``. Its standard input closes however the process that
started it ends, so no server outlives the tests, not even after a kill. Separate from ``service.py``, which starts it,
because it is a program of its own that needs none of what asking a server takes.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from io import RawIOBase

__all__ = ["GRACE", "guard"]

logger = logging.getLogger(__name__)

#: Seconds that a server gets to end by itself before it is killed.
GRACE = 5.0


def guard(command: Sequence[str], lifeline: RawIOBase) -> int:
    """Run a command in a process group of its own until it ends or the lifeline closes; returns its exit code."""
    child = subprocess.Popen(list(command), stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while child.poll() is None:
            readable, _, _ = select.select([lifeline], [], [], 0.1)
            if readable and not lifeline.read(1):
                break
    finally:
        _end_group(child)
    return child.wait()


def _end_group(child: subprocess.Popen[bytes]) -> None:
    for sign, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        try:
            os.killpg(child.pid, sign)
            child.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            logger.warning("process %d did not end on signal %d", child.pid, sign)


if __name__ == "__main__":
    # A terminated guard must still end its server, so the signal becomes an exception that passes through `finally`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with open(0, "rb", buffering=0, closefd=False) as standard_input:
        raise SystemExit(guard(sys.argv[1:], standard_input))
