"""What an expectation has to see: some rows at a time, the shape of the table, or whole columns.

Separate from running them because this is what decides how much memory a suite takes: an expectation that is about
each row by itself is checked batch by batch and its counts are added, one about the shape needs no rows at all, and
only the rest loads a column whole (one group of columns at a time). Kinds that are not listed here are taken to need
the whole, so a new version of Great Expectations can cost memory but not correctness.

These need the whole column: uniqueness, sets of distinct values, means, medians, sums, quantiles, smallest and largest
values, standard deviations, distances between distributions, outliers and z scores, and values that rise or fall.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

__all__ = ["ROW_WISE", "SHAPE", "TYPES", "Reach", "columns_of", "mentioned", "needs_whole", "reach"]

#: each row is judged by itself, so counts of batches can be added.
ROW_WISE = frozenset(
    {
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_dateutil_parseable",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_json_parseable",
        "expect_column_values_to_be_null",
        "expect_column_values_to_match_json_schema",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_match_regex_list",
        "expect_column_values_to_match_strftime_format",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_to_be_in_set",
        "expect_multicolumn_sum_to_equal",
        "expect_multicolumn_values_to_be_equal",
        "expect_select_column_values_to_be_unique_within_record",
    }
)

#: the type in which the column is stored; values are looked at only where the type allows any object.
TYPES = frozenset({"expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"})

#: names and number of the columns.
SHAPE = frozenset(
    {
        "expect_column_to_exist",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
    }
)

#: the number of rows.
SIZE = frozenset({"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"})


class Reach(StrEnum):
    """What an expectation has to see."""

    ROWS = "rows"
    SHAPE = "shape"
    SIZE = "size"
    WHOLE = "whole"


def reach(kind: str, kwargs: Mapping[str, Any], *, loose: Iterable[str] = ()) -> Reach:
    """What an expectation of this kind has to see.

    Parameters
    ----------
    kind
        Its type, such as ``expect_column_values_to_be_between``.
    kwargs
        Its arguments.
    loose
        Columns whose stored type allows any object (texts, dates, decimals): their types are told from values.

    Examples
    --------
    >>> reach("expect_column_values_to_be_between", {"column": "age"}).value
    'rows'
    >>> reach("expect_column_mean_to_be_between", {"column": "age"}).value
    'whole'
    """
    if kind in ROW_WISE:
        return Reach.ROWS
    if kind in TYPES:
        return Reach.ROWS if kwargs.get("column") in set(loose) else Reach.SHAPE
    if kind in SHAPE:
        return Reach.SHAPE
    if kind in SIZE and not kwargs.get("row_condition"):
        return Reach.SIZE
    return Reach.WHOLE


def needs_whole(kind: str, kwargs: Mapping[str, Any] | None = None) -> bool:
    """Whether an expectation must see a column whole, so that memory grows with the number of rows.

    >>> needs_whole("expect_column_values_to_be_unique"), needs_whole("expect_column_values_to_not_be_null")
    (True, False)
    """
    return reach(kind, kwargs or {}) is Reach.WHOLE


def columns_of(kind: str, kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that an expectation is about; none when it is about the table.

    >>> columns_of("expect_column_pair_values_to_be_equal", {"column_A": "a", "column_B": "b"})
    ('a', 'b')
    >>> columns_of("expect_table_columns_to_match_ordered_list", {"column_list": ["a", "b"]})
    ()
    """
    if kind.startswith("expect_table_"):
        return ()
    names = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    several = kwargs.get("column_list") or ()
    return tuple(str(name) for name in [*names, *(several if isinstance(several, (list, tuple)) else ())])


def mentioned(kwargs: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that stand in the condition on rows.

    >>> mentioned({"row_condition": "age > 3 and sex == 'F'"}, ["age", "sex", "se"])
    ('age', 'sex')
    """
    condition = kwargs.get("row_condition")
    if not condition:
        return ()
    text = str(condition)
    return tuple(name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
