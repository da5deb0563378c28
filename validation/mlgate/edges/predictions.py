"""Columns of predictions: scores, classes or numbers, and which rows hold no legal one.

Separate from ``columns.py`` because here the role counts: what is wrong with the champion's column ends the run, what
is wrong with the challenger's becomes a finding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.columns import coded_column, column_of
from mlgate.errors import DataError
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task
from mlgate.slices import value_text

__all__ = ["STAR", "Column", "as_decisions", "class_columns", "predictions_of"]

#: In a name of columns: what differs between the columns of one model's class scores.
STAR = "*"
#: How far the class scores of a row may be from adding up to 1.
SLACK = 1e-3
#: Numbers beyond this cannot be squared and summed.
LARGEST = 1e100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Column:
    """One model's predictions."""

    #: as the user named it, with the star.
    name: str
    #: binary: (n,) in [0, 1]; multiclass: (n, classes) scores or (n,) int32 class index; regression: (n,) numbers.
    #: Where nothing legal was given: NaN, or class -1.
    values: NDArray[Any]
    #: (n,) whether the row holds a legal prediction.
    legal: NDArray[np.bool_]
    #: (n,) whether the row holds class scores, legal one by one, that do not add up to 1; such rows are not legal.
    unbalanced: NDArray[np.bool_]
    #: False when the column holds decisions.
    scores: bool


def predictions_of(
    table: pa.Table,
    name: str,
    *,
    role: str,
    label: LabelSettings,
    source: str,
    task: Task = Task.BINARY,
    classes: Sequence[str] = (),
) -> Column:
    """The predictions in a column, or in the columns that a name with a star stands for.

    Parameters
    ----------
    table
        The rows.
    name
        Of the column. With a star, in a multiclass task: one column of scores per class, ``old_*``.
    role
        ``champion``, ``challenger`` or ``baseline``; what is missing or not legal is an error for all but the
        challenger, whose failure is a finding.
    label
        The column of truth, whose values are decisions.
    source
        Where the table comes from, for the errors.
    task, classes
        Of the run.

    Raises
    ------
    DataError
        No such column, a class without a column, something that is neither score nor label value, or a row without a
        legal prediction of the champion.
    """
    if STAR in name:
        if task is not Task.MULTICLASS:
            raise DataError(
                f"{source}: {name!r} stands for one column per class, but the task is {task}; name one column."
            )
        found = _class_scores(table, name, role, source, classes)
    else:
        column = column_of(table, name, f"the {role}'s column", source)
        if name == label.column:
            raise DataError(
                f"{source}: the {role}'s column {name!r} is the label itself; give the column of predictions."
            )
        if task is Task.REGRESSION:
            found = _numbers(column, name, role, source)
        elif task is Task.MULTICLASS:
            found = _classes(column, name, role, source, classes)
        else:
            found = _binary(column, name, role, source, _decisions(table, label))
    if role != "challenger":
        _refuse(found, source, task)
    return found


def as_decisions(column: Column) -> Column:
    """Class scores as the class that has the highest one (of tied classes the first); what holds decisions stays."""
    if column.values.ndim == 1:
        return column
    chosen = np.where(column.legal, np.argmax(column.values, axis=1), -1).astype(np.int32)
    return Column(name=column.name, values=chosen, legal=column.legal, unbalanced=column.unbalanced, scores=False)


def class_columns(names: Sequence[str], pattern: str, classes: Sequence[str] = ()) -> dict[str, str]:
    """Class and column of every column that a name with a star stands for.

    A column ``old_1.0`` is about class 1, when that is among the classes and 1.0 is not.

    >>> class_columns(["y", "old_a", "old_b"], "old_*")
    {'a': 'old_a', 'b': 'old_b'}
    """
    before, _, behind = pattern.partition(STAR)
    found = {}
    for name in names:
        if name.startswith(before) and name.endswith(behind) and len(name) > len(before) + len(behind):
            text = name[len(before) : len(name) - len(behind)]
            number = _number(text)
            plain = text if math.isnan(number) else value_text(number)
            found[plain if plain in classes and text not in classes else text] = name
    return found


def _decisions(table: pa.Table, label: LabelSettings) -> dict[str, float]:
    """Label values and the score that each stands for."""
    decisions = {label.positive: 1.0, **({} if label.negative is None else {label.negative: 0.0})}
    if label.negative is None and label.column in table.column_names:
        # The rest of the label's values are all the negative class.
        rest = [value_text(one) for one in coded_column(table.column(label.column)).values if one is not None]
        decisions = {**dict.fromkeys(rest, 0.0), **decisions}
    return decisions


def _refuse(found: Column, source: str, task: Task) -> None:
    bad = np.flatnonzero(~found.legal)
    if not len(bad):
        return
    if found.unbalanced[bad[0]]:
        raise DataError(
            f"{source}: the scores in {found.name!r} add up to {found.values[bad[0]].sum():.4g} in row {bad[0] + 1:,} "
            f"({len(bad):,} such rows); class scores are probabilities, which add up to 1."
        )
    what = "finite number" if task is Task.REGRESSION else "score" if found.scores else "class"
    raise DataError(
        f"{source}: column {found.name!r} holds no {what} in {len(bad):,} rows, first in row {bad[0] + 1}; "
        "models are compared on the same rows, so score them or leave them out for both."
    )


def _column(name: str, values: NDArray[Any], legal: NDArray[np.bool_], *, scores: bool) -> Column:
    return Column(name=name, values=values, legal=legal, unbalanced=np.zeros(len(legal), dtype=bool), scores=scores)


def _numbers(column: pa.ChunkedArray, name: str, role: str, source: str) -> Column:
    if not numeric(column.type):
        coded = coded_column(column)
        numbers = [_number(value) for value in coded.values]
        words = [value for value, number in zip(coded.values, numbers, strict=True) if value and math.isnan(number)]
        if words and (role != "challenger" or np.isnan(numbers).all()):
            raise DataError(f"{source}: column {name!r} holds {str(words[0])[:60]!r}, which is no number.")
        values = np.array([*numbers, math.nan])[coded.codes]
    else:
        values = to_floats(column)
    legal = np.abs(values) <= LARGEST
    return _column(name, np.where(legal, values, np.nan), legal, scores=True)


def _classes(column: pa.ChunkedArray, name: str, role: str, source: str, classes: Sequence[str]) -> Column:
    """A column of class labels; what is no class is an error unless it is the challenger's and not all of it."""
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    if set(classes) == {"0", "1"}:
        texts = [{"true": "1", "false": "0"}.get(text or "", text) for text in texts]
    place = {text: index for index, text in enumerate(classes)}
    strange = next((text for text in texts if text is not None and text not in place), None)
    if strange is not None and (role != "challenger" or not place.keys() & set(texts)):
        raise DataError(
            f"{source}: column {name!r} holds {strange[:60]!r}, which is not one of the classes {_listed(classes)}; "
            "give class labels, or one column of scores per class with a star in its name, such as 'old_*'."
        )
    table = np.array([*(place.get(text or "", -1) for text in texts), -1], dtype=np.int32)
    values = table[coded.codes]
    return _column(name, values, values >= 0, scores=False)


def _class_scores(table: pa.Table, name: str, role: str, source: str, classes: Sequence[str]) -> Column:
    found = class_columns(table.column_names, name, classes)
    lacking = [one for one in classes if one not in found]
    if lacking:
        raise DataError(
            f"{source}: the {role} has no scores of class {lacking[0]!r}: there is no column "
            f"{name.replace(STAR, lacking[0])!r}; the classes are {_listed(classes)}."
        )
    parts = []
    for one in classes:
        column = table.column(found[one])
        parts.append(_numbers(column, found[one], role, source).values)
    values = np.column_stack(parts)
    possible = ((values >= 0) & (values <= 1)).all(axis=1)
    balanced = np.abs(values.sum(axis=1) - 1) <= SLACK
    return Column(name=name, values=values, legal=possible & balanced, unbalanced=possible & ~balanced, scores=True)


def _listed(classes: Sequence[str]) -> str:
    more = f" and {len(classes) - 12} more" if len(classes) > 12 else ""
    return ", ".join(classes[:12]) + more


def _binary(column: pa.ChunkedArray, name: str, role: str, source: str, decisions: Mapping[str, float]) -> Column:
    if pa.types.is_boolean(column.type) and set(decisions) <= {"0", "1"}:
        column = column.cast(pa.uint8())
    elif role == "challenger":
        column = _without_words(column, decisions)
    values, scores = _read(column, name, decisions, source)
    return _column(name, values, ~np.isnan(values), scores=scores)


def _without_words(column: pa.ChunkedArray, decisions: Mapping[str, float]) -> pa.ChunkedArray:
    """A text column of scores as numbers; what is no number, such as "error", is a row without a score.

    A challenger that gave words in some rows must be a finding; a column of nothing but words is the wrong column, and
    one of nothing but numbers was written as text by whoever made the file.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return column
    coded = coded_column(column)
    numbers = [_number(value) for value in coded.values]
    words = [value is not None and math.isnan(number) for value, number in zip(coded.values, numbers, strict=True)]
    if set(coded.values) <= {*decisions, None} or not any(words) or np.isnan(numbers).all():
        return column
    return pa.chunked_array([from_numbers(np.array(numbers, dtype=np.float64)[coded.codes])])


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
            f"{source}: column {name!r} holds {text[:60]!r}, which is neither a score in [0, 1] nor a label value."
        )
    table = np.array([np.nan if value is None else value for value in coded.values], dtype=np.float64)
    return np.where((table >= 0) & (table <= 1), table, np.nan)[coded.codes], True
