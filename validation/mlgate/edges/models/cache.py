"""The champion's answers, kept between runs: the same model, asked about the same rows by the same code, is asked once.

An answer is found again by one digest over the model's files, the rows as Arrow bytes, what was asked of them, mlgate's
own code, and the version of Python and of every installed package. When any of them differs it is another answer. A
champion without a digest, or one that runs in an environment of its own, is asked every time, and so is every
challenger. Only legal answers are kept, never errors.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.rows.files import write_atomically

__all__ = ["FOLDER", "cached", "clear", "code_digest", "held"]

Predict = Callable[[pa.Table], NDArray[Any]]

#: Beside the runs, below the folder of mlgate.yaml.
FOLDER = Path("reports") / ".cache" / "answers"
#: What the folder holds at most, in bytes; those that were not used for the longest time go first.
LARGEST = 256 << 20
#: Answers larger than this are not kept.
LONGEST = 64 << 20
_ENDING = ".npy"


def cached(predict: Predict, *, folder: Path, model: str, expected: object) -> Predict:
    """A model that is asked only what it has not been asked before.

    Parameters
    ----------
    predict
        Asks the model.
    folder
        Where answers are kept; made when there is the first one.
    model
        Digest of its files; empty: it is asked every time.
    expected
        What is asked of it: its ``repr`` tells questions apart.
    """
    if not model:
        return predict
    known = hashlib.sha256("\n".join((model, repr(expected), code_digest())).encode())

    def ask(table: pa.Table) -> NDArray[Any]:
        digest = known.copy()
        _feed(digest, table)
        path = folder / f"{digest.hexdigest()}{_ENDING}"
        answers = _read(path)
        if answers is None:
            answers = predict(table)
            _keep(path, answers)
        return answers

    return ask


def _feed(digest: Any, table: pa.Table) -> None:
    """The rows as the bytes of an Arrow stream: names, types, order and values."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    digest.update(memoryview(sink.getvalue()))


@functools.cache
def code_digest() -> str:
    """Digest of mlgate's own files and of what is installed beside it."""
    digest = hashlib.sha256(platform.python_version().encode())
    package = Path(__file__).resolve().parents[2]
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    installed = {
        entry.name
        for place in dict.fromkeys(sys.path)
        if os.path.isdir(place)
        for entry in os.scandir(place)
        if entry.name.endswith((".dist-info", ".egg-info"))
    }
    digest.update("\n".join(sorted(installed)).encode())
    return digest.hexdigest()


def _read(path: Path) -> NDArray[Any] | None:
    """Answers that were kept; None when there are none, or when the file is not what was written."""
    try:
        content = path.read_bytes()
        body, seal = content[:-32], content[-32:]
        if hashlib.sha256(body).digest() != seal:
            return None
        answers: NDArray[Any] = np.load(io.BytesIO(body), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used now
    return answers


def _keep(path: Path, answers: NDArray[Any]) -> None:
    """Keep answers; a folder that cannot be written keeps nothing, and stops nothing."""
    if answers.nbytes > LONGEST:
        return
    sink = io.BytesIO()
    np.save(sink, answers, allow_pickle=False)
    body = sink.getvalue()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, body + hashlib.sha256(body).digest())
        _shrink(path.parent)


def _shrink(folder: Path) -> None:
    """Remove what was not used for the longest time until the rest is within bounds."""
    files = _files(folder)
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LARGEST:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """When each was used last, its size, and where it is."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.endswith(_ENDING):
                state = entry.stat()
                found.append((state.st_mtime, state.st_size, Path(entry.path)))
    return found


def held(folder: Path) -> tuple[int, int, float]:
    """How many answers are kept, how many bytes they take, and how many seconds ago the oldest was used last."""
    files = _files(folder)
    oldest = min((used for used, _, _ in files), default=time.time())
    return len(files), sum(size for _, size, _ in files), max(0.0, time.time() - oldest)


def clear(folder: Path) -> int:
    """Remove all answers; how many there were."""
    files = _files(folder)
    for _, _, path in files:
        with contextlib.suppress(OSError):
            path.unlink()
    return len(files)
