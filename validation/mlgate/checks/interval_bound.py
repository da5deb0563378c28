"""An interval against a bound, as an observation: within it, beyond it, or nobody can tell.

Shared by checks whose figures are no metrics of the engine; separate so that three verdicts are made in one way.
"""

from __future__ import annotations

import math

from mlgate.checks.estimate_cells import cells_of, columns_of
from mlgate.frozen import dataclass
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Estimate, Observation
from mlgate.records.words import Level, Section

__all__ = ["COLUMNS", "Shown", "about", "against_bound", "exhibit_of", "points"]

#: Columns of an exhibit of figures of both models.
COLUMNS = ("name", "title", "unit", *columns_of("champion", "challenger", "difference"), "rows")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One figure of both models, as the report shows it."""

    name: str
    title: str
    #: ``share`` or ``number``.
    unit: str
    champion: Estimate | None
    challenger: Estimate
    #: challenger less champion.
    difference: Estimate | None
    rows: int


def against_bound(
    about: Observation, found: Estimate, *, at_most: float | None = None, at_least: float | None = None
) -> Observation:
    """The observation with the value that decides, or NaN when the bound lies within the interval.

    Parameters
    ----------
    about
        Everything but value and bounds; its reason says what was seen.
    found
        The value with its interval.
    at_most, at_least
        The bound, one of them.
    """
    if at_most is not None:
        decided = found.high <= at_most or found.low > at_most
    else:
        assert at_least is not None
        decided = found.low >= at_least or found.high < at_least
    return Observation(
        id=about.id,
        section=Section.BEHAVIOUR,
        title=about.title,
        level=about.level,
        reason=about.reason if decided else f"{about.reason}; the bound lies within the interval",
        dataset=about.dataset,
        value=found.value if decided else math.nan,
        at_most=at_most,
        at_least=at_least,
        rows=about.rows,
    )


def exhibit_of(name: str, figures: tuple[Shown, ...]) -> Exhibit:
    """The figures as a table; what is not known is None."""
    rows = [
        (one.name, one.title, one.unit, *cells_of(one.champion, one.challenger, one.difference), one.rows)
        for one in figures
    ]
    return Exhibit(name=name, columns=COLUMNS, rows=tuple(rows))


def about(name: str, title: str, level: Level, reason: str, *, rows: int, dataset: str = "base_case") -> Observation:
    """An observation of a model's behaviour that still lacks its value."""
    return Observation(
        id=f"behaviour/{name}",
        section=Section.BEHAVIOUR,
        title=title,
        level=level,
        reason=reason,
        dataset=dataset,
        rows=rows,
    )


def points(found: Estimate) -> str:
    """A share with its interval, in percent.

    >>> points(Estimate(value=0.123, low=0.1, high=0.15))
    '12.3 % [10.0, 15.0]'
    """
    return f"{found.value * 100:.1f} % [{found.low * 100:.1f}, {found.high * 100:.1f}]"
