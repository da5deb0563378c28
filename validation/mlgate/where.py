"""Conditions as text: the name of a slice, what ``where:`` of mlgate.yaml reads, and the line that guards a slice.

Separate from ``slices.py``, which deals rows to slices: here nothing is decided, and renderers need it too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from mlgate.records.run import Condition, Grouping
from mlgate.slices import value_text

__all__ = ["amount_text", "conditions_of", "conditions_text", "guard_line", "where_text"]

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


def amount_text(
    margin: float | None, relative: float | None, *, rule: str = "not_worse", bound: float | None = None
) -> str:
    """A margin or a bound as an entry of ``guard`` takes it, with its rule where that is not the usual one.

    >>> amount_text(0.02, None), amount_text(1.5, 0.04), amount_text(None, None, rule="at_least", bound=0.7)
    ('margin: 0.02', 'margin: 4%', 'rule: at_least, bound: 0.7')
    """
    said = "" if rule == "not_worse" else f"rule: {rule}, "
    if bound is not None:
        return f"{said}bound: {bound:.12g}"
    return said + (f"margin: {100 * relative:.10g}%" if relative is not None else f"margin: {margin or 0:.12g}")


def conditions_of(name: str, groupings: Sequence[Grouping]) -> tuple[Condition, ...] | None:
    """What the rows of a declared slice meet, by the slice's name; None when no grouping can have given it.

    >>> by = Grouping(columns=("age", "sex"), cuts=(("age", (25.0, 60.0)),))
    >>> print(where_text(conditions_of("25 < age <= 60 and sex=F", [by])))
    25 < age <= 60 and sex = 'F'
    """
    for grouping in groupings:
        if grouping.conditions:
            own = grouping.titles[0][0] if grouping.titles else conditions_text(grouping.conditions)
            if own == name:
                return grouping.conditions
            continue
        cuts = dict(grouping.cuts)
        pattern = " and ".join(_level_pattern(column, cuts.get(column, ())) for column in grouping.columns)
        match = re.fullmatch(pattern, name, re.DOTALL)
        if match is not None:
            parts = zip(grouping.columns, match.groups(), strict=True)
            return tuple(one for column, level in parts for one in _level(column, level, cuts.get(column, ())))
    return None


def _level_pattern(column: str, cuts: Sequence[float]) -> str:
    """What the levels of a column of a grouping look like, as one group."""
    name = re.escape(column)
    known = [re.escape(text) for text in _ranges(column, cuts)] if cuts else [f"{name}=.+?"]
    return f"({'|'.join([*known, name + ' is missing'])})"


def _level(column: str, level: str, cuts: Sequence[float]) -> tuple[Condition, ...]:
    if level == f"{column} is missing":
        return (Condition(column=column, operator="missing", value=""),)
    if not cuts:
        return (Condition(column=column, operator="=", value=level.removeprefix(f"{column}=")),)
    return _ranges(column, cuts)[level]


def _ranges(column: str, cuts: Sequence[float]) -> dict[str, tuple[Condition, ...]]:
    """The ranges of a column that is cut, as its slices are named."""
    ends = [None, *cuts, None]
    found = [
        tuple(
            Condition(column=column, operator=operator, value=end)
            for operator, end in ((">", low), ("<=", high))
            if end is not None
        )
        for low, high in zip(ends, ends[1:])
    ]
    return {conditions_text(conditions): conditions for conditions in found}
