"""uv, or venv and pip: how an environment is made, and what went wrong in one sentence.

Both are other people's programs with settings of their own (indexes, proxies, constraints), which hold here as they do
everywhere. Separate from ``model_environment.py``, which knows what is kept, for whom, and what is half-built.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mlgate.edges.quiet import quiet_environment
from mlgate.errors import DataError

__all__ = ["PATIENCE", "build", "found_uv", "own_minor", "what_it_said"]

#: Seconds that each step may take.
PATIENCE = 3600.0
#: Most characters of each thing that uv or pip said.
LONGEST = 250

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
#: How uv and pip begin an error, and each of its causes.
_BEGINS = re.compile(r"\s*(?:[×╰├│]\S*\s+|(?:error|cause|caused by)\s*:\s*)+", re.IGNORECASE)
_EDITABLE = re.compile(r"^(?:-e|--editable)[\s=]+")


def own_minor() -> str:
    """Major and minor of the Python that runs this, such as ``3.11``."""
    return ".".join(platform.python_version_tuple()[:2])


def found_uv() -> str | None:
    """The uv on the path, else the one that is installed beside our interpreter; None without."""
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def build(place: Path, lines: Sequence[str], *, folder: Path, minor: str, lock: int) -> None:
    """Make an environment and install lines of requirements into it.

    Parameters
    ----------
    place
        Where it will be; nothing is there yet.
    lines
        As in requirements.txt. What they name by a path is found from ``folder``. Packages that are to be editable are
        copied like all others, since the folder does not stay.
    minor
        Its Python, such as ``3.11``; ours where that is the same.
    lock
        File descriptor that stays open as long as anything here still installs, even when we are killed.

    Raises
    ------
    DataError
        It cannot be made; the sentence has no subject, which is the model.
    """
    listed = folder / "mlgate-requirements.txt"
    listed.write_text("".join(_EDITABLE.sub("", line) + "\n" for line in lines), encoding="utf-8")
    python, uv = str(place / "bin" / "python"), found_uv()
    try:
        if uv:
            _made_by_uv(uv, place, folder, minor, lock)
            # Compiled once here, or else anew by each process of the model: seconds of every start.
            options = ["--quiet", "--color", "never", "--compile-bytecode", "--python", python]
            _install("uv", [uv, "pip", "install", *options, "--requirement", listed.name], folder, lock)
            return
        own = importlib.util.find_spec("pip") is not None
        # Our own pip installs into it, which saves copying one.
        _made_by_venv(
            [_interpreter(minor), "-m", "venv", *(["--without-pip"] if own else []), str(place)], folder, lock
        )
        pip = [sys.executable, "-m", "pip", "--python", python] if own else [python, "-m", "pip"]
        options = ["--quiet", "--no-color", "--no-input"]
        _install("pip", [*pip, "install", *options, "--requirement", listed.name], folder, lock)
    finally:
        listed.unlink(missing_ok=True)


def _made_by_uv(uv: str, place: Path, folder: Path, minor: str, lock: int) -> None:
    python = sys.executable if minor == own_minor() else minor
    options = ["--quiet", "--color", "never", "--no-python-downloads", "--python", python]
    failed = _run([uv, "venv", *options, str(place)], folder, lock)
    if failed is None:
        return
    if "interpreter" in failed.lower():
        raise DataError(f"asks for Python {minor}, and uv finds none; install it: uv python install {minor}.")
    raise DataError(f"needs an environment that uv cannot make ({what_it_said(failed)}); check disk and uv.")


def _made_by_venv(command: Sequence[str], folder: Path, lock: int) -> None:
    failed = _run(command, folder, lock)
    if failed is not None:
        raise DataError(f"needs an environment that venv cannot make ({what_it_said(failed)}); check disk and Python.")


def _interpreter(minor: str) -> str:
    """A Python of that version: ours, or one on the path."""
    if minor == own_minor():
        return sys.executable
    found = shutil.which(f"python{minor}")
    if found is not None:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60, check=False)
        if told.returncode == 0 and told.stdout.startswith(f"Python {minor}."):
            return found
    raise DataError(f"asks for Python {minor}, and there is no python{minor} on the path; install it, or uv.")


def _install(name: str, command: Sequence[str], folder: Path, lock: int) -> None:
    failed = _run(command, folder, lock)
    if failed is None:
        return
    said = what_it_said(failed)
    if _unanswered(failed):
        raise DataError(
            f"has requirements that {name} cannot fetch ({said}); check the network and {name}'s settings of its index."
        )
    raise DataError(f"has requirements that {name} cannot install ({said}); mend them and log the model again.")


def _unanswered(output: str) -> bool:
    """Whether the index did not answer, or nothing may be fetched; pip then only says that there is no such package."""
    signs = ("error sending request", "connection broken by", "network was disabled", "failed to fetch")
    return any(sign in output.lower() for sign in signs)


def _run(command: Sequence[str], folder: Path, lock: int) -> str | None:
    """What a command said when it failed; None when it did not."""
    environment = {name: value for name, value in quiet_environment().items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            pass_fds=(lock,),
        )
    except subprocess.TimeoutExpired:
        return f"error: it took longer than {PATIENCE:g} s"
    except OSError as problem:
        return f"error: {Path(command[0]).name} does not start: {problem.strerror}"
    return (done.stderr.strip() or done.stdout.strip() or "no message") if done.returncode else None


def what_it_said(output: str) -> str:
    """The error that uv or pip told, with its first and its last cause, in one line.

    >>> what_it_said("error: No solution found\\n  cause: Because there is no a==9\\n         you cannot have it.\\n")
    'No solution found: Because there is no a==9 you cannot have it'
    >>> what_it_said("WARNING: slow\\nERROR: No matching distribution found for a==9")
    'No matching distribution found for a==9'
    """
    lines = _ESCAPES.sub("", output).splitlines()
    told: list[str] = []
    for line in lines:
        begins = _BEGINS.match(line)
        if begins is not None:
            told.append(line[begins.end() :].strip())
        elif told and line[:1] == " " and line.strip():
            told[-1] += f" {line.strip()}"  # a long one goes on in the next line
        elif told:
            break  # hints and listings
    told = told or [line.strip() for line in lines if line.strip()][-1:] or ["no message"]
    parts = [part if len(part) <= LONGEST else part[: LONGEST - 1] + "…" for part in (*told[:2], told[-1])]
    return ": ".join(dict.fromkeys(part.rstrip(".:") for part in parts))
