"""Files of an object store (``s3://``, ``gs://``, ``abfs://``), fetched into a folder of ours by way of fsspec.

Separate because only here does mlgate read from an address on its own account, and only from the one that the user
named. Files are fetched rather than read in place: every format, pattern and partition then behaves as it does on disk.
"""

from __future__ import annotations

import importlib
import posixpath
from pathlib import Path
from typing import Any

from mlgate.edges.registry_address import one_line, without_secrets
from mlgate.edges.rows.source_files import Part, is_data, is_pattern, parts_of
from mlgate.errors import ConfigError, DataError, install

__all__ = ["fetch_parts", "is_remote"]

#: What brings the support of an address.
_PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "az": "adlfs",
}


def is_remote(path: str) -> bool:
    """Whether a path is the address of an object store."""
    return "://" in path


def fetch_parts(address: str, folder: Path) -> list[Part]:
    """Fetch the file, the folder's files or those that match the pattern at an address, and name them by it.

    Parameters
    ----------
    address
        ``<scheme>://<bucket>/<path>``.
    folder
        Empty; gets the files.

    Raises
    ------
    ConfigError
        There is no support for such addresses.
    DataError
        Nothing is there, access is denied, or the store does not answer.
    """
    shown, scheme = without_secrets(address), address.partition("://")[0]
    store, path = _opened(address, shown, scheme)
    try:
        names = _names(store, path)
        base = path if is_pattern(path) or not names or names == [path] else path.rstrip("/")
        fixed = _fixed(base) if is_pattern(base) else posixpath.dirname(base) if names == [path] else base
        for name in names:
            local = folder / name.removeprefix(fixed).lstrip("/")
            if folder.resolve() not in local.resolve().parents:
                raise DataError(f"{shown}: holds the name {name!r}, which leads out of its folder; name one file.")
            local.parent.mkdir(parents=True, exist_ok=True)
            store.get_file(name, str(local))
    except (DataError, ConfigError):
        raise
    except Exception as problem:  # each store raises its own: botocore's, google's, azure's, or one of the system
        raise DataError(f"{shown}: {_reason(problem)}") from None
    if not names:
        raise DataError(f"{shown}: there are no data files there; check the address or make the data first.")
    found = parts_of(folder / posixpath.basename(path) if names == [path] else folder)
    return [_renamed(part, folder, scheme, fixed) for part in found]


def _opened(address: str, shown: str, scheme: str) -> tuple[Any, str]:
    package = _PACKAGES.get(scheme)
    if package is None and scheme not in ("memory", "file"):
        raise ConfigError(
            f"{shown}: addresses that start with {scheme}:// cannot be read; known are s3://, gs:// and abfs://, and "
            "url: for databases."
        )
    try:
        fsspec: Any = importlib.import_module("fsspec")
        store, path = fsspec.core.url_to_fs(address)
    except ImportError:
        needed = package or "fsspec"
        raise ConfigError(
            f"{shown}: reading it needs {needed}, which is not installed; run {install(needed)}."
        ) from None
    except Exception as problem:
        raise DataError(f"{shown}: {_reason(problem)}") from None
    store.invalidate_cache()
    return store, path


def _names(store: Any, path: str) -> list[str]:
    """The data files at a path, in order."""
    if is_pattern(path):
        found = [str(name) for name in store.glob(path)]
        return sorted(name for name in found if is_data(name.removeprefix(_fixed(path)).lstrip("/")))
    if store.isfile(path):
        return [path]
    found = [str(name) for name in store.find(path)]
    if not found:
        store.ls(path)  # says what is not there: the bucket, or the path
    return sorted(name for name in found if is_data(name.removeprefix(path.rstrip("/")).lstrip("/")))


def _fixed(pattern: str) -> str:
    """The folder of a pattern before its first sign."""
    segments = pattern.split("/")
    return "/".join(segments[: next(place for place, one in enumerate(segments) if is_pattern(one))])


def _reason(problem: Exception) -> str:
    if isinstance(problem, FileNotFoundError):
        return f"there is nothing at this address ({_clause(problem)}); check the bucket and the path."
    if isinstance(problem, PermissionError):
        return f"access is denied ({_clause(problem)}); check the credentials in the environment."
    return f"cannot be fetched ({_clause(problem)}); check the address and the credentials in the environment."


def _clause(problem: Exception) -> str:
    return without_secrets(one_line(problem)) or type(problem).__name__


def _renamed(part: Part, folder: Path, scheme: str, fixed: str) -> Part:
    address = f"{scheme}://{fixed.rstrip('/')}/{part.path.relative_to(folder).as_posix()}"
    return Part(path=part.path, shown=address, partition=part.partition)
