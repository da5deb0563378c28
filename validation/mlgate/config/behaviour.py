"""The keys ``golden`` and ``behaviour`` of mlgate.yaml: what a model must get right, and what must not move it.

Separate from requirements, which are about metrics on rows as they are: here rows are changed on purpose, or written by
hand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mlgate.config.amounts import note_repetition
from mlgate.config.document import Node, Scalar, Table
from mlgate.config.fields import Keys, items, open_table
from mlgate.errors import nearest
from mlgate.records.behaviour_settings import (
    INVARIANCES,
    BehaviourSettings,
    Counterfactual,
    Golden,
    Limit,
    Monotone,
)
from mlgate.records.words import Level, Task

__all__ = [
    "BEHAVIOUR_KEYS",
    "COUNTERFACTUAL_KEYS",
    "DIRECTIONS",
    "FILLS",
    "GOLDEN_KEYS",
    "MONOTONE_KEYS",
    "read_behaviour",
    "read_golden",
]

GOLDEN_KEYS = ("path", "name", "expected", "tolerance", "low", "high", "level", "fill")
BEHAVIOUR_KEYS = ("unchanged_by", "skip", "level", "tolerance", "rows", "singles", "monotone", "counterfactual")
_LIMIT_KEYS = ("at_most", "not_worse", "level", "because")
MONOTONE_KEYS = ("column", "direction", "values", "tolerance", "class", *_LIMIT_KEYS)
COUNTERFACTUAL_KEYS = ("attribute", "values", "more_than", *_LIMIT_KEYS)
DIRECTIONS = ("increasing", "decreasing")
FILLS = ("none", "typical")

_ID = "id"


def read_golden(keys: Keys) -> Golden | None:
    """The file of golden examples: a path, or a mapping; None when there is none."""
    if not keys.has("golden"):
        return None
    node = keys.values["golden"]
    if isinstance(node, Scalar):
        return Golden(path=keys.text("golden"))
    part = open_table(node, known=GOLDEN_KEYS, what="golden", prefix="golden.", problems=keys.problems)
    if isinstance(node, Table) and not part.has("path"):
        part.complain("path", "golden.path is missing: name the file of the rows that must be right.")
    plain = Golden(path="")
    names = ("name", "expected", "tolerance", "low", "high")
    columns = {key: part.text(key, getattr(plain, key)) for key in names}
    for key in names:
        twin = next((other for other in names if other != key and columns[other] == columns[key]), None)
        if twin is not None and part.has(key):
            part.complain(key, f'golden.{key} and golden.{twin} are both the column "{columns[key]}"; name two.')
    return Golden(
        path=part.text("path"),
        level=part.choice("level", Level, plain.level),
        fill=part.word("fill", FILLS, plain.fill),
        **columns,
    )


def read_behaviour(keys: Keys, *, label: str, task: Task | None, named_id: str) -> BehaviourSettings:
    """What stands under ``behaviour``; ``false``: nothing is asked; without it, what needs no telling."""
    plain = BehaviourSettings()
    if not keys.has("behaviour"):
        return plain
    node = keys.values["behaviour"]
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return plain if node.value else BehaviourSettings(invariances=())
    part = open_table(node, known=BEHAVIOUR_KEYS, what="behaviour", prefix="behaviour.", problems=keys.problems)
    skipped = part.texts("skip")
    for name in skipped:
        if name not in INVARIANCES:
            part.complain("skip", f'unknown invariance "{name}"; {nearest(name, INVARIANCES)}')
    unchanged = _unchanged(part, skipped, label=label, named_id=named_id)
    return BehaviourSettings(
        invariances=tuple(name for name in INVARIANCES if name not in skipped),
        id=_ID in unchanged,
        columns=tuple(name for name in unchanged if name not in (*INVARIANCES, _ID)),
        level=part.choice("level", Level, plain.level),
        tolerance=_small(part, "tolerance", plain.tolerance),
        rows=part.whole("rows", plain.rows, least=1),
        singles=part.whole("singles", plain.singles, least=1),
        monotone=_monotone(part, label=label, task=task),
        counterfactual=_counterfactual(part, label=label, task=task),
    )


def _unchanged(part: Keys, skipped: Collection[str], *, label: str, named_id: str) -> tuple[str, ...]:
    unchanged = part.texts("unchanged_by")
    for name in unchanged:
        if name in skipped:
            part.complain("skip", f"{name} stands in behaviour.unchanged_by and in behaviour.skip; remove one.")
        if name == label:
            part.complain("unchanged_by", f'"{name}" is the label, which no model sees; name a feature.')
    if _ID in unchanged and not named_id:
        part.complain("unchanged_by", "behaviour.unchanged_by names the id, and there is none; declare id: COLUMN.")
    return unchanged


def _small(part: Keys, key: str, default: float) -> float:
    if not part.has(key):
        return default
    number, _ = part.margin(key, percent=False)
    return default if number is None else number


def _limit(part: Keys) -> Limit:
    """How large a share may be: the bound, or the margin beside the champion, and how much it weighs."""
    plain = Limit()
    if part.has("at_most") and part.has("not_worse"):
        part.complain("not_worse", "at_most and not_worse are two questions; ask them in two entries.")
    shares: dict[str, float | None] = {"at_most": plain.at_most, "not_worse": plain.not_worse}
    for key in shares:
        if not part.has(key):
            continue
        shares = dict.fromkeys(shares)
        number, _ = part.margin(key, percent=False)
        if number is not None and number >= 1:
            part.complain(key, f"{key} must be at least 0 and below 1, since it is a share of rows; 5 % are 0.05.")
        shares[key] = number
    level, because = part.choice("level", Level, plain.level), part.text("because")
    return Limit(at_most=shares["at_most"], not_worse=shares["not_worse"], level=level, because=because)


def _open(node: Node, known: Sequence[str], what: str, keys: Keys) -> Keys | None:
    part = open_table(node, known=known, what=what, prefix="", problems=keys.problems)
    return part if isinstance(node, Table) else None


def _column(part: Keys, key: str, label: str, why: str) -> str:
    if not part.has(key):
        part.complain(key, f"{key} is missing: name the column {why}.")
    name = part.text(key)
    if name and name == label:
        part.complain(key, f'"{name}" is the label, which no model sees; name a feature.')
    return name


def _values(part: Keys) -> tuple[str, ...]:
    values = part.each_value("values")
    if part.has("values") and len(values) < 2:
        part.complain("values", "values needs two or more values that are compared; add some or leave the key out.")
    return values


def _monotone(keys: Keys, *, label: str, task: Task | None) -> tuple[Monotone, ...]:
    found: list[Monotone] = []
    first: dict[object, int] = {}
    for node in items(keys, "monotone"):
        part = _open(node, MONOTONE_KEYS, "a direction", keys)
        if part is None:
            continue
        column = _column(part, "column", label, "that rises")
        if not part.has("direction"):
            part.complain("direction", "direction is missing: increasing (the answer must not fall) or decreasing.")
        if task is Task.MULTICLASS and not part.has("class"):
            part.complain("class", "class is missing: with several classes, say whose score is meant.")
        if part.has("class") and task is not Task.MULTICLASS:
            part.complain("class", f"class is for tasks of several classes, and task is {task or Task.BINARY}.")
        one = Monotone(
            column=column,
            direction=part.word("direction", DIRECTIONS, DIRECTIONS[0]),
            values=_values(part),
            tolerance=_small(part, "tolerance", Monotone(column="", direction="").tolerance),
            of_class=part.value("class") or "",
            limit=_limit(part),
        )
        found.append(one)
        note_repetition((one.column, one.of_class), node, first, keys.problems)
    return tuple(found)


def _counterfactual(keys: Keys, *, label: str, task: Task | None) -> tuple[Counterfactual, ...]:
    found: list[Counterfactual] = []
    first: dict[object, int] = {}
    for node in items(keys, "counterfactual"):
        part = _open(node, COUNTERFACTUAL_KEYS, "a counterfactual", keys)
        if part is None:
            continue
        attribute = _column(part, "attribute", label, "whose values are changed")
        if task is Task.REGRESSION and not part.has("more_than"):
            sentence = "more_than is missing: numbers are no decisions, so say by how much the answer may move."
            part.complain("more_than", sentence)
        more_than = _small(part, "more_than", 0.0) if part.has("more_than") else None
        one = Counterfactual(attribute=attribute, values=_values(part), more_than=more_than, limit=_limit(part))
        found.append(one)
        note_repetition((one.attribute, one.more_than is None), node, first, keys.problems)
    return tuple(found)
