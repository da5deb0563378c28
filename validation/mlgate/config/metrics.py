"""The names of metrics in mlgate.yaml: whether there is such a metric, and what can be asked of it.

Separate from the keys that hold such names because two do, and because the metrics themselves stay outside: what a name
means is handed in, so that reading a file needs no arrays.
"""

from __future__ import annotations

from collections.abc import Callable

from mlgate.config.fields import Keys, shortened
from mlgate.errors import ConfigError, nearest
from mlgate.frozen import dataclass
from mlgate.records.run import DOTTED, Run

__all__ = ["MONEY_KEYS", "KnownMetrics", "Traits", "read_metric"]

#: the metric of money and the key that declares its amounts.
MONEY_KEYS = {"cost": "costs", "value": "values"}

#: longer than every name that there is; a class in ``recall(CLASS)`` may be long.
_LONGEST = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """What the rules of a requirement have to know of a metric."""

    #: whether more or less of it is better; ``selection_rate`` is neither.
    directed: bool = True
    #: whether it is about the two models together, such as ``churn``, so that neither has a value of its own.
    of_pair: bool = False
    #: False when it is shown and never decides.
    decides: bool = True
    #: ends of the range of its values; None: there is no such range.
    reach: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownMetrics:
    """The metrics that there are for the task of the file."""

    #: (name, run) -> traits; raises ConfigError, in one sentence, when the run's task has no such metric.
    look_up: Callable[[str, Run], Traits]
    #: task, classes, money and own metrics; None when the task itself could not be read.
    run: Run | None


def read_metric(keys: Keys, metrics: KnownMetrics, default: str = "") -> tuple[str, Traits]:
    """The metric under ``metric`` and its traits; the default, and traits that allow everything, when it is wrong."""
    name = keys.text("metric") or default
    if not name or metrics.run is None:
        return name, Traits()
    try:
        return name, _traits(name, metrics.run, metrics.look_up)
    except ConfigError as problem:
        # The sentence repeats the name, which may hold anything.
        keys.complain("metric", "".join(sign if sign.isprintable() else " " for sign in str(problem)))
        return default, Traits()


def _traits(name: str, run: Run, look_up: Callable[[str, Run], Traits]) -> Traits:
    if len(name) > _LONGEST:
        raise ConfigError(f'unknown metric "{shortened(name)}"; no name is that long.')
    own = {metric.name: metric for metric in run.own_metrics}
    if name in own:
        return Traits(directed=own[name].greater_is_better is not None)
    if DOTTED.fullmatch(name):
        advice = nearest(name, own) if own else "declare it under own_metrics, if it is a function of yours."
        raise ConfigError(f'unknown metric "{shortened(name)}"; {advice}')
    key = MONEY_KEYS.get(name)
    if key is not None and (run.money is None or run.money.kind != name):
        amounts = f"{key}: {{false_positive: 100, false_negative: 500}}"
        raise ConfigError(f"{name} needs {key}: say what each outcome is worth, such as {amounts}.")
    return look_up(name, run)
