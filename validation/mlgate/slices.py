"""Which slices a row belongs to: groupings and coded columns in, slice names and codes out.

Every value is looked at once, not every row: conditions and cuts are decided on a column's distinct values and carried
to the rows by their codes. Names are canonical (``sex=F``, ``0.8 < loanprc <= 0.9``, ``sex=F and age <= 25``, ``male is
missing``), so that slices of two batches meet under one name. A missing value is a group of its own.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError, nearest
from mlgate.frozen import dataclass
from mlgate.records.rows import Coded, Membership
from mlgate.records.run import OVERALL, Condition, Grouping
from mlgate.threads import in_threads

__all__ = ["assign", "ensure_few", "in_order", "range_names", "slice_titles", "value_text"]

Codes = NDArray[np.int32]

#: More slices than this from one grouping are refused: a column of identifiers is no way to slice.
MOST_LEVELS = 1000

_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def assign(groupings: Sequence[Grouping], columns: Mapping[str, Coded], rows: int) -> Membership:
    """The slices of each of ``rows`` rows.

    Raises
    ------
    DataError
        A grouping reads a column that is absent, cuts a column that is not numeric, or has too many values.
    """
    # Groupings are formed side by side: long steps of numpy let other threads run.
    found = in_threads(lambda grouping: _split(grouping, columns), groupings)
    origins = {OVERALL: 0}
    for place, split in enumerate(found, start=1):
        twice = sorted(set(split.names) & set(origins))
        if twice:
            raise DataError(f"the slice {twice[0]!r} is declared twice; leave one of the declarations out.")
        origins |= dict.fromkeys(split.names, place)
    names = tuple(sorted(origins))
    places = {name: place for place, name in enumerate(names)}
    codes = np.empty((rows, len(groupings) + 1), dtype=np.int32)
    codes[:, 0] = places[OVERALL]

    def fill(place: int) -> None:
        split = found[place]
        final = np.array([*(places[name] for name in split.names), -1], dtype=np.int32)
        codes[:, place + 1] = final[split.table][split.codes]

    in_threads(fill, range(len(found)))
    return Membership(names=names, groupings=tuple(origins[name] for name in names), codes=codes)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Split:
    """What one grouping makes of the rows."""

    #: each once.
    names: list[str]
    #: place of a code's slice among the names, -1 for none.
    table: Codes
    #: (n,) codes.
    codes: NDArray[Any]


def _split(grouping: Grouping, columns: Mapping[str, Coded]) -> _Split:
    for column in grouping.columns:
        if column not in columns:
            raise DataError(f"slices read the column {column!r}, which is not in the data; {nearest(column, columns)}")
    if grouping.conditions:
        return _split_by_conditions(grouping, columns)
    cuts = dict(grouping.cuts)
    levels: list[list[str]] = []
    codes = np.zeros(len(columns[grouping.columns[0]].codes), dtype=np.int32)
    for column in grouping.columns:
        more, theirs = _levels(column, columns[column], cuts.get(column, ()))
        if math.prod(map(len, levels)) * len(more) > _few(len(codes)):
            held = _named(levels, codes)
            levels, codes = [held.names], held.table[held.codes]
        if levels:
            codes = codes * np.int32(len(more))
            codes += theirs
        else:
            codes = theirs
        levels.append(more)
    found = _named(levels, codes)
    _ensure_few(grouping, len(found.names))
    return found


def ensure_few(groupings: Sequence[Grouping], origins: Sequence[int]) -> None:
    """Refuse more slices of one grouping than may be, also where no single batch has so many.

    Parameters
    ----------
    groupings
        Declared.
    origins
        Of each slice, the place of its grouping counted from 1; 0 for ``overall``.

    Raises
    ------
    DataError
        A grouping has too many values.
    """
    for place, grouping in enumerate(groupings, start=1):
        _ensure_few(grouping, origins.count(place))


def _ensure_few(grouping: Grouping, slices: int) -> None:
    if slices > MOST_LEVELS:
        by = ", ".join(grouping.columns)
        raise DataError(
            f"slices by {by}: {slices:,} different values; cut numbers into ranges or take a coarser column."
        )


def _few(rows: int) -> int:
    """Codes are counted, which takes one pass, while there are no more of them than this; sorting takes many."""
    return min(max(rows, 1 << 16), 1 << 30)


def _named(levels: Sequence[Sequence[str]], codes: Codes) -> _Split:
    """The crossings that occur.

    Parameters
    ----------
    levels
        Names of each crossed column's levels.
    codes
        (n,) place of each row's crossing among all of them, in the order that the last column changes fastest.
    """
    shape = [len(names) for names in levels]
    size = math.prod(shape)
    present: NDArray[np.intp]
    places: NDArray[Any] = codes
    if size > _few(len(codes)):
        held, places = np.unique(codes, return_inverse=True)
        present = held.astype(np.intp)
    else:
        present = np.flatnonzero(np.bincount(codes, minlength=size))
    texts = [
        " and ".join(names[level] for names, level in zip(levels, chosen, strict=True))
        for chosen in zip(*(part.tolist() for part in np.unravel_index(present, shape)), strict=True)
    ]
    # Values that hold " and " can give two crossings one name; they are then one slice, in one batch as in many.
    names, table = _distinct(texts)
    if places is codes:
        spread = np.zeros(size, dtype=np.int32)
        spread[present] = table
        table = spread
    return _Split(names=names, table=table, codes=places)


def _levels(column: str, coded: Coded, cuts: tuple[float, ...]) -> tuple[list[str], Codes]:
    """Distinct level names of one column, and for each row its level's place among them."""
    if cuts:
        return _ranges(column, coded, cuts)
    texts = [f"{column} is missing" if value is None else f"{column}={value_text(value)}" for value in coded.values]
    names, table = _distinct(texts)
    return names, coded.codes if len(names) == len(texts) else table[coded.codes]


def _distinct(texts: Sequence[str]) -> tuple[list[str], Codes]:
    """Each text once, in order of first use, and where each of ``texts`` stands among them."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return list(places), np.array([places[text] for text in texts], dtype=np.int32)


def _ranges(column: str, coded: Coded, cuts: tuple[float, ...]) -> tuple[list[str], Codes]:
    """The same for a column of numbers that is cut: a number may have as many values as there are rows."""
    text = next((value for value in coded.values if isinstance(value, str)), None)
    if text is not None:
        raise DataError(
            f"column {column!r} is cut at numbers but holds the text {text!r}; slice it by its values instead."
        )
    numbers = np.array([np.nan if value is None else value for value in coded.values], dtype=np.float64)
    names = range_names(column, cuts)
    places = np.where(np.isnan(numbers), len(cuts) + 1, np.searchsorted(np.asarray(cuts), numbers, side="left"))
    return names, places.astype(np.int32)[coded.codes]


def range_names(column: str, cuts: Sequence[float]) -> list[str]:
    """Names of a cut column's ranges in the order of the numbers, and of the rows without one.

    >>> range_names("age", [25.0, 60.0])
    ['age <= 25', '25 < age <= 60', 'age > 60', 'age is missing']
    """
    ends = [value_text(cut) for cut in cuts]
    between = [f"{low} < {column} <= {high}" for low, high in zip(ends, ends[1:])]
    return [f"{column} <= {ends[0]}", *between, f"{column} > {ends[-1]}", f"{column} is missing"]


def in_order(names: Sequence[str], grouping: Grouping) -> list[str]:
    """Slice names of one grouping: the ranges of a cut column by size, all others as they come."""
    places = {name: place for column, cuts in grouping.cuts for place, name in enumerate(range_names(column, cuts))}
    return sorted(names, key=lambda name: places.get(name, len(places)))


def _split_by_conditions(grouping: Grouping, columns: Mapping[str, Coded]) -> _Split:
    name = grouping.titles[0][0] if grouping.titles else " and ".join(map(condition_text, grouping.conditions))
    inside: NDArray[np.bool_] | None = None
    for condition in grouping.conditions:
        coded = columns[condition.column]
        table = np.array([_meets(condition, value) for value in coded.values], dtype=np.bool_)
        met = table[coded.codes]
        inside = met if inside is None else inside & met
    assert inside is not None  # a grouping by conditions has at least one
    return _Split(names=[name], table=np.array([-1, 0], dtype=np.int32), codes=inside.view(np.int8))


def condition_text(condition: Condition) -> str:
    """A condition as people write it: ``age < 25``, ``sex=F``, ``male is missing``."""
    if condition.operator == "missing":
        return f"{condition.column} is missing"
    gap = "" if condition.operator == "=" else " "
    return f"{condition.column}{gap}{condition.operator}{gap}{value_text(condition.value)}"


def _meets(condition: Condition, value: str | float | None) -> bool:
    """Whether a value meets a condition; a missing one meets only ``missing``."""
    if condition.operator == "missing":
        return value is None
    if value is None:
        return False
    if condition.operator in ("=", "!="):
        return (value_text(value) == value_text(condition.value)) == (condition.operator == "=")
    if isinstance(value, str) or isinstance(condition.value, str):
        text = condition_text(condition)
        raise DataError(
            f"the slice condition {text!r} compares numbers, but not both of {value!r} and {condition.value!r} are."
        )
    return bool(_OPERATORS[condition.operator](value, condition.value))


def value_text(value: str | float) -> str:
    """Canonical text of a value: whole numbers without a point.

    >>> value_text(1.0), value_text(0.25), value_text("F")
    ('1', '0.25', 'F')
    """
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def slice_titles(groupings: Sequence[Grouping]) -> dict[str, str]:
    """Declared titles of slices by slice name."""
    return {name: title for grouping in groupings for name, title in grouping.titles}
