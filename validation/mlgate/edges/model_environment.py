"""Environments built from models' own requirements, so that a model runs with the packages that it was made with.

One environment per set of requirements and Python, kept in the user's cache and used by every model that needs the
same. Whoever builds holds a lock, and a note is written last: an environment without its note was left half-built and
is built anew. uv does it in seconds where it is installed, else venv and pip. Separate from ``edges/worker.py``, which
starts a process in what is built here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlgate.edges.child import quiet_environment
from mlgate.edges.files import write_atomically
from mlgate.edges.model_requirements import Wanted
from mlgate.errors import DataError

__all__ = ["NEEDED", "OLDEST", "environments", "package_folder", "python_for"]

#: What our own code needs beside the model, by import name and by the name under which it is installed.
NEEDED = {"mlflow": "mlflow", "pandas": "pandas", "pyarrow": "pyarrow", "numpy": "numpy"}
#: The oldest Python that the code of a model process runs with.
OLDEST = (3, 11)
#: Written when an environment is complete.
NOTE = "mlgate.json"
#: Seconds that building may take.
PATIENCE = 3600.0


def environments() -> Path:
    """The folder that environments are kept in: below MLGATE_CACHE, XDG_CACHE_HOME, or ``~/.cache``."""
    own = os.environ.get("MLGATE_CACHE", "").strip()
    shared = os.environ.get("XDG_CACHE_HOME", "").strip()
    root = Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "mlgate"
    return root / "environments"


def python_for(wanted: Wanted, folder: Path) -> Path:
    """The interpreter of an environment that holds what a model needs; built when there is none.

    Parameters
    ----------
    wanted
        What it needs.
    folder
        The model's files: lines that name files among them are found from here.

    Raises
    ------
    DataError
        It cannot be built, or what our own code needs is not among it; the sentence has no subject, which is the model.
    """
    if not wanted.file:
        raise DataError(
            "holds neither requirements.txt nor pip packages in conda.yaml, so no environment can be built for it; log "
            "it again with its requirements, or run without --build-env."
        )
    minor = _minor(wanted.python)
    place = environments() / _digest(wanted, folder, minor)
    python = place / "bin" / "python"
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place.with_suffix(".lock")):
        if not (place / NOTE).is_file():
            shutil.rmtree(place, ignore_errors=True)
            _build(place, wanted, folder, minor)
            _check(python)
            said = {"python": minor, "requirements": wanted.requirements}
            write_atomically(place / NOTE, json.dumps(said).encode())
    return python


def _minor(written: str) -> str:
    """Major and minor of the Python that is asked for, or of ours."""
    parts = (written or platform.python_version()).split(".")
    minor = ".".join(parts[:2])
    try:
        known = (int(parts[0]), int(parts[1]))
    except (ValueError, IndexError):
        raise DataError(
            f"asks for Python {written!r}; a version such as 3.11 is needed in its python_env.yaml."
        ) from None
    if known < OLDEST:
        least = ".".join(map(str, OLDEST))
        raise DataError(f"asks for Python {minor}, and a model process needs {least} or newer; log it again with one.")
    return minor


def _digest(wanted: Wanted, folder: Path, minor: str) -> str:
    """What the environment depends on: lines, files that they name, Python and machine."""
    files = {}
    for line in wanted.requirements:
        local = folder / line
        if local.is_file():
            files[line] = hashlib.sha256(local.read_bytes()).hexdigest()
    about = [1, minor, platform.system(), platform.machine(), sorted(wanted.requirements), sorted(files.items())]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else builds the same environment meanwhile; the lock goes with the process that holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(place: Path, wanted: Wanted, folder: Path, minor: str) -> None:
    lines = folder / "mlgate-requirements.txt"
    lines.write_text("\n".join(wanted.requirements) + "\n", encoding="utf-8")
    python = str(place / "bin" / "python")
    try:
        uv = shutil.which("uv")
        if uv:
            _run([uv, "venv", "--quiet", "--no-python-downloads", "--python", minor, str(place)], folder)
            _run([uv, "pip", "install", "--quiet", "--python", python, "--requirement", lines.name], folder)
            return
        if importlib.util.find_spec("pip") is None:
            _run([_interpreter(minor), "-m", "venv", str(place)], folder)
            install = [python, "-m", "pip"]
        else:
            # Our own pip installs into it, which saves copying one.
            _run([_interpreter(minor), "-m", "venv", "--without-pip", str(place)], folder)
            install = [sys.executable, "-m", "pip", "--python", python]
        _run([*install, "install", "--quiet", "--no-input", "--requirement", lines.name], folder)
    finally:
        lines.unlink(missing_ok=True)


def _interpreter(minor: str) -> str:
    """A Python of that version: ours, or one on the path."""
    if minor == ".".join(platform.python_version_tuple()[:2]):
        return sys.executable
    found = shutil.which(f"python{minor}")
    if found is not None:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60, check=False)
        if told.returncode == 0 and told.stdout.startswith(f"Python {minor}."):
            return found
    raise DataError(f"asks for Python {minor}, and there is no python{minor} on the path; install it, or uv.")


def _run(command: Sequence[str], folder: Path) -> None:
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
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"has requirements that could not be installed within {PATIENCE:g} s.") from None
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        wrong = next((line for line in said if line.lower().startswith("error")), said[-1] if said else "no message")
        raise DataError(
            f"has requirements that cannot be installed ({wrong[:300].rstrip('.')}); check them and the package index."
        )


def _check(python: Path) -> None:
    """Whether what our own code imports is there, and whether numpy and pyarrow get along with each other."""
    code = f"""if True:
        import importlib.util
        lacking = [name for name in {list(NEEDED)} if importlib.util.find_spec(name) is None]
        print(*lacking)
        if not lacking:
            import numpy, pyarrow
    """
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, timeout=300, check=False)
    lacking = [NEEDED[name] for name in done.stdout.split()]
    if lacking:
        what = ", ".join(lacking)
        raise DataError(f"has requirements without {what}, which a model process needs; add it to its requirements.")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:300].rstrip(".")
        raise DataError(f"has requirements that do not work together ({said}); mend its requirements.")


def package_folder(into: Path) -> Path:
    """A folder from which a foreign interpreter imports this package and nothing else of our environment.

    Parameters
    ----------
    into
        Where the folder is made.
    """
    place = into / "package"
    place.mkdir()
    (place / "mlgate").symlink_to(Path(__file__).resolve().parents[1], target_is_directory=True)
    return place
