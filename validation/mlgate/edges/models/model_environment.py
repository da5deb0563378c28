"""Environments built from models' own requirements, so that a model runs with the packages that it was made with.

One environment per set of requirements and Python, kept in the user's cache and used by every model that needs the
same. Whoever builds holds a lock, and a note is written last: an environment without its note was left half-built and
is built anew. Separate from ``installing.py``, which calls uv or pip, and from ``worker.py``, which starts
a process in what is built here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlgate.edges.models.installing import build, own_minor
from mlgate.edges.models.model_requirements import Wanted, requirement_lines
from mlgate.edges.rows.files import digest_folder, write_atomically
from mlgate.errors import DataError

__all__ = ["NEEDED", "OLDEST", "environments", "package_folder", "python_for"]

#: What our own code needs beside the model, by import name and by the name under which it is installed.
NEEDED = {"mlflow": "mlflow", "pandas": "pandas", "pyarrow": "pyarrow", "numpy": "numpy"}
#: The oldest Python that the code of a model process runs with.
OLDEST = (3, 11)
#: Written when an environment is complete.
NOTE = "mlgate.json"
#: Seconds that importing numpy and pyarrow may take in a new environment.
CHECKING = 300.0

_PATHS = re.compile(r"[\s=@;\[\]]+|(?:^|(?<=\s))(?:-r|-c|-e)(?=\S)")
_LISTS = re.compile(r"-r|-c|--requirement|--constraint")


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
    with _locked(place.with_suffix(".lock")) as lock:
        # The link to its Python points nowhere once that has been removed or moved.
        if not ((place / NOTE).is_file() and os.access(python, os.X_OK)):
            shutil.rmtree(place, ignore_errors=True)
            build(place, wanted.requirements, folder=folder, minor=minor, lock=lock)
            _check(python)
            said = {"python": minor, "requirements": wanted.requirements}
            write_atomically(place / NOTE, json.dumps(said).encode())
    return python


def _minor(written: str) -> str:
    """Major and minor of the Python that is asked for, or of ours."""
    parts = (written or own_minor()).split(".")
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
    """What the environment depends on: lines, files and folders that they name, Python and machine."""
    files = sorted(_named(wanted.requirements, folder).items())
    about = [2, minor, platform.system(), platform.machine(), sorted(wanted.requirements), files]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def _named(lines: Sequence[str], folder: Path) -> dict[str, str]:
    """The digest of every file and folder that lines of requirements name, and that lists named in them do."""
    found: dict[str, str] = {}
    waiting = [(line, folder) for line in lines]
    while waiting:
        line, base = waiting.pop()
        for name in filter(None, _PATHS.split(line)):
            path = base / name.removeprefix("file:")
            # Unlike that of a Path, this "exists" is no error for what is too long to be a name.
            if str(path) in found or not os.path.exists(path):
                continue
            found[str(path)] = digest_folder(path)
            if _LISTS.match(line) and path.is_file():
                inner = requirement_lines(path.read_text(encoding="utf-8", errors="replace"))
                waiting += [(one, place) for one in inner for place in (path.parent, folder)]
    return {os.path.relpath(path, folder): digest for path, digest in found.items()}


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Nobody else builds the same environment meanwhile.

    The file descriptor goes to whatever installs: were we killed, an installer that outlives us still holds the lock,
    and nobody builds in the folder that it writes into.
    """
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _check(python: Path) -> None:
    """Whether what our own code imports is there, and whether numpy and pyarrow get along with each other."""
    code = f"""if True:
        import importlib.util
        lacking = [name for name in {list(NEEDED)} if importlib.util.find_spec(name) is None]
        print(*lacking)
        if not lacking:
            import numpy, pyarrow
    """
    try:
        done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, timeout=CHECKING, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DataError(f"has an environment whose Python does not run ({problem}); mend its requirements.") from None
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
    (place / "mlgate").symlink_to(Path(__file__).resolve().parents[2], target_is_directory=True)
    return place
