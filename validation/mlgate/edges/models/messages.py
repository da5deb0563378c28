"""What a model's process and we say to each other: kinds of answers, tables as bytes, and what it says of its model.

Both sides import it, ``worker.py`` here and ``worker_process.py`` there, which often is an environment of the model's
own: so it is separate from either, and brings nothing heavy.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from mlgate.frozen import dataclass

__all__ = [
    "CALLS",
    "PROBLEM",
    "READY",
    "ROWS",
    "SCORES",
    "TIMES",
    "Loaded",
    "loaded_of",
    "streamed",
    "table_of",
]

#: First byte of an answer: what the model is (JSON), scores (a table), times (JSON), or a sentence.
READY, SCORES, TIMES, PROBLEM = b"R", b"S", b"T", b"P"
#: Metadata of a table that ask for times: how many calls, of how many rows each.
CALLS, ROWS = b"mlgate calls", b"mlgate rows"


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a process says of the model that it has loaded."""

    #: registered name and version; empty for a folder and for the model of a run.
    name: str
    version: str
    digest: str
    description: str
    #: its name with the version's number; empty where it has none.
    pinned: str
    #: bytes of its files, and where they are.
    size: int
    folder: Path
    #: what it needs and does not have, such as ``scikit-learn==1.3.2 (here 1.9.1)``.
    mismatches: tuple[str, ...]
    #: inputs of its signature, in order; None without one. Those that it cannot do without.
    columns: tuple[str, ...] | None
    required: tuple[str, ...]
    #: the classes that it names itself, in its order; None when it does not.
    classes: tuple[str, ...] | None
    #: ``decision_threshold`` as its metadata have it; None when they do not.
    threshold: str | None
    #: how long loading took, without fetching.
    seconds: float


def loaded_of(content: bytes) -> Loaded:
    """What stands behind ``READY`` when a model has been loaded."""
    said = json.loads(content)
    return Loaded(
        **{name: str(said[name]) for name in ("name", "version", "digest", "description", "pinned")},
        size=int(said["size"]),
        folder=Path(said["folder"]),
        mismatches=tuple(said["mismatches"]),
        columns=None if said["columns"] is None else tuple(said["columns"]),
        required=tuple(said["required"] or ()),
        classes=None if said["classes"] is None else tuple(said["classes"]),
        threshold=said["threshold"],
        seconds=float(said["seconds"]),
    )


def streamed(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as stream:
        stream.write_table(table)
    content: bytes = buffer.getvalue().to_pybytes()
    return content


def table_of(content: bytes) -> pa.Table:
    """The table of an Arrow stream."""
    with pa.ipc.open_stream(content) as stream:
        return stream.read_all()
