"""The keys ``sensitive`` and ``fairness`` of mlgate.yaml: attributes of people, and requirements on gaps between their
groups.

Separate from requirements because a gap has its own metrics and rules, and no slice: it is between slices.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.config.amounts import note_repetition, read_amounts, read_rule
from mlgate.config.defaults import GAP_METRICS, default_gaps
from mlgate.config.document import Items, Node, Problem, Scalar, Table
from mlgate.config.fields import Keys, describe, items, open_table, shortened
from mlgate.config.groupings import by_value
from mlgate.frozen import dataclass
from mlgate.records.fairness import disparity
from mlgate.records.run import GapRequirement, Grouping
from mlgate.records.words import Level, Rule, Task

__all__ = ["ATTRIBUTE_KEYS", "GAP_KEYS", "Gaps", "read_gaps", "read_sensitive"]

GAP_KEYS = ("metric", "attribute", "rule", "margin", "bound", "level", "reference", "because")
ATTRIBUTE_KEYS = ("by", "cuts", "titles")

_RULES = (Rule.NOT_WORSE, Rule.AT_MOST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gaps:
    """What is asked of groups of people."""

    #: the attributes whose groups are compared.
    attributes: tuple[Grouping, ...] = ()
    requirements: tuple[GapRequirement, ...] = ()


def read_sensitive(keys: Keys) -> tuple[Grouping, ...]:
    """The attributes under ``sensitive``: columns, columns that are cut into ranges, and intersections of columns."""
    if not keys.has("sensitive"):
        return ()
    node = keys.values["sensitive"]
    if not isinstance(node, Items):
        keys.wrong("sensitive", "a list, such as [sex, age]")
        return ()
    found: dict[frozenset[str], Grouping] = {}
    for part in node.values:
        attribute = _attribute_of(part, keys.problems)
        if attribute is None:
            continue
        if frozenset(attribute.columns) in found:
            sentence = f'"{shortened(attribute.attribute)}" stands twice in sensitive; remove one.'
            keys.problems.append(Problem(line=part.line, sentence=sentence))
        found.setdefault(frozenset(attribute.columns), attribute)
    return tuple(found.values())


def _attribute_of(node: Node, problems: list[Problem]) -> Grouping | None:
    """One attribute; None when it cannot be made out, which is noted."""
    if isinstance(node, Table):
        keys = open_table(node, known=ATTRIBUTE_KEYS, what="a sensitive attribute", prefix="", problems=problems)
        if not keys.has("by"):
            keys.complain("by", "by is missing: name the column of the attribute, or several to cross them.")
            return None
        return by_value(keys)
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
        return Grouping(columns=(node.value.strip(),))
    sentence = (
        f"every entry of sensitive must be text, or a mapping such as {{by: age, cuts: {{age: [25, 60]}}}}, found "
        f"{describe(node)}."
    )
    problems.append(Problem(line=node.line, sentence=sentence))
    return None


def read_gaps(keys: Keys, *, label: str, task: Task | None, sensitive: Sequence[Grouping]) -> Gaps:
    """The requirements under ``fairness``, the same question twice noted; without it, those of sensitive columns."""
    if not keys.has("fairness"):
        return Gaps(attributes=tuple(sensitive), requirements=default_gaps(sensitive, task or Task.BINARY))
    nodes = items(keys, "fairness")
    found: list[GapRequirement] = []
    attributes = {one.attribute: one for one in sensitive} if nodes else {}
    first: dict[object, int] = {}
    for node in nodes:
        gap = _gap(node, keys.problems, label=label, task=task)
        if gap is None:
            continue
        requirement, columns = gap
        if len(columns) > 1:
            attributes.setdefault(requirement.attribute, Grouping(columns=columns))
        found.append(requirement)
        note_repetition((requirement.metric, requirement.attribute, requirement.rule), node, first, keys.problems)
    return Gaps(attributes=tuple(attributes.values()), requirements=tuple(found))


def _gap(
    node: Node, problems: list[Problem], *, label: str, task: Task | None
) -> tuple[GapRequirement, tuple[str, ...]] | None:
    """One requirement on gaps and the columns of its attribute; None when what is asked cannot be made out."""
    keys = open_table(node, known=GAP_KEYS, what="a fairness requirement", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if not keys.has("metric"):
        keys.complain("metric", f"metric is missing: say what is compared, one of {', '.join(GAP_METRICS)}.")
    columns = _columns(keys, label)
    metric = keys.word("metric", GAP_METRICS, "")
    rule = _rule(keys, metric)
    if metric and task is not None and task not in _tasks(metric):
        of = " or ".join(str(one) for one in _tasks(metric))
        keys.complain(
            "metric", f"{metric} is of a {of} task, and task is {task}; take one that is, such as {_example(task)}."
        )
    amounts = read_amounts(keys, rule, percent=False)
    _check_amounts(keys, metric, amounts.margin, amounts.bound)
    reference = keys.value("reference")
    if reference is not None and disparity(metric) is not None:
        keys.complain("reference", f"{metric} is over all pairs of groups; leave reference out, or name a single rate.")
    level, because = keys.choice("level", Level, Level.GUARDED), keys.text("because")
    if rule is None or not metric or not columns:
        return None
    requirement = GapRequirement(
        metric=metric,
        attribute=" and ".join(columns),
        rule=rule,
        level=level,
        margin=amounts.margin,
        bound=amounts.bound,
        reference=reference,
        because=because,
    )
    return requirement, columns


def _tasks(metric: str) -> tuple[Task, ...]:
    known = disparity(metric)
    return (Task.BINARY,) if known is None else known.tasks


def _example(task: Task) -> str:
    return {Task.REGRESSION: "mae_difference", Task.MULTICLASS: "accuracy_difference"}.get(task, "selection_rate")


def _rule(keys: Keys, metric: str) -> Rule | None:
    """The rule, where it can be asked of the metric."""
    known = disparity(metric)
    ratio = known is not None and known.ratio
    if ratio and not keys.has("rule"):
        keys.complain("rule", f"rule is missing: a ratio has a lower bound, such as {metric} at_least 0.8.")
        return None
    rule = read_rule(keys)
    if ratio and rule not in (None, Rule.AT_LEAST):
        keys.complain("rule", f"{rule} cannot be asked of a ratio between groups; take at_least.")
        return None
    if not ratio and rule not in (None, *_RULES):
        keys.complain("rule", f"{rule} cannot be asked of a gap between groups; take not_worse or at_most.")
        return None
    return rule


def _check_amounts(keys: Keys, metric: str, margin: float | None, bound: float | None) -> None:
    known = disparity(metric)
    if known is not None and known.ratio:
        if bound is not None and not 0 < bound < 1:
            keys.complain("bound", "bound must be above 0 and below 1, since it is of the smallest ratio; such as 0.8.")
        return
    unbounded = known is not None and known.tasks == (Task.REGRESSION,)
    for key, amount in (("margin", margin), ("bound", bound)):
        if amount is not None and not (0 <= amount if unbounded else 0 <= amount < 1):
            below = "" if unbounded else " and below 1, since gaps are between rates; 5 points are 0.05"
            keys.complain(key, f"{key} must be at least 0{below}.")


def _columns(keys: Keys, label: str) -> tuple[str, ...]:
    """The columns of the attribute: one, or several that are crossed."""
    if not keys.has("attribute"):
        keys.complain("attribute", "attribute is missing: name the column whose groups are compared.")
        return ()
    node = keys.values["attribute"]
    if isinstance(node, Items):
        columns = keys.each_once("attribute", node)
        if not node.values:
            keys.complain("attribute", "attribute is empty; name the column whose groups are compared.")
    else:
        column = keys.text("attribute")
        columns = (column,) if column else ()
    if label and label in columns:
        keys.complain("attribute", f'the attribute "{label}" is the label; name the column of the groups.')
    return columns
