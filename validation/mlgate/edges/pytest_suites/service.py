"""A model served over HTTP by MLflow's scoring server: started, asked, and stopped with all its processes.

Separate from ``edges/models/worker.py`` because here the road that production takes is under test: JSON in, JSON out,
and what the server answers to input that is wrong. The server listens on the loopback address only, under a guard that
ends it when we are gone (``service_guard.py``).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import math
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlgate.edges.pytest_suites.service_guard import GRACE
from mlgate.edges.quiet import quiet_environment
from mlgate.errors import ServiceError
from mlgate.frozen import dataclass

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["Answer", "Service", "payload", "start_service"]

logger = logging.getLogger(__name__)

_ERROR = re.compile(r"[\w.]*(?:Error|Exception)\w*: |bash: ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the server said to one request."""

    status: int
    body: str

    def scores(self) -> NDArray[np.float64]:
        """Probabilities of the positive class, (n,): of two columns the second.

        Raises
        ------
        ServiceError
            The answer is not 200, or holds no numbers under ``predictions``.
        """
        import numpy as np

        if self.status != 200:
            raise ServiceError(f"the service answered {self.status} instead of scores: {self.body[:200]}")
        try:
            numbers = np.asarray(json.loads(self.body)["predictions"], dtype=np.float64)
        except (ValueError, TypeError, KeyError):
            raise ServiceError(f'the service gave no numbers under "predictions": {self.body[:200]}') from None
        return numbers[:, 1] if numbers.ndim == 2 and numbers.shape[1] == 2 else numbers.reshape(len(numbers))


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A running scoring server; ``with`` stops it at the end."""

    #: such as ``http://127.0.0.1:5001``.
    url: str
    #: everything the server wrote.
    log: Path
    #: None when another process started it, and stops it.
    process: subprocess.Popen[bytes] | None
    #: the log as messages name it, since a run's folder moves when it is done; empty: as it is.
    shown: str = ""

    def wait(self, timeout: float) -> None:
        """Block until the server is ready.

        Raises
        ------
        ServiceError
            It ended, or is not ready after ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            if self._ended():
                raise ServiceError(f"the service ended while starting: {_last_line(self.log)}; see {self._told()}.")
            try:
                if _request(f"{self.url}/ping", None, {}, 2.0).status == 200:
                    return
            except OSError:
                logger.debug("%s does not answer yet", self.url)
            if time.monotonic() > deadline:
                raise ServiceError(f"the service is not ready after {timeout:g} seconds; see {self._told()}.")
            time.sleep(0.1)

    def ask(self, content: object, *, timeout: float = 60.0) -> Answer:
        """Send one request to ``/invocations`` and give back the answer, whatever its status.

        Parameters
        ----------
        content
            Bytes are sent as they are; anything else as JSON. ``payload(table)`` makes it from rows.
        timeout
            Seconds to wait.

        Raises
        ------
        ServiceError
            There was no answer at all.
        """
        body = content if isinstance(content, bytes) else json.dumps(content, allow_nan=False).encode()
        try:
            return _request(f"{self.url}/invocations", body, {"Content-Type": "application/json"}, timeout)
        except OSError as problem:
            raise ServiceError(f"{self.url} did not answer ({problem}); see {self._told()}.") from None

    def _told(self) -> str:
        return self.shown or str(self.log)

    def _ended(self) -> bool:
        """Whether it has ended, also when another process started it: the server and its guard lock the log."""
        if self.process is not None:
            return self.process.poll() is not None
        try:
            with self.log.open("rb") as log:
                fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # locked by the living, or nobody can tell here
            return False
        return True

    def stop(self) -> None:
        """End the server and all its processes; stopping twice is harmless."""
        if self.process is None:
            return
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(3 * GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def payload(table: pa.Table) -> dict[str, Any]:
    """The request body for some rows: ``dataframe_split`` with missing values as null, floats to the last bit."""
    columns = [
        [None if isinstance(cell, float) and not math.isfinite(cell) else cell for cell in column.to_pylist()]
        for column in table.columns
    ]
    return {"dataframe_split": {"columns": table.column_names, "data": [list(row) for row in zip(*columns)]}}


def start_service(
    source: str, *, log: Path, tracking_uri: str | None, folder: Path, python: Path | None = None, shown: str = ""
) -> Service:
    """Start ``mlflow models serve`` for a model on a free loopback port, and return at once; ``wait`` for it.

    Parameters
    ----------
    source
        ``models:/name/7``, ``runs:/…`` or a folder.
    log
        File that gets the server's output.
    tracking_uri
        Registry address; None leaves the environment's.
    folder
        Working folder of the server: relative paths in ``source`` and ``tracking_uri`` start there.
    python
        Interpreter of an environment built for the model; None: ours.
    shown
        The log as messages name it; empty: as it is.

    Raises
    ------
    ServiceError
        The log cannot be written.
    """
    port = _free_port()
    serve = ["-m", "mlflow", "models", "serve", "--env-manager", "local", "--host", "127.0.0.1"]
    # MLflow does not serve a folder that it reaches through a link.
    place = str((folder / source).resolve()) if (folder / source).exists() else source
    command = [*_interpreter(python), *serve, "--port", str(port), "--model-uri", place]
    environment = _environment(tracking_uri, python or Path(sys.executable))
    return start_command(command, log=log, port=port, folder=folder, environment=environment, shown=shown)


def _interpreter(python: Path | None) -> list[str]:
    """How a server is started by our Python, or by another, which must not find our packages."""
    if python is None:
        return [sys.executable]
    ours = [name for name in os.environ if name.startswith("PYTHON")]
    return ["env", *(part for name in ours for part in ("-u", name)), str(python)]


def start_command(
    command: Sequence[str], *, log: Path, port: int, folder: Path, environment: Mapping[str, str], shown: str = ""
) -> Service:
    """Start any command that serves on a port, under a guard that ends it when this process ends."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    except OSError as problem:
        raise ServiceError(f"{shown or log}: cannot be written ({problem.strerror}); choose another folder.") from None
    with output:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(output, fcntl.LOCK_EX | fcntl.LOCK_NB)  # theirs too, and gone with the last of them
        process = subprocess.Popen(
            [sys.executable, "-m", "mlgate.edges.pytest_suites.service_guard", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=dict(environment),
        )
    return Service(url=f"http://127.0.0.1:{port}", log=log, process=process, shown=shown)


def _environment(tracking_uri: str | None, python: Path) -> dict[str, str]:
    environment = quiet_environment()
    # MLflow starts `uvicorn` by name: it has to be the one beside its interpreter, and ours must not stand in for it.
    ours = str(Path(sys.executable).parent)
    others = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if place != ours]
    environment["PATH"] = os.pathsep.join([str(python.parent), *others])
    if tracking_uri:
        environment["MLFLOW_TRACKING_URI"] = tracking_uri
    return environment


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _request(url: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Answer:
    """One request without any proxy of the environment: the loopback address is nobody else's business."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data=body, headers=dict(headers)), timeout=timeout) as response:
            return Answer(status=response.status, body=response.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(status=refusal.code, body=refusal.read().decode("utf-8", "replace"))


def _last_line(log: Path) -> str:
    """The last error in a log that is not MLflow's own about the command that it gave; else its last line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line) and not line.startswith("Exception: Command ")]
    return (errors or lines or ["it wrote nothing"])[-1][:300]
