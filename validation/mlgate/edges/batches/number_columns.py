"""Columns that mean numbers, written as numbers or as text: scores, decisions and predicted amounts.

Separate from ``predictions.py``, which knows tasks and classes: here it is only settled what one column says. What is
no number in a row of the champion's is an error; in the challenger's it is a row without a prediction, unless the whole
column is so, which is then the wrong column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.arrow_functions import cast
from mlgate.edges.batches.columns import coded_column, shown
from mlgate.errors import DataError
from mlgate.slices import value_text

__all__ = ["LARGEST", "number_of", "read_binary", "read_numbers"]

#: Numbers beyond this cannot be squared and summed.
LARGEST = 1e100


def read_numbers(column: pa.ChunkedArray, name: str, role: str, source: str) -> NDArray[np.float64]:
    """Numbers, (n,), with NaN where a row holds none that can be reckoned with.

    Raises
    ------
    DataError
        Something is no number: of the champion's, or all of the challenger's.
    """
    if numeric(column.type):
        values = to_floats(column)
    else:
        coded = coded_column(column)
        numbers = [number_of(value) for value in coded.values]
        words = [value for value, number in zip(coded.values, numbers, strict=True) if value and math.isnan(number)]
        if words and (role != "challenger" or np.isnan(numbers).all()):
            raise DataError(
                f"{source}: column {name!r} holds {shown(coded, words[0])}, which is no number{_advice(words)}."
            )
        values = np.array([*numbers, math.nan])[coded.codes]
    legal: NDArray[np.float64] = np.where(np.abs(values) <= LARGEST, values, np.nan)
    return legal


def read_binary(
    column: pa.ChunkedArray, name: str, role: str, source: str, decisions: Mapping[str, float]
) -> tuple[NDArray[np.float64], bool]:
    """Scores in [0, 1] or decisions, (n,), with NaN where a row holds neither, and whether they are scores.

    Parameters
    ----------
    column, name, role, source
        The column, and how to speak of it.
    decisions
        Label values and the decision that each stands for, 0 or 1.

    Raises
    ------
    DataError
        A text is neither a score nor a label value.
    """
    if pa.types.is_boolean(column.type) and set(decisions) <= {"0", "1"}:
        column = cast(column, pa.uint8())
    elif role == "challenger":
        column = _without_words(column, decisions)
    return _read(column, name, decisions, source)


def _read(
    column: pa.ChunkedArray, name: str, decisions: Mapping[str, float], source: str
) -> tuple[NDArray[np.float64], bool]:
    """Values with NaN where none is legal, and whether they are scores; ``decisions`` maps label values to 0 and 1."""
    if numeric(column.type):
        numbers = to_floats(column)
        # A score is hardly ever whole: the first few rows tell that the distinct values need not be looked for.
        if _any_fraction(numbers[:1000]) or _any_fraction(numbers):
            return np.where((numbers >= 0) & (numbers <= 1), numbers, np.nan), True
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    known = {text for text in texts if text is not None}
    if known and known <= set(decisions):
        table = np.array([np.nan if text is None else decisions[text] for text in texts], dtype=np.float64)
        return table[coded.codes], False
    words = [value for value in coded.values if isinstance(value, str)]
    if words:
        strange = [word for word in words if word not in decisions and math.isnan(number_of(word))] or words
        raise DataError(
            f"{source}: column {name!r} holds {shown(coded, strange[0])}, which is neither a score in [0, 1] nor a "
            f"label value{_advice(words)}."
        )
    table = np.array([np.nan if value is None else value for value in coded.values], dtype=np.float64)
    return np.where((table >= 0) & (table <= 1), table, np.nan)[coded.codes], True


def _any_fraction(numbers: NDArray[np.float64]) -> bool:
    return bool(np.any(np.abs(np.modf(numbers)[0]) > 0))  # NaN is none


def _without_words(column: pa.ChunkedArray, decisions: Mapping[str, float]) -> pa.ChunkedArray:
    """A text column of scores as numbers; what is no number, such as "error", is a row without a score.

    A challenger that gave words in some rows must be a finding; a column of nothing but words is the wrong column, and
    one of nothing but numbers, with decimal commas or without, was written as text by whoever made the file.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return column
    coded = coded_column(column)
    numbers = [number_of(value) for value in coded.values]
    words = [
        word for word, number in zip(coded.values, numbers, strict=True) if word is not None and math.isnan(number)
    ]
    if set(coded.values) <= {*decisions, None} or not words or np.isnan(numbers).all() or _advice(words):
        return column
    return pa.chunked_array([from_numbers(np.array(numbers, dtype=np.float64)[coded.codes])])


def number_of(value: str | float | None) -> float:
    """The number that a value is or spells, or NaN.

    >>> number_of("0.25"), number_of("0,25"), number_of(None)
    (0.25, nan, nan)
    """
    try:
        return math.nan if value is None or isinstance(value, str) and "_" in value else float(value)
    except ValueError:
        return math.nan


def _advice(words: Sequence[str | float]) -> str:
    """How to mend texts that were meant as numbers."""
    texts = [word for word in words if isinstance(word, str)]
    if texts and all(not math.isnan(number_of(text.replace(",", "."))) for text in texts):
        return "; write decimals with a point" if any("," in text for text in texts) else "; store numbers as numbers"
    return ""
