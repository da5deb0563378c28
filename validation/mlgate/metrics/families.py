"""Metrics with a parameter: ``fbeta(2)``, ``precision_at_k(100)``, ``recall(setosa)``.

A family is a small function that builds the metric, and what its parameter may be. Separate from the tuples of metrics
because a name has to be read before there is a metric. One metric has one spelling: ``fbeta(2.0)`` is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from mlgate.errors import ConfigError, nearest
from mlgate.frozen import dataclass
from mlgate.metrics.classes import precision_of, recall_of, top_k_accuracy
from mlgate.metrics.metric import Confusion, Metric, spelled
from mlgate.metrics.overlap import fbeta
from mlgate.metrics.recall_at_fpr import recall_at_fpr
from mlgate.metrics.regression import pinball, within
from mlgate.metrics.top import lift, precision_at_k
from mlgate.records.words import Task

__all__ = ["NUMBERED", "OF_CLASS", "Numbered", "build", "build_of_class", "split"]

_CALL = re.compile(r"(\w+)\((.*)\)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """A family whose parameter is a number."""

    name: str
    #: parameter that documentation shows.
    example: float
    #: what the parameter is, as in "fbeta needs …".
    needs: str
    legal: Callable[[float], bool]
    #: gets an int where ``whole``.
    build: Callable[[Any], Metric]
    whole: bool = False

    @property
    def shown(self) -> str:
        """The name with its example."""
        return f"{self.name}({spelled(self.example)})"


def _share(number: float) -> bool:
    return 0 < number < 1


def _count(number: float) -> bool:
    return number >= 1 and number.is_integer()


_A_SHARE = "a number between 0 and 1"
_A_COUNT = "a whole number of at least 1"

NUMBERED: Mapping[Task, tuple[Numbered, ...]] = {
    Task.BINARY: (
        Numbered(name="fbeta", example=2, needs="a number above 0", legal=lambda beta: beta > 0, build=fbeta),
        Numbered(name="recall_at_fpr", example=0.05, needs=_A_SHARE, legal=_share, build=recall_at_fpr),
        Numbered(name="precision_at_k", example=100, needs=_A_COUNT, legal=_count, build=precision_at_k, whole=True),
        Numbered(name="lift", example=0.1, needs=_A_SHARE, legal=_share, build=lift),
    ),
    Task.MULTICLASS: (
        Numbered(name="top_k_accuracy", example=3, needs=_A_COUNT, legal=_count, build=top_k_accuracy, whole=True),
    ),
    Task.REGRESSION: (
        Numbered(name="pinball", example=0.9, needs=_A_SHARE, legal=_share, build=pinball),
        Numbered(
            name="within", example=0.1, needs="a number of at least 0", legal=lambda most: most >= 0, build=within
        ),
    ),
}

#: Families whose parameter is a class of a multiclass label: (name of the class, its index) -> metric.
OF_CLASS: Mapping[str, Callable[[str, int], Confusion]] = {"recall": recall_of, "precision": precision_of}


def split(name: str) -> tuple[str, str | None]:
    """The parts of a metric's name: before the parentheses and within them; None without parentheses.

    >>> split("recall(New York (NY))"), split("accuracy")
    (('recall', 'New York (NY)'), ('accuracy', None))
    """
    match = _CALL.fullmatch(name)
    return (name, None) if match is None else (match[1], match[2])


def build(family: Numbered, parameter: str | None) -> Metric:
    """The metric of a family with the parameter as it is written in a name.

    Raises
    ------
    ConfigError
        The parameter is missing, is not legal, or is not written the one way.
    """
    try:
        number = float(parameter) if parameter is not None else math.nan
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and family.legal(number)):
        given = f'"{family.name}({parameter})"' if parameter is not None else f'"{family.name}"'
        raise ConfigError(f'the metric {given} needs {family.needs} in parentheses, such as "{family.shown}".')
    if spelled(number) != parameter:
        raise ConfigError(
            f'the metric "{family.name}({parameter})" is written "{family.name}({spelled(number)})"; write it so.'
        )
    return family.build(int(number) if family.whole else number)


def build_of_class(name: str, parameter: str, classes: tuple[str, ...]) -> Confusion:
    """The metric of one class against all others.

    Raises
    ------
    ConfigError
        The label has no such class, or its classes are not known.
    """
    if not classes:
        raise ConfigError(
            f'the metric "{name}({parameter})" needs the classes of the label; declare them under label.classes.'
        )
    if parameter not in classes:
        raise ConfigError(
            f'the metric "{name}({parameter})" is of a class that the label lacks; {nearest(parameter, classes)}'
        )
    return OF_CLASS[name](parameter, classes.index(parameter))
