"""The key ``slices`` of mlgate.yaml: how rows are dealt to subpopulations.

Separate from the other keys because it has the most rules of its own. Which values a column really has is not known
here; the engine finds out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from mlgate.config.conditions import parse_conditions
from mlgate.config.document import Items, Node, Problem, Scalar, Table
from mlgate.config.fields import Keys, describe, items, open_table
from mlgate.errors import ConfigError, nearest
from mlgate.records.run import OVERALL, Grouping
from mlgate.slices import condition_text, value_text

__all__ = ["SLICE_KEYS", "by_value", "is_slice", "read_groupings", "read_where"]

SLICE_KEYS = ("by", "cuts", "titles", "where", "name", "title")

Cuts = tuple[tuple[str, tuple[float, ...]], ...]


def read_groupings(keys: Keys) -> tuple[Grouping, ...]:
    """The groupings under ``slices``; the same one twice, and a name twice, are noted."""
    groupings: list[Grouping] = []
    first: dict[object, int] = {}
    for node in items(keys, "slices"):
        grouping = _grouping(node, keys.problems)
        if grouping is None:
            continue
        groupings.append(grouping)
        names = [_own_name(grouping)] if grouping.conditions else []
        for mark in (_identity(grouping), *names):
            if mark in first:
                sentence = f"this slice stands on line {first[mark]} already; leave one out."
                keys.problems.append(Problem(line=node.line, sentence=sentence))
                break
            first[mark] = node.line
    return tuple(groupings)


def is_slice(name: str, groupings: Iterable[Grouping]) -> bool:
    """Whether a slice of that name can come from the groupings, as far as can be said without data."""
    return any(
        _own_name(grouping) == name if grouping.conditions else bool(_names(grouping).fullmatch(name))
        for grouping in groupings
    )


def _own_name(grouping: Grouping) -> str:
    """The name of the one slice of a grouping by conditions."""
    return grouping.titles[0][0] if grouping.titles else " and ".join(map(condition_text, grouping.conditions))


def _names(grouping: Grouping) -> re.Pattern[str]:
    """What the names of a grouping's slices look like, whatever values the data hold (they are made in ``slices``)."""
    cuts = dict(grouping.cuts)
    parts: list[str] = []
    for column in grouping.columns:
        name = re.escape(column)
        levels = [re.escape(level) for level in _ranges(column, cuts[column])] if column in cuts else [f"{name}=.+"]
        parts.append("(?:" + "|".join([*levels, f"{name} is missing"]) + ")")
    return re.compile(" and ".join(parts), re.DOTALL)


def _ranges(column: str, cuts: tuple[float, ...]) -> list[str]:
    texts = [value_text(cut) for cut in cuts]
    between = [f"{low} < {column} <= {high}" for low, high in zip(texts, texts[1:])]
    return [f"{column} <= {texts[0]}", *between, f"{column} > {texts[-1]}"]


def _example(grouping: Grouping) -> str:
    """One name that a slice of the grouping can have."""
    cuts = dict(grouping.cuts)
    return " and ".join(
        _ranges(column, cuts[column])[0] if column in cuts else f"{column}=value" for column in grouping.columns
    )


def _identity(grouping: Grouping) -> object:
    """Equal for groupings that give the same slices, in whatever order their columns stand."""
    if grouping.conditions:
        return frozenset(grouping.conditions)
    return frozenset(grouping.columns), frozenset(grouping.cuts)


def _grouping(node: Node, problems: list[Problem]) -> Grouping | None:
    keys = open_table(node, known=SLICE_KEYS, what="a slice", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if keys.has("by") == keys.has("where"):
        keys.complain(
            "where", "a slice has either by (one slice for every value) or where (one slice); give one of them."
        )
        return None
    return _by_condition(keys) if keys.has("where") else by_value(keys)


def by_value(keys: Keys) -> Grouping | None:
    """A grouping by the values of columns, from its keys ``by``, ``cuts`` and ``titles``; None when it has none."""
    for key in ("name", "title"):
        if keys.has(key):
            keys.complain(key, f"{key} goes with where; slices by value take titles: {{slice name: title}}.")
    columns = _columns(keys)
    if not columns:
        return None
    cuts = _cuts(keys, columns)
    # The names of slices follow from the cuts: with wrong ones, nothing can be said about titles.
    grouping = Grouping(columns=columns, cuts=cuts or ())
    return grouping if cuts is None else replace(grouping, titles=_titles(keys, grouping))


def _columns(keys: Keys) -> tuple[str, ...]:
    node = keys.values["by"]
    if isinstance(node, Items):
        if not node.values:
            keys.complain("by", "by is empty; name a column, such as by: region, or several to cross them.")
        return keys.each_once("by", node)
    if isinstance(node, Scalar):
        column = keys.text("by")
        return (column,) if column else ()
    keys.wrong("by", "a column, or a list of columns that are crossed")
    return ()


def _cuts(keys: Keys, columns: tuple[str, ...]) -> Cuts | None:
    """The cuts of a grouping; None when something is wrong with them."""
    if not keys.has("cuts"):
        return ()
    node = keys.values["cuts"]
    if not isinstance(node, Table):
        keys.wrong("cuts", "a mapping of columns to ascending numbers, such as {age: [25, 60]}")
        return None
    found: list[tuple[str, tuple[float, ...]]] = []
    for column, points in node.values.items():
        numbers = _ascending(points)
        sentence = ""
        if column not in columns:
            sentence = f'cuts names "{column}", which is not in by; {nearest(column, columns)}'
        elif numbers is None:
            sentence = f"the cuts of {column} must be ascending numbers, each once, such as [25, 60]."
        else:
            found.append((column, numbers))
        if sentence:
            keys.problems.append(Problem(line=node.lines[column], sentence=sentence))
    return tuple(found) if len(found) == len(node.values) else None


def _ascending(node: Node) -> tuple[float, ...] | None:
    if not isinstance(node, Items) or not node.values:
        return None
    numbers: list[float] = []
    for part in node.values:
        value = part.value if isinstance(part, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        # NaN is not above anything, so it is refused here too.
        if abs(value) == float("inf") or value != value or numbers and not value > numbers[-1]:
            return None
        numbers.append(float(value))
    return tuple(numbers)


def _titles(keys: Keys, grouping: Grouping) -> tuple[tuple[str, str], ...]:
    if not keys.has("titles"):
        return ()
    node = keys.values["titles"]
    if not isinstance(node, Table):
        keys.wrong("titles", 'a mapping of slice names to titles, such as {"sex=F": Women}')
        return ()
    found: list[tuple[str, str]] = []
    pattern = _names(grouping)
    for name, title in node.values.items():
        line = node.lines[name]
        if not pattern.fullmatch(name):
            sentence = f'no slice can be called "{name}" here; names look like "{_example(grouping)}".'
            keys.problems.append(Problem(line=line, sentence=sentence))
        elif not isinstance(title, Scalar) or not title.written.strip() or title.value is None:
            sentence = f'the title of "{name}" must be text, found {describe(title)}.'
            keys.problems.append(Problem(line=line, sentence=sentence))
        else:
            found.append((name, title.written.strip()))
    return tuple(found)


def read_where(keys: Keys) -> Grouping | None:
    """The slice of the key ``where``, without a title; None where it is missing or cannot be read."""
    text = keys.text("where")
    if not text:
        return None
    try:
        conditions = parse_conditions(text)
    except ConfigError as problem:
        keys.complain("where", f"where, {problem}")
        return None
    return Grouping(columns=tuple(dict.fromkeys(part.column for part in conditions)), conditions=conditions)


def _by_condition(keys: Keys) -> Grouping | None:
    for key in ("cuts", "titles"):
        if keys.has(key):
            keys.complain(key, f"{key} goes with by; a slice with where takes name and title.")
    grouping = read_where(keys)
    if grouping is None:
        return None
    name = keys.text("name", _own_name(grouping))
    if name in (OVERALL, "slices"):
        keys.complain("name", f'a slice cannot be called "{name}", which means something else; take another name.')
    return replace(grouping, titles=((name, keys.text("title", name)),))
