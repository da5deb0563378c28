"""Versions of the packages that are installed, from the folders that stand beside them.

Separate because ``importlib.metadata`` says the same but loads all of ``email`` to read a package's description: as
much time as reading a small file of predictions takes.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

__all__ = ["versions_of"]

#: What holds a package's description: of a folder of an installed package, and of older ones.
_DESCRIPTIONS = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}


def versions_of(packages: Sequence[str], *, path: Iterable[str] | None = None) -> tuple[tuple[str, str], ...]:
    """Name and version of those packages that are installed, in the order given.

    Parameters
    ----------
    packages
        Names as they are installed by: ``scikit-learn``, not ``sklearn``.
    path
        Folders to look in; what Python imports from by default.
    """
    wanted = {_plain(name) for name in packages}
    found: dict[str, str] = {}
    for folder in sys.path if path is None else path:
        for name, description in _installed(folder or "."):
            if name in wanted and name not in found and (version := _version(description)):
                found[name] = version
    return tuple((name, found[_plain(name)]) for name in packages if _plain(name) in found)


def _installed(folder: str) -> Iterator[tuple[str, Path]]:
    """Names of the packages in a folder, and the files that describe them."""
    try:
        entries = sorted(os.listdir(folder))
    except OSError:  # an archive, or a folder that is not there
        return
    for entry in entries:
        stem, end = os.path.splitext(entry)
        if end in _DESCRIPTIONS:
            yield _plain(stem.partition("-")[0]), Path(folder, entry, _DESCRIPTIONS[end])


def _plain(name: str) -> str:
    """One spelling of a name: https://packaging.python.org/en/latest/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(description: Path) -> str:
    try:
        with description.open(encoding="utf-8", errors="replace") as lines:
            return next((line[8:].strip() for line in lines if line.startswith("Version:")), "")
    except OSError:
        return ""
