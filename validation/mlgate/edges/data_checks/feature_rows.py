"""Features of a bounded number of rows as one matrix of floats: what a classifier or a forest can read.

Shared by ``domain_classifier.py`` and ``outliers.py``. Rows are drawn by the hash of their identity, so that neither
their order nor their number of batches decides which are taken, and they stand in the order of that hash.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers
from mlgate.edges.data_checks.drift_columns import column_batch
from mlgate.edges.hashing import hash_rows, mix
from mlgate.edges.rows.files import row_identity
from mlgate.frozen import dataclass
from mlgate.records.rows import Coded
from mlgate.slices import value_text

__all__ = ["Drawn", "draw", "shared_features", "texts_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drawn:
    """Some rows of a table."""

    #: number of rows that they were drawn of.
    among: int
    #: (n,) place of each in the table.
    places: NDArray[np.intp]
    #: (n,) hash of each row's content: equal rows have equal ones.
    content: NDArray[np.uint64]
    #: by feature: (n,) numbers with NaN, or codes.
    columns: dict[str, Floats | Coded]


def shared_features(reference: pa.Table, window: pa.Table, ignore: Collection[str]) -> tuple[str, ...]:
    """Columns of both tables that may be read, in the order of the reference."""
    return tuple(name for name in reference.column_names if name in window.column_names and name not in ignore)


def draw(table: pa.Table, features: Collection[str], cap: int) -> Drawn:
    """At most ``cap`` rows of a table, chosen by their identities: content and occurrence number."""
    chosen = table.select([name for name in table.column_names if name in features])
    # Mixed once more, so that the choice has nothing to do with anything else that is drawn by the same hash.
    order = mix(row_identity(chosen, None))
    places = np.argsort(order, kind="stable")[:cap]
    rows = chosen.take(from_numbers(places))
    return Drawn(
        among=table.num_rows,
        places=places,
        content=hash_rows(rows),
        columns=dict(column_batch(rows).columns),
    )


def texts_of(column: Floats | Coded) -> NDArray[np.object_]:
    """The values of a column as text, (n,), None where missing: for columns that one of two tables codes."""
    if isinstance(column, Coded):
        words = np.array([None if value is None else value_text(value) for value in column.values], dtype=object)
        return words[column.codes] if len(words) else np.empty(0, dtype=object)
    return np.array([None if value != value else value_text(value) for value in column.tolist()], dtype=object)
