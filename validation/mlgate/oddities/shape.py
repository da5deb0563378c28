"""Family ``shape``: other numbers of rows and columns than the model is used to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mlgate.oddities.cells import choose_cells, draw, plain, present, replace_cells, replace_column
from mlgate.oddities.oddity import Asked, Odd, Oddity, declare

__all__ = ["ODDITIES"]

#: Share of the rows that come twice.
SHARE = 0.1
#: The column that nobody asked for.
EXTRA = "mlgate_extra"


def extra_column(table: pa.Table, asked: Asked) -> pa.Table | None:
    """There is one more column, of numbers, that nobody asked for."""
    name = EXTRA
    while name in table.column_names:
        name += "_"
    drawn = draw(asked.keys, name=name, seed=asked.seed) % np.uint64(1000)
    return table.append_column(name, pa.array(drawn.astype(np.float64)))


def missing_optional_column(table: pa.Table, asked: Asked) -> pa.Table | None:
    """One column that the model says it can do without is not there."""
    name = next(iter(asked.columns), "")
    return table.drop_columns([name]) if name in asked.optional else None


def duplicate_rows(table: pa.Table, asked: Asked) -> Odd | None:
    """A tenth of the rows comes twice in a row."""
    if not table.num_rows:
        return None
    twice = choose_cells(np.ones(table.num_rows, dtype=np.bool_), asked, share=SHARE, name="duplicate_rows")
    rows = np.sort(np.concatenate([np.arange(table.num_rows), twice]))
    return Odd(table=table.take(pa.array(rows)), rows=rows)


def constant_column(table: pa.Table, asked: Asked) -> pa.Table | None:
    """The feature that has the most values holds its most frequent one in every row."""
    best: tuple[int, str, object] = (1, "", None)
    for name in asked.columns:
        counts = pa.compute.value_counts(plain(table.column(name)).filter(pa.array(present(table.column(name)))))
        if len(counts) > best[0]:
            pairs = zip(counts.field("counts").to_pylist(), counts.field("values").to_pylist(), strict=True)
            best = (len(counts), name, min(pairs, key=lambda pair: (-pair[0], str(pair[1])))[1])
    if not best[1]:
        return None
    column = table.column(best[1])
    return replace_column(table, best[1], replace_cells(column, np.flatnonzero(present(column)), best[2]))


def one_row(table: pa.Table, asked: Asked) -> Odd | None:
    """There is one row only."""
    if not table.num_rows:
        return None
    row = int(np.argmin(draw(asked.keys, name="one_row", seed=asked.seed)))
    return Odd(table=table.slice(row, 1), rows=np.array([row]))


def zero_rows(table: pa.Table, asked: Asked) -> Odd | None:
    """There is no row at all."""
    return Odd(table=table.slice(0, 0), rows=np.zeros(0, dtype=np.intp))


ODDITIES: tuple[Oddity, ...] = (
    declare("shape", extra_column, needs="place for another column", expect="either", alike=True),
    declare("shape", missing_optional_column, needs="optional input in the model's signature", each=True),
    declare("shape", duplicate_rows, needs="row to repeat", alike=True),
    declare("shape", constant_column, needs="feature of several values"),
    declare("shape", one_row, needs="row to keep", alike=True),
    declare("shape", zero_rows, needs="table"),
)
