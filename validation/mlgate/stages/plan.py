"""What can be decided with these rows: for every requirement the chance that a challenger as good as the champion
passes, the smallest regression that shows, the rows that would decide, and the margin that these rows resolve.

Separate from ``judge``, which has an opinion about one challenger: here there need not be one. With both models the
measured spread of their difference is used. With the champion alone it is assumed, in one of three scenarios of how
much two models agree (``metrics/scenario.py``).

All figures use se = h / 1.96, with h the half-width of the printed interval, as ``inference/power.py`` does. None of
them is "observed power": the challenger is supposed to be as good as the champion, whatever it was seen to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.planning import chance_to_pass, need, rounded_out, rows_needed
from mlgate.inference.power import smallest_detectable_guarded, smallest_detectable_required
from mlgate.metrics import Flips, Metric, find
from mlgate.metrics.scenario import USUAL, Known, Scenario, expected_flips, least_rows, planned_error, table_of
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.evidence import Estimate
from mlgate.records.fairness import FAIRNESS, disparity
from mlgate.records.prospect import Prospect
from mlgate.records.run import Run
from mlgate.records.words import Level, Rule, Section
from mlgate.scipy_parts import ndtri
from mlgate.tables import Tally

__all__ = ["exhibit_of", "plan"]

Floats = NDArray[np.float64]

#: Rows of the exhibit: required findings always, others up to this many.
SHOWN = 100
COLUMNS = tuple(
    "title metric slice rule margin rows smallest_detectable rows_to_decide decides proposed_margin equal_passes "
    "shortage".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Expected:
    """The estimate to expect of a challenger as good as the champion; NaN where nothing can be said."""

    value: float
    error: float
    #: the same from the half-width that a fail hangs on; None: ``error``.
    failing: float | None = None
    assumed: bool = False


_NOTHING = _Expected(value=math.nan, error=math.nan)


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
    for finding in filter(_plannable, findings):
        dataset = FAIRNESS if finding.section is Section.FAIRNESS else finding.dataset
        known = _known(run, finding, tallies.get(dataset))
        expected = _expected(run, finding, measured.get(finding.id), known, scenario)
        found.append(_prospect(run, finding, expected, known.tables))
    return tuple(sorted(found, key=_worst_first))


def exhibit_of(run: Run, findings: Iterable[Finding]) -> Exhibit:
    """The exhibit ``power`` of a finished comparison: what the paired requirements could have told, from the measured
    spread of the improvement. Of those that are not required the worst ``SHOWN`` only; findings that no power belongs
    to are left out.
    """
    able = [one for one in findings if _plannable(one) and _against_champion(one) and one.improvement is not None]
    required = [one for one in able if one.level is Level.REQUIRED]
    others = nsmallest(SHOWN, (one for one in able if one.level is not Level.REQUIRED), key=_leeway)
    found = []
    for finding in (*required, *others):
        assert finding.improvement is not None  # those without were left out
        found.append(_prospect(run, finding, _of(finding.improvement, 0.0, finding.rule, run.confidence), None))
    rows = tuple(
        (
            one.title,
            one.metric,
            one.slice,
            one.rule.value,
            one.margin,
            one.rows,
            one.smallest_detectable,
            one.rows_to_decide,
            None if one.decides is None else int(one.decides),
            one.proposed,
            one.equal_passes,
            one.shortage,
        )
        for one in sorted(found, key=_worst_first)
    )
    return Exhibit(name="power", columns=COLUMNS, rows=rows)


def _leeway(finding: Finding) -> tuple[float, str]:
    """How many half-widths fit into the margin: a cheap way to find the worst of thousands of slices."""
    if finding.improvement is None or finding.too_small or math.isnan(finding.improvement.low):
        return -1.0, finding.id
    half = finding.improvement.value - finding.improvement.low
    return (finding.margin or 0.0) / half if half > 0 else math.inf, finding.id


def _plannable(finding: Finding) -> bool:
    sections = (Section.COMPARE, Section.SLICES, Section.FAIRNESS)
    # The largest of many gaps has no single spread; its own finding says which rows would decide it.
    single = bool(finding.metric) and disparity(finding.metric) is None
    return finding.rule is not None and single and finding.section in sections


def _against_champion(finding: Finding) -> bool:
    return finding.rule is not None and finding.rule.paired and finding.than == "champion"


def _both_sides(finding: Finding) -> bool:
    """Whether it may be left on either side: a change in any direction, or a signed gap within a bound."""
    return finding.rule is Rule.UNCHANGED or (finding.rule is Rule.AT_MOST and finding.section is Section.FAIRNESS)


def _worst_first(one: Prospect) -> tuple[int, int, float, str]:
    decided = {False: 0, None: 1, True: 2}[one.decides]
    return decided, list(Level).index(one.level), one.equal_passes or 0.0, one.id


def _error(seen: Estimate, rule: Rule | None, confidence: float, *, failing: bool = False) -> float:
    """h / 1.96, with h the half-width on the side that a pass hangs on, or a fail."""
    lower, upper = seen.value - seen.low, seen.high - seen.value
    if failing:
        lower, upper = upper, lower
    both = max(lower, upper) if not failing else lower
    half = {Rule.AT_MOST: upper, Rule.UNCHANGED: both}.get(rule or Rule.NOT_WORSE, lower)
    return half / float(ndtri(0.5 + confidence / 2))


def _of(seen: Estimate, value: float, rule: Rule | None, confidence: float) -> _Expected:
    """A value with the errors of an interval that was seen."""
    failing = _error(seen, rule, confidence, failing=True)
    return _Expected(value=value, error=_error(seen, rule, confidence), failing=failing)


def _known(run: Run, finding: Finding, tally: Tally | None) -> Known:
    """What the champion alone tells; a gap is of two slices."""
    own = finding.champion or finding.challenger
    names = finding.slice.split(" less ") if finding.section is Section.FAIRNESS else [finding.slice]
    tables = [] if tally is None else [table_of(tally, name) for name in names]
    worth = finding.effective_units
    if tally is not None and tally.units is not None:
        worth = float(sum(tally.units[tally.slices.index(name), 1] for name in names if name in tally.slices))
    return Known(
        value=math.nan if own is None else own.value,
        error=math.nan if own is None else _error(own, Rule.UNCHANGED, run.confidence),
        rows=finding.rows or 0,
        worth=worth,
        tables=[table for table in tables if table is not None],
        confidence=run.confidence,
    )


def _metric(run: Run, finding: Finding) -> Metric:
    name = finding.metric.removesuffix("_gap") if finding.section is Section.FAIRNESS else finding.metric
    return find(name, run)


def _expected(run: Run, finding: Finding, seen: Finding | None, known: Known, scenario: Scenario) -> _Expected:
    metric = _metric(run, finding)
    if _against_champion(finding):
        if seen is not None and seen.improvement is not None:
            return _of(seen.improvement, 0.0, finding.rule, run.confidence)
        if not known.rows or math.isnan(known.error):
            return _NOTHING
        return _Expected(
            value=0.0, error=_widened(run, finding, planned_error(metric, known, scenario), known), assumed=True
        )
    alone = finding.improvement if finding.rule is not None and finding.rule.paired else finding.challenger
    if isinstance(metric, Flips):
        if seen is None:
            return _expected_flips(metric, known, scenario)
        alone = seen.challenger
    # Against a baseline or a bound, a challenger as good as the champion stands where the champion stands.
    return _NOTHING if alone is None else _of(alone, alone.value, finding.rule, run.confidence)


def _widened(run: Run, finding: Finding, error: float, known: Known) -> float:
    """With the error of a relative margin, which is a fraction of the champion's value."""
    if not _relative(run, finding) or not finding.margin or not known.value:
        return error
    return math.hypot(error, finding.margin / known.value * known.error)


def _relative(run: Run, finding: Finding) -> bool:
    asked = (finding.metric, finding.rule, finding.dataset, finding.level, finding.than)
    found = [one for one in run.requirements if (one.metric, one.rule, one.dataset, one.level, one.than) == asked]
    return any(one.relative and one.on in (finding.slice, "slices") for one in found)


def _expected_flips(metric: Flips, known: Known, scenario: Scenario) -> _Expected:
    """Decisions that change between two equally good models; each way as often as the other."""
    if not known.tables:
        return _NOTHING
    share = expected_flips(metric, known.tables[0], scenario)
    # Nothing is known of how decisions of one unit change together: at worst, all of them at once.
    size = known.worth or known.rows
    return _Expected(value=share, error=math.sqrt(share * (1 - share) / size), assumed=True)


def _prospect(run: Run, finding: Finding, expected: _Expected, tables: Sequence[Floats] | None) -> Prospect:
    assert finding.rule is not None  # every plannable finding has one
    known = math.isfinite(expected.error) and math.isfinite(expected.value)
    depends = finding.rule is Rule.BETTER and _against_champion(finding)
    few = finding.too_small or not known
    room, both, rows = _room(finding, expected.value), _both_sides(finding), finding.rows or 0
    standard_errors = need(run.confidence, both_sides=both and abs(expected.value) < expected.error)
    passes = chance_to_pass(
        room, expected.error, run.confidence, other=room + 2 * abs(expected.value) if both else None
    )
    needed = None if depends or not known else rows_needed(rows, room, expected.error, standard_errors)
    enough = needed is not None and needed <= rows
    if finding.too_small or (needed is not None and tables is not None):
        least = least_rows(_metric(run, finding), rows, tables or ())
        # What else is short (a class without any row, units, rows that carry) needs more; nobody can say how many.
        needed = None if finding.too_small and least <= rows else max(needed or 0, least)
    return Prospect(
        id=finding.id,
        title=finding.title,
        metric=finding.metric,
        dataset=finding.dataset,
        slice=finding.slice,
        rule=finding.rule,
        level=finding.level,
        than=finding.than,
        margin=finding.margin if finding.rule.paired else None,
        bound=None if finding.rule.paired else finding.bound,
        relative=_relative(run, finding),
        champion=None if finding.champion is None or math.isnan(finding.champion.value) else finding.champion.value,
        rows=rows,
        error=expected.error if known else None,
        assumed=expected.assumed,
        equal_passes=0.0 if finding.too_small else passes if known else None,
        smallest_detectable=None if few else _detectable(finding, expected, run.confidence),
        rows_to_decide=needed,
        decides=False if few else None if depends else enough,
        proposed=None if few or depends else _proposed(finding, expected, standard_errors),
        shortage=finding.reason if few else "",
    )


def _room(finding: Finding, value: float) -> float:
    """How far the expected estimate lies inside what is allowed."""
    match finding.rule:
        case Rule.AT_LEAST:
            return value - (finding.bound or 0.0)
        case Rule.AT_MOST:
            return (finding.bound or 0.0) - (abs(value) if _both_sides(finding) else value)
        case Rule.BETTER:
            return value - (finding.margin or 0.0)
        case Rule.UNCHANGED:
            return (finding.margin or 0.0) - abs(value)
        case _:
            return (finding.margin or 0.0) + value


def _detectable(finding: Finding, expected: _Expected, confidence: float) -> float | None:
    """Smallest true fall below the champion that is declared a fail; None where the champion itself would fail."""
    error = expected.error if expected.failing is None else expected.failing
    half = error * float(ndtri(0.5 + confidence / 2))
    seen = Estimate(value=0.0, low=-half, high=half)
    paired = finding.rule is not None and finding.rule.paired
    # A bound is no margin: the family's error counts from the bound on.
    margin = (finding.margin or 0.0) * (-1 if finding.rule is Rule.BETTER else 1) if paired else 0.0
    if finding.level is Level.GUARDED:
        beyond = smallest_detectable_guarded(seen, margin, finding.family or 1, confidence)
    else:
        beyond = smallest_detectable_required(seen, margin, confidence)
    ahead = 0.0 if _against_champion(finding) else expected.value if paired else _room(finding, expected.value)
    return beyond + ahead if beyond + ahead > 0 else None


def _proposed(finding: Finding, expected: _Expected, standard_errors: float) -> float | None:
    """The margin or bound that leaves just enough room, rounded to the looser side."""
    width, value = standard_errors * expected.error, expected.value
    match finding.rule:
        case Rule.AT_LEAST:
            return rounded_out(value - width, width, up=False)
        case Rule.AT_MOST:
            return rounded_out((abs(value) if _both_sides(finding) else value) + width, width, up=True)
        case Rule.BETTER:
            lead = rounded_out(value - width, width, up=False)
            return lead if lead > 0 else None
        case Rule.UNCHANGED:
            return rounded_out(abs(value) + width, width, up=True)
        case _:
            return max(rounded_out(width - value, width, up=True), 0.0)
