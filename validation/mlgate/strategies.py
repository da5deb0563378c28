"""Hypothesis strategies for rows that are legal: any row that a model must give a legal answer to.

    from mlgate import strategies

    @given(rows=strategies.rows(base_case, suite="data_tests/base_case.json", inputs=challenger.columns))
    def test_any_legal_row_gets_a_legal_answer(rows): ...

What is legal is read off a table (types, categories, smallest and largest values, whether something may be missing) and
narrowed or widened by what a suite of Great Expectations declares (bounds, sets of values, what is never missing).
Every cell shrinks towards the typical value of its column, so that what is left of a failing row are the few values
that it fails by. Hypothesis is imported when a strategy is made, not before.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlgate.errors import ConfigError, DataError, install, nearest
from mlgate.frozen import dataclass

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy

__all__ = ["LegalColumn", "as_frame", "legal_columns", "rows", "unusual"]

#: More distinct texts than this are no categories: then any text is legal.
MOST_CATEGORIES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalColumn:
    """Which values one column may hold."""

    name: str
    #: ``number``, ``whole``, ``flag``, ``category``, ``text`` or ``time``.
    kind: str
    #: of numbers, smallest and largest; of times, nanoseconds.
    low: float = -1e6
    high: float = 1e6
    #: of categories, and of numbers that a suite lists.
    values: tuple[Any, ...] = ()
    #: whether the value may be missing.
    missing: bool = False
    #: what cells shrink towards.
    typical: Any = None
    #: pandas' name of the type that the column has where nothing is missing.
    dtype: str = "object"


def legal_columns(
    table: pd.DataFrame | pa.Table,
    *,
    inputs: Collection[str] | None = None,
    suite: str | Path | Mapping[str, Any] | None = None,
    private: Collection[str] = (),
) -> tuple[LegalColumn, ...]:
    """What a table and a suite say about the values that columns may hold.

    Parameters
    ----------
    table
        Rows that are known to be legal.
    inputs
        Columns that are wanted, such as those of a model's signature; None: all.
    suite
        A suite file of Great Expectations, or its content; None: what the rows show is all that is legal.
    private
        Columns of which no value is taken from the rows: numbers keep to what the suite declares, texts are made up.

    Raises
    ------
    ConfigError
        The suite file cannot be read.
    DataError
        A wanted column is not in the table.
    """
    frame = _frame(table)
    wanted = list(frame.columns) if inputs is None else list(inputs)
    for name in wanted:
        if name not in frame.columns:
            raise DataError(f"the column {name!r} is not among the rows; {nearest(name, list(frame.columns))}")
    declared = _declared(suite)
    return tuple(_declare(_observed(frame[name], str(name) in private), declared.get(name, {})) for name in wanted)


def _frame(table: pd.DataFrame | pa.Table) -> pd.DataFrame:
    return table.to_pandas() if hasattr(table, "to_pandas") else table


def _observed(column: pd.Series, private: bool) -> LegalColumn:
    """What the values that are there say."""
    held, missing = column.dropna(), bool(column.isna().any())
    name, dtype = str(column.name), str(column.dtype)
    if not len(held):
        return LegalColumn(name=name, kind="category", missing=True, dtype=dtype)
    plain = LegalColumn(name=name, kind="text", missing=missing, dtype=dtype)
    if held.map(type).eq(bool).all() or dtype in ("bool", "boolean"):
        return replace(plain, kind="flag", typical=bool(held.mode().iloc[0]))
    if column.dtype.kind in "iuf":
        whole = column.dtype.kind in "iu" or bool(np.all(np.isfinite(held)) and np.all(np.mod(held, 1) == 0))
        kind = "whole" if whole else "number"
        if private:
            return replace(plain, kind=kind, typical=0 if whole else 0.0)
        finite = held[np.isfinite(held.astype(float))]
        middle = float(finite.quantile(0.5, interpolation="lower"))
        return replace(plain, kind=kind, low=float(finite.min()), high=float(finite.max()), typical=_as(kind, middle))
    if column.dtype.kind == "M":
        stamps = held.dt.as_unit("ns").astype("int64")
        low, middle, high = (int(part) for part in (stamps.min(), stamps.median(), stamps.max()))
        return replace(plain, kind="time", low=low, high=high, typical=middle)
    texts = held.astype(str).value_counts()
    if private or len(texts) > MOST_CATEGORIES:
        return replace(plain, typical="" if private else str(texts.index[0]))
    return replace(plain, kind="category", values=tuple(texts.index), typical=str(texts.index[0]))


def _as(kind: str, number: float) -> float | int:
    return int(number) if kind == "whole" else number


def _declared(suite: str | Path | Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """By column, what a suite says: ``low``, ``high``, ``values``, ``present``."""
    if suite is None:
        return {}
    if not isinstance(suite, Mapping):
        try:
            suite = json.loads(Path(suite).read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise ConfigError(f"{suite}: cannot be read as a suite ({problem}); name a suite file in JSON.") from None
    found: dict[str, dict[str, Any]] = {}
    assert isinstance(suite, Mapping)
    for entry in suite.get("expectations", ()):
        kwargs = entry.get("kwargs", {})
        told = found.setdefault(str(kwargs.get("column", "")), {})
        # With "mostly", some rows may be otherwise: then those are legal too.
        if kwargs.get("mostly", 1.0) < 1.0:
            continue
        match entry.get("type"):
            case "expect_column_values_to_be_between":
                told |= {"low": kwargs.get("min_value"), "high": kwargs.get("max_value")}
            case "expect_column_values_to_be_in_set" | "expect_column_distinct_values_to_be_in_set":
                told["values"] = tuple(kwargs.get("value_set", ()))
            case "expect_column_distinct_values_to_equal_set":
                told["values"] = tuple(kwargs.get("value_set", ()))
            case "expect_column_values_to_not_be_null":
                told["present"] = True
    return found


def _declare(column: LegalColumn, told: Mapping[str, Any]) -> LegalColumn:
    """A column as the rows show it, with what a suite declares in its place."""
    if told.get("present"):
        column = replace(column, missing=False)
    numbers = column.kind in ("number", "whole")
    if numbers:
        low, high = (
            default if told.get(end) is None else float(told[end])
            for end, default in (("low", column.low), ("high", column.high))
        )
        # A declared bound beyond what rows show widens what is legal; a typical value stays inside.
        typical = _as(column.kind, min(max(float(column.typical), low), high))
        column = replace(column, low=low, high=high, typical=typical)
    values = told.get("values", ())
    if values and (numbers or column.kind in ("category", "text")):
        values = tuple(_as(column.kind, value) for value in values) if numbers else tuple(map(str, values))
        typical = column.typical if column.typical in values else values[0]
        column = replace(column, values=values, typical=typical, kind=column.kind if numbers else "category")
    return column


def rows(
    table: pd.DataFrame | pa.Table | Sequence[LegalColumn],
    *,
    inputs: Collection[str] | None = None,
    suite: str | Path | Mapping[str, Any] | None = None,
    private: Collection[str] = (),
    min_size: int = 1,
    max_size: int = 10,
) -> SearchStrategy[pd.DataFrame]:
    """Frames of legal rows, in the types of the table that legality is read off.

    Parameters
    ----------
    table, inputs, suite, private
        As in ``legal_columns``; or what that function returned, in the place of the table.
    min_size, max_size
        How many rows a frame has.

    Raises
    ------
    ConfigError
        Hypothesis is not installed.
    """
    try:
        from hypothesis import strategies as st
    except ImportError:
        raise ConfigError(
            f"mlgate.strategies needs Hypothesis, which is not installed; run {install('hypothesis')}."
        ) from None
    if isinstance(table, Sequence):
        columns = tuple(table)
    else:
        columns = legal_columns(table, inputs=inputs, suite=suite, private=private)
    row = st.tuples(*(_cell(column) for column in columns))
    return st.lists(row, min_size=min_size, max_size=max_size).map(lambda drawn: as_frame(columns, drawn))


def _cell(column: LegalColumn) -> SearchStrategy[Any]:
    """One value; the typical one first, since values shrink towards what comes first."""
    from hypothesis import strategies as st

    choices: list[SearchStrategy[Any]] = [] if column.typical is None else [st.just(column.typical)]
    if column.values:
        choices.append(st.sampled_from(column.values))
    elif column.kind == "whole":
        choices.append(st.integers(math.ceil(column.low), math.floor(column.high)))
    elif column.kind == "number":
        choices.append(st.floats(column.low, column.high, allow_nan=False, allow_infinity=False))
    elif column.kind == "flag":
        choices.append(st.booleans())
    elif column.kind == "time":
        choices.append(st.integers(int(column.low), int(column.high)))
    elif column.kind == "text":
        choices.append(st.text(max_size=40))
    if column.missing or not choices:
        choices.append(st.none())
    return st.one_of(choices)


def as_frame(columns: Sequence[LegalColumn], drawn: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Values, row by row, as a frame in the types of the columns; None is what is missing, times are nanoseconds."""
    import pandas as pd

    made = {}
    for place, column in enumerate(columns):
        values = [row[place] for row in drawn]
        if column.kind == "time":
            stamps = pd.to_datetime(pd.Series(values, dtype="Int64"), unit="ns", utc="," in column.dtype)
            made[column.name] = stamps.astype(column.dtype)
        elif column.kind in ("number", "whole", "flag") or column.dtype != "object":
            made[column.name] = pd.Series(values).astype(column.dtype)
        else:
            made[column.name] = pd.Series(values, dtype="object")
    return pd.DataFrame(made, columns=[column.name for column in columns], index=range(len(drawn)))


def unusual(row: pd.Series, columns: Sequence[LegalColumn], *, private: Collection[str] = ()) -> dict[str, Any]:
    """The values of a row that are not the typical ones of their columns, by name; private ones are only named."""
    found: dict[str, Any] = {}
    for column in columns:
        value = row[column.name]
        lacks = value is None or value != value
        value = value.as_unit("ns").value if column.kind == "time" and not lacks else value
        same = lacks if column.typical is None else not lacks and value == column.typical
        if not same:
            found[column.name] = "…" if column.name in private else None if lacks else value
    return found
