"""A real PostgreSQL of the tests' own: made in a temporary folder, on a free port of this machine, ended at the end.

Needs Debian's package ``postgresql``. Started as the user ``postgres`` when the tests run as root, whom it refuses.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PASSWORD", "Server", "programs", "running"]

#: With signs that mean something in an address.
PASSWORD = "hunter2@/:x"


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where it listens, on 127.0.0.1."""

    port: int


def programs() -> Path | None:
    """Folder of PostgreSQL's programs; None when it is not installed."""
    found = shutil.which("initdb")
    known = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(known) if (folder / "initdb").is_file()), None)


def _user() -> int | None:
    """Whom it runs as; None: ourselves."""
    if os.getuid() != 0:
        return None
    return next((one.pw_uid for one in pwd.getpwall() if one.pw_name == "postgres"), pwd.getpwnam("nobody").pw_uid)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server that lasts as long as the block; its user ``reader`` has ``PASSWORD``."""
    place, user = Path(tempfile.mkdtemp(prefix="mlgate-postgres-")), _user()

    def call(*arguments: str) -> None:
        subprocess.run(
            [str(folder / arguments[0]), *arguments[1:]],
            check=True,
            cwd=place,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )

    (place / "password").write_text(PASSWORD)
    if user is not None:
        for path in (place / "password", place):
            os.chown(path, user, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(place / "data")
    try:
        call(
            "initdb",
            "-D",
            data,
            "-U",
            "reader",
            "-A",
            "scram-sha-256",
            "--pwfile",
            str(place / "password"),
            "-E",
            "UTF8",
        )
        flags = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        call("pg_ctl", "-D", data, "-w", "-l", str(place / "log"), "-o", flags, "start")
        try:
            yield Server(port=port)
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)
