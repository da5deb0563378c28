"""One suite for two sets of data: the training suite without what serving requests do not have.

Separate from reading a suite, because it works on the entries of the file before anything is built of them. What
differs (the label, the id, columns that are there for evaluation only) is declared once, as a list of columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mlgate.edges.expectations.suite_kinds import SIZE, columns_of, mentioned
from mlgate.errors import ConfigError, nearest

__all__ = ["leave_out"]

#: Arguments that list columns of the table.
LISTS = ("column_set", "column_list")


def leave_out(entries: Sequence[Any], without: Collection[str], *, where: str) -> list[Any]:
    """The entries of a suite that hold for data without some columns.

    Expectations about these columns disappear, lists of the table's columns lose them, and expectations about the
    number of columns count that many fewer. The number of rows is not asked for either: requests are not as many as
    the rows of a training set.

    Parameters
    ----------
    entries
        Entries of a suite file, as they stand there.
    without
        Columns that the data does not have.
    where
        File and key, for messages.

    Raises
    ------
    ConfigError
        A column is not mentioned in the suite, so it is probably misspelt; or nothing is left.

    Examples
    --------
    >>> label = {"type": "expect_column_to_exist", "kwargs": {"column": "label"}}
    >>> age = {"type": "expect_column_to_exist", "kwargs": {"column": "age"}}
    >>> leave_out([label, age], ["label"], where="train.json") == [age]
    True
    """
    if not without:
        return list(entries)
    known = {name for entry in entries for name in _mentions(entry)}
    for name in without:
        if name not in known:
            raise ConfigError(
                f"{where}: without names {name!r}, which the suite does not mention; {nearest(name, known)}."
            )
    kept = [_less(entry, without) for entry in entries if not _concerns(entry, without)]
    if not kept:
        raise ConfigError(f"{where}: without leaves no expectation of the suite; name fewer columns.")
    return kept


def _parts(entry: Any) -> tuple[str, Mapping[str, Any]]:
    """Type and arguments of an entry; nothing of one that is not valid, which is told when the suite is read."""
    kwargs = entry.get("kwargs") if isinstance(entry, dict) else None
    return (str(entry.get("type")), kwargs) if isinstance(kwargs, dict) else ("", {})


def _mentions(entry: Any) -> set[str]:
    kind, kwargs = _parts(entry)
    listed = {str(name) for key in LISTS for name in (kwargs.get(key) or ()) if isinstance(name, str)}
    return listed | set(columns_of(kind, kwargs))


def _concerns(entry: Any, without: Collection[str]) -> bool:
    """Whether an entry has no meaning without these columns."""
    kind, kwargs = _parts(entry)
    return kind in SIZE or not set(without).isdisjoint((*columns_of(kind, kwargs), *mentioned(kwargs, without)))


def _less(entry: Any, without: Collection[str]) -> Any:
    """The entry with fewer columns where it is about the table's columns."""
    kind, kwargs = _parts(entry)
    if not kind.startswith("expect_table_column"):
        return entry
    fewer = {
        key: [name for name in value if name not in without] if key in LISTS and isinstance(value, list) else value
        for key, value in kwargs.items()
    }
    if kind.startswith("expect_table_column_count"):
        fewer = {
            key: (
                value - len(set(without)) if key in ("value", "min_value", "max_value") and value is not None else value
            )
            for key, value in kwargs.items()
        }
    # A title that counts the columns would be wrong now, so the sentence is made anew.
    meta = {key: value for key, value in (entry.get("meta") or {}).items() if key != "title"}
    return {**entry, "kwargs": fewer, "meta": meta} if fewer != kwargs else entry
