"""Small pieces that several tests build from: rows, evidence and findings with everything but the point filled in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics import find
from mlgate.metrics.scales import scales_of
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate, Evidence, Spread
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Requirement, Run
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.stages.add_up import add_up
from mlgate.stages.settle import settle
from mlgate.tables import Tally

NOTHING = Spread(method="undefined", value=math.nan)


def coded(values: Sequence[str | float | None]) -> Coded:
    """A column, one value per row, in the form that the engine reads."""
    known = list(dict.fromkeys(values))
    return Coded(codes=np.array([known.index(value) for value in values], dtype=np.int32), values=tuple(known))


def rows(
    labels: Sequence[int],
    champion: Sequence[float] | None,
    challenger: Sequence[float],
    columns: Mapping[str, Sequence[str | float | None]] | None = None,
) -> Batch:
    """A batch of a few rows."""
    return Batch(
        labels=np.array(labels, dtype=np.int8),
        champion=None if champion is None else np.array(champion, dtype=np.float64),
        challenger=np.array(challenger, dtype=np.float64),
        columns={name: coded(values) for name, values in (columns or {}).items()},
    )


def random_rows(seed: int, n: int, *, noise: float = 0.1, groups: int = 3) -> Batch:
    """Rows of two models that mostly agree, with a column ``group``."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.4).astype(int)
    champion = np.clip(0.3 * labels + 0.7 * rng.random(n), 0, 1)
    challenger = np.clip(champion + noise * rng.standard_normal(n), 0, 1)
    group = [f"g{number}" for number in rng.integers(0, groups, n)]
    return rows(labels.tolist(), champion.tolist(), challenger.tolist(), {"group": group})


def some(batch: Batch, chosen: NDArray[Any]) -> Batch:
    """The chosen rows of a batch, in that order."""

    def cut(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[chosen]

    return Batch(
        labels=batch.labels[chosen],
        champion=cut(batch.champion),
        challenger=batch.challenger[chosen],
        columns={name: Coded(codes=one.codes[chosen], values=one.values) for name, one in batch.columns.items()},
        identity=cut(batch.identity),
        units=cut(batch.units),
        weights=cut(batch.weights),
        money=cut(batch.money),
        baseline=cut(batch.baseline),
    )


def fixed(run: Run, *batches: Batch) -> Run:
    """The run with the scales of losses without a range, as the gate fixes them before it adds up."""
    metrics = tuple(find(name, run) for name in run.metrics())
    return dataclasses.replace(run, scales=scales_of(run, metrics, *batches))


def settled(run: Run, *batches: Batch) -> Tally:
    """The tally of all rows, as ``compare`` reads it."""
    run = run if run.scales else fixed(run, *batches)
    return settle(run, add_up(run, batches))


def asked(
    metric: str = "accuracy",
    rule: Rule = Rule.NOT_WORSE,
    level: Level = Level.REQUIRED,
    *,
    on: str = "overall",
    margin: float | None = None,
    relative: bool = False,
    bound: float | None = None,
    dataset: str = "base_case",
) -> Requirement:
    """A requirement."""
    return Requirement(
        metric=metric, rule=rule, level=level, on=on, margin=margin, relative=relative, bound=bound, dataset=dataset
    )


def run_of(*requirements: Requirement) -> Run:
    """A run that asks for nothing but these."""
    return Run(requirements=requirements)


def student(value: float, half: float) -> Spread:
    """A spread whose 95 % interval is ``value`` ± ``half``, near enough to the normal one."""
    return Spread(method="student", value=value, error=half / 1.959964, freedom=1e9, rows=1000.0)


def seen(
    value: float,
    half: float,
    *,
    metric: str = "accuracy",
    where: str = "overall",
    dataset: str = "base_case",
    champion: float | None = 0.8,
    champion_half: float = 0.02,
    shortage: str = "",
    gained: int | None = None,
    lost: int | None = None,
) -> Evidence:
    """Evidence that the improvement is ``value`` ± ``half`` (the challenger's own value, without a champion)."""
    spread = student(value, half)
    estimate = Estimate(value=value, low=value - half, high=value + half)
    old = (
        None
        if champion is None
        else Estimate(value=champion, low=champion - champion_half, high=champion + champion_half)
    )
    alone = champion is None
    return Evidence(
        metric=metric,
        dataset=dataset,
        slice=where,
        challenger=estimate if alone else Estimate(value=0.8, low=0.75, high=0.85),
        challenger_spread=spread if alone else student(0.8, 0.05),
        champion=old,
        champion_spread=None if old is None else student(old.value, champion_half),
        improvement=None if alone else estimate,
        improvement_spread=None if alone else spread,
        rows=1000,
        units=1000,
        differing=None if alone else 50,
        gained=gained,
        lost=lost,
        shortage=shortage,
    )


def finding(
    name: str = "a",
    verdict: Verdict = Verdict.PASS,
    level: Level = Level.REQUIRED,
    *,
    blocking: bool = False,
    rule: Rule | None = Rule.NOT_WORSE,
) -> Finding:
    """A finding of which only the outcome matters."""
    return Finding(
        id=name,
        section=Section.COMPARE,
        title=f"title {name}",
        verdict=verdict,
        level=level,
        blocking=blocking,
        reason="because",
        rule=rule,
    )
