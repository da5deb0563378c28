"""A suite drafted from data: what was seen, with slack, as a readable file that a person then edits.

Separate from running suites, because nothing here needs Great Expectations; the amounts of slack are in
``suite_slack.py``, and how the file is written is in ``suite_text.py``. What is drafted:

* the columns, exactly; half to twice as many rows;
* of the id: never missing, never twice; of a label with few values: these values, and the share of the rarer of two
  (of a label that is an amount the mean), with six standard errors or a fifth of it as slack;
* of each column its stored type, and how often it may be missing: never when it never was in ``MANY`` rows, else six
  standard errors more often than it was;
* categories (texts, truth values, and whole numbers with at most ``CODES`` values): the values that were seen; when
  some of them were rare, or there are several numbers in few rows, a small share of other values is tolerated;
* amounts: a range with slack beyond the 0.1 % and 99.9 % quantiles; when values lie beyond it or close to it, or there
  are fewer than ``MANY`` rows, a small share may;
* texts with more than ``CATEGORIES`` values: how long they are; times: type and missing values, since time goes on.

Of a private column nothing but its type and how often it is missing is drafted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlgate.edges.expectations.suite_engine import Rows, count_rows
from mlgate.edges.expectations.suite_slack import ERRORS, FEW, HUGE, MANY, range_of, row_range, share_range, tolerated
from mlgate.edges.expectations.suite_text import Entry, suite_text
from mlgate.errors import DataError, nearest
from mlgate.frozen import dataclass

__all__ = ["CATEGORIES", "CODES", "MOST_COLUMNS", "draft"]

#: Texts with more distinct values are no categories.
CATEGORIES = 60
#: Whole numbers with more distinct values are amounts, not codes.
CODES = 20
#: A suite for more columns than this is not one that a person edits.
MOST_COLUMNS = 1_000
#: A category that was seen less often is rare: another one like it may have been missed.
RARE = 20

_TYPE_LISTS = (
    (pa.types.is_boolean, ("bool",)),
    (pa.types.is_signed_integer, ("int8", "int16", "int32", "int64")),
    (pa.types.is_unsigned_integer, ("uint8", "uint16", "uint32", "uint64")),
    (pa.types.is_floating, ("float32", "float64")),
    (pa.types.is_decimal, ("Decimal",)),
    (pa.types.is_string, ("str",)),
    (pa.types.is_large_string, ("str",)),
    (pa.types.is_string_view, ("str",)),
    (pa.types.is_date, ("date",)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    """One column and what it is to the draft."""

    name: str
    values: pa.ChunkedArray
    #: rows that have a value.
    held: int
    role: str
    sensitive: bool

    @property
    def rows(self) -> int:
        return len(self.values)

    def entry(self, kind: str, *, name: str = "", title: str = "", **kwargs: Any) -> Entry:
        return Entry(kind=kind, kwargs={"column": self.name, **kwargs}, name=name, title=title)


def draft(
    table: Rows,
    *,
    name: str,
    label: str | None = None,
    id: str | None = None,
    private: Collection[str] = (),
    sensitive: Collection[str] = (),
) -> str:
    """The text of a suite file that the data meets, and that other data from the same source should meet.

    Parameters
    ----------
    table
        The data, n rows; of a ``pyarrow.dataset.Dataset`` one column at a time is loaded.
    name
        Name of the suite, usually of the data set.
    label
        Column of the label.
    id
        Column that identifies a row.
    private
        Columns of which no value may stand in the suite.
    sensitive
        Columns that are groups of people: titles say so and list no groups.

    Returns
    -------
    str
        JSON in the form that ``mlgate data`` reads: the same for the same data, whatever the order of its rows.

    Raises
    ------
    DataError
        There are no rows, a column stands there twice or has no name, a named column is missing, or there are more
        than ``MOST_COLUMNS`` columns.
    """
    names, rows = list(table.schema.names), count_rows(table)
    _check(names, rows, {"label": label, "id": id})
    low, high = row_range(rows)
    seen = f"the columns are exactly the {len(names)} that this suite was drafted from"
    entries = [
        Entry(kind="table_columns_to_match_set", kwargs={"exact_match": True, "column_set": names}, title=seen),
        Entry(kind="table_row_count_to_be_between", kwargs={"min_value": low, "max_value": high}),
    ]
    for column in names:
        values = _values(table, column)
        one = _Column(
            name=column,
            values=values,
            held=len(values) - _missing(values),
            role="id" if column == id else "label" if column == label else "",
            sensitive=column in sensitive,
        )
        entries += [*_stored(one), *_present(one), *(() if column in private or not one.held else _content(one))]
    notes = "Drafted from data: read every line, tighten what you know better, and review changes like code."
    return suite_text(name, notes, entries)


def _check(names: Sequence[str], rows: int, asked: Mapping[str, str | None]) -> None:
    """Refuse what no suite can be drafted from."""
    if not rows:
        raise DataError("the data holds no rows, so no suite can be drafted from it; give a file with rows.")
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"the data has {len(names):,} columns, and a suite is drafted for at most {MOST_COLUMNS:,}; keep those "
            "that the model uses."
        )
    if "" in names:
        raise DataError(f"column {names.index('') + 1} has no name; name it, so that a suite can speak of it.")
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the column {double!r} stands there twice; rename or remove one.")
    for what, name in asked.items():
        if name is not None and name not in names:
            raise DataError(f"the {what} column {name!r} is not in the data; {nearest(name, names)}")


def _values(table: Rows, name: str) -> pa.ChunkedArray:
    chosen = table.select([name]) if isinstance(table, pa.Table) else table.to_table(columns=[name])
    column = chosen.column(0)
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _missing(values: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.is_null(values, nan_is_null=True)).as_py() or 0)


def _stored(one: _Column) -> list[Entry]:
    """The stored type, in every width of it."""
    for test, names in _TYPE_LISTS:
        if test(one.values.type):
            return [one.entry("column_values_to_be_in_type_list", type_list=list(names))]
    return []


def _present(one: _Column) -> list[Entry]:
    """How often it may be missing."""
    gone = one.rows - one.held
    if one.role == "id" and not gone:
        return [one.entry("column_values_to_not_be_null"), *_never_twice(one)]
    if not gone and (one.role == "label" or one.rows >= MANY):
        return [one.entry("column_values_to_not_be_null")]
    share = gone / one.rows
    slack = max(ERRORS * math.sqrt(share * (1 - share) / one.rows), FEW / one.rows)
    kept = math.floor((1 - share - slack) * 1000) / 1000
    return [one.entry("column_values_to_not_be_null", mostly=kept)] if kept > 0 else []


def _never_twice(one: _Column) -> list[Entry]:
    unique = pc.count_distinct(one.values).as_py() == one.rows
    return [one.entry("column_values_to_be_unique", title=f"no {one.name} stands there twice")] if unique else []


def _content(one: _Column) -> list[Entry]:
    """What its values may be."""
    kind = one.values.type
    if one.role == "id" or pa.types.is_temporal(kind):
        return []
    if pa.types.is_boolean(kind) or _is_text(kind):
        found = pc.value_counts(one.values.drop_null()).to_pylist()
        counts = {entry["values"]: entry["counts"] for entry in found} if len(found) <= CATEGORIES else {}
        if not counts:
            return _lengths(one)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = one.values.drop_null().cast(pa.float64(), safe=False).to_numpy()
        numbers = numbers[~np.isnan(numbers)]
        counts = _codes(numbers)
        if not counts:
            return _mean(one, numbers) if one.role == "label" else _range(one, numbers)
    else:
        return []
    return _label(one, counts) if one.role == "label" else _categories(one, counts)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _codes(numbers: NDArray[np.float64]) -> dict[int, int]:
    """How often each whole number occurs; empty when they are amounts."""
    if np.max(np.abs(numbers)) > 2**53 or not np.all(numbers == np.floor(numbers)):
        return {}
    values, counts = np.unique(numbers, return_counts=True)
    return dict(zip(values.astype(int).tolist(), counts.tolist())) if len(values) <= CODES else {}


def _mostly(share: float) -> dict[str, Any]:
    """The argument that tolerates a share of rows; none when every row must do."""
    return {"mostly": round(1 - share, 6)} if share else {}


def _categories(one: _Column, counts: Mapping[Any, int]) -> list[Entry]:
    """The values that were seen; where codes in few rows may go on, or values are rare, a few rows may hold others."""
    goes_on = len(counts) > 2 and one.rows < MANY and not _is_text(one.values.type)
    open_ended = goes_on or min(counts.values()) < RARE
    share = tolerated(sum(1 for count in counts.values() if count == 1), one.held) if open_ended else 0.0
    title = f"the groups of {one.name} are those that were seen" if one.sensitive else ""
    return [one.entry("column_values_to_be_in_set", title=title, **_mostly(share), value_set=sorted(counts))]


def _label(one: _Column, counts: Mapping[Any, int]) -> list[Entry]:
    """The values of the label, all of which occur, and the share of the rarer of two."""
    entries = [one.entry("column_distinct_values_to_equal_set", value_set=sorted(counts))]
    if len(counts) != 2:
        return entries
    if sorted(counts) == [0, 1] and not pa.types.is_boolean(one.values.type):
        low, high = share_range(counts[1] / one.held, one.held)
        title = f"{one.name} is 1 in {100 * low:g} % to {100 * high:g} % of rows"
        between = {"min_value": low, "max_value": high}
        return [*entries, one.entry("column_mean_to_be_between", name="label_rate", title=title, **between)]
    rarer = min(sorted(counts), key=lambda value: counts[value])
    low, high = share_range(counts[rarer] / one.held, one.held)
    least, most = (
        f"{one.name} is {rarer} in at {word} {100 * bound:g} % of rows"
        for word, bound in (("least", low), ("most", high))
    )
    value = {"value_set": [rarer]}
    entries.append(one.entry("column_values_to_be_in_set", name="label_rate_low", title=least, **value, mostly=low))
    high = round(1 - high, 6)
    entries.append(
        one.entry("column_values_to_not_be_in_set", name="label_rate_high", title=most, **value, mostly=high)
    )
    return entries


def _mean(one: _Column, numbers: NDArray[np.float64]) -> list[Entry]:
    """The range and the mean of a label that is an amount."""
    if np.max(np.abs(numbers)) >= HUGE:
        return _range(one, numbers)
    mean, spread = float(np.mean(numbers)), float(np.std(numbers))
    slack = max(ERRORS * spread / math.sqrt(len(numbers)), spread / 20, abs(mean) / 1000)
    low, high = (float(f"{bound:.6g}") for bound in (mean - slack, mean + slack))
    mean_entry = one.entry("column_mean_to_be_between", name="label_mean", min_value=low, max_value=high)
    return [*_range(one, numbers), mean_entry]


def _range(one: _Column, numbers: NDArray[np.float64]) -> list[Entry]:
    whole = bool(pa.types.is_integer(one.values.type))
    bounds = range_of(numbers, whole=whole)
    if bounds.beyond >= 1:
        return []
    low, high = (int(bound) if bound == int(bound) else bound for bound in (bounds.low, bounds.high))
    return [one.entry("column_values_to_be_between", min_value=low, max_value=high, **_mostly(bounds.beyond))]


def _lengths(one: _Column) -> list[Entry]:
    """Texts that are no categories: between one letter, or none, and twice the longest."""
    found = pc.min_max(pc.utf8_length(one.values)).as_py()
    between = {"min_value": min(found["min"], 1), "max_value": max(10, 2 * found["max"])}
    title = f"{one.name} has at most {between['max_value']} letters"
    return [one.entry("column_value_lengths_to_be_between", title=title, **between)]
