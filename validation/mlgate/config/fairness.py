"""The key ``fairness`` of mlgate.yaml: requirements on the gaps of rates between the groups of one column.

Separate from requirements because a gap has its own metrics and rules, and no slice: it is between slices.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.config.amounts import note_repetition, read_amounts, read_rule
from mlgate.config.defaults import GAP_METRICS, default_gaps
from mlgate.config.document import Node, Problem, Table
from mlgate.config.fields import Keys, items, open_table
from mlgate.records.run import GapRequirement
from mlgate.records.words import Level, Rule, Task

__all__ = ["GAP_KEYS", "read_gaps"]

GAP_KEYS = ("metric", "attribute", "rule", "margin", "bound", "level", "reference", "because")

_RULES = (Rule.NOT_WORSE, Rule.AT_MOST)


def read_gaps(keys: Keys, *, label: str, task: Task | None, sensitive: Sequence[str]) -> tuple[GapRequirement, ...]:
    """The requirements under ``fairness``, the same question twice noted; without it, those of sensitive columns."""
    if not keys.has("fairness"):
        return default_gaps(sensitive) if task in (None, Task.BINARY) else ()
    nodes = items(keys, "fairness")
    if nodes and task not in (None, Task.BINARY):
        sentence = (
            f"fairness compares rates of the two decisions of a binary task, and task is {task}; "
            "ask requirements on slices instead."
        )
        keys.complain("fairness", sentence)
        return ()
    found: list[GapRequirement] = []
    first: dict[object, int] = {}
    for node in nodes:
        gap = _gap(node, keys.problems, label=label)
        if gap is None:
            continue
        found.append(gap)
        note_repetition((gap.metric, gap.attribute, gap.rule), node, first, keys.problems)
    return tuple(found)


def _gap(node: Node, problems: list[Problem], *, label: str) -> GapRequirement | None:
    """One requirement on a gap; None when what is asked cannot be made out."""
    keys = open_table(node, known=GAP_KEYS, what="a fairness requirement", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if not keys.has("metric"):
        keys.complain("metric", f"metric is missing: say which rate is compared, one of {', '.join(GAP_METRICS)}.")
    attribute = _attribute(keys, label)
    rule = read_rule(keys)
    if rule not in (None, *_RULES):
        keys.complain("rule", f"{rule} cannot be asked of a gap between groups; take not_worse or at_most.")
        rule = None
    amounts = read_amounts(keys, rule, percent=False)
    for key, amount in (("margin", amounts.margin), ("bound", amounts.bound)):
        if amount is not None and not 0 <= amount < 1:
            keys.complain(
                key, f"{key} must be at least 0 and below 1, since gaps are between rates; 5 points are 0.05."
            )
    metric, reference = keys.word("metric", GAP_METRICS, ""), keys.value("reference")
    level, because = keys.choice("level", Level, Level.GUARDED), keys.text("because")
    if rule is None or not metric or not attribute:
        return None
    return GapRequirement(
        metric=metric,
        attribute=attribute,
        rule=rule,
        level=level,
        margin=amounts.margin,
        bound=amounts.bound,
        reference=reference,
        because=because,
    )


def _attribute(keys: Keys, label: str) -> str:
    if not keys.has("attribute"):
        keys.complain("attribute", "attribute is missing: name the column whose groups are compared.")
    attribute = keys.text("attribute")
    if attribute and attribute == label:
        keys.complain("attribute", f'the attribute "{attribute}" is the label; name the column of the groups.')
    return attribute
