"""Slices that nobody declared: suggested by one half of the rows, measured and judged on the other.

    seek (one half) ─> candidates ─> add_up, settle, compare (other half) ─> p-values ─> judge

A slice counts as worse when the challenger is worse there than the champion, and worse there than elsewhere: a
challenger that is worse everywhere is the business of what is required of all rows. Both have to hold on the other
half, adjusted by Holm over all candidates that were carried there.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.adjust import holm
from mlgate.inference.power import ALPHA
from mlgate.inference.spread import p_aboves
from mlgate.metrics import find
from mlgate.metrics.scales import scales_of
from mlgate.records.decision import Exhibit, Finding
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.evidence import Estimate, Evidence, Spread
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.words import Level, Rule, Task, Verdict
from mlgate.scipy_parts import ndtr, ndtri
from mlgate.search.levels import SearchColumn
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.judge import judge
from mlgate.stages.seek import BAD, BETTER, WORSE, Candidate, Sought, metric_of, seek
from mlgate.stages.settle import settle
from mlgate.where import amount_text, conditions_text, guard_line, where_text

__all__ = ["Discovered", "discover", "requirement_of"]

DATASET = "base_case"
#: A declared slice may lose twice the overall margin; the same holds for one that was found.
WIDER = 2
MARGIN, RELATIVE_MARGIN = 0.02, 0.04
#: Rows of a confirmed slice that are named.
EXAMPLES = 5
_IN, _OUT = "in", "out"
_NONE = Spread(method="undefined", value=float("nan"))
_COLUMNS = (
    "kind",
    "slice",
    "conditions",
    "rows",
    "share",
    "suggested",
    "champion",
    "challenger",
    "improvement",
    "low",
    "high",
    "elsewhere",
    "adjusted_p",
    "confirmed",
    "line",
)

Cell = str | float | int | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Discovered:
    """What a search gave: findings of confirmed slices, and everything that was carried to the other half."""

    findings: tuple[Finding, ...]
    exhibits: tuple[Exhibit, ...]
    #: per finding, some of its rows where the challenger lost, by place.
    examples: tuple[NDArray[np.intp], ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Measured:
    """A candidate on the rows that did not suggest it."""

    candidate: Candidate
    name: str
    inside: Evidence
    outside: Evidence
    #: p of what ``_p_values`` tests; adjusted among its kind.
    p: float
    adjusted: float


def discover(
    run: Run,
    batch: Batch,
    columns: Sequence[SearchColumn],
    settings: DiscoverySettings,
    *,
    guarded: bool = False,
) -> Discovered:
    """Search, confirm and judge.

    Parameters
    ----------
    run
        Of all rows: its requirements say the metric and the margin.
    batch
        All rows, with their identities.
    columns
        Of the same rows.
    settings
        Depth, support and level.
    guarded
        Whether mlgate.yaml has a list ``guard`` already, for the lines that are told.
    """
    columns = sorted(columns, key=lambda one: one.name)
    asked = requirement_of(run, settings)
    sought = seek(run, batch, columns, settings, asked.metric)
    measured = _measure(run, batch, sought, asked)
    findings, verdicts = _judged(run, measured, asked, settings.level)
    shown = tuple(_row(one, verdicts.get(one.name), asked, sought, first=not guarded) for one in measured)
    about = (
        asked.metric,
        sought.slices,
        sought.depth,
        sought.support,
        int(sought.searched.sum()),
        len(sought.searched) - int(sought.searched.sum()),
        len(measured),
        ", ".join(one.name for one in columns),
    )
    heads = ("metric", "slices", "depth", "support", "searched", "confirming", "carried", "columns")
    exhibits = (
        Exhibit(name="discovery", columns=heads, rows=(about,)),
        Exhibit(name="discovered", columns=_COLUMNS, rows=shown),
    )
    inside = {one.name: one.candidate.inside for one in measured if one.candidate.kind == WORSE}
    return Discovered(
        findings=findings,
        exhibits=tuple(one for one in exhibits if one.rows),
        examples=tuple(_examples(batch, inside[one.slice] & (sought.change > 0)) for one in findings),
    )


def requirement_of(run: Run, settings: DiscoverySettings) -> Requirement:
    """What is asked of a slice that was found: as of declared slices, else twice what is asked of all rows."""
    metric = metric_of(run, settings.metric)
    same = [
        one
        for one in run.requirements
        if (one.metric, one.rule, one.than, one.dataset) == (metric, Rule.NOT_WORSE, "champion", DATASET)
    ]
    plain = Requirement(
        metric=metric,
        rule=Rule.NOT_WORSE,
        level=Level.GUARDED,
        on="slices",
        margin=RELATIVE_MARGIN if run.task is Task.REGRESSION else MARGIN,
        relative=run.task is Task.REGRESSION,
    )
    for on, times in (("slices", 1), ("overall", WIDER)):
        known = next((one for one in same if one.on == on and one.margin is not None), None)
        if known is not None and known.margin is not None:
            return dataclasses.replace(plain, margin=times * known.margin, relative=known.relative)
    return plain


def _measure(run: Run, batch: Batch, sought: Sought, asked: Requirement) -> tuple[_Measured, ...]:
    """Every candidate and the rows outside it, on the half that suggested nothing, as declared slices are measured."""
    if not sought.candidates:
        return ()
    others = np.flatnonzero(~sought.searched)
    names = [f"c{place}" for place in range(len(sought.candidates))]
    half = _rows_of(
        batch,
        others,
        {
            name: Coded(codes=one.inside[others].astype(np.int32), values=(_OUT, _IN))
            for name, one in zip(names, sought.candidates, strict=True)
        },
    )
    plain = dataclasses.replace(
        run,
        requirements=(asked,),
        groupings=tuple(Grouping(columns=(name,)) for name in names),
        attributes=(),
        gaps=(),
        oddity=None,
        own_metrics=(),
        baseline="",
    )
    plain = dataclasses.replace(plain, scales=scales_of(plain, (find(asked.metric, plain),), half))
    tally = settle(plain, add_up(plain, [half]))
    found = {one.slice: one for one in compare(plain, tally, dataset=DATASET, metrics=[asked.metric])}
    pairs = [(found.get(f"{name}={_IN}"), found.get(f"{name}={_OUT}")) for name in names]
    high_is_good = find(asked.metric, plain).greater_is_better is not False
    return tuple(
        one
        for kind in (WORSE, BETTER, BAD)
        for one in _tested(
            kind,
            [
                (one, inside, outside)
                for one, (inside, outside) in zip(sought.candidates, pairs, strict=True)
                if one.kind == kind and inside is not None and outside is not None
            ],
            high_is_good,
            run.confidence,
        )
    )


def _tested(
    kind: str, measured: Sequence[tuple[Candidate, Evidence, Evidence]], high_is_good: bool, confidence: float
) -> list[_Measured]:
    """Candidates of one kind with their p-values, which are adjusted together."""
    if not measured:
        return []
    p_values = _p_values(
        kind, [inside for _, inside, _ in measured], [out for _, _, out in measured], high_is_good, confidence
    )
    return [
        _Measured(
            candidate=one,
            name=conditions_text(one.conditions),
            inside=inside,
            outside=outside,
            p=p,
            adjusted=adjusted,
        )
        for (one, inside, outside), p, adjusted in zip(measured, p_values, holm(p_values), strict=True)
    ]


def _rows_of(batch: Batch, rows: NDArray[np.intp], columns: Mapping[str, Coded]) -> Batch:
    return Batch(
        labels=batch.labels[rows],
        champion=None if batch.champion is None else batch.champion[rows],
        challenger=batch.challenger[rows],
        columns=columns,
        units=None if batch.units is None else batch.units[rows],
        weights=None if batch.weights is None else batch.weights[rows],
        money=None if batch.money is None else batch.money[rows],
    )


def _p_values(
    kind: str, inside: Sequence[Evidence], outside: Sequence[Evidence], high_is_good: bool, confidence: float
) -> list[float]:
    """p-values of a claim: worse (better) than the champion and than elsewhere; or, alone, worse than elsewhere.

    That it is worse than the champion is tested by ``judge``, from the interval that is printed.
    """
    if kind == BAD:
        sign = 1.0 if high_is_good else -1.0
        sides = [(one.challenger, other.challenger) for one, other in zip(inside, outside, strict=True)]
        return [_p_apart(one, other, sign, confidence) for one, other in sides]
    sign = 1.0 if kind == WORSE else -1.0
    pairs = [(one.improvement, other.improvement) for one, other in zip(inside, outside, strict=True)]
    apart = [_p_apart(one, other, sign, confidence) for one, other in pairs]
    if kind == WORSE:
        return apart
    alone = p_aboves([one.improvement_spread or _NONE for one in inside], np.zeros(len(inside)))
    return [max(first, float(second)) for first, second in zip(apart, alone, strict=True)]


def _p_apart(inside: Estimate | None, outside: Estimate | None, sign: float, confidence: float) -> float:
    """One-sided p that a slice's value is not below that of the rest (with -1: not above).

    The half-widths of the two printed intervals that point to each other are put together (MOVER).
    """
    if inside is None or outside is None:
        return 1.0
    gap = sign * (inside.value - outside.value)
    halves = (inside.high - inside.value, outside.value - outside.low)
    if sign < 0:
        halves = (inside.value - inside.low, outside.high - outside.value)
    width = math.hypot(*halves)
    if not math.isfinite(gap) or not math.isfinite(width):
        return 1.0
    return float(ndtr(gap / width * ndtri((1 + confidence) / 2))) if width > 0 else float(gap >= 0)


def _judged(
    run: Run, measured: Sequence[_Measured], asked: Requirement, level: Level
) -> tuple[tuple[Finding, ...], dict[str, Finding]]:
    """Findings of confirmed slices; and of all candidates, by name, what was concluded."""
    worse = {one.name: one for one in measured if one.candidate.kind == WORSE}
    evidence = [dataclasses.replace(one.inside, slice=name) for name, one in worse.items()]
    plain = dataclasses.replace(run, requirements=(asked,))
    found = judge(plain, evidence, floors={name: one.p for name, one in worse.items()}) if evidence else ()
    confirmed = [
        dataclasses.replace(
            one,
            id=f"slices/discovered/{one.metric}/{one.rule}/{one.slice}",
            level=level,
            blocking=level is Level.GUARDED,
            reason="found on one half of the rows and confirmed on the other: " + one.reason,
        )
        for one in found
        if one.verdict is Verdict.FAIL
    ]
    return tuple(confirmed), {one.slice: one for one in found}


def _examples(batch: Batch, lost: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Some of the rows that were lost, chosen by what they are."""
    assert batch.identity is not None
    rows = np.flatnonzero(lost)
    return rows[np.argsort(batch.identity[rows], kind="stable")[:EXAMPLES]]


def _row(
    one: _Measured, finding: Finding | None, asked: Requirement, sought: Sought, *, first: bool
) -> tuple[Cell, ...]:
    """What is told of a candidate; figures are those of the half that did not suggest it."""
    worse = one.candidate.kind == WORSE
    confirmed = finding is not None and finding.verdict is Verdict.FAIL if worse else one.adjusted <= ALPHA
    gain, size = one.inside.improvement, int(np.count_nonzero(one.candidate.inside))
    bad = one.candidate.kind == BAD
    seen = None if bad else gain
    elsewhere = one.outside.challenger if bad else one.outside.improvement
    where = where_text(one.candidate.conditions)
    amount = amount_text(asked.margin, asked.margin if asked.relative else None)
    return (
        one.candidate.kind,
        one.name,
        len({condition.column for condition in one.candidate.conditions}),
        size,
        size / len(one.candidate.inside),
        one.candidate.suggested,
        None if one.inside.champion is None else one.inside.champion.value,
        one.inside.challenger.value,
        None if seen is None else seen.value,
        one.inside.challenger.low if bad else None if seen is None else seen.low,
        one.inside.challenger.high if bad else None if seen is None else seen.high,
        None if elsewhere is None else elsewhere.value,
        finding.adjusted_p if finding is not None and finding.adjusted_p is not None else one.adjusted,
        int(confirmed),
        "" if where is None else guard_line(where, asked.metric, amount, first=first),
    )
