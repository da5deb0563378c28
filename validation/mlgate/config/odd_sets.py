"""The key ``oddities`` of mlgate.yaml: which abnormal copies of the base case are made, and by what they are judged.

Separate from requirements because there is one requirement for all sets, and columns that sets may touch.
"""

from __future__ import annotations

from collections.abc import Collection

from mlgate.config.defaults import BLANK, default_oddity
from mlgate.config.fields import Keys, open_table
from mlgate.config.metrics import KnownMetrics, Traits, read_metric
from mlgate.errors import nearest
from mlgate.records.run import Requirement
from mlgate.records.settings import OdditySettings
from mlgate.records.words import Level, Rule

__all__ = ["ODDITY_KEYS", "read_oddities"]

ODDITY_KEYS = ("sets", "metric", "margin", "level", "categories", "leave")


def read_oddities(
    keys: Keys, *, metrics: KnownMetrics, oddities: Collection[str]
) -> tuple[OdditySettings | None, Requirement | None]:
    """What stands under ``oddities``: which sets are made, and by what they are judged; nothing without the key."""
    if not keys.has("oddities"):
        return None, None
    part = open_table(
        keys.values["oddities"], known=ODDITY_KEYS, what="oddities", prefix="oddities.", problems=keys.problems
    )
    names = part.texts("sets") if part.has("sets") else tuple(oddities)
    for name in names:
        if name not in oddities:
            part.complain("sets", f'unknown oddity "{name}"; {nearest(name, oddities)}')
    if part.has("sets") and not names:
        part.complain("sets", "oddities.sets is empty; leave it out for all sets, or leave oddities out for none.")
    settings = OdditySettings(names=names, leave=part.texts("leave"), categories=part.texts("categories"))
    return settings, _requirement(part, metrics)


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
