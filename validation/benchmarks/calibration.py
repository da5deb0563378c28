"""Does the gate keep its promises? Every metric that may decide, on populations whose truth is known.

``python -m benchmarks calibration`` measures on two processes and writes the tables of docs/calibration.md.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from benchmarks.figures import Cell, cell
from benchmarks.processes import INVENTED, Population
from benchmarks.real_scores import real_populations
from benchmarks.replicates import Draw, intervals, run_of, truths
from mlgate.metrics import METRICS, Flips, find
from mlgate.records.run import Run
from mlgate.records.words import Task

__all__ = ["SEED", "deciding", "measure", "populations"]

SEED = 20261126
SIZES = (300, 1000, 5000)
#: Samples of a cell: the error of a share of 95 % is 0.5 points.
_REPLICATES = 2_000
#: Equal challengers are drawn up to so many rows: with more, steps and skewness only get smaller.
_EQUAL = 2_500
#: Share of samples of the least size that have what a metric needs.
_ENOUGH = 0.95
_WITH_PARAMETER = {
    Task.BINARY: ("fbeta(2)", "recall_at_fpr(0.05)", "precision_at_k(100)", "lift(0.1)", "cost"),
    Task.MULTICLASS: ("top_k_accuracy(2)",),
    Task.REGRESSION: ("pinball(0.9)",),
}
#: A tolerance that about half of the predictions keep.
_WITHIN = {"normal": "0.7", "t3": "0.8", "lognormal": "0.4", "lopsided": "0.6", "duration": "100"}
#: What the workers measure: handed to them by fork, since a million rows are no argument.
_POPULATIONS: list[Population] = []
_TRUTHS: list[dict[str, tuple[float, float]]] = []


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Some metrics of one population on samples of one size."""

    population: int
    metrics: tuple[str, ...]
    n: int
    #: whether it is the least size that the metrics are judged at.
    least: bool
    replicates: int


def populations(*, quick: bool = False) -> list[Population]:
    """The invented populations and, where the data is at hand, those of real scores."""
    return [make() for make in INVENTED] + ([] if quick else list(real_populations()))


def deciding(population: Population) -> tuple[str, ...]:
    """Names of the metrics that may decide in a population's task."""
    names = [metric.name for metric in METRICS[population.task] if getattr(metric, "decides", True)]
    names += _WITH_PARAMETER[population.task]
    if population.task is Task.REGRESSION:
        names.append(f"within({_WITHIN[population.name]})")
    if population.task is Task.MULTICLASS:
        rarest = population.classes[int(np.bincount(population.labels).argmin())]
        names += [f"recall({rarest})", f"precision({rarest})"]
    if population.task is Task.REGRESSION and (population.labels == 0).any():
        names.remove("mape")
    return tuple(names)


def measure(found: Sequence[Population], *, divide: int = 1, only: Iterable[str] = ()) -> list[Cell]:
    """All cells of some populations, on two processes.

    Parameters
    ----------
    found
        The populations.
    divide
        Takes only one of so many replicates, for trying.
    only
        Names of metrics; all where empty.
    """
    _POPULATIONS[:] = found
    with multiprocessing.get_context("fork").Pool(2) as pool:
        _TRUTHS[:] = pool.map(_truths_of, range(len(found)), chunksize=1)
    parts = [part for place, one in enumerate(found) for part in _parts(place, one, divide, tuple(only))]
    parts.sort(key=lambda part: -part.n * part.replicates * len(part.metrics))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        cells = [one for many in pool.imap_unordered(_measure_part, parts, chunksize=1) for one in many]
    order = {one.name: place for place, one in enumerate(found)}
    names = {name: place for one in found for place, name in enumerate(deciding(one))}
    return sorted(cells, key=lambda one: (order[one.population], names[one.metric], not one.least, one.n))


def _truths_of(place: int) -> dict[str, tuple[float, float]]:
    """What is true of each metric of a population, with every share of the rows that ``precision_at_k`` means."""
    population = _POPULATIONS[place]
    names = deciding(population)
    sizes = {*SIZES, *(part.n for part in _parts(place, population, 1, names))}
    names = tuple(dict.fromkeys(_same_share(name, population, n) for name in names for n in sizes))
    return truths(population, run_of(population, names), names)


def _same_share(name: str, population: Population, n: int) -> str:
    """The metric that has, on all rows, the meaning that a metric has on n: the k best of n are a share of them."""
    if not name.startswith("precision_at_k"):
        return name
    return f"precision_at_k({round(float(name[15:-1]) * len(population.labels) / n)})"


def _parts(place: int, population: Population, divide: int, only: tuple[str, ...]) -> list[Part]:
    run = run_of(population, deciding(population))
    groups: dict[int, list[str]] = {}
    for name in deciding(population):
        if not only or name in only:
            groups.setdefault(_least_rows(population, run, name), []).append(name)
    replicates = _REPLICATES // divide
    parts = [
        Part(population=place, metrics=tuple(names), n=n, least=True, replicates=replicates)
        for n, names in groups.items()
    ]
    for n in SIZES:
        names = [name for least, many in groups.items() for name in many if least < n]
        if names:
            parts.append(Part(population=place, metrics=tuple(names), n=n, least=False, replicates=replicates))
    return parts


def _least_rows(population: Population, run: Run, name: str) -> int:
    """Rows of the smallest sample that has what the metric needs, 19 times in 20."""
    metric = find(name, run)
    minimum = metric.minimum
    if population.task is Task.REGRESSION:
        return int(minimum.rows)
    shares = np.bincount(population.labels, minlength=2) / len(population.labels)
    of_class = getattr(metric, "of_class", None)
    needed = [(minimum.each, float(share)) for share in shares]
    needed.append((minimum.positives, float(shares[1 if of_class is None else of_class])))
    needed.append((minimum.negatives, 1 - needed[-1][1]))
    return max(minimum.rows, *(_rows_with(count, share) for count, share in needed))


def _rows_with(count: int, share: float) -> int:
    """Rows of which so many are of a class that has a share, 19 times in 20."""
    if not count:
        return 0
    low, high = count, math.ceil(4 * (count + 10) / share)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binom.sf(count - 1, middle, share) >= _ENOUGH else (middle + 1, high)
    return low


def _draw(population: Population, part: Part) -> Draw:
    """Samples of n rows with replacement, whatever classes they are of: a sample that has too few is not judged."""
    rows = len(population.labels)

    def draw(random: np.random.Generator, replicates: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return random.integers(0, rows, replicates * part.n), np.repeat(np.arange(replicates), part.n)

    return draw


def _measure_part(part: Part) -> list[Cell]:
    population = _POPULATIONS[part.population]
    random = np.random.default_rng([SEED, part.population, part.n, len(part.metrics), not part.least])
    run = run_of(population, part.metrics)
    draw = _draw(population, part)
    start = time.perf_counter()
    main = intervals(population, run, draw, replicates=part.replicates, rows_each=part.n, random=random)
    equal = main
    if part.n <= _EQUAL:
        equal = intervals(
            population, run, draw, replicates=part.replicates, rows_each=part.n, random=random, equal=True
        )
    print(
        f"  {population.name}, n = {part.n:,}: {len(part.metrics)} metrics, {part.replicates:,} samples, "
        f"{time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return [
        cell(
            main[name],
            None if part.n > _EQUAL or isinstance(find(name, run), Flips) else equal[name],
            pair=not isinstance(find(name, run), Flips),
            truth=_TRUTHS[part.population][_same_share(name, population, part.n)],
            # Churn is bounded from above.
            better=False if isinstance(find(name, run), Flips) else find(name, run).greater_is_better,
            population=population.name,
            metric=name,
            size=f"{part.n:,}",
            n=part.n,
            least=part.least,
        )
        for name in part.metrics
    ]
