"""The other side of ``called_source.py``: the process in which a query, a download or the user's callable runs.

``python -m mlgate.edges.rows.source_process REQUESTS ANSWERS LIFELINE`` (three file descriptors). It gets one order,
writes the rows as Arrow files (or the files of an object store as they are) into the folder that the order names, and
answers with how many (or which), both as JSON. Separate because here, and not in the parent, are SQLAlchemy, drivers,
fsspec and the user's code imported, and because all of them may hang.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlgate.edges.child_side import answer_once
from mlgate.edges.named_function import named_function
from mlgate.edges.rows.in_memory import without_index
from mlgate.errors import ConfigError, DataError, MlgateError

__all__ = ["called", "main", "write_rows"]


def main(arguments: list[str]) -> int:
    """Fetch once and answer with ``{"files"}`` or ``{"parts"}``, or with ``{"problem", "kind"}``."""
    return answer_once(arguments, _fetch)


def _fetch(order: dict[str, Any]) -> dict[str, Any]:
    try:
        if order["address"]:
            from mlgate.edges.rows.object_store import fetch_parts

            found = fetch_parts(order["address"], Path(order["folder"]))
            return {"parts": [[str(part.path), part.shown, dict(part.partition)] for part in found]}
        if order["callable"]:
            sys.path.insert(0, order["root"])
            tables = called(order["callable"], order["options"])
        else:
            from mlgate.edges.rows.sql_rows import rows_of

            tables = rows_of(order["url"], order["query"], shown=order["shown"])
        return {"files": write_rows(tables, Path(order["folder"]))}
    except MlgateError as problem:
        kind = ConfigError if isinstance(problem, ConfigError) else DataError
        return {"problem": str(problem), "kind": kind.__name__}
    except BaseException as problem:  # SystemExit too: a callable may end its process, and that is no data
        traceback.print_exc()
        told = " ".join(traceback.format_exception_only(problem)[-1].split())[:300].rstrip(".")
        advice = "correct the function" if order["callable"] else "see what is installed"
        return {"problem": f"{order['shown']}: failed: {told}; {advice}.", "kind": DataError.__name__}


def write_rows(tables: Iterable[pa.Table], folder: Path) -> int:
    """Write each table as a file of its own, ``0.arrow``, ``1.arrow``, …, and say how many there are."""
    count = 0
    for table in tables:
        with pa.OSFile(str(folder / f"{count}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        count += 1
    return count


# ---- the user's callable


def called(name: str, options: dict[str, str]) -> Iterator[pa.Table]:
    """The rows that ``module:function`` returns, as Arrow tables.

    Parameters
    ----------
    name
        Of the function; it may return an Arrow table, a pandas or polars data frame, whatever else speaks Arrow, or an
        iterator of such.
    options
        Its keyword arguments.

    Raises
    ------
    ConfigError
        There is no such function, or it does not take these options.
    DataError
        What it returns is no table.
    """
    found = _resolved(name, options)(**options)
    if _is_table(found) or not isinstance(found, Iterator):
        yield _table(found, name)
        return
    for one in found:
        yield _table(one, name)


def _resolved(name: str, options: dict[str, str]) -> Any:
    function = named_function(name, told=name, check="the name")
    try:
        inspect.signature(function).bind(**options)
    except TypeError as problem:
        raise ConfigError(f"{name}: cannot be called with these options ({problem}); correct them.") from None
    return function


def _is_table(found: object) -> bool:
    return isinstance(found, (pa.Table, pa.RecordBatch)) or hasattr(found, "__arrow_c_stream__")


def _table(found: object, name: str) -> pa.Table:
    if not _is_table(found):
        raise DataError(
            f"{name}: returns {type(found).__name__}, which is no table; return an Arrow table or a pandas or polars "
            "data frame."
        )
    if isinstance(found, pa.RecordBatch):
        return pa.Table.from_batches([found])
    try:
        table = found if isinstance(found, pa.Table) else pa.table(found)
    except (pa.ArrowException, TypeError, ValueError) as problem:
        reason = " ".join(str(problem).split())[:300].rstrip(".")
        raise DataError(f"{name}: its table cannot be taken ({reason}); give every column one type.") from None
    return without_index(table)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
