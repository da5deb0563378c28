"""The record that an oddity is, what it is told of the base case, and what it gives back.

Separate from the tuple in ``__init__`` so that each family's file imports downwards only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.errors import ConfigError, DataError
from mlgate.frozen import dataclass
from mlgate.sentences import plural

__all__ = ["Asked", "MakeOddity", "Odd", "Oddity", "declare", "make_odd", "sentence_of"]

Places = NDArray[np.intp]
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Asked:
    """What an oddity is told of the base case: which columns it may touch, and what is known of them."""

    #: columns that it may touch: the model's inputs, but for those that are to be left alone.
    columns: tuple[str, ...]
    #: (n,) identity of each row: cells are chosen by it and never by position.
    keys: NDArray[np.uint64]
    seed: int = 0
    #: columns of numbers that are codes of categories; columns of text are categories anyway.
    categories: tuple[str, ...] = ()
    #: by column, the lowest and the highest value that its expectations allow; None where they do not say.
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    #: column that says when a row happened, and the one that says to whom it belongs; empty when nobody says.
    time: str = ""
    unit: str = ""
    #: inputs that the model says it can do without.
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Odd:
    """An odd table, and which rows of the base case its rows are."""

    table: pa.Table
    #: (m,) the base case's row of each row; None: the same rows in the same order.
    rows: Places | None = None
    #: columns that differ from the base case's, new and lost ones among them.
    touched: tuple[str, ...] = ()


class MakeOddity(Protocol):
    """A pure function of a table; None when the table has nothing that can be given the abnormality."""

    def __call__(self, table: pa.Table, asked: Asked) -> pa.Table | Odd | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Oddity:
    """One specific abnormality, and the function that gives a table it."""

    #: as it stands in mlgate.yaml and in ids.
    name: str
    #: the file that it stands in; ``own`` for a team's.
    family: str
    #: what people read, a clause that follows "where": the first sentence of the function's docstring.
    title: str
    #: a copy of the table that has the abnormality, in some of the columns only.
    make: MakeOddity
    #: what a table must have, for the error when it has not: "value to take away".
    needs: str
    #: the right answer: ``answer`` (a legal one), ``refuse`` (an error that names a column), or ``either`` of them.
    expect: str = "answer"
    #: whether no row's content changes, so that every row must be answered as it is in the base case.
    alike: bool = False
    #: whether it is made once for each column that it may touch.
    each: bool = False


def sentence_of(make: Callable[..., object]) -> str:
    """The first sentence of a function's docstring, as a clause; empty when it has none.

    >>> sentence_of(make_odd)
    'the odd table, checked'
    """
    first = (inspect.getdoc(make) or "").partition("\n")[0].strip().removesuffix(".")
    return first[:1].lower() + first[1:]


def declare(
    family: str, make: MakeOddity, *, needs: str, expect: str = "answer", alike: bool = False, each: bool = False
) -> Oddity:
    """An oddity that is called like its function and titled like the docstring."""
    name = make.__name__  # type: ignore[attr-defined]  # every maker is a function
    return Oddity(
        name=name,
        family=family,
        title=sentence_of(make),
        make=make,
        needs=needs,
        expect=expect,
        alike=alike,
        each=each,
    )


def make_odd(oddity: Oddity, table: pa.Table, asked: Asked) -> Odd:
    """The odd table, checked.

    Raises
    ------
    DataError
        The table has nothing that could be given this abnormality.
    ConfigError
        A team's own function gave back something else than a table.
    """
    found = oddity.make(table, asked)
    if found is None:
        raise DataError(
            f'the oddity "{oddity.name}" finds no {oddity.needs}; take it out of oddities.sets, or name columns for it.'
        )
    odd = found if isinstance(found, Odd) else Odd(table=found)
    if not isinstance(odd.table, pa.Table):
        kind = type(odd.table).__name__
        raise ConfigError(f"the oddity {oddity.name} gave back a {kind}; it must return a pyarrow.Table, or None.")
    if odd.rows is None and odd.table.num_rows != table.num_rows or odd.rows is not None and _astray(odd, table):
        raise ConfigError(
            f"the oddity {oddity.name} gave back {plural(odd.table.num_rows, 'row')} for {table.num_rows:,} without "
            "saying which they are; return Odd(table=…, rows=…) with the place of each row in the table "
            "that it was given."
        )
    return Odd(table=odd.table, rows=odd.rows, touched=_touched(table, odd))


def _astray(odd: Odd, table: pa.Table) -> bool:
    """Whether rows point to no row of the base case."""
    rows = odd.rows
    assert rows is not None
    return len(rows) != odd.table.num_rows or bool(len(rows) and not (0 <= rows.min() <= rows.max() < table.num_rows))


def _touched(before: pa.Table, odd: Odd) -> tuple[str, ...]:
    """Columns that one of the tables lacks, or that hold something else."""
    after = odd.table
    names = dict.fromkeys((*before.column_names, *after.column_names))
    lone = [name for name in names if name not in before.column_names or name not in after.column_names]
    if odd.rows is not None:
        return tuple(lone)
    shared = [name for name in names if name not in lone]
    changed = [name for name in shared if not _same(before.column(name), after.column(name))]
    return tuple(name for name in names if name in lone or name in changed)


def _same(first: pa.ChunkedArray, second: pa.ChunkedArray) -> bool:
    """Whether two columns are one: of the same buffers, which is what an untouched column is."""
    if first.type != second.type or first.num_chunks != second.num_chunks:
        return False

    def places(column: pa.ChunkedArray) -> list[object]:
        return [
            (chunk.offset, *(buffer.address if buffer is not None else None for buffer in chunk.buffers()))
            for chunk in column.chunks
        ]

    return places(first) == places(second)
