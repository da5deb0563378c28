"""What fixes a computation before any row is read: requirements, groupings, thresholds and seeds.

A ``Run`` says all that the engine has to know, and nothing about where data and models live (that is
``records/settings.py``). Two runs that are equal give equal tallies on equal scores.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlgate.records.words import Level, Rule

__all__ = ["OVERALL", "Condition", "GapRequirement", "Grouping", "Requirement", "Run"]

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


@dataclass(frozen=True, kw_only=True, slots=True)
class GapRequirement:
    """A bound on the gap of a rate between groups of one attribute, or on its widening against the champion."""

    #: ``selection_rate``, ``recall`` or ``false_positive_rate``.
    metric: str
    attribute: str
    #: ``at_most`` (the challenger's gap) or ``not_worse`` (the gap must not widen by more than the margin).
    rule: Rule
    level: Level
    margin: float | None = None
    bound: float | None = None
    #: value of the attribute that others are compared with; the largest group when None.
    reference: str | None = None
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """All that the engine has to know before it reads a row."""

    requirements: tuple[Requirement, ...]
    groupings: tuple[Grouping, ...] = ()
    gaps: tuple[GapRequirement, ...] = ()
    #: a score at or above this is the positive decision.
    threshold: float = 0.5
    #: whether the models give scores; with decisions only, score metrics are refused.
    scores: bool = True
    #: two-sided confidence level of every interval.
    confidence: float = 0.95
    #: what an inconclusive required finding does: ``block``, or ``approve`` (ask a person).
    on_inconclusive: str = "block"
    #: metric, margin and level by which oddity sets are judged.
    oddity: Requirement | None = None
    seed: int = 0

    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics that some requirement reads, each once, in order of first use."""
        asked = [requirement.metric for requirement in self.requirements]
        asked += [gap.metric for gap in self.gaps] + ([self.oddity.metric] if self.oddity else [])
        return tuple(dict.fromkeys(asked))
