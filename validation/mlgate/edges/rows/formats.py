"""Four file formats to Arrow tables, and one sentence for each way in which a file can be broken.

Separate from ``files.py``, which says what a table must be whatever it was read from. Arrow says what is wrong; here it
is said where: the column, and the row as people count it, the first below the names being row 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlgate.errors import DataError
from mlgate.sentences import plural

__all__ = ["FORMATS", "Wanted", "read_format"]

#: Of all column names, those that are needed.
Wanted = Callable[[Sequence[str]], Sequence[str]]
#: File endings that can be read.
FORMATS = (".parquet", ".csv", ".feather", ".arrow", ".jsonl", ".ndjson")

#: How files start that were written as UTF-16.
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Arrow's sentences about JSON: where, and in which row of the block, counted from 0.
_JSON_ROW = re.compile(r"(?:Column\((?P<path>[^)]*)\) )?(?P<what>.*?)\.? in row (?P<row>\d+)$")
#: Bytes that Arrow can take as one block of JSON.
_BLOCK = 2**31 - 1


def read_format(path: Path, wanted: Wanted | None) -> pa.Table:
    """The table in a file, by its ending.

    Parameters
    ----------
    path
        The file.
    wanted
        As for ``read_table``; only Parquet is read in part.

    Raises
    ------
    DataError
        The file is empty, of an ending that is not known, or cannot be read.
    """
    read = _reader(path)
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty (0 bytes); export it again.")
    try:
        table = read(path, wanted)
        table.column_names  # noqa: B018  decodes them: a header in another encoding is told here
    except UnicodeDecodeError:
        raise DataError(f"{path}: the names of the columns are not UTF-8 text; save the file as UTF-8.") from None
    except UnicodeEncodeError:
        raise DataError(f"{path}: the name of the file is not UTF-8 text, which Arrow needs; rename it.") from None
    except (pa.ArrowException, OSError) as problem:
        reason = " ".join(str(problem).split()).split(". ")[0].rstrip(".")[:300]
        raise DataError(
            f"{path}: cannot be read: {reason}; it may be cut off or of another format, so export it again."
        ) from None
    for place, name in enumerate(table.column_names):
        _check_text(table.column(place), name, path)
    return table


def _reader(path: Path) -> Callable[[Path, Wanted | None], pa.Table]:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return _read_parquet
    if name.endswith((".csv", ".csv.gz")):
        return _read_csv
    if name.endswith((".feather", ".arrow")):
        return _read_feather
    if name.endswith((".jsonl", ".ndjson")):
        return _read_json
    raise DataError(f"{path}: the ending is not one that can be read; known are {', '.join(FORMATS)}.")


# ---- Parquet and Feather


def _read_parquet(path: Path, wanted: Wanted | None) -> pa.Table:
    import pyarrow.parquet

    # read_table would import the dataset machinery, and pandas with it, for one plain file.
    with pyarrow.parquet.ParquetFile(path) as file:
        if wanted is None:
            return file.read()
        schema = file.schema_arrow
        names = list(dict.fromkeys(wanted(schema.names)))
        texts = _repeated_texts(file.metadata, schema, names)
    with pyarrow.parquet.ParquetFile(path, read_dictionary=texts) as file:
        return file.read(columns=names if len(set(schema.names)) == len(schema.names) else None)


def _repeated_texts(metadata: Any, schema: pa.Schema, names: Sequence[str]) -> list[str]:
    """Columns of text that the file holds as codes; one of ids takes longer to read as codes than as text."""
    sizes: dict[str, int] = {}
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(place)
            sizes[chunk.path_in_schema] = sizes.get(chunk.path_in_schema, 0) + chunk.total_uncompressed_size
    # A text that is no code needs four bytes for its length alone.
    most = 4 * metadata.num_rows
    texts = (field.name for field in schema if field.name in names and pa.types.is_string(field.type))
    return [name for name in texts if sizes.get(name, 0) < most]


def _read_feather(path: Path, _: Wanted | None) -> pa.Table:
    import pyarrow.feather

    return pyarrow.feather.read_table(path)


# ---- CSV


def _read_csv(path: Path, _: Wanted | None) -> pa.Table:
    import pyarrow.csv

    # A name or a town may well be "NA" or "null": only an empty cell is missing in text; numbers keep Arrow's
    # spellings.
    options = pyarrow.csv.ConvertOptions(
        strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=["", "NaN", "nan"]
    )
    try:
        table = pyarrow.csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid:
        _refuse_other_text(path)
        _refuse_ragged(path)
        raise
    if table.num_columns == 1:
        _refuse_other_text(path)
    return table


def _refuse_other_text(path: Path) -> None:
    """Refuse what is text but no CSV: UTF-16, or columns that something else than a comma separates."""
    with pa.input_stream(path, compression="detect") as file:
        start = file.read(1 << 16)
    if start.startswith(_UTF16):
        raise DataError(f"{path}: the text is UTF-16; save the file as UTF-8.")
    header = start.split(b"\n", 1)[0].decode(errors="replace").strip()
    for sign, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if sign in header and "," not in header:
            raise DataError(
                f"{path}: the columns are separated by {called} ({header[:60]!r}); separate them by commas, and write "
                "decimals with a point."
            )


def _refuse_ragged(path: Path) -> None:
    """Refuse a row of too few or too many cells with its number, which Arrow knows only when it reads in one thread."""
    import pyarrow.csv

    bad = []

    def note(row: Any) -> str:
        bad.append(row)
        return "error"

    try:
        pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=note),
        )
    except pa.ArrowInvalid:
        if bad:
            row = bad[0]
            raise DataError(
                f"{path}: row {row.number - 1:,} has {plural(row.actual_columns, 'column')} where there "
                f"{'is' if row.expected_columns == 1 else 'are'} {plural(row.expected_columns, 'name')} "
                f"({row.text[:60]!r}); quote texts that hold commas, or repair the row."
            ) from None


# ---- JSON lines


def _read_json(path: Path, _: Wanted | None) -> pa.Table:
    import pyarrow.json

    try:
        return pyarrow.json.read_json(path)
    except pa.ArrowInvalid as problem:
        told = str(problem)
        if path.stat().st_size < _BLOCK:
            # Arrow counts the rows of a block, so the whole file is made one.
            whole = pyarrow.json.ReadOptions(block_size=path.stat().st_size + 1)
            try:
                pyarrow.json.read_json(path, read_options=whole)
            except pa.ArrowInvalid as again:
                told = str(again)
        found = _JSON_ROW.search(told.removeprefix("JSON parse error: "))
        if found is None:
            raise
        row = int(found["row"]) + 1
        column = (found["path"] or "").removeprefix("/")
        if found["path"] == "":
            raise DataError(f"{path}: row {row:,} is no object; write one object with all columns per line.") from None
        where = f"column {column!r} in row {row:,}" if column else f"row {row:,}"
        raise DataError(f"{path}: {where} cannot be read ({found['what'].lower()}); repair the line.") from None


# ---- all formats


def _check_text(column: pa.ChunkedArray, name: str, path: Path) -> None:
    """Refuse text that is no UTF-8, which would break something later, and a column that is broken otherwise."""
    if pa.types.is_binary(column.type) and _reader(path) is _read_csv:
        _refuse_other_encoding(column, name, path)  # Arrow takes text in another encoding for bytes
    try:
        column.validate(full=True)
    except pa.ArrowException as problem:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            _refuse_other_encoding(column, name, path)
        reason = " ".join(str(problem).split())[:300]
        raise DataError(f"{path}: column {name!r} cannot be read: {reason}; export the file again.") from None


def _refuse_other_encoding(column: pa.ChunkedArray, name: str, path: Path) -> None:
    for row, value in enumerate(column.cast(pa.large_binary()).to_pylist(), start=1):
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            raise DataError(
                f"{path}: column {name!r} holds text that is not UTF-8 in row {row:,} (as Latin-1 it reads "
                f"{value.decode('latin-1')[:40]!r}); save the file as UTF-8."
            ) from None
