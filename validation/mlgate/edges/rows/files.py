"""Files in and out: tables of four formats, atomic writing, and the digests that bind evidence to content.

Separate from the engine, which gets arrays and never a path. A digest of data is order-free: it is over the identities
of the rows, not over the bytes of a file, so re-partitioning or shuffling a file does not change it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import encodable
from mlgate.edges.hashing import hash_rows, mix
from mlgate.edges.rows.formats import Wanted, read_format
from mlgate.errors import DataError, nearest
from mlgate.sentences import plural

__all__ = [
    "checked_table",
    "data_digest",
    "digest_bytes",
    "digest_folder",
    "read_table",
    "row_identity",
    "write_atomically",
]


def read_table(path: Path, *, wanted: Wanted | None = None) -> pa.Table:
    """The table in a Parquet, CSV, Feather or JSON-lines file, chosen by its ending (``.csv.gz`` too).

    Parameters
    ----------
    path
        The file.
    wanted
        Says of all column names which are needed; only these are read where the format allows it, and the texts of a
        Parquet file stay codes into their distinct values. None: all columns, as they are.

    Raises
    ------
    DataError
        No such file, an ending that is not known, content that cannot be read, a column twice, or no rows.
    """
    if path.is_dir():
        raise DataError(f"{path}: is a folder; name one file in it.")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; check the path or make the data first.")
    table = checked_table(read_format(path, wanted), str(path))
    return table if wanted is None else table.select(list(dict.fromkeys(wanted(table.column_names))))


def checked_table(table: pa.Table, source: str) -> pa.Table:
    """The table, when it can be judged at all, in types that rows can be picked of.

    Raises
    ------
    DataError
        A column stands there twice, or there are no rows.
    """
    names = table.column_names
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise DataError(f"{source}: the column {doubles[0]!r} stands there twice; rename or remove one.")
    if table.num_rows == 0:
        raise DataError(f"{source}: holds no rows; nothing can be judged on it.")
    for place, field in enumerate(table.schema):
        if _is_view(field.type):
            table = table.set_column(place, field.name, encodable(table.column(place)))
    return table


def _is_view(kind: pa.DataType) -> bool:
    """Whether Arrow cannot pick rows of a column of this type (polars hands over texts in it)."""
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind) or pa.types.is_run_end_encoded(kind))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: to a temporary neighbour, flushed to disk, then moved into place.

    Raises
    ------
    DataError
        The folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as problem:
        raise DataError(f"{path}: cannot be written ({problem.strerror}); choose another folder.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException as problem:
        Path(name).unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise DataError(
                f"{path}: cannot be written ({problem.strerror}); free some space or choose another folder."
            ) from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def digest_bytes(content: bytes) -> str:
    """``sha256:`` and the hexadecimal digest of some bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digest_folder(path: Path) -> str:
    """Digest over a file, or over all files of a folder: their relative names and contents, in order of name.

    Links are followed only to files; anything that is neither file nor folder is refused.

    Raises
    ------
    DataError
        There is nothing at ``path``, or something in it is not a plain file.
    """
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder.")
    members = [path] if path.is_file() else sorted(part for part in path.rglob("*") if not part.is_dir())
    total = hashlib.sha256()
    for member in members:
        if not member.is_file():
            raise DataError(f"{member}: is not a plain file, so the model cannot be bound by a digest.")
        name = b"." if member == path else member.relative_to(path).as_posix().encode()
        with member.open("rb") as file:
            inner = hashlib.file_digest(file, "sha256").digest()
        total.update(len(name).to_bytes(8, "big") + name + inner)
    return "sha256:" + total.hexdigest()


def row_identity(table: pa.Table, id_column: str | None) -> NDArray[np.uint64]:
    """A 64-bit identity of each row, (n,): of its id, or of its content and occurrence number.

    With an id, rows keep their identity when other columns change; without one, equal rows are told apart by how often
    their content has occurred, so that any order of the rows gives the same set of identities.

    Raises
    ------
    DataError
        The id column is missing, holds a missing value, or holds a value twice.
    """
    if id_column is None:
        return _number_occurrences(hash_rows(table))
    if id_column not in table.column_names:
        raise DataError(f"the id column {id_column!r} is not in the data; {nearest(id_column, table.column_names)}")
    column = table.column(id_column)
    identity = hash_rows(table.select([id_column]))
    nothing = np.flatnonzero(identity == hash_rows(pa.table({id_column: pa.nulls(1)}))[0])
    if len(nothing):
        raise DataError(
            f"column {id_column!r}: {plural(len(nothing), 'row has', 'rows have')} no id, the first of them row "
            f"{nothing[0] + 1:,}; give every row one."
        )
    ordered = np.sort(identity)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        # Of all ids that stand there twice, the one that is met first.
        rows = np.flatnonzero(np.isin(identity, twice))
        first, second = np.flatnonzero(identity == identity[rows[0]])[:2]
        raise DataError(
            f"column {id_column!r}: the id {column[second].as_py()!r} stands there twice (rows {first + 1:,} and "
            f"{second + 1:,}); make ids unique."
        )
    return identity


def _number_occurrences(identity: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Identities that differ where contents are equal: content mixed with how often it has occurred before."""
    ordered = np.sort(identity)
    if not np.any(ordered[1:] == ordered[:-1]):
        return mix(identity)
    order = np.argsort(identity, kind="stable")
    ordered = identity[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    place = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.r_[starts, len(ordered)]))
    numbered = np.empty_like(identity)
    numbered[order] = mix(ordered ^ (place.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)))
    return numbered


def data_digest(identity: NDArray[np.uint64]) -> str:
    """Order-free digest of a data set: SHA-256 over its sorted row identities, ``sha256:…``."""
    return "sha256:" + hashlib.sha256(np.sort(identity).astype(">u8").data).hexdigest()
