"""The difference between two suites, as sentences that a reviewer reads: added, removed, changed, by column.

Separate from running suites: the two files are compared as they stand, without Great Expectations and without data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mlgate.edges.expectations.suite_file import listed, plain, short_name
from mlgate.edges.expectations.suite_kinds import columns_of, mentioned
from mlgate.frozen import dataclass

__all__ = ["Difference", "differences", "tell"]

_WITHHELD = "values are withheld, since the column is private"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One expectation that only one of two suites has, or that differs between them."""

    #: ``a`` or ``a+b``; ``table`` when it is about the table.
    column: str
    #: ``added``, ``removed`` or ``changed``.
    what: str
    #: such as ``values_between``: the last part of the finding's id.
    name: str
    #: one clause per difference: ``max_value 100 → 110``; empty where nothing may be told.
    details: tuple[str, ...]


def differences(old: Sequence[Any], new: Sequence[Any], *, private: Collection[str] = ()) -> tuple[Difference, ...]:
    """What differs between the entries of two suites, by column and name; the order of entries does not matter.

    Parameters
    ----------
    old
        Entries of the first suite (``read_entries``).
    new
        Entries of the second suite.
    private
        Columns whose expected values are not told.

    Examples
    --------
    >>> kind = "expect_column_values_to_be_between"
    >>> old, new = ({"type": kind, "kwargs": {"column": "age", "max_value": high}} for high in (100, 110))
    >>> print(tell(differences([old], [new])))
    age
      changed  values_between: max_value 100 → 110
    """
    before, after = _named(old), _named(new)
    found = []
    for key in sorted({*before, *after}, key=_order):
        first, second = before.get(key), after.get(key)
        if first == second:
            continue
        column, name = key[0], key[1]
        entry = second or first or {}
        hidden = _hidden(first, private) or _hidden(second, private)
        if first is None or second is None:
            what = "added" if first is None else "removed"
            details = (_WITHHELD,) if hidden else _arguments(entry)
        else:
            what, details = "changed", (_WITHHELD,) if hidden else _changes(first, second)
        found.append(Difference(column=column, what=what, name=name, details=details))
    return tuple(found)


def tell(found: Sequence[Difference]) -> str:
    """The differences as text, one line each under the name of their column.

    >>> tell(())
    'the two suites expect the same'
    """
    if not found:
        return "the two suites expect the same"
    lines: list[str] = []
    column = None
    for one in found:
        if one.column != column:
            column = one.column
            lines.append(column)
        details = f": {'; '.join(one.details)}" if one.details else ""
        lines.append(f"  {one.what:<8} {one.name}{details}")
    return "\n".join(lines)


def _named(entries: Sequence[Any]) -> dict[tuple[str, str, int], Mapping[str, Any]]:
    """Entries by column, name and, where both are equal, their number."""
    named: dict[tuple[str, str, int], Mapping[str, Any]] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("kwargs", {}), dict):
            continue
        kind = str(entry.get("type"))
        subject = "+".join(columns_of(kind, entry.get("kwargs", {}))) or "table"
        name = str((entry.get("meta") or {}).get("name") or short_name(kind))
        number = next(count for count in range(len(entries)) if (subject, name, count) not in named)
        named[subject, name, number] = entry
    return named


def _order(key: tuple[str, str, int]) -> tuple[bool, str, str, int]:
    return key[0] != "table", *key


def _hidden(entry: Mapping[str, Any] | None, private: Collection[str]) -> bool:
    if entry is None:
        return False
    kwargs = entry.get("kwargs", {})
    return bool(set(private).intersection(columns_of(str(entry.get("type")), kwargs)) or mentioned(kwargs, private))


#: Arguments that say which column it is about.
_SUBJECT = frozenset({"column", "column_A", "column_B"})


def _arguments(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{key} {_shown(value)}" for key, value in entry.get("kwargs", {}).items() if key not in _SUBJECT)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """What changed, old → new; of lists what came and what went."""
    found = []
    if old.get("type") != new.get("type"):
        found.append(f"type {old.get('type')} → {new.get('type')}")
    before, after = old.get("kwargs", {}), new.get("kwargs", {})
    for key in dict.fromkeys((*before, *after)):
        first, second = before.get(key), after.get(key)
        if first == second:
            continue
        if isinstance(first, list) and isinstance(second, list):
            found.append(f"{key} {_lists(first, second)}")
        else:
            found.append(f"{key} {_shown(first)} → {_shown(second)}")
    titles = [(entry.get("meta") or {}).get("title") for entry in (old, new)]
    if titles[0] != titles[1]:
        found.append(f"title {_shown(titles[0])} → {_shown(titles[1])}")
    return tuple(found) or ("notes only",)


def _lists(old: Sequence[Any], new: Sequence[Any]) -> str:
    came, went = [value for value in new if value not in old], [value for value in old if value not in new]
    parts = [f"now with {listed(came)}"] if came else []
    parts += [f"no longer with {listed(went)}"] if went else []
    return ", ".join(parts) or "in another order"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return listed(value) if isinstance(value, list) else plain(value)
