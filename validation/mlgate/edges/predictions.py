"""Columns of a predictions file: scores, or decisions when a column holds nothing but label values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import numeric, to_floats
from mlgate.edges.files import digest_bytes
from mlgate.edges.scoring import coded_column
from mlgate.errors import DataError, nearest
from mlgate.records.settings import LabelSettings
from mlgate.slices import value_text

__all__ = ["Column", "predictions_of"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Column:
    """One model's predictions."""

    name: str
    #: (n,) in [0, 1]; NaN where the challenger gave nothing legal.
    values: NDArray[np.float64]
    #: False when the column holds decisions.
    scores: bool
    digest: str


def predictions_of(table: pa.Table, name: str, *, role: str, label: LabelSettings, source: str) -> Column:
    """The predictions in a column.

    Decisions (only label values) become 0 and 1. What is missing or outside [0, 1] is an error for the champion and
    NaN for the challenger, whose failure is a finding.

    Raises
    ------
    DataError
        No such column, text that is no label value, or a row without a legal score of the champion.
    """
    if name not in table.column_names:
        raise DataError(
            f"{source}: the {role}'s column {name!r} is not in the data; {nearest(name, table.column_names)}"
        )
    if name == label.column:
        raise DataError(f"{source}: the {role}'s column {name!r} is the label itself; give the column of predictions.")
    decisions = {label.positive: 1.0, **({} if label.negative is None else {label.negative: 0.0})}
    if label.negative is None and label.column in table.column_names:
        # The rest of the label's values are all the negative class.
        rest = [value_text(one) for one in coded_column(table.column(label.column)).values if one is not None]
        decisions = {**dict.fromkeys(rest, 0.0), **decisions}
    column = table.column(name)
    if pa.types.is_boolean(column.type) and set(decisions) <= {"0", "1"}:
        column = column.cast(pa.uint8())
    elif role == "challenger":
        column = _without_words(column, decisions)
    values, scores = _read(column, name, decisions, source)
    missing = np.flatnonzero(np.isnan(values))
    if role == "champion" and len(missing):
        raise DataError(
            f"{source}: column {name!r} holds no score in {len(missing):,} rows, first in row {missing[0] + 1}; "
            "models are compared on the same rows, so score them or leave them out for both."
        )
    return Column(name=name, values=values, scores=scores, digest=digest_bytes(values.astype(">f8").tobytes()))


def _without_words(column: pa.ChunkedArray, decisions: Mapping[str, float]) -> pa.ChunkedArray:
    """A text column of scores as numbers; what is no number, such as "error", is a row without a score.

    A challenger that gave words in some rows must be a finding; a column of nothing but words is the wrong column, and
    one of nothing but numbers was written as text by whoever made the file.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    coded = coded_column(column)
    numbers = [_number(value) for value in coded.values]
    words = [value is not None and np.isnan(number) for value, number in zip(coded.values, numbers, strict=True)]
    if set(coded.values) <= {*decisions, None} or not any(words) or np.isnan(numbers).all():
        return column
    return pa.chunked_array([pa.array(np.array(numbers, dtype=np.float64)[coded.codes])])


def _number(value: str | float | None) -> float:
    try:
        return float("nan" if value is None else value)
    except ValueError:
        return float("nan")


def _read(
    column: pa.ChunkedArray, name: str, decisions: Mapping[str, float], source: str
) -> tuple[NDArray[np.float64], bool]:
    """Values with NaN where none is legal, and whether they are scores; ``decisions`` maps label values to 0 and 1."""
    if numeric(column.type):
        numbers = to_floats(column)
        # A score is hardly ever whole: the first few rows tell that the distinct values need not be looked for.
        if np.any(np.abs(np.modf(numbers[:1000])[0]) > 0):
            return np.where((numbers >= 0) & (numbers <= 1), numbers, np.nan), True
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    known = {text for text in texts if text is not None}
    if known and known <= set(decisions):
        table = np.array([np.nan if text is None else decisions[text] for text in texts], dtype=np.float64)
        return table[coded.codes], False
    text = next((value for value in coded.values if isinstance(value, str)), None)
    if text is not None:
        raise DataError(
            f"{source}: column {name!r} holds {text!r}, which is neither a score in [0, 1] nor a label value."
        )
    table = np.array([np.nan if value is None else value for value in coded.values], dtype=np.float64)
    return np.where((table >= 0) & (table <= 1), table, np.nan)[coded.codes], True
