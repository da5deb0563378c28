"""What the values of a binary label mean: which is positive, which are negative, and that there is no third.

A mistyped third value that silently counts as negative makes every figure wrong by a little, so it is asked about.
Separate from ``scoring.py``, which turns the values into numbers once their meaning is settled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from mlgate.edges.batches.columns import coded_column, column_of
from mlgate.errors import DataError, nearest
from mlgate.records.settings import LabelSettings
from mlgate.slices import value_text

__all__ = ["only_two", "value_counts", "with_negative"]

#: Values that an error lists with their rows, letters of each, and values among which a mistyped one is sought.
_LISTED, _LETTERS, _NAMED = 6, 40, 50


def value_counts(table: pa.Table, label: str, source: str) -> dict[str, int]:
    """Rows of every value of the label column, as text, those with most rows first; without missing ones.

    Raises
    ------
    DataError
        The label column is missing.
    """
    coded = coded_column(column_of(table, label, "the label column", source))
    found = dict[str, int]()
    for value, count in zip(coded.values, np.bincount(coded.codes, minlength=len(coded.values)).tolist()):
        if value is not None and count:
            text = value_text(value)
            found[text] = found.get(text, 0) + count
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def with_negative(label: LabelSettings, tables: Mapping[str, pa.Table]) -> LabelSettings:
    """The label with its negative value, which is the one other that the data hold where none was declared.

    Parameters
    ----------
    label
        A binary label.
    tables
        All data sets that have the label, by what errors call them.

    Raises
    ------
    DataError
        A label column is missing, or the data leave open which values are negative.
    """
    if label.negative != () or not tables:
        return label
    held = dict[str, int]()
    for source, table in tables.items():
        for value, count in value_counts(table, label.column, source).items():
            held[value] = held.get(value, 0) + count
    if held and label.positive not in held:
        sentence = f"column {label.column!r} never holds the positive label {label.positive!r}"
        raise DataError(f"{', '.join(tables)}: {sentence}; {nearest(label.positive, list(held)[:_NAMED])}")
    mend = f"name all that are negative under label.negative (null: all but {label.positive!r})"
    return dataclasses.replace(label, negative=only_two(held, label.positive, label.column, ", ".join(tables), mend))


def only_two(held: Mapping[str, int], positive: str, column: str, source: str, mend: str) -> tuple[str, ...]:
    """The one value beside the positive one; empty where there is no other.

    Parameters
    ----------
    held
        Rows of every value.
    positive
        The value that counts as positive.
    column, source
        Where the values come from, for the error.
    mend
        How to say which values are negative, where there are several.

    Raises
    ------
    DataError
        There are several others.

    >>> only_two({"no": 60, "yes": 40}, "yes", "y", "rows.csv", "say which are negative")
    ('no',)
    """
    others = tuple(value for value in held if value != positive)
    if len(others) <= 1:
        return others
    listed = ", ".join(f"{_short(value)} ({count:,})" for value, count in list(held.items())[:_LISTED])
    more = f" and {len(held) - _LISTED:,} more" if len(held) > _LISTED else ""
    raise DataError(
        f"{source}: column {column!r} holds {len(held):,} values, {listed}{more}, and a binary label has two; mend what"
        f" is mistyped, or {mend}."
    )


def _short(value: str) -> str:
    return repr(value if len(value) <= _LETTERS else value[: _LETTERS - 1] + "…")
