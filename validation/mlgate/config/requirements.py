"""The key ``requirements`` of mlgate.yaml: metric, rule, margin or bound, level, and where.

Separate from fairness and oddities, which share the rules but ask other questions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mlgate.config.amounts import note_repetition, read_amounts, read_rule
from mlgate.config.document import Items, Node, Problem, Table
from mlgate.config.fields import Keys, items, open_table
from mlgate.config.groupings import is_slice
from mlgate.config.metrics import KnownMetrics, Traits, read_metric
from mlgate.errors import nearest, vacuous
from mlgate.frozen import dataclass
from mlgate.records.run import OVERALL, Grouping, Requirement
from mlgate.records.words import Level, Rule

__all__ = ["REQUIREMENT_KEYS", "THAN", "Surroundings", "read_requirements", "requirement_of"]

REQUIREMENT_KEYS = ("metric", "rule", "margin", "bound", "level", "on", "dataset", "than", "because")
THAN = ("champion", "baseline")

_SLICES = "slices"
_BASE_CASE = "base_case"


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the rest of the file declares and requirements may name."""

    metrics: KnownMetrics
    datasets: Collection[str]
    groupings: Sequence[Grouping]


def read_requirements(keys: Keys, around: Surroundings) -> tuple[Requirement, ...]:
    """The requirements under ``requirements``; the same question twice is noted."""
    nodes = items(keys, "requirements")
    if keys.has("requirements") and isinstance(keys.values["requirements"], Items) and not nodes:
        keys.complain(
            "requirements", "requirements is empty, so nothing would be asked; leave it out for the defaults."
        )
    found: list[Requirement] = []
    first: dict[object, int] = {}
    for node in nodes:
        requirement = requirement_of(node, keys.problems, around)
        if requirement is None:
            continue
        found.append(requirement)
        question = (requirement.metric, requirement.rule, requirement.on, requirement.dataset, requirement.than)
        note_repetition(question, node, first, keys.problems)
    return tuple(found)


def requirement_of(node: Node, problems: list[Problem], around: Surroundings, *, on: str = "") -> Requirement | None:
    """One requirement; None when what is asked cannot be made out.

    Parameters
    ----------
    node
        Its mapping.
    problems
        Where problems are noted.
    around
        What it may name.
    on
        The slice that it is about, where the mapping does not say.
    """
    keys = open_table(node, known=REQUIREMENT_KEYS, what="a requirement", prefix="", problems=problems)
    if not isinstance(node, Table):
        return None
    if not keys.has("metric"):
        keys.complain(
            "metric", "metric is missing: say which number the requirement is about, such as metric: accuracy."
        )
    metric, traits = read_metric(keys, around.metrics)
    rule = _rule(keys, metric, traits)
    amounts = read_amounts(keys, rule, percent=True)
    wide = "" if amounts.margin is None or amounts.relative else vacuous(amounts.margin, metric, traits.reach)
    if wide:
        keys.complain("margin", f"margin {wide}")
    on, dataset = on or _on(keys, around.groupings), _dataset(keys, around.datasets)
    than = keys.word("than", THAN, THAN[0])
    _check_than(keys, rule, than, on=on, dataset=dataset)
    level, because = _level(keys, metric, traits, on), keys.text("because")
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
        than=than,
    )


def _rule(keys: Keys, metric: str, traits: Traits) -> Rule | None:
    """The rule; None when it is unknown or cannot be asked of the metric, which is noted."""
    rule = read_rule(keys)
    if rule is not None and rule.paired and traits.of_pair:
        sentence = f"{metric} compares the two models already, so it takes a bound: rule at_most or at_least."
    elif rule in (Rule.NOT_WORSE, Rule.BETTER) and not traits.directed:
        sentence = (
            f"neither more nor less {metric} is better; take unchanged, at_least or at_most, or a gap under fairness."
        )
    else:
        return rule
    keys.complain("metric", sentence)
    return None


def _level(keys: Keys, metric: str, traits: Traits, on: str) -> Level:
    """The level, or what is meant most often: required over all rows, guarded on slices."""
    if traits.decides:
        return keys.choice("level", Level, Level.REQUIRED if on == OVERALL else Level.GUARDED)
    level = keys.choice("level", Level, Level.ADVISORY)
    if level is not Level.ADVISORY:
        sentence = f"{metric} is shown and never decides, since its intervals do not hold; take level advisory."
        keys.complain("level", sentence)
    return level


def _on(keys: Keys, groupings: Sequence[Grouping]) -> str:
    on = keys.text("on", OVERALL)
    if on == OVERALL:
        return on
    if not groupings:
        keys.complain(
            "on", f'on: "{on}" has nothing to look at, since no slices are declared; declare slices, or leave on out.'
        )
    elif on != _SLICES and not is_slice(on, groupings):
        known = {OVERALL, _SLICES, *(name for grouping in groupings for name, _ in grouping.titles)}
        keys.complain("on", f'unknown slice "{on}"; {nearest(on, known)}')
    return on


def _dataset(keys: Keys, datasets: Collection[str]) -> str:
    dataset = keys.text("dataset", _BASE_CASE)
    if keys.has("dataset") and dataset not in datasets:
        keys.complain("dataset", f'unknown data set "{dataset}"; {nearest(dataset, datasets)}')
    elif dataset == "train":
        keys.complain("dataset", "requirements are not judged on rows that a model was trained on; take base_case.")
    return dataset


def _check_than(keys: Keys, rule: Rule | None, than: str, *, on: str, dataset: str) -> None:
    """Note a comparison that there is not: with anything for bounds, with the baseline elsewhere than overall."""
    if rule is None or not keys.has("than"):
        return
    if not rule.paired:
        keys.complain("than", f"{rule} looks at the challenger alone, so there is nothing to compare it with.")
    elif than == "baseline" and rule is Rule.UNCHANGED:
        keys.complain("than", "unchanged compares with the champion; with a baseline, take better or not_worse.")
    elif than == "baseline" and (on, dataset) != (OVERALL, _BASE_CASE):
        keys.complain("than", "a baseline is compared over all rows of base_case; leave on and dataset out.")
