"""What fixes a computation before any row is read: requirements, groupings, thresholds and seeds.

A ``Run`` says all that the engine has to know, and nothing about where data and models live (that is
``records/settings.py``). Two runs that are equal give equal tallies on equal scores.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field, replace

from mlgate.frozen import dataclass
from mlgate.records.words import Level, Rule, Task

__all__ = [
    "DOTTED",
    "OVERALL",
    "Condition",
    "GapRequirement",
    "Grouping",
    "Money",
    "OwnMetric",
    "Requirement",
    "Run",
    "TrainingSpread",
]

#: The slice that holds every row.
OVERALL = "overall"


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One comparison of a column with a value, as in ``age < 25``."""

    column: str
    #: one of ``= != < <= > >=``, or ``missing`` (then ``value`` is empty).
    operator: str
    value: str | float


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """A rule that deals rows to slices: by the values of columns, by cuts of a number, or by declared conditions.

    With ``conditions`` it gives one slice (rows that meet all of them); else one slice for every combination of values.
    """

    columns: tuple[str, ...]
    #: per column that is cut into ranges: its name and the ascending cut points; ``(0.8, 0.9)`` gives three ranges.
    cuts: tuple[tuple[str, tuple[float, ...]], ...] = ()
    conditions: tuple[Condition, ...] = ()
    #: slice name and the title that people read, where one is declared.
    titles: tuple[tuple[str, str], ...] = ()

    @property
    def attribute(self) -> str:
        """What a grouping by value is called as an attribute of people: its columns, as slice names join them."""
        return " and ".join(self.columns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """Metric + where + rule + margin or bound + level + because."""

    metric: str
    rule: Rule
    level: Level
    #: ``overall``, ``slices`` (every declared slice), or the name of one slice.
    on: str = OVERALL
    #: how much worse is still allowed; for ``not_worse``, ``better`` and ``unchanged``.
    margin: float | None = None
    #: whether the margin is a fraction of the champion's value.
    relative: bool = False
    #: for ``at_least`` and ``at_most``.
    bound: float | None = None
    dataset: str = "base_case"
    because: str = ""
    #: what a paired rule compares with: ``champion``, or ``baseline`` (the same answer for every row: the base rate of
    #: the rows, the most frequent class, the mean; or the column that the user names).
    than: str = "champion"


@dataclass(frozen=True, kw_only=True, slots=True)
class GapRequirement:
    """A bound on the gaps between groups of one attribute, or on their widening against the champion."""

    #: a rate such as ``recall``, whose gap of every group to one reference group is meant; or a disparity such as
    #: ``demographic_parity_difference``, which is over all pairs of groups. See ``records/fairness.py``.
    metric: str
    #: the name of the attribute: its columns, joined by " and ".
    attribute: str
    #: ``at_most`` (the challenger's gap), ``at_least`` (its ratio), or ``not_worse`` (no gap must widen by more than
    #: the margin).
    rule: Rule
    level: Level
    margin: float | None = None
    bound: float | None = None
    #: value of the attribute that others are compared with; the largest group when None.
    reference: str | None = None
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """What decisions cost, or what they are worth, per row."""

    #: ``cost`` (low is good) or ``value`` (high is good): the name of the metric.
    kind: str
    #: for (label, decision) = (0, 0), (0, 1), (1, 0), (1, 1): an amount, or the column that holds one per row.
    amounts: tuple[float | str, float | str, float | str, float | str]
    #: such as "€".
    currency: str = ""


#: a user's own metric; names of mlgate's metrics have no dot outside of parentheses.
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnMetric:
    """A user's own metric: any function of labels and answers, judged by a Poisson bootstrap."""

    #: the dotted name that it was found by.
    name: str
    title: str
    #: (labels, scores, weights) -> value; weights are how often each row was drawn (all 1 for the value itself).
    function: Callable[..., float] = field(repr=False)
    greater_is_better: bool | None = True
    #: rows without which it is not judged.
    minimum: int = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpread:
    """How much a metric, or the reliance on a column, moves when the challenger is trained again with other seeds."""

    metric: str
    #: standard deviation over the seeds, in the metric's units.
    deviation: float
    #: number of seeds.
    seeds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """All that the engine has to know before it reads a row."""

    requirements: tuple[Requirement, ...]
    task: Task = Task.BINARY
    #: multiclass: the label's values, in the order of their indices.
    classes: tuple[str, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    #: sensitive attributes and intersections of them, whose groups are compared with each other.
    attributes: tuple[Grouping, ...] = ()
    gaps: tuple[GapRequirement, ...] = ()
    #: a score at or above this is the positive decision.
    threshold: float = 0.5
    #: the champion's own threshold; None: the same as the challenger's.
    champion_threshold: float | None = None
    #: whether the models give scores; with decisions only, score metrics are refused.
    scores: bool = True
    #: two-sided confidence level of every interval.
    confidence: float = 0.95
    #: what an inconclusive required finding does: ``block``, or ``approve`` (ask a person).
    on_inconclusive: str = "block"
    #: metric, margin and level by which oddity sets are judged.
    oddity: Requirement | None = None
    seed: int = 0
    #: column that says which rows belong together; empty when rows are independent.
    unit: str = ""
    #: column of row weights; empty when all rows weigh the same.
    weight: str = ""
    money: Money | None = None
    own_metrics: tuple[OwnMetric, ...] = ()
    #: replicates of the bootstrap that judges a user's own metric.
    replicates: int = 400
    #: per loss without a natural range: the power of two of its fixed-point scale, fixed before rows are added up.
    scales: tuple[tuple[str, int], ...] = ()
    #: from training the challenger again with other seeds.
    training: tuple[TrainingSpread, ...] = ()
    #: what the baseline answers: empty for the best constant, or a column such as the last value.
    baseline: str = ""

    def columns(self) -> tuple[str, ...]:
        """Columns beside the label that the engine reads and models do not: unit, weight and amounts of money."""
        amounts = self.money.amounts if self.money else ()
        named = (self.unit, self.weight, *(amount for amount in amounts if isinstance(amount, str)))
        return tuple(dict.fromkeys(name for name in named if name))

    def all_attributes(self) -> tuple[Grouping, ...]:
        """Sensitive attributes that are declared, and those that a requirement on gaps names beside them.

        Cuts and titles of a column hold wherever it stands: those of its own attribute, else those of its slices.
        """
        slices = {one.attribute: one for one in self.groupings if not one.conditions}
        found = {one.attribute: one for one in self.attributes}
        for gap in self.gaps:
            if gap.attribute not in found:
                found[gap.attribute] = slices.get(gap.attribute, Grouping(columns=(gap.attribute,)))
        known = dict(cut for one in (*slices.values(), *found.values()) for cut in one.cuts)
        return tuple(
            replace(
                one,
                cuts=tuple((column, known[column]) for column in one.columns if column in known),
                titles=one.titles or (slices[one.attribute].titles if one.attribute in slices else ()),
            )
            for one in found.values()
        )

    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics that are asked for, each once, in order of first use."""
        asked = [requirement.metric for requirement in self.requirements]
        asked += [self.oddity.metric] if self.oddity else []
        return tuple(dict.fromkeys(asked))
