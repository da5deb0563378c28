"""Conditions as text: the name of a slice, what ``where:`` of mlgate.yaml reads, and the line that guards a slice.

Separate from ``slices.py``, which deals rows to slices: here nothing is decided, and renderers need it too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from mlgate.records.run import Condition
from mlgate.slices import value_text

__all__ = ["conditions_text", "guard_line", "where_text"]

_WORD = re.compile(r"[^\s=!<>'\"`]+")


def conditions_text(conditions: Sequence[Condition]) -> str:
    """Conditions as a slice is named; a lower and an upper limit of one column are one range.

    >>> limits = [Condition(column="age", operator=">=", value=25.0), Condition(column="age", operator="<", value=30.0)]
    >>> conditions_text([*limits, Condition(column="job", operator="=", value="cook")])
    '25 <= age < 30 and job=cook'
    """
    return " and ".join(_condition_texts(conditions, lambda name: name, value_text, gap=""))


def where_text(conditions: Sequence[Condition]) -> str | None:
    """Conditions as ``where:`` of mlgate.yaml reads them; None where no way of quoting can say them.

    >>> job = Condition(column="first job", operator="=", value="cook's")
    >>> print(where_text([job, Condition(column="x", operator="missing", value="")]))
    `first job` = "cook's" and x is missing
    """
    try:
        return " and ".join(_condition_texts(conditions, _quoted_column, _quoted_value, gap=" "))
    except ValueError:
        return None


def _quoted_column(name: str) -> str:
    number = re.fullmatch(r"[-+.0-9].*", name)
    if _WORD.fullmatch(name) and name not in ("and", "is", "or", "not") and not number:
        return name
    if "`" in name or not name.strip() or not name.isprintable():
        raise ValueError(name)
    return f"`{name}`"


def _quoted_value(value: str | float) -> str:
    if not isinstance(value, str):
        return value_text(value)
    for mark in ("'", '"'):
        if value and mark not in value and value.isprintable():
            return f"{mark}{value}{mark}"
    raise ValueError(value)


def _condition_texts(
    conditions: Sequence[Condition],
    column: Callable[[str], str],
    value: Callable[[str | float], str],
    *,
    gap: str,
) -> list[str]:
    found: list[str] = []
    left = list(conditions)
    while left:
        one, left = left[0], left[1:]
        name = column(one.column)
        other = next((two for two in left if two.column == one.column and two.operator in ("<", "<=")), None)
        if one.operator in (">", ">=") and other is not None:
            left.remove(other)
            low = one.operator.replace(">", "<")
            found.append(f"{value(one.value)} {low} {name} {other.operator} {value(other.value)}")
        elif one.operator == "missing":
            found.append(f"{name} is missing")
        else:
            space = gap if one.operator == "=" else " "
            found.append(f"{name}{space}{one.operator}{space}{value(one.value)}")
    return found


def guard_line(where: str, metric: str, amount: str, *, first: bool = True) -> str:
    """The line of mlgate.yaml that makes a slice a guarded requirement from now on.

    Parameters
    ----------
    where
        As ``where_text`` gives it.
    metric
        Its name.
    amount
        ``margin: 0.02``, ``margin: 4%``, or a rule with its bound.
    first
        Whether the file has no ``guard`` yet; else it is an entry of that list.

    >>> print(guard_line("age < 25", "accuracy", "margin: 0.02"))
    guard: [{where: "age < 25", metric: accuracy, margin: 0.02}]
    """
    name = metric if re.fullmatch(r"[\w.]+", metric) else json.dumps(metric, ensure_ascii=False)
    entry = f"{{where: {json.dumps(where, ensure_ascii=False)}, metric: {name}, {amount}}}"
    return f"guard: [{entry}]" if first else f"  - {entry}"
