"""The keys ``requirements``, ``fairness`` and ``oddities`` of mlgate.yaml: metric, rule, margin or bound, level.

Separate from the other keys because the three share one grammar: which rule takes a margin and which a bound.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlgate.config.defaults import GAP_METRICS, default_oddity
from mlgate.config.document import Items, Node, Problem, Table
from mlgate.config.fields import Keys, items, open_table
from mlgate.config.groupings import is_slice
from mlgate.errors import nearest
from mlgate.records.run import OVERALL, GapRequirement, Grouping, Requirement
from mlgate.records.settings import OdditySettings
from mlgate.records.words import Level, Rule

__all__ = [
    "GAP_KEYS",
    "KnownMetrics",
    "ODDITY_KEYS",
    "REQUIREMENT_KEYS",
    "read_gaps",
    "read_oddities",
    "read_requirements",
]

REQUIREMENT_KEYS = ("metric", "rule", "margin", "bound", "level", "on", "dataset", "because")
GAP_KEYS = ("metric", "attribute", "rule", "margin", "bound", "level", "reference", "because")
ODDITY_KEYS = ("sets", "metric", "margin", "level", "categories", "leave")

_GAP_RULES = (Rule.NOT_WORSE, Rule.AT_MOST)
_SLICES = "slices"


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownMetrics:
    """The metrics that there are."""

    names: Collection[str]
    #: those of which neither more nor less is better, such as the selection rate.
    undirected: Collection[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Amounts:
    margin: float | None
    relative: bool
    bound: float | None


def read_requirements(
    keys: Keys, *, metrics: KnownMetrics, datasets: Collection[str], groupings: Sequence[Grouping]
) -> tuple[Requirement, ...]:
    """The requirements under ``requirements``; the same question twice is noted."""
    nodes = items(keys, "requirements")
    if keys.has("requirements") and isinstance(keys.values["requirements"], Items) and not nodes:
        keys.complain(
            "requirements", "requirements is empty, so nothing would be asked; leave it out for the defaults."
        )
    found: list[Requirement] = []
    first: dict[object, int] = {}
    for node in nodes:
        requirement = _requirement(node, keys.problems, metrics=metrics, datasets=datasets, groupings=groupings)
        if requirement is None:
            continue
        found.append(requirement)
        question = (requirement.metric, requirement.rule, requirement.on, requirement.dataset)
        _note_repetition(question, node, first, keys.problems)
    return tuple(found)


def read_gaps(keys: Keys, *, label: str) -> tuple[GapRequirement, ...]:
    """The requirements under ``fairness``; the same question twice is noted."""
    found: list[GapRequirement] = []
    first: dict[object, int] = {}
    for node in items(keys, "fairness"):
        gap = _gap(node, keys.problems, label=label)
        if gap is None:
            continue
        found.append(gap)
        _note_repetition((gap.metric, gap.attribute, gap.rule), node, first, keys.problems)
    return tuple(found)


def read_oddities(
    keys: Keys, *, metrics: KnownMetrics, oddities: Collection[str]
) -> tuple[OdditySettings | None, Requirement | None]:
    """What stands under ``oddities``: which sets are made, and by what they are judged; nothing without the key."""
    if not keys.has("oddities"):
        return None, None
    part = open_table(
        keys.values["oddities"], known=ODDITY_KEYS, what="oddities", prefix="oddities.", problems=keys.problems
    )
    default = default_oddity(scores=True)
    names = part.texts("sets") if part.has("sets") else tuple(oddities)
    for name in names:
        if name not in oddities:
            part.complain("sets", f'unknown oddity "{name}"; {nearest(name, oddities)}')
    if part.has("sets") and not names:
        part.complain("sets", "oddities.sets is empty; leave it out for all sets, or leave oddities out for none.")
    metric = part.word("metric", metrics.names, default.metric)
    if metric in metrics.undirected:
        part.complain("metric", f"{_undirected(metric)}, so oddities cannot be judged by it; take another metric.")
    # A margin belongs to its metric: the default one is not carried over to a metric that the user chose.
    if part.has("metric") and metric != default.metric and not part.has("margin"):
        part.complain(
            "metric", f"oddities.margin is missing: say how much worse {metric} may be, such as margin: 0.02."
        )
    margin, relative = part.margin("margin", percent=True) if part.has("margin") else (default.margin, False)
    requirement = Requirement(
        metric=metric,
        rule=Rule.NOT_WORSE,
        level=part.choice("level", Level, default.level),
        margin=margin,
        relative=relative,
        dataset=default.dataset,
    )
    settings = OdditySettings(names=names, leave=part.texts("leave"), categories=part.texts("categories"))
    return settings, requirement


def _requirement(
    node: Node,
    problems: list[Problem],
    *,
    metrics: KnownMetrics,
    datasets: Collection[str],
    groupings: Sequence[Grouping],
) -> Requirement | None:
    """One requirement; None when what is asked cannot be made out."""
    keys = open_table(node, known=REQUIREMENT_KEYS, what="a requirement", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if not keys.has("metric"):
        keys.complain(
            "metric", "metric is missing: say which number the requirement is about, such as metric: accuracy."
        )
    rule = _rule(keys)
    amounts = _amounts(keys, rule, percent=True)
    on = keys.text("on", OVERALL)
    _check_on(keys, on, groupings)
    dataset = keys.text("dataset", "base_case")
    if keys.has("dataset") and dataset not in datasets:
        keys.complain("dataset", f'unknown data set "{dataset}"; {nearest(dataset, datasets)}')
    elif dataset == "train":
        keys.complain("dataset", "requirements are not judged on rows that a model was trained on; take base_case.")
    metric = keys.word("metric", metrics.names, "")
    if metric in metrics.undirected and rule in (Rule.NOT_WORSE, Rule.BETTER):
        keys.complain("metric", f"{_undirected(metric)}; take unchanged, at_least or at_most, or a gap under fairness.")
    level = keys.choice("level", Level, Level.REQUIRED if on == OVERALL else Level.GUARDED)
    because = keys.text("because")
    if rule is None or not metric:
        return None
    return Requirement(
        metric=metric,
        rule=rule,
        level=level,
        on=on,
        margin=amounts.margin,
        relative=amounts.relative,
        bound=amounts.bound,
        dataset=dataset,
        because=because,
    )


def _check_on(keys: Keys, on: str, groupings: Sequence[Grouping]) -> None:
    if on == OVERALL:
        return
    if not groupings:
        keys.complain(
            "on", f'on: "{on}" has nothing to look at, since no slices are declared; declare slices, or leave on out.'
        )
    elif on != _SLICES and not is_slice(on, groupings):
        known = {OVERALL, _SLICES, *(name for grouping in groupings for name, _ in grouping.titles)}
        keys.complain("on", f'unknown slice "{on}"; {nearest(on, known)}')


def _gap(node: Node, problems: list[Problem], *, label: str) -> GapRequirement | None:
    """One requirement on a gap; None when what is asked cannot be made out."""
    keys = open_table(node, known=GAP_KEYS, what="a fairness requirement", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if not keys.has("metric"):
        keys.complain("metric", f"metric is missing: say which rate is compared, one of {', '.join(GAP_METRICS)}.")
    if not keys.has("attribute"):
        keys.complain("attribute", "attribute is missing: name the column whose groups are compared.")
    attribute = keys.text("attribute")
    if attribute and attribute == label:
        keys.complain("attribute", f'the attribute "{attribute}" is the label; name the column of the groups.')
    rule = _rule(keys)
    if rule not in (None, *_GAP_RULES):
        keys.complain("rule", f"{rule} cannot be asked of a gap between groups; take not_worse or at_most.")
        rule = None
    amounts = _amounts(keys, rule, percent=False)
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


def _rule(keys: Keys) -> Rule | None:
    """The rule, ``not_worse`` when none is given; None when it is unknown, which is noted."""
    if not keys.has("rule"):
        return Rule.NOT_WORSE
    written = keys.word("rule", [str(rule) for rule in Rule], "")
    return Rule(written) if written else None


def _amounts(keys: Keys, rule: Rule | None, *, percent: bool) -> _Amounts:
    """The margin or the bound, whichever the rule takes; the other one, and a missing one, are noted."""
    if rule is None:
        # What an unknown rule would take cannot be said.
        return _Amounts(margin=None, relative=False, bound=None)
    if rule.paired:
        if keys.has("bound"):
            keys.complain("bound", f"{rule} takes margin, not bound; bound goes with at_least and at_most.")
        if not keys.has("margin"):
            if rule is not Rule.BETTER:
                sentence = f"margin is missing: say how much {_amount(rule)} still allowed, such as margin: 0.01."
                keys.complain("margin", sentence)
            return _Amounts(margin=0.0, relative=False, bound=None)
        margin, relative = keys.margin("margin", percent=percent)
        return _Amounts(margin=margin, relative=relative, bound=None)
    if keys.has("margin"):
        keys.complain("margin", f"{rule} takes bound, not margin; margin goes with not_worse, better and unchanged.")
    if not keys.has("bound"):
        keys.complain("bound", f"bound is missing: {rule} needs the number to compare with, such as bound: 0.7.")
        return _Amounts(margin=None, relative=False, bound=None)
    return _Amounts(margin=None, relative=False, bound=keys.number("bound", 0.0))


def _undirected(metric: str) -> str:
    return f"neither more nor less {metric} is better"


def _amount(rule: Rule) -> str:
    return "change is" if rule is Rule.UNCHANGED else "worse is"


def _note_repetition(question: object, node: Node, first: dict[object, int], problems: list[Problem]) -> None:
    if question in first:
        sentence = f"this requirement stands on line {first[question]} already; keep one, with the level that you mean."
        problems.append(Problem(line=node.line, sentence=sentence))
    else:
        first[question] = node.line
