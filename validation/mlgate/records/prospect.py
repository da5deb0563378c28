"""What can be told about a requirement before there is a challenger: the noun of planning, as ``power.json`` holds it.

Separate from ``records/decision.py`` because nothing was concluded yet.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level, Rule

__all__ = ["Plan", "Prospect"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """What can be told about one requirement on one slice, whatever the challenger turns out to be."""

    #: of the finding that it is about.
    id: str
    title: str
    metric: str
    dataset: str
    slice: str
    rule: Rule
    level: Level
    #: ``champion`` or ``baseline``: what a paired rule compares with.
    than: str
    #: in the metric's own units; None for bounds.
    margin: float | None
    bound: float | None
    #: whether the margin is a fraction of the champion's value.
    relative: bool
    #: the champion's own value; None where there is none.
    champion: float | None
    rows: int
    #: standard error to expect, h / 1.96; None where nothing can be said.
    error: float | None
    #: whether it was assumed from the champion alone.
    assumed: bool
    #: chance that a challenger as good as the champion passes; None where nothing can be said.
    equal_passes: float | None
    #: smallest true fall below the champion that is declared ``fail`` with 80 % power.
    smallest_detectable: float | None
    #: rows at which an equal challenger passes with 80 % power; None where no number of rows would.
    rows_to_decide: int | None
    #: whether these rows are enough; None where it depends on how much better the challenger is (``better``).
    decides: bool | None
    #: smallest margin, or strictest bound, that these rows resolve; None where there is none.
    proposed: float | None
    #: empty when there are enough rows to judge at all; else why there are not.
    shortage: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a champion's rows can decide, and what was supposed of the challenger."""

    #: the champion, as the user named it.
    champion: str
    #: ``close``, ``usual``, ``far``, ``given`` (a share of differing decisions), or ``measured`` (with a challenger).
    scenario: str
    #: how much the two models agree in decisions beyond chance, and correlations; None where they were measured.
    agreement: float | None
    losses: float | None
    rankings: float | None
    #: share of all rows on which the decisions differ; None in regression.
    differing: float | None
    rows: int
    #: the worst first.
    prospects: tuple[Prospect, ...]
    #: what is to be known beside the figures, in sentences.
    notes: tuple[str, ...] = ()
