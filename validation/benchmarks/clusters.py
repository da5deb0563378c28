"""The same promises where rows belong to units that are sampled as a whole: 10 to 300 units."""

from __future__ import annotations

import multiprocessing

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Cell, cell
from benchmarks.processes import Population, clustered
from benchmarks.replicates import Draw, intervals, run_of, truths
from mlgate.metrics import find

__all__ = ["measure"]

SEED = 20261128
UNITS = (12, 20, 50, 100, 300)
METRICS = (
    "accuracy",
    "recall",
    "false_positive_rate",
    "selection_rate",
    "precision",
    "f1",
    "balanced_accuracy",
    "mcc",
    "log_loss",
    "brier",
    "calibration_in_the_large",
    "roc_auc",
    "average_precision",
)
REPLICATES = 2_000
_POPULATIONS: list[Population] = []
_TRUTHS: list[dict[str, tuple[float, float]]] = []


def measure(*, divide: int = 1) -> list[Cell]:
    """All cells, on two processes; ``divide`` takes only one of so many replicates."""
    population = clustered()
    _POPULATIONS[:] = [population]
    _TRUTHS[:] = [truths(population, run_of(population, METRICS), METRICS)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.map(
            _measure, [(units, REPLICATES // divide) for units in sorted(UNITS, reverse=True)], chunksize=1
        )
    return sorted((one for many in found for one in many), key=lambda one: (METRICS.index(one.metric), one.n))


def _draw(population: Population, units: int) -> Draw:
    """Samples of whole units, with replacement."""
    assert population.units is not None
    starts = np.searchsorted(population.units, np.arange(int(population.units[-1]) + 2))

    def draw(random: np.random.Generator, replicates: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        chosen = random.integers(0, len(starts) - 1, replicates * units)
        sizes = starts[chosen + 1] - starts[chosen]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes) + np.repeat(starts[chosen], sizes)
        return rows, np.repeat(np.repeat(np.arange(replicates), units), sizes)

    return draw


def _measure(task: tuple[int, int]) -> list[Cell]:
    units, replicates = task
    population = _POPULATIONS[0]
    random = np.random.default_rng([SEED, units])
    run = run_of(population, METRICS)
    draw = _draw(population, units)
    each = units * len(population.labels) / (int(population.units[-1]) + 1) if population.units is not None else 1.0
    main = intervals(population, run, draw, replicates=replicates, rows_each=each, random=random)
    equal = intervals(population, run, draw, replicates=replicates, rows_each=each, random=random, equal=True)
    return [
        cell(
            main[name],
            equal[name],
            pair=True,
            truth=_TRUTHS[0][name],
            better=find(name, run).greater_is_better,
            population=population.name,
            metric=name,
            size=f"{units} units",
            n=units,
            least=False,
        )
        for name in METRICS
    ]
