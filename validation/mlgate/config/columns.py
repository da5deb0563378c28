"""Columns that have a part to play, and which parts one column cannot play at once.

Separate from the keys that name columns because only here all of them are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlgate.config.fields import Keys, shortened
from mlgate.records.run import Money, Run

__all__ = ["check_columns", "check_private"]

_APART = (("id", "unit"), ("id", "weight"), ("unit", "weight"), ("id", "baseline"), ("weight", "baseline"))
_WHY = {
    "id": "identify rows",
    "unit": "be the unit",
    "weight": "be a weight",
    "time": "say when a row happened",
    "baseline": "be the baseline",
}


def check_columns(
    keys: Keys, *, label: str, parts: Mapping[str, str], sensitive: Sequence[str], money: Money | None
) -> None:
    """Note columns that play two parts.

    Parameters
    ----------
    label
        What models are judged by: it can be nothing else.
    parts
        The keys ``id``, ``unit``, ``weight``, ``time`` and ``baseline`` and their columns, empty where none is named.
    sensitive
        Attributes of people.
    money
        Its amounts may be columns.
    """
    if label and label in sensitive:
        keys.complain("sensitive", f'"{label}" is the label and cannot be sensitive; remove it from the list.')
    for key, column in parts.items():
        if column and column == label:
            sentence = f'"{column}" is the label and cannot {_WHY[key]}; name another column, or leave {key} out.'
            keys.complain(key, sentence)
    for key in ("unit", "weight"):
        if parts[key] and parts[key] in sensitive:
            why = "no attribute of people whose groups could be compared; remove it from the list"
            keys.complain("sensitive", f'"{shortened(parts[key])}" is the {key}, {why}.')
    for first, second in _APART:
        if parts[first] and parts[first] == parts[second] != label:
            keys.complain(second, _both(parts[first], first, second))
    if money is not None and label in [amount for amount in money.amounts if isinstance(amount, str)]:
        key = {"cost": "costs", "value": "values"}[money.kind]
        keys.complain(key, f'"{label}" is the label and holds no money; name another column under {key}.')


def check_private(keys: Keys, *, label: str, run: Run, sensitive: Sequence[str], private: Sequence[str]) -> None:
    """Note private columns whose values would be names in every output: of slices, of groups, of classes."""
    sliced = [name for one in run.groupings for name in (*one.columns, *(part.column for part in one.conditions))]
    named: dict[str, Sequence[str]] = {"sensitive": sensitive, "slices": sliced, "label": [label]}
    for key, columns in named.items():
        found = next((name for name in columns if name in private and keys.has(key)), None)
        if found is not None:
            why = "its values would be names in every output; leave it out of one of the two"
            keys.complain("private", f'"{shortened(found)}" is private and stands under {key}, where {why}.')


def _both(column: str, first: str, second: str) -> str:
    if (first, second) == ("id", "unit"):
        return f'"{shortened(column)}" identifies rows, so no two rows share a unit; leave unit out.'
    return f'"{shortened(column)}" stands under {first} and {second}; one column cannot be both.'
