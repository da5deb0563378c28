"""One file in pieces, so that rows that do not fit in memory can be looked at: its schema, then its batches.

Separate from ``formats.py``, which reads whole files and can say more of what is wrong with one. CSV is read twice: its
types depend on all rows, and a column that is whole numbers for a million rows may end in ``n/a``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlgate.errors import DataError

__all__ = ["batches_of", "schema_of"]

#: Bytes of text that are read at a time.
_BLOCK = 8 << 20
_CSV_PROBLEM = re.compile(r"In CSV column #(?P<place>\d+): .*CSV conversion error to (?P<kind>[^:]+):")
#: What Arrow tries for a column of CSV, in its order, when a value is not of the type before.
_LOOSER: tuple[pa.DataType, ...] = (
    pa.null(),
    pa.int64(),
    pa.bool_(),
    pa.date32(),
    pa.time32("s"),
    pa.timestamp("s"),
    pa.timestamp("ns"),
    pa.float64(),
    pa.string(),
    pa.binary(),
)


def schema_of(path: Path, shown: str) -> pa.Schema:
    """Names and types of a file's columns; of CSV after reading all of it.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    if path.stat().st_size == 0:
        raise DataError(f"{shown}: the file is empty (0 bytes); export it again.")
    with _told(shown):
        if path.name.lower().endswith(".parquet"):
            import pyarrow.parquet

            return pyarrow.parquet.read_schema(path)
        if path.name.lower().endswith((".csv", ".csv.gz")):
            return _csv_schema(path)
        return next(_plain_batches(path)).schema


def batches_of(
    path: Path, schema: pa.Schema, columns: Sequence[str], rows: int, shown: str
) -> Iterator[pa.RecordBatch]:
    """The rows of a file, some at a time.

    Parameters
    ----------
    path
        The file.
    schema
        From ``schema_of``.
    columns
        Those that are read.
    rows
        Most rows of one batch; Parquet and Feather give no more, text by its bytes.
    shown
        What the file is called, for the errors.

    Raises
    ------
    DataError
        The file cannot be read to its end.
    """
    with _told(shown):
        if path.name.lower().endswith(".parquet"):
            import pyarrow.parquet

            # With buffers filled ahead, pyarrow 25 keeps all that it has read until the end.
            with pyarrow.parquet.ParquetFile(path, pre_buffer=False) as file:
                yield from file.iter_batches(batch_size=rows, columns=list(columns))
            return
        whole = _csv_batches(path, schema) if _is_csv(path) else _plain_batches(path)
        for batch in whole:
            picked = batch.select(list(columns))
            yield from (picked.slice(start, rows) for start in range(0, picked.num_rows, rows))


@contextmanager
def _told(shown: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        reason = " ".join(str(problem).split()).split(". ")[0].rstrip(".")[:300]
        raise DataError(
            f"{shown}: cannot be read: {reason}; it may be cut off or of another format, so export it again."
        ) from None


def _is_csv(path: Path) -> bool:
    return path.name.lower().endswith((".csv", ".csv.gz"))


def _plain_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Batches of a Feather file or of JSON lines, whose types stand in the file or in its first block."""
    if path.name.lower().endswith((".jsonl", ".ndjson")):
        import pyarrow.json

        yield from pyarrow.json.open_json(path, read_options=pyarrow.json.ReadOptions(block_size=_BLOCK))
        return
    with pa.memory_map(str(path)) as memory:
        file = pa.ipc.open_file(memory)
        if not file.num_record_batches:
            yield pa.RecordBatch.from_pylist([], schema=file.schema)
        for place in range(file.num_record_batches):
            yield file.get_batch(place)


def _csv_batches(path: Path, schema: pa.Schema | None) -> Any:
    import pyarrow.csv

    convert = pyarrow.csv.ConvertOptions(
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=["", "NaN", "nan"],
        column_types=schema,
    )
    return pyarrow.csv.open_csv(path, read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK), convert_options=convert)


def _csv_schema(path: Path) -> pa.Schema:
    """The types that all rows agree on: those of the first block, made looser until every row can be read."""
    schema: pa.Schema | None = None
    while True:
        try:
            reader = _csv_batches(path, schema)
            schema = reader.schema
            for _ in reader:
                pass
            return schema
        except pa.ArrowInvalid as problem:
            found = _CSV_PROBLEM.search(" ".join(str(problem).split()))
            if found is None or schema is None:
                raise
            place = int(found["place"])
            field = schema.field(place)
            schema = schema.set(place, pa.field(field.name, _looser(field.type)))


def _looser(kind: pa.DataType) -> pa.DataType:
    place = next((place for place, one in enumerate(_LOOSER) if one == kind), len(_LOOSER) - 3)
    return _LOOSER[min(place + 1, len(_LOOSER) - 1)]
