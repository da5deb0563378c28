"""The key ``oddities`` of mlgate.yaml: which abnormal copies of the base case are made, and by what they are judged.

Separate from requirements because there is one requirement for all sets, and columns that sets may touch.
"""

from __future__ import annotations

from collections.abc import Collection

from mlgate.config.defaults import BLANK, default_oddity
from mlgate.config.document import Scalar, Table
from mlgate.config.fields import Keys, open_table, shortened
from mlgate.config.metrics import KnownMetrics, Traits, read_metric
from mlgate.errors import nearest
from mlgate.records.run import DOTTED, Requirement
from mlgate.records.settings import OddityChoice, OdditySettings
from mlgate.records.words import Level, Rule

__all__ = ["CHOICE_KEYS", "EXPECTED", "ODDITY_KEYS", "read_oddities"]

ODDITY_KEYS = ("sets", "without", "metric", "margin", "level", "categories", "leave", "overrides")
CHOICE_KEYS = ("level", "margin", "expect", "columns")
EXPECTED = ("answer", "refuse", "either")
ALL, NONE = "all", "none"


def read_oddities(
    keys: Keys, *, metrics: KnownMetrics, oddities: Collection[str]
) -> tuple[OdditySettings | None, Requirement | None]:
    """What stands under ``oddities``: which sets are made, and by what they are judged.

    Without the key all sets that fit the columns are made, shown and never blocking but where only the challenger fails
    to answer.
    """
    if not keys.has("oddities"):
        if metrics.run is None:
            return None, None
        return OdditySettings(names=tuple(oddities)), default_oddity(metrics.run.task, scores=BLANK.run.scores)
    part = open_table(
        keys.values["oddities"], known=ODDITY_KEYS, what="oddities", prefix="oddities.", problems=keys.problems
    )
    names, named = _names(part, oddities)
    settings = OdditySettings(
        names=names,
        named=named,
        leave=part.texts("leave"),
        categories=part.texts("categories"),
        choices=_choices(part, names),
    )
    return settings, _requirement(part, metrics)


def _names(part: Keys, oddities: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """The sets, and whether each was named: ``all``, ``none``, or a list of names, of which one may be ``all``."""
    node = part.values.get("sets")
    written = node.value if isinstance(node, Scalar) else None
    if node is None or written == ALL:
        listed: tuple[str, ...] = (ALL,)
    elif written == NONE:
        return (), False
    elif isinstance(node, Scalar):
        part.wrong("sets", "all, none, or a list of names")
        return (), False
    else:
        listed = part.texts("sets")
        if not listed:
            part.complain("sets", "oddities.sets is empty; write all, none, or the names of some sets.")
    for name in listed:
        if name != ALL and name not in oddities and not DOTTED.fullmatch(name):
            part.complain("sets", f'unknown oddity "{shortened(name)}"; {nearest(name, [*oddities, ALL])}')
    own = tuple(name for name in listed if DOTTED.fullmatch(name))
    names = (*oddities, *own) if ALL in listed else listed
    without = part.texts("without")
    for name in without:
        if name not in names:
            part.complain("without", f'oddities.without names "{shortened(name)}", which is none of the sets anyway.')
    return tuple(name for name in names if name not in without), ALL not in listed


def _choices(part: Keys, names: Collection[str]) -> tuple[OddityChoice, ...]:
    """What is said of single sets, by name."""
    if not part.has("overrides"):
        return ()
    node = part.values["overrides"]
    if not isinstance(node, Table):
        part.wrong("overrides", "a mapping from names of sets, such as zero_rows: {expect: refuse}")
        return ()
    found = []
    for name, inside in node.values.items():
        prefix = f"oddities.overrides.{shortened(name)}"
        keys = open_table(inside, known=CHOICE_KEYS, what=prefix, prefix=f"{prefix}.", problems=part.problems)
        if name not in names:
            part.complain("overrides", f"{prefix} is about none of the sets; {nearest(name, names or [ALL])}")
        margin, relative = keys.margin("margin", percent=True) if keys.has("margin") else (None, False)
        found.append(
            OddityChoice(
                name=name,
                level=keys.choice("level", Level, Level.ADVISORY) if keys.has("level") else None,
                margin=margin,
                relative=relative,
                expect=keys.word("expect", EXPECTED, ""),
                columns=keys.texts("columns"),
            )
        )
    return tuple(found)


def _requirement(part: Keys, metrics: KnownMetrics) -> Requirement:
    default = default_oddity(BLANK.run.task if metrics.run is None else metrics.run.task, scores=BLANK.run.scores)
    metric, traits = read_metric(part, metrics, default.metric)
    level = part.choice("level", Level, default.level)
    _check(part, metric, traits, level)
    # A margin belongs to its metric: the default one is not carried over to a metric that the user chose.
    if part.has("metric") and metric != default.metric and not part.has("margin"):
        part.complain(
            "metric", f"oddities.margin is missing: say how much worse {metric} may be, such as margin: 0.02."
        )
    given = part.margin("margin", percent=True) if part.has("margin") else (default.margin, default.relative)
    return Requirement(
        metric=metric,
        rule=Rule.NOT_WORSE,
        level=level,
        margin=given[0],
        relative=given[1],
        dataset=default.dataset,
    )


def _check(part: Keys, metric: str, traits: Traits, level: Level) -> None:
    """Note a metric by which a challenger cannot be worse than a champion, or not with weight."""
    if traits.of_pair:
        why = f"{metric} has no value for either model"
    elif not traits.directed:
        why = f"neither more nor less {metric} is better"
    elif not traits.decides and level is not Level.ADVISORY:
        why = f"{metric} is shown and never decides"
    else:
        return
    part.complain("metric", f"{why}, so oddities cannot be judged by it; take another metric.")
