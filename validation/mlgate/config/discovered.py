"""The keys ``discovered`` and ``guard`` of mlgate.yaml: the search beyond declared slices, and what came of it.

``guard`` is where a line of a report is pasted: each entry names a slice by its conditions and what must hold there,
beside the requirements of the file or the default ones.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from mlgate.config.document import Items, Node, Problem, Scalar, Table
from mlgate.config.fields import Keys, items, open_table
from mlgate.config.groupings import is_slice, read_where
from mlgate.config.metrics import KnownMetrics, read_metric
from mlgate.config.requirements import REQUIREMENT_KEYS, Surroundings, requirement_of
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.run import Condition, Grouping, Requirement
from mlgate.records.words import Level
from mlgate.where import conditions_text

__all__ = ["DISCOVERED_KEYS", "GUARD_KEYS", "LEVELS", "Guards", "read_discovered", "read_guards", "with_guarded"]

DISCOVERED_KEYS = ("level", "columns", "leave", "depth", "bins", "support", "rows", "metric")
LEVELS = ("guarded", "advisory")
GUARD_KEYS = ("where", *(key for key in REQUIREMENT_KEYS if key not in ("on", "dataset", "than")))
#: More bins than this make a column's runs too many to look at all.
MOST_BINS = 20

#: Per entry of ``guard``: its mapping, and the slice that it names.
Guards = tuple[tuple[Table, Grouping], ...]


def read_discovered(keys: Keys, metrics: KnownMetrics) -> DiscoverySettings | None:
    """How undeclared slices are searched for: a level, true, false (None: not at all), or a mapping."""
    plain = DiscoverySettings()
    if not keys.has("discovered"):
        return plain
    node = keys.values["discovered"]
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return plain if node.value else None
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return replace(plain, level=Level(keys.word("discovered", LEVELS, plain.level)))
    if not isinstance(node, Table):
        keys.wrong("discovered", "guarded, advisory, false, or a mapping with keys such as level, columns, depth")
        return plain
    part = open_table(node, known=DISCOVERED_KEYS, what="discovered", prefix="discovered.", problems=keys.problems)
    depth = part.whole("depth", plain.depth, least=1)
    if depth > 3:
        part.complain("depth", f"discovered.depth is {depth}; slices have at most 3 conditions, as people read them.")
    bins = part.whole("bins", plain.bins, least=2)
    if bins > MOST_BINS:
        part.complain("bins", f"discovered.bins is {bins}; a column of numbers is cut into at most {MOST_BINS} bins.")
    return DiscoverySettings(
        level=Level(part.word("level", LEVELS, plain.level)),
        columns=part.texts("columns"),
        leave=part.texts("leave"),
        depth=depth,
        bins=bins,
        support=part.number("support", plain.support, above=0, below=0.5),
        rows=part.whole("rows", plain.rows, least=1_000),
        most_triples=sys.maxsize if part.has("depth") else plain.most_triples,
        metric=read_metric(part, metrics)[0] if part.has("metric") else "",
    )


def read_guards(keys: Keys, groupings: Sequence[Grouping]) -> tuple[Guards, tuple[Grouping, ...]]:
    """The entries of ``guard`` with their slices, and the slices that must be added to those of the file."""
    nodes = items(keys, "guard")
    if keys.has("guard") and isinstance(keys.values["guard"], Items) and not nodes:
        keys.complain("guard", 'guard is empty; name a slice, such as {where: "age < 25", metric: accuracy}.')
    found: list[tuple[Table, Grouping]] = []
    added: list[Grouping] = []
    for node in nodes:
        slice_ = _slice(node, keys.problems)
        if slice_ is None or not isinstance(node, Table):
            continue
        same = next((one for one in (*groupings, *added) if _same(one, slice_)), None)
        if same is not None:
            slice_ = same
        elif not is_slice(_name(slice_), groupings):
            added.append(slice_)
        found.append((node, slice_))
    return tuple(found), tuple(added)


def with_guarded(
    guards: Guards, around: Surroundings, requirements: tuple[Requirement, ...], problems: list[Problem]
) -> tuple[Requirement, ...]:
    """The requirements, and what the entries of ``guard`` ask of their slices."""
    found = list(requirements)
    asked = {(one.metric, one.rule, one.on, one.dataset, one.than): "requirements" for one in found}
    for node, slice_ in guards:
        shown = Table(
            line=node.line,
            values={key: value for key, value in node.values.items() if key in REQUIREMENT_KEYS},
            lines={key: line for key, line in node.lines.items() if key in REQUIREMENT_KEYS},
            size=node.size,
        )
        one = requirement_of(shown, problems, around, on=_name(slice_))
        if one is None:
            continue
        question = (one.metric, one.rule, one.on, one.dataset, one.than)
        if question in asked:
            sentence = f"{one.metric} {one.rule} on {one.on} is asked in {asked[question]} already; leave one out."
            problems.append(Problem(line=node.line, sentence=sentence))
        asked[question] = "guard"
        found.append(one)
    return tuple(found)


def _slice(node: Node, problems: list[Problem]) -> Grouping | None:
    keys = open_table(node, known=GUARD_KEYS, what="an entry of guard", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if not keys.has("where"):
        keys.complain("where", 'where is missing: say which rows, such as where: "age < 25 and job = student".')
    slice_ = read_where(keys)
    if slice_ is None:
        return None
    name = conditions_text(slice_.conditions)
    return replace(slice_, titles=((name, name),))


def _name(slice_: Grouping) -> str:
    return slice_.titles[0][0] if slice_.titles else conditions_text(slice_.conditions)


def _same(one: Grouping, other: Grouping) -> bool:
    return bool(one.conditions) and _set(one.conditions) == _set(other.conditions)


def _set(conditions: Sequence[Condition]) -> frozenset[Condition]:
    return frozenset(conditions)
