"""The data that a DVC pointer file (``train.parquet.dvc``) stands for.

The content that the pointer names is what counts: data that lie beside it and are those very bytes are read in place,
without DVC; everything else is got by the command ``dvc`` from its cache or remote, into a folder of ours, so that the
working tree stays as it is. The command is used rather than the library, because DVC is usually installed apart.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from mlgate.edges.quiet import quiet_environment
from mlgate.edges.registry_address import one_line, without_secrets
from mlgate.errors import ConfigError, DataError, install
from mlgate.frozen import dataclass

__all__ = ["follow", "is_pointer"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pointer:
    """What a pointer file says."""

    #: where the data belong.
    path: Path
    #: of their content; empty when it is another kind of hash.
    md5: str


def is_pointer(path: str) -> bool:
    """Whether a path is a DVC pointer file."""
    return path.endswith(".dvc")


def follow(pointer: Path, folder: Path, *, timeout: float) -> Path:
    """Path of the file or folder that a pointer stands for, with the content that it names.

    Parameters
    ----------
    pointer
        The file ``*.dvc``.
    folder
        Empty; gets the data when they are not in place.
    timeout
        Seconds that DVC may take.

    Raises
    ------
    ConfigError
        DVC is needed and not installed.
    DataError
        There is no such pointer, it says nothing, or DVC cannot get the data.
    """
    told = _read(pointer)
    if told.path.is_file() and _md5(told.path) == told.md5:
        return told.path
    command = _command()
    if command is None:
        raise ConfigError(
            f"{pointer}: the data that it names are not in place ({told.path.name}), and DVC, which could get them, is "
            f"not installed; run {install('dvc')}, or `dvc pull` where it is."
        )
    target = folder / told.path.name
    _get(command, pointer, told.path, target, timeout)
    if target.is_file() and told.md5 and _md5(target) != told.md5:
        raise DataError(f"{pointer}: DVC gave other data than the pointer names; run `dvc status` to see why.")
    return target


def _read(pointer: Path) -> _Pointer:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not pointer.is_file():
        raise DataError(f"{pointer}: there is no such file; check the path, or run `dvc add` first.")
    try:
        content: Any = YAML(typ="safe", pure=True).load(pointer.read_text())
        (out,) = content["outs"]
        return _Pointer(path=pointer.parent / str(out["path"]), md5=str(out.get("md5", "")))
    except (YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise DataError(f"{pointer}: is not a DVC pointer to one file or folder; name the data themselves.") from None


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _command() -> str | None:
    """DVC beside our own interpreter, or on the path."""
    beside = Path(sys.executable).parent / "dvc"
    return str(beside) if beside.is_file() else shutil.which("dvc")


def _get(command: str, pointer: Path, data: Path, target: Path, timeout: float) -> None:
    root = next((one for one in pointer.resolve().parents if (one / ".dvc").is_dir()), None)
    if root is None:
        raise DataError(
            f"{pointer}: is in no DVC repository (no folder .dvc above it); run `dvc init` or name the data."
        )
    inner = os.path.relpath(data.resolve(), root)
    environment = {**quiet_environment(), "DVC_NO_ANALYTICS": "true", "DVC_STUDIO_OFFLINE": "true"}
    try:
        done = subprocess.run(
            [command, "get", str(root), inner, "-o", str(target)],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise DataError(
            f"{pointer}: DVC took longer than {timeout:g} s to get the data; run `dvc pull` first."
        ) from None
    except OSError as problem:
        raise DataError(f"{pointer}: DVC cannot be started ({problem.strerror}); check its installation.") from None
    if done.returncode or not target.exists():
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-1:]
        reason = without_secrets(one_line(lines[0].removeprefix("ERROR:"))) if lines else f"exit code {done.returncode}"
        raise DataError(f"{pointer}: DVC cannot get the data ({reason}); run `dvc pull` to see why.")
