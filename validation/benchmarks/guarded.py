"""A hundred guarded slices at once: how often an equal challenger fails any of them, and a planted loss is found."""

from __future__ import annotations

import dataclasses
import math
import multiprocessing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.processes import Population, even, usual
from benchmarks.replicates import run_of, take
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import OVERALL, Grouping, Requirement, Run
from mlgate.records.words import Level, Rule, Verdict
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.judge import judge
from mlgate.stages.settle import settle

__all__ = ["METRICS", "Family", "measure"]

SEED = 20261127
SLICES = 100
#: Runs that are one tally: a grouping may have 1,000 slices.
_TOGETHER = 10
METRICS = ("accuracy", "recall", "log_loss", "roc_auc")
#: Margins of guarded slices, by metric: twice those of a required finding.
MARGINS = {"accuracy": 0.02, "recall": 0.04, "log_loss": 0.02, "roc_auc": 0.02}
#: Rows of the slice in which some of the challenger's scores are dealt out again at random, and their share.
PLANTED_ROWS, PLANTED_SHARE = 600, 0.4
#: One block of runs in so many has a planted loss too: how often it is found need not be known as well.
_PLANTED_BLOCKS = 4
_POPULATIONS: list[Population] = []


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """What became of one metric's guarded findings over many runs."""

    population: str
    metric: str
    runs: int
    #: share of runs in which an equal challenger failed any slice.
    any_fail: float
    #: share of runs in which the slice with the planted loss failed, and any other slice did.
    found: float
    other_fail: float


def measure(*, runs: int) -> list[Family]:
    """Two populations, ``runs`` runs of 100 slices each, with an equal challenger and with a planted loss."""
    _POPULATIONS[:] = [even(), usual()]
    blocks = [(place, block) for place in range(2) for block in range(max(1, runs // _TOGETHER))]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        counts = pool.map(_block, blocks, chunksize=1)
    found = []
    for place, population in enumerate(_POPULATIONS):
        chosen = [count for (where, _), count in zip(blocks, counts, strict=True) if where == place]
        total = np.sum(chosen, axis=0)
        done = _TOGETHER * len(chosen)
        for metric, row in zip(METRICS, total, strict=True):
            any_fail = float(row[0]) / done
            planted, other = (
                float(count) / (_TOGETHER * math.ceil(len(chosen) / _PLANTED_BLOCKS)) for count in row[1:]
            )
            found.append(
                Family(
                    population=population.name,
                    metric=metric,
                    runs=done,
                    any_fail=any_fail,
                    found=planted,
                    other_fail=other,
                )
            )
    return found


def _block(task: tuple[int, int]) -> NDArray[np.int64]:
    """(metrics, 3) runs in which an equal challenger failed, the planted loss was found, another slice failed."""
    population = _POPULATIONS[task[0]]
    random = np.random.default_rng([SEED, *task])
    sizes = np.clip(np.round(random.lognormal(4.6, 0.9, _TOGETHER * SLICES)), 20, 2000).astype(np.intp)
    sizes[::SLICES] = PLANTED_ROWS
    code = np.repeat(np.arange(len(sizes)), sizes)
    rows = random.integers(0, len(population.labels), len(code))
    columns = {"replicate": Coded(codes=code.astype(np.int32), values=tuple(f"{k:04d}" for k in range(len(sizes))))}
    batch = take(population, rows, columns, np.flatnonzero(random.random(len(rows)) < 0.5))
    counts = np.zeros((len(METRICS), 3), dtype=np.int64)
    counts[:, 0] = _failed(population, batch).any(axis=2).sum(axis=1)
    if task[1] % _PLANTED_BLOCKS == 0:
        failed = _failed(population, _planted(batch, code, random))
        counts[:, 1] = failed[:, :, 0].sum(axis=1)
        counts[:, 2] = failed[:, :, 1:].any(axis=2).sum(axis=1)
    return counts


def _planted(batch: Batch, code: NDArray[np.intp], random: np.random.Generator) -> Batch:
    """The batch with a loss in the first slice of each run: some of the challenger's scores are dealt out again."""
    spoiled = np.flatnonzero((code % SLICES == 0) & (random.random(len(code)) < PLANTED_SHARE))
    mixed = random.permutation(spoiled)
    challenger = batch.challenger.copy()
    challenger[spoiled] = challenger[mixed[np.argsort(code[mixed], kind="stable")]]
    return dataclasses.replace(batch, challenger=challenger)


def _failed(population: Population, batch: Batch) -> NDArray[np.bool_]:
    """(metrics, runs, slices) whether the finding failed."""
    measured = run_of(population, METRICS)
    run = Run(
        requirements=tuple(
            Requirement(metric=name, rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=MARGINS[name])
            for name in METRICS
        ),
        groupings=(Grouping(columns=("replicate",)),),
        threshold=measured.threshold,
    )
    tally = settle(run, add_up(run, [batch]))
    evidence = [
        [one for one in compare(run, tally, dataset="base_case", metrics=[name]) if one.slice != OVERALL]
        for name in METRICS
    ]
    failed = np.zeros((len(METRICS), _TOGETHER, SLICES), dtype=np.bool_)
    for number in range(_TOGETHER):
        part = slice(number * SLICES, (number + 1) * SLICES)
        findings = judge(run, [one for many in evidence for one in many[part]])
        verdicts = np.array([finding.verdict is Verdict.FAIL for finding in findings])
        failed[:, number] = verdicts.reshape(len(METRICS), SLICES)
    return failed
