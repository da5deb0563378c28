"""The file of golden examples: rows by hand, in the types of the base case, and what is right about each.

Separate from asking the models about them, which ``commands/model_steps/golden.py`` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from mlgate.checks.golden import Example
from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.model_checks.probes import numbers_first, typed, values_of
from mlgate.edges.rows.files import read_table
from mlgate.errors import DataError, nearest
from mlgate.records.behaviour_settings import Golden
from mlgate.records.run import Run
from mlgate.records.settings import LabelSettings
from mlgate.records.words import Task
from mlgate.slices import value_text

__all__ = ["golden_rows"]


def golden_rows(
    golden: Golden, base: pa.Table, *, root: Path, label: LabelSettings, run: Run
) -> tuple[pa.Table, tuple[Example, ...]]:
    """What the models are asked, and what is right.

    Parameters
    ----------
    golden
        Where the file is, and how its columns are called.
    base
        The base case: its types are those of the rows, its middle values stand for what is left out.
    root
        Folder that the path starts from.
    label
        What the classes are called.
    run
        Task and classes.

    Raises
    ------
    DataError
        The file is missing, a row has no name, no expectation or one that is none, or a value that its column in the
        base case cannot hold.
    """
    path = root / golden.path
    table = read_table(path)
    if golden.name not in table.column_names:
        found = nearest(golden.name, table.column_names)
        raise DataError(f"{golden.path}: has no column {golden.name!r}, which says what a row is called; {found}")
    cells = {
        key: table.column(name).to_pylist() if name in table.column_names else [None] * table.num_rows
        for key, name in _columns(golden).items()
    }
    names = [_name(value, row, golden) for row, value in enumerate(cells["name"], 1)]
    for row, name in enumerate(names, 1):
        if names.index(name) != row - 1:
            raise DataError(f"{golden.path}: the name {name!r} stands there twice; give row {row} another.")
    examples = tuple(
        _example(name, {key: cells[key][row] for key in cells}, golden, label, run) for row, name in enumerate(names)
    )
    features = table.drop_columns([name for name in _columns(golden).values() if name in table.column_names])
    return numbers_first(_filled(_as_base(features, base, golden), base, golden)), examples


def _columns(golden: Golden) -> dict[str, str]:
    return {key: getattr(golden, key) for key in ("name", "expected", "tolerance", "low", "high")}


def _name(value: object, row: int, golden: Golden) -> str:
    text = "" if value is None else " ".join(str(value).split())
    if not text:
        raise DataError(f"{golden.path}: row {row} has no {golden.name}; say what it is called.")
    return text[:120]


def _example(name: str, cells: dict[str, object], golden: Golden, label: LabelSettings, run: Run) -> Example:
    """What is right for one row: a class, or a range."""
    numbers = {key: _number(cells[key], key, name, golden) for key in ("tolerance", "low", "high")}
    expected = cells["expected"]
    ranged = any(not math.isnan(number) for number in numbers.values())
    if not ranged and run.task is not Task.REGRESSION and expected is not None:
        return _of_class(name, _text(expected), golden, label, run)
    if run.task is Task.MULTICLASS:
        raise DataError(f"{golden.path}: {name!r} needs a class under {golden.expected!r}, since there are several.")
    low, high = numbers["low"], numbers["high"]
    if expected is not None and not math.isnan(numbers["tolerance"]):
        middle = _number(expected, "expected", name, golden)
        low, high = middle - numbers["tolerance"], middle + numbers["tolerance"]
    if math.isnan(low) and math.isnan(high):
        what = "" if run.task is Task.REGRESSION else f"a class under {golden.expected!r}, or "
        raise DataError(
            f"{golden.path}: {name!r} does not say what is right; write {what}a number there with a "
            f"{golden.tolerance!r}, or {golden.low!r} and {golden.high!r}."
        )
    low, high = (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
    if low > high:
        raise DataError(f"{golden.path}: {name!r} has a lowest answer of {low:g} above the highest of {high:g}.")
    kind = "" if run.task is Task.REGRESSION else "scored "
    bounds = (
        f"{low:g} to {high:g}"
        if math.isfinite(low + high)
        else f"{low:g} or more" if high == math.inf else f"{high:g} or less"
    )
    return Example(name=name, low=low, high=high, expected=kind + bounds)


def _of_class(name: str, written: str, golden: Golden, label: LabelSettings, run: Run) -> Example:
    if run.task is Task.MULTICLASS:
        known = {one: (place, one) for place, one in enumerate(run.classes)}
    else:
        known = {label.positive: (1, label.positive_name), label.positive_name: (1, label.positive_name)}
        negative = (0, label.negative_name)
        known |= dict.fromkeys((*(label.negative or ()), label.negative_name), negative)
    if written not in known:
        raise DataError(f"{golden.path}: {name!r} is to be {written!r}, which is no class; {nearest(written, known)}")
    place, told = known[written]
    return Example(name=name, decision=place, expected=told)


def _number(value: object, key: str, name: str, golden: Golden) -> float:
    if value is None:
        return math.nan
    try:
        return float(str(value))
    except ValueError:
        raise DataError(f"{golden.path}: {name!r} has {value!r} under {key}, which is no number.") from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value_text(value) if isinstance(value, (int, float)) else str(value).strip()


def _as_base(rows: pa.Table, base: pa.Table, golden: Golden) -> pa.Table:
    """Columns in the types that they have in the base case: a file by hand knows no others."""
    for place, name in enumerate(rows.column_names):
        if name not in base.column_names:
            continue
        kind = base.schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        try:
            rows = rows.set_column(place, name, rows.column(name).cast(kind))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
            told = " ".join(str(problem).split())[:160]
            raise DataError(f"{golden.path}: column {name!r} cannot be {kind}, as in the base case ({told}).") from None
    return rows


def _filled(rows: pa.Table, base: pa.Table, golden: Golden) -> pa.Table:
    """With ``typical``, columns that the file does not have, each with one value."""
    if golden.fill != "typical":
        return rows
    places = from_numbers(np.zeros(rows.num_rows, dtype=np.int64))
    for name in base.column_names:
        if name not in rows.column_names:
            one = _typical(base.column(name), name)
            rows = rows.append_column(name, pa.array([one.as_py()], one.type).take(places))
    return rows


def _typical(column: pa.ChunkedArray, name: str) -> pa.Scalar:
    """The median of numbers (of whole ones the lower), else the most frequent value."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if numeric(kind) and not pa.types.is_boolean(kind):
        numbers = to_floats(column)
        held = numbers[np.isfinite(numbers)]
        if not len(held):
            return pa.scalar(None, kind)
        return pa.scalar(float(np.quantile(held, 0.5, method="lower"))).cast(kind)
    held_values: Sequence[str] = values_of(column)
    return typed(held_values[0], kind, where=f"the column {name}") if held_values else pa.scalar(None, kind)
