"""From what the engine printed on many samples to the promises it makes: coverage, false passes, false fails, power.

A promise is missed only when it is missed by more than twice the error that a limited number of samples leaves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.replicates import Intervals
from mlgate.inference.power import smallest_detectable_required
from mlgate.records.evidence import Estimate

Floats = NDArray[np.float64]

__all__ = ["CAUTIOUS", "GOALS", "LEAST", "Cell", "Goal", "Missed", "cell", "missed"]

#: Margins of an equal challenger, in standard errors: where one side, and where either side, may fail.
ONE_SIDE, BOTH_SIDES = 0.21, 0.48
#: Fewer judged samples than this say too little.
LEAST = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One metric on samples of one size from one population; shares, NaN where they do not apply."""

    population: str
    metric: str
    #: such as ``n = 1,000`` or ``30 units``.
    size: str
    #: rows, or units.
    n: int
    #: whether it is the least that the metric is judged at.
    least: bool
    #: samples that met the minimum size, and their share.
    judged: int
    share: float
    #: median of the rows on which decisions differ, in the class that has fewest.
    differing: float
    #: of the improvement's interval, and of the challenger's own.
    coverage: float
    own_coverage: float
    #: share of all samples that pass where the challenger's own true value is exactly the bound of ``at_least`` or
    #: ``at_most``; a sample that is not judged does not pass.
    own_false_pass: float
    #: share of all samples that pass where the true difference is exactly the margin.
    false_pass: float
    #: share of fails, of the judged samples, of a challenger that is as good as the champion, at the smallest margin
    #: that is to be promised.
    equal_fail: float
    #: share of fails where the true regression is the printed ``smallest_detectable``.
    power: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """A promise about one share of a cell."""

    field: str
    text: str
    low: float = 0.0
    high: float = 1.0


#: The goals of the design.
LEAST_COVERAGE = Goal(field="coverage", text="coverage ≥ 93.5 %", low=0.935)
MOST_COVERAGE = Goal(field="coverage", text="coverage ≤ 96.5 % (20 rows of each class differ, n ≥ 1,000)", high=0.965)
FALSE_PASS = Goal(field="false_pass", text="false pass ≤ 3.5 %", high=0.035)
OWN_FALSE_PASS = Goal(field="own_false_pass", text="false pass of a bound on the challenger alone ≤ 3.5 %", high=0.035)
EQUAL_FAIL = Goal(field="equal_fail", text="an equal challenger fails ≤ 1.5 %", high=0.015)
LEAST_POWER = Goal(field="power", text="power at the printed regression ≥ 78 %", low=0.78)
MOST_POWER = Goal(field="power", text="power at the printed regression ≤ 86 %", high=0.86)
GOALS = (LEAST_COVERAGE, MOST_COVERAGE, FALSE_PASS, OWN_FALSE_PASS, EQUAL_FAIL, LEAST_POWER, MOST_POWER)
#: Missed by an interval that is wider than it says, which costs rows and no errors.
CAUTIOUS = (MOST_COVERAGE, MOST_POWER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """A goal that a cell does not meet."""

    cell: Cell
    goal: Goal
    seen: float
    #: whether the distance is more than two standard errors of the measurement.
    clearly: bool


def cell(
    main: Intervals,
    equal: Intervals | None,
    *,
    pair: bool,
    truth: tuple[float, float],
    better: bool | None,
    population: str,
    metric: str,
    size: str,
    n: int,
    least: bool,
) -> Cell:
    """The shares of one metric at one size.

    Parameters
    ----------
    main
        Of samples in which the true improvement is ``truth[0]``, and the challenger's own value ``truth[1]``.
    equal
        Of samples in which the models are equally good; None where there are none.
    pair
        Whether models differ in it; False for a property of the pair, such as churn.
    truth
        See ``main``.
    better
        Whether a high value is good. True and False: the rule is ``not_worse``, and ``at_least`` or ``at_most`` for the
        challenger alone; None: it is ``unchanged``, which either side may break, and either bound.
    population, metric, size, n, least
        As in ``Cell``.
    """
    known = np.isfinite(main.low)
    value, low, high = main.value[known], main.low[known], main.high[known]
    own = np.isfinite(main.own_low)
    judged, drawn = int(known.sum()), len(main.low)
    above, below = _share(low > truth[0]), _share(high < truth[0])
    own_above = _share(main.own_low[own] > truth[1])
    own_below = _share(main.own_high[own] < truth[1])
    powerful, failing = math.nan, math.nan
    if pair and judged:
        # The margin at which the regression that is there is the one that a typical report prints.
        powerful = _share(high < truth[0] + _printed(value, low, high))
        failing = math.nan if equal is None else _equal_fail(equal, directed=better is not None)
    return Cell(
        population=population,
        metric=metric,
        size=size,
        n=n,
        least=least,
        judged=judged,
        share=judged / drawn,
        differing=float(np.median(main.differing[known])) if judged else math.nan,
        coverage=1 - above - below,
        own_coverage=1 - own_above - own_below,
        own_false_pass={True: own_above, False: own_below, None: max(own_above, own_below)}[better] * own.mean(),
        false_pass=(max(above, below) if better is None else above) * judged / drawn,
        equal_fail=failing,
        power=powerful,
    )


def _printed(value: Floats, low: Floats, high: Floats) -> float:
    """Median of the smallest regression that reports print, with a margin of 0."""
    seen = (
        Estimate(value=a, low=b, high=c) for a, b, c in zip(value.tolist(), low.tolist(), high.tolist(), strict=True)
    )
    return float(np.median([smallest_detectable_required(one, 0.0, 0.95) for one in seen]))


def _equal_fail(equal: Intervals, *, directed: bool) -> float:
    known = np.isfinite(equal.low)
    value, low, high = equal.value[known], equal.low[known], equal.high[known]
    if not len(value):
        return math.nan
    margin = (ONE_SIDE if directed else BOTH_SIDES) * float(value.std(ddof=1))
    return _share(high < -margin) if directed else _share((high < -margin) | (low > margin))


def _share(of: NDArray[np.bool_]) -> float:
    return float(of.mean()) if len(of) else math.nan


def missed(one: Cell, goals: tuple[Goal, ...] = GOALS) -> list[Missed]:
    """The goals that a cell does not meet; none where too few samples were judged to tell."""
    found: list[Missed] = []
    if one.judged < LEAST:
        return found
    for goal in goals:
        seen = float(getattr(one, goal.field))
        if math.isnan(seen) or (goal is MOST_COVERAGE and not (one.n >= 1000 and one.differing >= 20)):
            continue
        beyond = max(goal.low - seen, seen - goal.high)
        if beyond > 0:
            bound = goal.low if seen < goal.low else goal.high
            error = math.sqrt(bound * (1 - bound) / one.judged)
            found.append(Missed(cell=one, goal=goal, seen=seen, clearly=beyond > 2 * error))
    return found
