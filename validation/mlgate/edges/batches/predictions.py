"""Columns of predictions: scores, classes or numbers, and which rows hold no legal one.

Separate from ``columns.py`` because here the role counts: what is wrong with the champion's column ends the run, what
is wrong with the challenger's becomes a finding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import distinct
from mlgate.edges.batches.columns import coded_column, column_of, shown, values_of
from mlgate.edges.batches.number_columns import LARGEST, number_of, read_binary, read_numbers
from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task
from mlgate.slices import value_text

__all__ = ["STAR", "Column", "as_decisions", "class_columns", "predictions_of"]

#: In a name of columns: what differs between the columns of one model's class scores.
STAR = "*"
#: How far the class scores of a row may be from adding up to 1.
SLACK = 1e-3


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
    id_column: str | None = None,
    rows: NDArray[np.intp] | None = None,
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
    id_column
        What names a row, for the errors.
    rows
        Where each row stands in the file that it came from, counted from 0; None: where it stands in the table.

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
            values = read_numbers(column, name, role, source)
            found = _column(name, values, ~np.isnan(values), scores=True)
        elif task is Task.MULTICLASS:
            found = _classes(column, name, role, source, classes)
        else:
            values, scores = read_binary(column, name, role, source, _decisions(table, label))
            found = _column(name, values, ~np.isnan(values), scores=scores)
    if role != "challenger" and not found.legal.all():
        _refuse(found, table, source, task, classes, id_column=id_column, rows=rows)
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
    found: dict[str, str] = {}
    for name in names:
        if name.startswith(before) and name.endswith(behind) and len(name) > len(before) + len(behind):
            text = name[len(before) : len(name) - len(behind)]
            number = number_of(text)
            plain = text if math.isnan(number) else value_text(number)
            if plain in classes and text not in classes:
                found.setdefault(plain, name)
            else:
                found[text] = name
    return found


def _decisions(table: pa.Table, label: LabelSettings) -> dict[str, float]:
    """Label values and the score that each stands for."""
    decisions = {**dict.fromkeys(label.negative or (), 0.0), label.positive: 1.0}
    if not label.negative and label.column in table.column_names:
        # The rest of the label's values are all the negative class.
        rest = [value_text(one) for one in values_of(table.column(label.column)) if one is not None]
        decisions = {**dict.fromkeys(rest, 0.0), **decisions}
    return decisions


def _refuse(
    found: Column,
    table: pa.Table,
    source: str,
    task: Task,
    classes: Sequence[str],
    *,
    id_column: str | None,
    rows: NDArray[np.intp] | None,
) -> None:
    """Tell the first row that holds no legal prediction, and what it holds instead."""
    bad = np.flatnonzero(~found.legal)
    row = int(bad[0])
    where = f"row {(row if rows is None else int(rows[row])) + 1:,}"
    if id_column is not None and id_column in table.column_names:  # that it is not there is told elsewhere
        where += f" ({id_column} {distinct(table.column(id_column).slice(row, 1))[1][0]})"
    where += f", the first of {len(bad):,} such rows" if len(bad) > 1 else ""
    if found.unbalanced[row]:
        raise DataError(
            f"{source}: the scores in {found.name!r} add up to {found.values[row].sum():.4g} in {where}; class scores "
            "are probabilities, which add up to 1."
        )
    name, value = _first_illegal(found, table, row, task, classes)
    what = "finite number" if task is Task.REGRESSION else "score" if found.scores else "class"
    if value is None or isinstance(value, str):
        raise DataError(
            f"{source}: column {name!r} holds no {what} in {where}; models are compared on the same rows, so score "
            "them or leave them out for both."
        )
    needed = f"numbers up to {LARGEST:g}" if task is Task.REGRESSION else "probabilities from 0 to 1"
    raise DataError(f"{source}: column {name!r} holds {value:g} in {where}; {needed} are needed.")


def _first_illegal(
    found: Column, table: pa.Table, row: int, task: Task, classes: Sequence[str]
) -> tuple[str, str | float | None]:
    """Of the columns that make up a model's prediction, the first with an illegal value in a row, and that value."""
    names = [found.name]
    if found.values.ndim == 2:
        columns = class_columns(table.column_names, found.name, classes)
        names = [columns[one] for one in classes]
    least, most = (-LARGEST, LARGEST) if task is Task.REGRESSION else (0.0, 1.0)
    held = [(name, _held(table, name, row)) for name in names]
    return next(((name, value) for name, value in held if not least <= number_of(value) <= most), held[0])


def _held(table: pa.Table, name: str, row: int) -> str | float | None:
    """What a column holds in one row."""
    return coded_column(table.column(name).slice(row, 1)).values[0]


def _column(name: str, values: NDArray[Any], legal: NDArray[np.bool_], *, scores: bool) -> Column:
    return Column(name=name, values=values, legal=legal, unbalanced=np.zeros(len(legal), dtype=bool), scores=scores)


def _classes(column: pa.ChunkedArray, name: str, role: str, source: str, classes: Sequence[str]) -> Column:
    """A column of class labels; what is no class is an error unless it is the challenger's and not all of it."""
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    if set(classes) == {"0", "1"}:
        texts = [{"true": "1", "false": "0"}.get(text or "", text) for text in texts]
    place = {text: index for index, text in enumerate(classes)}
    strange = [
        value for value, text in zip(coded.values, texts, strict=True) if value is not None and text not in place
    ]
    if strange and (role != "challenger" or not place.keys() & set(texts)):
        held = shown(coded, strange[0])
        raise DataError(
            f"{source}: column {name!r} holds {held}, which is not one of the classes {_listed(classes)}; give class "
            "labels, or one column of scores per class with a star in its name, such as 'old_*'."
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
    parts = [read_numbers(table.column(found[one]), found[one], role, source) for one in classes]
    values = np.column_stack(parts)
    possible = ((values >= 0) & (values <= 1)).all(axis=1)
    balanced = np.abs(values.sum(axis=1) - 1) <= SLACK
    return Column(name=name, values=values, legal=possible & balanced, unbalanced=possible & ~balanced, scores=True)


def _listed(classes: Sequence[str]) -> str:
    more = f" and {len(classes) - 12} more" if len(classes) > 12 else ""
    return ", ".join(classes[:12]) + more
