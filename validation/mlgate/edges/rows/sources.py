"""The rows of a data set, wherever they come from, as one Arrow table or as batches.

A path (file, folder, pattern, DVC pointer, in an object store or not), a database with a query, or a callable. Which of
them is meant is decided here, once; each kind stands in a file of its own. Identity and digest of the rows do not
depend on the kind: a table that is written as a hundred partitions has the digest of the one file that it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from mlgate.edges.rows.called_source import fetch_files, fetch_rows, read_whole, shown_as
from mlgate.edges.rows.dvc_pointer import follow, is_pointer
from mlgate.edges.rows.file_batches import batches_of, schema_of
from mlgate.edges.rows.files import checked_table, read_table
from mlgate.edges.rows.formats import Wanted, read_format
from mlgate.edges.rows.object_store import is_remote
from mlgate.edges.rows.schemas import cast_to, one_schema, one_table, refuse_doubles
from mlgate.edges.rows.source_files import Part, parts_of, with_partition
from mlgate.errors import ConfigError, DataError
from mlgate.records.data_settings import SourceSettings

__all__ = ["open_batches", "open_table", "shown_as"]

#: Rows of a batch when nobody says otherwise.
BATCH_ROWS = 65_536


def open_table(source: SourceSettings, root: Path, *, wanted: Wanted | None = None) -> pa.Table:
    """All rows of a source.

    Parameters
    ----------
    source
        Where they come from.
    root
        Folder of mlgate.yaml, where relative paths start and callables are found.
    wanted
        As for ``read_table``: says of all column names which are needed. None: all columns, as they are.

    Raises
    ------
    ConfigError
        The source is not named rightly, or needs something that is not installed or not set.
    DataError
        There is nothing, it cannot be read, its files do not go together, a column stands there twice, or there are no
        rows.
    """
    _check(source)
    with tempfile.TemporaryDirectory(prefix="mlgate-source-") as folder:
        if not source.path:
            pieces = _chunks(source, fetch_rows(source, root, Path(folder)))
            table = checked_table(one_table([(shown, read_whole(file)) for shown, file in pieces]), shown_as(source))
            return table if wanted is None else table.select(list(dict.fromkeys(wanted(table.column_names))))
        parts, whole = _files(source, root, Path(folder))
        if len(parts) == 1 and not parts[0].partition and parts[0].shown == str(parts[0].path):
            return read_table(parts[0].path, wanted=wanted)
        return checked_table(_read_parts(parts, wanted), whole)


def open_batches(
    source: SourceSettings, root: Path, *, columns: Sequence[str] | None = None, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """The rows of a source in batches of one schema, so that no more than some of them are in memory.

    What the whole tells better (which row of a CSV file is ragged) is told by ``open_table``.

    Parameters
    ----------
    source, root
        As for ``open_table``.
    columns
        Those that are needed; None: all.
    rows
        Most rows of one batch.

    Raises
    ------
    ConfigError, DataError
        As ``open_table``; also after some batches, when a file breaks off.
    """
    _check(source)
    with tempfile.TemporaryDirectory(prefix="mlgate-source-") as folder:
        if source.path:
            parts, whole = _files(source, root, Path(folder))
        else:
            pieces = _chunks(source, fetch_rows(source, root, Path(folder)))
            parts = [Part(path=file, shown=shown, partition={}) for shown, file in pieces]
            whole = shown_as(source)
        empty = True
        for batch in _batches(parts, columns, rows, whole):
            empty = False
            yield batch
        if empty:
            raise DataError(f"{whole}: holds no rows; nothing can be judged on it.")


def _check(source: SourceSettings) -> None:
    named = [kind for kind in ("path", "url", "callable") if getattr(source, kind)]
    if len(named) != 1:
        raise ConfigError(
            f"a data set names {' and '.join(named) or 'no source'}; name exactly one of path, url (with query) and "
            "callable."
        )
    if source.query and not source.url:
        raise ConfigError(f"{shown_as(source)}: has a query but no url; say which database is asked.")
    if source.callable and not all(source.callable.partition(":")[::2]):
        raise ConfigError(f"{source.callable}: is not the name of a function; write it as module:function.")


def _chunks(source: SourceSettings, files: Sequence[Path]) -> list[tuple[str, Path]]:
    """What each piece of an answer is called."""
    shown = shown_as(source)
    return [(shown if not place else f"{shown} (piece {place + 1})", file) for place, file in enumerate(files)]


def _files(source: SourceSettings, root: Path, folder: Path) -> tuple[list[Part], str]:
    """The files of a path, and what the whole is called."""
    if is_remote(source.path):
        return fetch_files(source, root, folder), shown_as(source)
    path = root / source.path
    if is_pointer(source.path):
        found = follow(path, folder, timeout=source.timeout)
        parts = parts_of(found)
        if found.is_relative_to(folder):
            parts = [_renamed(part, found, path) for part in parts]
        return parts, str(path)
    return parts_of(path), str(path)


def _renamed(part: Part, found: Path, pointer: Path) -> Part:
    inner = part.path.relative_to(found).as_posix()
    return Part(path=part.path, shown=str(pointer) if inner == "." else f"{pointer}: {inner}", partition=part.partition)


def _read_parts(parts: Sequence[Part], wanted: Wanted | None) -> pa.Table:
    keys = list(parts[0].partition)

    def of_file(names: Sequence[str]) -> Sequence[str]:
        assert wanted is not None
        return [name for name in wanted([*names, *(key for key in keys if key not in names)]) if name in names]

    pieces = []
    for part in parts:
        table = _named(part, wanted and of_file)
        refuse_doubles(table.column_names, part.shown)
        chosen = None if wanted is None else list(dict.fromkeys(wanted([*table.column_names, *keys])))
        if chosen is not None:
            table = table.select([name for name in table.column_names if name in chosen])
        pieces.append((part.shown, with_partition(parts, chosen)(table, part)))
    table = one_table(pieces)
    return table if wanted is None else table.select(list(dict.fromkeys(wanted(table.column_names))))


def _named(part: Part, wanted: Wanted | None) -> pa.Table:
    """The rows of a file; in what goes wrong, it is called what people know it as."""
    try:
        return read_format(part.path, wanted)
    except DataError as problem:
        raise DataError(str(problem).replace(str(part.path), part.shown)) from None


def _batches(parts: Sequence[Part], columns: Sequence[str] | None, rows: int, whole: str) -> Iterator[pa.RecordBatch]:
    schemas = [schema_of(part.path, part.shown) for part in parts]
    for part, schema in zip(parts, schemas, strict=True):
        refuse_doubles(schema.names, part.shown)
    own = one_schema([(part.shown, schema) for part, schema in zip(parts, schemas, strict=True)])
    complete = with_partition(parts, None)
    known = complete(own.empty_table(), parts[0]).schema
    chosen = list(known.names) if columns is None else list(columns)
    missing = [name for name in chosen if name not in known.names]
    if missing:
        raise DataError(f"{whole}: there is no column {missing[0]!r}; check the name.")
    target = pa.schema([known.field(name) for name in chosen])
    for part, schema in zip(parts, schemas, strict=True):
        held = [name for name in chosen if name in schema.names]
        for batch in batches_of(part.path, schema, held or schema.names[:1], rows, part.shown):
            table = cast_to(complete(pa.Table.from_batches([batch]), part), target, part.shown)
            yield from table.combine_chunks().to_batches()
