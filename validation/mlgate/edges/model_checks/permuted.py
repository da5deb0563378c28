"""Tables for explanations: columns dealt to other rows, and columns set to one value after the other.

Separate from asking the models, which ``commands/model_steps/explanations.py`` does. Rows are taken in the order of a
hash of what they are, and the deal of each repeat is a hash of that and of the repeat's number: the order of the file
matters to neither, and both models are handed the very same tables.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.hashing import mix
from mlgate.edges.model_checks.probes import codes_among, typed, values_of, with_column, with_value
from mlgate.frozen import dataclass

__all__ = ["Grid", "deal", "dealt", "grid_of", "hashed_order", "on_grid"]

Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]

#: Points of a grid of numbers, and levels of a category.
POINTS, LEVELS = 10, 8
#: Between which quantiles a grid of numbers lies.
LOWEST, HIGHEST = 0.05, 0.95


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Grid:
    """Values that a column is given in turn."""

    values: tuple[pa.Scalar, ...]
    #: how people read them.
    texts: tuple[str, ...]
    #: as numbers; None for categories.
    numbers: tuple[float, ...] | None
    #: rows that a value stands for: those that hold it, or all for numbers.
    rows: tuple[int, ...]


def hashed_order(identity: Hashes, seed: int) -> Places:
    """Places of all rows in an order that knows nothing of the file's.

    >>> rows = np.array([11, 12, 13], dtype=np.uint64)
    >>> rows[hashed_order(rows, 1)].tolist() == rows[::-1][hashed_order(rows[::-1], 1)].tolist()
    True
    """
    return np.argsort(mix(identity ^ np.uint64(seed & (1 << 64) - 1)), kind="stable")


def deal(identity: Hashes, column: str, repeat: int) -> Places:
    """For each row, the place of the row whose value it is dealt; never its own where there are two."""
    digest = hashlib.blake2b(f"{repeat} {column}".encode(), digest_size=8).digest()
    order = np.argsort(mix(identity ^ np.uint64(int.from_bytes(digest, "big"))), kind="stable")
    donors = np.empty(len(order), dtype=np.intp)
    donors[order] = np.roll(order, 1)
    return donors


def dealt(table: pa.Table, column: str, identity: Hashes, repeats: int) -> pa.Table:
    """The table as often as there are repeats, one below the other, each with the column dealt anew."""
    places = np.concatenate([deal(identity, column, repeat) for repeat in range(repeats)])
    stacked = pa.concat_tables([table] * repeats)
    return with_column(stacked, column, table.column(column).take(from_numbers(places)))


def grid_of(column: pa.ChunkedArray) -> Grid | None:
    """Values to put in all rows of a column: all of a few, else quantiles of numbers or the most frequent categories.

    Returns
    -------
    Grid or None
        None where there are fewer than two, or the column holds neither numbers, truth values nor texts.
    """
    kind = column.type
    if numeric(kind) and not pa.types.is_boolean(kind):
        held = np.sort(to_floats(column))
        held = held[np.isfinite(held)]
        numbers = np.unique(held)
        if len(numbers) > POINTS:
            # Values that some row has, never between two.
            numbers = np.unique(np.quantile(held, np.linspace(LOWEST, HIGHEST, POINTS), method="lower"))
        if len(numbers) < 2:
            return None
        values = from_numbers(numbers).cast(kind)
        plain = tuple(float(number) for number in numbers)
        texts = tuple(f"{number:.4g}" for number in plain)
        return Grid(values=tuple(values), texts=texts, numbers=plain, rows=(len(column),) * len(plain))
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_boolean(inner)):
        return None
    names = values_of(column)[:LEVELS]
    if len(names) < 2:
        return None
    counts = np.bincount(codes_among(column, names) + 1, minlength=len(names) + 1)[1:]
    return Grid(
        values=tuple(typed(name, kind, where="explanations") for name in names),
        texts=names,
        numbers=None,
        rows=tuple(int(count) for count in counts),
    )


def on_grid(table: pa.Table, column: str, grid: Grid) -> pa.Table:
    """The table as often as the grid has values, one below the other, each with one value in all rows of the column."""
    return pa.concat_tables([with_value(table, column, value) for value in grid.values])
