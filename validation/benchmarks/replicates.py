"""Many samples of one population through the engine itself: each replicate is a slice of one tally.

So thousands of replicates cost what a few million rows cost, and what is measured is ``add_up``, ``settle`` and
``compare``, not formulas written down again. The rules' comparisons of an interval's end with a margin
(``mlgate.stages.judge``) are made in ``figures.py`` on arrays.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.processes import Population
from mlgate.metrics import find
from mlgate.metrics.scales import scales_of
from mlgate.records.evidence import Evidence
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import OVERALL, Grouping, Money, Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.settle import settle
from mlgate.tables import Tally

__all__ = ["Draw", "Intervals", "intervals", "run_of", "take", "truths"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
#: (random, replicates) -> rows of the population, and the replicate of each.
Draw = Callable[[np.random.Generator, int], tuple[Places, Places]]

#: Rows that are added up at a time, and slices that one grouping may have.
_ROWS, _SLICES = 1_500_000, 1000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Intervals:
    """What the engine printed for one metric, one entry per replicate; NaN where the minimum size is not met.

    The improvement is positive when the challenger is better. A property of the pair, such as churn, stands in its
    place with its sign turned, since it is bounded from above.
    """

    value: Floats
    low: Floats
    high: Floats
    #: the challenger's own interval.
    own_low: Floats
    own_high: Floats
    #: rows of the class with fewest such rows on which the decisions differ.
    differing: Floats


def run_of(population: Population, metrics: Sequence[str]) -> Run:
    """The run that measures some metrics on every replicate, with scales fixed from the whole population."""
    money = None
    if population.money is not None and "cost" in metrics:
        money = Money(kind="cost", amounts=("", "", "", ""))
    run = Run(
        requirements=tuple(
            Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=0.01) for metric in metrics
        ),
        task=population.task,
        classes=population.classes,
        threshold=population.threshold,
        groupings=(Grouping(columns=("replicate",)),),
        money=money,
        unit="" if population.units is None else "unit",
    )
    whole = take(population, np.arange(len(population.labels)))
    return dataclasses.replace(run, scales=scales_of(run, tuple(find(metric, run) for metric in metrics), whole))


def take(
    population: Population, rows: Places, columns: Mapping[str, Coded] | None = None, exchanged: Places | None = None
) -> Batch:
    """Some rows as a batch; of the ``exchanged`` ones each model has the other's scores."""
    champion, challenger = population.champion[rows], population.challenger[rows]
    if exchanged is not None:
        champion[exchanged], challenger[exchanged] = challenger[exchanged], champion[exchanged].copy()
    return Batch(
        labels=population.labels[rows],
        champion=champion,
        challenger=challenger,
        columns=columns or {},
        money=None if population.money is None else population.money[rows],
    )


def truths(population: Population, run: Run, metrics: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Per metric the true improvement, and the challenger's own true value, as the engine counts them on all rows."""
    plain = dataclasses.replace(run, groupings=())
    tally = settle(plain, add_up(plain, [take(population, np.arange(len(population.labels)))]))
    found = {}
    for metric in metrics:
        evidence = compare(plain, tally, dataset="population", metrics=[metric])[0]
        own = evidence.challenger.value
        found[metric] = (-own if evidence.improvement is None else evidence.improvement.value, own)
    return found


def intervals(
    population: Population,
    run: Run,
    draw: Draw,
    *,
    replicates: int,
    rows_each: float,
    random: np.random.Generator,
    equal: bool = False,
) -> dict[str, Intervals]:
    """What the engine prints for each metric of the run on many samples.

    Parameters
    ----------
    population
        Where rows come from.
    run
        From ``run_of``.
    draw
        Draws the samples.
    replicates
        Their number.
    rows_each
        Rows of one, roughly: says how many fit into one tally.
    random
        Source of all chance.
    equal
        Whether the models' scores are exchanged at random, so that the two are equally good.
    """
    blocks = max(1, math.ceil(replicates / max(1, min(_SLICES, int(_ROWS / rows_each)))))
    parts = [
        _block(population, run, draw, size, random, equal=equal)
        for size in (len(part) for part in np.array_split(np.arange(replicates), blocks))
    ]
    names = [field.name for field in dataclasses.fields(Intervals)]
    return {
        metric: Intervals(**{name: np.concatenate([getattr(part[metric], name) for part in parts]) for name in names})
        for metric in run.metrics()
    }


def _block(
    population: Population, run: Run, draw: Draw, size: int, random: np.random.Generator, *, equal: bool
) -> dict[str, Intervals]:
    rows, replicate = draw(random, size)
    columns = {"replicate": Coded(codes=replicate.astype(np.int32), values=tuple(f"{k:04d}" for k in range(size)))}
    unit = np.arange(len(rows))
    if population.units is not None:
        # The same unit drawn twice is two units, of one replicate or of two; its rows are drawn in their order.
        unit = np.cumsum(np.r_[True, np.diff(rows) != 1] | np.r_[True, np.diff(population.units[rows]) != 0]) - 1
    exchanged = np.flatnonzero((random.random(len(rows)) < 0.5)[unit]) if equal else None
    batch = take(population, rows, columns, exchanged)
    if population.units is not None:
        batch = dataclasses.replace(batch, units=unit.astype(np.uint64))
    tally = settle(run, _only_slices(add_up(run, [batch])))
    differing = _differing(tally)
    return {
        metric: _read(compare(run, tally, dataset="sample", metrics=[metric]), differing) for metric in run.metrics()
    }


def _only_slices(tally: Tally) -> Tally:
    """The tally without its first slice, all rows: they are no replicate, and settling them takes as long again."""
    if tally.slices[0] != OVERALL:
        raise SystemExit("a tally does not begin with all rows; mend benchmarks/replicates.py.")
    triples = tally.triples[tally.triples[:, 0] > 0] - np.array([1, 0, 0])
    return dataclasses.replace(
        tally,
        slices=tally.slices[1:],
        groupings=(0,) * (len(tally.slices) - 1),
        rows=tally.rows[1:],
        cells=tally.cells[1:],
        triples=triples,
        hits={name: counts[1:] for name, counts in tally.hits.items()},
        sums={name: sums[1:] for name, sums in tally.sums.items()},
        kept=tally.kept and dataclasses.replace(tally.kept, codes=tally.kept.codes[:, 1:] - 1),
    )


def _read(evidence: Sequence[Evidence], differing: Floats) -> Intervals:
    rows = []
    for one in evidence:
        seen, own = one.improvement, one.challenger
        if one.shortage:
            rows.append((math.nan,) * 5)
        elif seen is None:
            rows.append((-own.value, -own.high, -own.low, own.low, own.high))
        else:
            rows.append((seen.value, seen.low, seen.high, own.low, own.high))
    value, low, high, own_low, own_high = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return Intervals(value=value, low=low, high=high, own_low=own_low, own_high=own_high, differing=differing)


def _differing(tally: Tally) -> Floats:
    """Per slice, rows on which the decisions differ, of the class that has fewest of them; all rows in regression."""
    if tally.classes == 0:
        return tally.rows.astype(np.float64)
    if tally.classes == 2:
        cells = tally.cells
        return np.asarray(np.minimum(cells[:, 1] + cells[:, 2], cells[:, 5] + cells[:, 6]), dtype=np.float64)
    place, cell, count = tally.triples.T
    label, first, second = np.unravel_index(cell, (tally.classes,) * 3)
    differ = first != second
    each = np.zeros((len(tally.slices), tally.classes))
    np.add.at(each, (place[differ], label[differ]), count[differ])
    return np.asarray(each.min(axis=1), dtype=np.float64)
