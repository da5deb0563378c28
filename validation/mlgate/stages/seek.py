"""Rows to candidates: the slices of one half of the rows where the challenger looks worse, better, or simply bad.

What is found by looking at many slices is partly luck, so nothing is concluded here: candidates are measured anew on
the other half (``mlgate.discovery``). The halves are dealt by a hash of the unit, else of the row.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.bootstrap import uniforms
from mlgate.metrics import Confusion, Hits, MeanLoss, Metric, find
from mlgate.metrics.answering import answers_of
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.rows import Answers, Batch
from mlgate.records.run import Condition, Run
from mlgate.records.words import Rule, Task
from mlgate.search.lattice import DEEPEST, SHORT, Found, Searched, Target, fixed_point, search
from mlgate.search.levels import SearchColumn
from mlgate.search.scores import Excess
from mlgate.search.sharpen import Box, box_of, conditions_of, rows_in, sharpen
from mlgate.search.telling import Values, tell_apart
from mlgate.threads import in_threads

__all__ = ["BAD", "BETTER", "LEAST_ROWS", "WORSE", "Candidate", "Sought", "metric_of", "seek"]

WORSE, BETTER, BAD = "worse", "better", "bad"
#: Candidates of each kind that are measured anew.
CARRIED = 5
#: Slices that are kept of a search, before those that tell the same are put together.
KEPT = 60
#: Rows of one half without which a slice is not looked at, whatever share they are.
LEAST_ROWS = 30
#: Slices where it improved, or is simply bad, have at most so many conditions beside a search for worse ones.
SHALLOW = 2
#: Losses beyond this share of those that are not 0 count as much as the one there, so that no single row makes a slice.
BULK = 0.99
#: A number of the bootstrap's kind that no replicate has: it deals rows to halves.
HALVES = 1 << 40

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidate:
    """A slice that one half of the rows suggests."""

    #: ``worse``, ``better`` or ``bad``.
    kind: str
    conditions: tuple[Condition, ...]
    #: (n,) which of all rows are in it.
    inside: NDArray[np.bool_]
    #: improvement (of ``bad``: the loss) on the half that suggested it, which is extreme by its very choice.
    suggested: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sought:
    """What a search suggests, and how far it looked."""

    candidates: tuple[Candidate, ...]
    #: (n,) rows of the half that was searched; the others may confirm.
    searched: NDArray[np.bool_]
    #: (n,) challenger's loss less the champion's, or the challenger's loss where there is no champion.
    change: Floats
    #: rows that a slice must hold in the half that is searched.
    support: int
    depth: int
    slices: int


def metric_of(run: Run, wanted: str = "") -> str:
    """The metric whose loss per row is searched: the one wanted, else the first required one that has such a loss.

    Decisions come before scores in the default requirements, so a classifier's loss is 0 or 1: that is what becomes of
    the people in a slice, it has no tails, and its test is exact. Log loss is searched where it is asked for first.
    """
    asked = [one.metric for one in run.requirements if one.rule in (Rule.NOT_WORSE, Rule.BETTER)]
    usual = "mae" if run.task is Task.REGRESSION else "accuracy"
    named = [wanted] if wanted else [*asked, usual]
    return next((name for name in named if has_losses(find(name, run))), usual)


def has_losses(metric: Metric) -> bool:
    """Whether a metric is the mean of a number per row, with a direction."""
    if isinstance(metric, Confusion):
        return metric.name in ("accuracy", "error_rate")
    return isinstance(metric, (MeanLoss, Hits)) and metric.greater_is_better is not None


def _losses(metric: Metric, answers: Answers) -> Floats:
    """A loss per row, (n,); low is good."""
    if isinstance(metric, MeanLoss):
        return -metric.of(answers) if metric.greater_is_better else metric.of(answers)
    if isinstance(metric, Hits):
        return np.asarray(metric.of(answers) != bool(metric.greater_is_better), dtype=np.float64)
    return np.asarray(answers.decisions != answers.labels, dtype=np.float64)


def seek(run: Run, batch: Batch, columns: Sequence[SearchColumn], settings: DiscoverySettings, metric: str) -> Sought:
    """Search one half of the rows.

    Parameters
    ----------
    run
        Says the task, the thresholds and the seed.
    batch
        All rows, with their identities.
    columns
        Of the same rows, sorted by name.
    settings
        Depth and support.
    metric
        See ``metric_of``.
    """
    assert batch.identity is not None  # halves are dealt by it
    dealt = batch.identity if batch.units is None else batch.units
    searched = uniforms(dealt, HALVES, run.seed) < 0.5
    measure = find(metric, run)
    loss = _losses(measure, answers_of(run, batch, "challenger"))
    change = loss if batch.champion is None else loss - _losses(measure, answers_of(run, batch, "champion"))
    weights = None if batch.weights is None else batch.weights[searched]
    places = np.flatnonzero(searched)
    half, rows = [_half(one, places) for one in columns], len(places)
    support = max(math.ceil(settings.support * rows), measure.minimum.rows, LEAST_ROWS)
    depth = min(settings.depth, DEEPEST, len(columns))
    if math.comb(len(columns), DEEPEST) > settings.most_triples:
        depth = min(depth, SHALLOW)
    sums = [_plain(one[searched], weights) for one in (change, loss)]
    targets = _targets(sums, paired=batch.champion is not None, depth=depth)
    found = Searched(found=(), looked_at=0, left_out=0)
    if rows >= 2 * support and half:
        vectors = [whole for whole, _ in sums]
        found = search(half, vectors, list(targets.values()), support=support, depth=depth, most=KEPT)

    def told(one: tuple[Target, Sequence[Found]]) -> list[Box]:
        target, kept = one
        return _told(half, kept, sums[target.vector][0] * target.sign, target, support)

    boxes = in_threads(told, zip(targets.values(), found.found), rows=rows // SHORT)
    candidates = [
        _candidate(kind, box, columns, sums[target.vector][1])
        for (kind, target), those in zip(targets.items(), boxes)
        for box in those
    ]
    return Sought(
        candidates=tuple(candidates),
        searched=searched,
        change=change,
        support=support,
        depth=depth,
        slices=found.looked_at + found.left_out,
    )


def _plain(values: Floats, weights: Floats | None) -> tuple[Floats, int]:
    """Values in fixed point, without tails and as much as each row weighs; and the power of two of one unit."""
    sizes = np.abs(values[values != 0])
    if len(sizes) and sizes.min() != sizes.max():
        place = math.ceil(BULK * (len(sizes) - 1))
        limit = float(np.partition(sizes, place)[place])
        values = np.clip(values, -limit, limit)
    if weights is not None and weights.any():
        values = values * weights * (len(weights) / math.fsum(weights))
    return fixed_point(values)


def _targets(sums: Sequence[tuple[Floats, int]], *, paired: bool, depth: int) -> dict[str, Target]:
    """What is looked for: means that stand out from the mean of all rows, and from nothing at all."""
    means = [float(whole.sum()) / max(len(whole), 1) for whole, _ in sums]
    bad = Target(vector=1, sign=1, score=Excess(reference=max(means[1], 0.0)), depth=SHALLOW if paired else depth)
    if not paired:
        return {BAD: bad}
    return {
        WORSE: Target(vector=0, sign=1, score=Excess(reference=max(means[0], 0.0)), depth=depth),
        BETTER: Target(vector=0, sign=-1, score=Excess(reference=max(-means[0], 0.0)), depth=SHALLOW),
        BAD: bad,
    }


def _half(column: SearchColumn, rows: NDArray[np.intp]) -> SearchColumn:
    fine = None if column.fine is None else dataclasses.replace(column.fine, codes=column.fine.codes[rows])
    return dataclasses.replace(column, codes=column.codes[rows], fine=fine)


def _told(
    half: Sequence[SearchColumn], found: Sequence[Found], values: Floats, target: Target, support: int
) -> list[Box]:
    assert isinstance(target.score, Excess)
    boxes, covered, rows = list[Box](), np.zeros(len(values), dtype=np.bool_), np.flatnonzero(values)
    worth = Values(rows=rows, held=values[rows], reference=target.score.reference)
    for one in tell_apart(half, found, worth, CARRIED):
        box = sharpen(half, box_of(half, one), values, target.score, support)
        inside = rows_in(half, box)
        # Ends that have moved may have made one slice of two.
        if worth.has_own(inside, covered, whole=worth.excess(inside)):
            boxes.append(box)
            covered |= inside
    return boxes


def _candidate(kind: str, box: Box, columns: Sequence[SearchColumn], exponent: int) -> Candidate:
    mean = math.ldexp(box.mean, exponent)
    return Candidate(
        kind=kind,
        conditions=conditions_of(columns, box),
        inside=rows_in(columns, box),
        suggested=-mean if kind == WORSE else mean,
    )
