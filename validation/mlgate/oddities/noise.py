"""Family ``noise``: numbers that are measured badly, and features that no longer go together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

from mlgate.oddities.cells import change, draw, numeric, plain, present, replace_cells, replace_column, values_of
from mlgate.oddities.oddity import Asked, Oddity, declare

__all__ = ["ODDITIES"]

#: A weaker correlation is none that could be broken.
LEAST = 0.2


def noise(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Every numeric feature has noise of one standard deviation on top."""

    def noisy(name: str, column: pa.ChunkedArray) -> pa.Array | None:
        values = values_of(column)
        places = np.flatnonzero(present(column) & np.isfinite(values))
        held = values[places].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            # Sorted, because the last bit of a sum depends on the order.
            deviation = float(np.std(np.sort(held))) if len(held) else 0.0
        if not 0 < deviation < np.inf:
            return None
        share = (draw(asked.keys[places], name=name, seed=asked.seed) >> np.uint64(11)).astype(np.float64)
        with np.errstate(over="ignore"):
            moved = held + deviation * ndtri((share + 0.5) / 2.0**53)
        if values.dtype.kind in "iu":
            limits = np.iinfo(values.dtype)
            moved = np.rint(moved)
            kept = (moved > float(limits.min)) & (moved < float(limits.max))
        else:
            kept = np.abs(moved) <= np.finfo(values.dtype).max
        return replace_cells(column, places[kept], moved[kept].astype(values.dtype)) if kept.any() else None

    return change(table, numeric(table, asked), noisy)


def features_apart(table: pa.Table, asked: Asked) -> pa.Table | None:
    """Of the two numeric features that go together most, one has its values dealt to other rows."""
    name = _partner(table, numeric(table, asked))
    if not name:
        return None
    column = table.column(name)
    order = np.argsort(draw(asked.keys, name="features_apart", seed=asked.seed), kind="stable")
    source = np.empty(table.num_rows, dtype=np.intp)
    source[order] = np.roll(order, 1)
    return replace_column(table, name, plain(column).take(pa.array(source)))


def _partner(table: pa.Table, names: tuple[str, ...]) -> str:
    """The later one of the two columns whose correlation is the largest; empty without any to speak of."""
    columns, kept = [], []
    for name in names if table.num_rows >= 3 else ():
        values = values_of(table.column(name)).astype(np.float64)
        known = present(table.column(name)) & (np.abs(values) < 1e100)
        values = np.where(known, values, values[known].mean() if known.any() else 0.0)
        spread = float(np.std(values))
        if spread > 0:
            columns.append((values - values.mean()) / spread)
            kept.append(name)
    if len(kept) < 2:
        return ""
    matrix = np.vstack(columns)
    strength = np.round(np.abs(np.tril(matrix @ matrix.T / table.num_rows, -1)), 9)
    later = int(np.argmax(strength.max(axis=1)))
    return kept[later] if strength[later].max() >= LEAST else ""


ODDITIES: tuple[Oddity, ...] = (
    declare("noise", noise, needs="numeric column that varies"),
    declare("noise", features_apart, needs="pair of numeric features that go together"),
)
