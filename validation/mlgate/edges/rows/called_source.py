"""Rows that something else hands over: a database that is asked, an object store, or the user's data callable.

Each runs in a process of its own, with a time limit; the rows come back as files in a folder of ours, so that more of
them than memory holds can be looked at in batches.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlgate.edges.child import Child, ChildDied, ChildLate, spawn
from mlgate.edges.quiet import quiet_environment
from mlgate.edges.registry_address import without_secrets
from mlgate.edges.rows.source_files import Part
from mlgate.errors import ConfigError, DataError
from mlgate.records.data_settings import SourceSettings

__all__ = ["fetch_files", "fetch_rows", "read_whole", "shown_as"]


def shown_as(source: SourceSettings) -> str:
    """What a data set's source is called wherever it is printed: nothing secret is in it."""
    if source.callable:
        return source.callable
    return without_secrets(source.url).partition("?")[0] if source.url else without_secrets(source.path)


def fetch_rows(source: SourceSettings, root: Path, folder: Path) -> list[Path]:
    """Ask the database or call the callable, and return the Arrow files that hold the rows, in their order.

    Parameters
    ----------
    source
        With a ``url`` and a query, or a ``callable``.
    root
        Folder of mlgate.yaml; the process runs there.
    folder
        Empty; gets the files.

    Raises
    ------
    ConfigError
        No query, no such callable, driver or environment variable.
    DataError
        The query or the callable fails, takes too long, or gives no table.
    """
    shown = shown_as(source)
    query = _query(source, root, shown) if source.url else ""
    answer = _answer(source, root, folder, {"callable": source.callable, "url": source.url, "query": query})
    if not answer["files"]:
        raise DataError(f"{shown}: gives no table at all; return at least one.")
    return [folder / f"{place}.arrow" for place in range(answer["files"])]


def fetch_files(source: SourceSettings, root: Path, folder: Path) -> list[Part]:
    """Fetch the files of an object store, and name them by their addresses.

    Parameters
    ----------
    source
        With a ``path`` that is an address.
    root, folder
        As for ``fetch_rows``.

    Raises
    ------
    ConfigError
        There is no support for such addresses.
    DataError
        Nothing is there, access is denied, or the store does not answer in time.
    """
    answer = _answer(source, root, folder, {"address": source.path})
    return [Part(path=Path(path), shown=shown, partition=partition) for path, shown, partition in answer["parts"]]


def _answer(source: SourceSettings, root: Path, folder: Path, asked: dict[str, str]) -> dict[str, Any]:
    """What the process answers; it is ended whatever happens."""
    shown = shown_as(source)
    order = {
        **{"address": "", "callable": "", "url": "", "query": ""},
        **asked,
        "root": str(root),
        "folder": str(folder),
        "options": dict(source.options),
        "shown": shown,
    }
    child = Child(spawn("mlgate.edges.rows.source_process", folder=root, environment=quiet_environment()))
    try:
        answer: dict[str, Any] = json.loads(child.exchange(json.dumps(order).encode(), seconds=source.timeout))
        child.stop()  # it has nothing left to do, and ends by itself
    except ChildLate:
        raise DataError(
            f"{shown}: took longer than {source.timeout:g} s and was ended; allow more time (timeout) or ask for less."
        ) from None
    except ChildDied as death:
        raise DataError(f"{shown}: the process that fetched the rows {death}; run it by hand to see why.") from None
    finally:
        child.stop(grace=0.0)
    if "problem" in answer:
        raise (ConfigError if answer["kind"] == ConfigError.__name__ else DataError)(answer["problem"])
    return answer


def _query(source: SourceSettings, root: Path, shown: str) -> str:
    """The query itself, or what stands in the file that is named in its place."""
    query = source.query.strip()
    if query.endswith(".sql") and len(query.split()) == 1:
        file = root / query
        if not file.is_file():
            raise ConfigError(f"{file}: there is no such file of a query; check the path.")
        query = file.read_text().strip()
    if not query:
        raise ConfigError(f"{shown}: there is no query; write one beside the address of the database.")
    return query


def read_whole(file: Path) -> pa.Table:
    """All rows of an Arrow file of ours, in memory."""
    with pa.OSFile(str(file), "rb") as source:
        return pa.ipc.open_file(source).read_all()
