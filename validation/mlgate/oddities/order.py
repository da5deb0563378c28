"""Family ``order``: the same rows and columns in another order, and values that are late."""

from __future__ import annotations

import zlib

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mlgate.oddities.cells import change, draw, numeric, plain
from mlgate.oddities.oddity import Asked, Odd, Oddity, declare

__all__ = ["ODDITIES"]

#: Orders that are tried; of any number of features more than a third leaves none in its place.
ATTEMPTS = 20


def shuffled_columns(table: pa.Table, asked: Asked) -> pa.Table | None:
    """The features stand in another order."""
    names = asked.columns
    if len(names) < 2:
        return None
    # No feature may stay in its place: a model may hang on the place of any single one.
    order: list[str] = [*names[1:], names[0]]
    for attempt in range(ATTEMPTS):
        drawn = sorted(names, key=lambda name: zlib.crc32(f"{asked.seed} {attempt} {name}".encode()))
        if all(one != other for one, other in zip(names, drawn, strict=True)):
            order = drawn
            break
    turned = dict(zip(names, order, strict=True))
    return table.select([turned.get(name, name) for name in table.column_names])


def shuffled_rows(table: pa.Table, asked: Asked) -> Odd | None:
    """The rows stand in another order, so that an index that models may keep is unsorted."""
    if table.num_rows < 2:
        return None
    order = np.argsort(draw(asked.keys, name="shuffled_rows", seed=asked.seed), kind="stable")
    if (np.diff(order) > 0).all():
        order = order[::-1].copy()
    return Odd(table=table.take(pa.array(order)), rows=order)


def stale_features(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every numeric feature is late: it holds the value of the row before it in time, of the same unit."""
    if asked.time not in table.column_names:
        return None
    moment = _ranks(table, asked.time)
    unit = _ranks(table, asked.unit) if asked.unit in table.column_names else np.zeros_like(moment)
    order = np.lexsort((draw(asked.keys, name="stale_features", seed=asked.seed), moment, unit))
    source = np.arange(table.num_rows)
    follows = unit[order[1:]] == unit[order[:-1]]
    source[order[1:][follows]] = order[:-1][follows]
    if not follows.any():
        return None
    late = pa.array(source)
    names = [name for name in numeric(table, asked) if name != asked.time]
    return change(table, names, lambda _, column: plain(column).take(late))


def _ranks(table: pa.Table, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) the place of each row's value among the distinct values, in ascending order; missing ones are last."""
    ranks = pa.compute.rank(plain(table.column(name)), tiebreaker="dense")
    return np.asarray(ranks.to_numpy(zero_copy_only=False), dtype=np.int64)


ODDITIES: tuple[Oddity, ...] = (
    declare("order", shuffled_columns, needs="two features to put in another order", alike=True),
    declare("order", shuffled_rows, needs="two rows to put in another order", alike=True),
    declare("order", stale_features, needs="numeric feature and a column of time (declare it under time)"),
)
