"""What the columns of some rows hold, in whole numbers: the one thing that drift and bounds read of any number of rows.

A profile is made of a batch and `+` is the only merge, so that 10 million rows need no more memory than one batch.
Order and partition of the rows change nothing, to the bit. How a column is counted stands in ``number_cells.py`` and
``category_counts.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlgate.checks.category_counts import Categories, count_categories, no_categories
from mlgate.checks.number_cells import Numbers, count_numbers, no_numbers
from mlgate.errors import DataError
from mlgate.frozen import dataclass
from mlgate.records.columns import ColumnBatch
from mlgate.records.rows import Coded
from mlgate.threads import in_threads

__all__ = ["Profile", "profile"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Profile:
    """All columns of one data set or window."""

    rows: int
    columns: Mapping[str, Numbers | Categories]

    def __add__(self, other: Profile) -> Profile:
        """The profile of both parts' rows together."""
        names = dict.fromkeys([*self.columns, *other.columns])
        return Profile(rows=self.rows + other.rows, columns={name: _joined(name, self, other) for name in names})


def profile(batches: Iterable[ColumnBatch], *, against: Profile | None = None) -> Profile:
    """The profile of some rows, batch by batch.

    Parameters
    ----------
    batches
        They are read once.
    against
        The profile of the training data, when rows outside its range are to be counted.

    Raises
    ------
    DataError
        A column holds numbers in one batch and categories in another.
    """
    total = Profile(rows=0, columns={})
    for batch in batches:
        total = total + _of_batch(batch, against)
    return total


def _of_batch(batch: ColumnBatch, against: Profile | None) -> Profile:
    known = against.columns if against is not None else {}

    def one(name: str) -> Numbers | Categories:
        column, like = batch.columns[name], known.get(name)
        if isinstance(column, Coded):
            return count_categories(column)
        return count_numbers(column, like if isinstance(like, Numbers) else None)

    return Profile(rows=batch.rows, columns=dict(zip(batch.columns, in_threads(one, batch.columns), strict=True)))


def _joined(name: str, first: Profile, second: Profile) -> Numbers | Categories:
    """One column of both parts; rows of a part that lacks it, or holds nothing in it, count as missing.

    Raises
    ------
    DataError
        It holds numbers in one part and categories in the other.
    """
    a, b = first.columns.get(name), second.columns.get(name)
    held = [part for part in (a, b) if part is not None and part.held]
    if len(set(map(type, held))) > 1:
        raise DataError(
            f"column {name!r} holds numbers in some rows and categories in others; store it as one type throughout"
        )
    like = held[0] if held else a or b
    if isinstance(like, Numbers):
        return _numbers(a, first.rows) + _numbers(b, second.rows)
    return _categories(a, first.rows) + _categories(b, second.rows)


def _numbers(part: Numbers | Categories | None, rows: int) -> Numbers:
    return part if isinstance(part, Numbers) else no_numbers(rows)


def _categories(part: Numbers | Categories | None, rows: int) -> Categories:
    return part if isinstance(part, Categories) else no_categories(rows)
