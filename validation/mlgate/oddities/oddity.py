"""The record that an oddity is, and what all oddities share: choosing cells by seed, and putting values into them.

Separate from the tuple in ``__init__`` so that each oddity's file imports downwards only.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

__all__ = ["MakeOddity", "Oddity", "choose_cells", "present", "replace_cells", "replace_column"]


class MakeOddity(Protocol):
    """A pure function of a table; raises DataError when none of the columns can be given the abnormality."""

    def __call__(
        self, table: pa.Table, *, columns: tuple[str, ...], categories: tuple[str, ...], seed: int
    ) -> pa.Table: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Oddity:
    """One specific abnormality, and the function that gives a table it."""

    #: as it stands in mlgate.yaml and in ids.
    name: str
    #: what people read.
    title: str
    #: a copy of the table that has the abnormality, in some of ``columns`` only.
    make: MakeOddity


def present(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which cells hold a value, (n,): neither null nor NaN."""
    filled: NDArray[np.bool_] = ~column.is_null(nan_is_null=True).to_numpy()
    return filled


def choose_cells(eligible: NDArray[np.bool_], *, share: float, name: str, seed: int) -> NDArray[np.int64]:
    """Ascending places of a share of the eligible cells of one column, at least one if there is any.

    The choice depends on the seed, the column's name and which cells are eligible, and on nothing else: neither on
    values nor on other columns.
    """
    places = np.flatnonzero(eligible)
    if not len(places):
        return places
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    count = max(1, round(share * len(places)))
    return np.sort(generator.choice(places, size=count, replace=False))


def replace_cells(column: pa.ChunkedArray, places: NDArray[np.int64], value: object) -> pa.ChunkedArray:
    """The column with one value in all the given cells (None: missing), of the same type."""
    kind = column.type
    plain = column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column
    mask = np.zeros(len(column), dtype=bool)
    mask[places] = True
    filler = pa.scalar(value, type=plain.type)
    changed = pa.compute.if_else(pa.array(mask), filler, plain)
    return changed.cast(kind)


def replace_column(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    """The table with other values in one column; order, type and metadata stay, and nullability where it can."""
    place = table.schema.get_field_index(name)
    field = table.schema.field(place)
    return table.set_column(place, field.with_nullable(True) if column.null_count else field, column)
