"""The files that a path means: one file, all files of a folder, those that match a pattern, each with its partition.

Separate from reading them, because files that were fetched from an object store are found in the same way. A folder is
read as writers of data sets leave it: names that start with a dot or an underscore are not data (``_SUCCESS``), and a
folder called ``day=2026-01-05`` is a column ``day``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from mlgate.edges.arrays import from_numbers, numeric
from mlgate.edges.rows.formats import FORMATS
from mlgate.errors import DataError
from mlgate.frozen import dataclass

__all__ = ["Part", "is_data", "is_pattern", "parts_of", "with_partition"]

#: Folder name of rows whose partition column is missing, as Hive, Spark and Arrow write it.
_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]*[1-9]|-?(0|[1-9][0-9]*)\.0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One file of a data set."""

    path: Path
    #: what people know it as: its path, or its address in an object store.
    shown: str
    #: columns that the names of its folders hold, as text; None is missing.
    partition: Mapping[str, str | None]


def is_pattern(path: str) -> bool:
    """Whether a path is a pattern of file names."""
    return any(sign in path for sign in "*?[")


def is_data(name: str) -> bool:
    """Whether a path within a data set is a data file, by its ending and by what nobody means as data."""
    hidden = any(segment.startswith((".", "_")) for segment in name.split("/"))
    return not hidden and name.lower().endswith((*FORMATS, ".csv.gz"))


def parts_of(path: Path) -> list[Part]:
    """The files of a path, in the order of their names.

    Raises
    ------
    DataError
        There is none, or files of a folder are of several formats, or lie in folders of different partitions.
    """
    if path.is_file():
        return [Part(path=path, shown=str(path), partition={})]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and is_data(str(file.relative_to(path))))
        if not files:
            raise DataError(
                f"{path}: the folder holds no data files (known endings are {', '.join(FORMATS)}); check the path or "
                "make the data first."
            )
        return _of_one_kind([(file, file.relative_to(path).parts[:-1]) for file in files], str(path))
    if is_pattern(str(path)):
        return _of_one_kind(_matching(path), str(path))
    raise DataError(f"{path}: there is no such file or folder; check the path or make the data first.")


def _matching(pattern: Path) -> list[tuple[Path, Sequence[str]]]:
    """Files that a pattern means, with the folders from its first sign on; a folder that matches means its files."""
    parts = pattern.parts
    fixed = next(place for place, part in enumerate(parts) if is_pattern(part))
    root = Path(*parts[:fixed])
    found = sorted(root.glob(str(Path(*parts[fixed:])))) if root.is_dir() else []
    files = {
        file: file.relative_to(root).parts[:-1]
        for one in found
        for file in ([one] if one.is_file() else sorted(one.rglob("*")))
        if file.is_file() and is_data(str(file.relative_to(root)))
    }
    if not files:
        raise DataError(f"{pattern}: the pattern matches no data file; check it or make the data first.")
    return list(files.items())


def _of_one_kind(files: Sequence[tuple[Path, Sequence[str]]], source: str) -> list[Part]:
    endings = sorted({_ending(file.name.lower()) for file, _ in files})
    if len(endings) > 1:
        raise DataError(
            f"{source}: holds files of several formats ({', '.join(endings)}); name those that are meant by a pattern "
            f"such as *{endings[0]}."
        )
    parts = [Part(path=file, shown=str(file), partition=_partition(folders)) for file, folders in files]
    other = next((part for part in parts if list(part.partition) != list(parts[0].partition)), None)
    if other is not None:
        named = [" and ".join(part.partition) or "no column" for part in (other, parts[0])]
        raise DataError(
            f"{other.shown}: its folders name {named[0]} where those of {parts[0].shown} name {named[1]}; partition "
            "all files of one data set by the same columns."
        )
    return parts


def _ending(name: str) -> str:
    return next(ending for ending in (".csv.gz", *FORMATS) if name.endswith(ending))


def _partition(folders: Sequence[str]) -> dict[str, str | None]:
    """Columns in the names of folders, ``key=value``.

    >>> _partition(["eu", "day=2026-01-05", "town=S%C3%A3o%20Paulo"])
    {'day': '2026-01-05', 'town': 'São Paulo'}
    """
    pairs = [folder.partition("=") for folder in folders]
    return {unquote(key): None if value == _NOTHING else unquote(value) for key, sign, value in pairs if sign and key}


def with_partition(parts: Sequence[Part], wanted: Sequence[str] | None) -> Callable[[pa.Table, Part], pa.Table]:
    """How to give a file's rows the columns that its folders name, in the type that fits all folders.

    A column that the file holds itself is left as it is.

    Parameters
    ----------
    parts
        All files.
    wanted
        Columns that are needed; None: all.
    """
    kinds = {key: _kind([part.partition[key] for part in parts]) for key in parts[0].partition}

    def complete(table: pa.Table, part: Part) -> pa.Table:
        for key, text in part.partition.items():
            if key not in table.column_names and (wanted is None or key in wanted):
                column = _repeated(text, kinds[key], table.num_rows)
                table = table.append_column(key, column if wanted is not None else _plain(column))
        return table

    return complete


def _kind(texts: Sequence[str | None]) -> pa.DataType:
    """Numbers where every text is how a number is written, so that ``007`` stays text; truth values; else text."""
    held = [text for text in texts if text is not None]
    if held and all(_WHOLE.fullmatch(text) for text in held):
        return pa.int64()
    if held and all(_WHOLE.fullmatch(text) or _NUMBER.fullmatch(text) for text in held):
        return pa.float64()
    if held and all(text in ("true", "false") for text in held):
        return pa.bool_()
    return pa.string()


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _repeated(text: str | None, kind: pa.DataType, rows: int) -> pa.Array:
    """One value for all rows, without a Python object for each."""
    held = pa.chunked_array([[text]], pa.string()).cast(kind)
    if text is not None and not numeric(kind):
        return pa.DictionaryArray.from_arrays(from_numbers(np.zeros(rows, dtype=np.int32)), held.chunk(0))
    if text is None:
        return pa.nulls(rows, kind) if numeric(kind) else pa.nulls(rows, pa.dictionary(pa.int32(), kind))
    return held.take(from_numbers(np.zeros(rows, dtype=np.int64)))
