"""Which single columns stand in for a sensitive attribute: those whose value alone tells it.

Separate from ``proxies.py``, which asks how well all features together tell an attribute, and grows trees for
it: here one column at a time is looked at, so that a finding about the column can say what else it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.predictive_power import FOLDS, Feature, Label, power_of
from mlgate.edges.arrays import encodable, from_numbers, numeric, to_floats
from mlgate.edges.batches.columns import coded_column
from mlgate.edges.data_checks.single_columns import ordered_column
from mlgate.edges.hashing import NOTHING, hash_column, mix
from mlgate.records.words import Task

__all__ = ["stand_ins"]

#: Up to as many distinct values an attribute is told value by value; beyond, as a number.
VALUES = 10
#: Rows that a value needs, and that all others need, to be told.
FEWEST = 50
#: Rows that are looked at; an AUC of this many is right to about 0.01.
ROWS = 5000


def stand_ins(
    table: pa.Table,
    *,
    columns: Sequence[str],
    attributes: Sequence[str],
    order: NDArray[np.intp],
    auc: float,
    r2: float,
) -> dict[str, str]:
    """By column, the attribute that it alone tells best, where it tells one well.

    Parameters
    ----------
    table
        The base case.
    columns, attributes
        That may stand in, and that may be stood in for.
    order
        Places of the rows in the order in which they are looked at.
    auc, r2
        From what a column stands in: cross-validated AUC of a value, R² of ranks of a number.
    """
    held = [name for name in attributes if name in table.column_names]
    if not held:
        return {}
    rows = table.take(from_numbers(order[:ROWS]))
    found: dict[str, tuple[float, str]] = {}
    for attribute in held:
        known = np.flatnonzero(hash_column(rows.column(attribute)) != NOTHING)
        part = rows.take(from_numbers(known))
        labels = _labels(part.column(attribute), attribute)
        for name in columns if labels else ():
            if name == attribute:
                continue
            feature = ordered_column(part.column(name), name)
            for label in labels:
                least = auc if label.task is Task.BINARY else r2
                strength = _figure(feature, label)
                if strength >= least:
                    found[name] = max(found.get(name, (0.0, "")), (strength, attribute))
    return {name: attribute for name, (_, attribute) in found.items()}


def _figure(feature: Feature, label: Label) -> float:
    return power_of(feature, label).figure if np.any(feature.order >= 0) else 0.0


def _labels(column: pa.ChunkedArray, name: str) -> list[Label]:
    """The attribute as questions: each value against the others, or a number."""
    coded = coded_column(column)
    rows = len(coded.codes)
    # Folds by place would do: rows come in the order of a hash.
    folds = (mix(np.arange(rows, dtype=np.uint64)) % np.uint64(FOLDS)).astype(np.intp)
    if len(coded.values) <= VALUES:
        counts = np.bincount(coded.codes, minlength=len(coded.values))
        told = [place for place in range(len(coded.values)) if FEWEST <= counts[place] <= rows - FEWEST]
        told = told[:1] if len(coded.values) == 2 else told  # the other is told just as well
        return [
            Label(name=name, task=Task.BINARY, values=(coded.codes == place).astype(np.float64), folds=folds)
            for place in told
        ]
    plain = encodable(column)
    if not numeric(plain.type) or rows < 2 * FEWEST:
        return []
    return [Label(name=name, task=Task.REGRESSION, values=to_floats(plain), folds=folds)]
