"""What was measured, before anyone has an opinion: estimates, spreads, paired evidence and observations.

``Spread`` is the sampling distribution behind an interval as plain numbers, so that a p-value at any bound can be got
by inverting the interval that is printed; the arithmetic is in ``mlgate.inference``.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level, Section

__all__ = ["Estimate", "Evidence", "Observation", "Spread"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A value with its two-sided confidence interval; NaN where undefined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The sampling distribution of an estimate, as the numbers that its interval is computed from."""

    #: ``exact`` (Clopper and Pearson), ``wilson``, ``tango``, ``student``, ``hall`` (the wider side of Student and
    #: Hall), ``counted`` (the wider side of Student and of limits by counts), ``bounded`` (the wider side of Student
    #: and of the same on the logit scale of a range), ``mover`` (first part less second, independent), ``added`` (first
    #: part less second, whatever their dependence), ``widened`` (the first part with an independent Student error on
    #: top), or ``undefined``. Counts may be fractions: clustered and weighted proportions are scaled to their effective
    #: number of rows.
    method: str
    value: float
    #: standard error, for methods that have one.
    error: float = float("nan")
    #: degrees of freedom of Student's t.
    freedom: float = float("nan")
    #: ``hall``: skewness of the estimate, times the root of ``rows``, which for a mean is that of its values; and how
    #: many times it may count, at most.
    skewness: float = 0.0
    heed: float = 1.0
    #: rows behind the estimate.
    rows: float = 0.0
    #: ``tango``: pairs that speak for the challenger, pairs that speak for the champion; ``exact`` and ``wilson``:
    #: successes; ``bounded``: the ends of the range; ``counted``: of rows decided alike their variance, then of rows
    #: that lower the difference their variance and the most that one can lower it, and of those that raise it.
    counts: tuple[float, ...] = ()
    #: spreads that this one is made of.
    parts: tuple[Spread, ...] = ()
    #: ``mover``: correlation of the two parts; not 0 where units belong to both groups.
    correlation: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The two values and the paired improvement of one metric on one slice of one data set."""

    metric: str
    dataset: str
    slice: str
    challenger: Estimate
    #: spread of the challenger's own value.
    challenger_spread: Spread
    #: None without a champion.
    champion: Estimate | None
    champion_spread: Spread | None
    #: turned so that positive is better for the challenger; challenger - champion for metrics without direction.
    improvement: Estimate | None
    improvement_spread: Spread | None
    rows: int
    #: independent units; equals ``rows`` when no unit is declared.
    units: int
    #: independent units that the rows are worth, N² / Σ n_g²; None when rows are independent.
    effective_units: float | None = None
    #: rows on which the two decisions differ; None where decisions do not matter.
    differing: int | None
    #: pairs that only the challenger, and only the champion, got right (paired proportions only).
    gained: int | None = None
    lost: int | None = None
    #: empty when there are enough rows; else a clause such as "24 rows, at least 30 needed".
    shortage: str = ""
    #: ``champion``, or ``baseline``: what the improvement is over.
    than: str = "champion"
    #: covariance of the champion's value and the improvement, for relative margins; NaN where it is not known.
    covariance: float = float("nan")
    #: whether a verdict may hang on it; False for metrics that are only shown.
    decides: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What a check saw: a value and its bounds, or a crash, with a reason. No opinion."""

    #: stable and readable, such as ``data/base_case/loanamt/between``.
    id: str
    section: Section
    title: str
    level: Level
    #: one clause: what was seen.
    reason: str
    dataset: str = ""
    slice: str = ""
    metric: str = ""
    #: what was measured; NaN when nothing could be.
    value: float = float("nan")
    at_least: float | None = None
    at_most: float | None = None
    rows: int = 0
    #: a few rows by their id, such as "row 17, 23 …"; never part of the reason, since not everybody may read it.
    examples: str = ""
    #: the check itself broke down: blocks, whatever its level.
    crashed: bool = False
    #: why it is asked, in the words of who declared it.
    because: str = ""
