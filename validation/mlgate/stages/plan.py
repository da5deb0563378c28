"""What can be decided with these rows: for every requirement the chance that a challenger as good as the champion
passes, the smallest regression that shows, the rows that would decide, and the margin that these rows resolve.

Separate from ``judge``, which has an opinion about one challenger: here there need not be one. With both models the
measured spread of their difference is used. With the champion alone it is assumed, in one of three scenarios of how
much two models agree (``SCENARIOS``), measured on pairs of retrained models (``docs/planning.md``).

All figures use se = h / 1.96, with h the half-width of the printed interval, as ``inference/power.py`` does. None of
them is "observed power": the challenger is supposed to be as good as the champion, whatever it was seen to be.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mlgate.inference.agreement import (
    agreement_at,
    differing_share,
    error_from_own,
    error_of_proportion,
    error_of_table,
    influence_variance,
)
from mlgate.inference.power import smallest_detectable_guarded, smallest_detectable_required
from mlgate.metrics import ClassTable, Confusion, Flips, Hits, MeanLoss, Metric, Ranking, find
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.evidence import Estimate
from mlgate.records.run import OVERALL, Run
from mlgate.records.words import Level, Rule, Section, Task
from mlgate.tables import Tally

__all__ = ["CLOSE", "FAR", "SCENARIOS", "USUAL", "Prospect", "Scenario", "exhibit", "exhibit_of", "plan", "with_share"]

Floats = NDArray[np.float64]

#: Standard errors that a margin must be wide, so that an equal challenger passes with 80 % power: 1.96 + 0.84; and
#: 1.96 + 1.28 where it could leave on either side.
NEED, NEED_BOTH = 2.80, 3.24
#: Power that the two belong to.
POWER = 0.80
#: Rows of the exhibit: required findings always, others up to this many, the worst first.
SHOWN = 100
COLUMNS = (
    "title",
    "metric",
    "slice",
    "rule",
    "margin",
    "rows",
    "smallest_detectable",
    "rows_to_decide",
    "decides",
    "proposed_margin",
)


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
    #: ``champion`` or ``baseline``.
    than: str
    #: in the metric's own units; None for bounds.
    margin: float | None
    bound: float | None
    rows: int
    #: units that the rows are worth; None when rows are independent.
    effective_units: float | None
    #: standard error to expect, h / 1.96; NaN where nothing can be said.
    error: float
    #: whether it was assumed from the champion alone.
    assumed: bool
    #: chance that a challenger as good as the champion passes; None where that is not known.
    power: float | None
    #: smallest true regression that is declared ``fail`` with 80 % power.
    smallest_detectable: float | None
    #: rows at which an equal challenger passes with 80 % power; None where no number of rows would.
    rows_to_decide: int | None
    #: whether these rows are enough; None where it depends on how much better the challenger is (``better``).
    decides: bool | None
    #: smallest margin, or strictest bound, that these rows resolve.
    proposed: float | None
    #: ``better``: true improvement that passes with 80 % power.
    passes_from: float | None = None
    #: empty when there are enough rows to judge at all; else why there are not.
    shortage: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Expected:
    """The estimate to expect of a challenger as good as the champion; NaN where nothing can be said."""

    value: float
    error: float
    assumed: bool


def plan(
    run: Run,
    findings: Iterable[Finding],
    tallies: Mapping[str, Tally],
    scenario: Scenario = USUAL,
    *,
    pair: Iterable[Finding] = (),
) -> tuple[Prospect, ...]:
    """Prospects of all requirements on metrics, the worst first.

    Parameters
    ----------
    run
        As the findings were made with.
    findings
        Of the champion compared with itself.
    tallies
        By data set, of the same.
    scenario
        What is assumed where there is no challenger.
    pair
        Findings of the champion and a challenger on the same rows: then the measured spread is used.
    """
    measured = {finding.id: finding for finding in pair}
    found = []
    for finding in findings:
        if _plannable(finding):
            tally = tallies.get(finding.dataset)
            expected = _expected(run, finding, measured.get(finding.id), tally, scenario)
            found.append(_prospect(run, finding, expected, tally))
    return tuple(sorted(found, key=_worst_first))


def exhibit_of(run: Run, findings: Iterable[Finding]) -> Exhibit:
    """The exhibit ``power`` of a finished comparison: what the paired requirements could have told, from the measured
    spread of the improvement. Findings that no power belongs to are left out.
    """
    found = []
    for finding in findings:
        if _plannable(finding) and _against_champion(finding) and finding.improvement is not None:
            error = _error(finding.improvement, finding.rule, run.confidence)
            found.append(_prospect(run, finding, _Expected(value=0.0, error=error, assumed=False), None))
    return exhibit(sorted(found, key=_worst_first))


def exhibit(prospects: Sequence[Prospect]) -> Exhibit:
    """Prospects as the exhibit ``power``; of those that are not required the first ``SHOWN`` only."""
    required = [one for one in prospects if one.level is Level.REQUIRED]
    others = [one for one in prospects if one.level is not Level.REQUIRED]
    rows = tuple(
        (
            one.title,
            one.metric,
            one.slice,
            one.rule.value,
            one.margin if one.bound is None else one.bound,
            one.rows,
            one.smallest_detectable,
            one.rows_to_decide,
            None if one.decides is None else int(one.decides),
            one.proposed,
        )
        for one in (*required, *others[:SHOWN])
    )
    return Exhibit(name="power", columns=COLUMNS, rows=rows)


def with_share(scenario: Scenario, tally: Tally, share: float) -> Scenario:
    """The scenario with that share of differing decisions over all rows; its agreement is negative, or NaN, where two
    models that are equally good cannot differ so much.
    """
    table = _table(tally, OVERALL)
    agreement = math.nan if table is None else agreement_at(table, share)
    return dataclasses.replace(scenario, name="given", agreement=agreement)


def share_of(scenario: Scenario, tally: Tally) -> float | None:
    """Share of all rows on which the decisions differ in a scenario; None in regression."""
    table = _table(tally, OVERALL)
    return None if table is None else differing_share(table, scenario.agreement)


def _plannable(finding: Finding) -> bool:
    sections = (Section.COMPARE, Section.SLICES, Section.FAIRNESS)
    return finding.rule is not None and bool(finding.metric) and finding.section in sections


def _against_champion(finding: Finding) -> bool:
    return finding.rule is not None and finding.rule.paired and finding.than == "champion"


def _both_sides(finding: Finding) -> bool:
    """Whether it may be left on either side: a change in any direction, or a signed gap within a bound."""
    return finding.rule is Rule.UNCHANGED or (finding.rule is Rule.AT_MOST and finding.section is Section.FAIRNESS)


def _worst_first(one: Prospect) -> tuple[int, int, float, str]:
    decided = {False: 0, None: 1, True: 2}[one.decides]
    return decided, list(Level).index(one.level), 1.0 if one.power is None else one.power, one.id


def _error(seen: Estimate, rule: Rule | None, confidence: float) -> float:
    """h / 1.96, with h the half-width on the side that the rule hangs on."""
    lower, upper = seen.value - seen.low, seen.high - seen.value
    half = {Rule.AT_MOST: upper, Rule.UNCHANGED: max(lower, upper)}.get(rule or Rule.NOT_WORSE, lower)
    return half / float(ndtri(0.5 + confidence / 2))


def _expected(run: Run, finding: Finding, seen: Finding | None, tally: Tally | None, scenario: Scenario) -> _Expected:
    paired = finding.rule is not None and finding.rule.paired
    alone = finding.improvement if paired else finding.challenger
    if _against_champion(finding):
        if seen is None or seen.improvement is None:
            return _Expected(value=0.0, error=_planned_error(run, finding, tally, scenario), assumed=True)
        return _Expected(value=0.0, error=_error(seen.improvement, finding.rule, run.confidence), assumed=False)
    metric = _metric(run, finding)
    if isinstance(metric, Flips):
        if seen is None:
            return _expected_flips(metric, finding, tally, scenario)
        alone = seen.challenger
    if alone is None:
        return _Expected(value=math.nan, error=math.nan, assumed=False)
    # Against a baseline or a bound, a challenger as good as the champion stands where the champion stands.
    return _Expected(value=alone.value, error=_error(alone, finding.rule, run.confidence), assumed=False)


def _expected_flips(metric: Flips, finding: Finding, tally: Tally | None, scenario: Scenario) -> _Expected:
    """Decisions that change between two equally good models; each way as often as the other."""
    table = None if tally is None else _table(tally, finding.slice)
    if table is None:
        return _Expected(value=math.nan, error=math.nan, assumed=True)
    low, high = np.array([0, 1]), np.array([1, 0])
    share = differing_share(table, scenario.agreement) * float(np.mean(metric.of(low, high)))
    # Nothing is known of how decisions of one unit change together: at worst, all of them at once.
    rows = finding.effective_units or finding.rows or 1
    return _Expected(value=share, error=math.sqrt(share * (1 - share) / rows), assumed=True)


def _metric(run: Run, finding: Finding) -> Metric:
    name = finding.metric.removesuffix("_gap") if finding.section is Section.FAIRNESS else finding.metric
    return find(name, run)


def _planned_error(run: Run, finding: Finding, tally: Tally | None, scenario: Scenario) -> float:
    """Standard error of the paired difference, from the champion alone."""
    if finding.champion is None or finding.rows is None:
        return math.nan
    metric, own = _metric(run, finding), _error(finding.champion, Rule.UNCHANGED, run.confidence)
    if isinstance(metric, (Confusion, ClassTable)):
        names = finding.slice.split(" less ") if finding.section is Section.FAIRNESS else [finding.slice]
        tables = [] if tally is None else [_reduced(metric, table) for table in map(_tables_of(tally), names)]
        return _error_of_tables(run, metric, tables, own, finding.effective_units, scenario.agreement)
    if isinstance(metric, Hits):
        agreement = scenario.losses if run.task is Task.REGRESSION else scenario.agreement
        share = finding.champion.value * (1 - finding.champion.value)
        design = _design(own, share / finding.rows, finding.rows, finding.effective_units)
        return error_of_proportion(2 * (1 - agreement) * share, finding.rows / design, run.confidence)
    return error_from_own(own, _correlation(metric, scenario))
