"""Fairness of four attributes and their pairs on a million rows, and fairlearn beside it on a tenth of them.

``python -m benchmarks fairness`` writes the table of docs/fairness.md. What is timed begins when the scores are there.
"""

from __future__ import annotations

import itertools
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

from benchmarks.pages import machine, table, write
from benchmarks.timing import Figure, peak_megabytes, show, stage_seconds
from mlgate.fairness import judge_fairness
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import GapRequirement, Grouping, Run
from mlgate.records.words import Level, Rule

__all__ = ["main"]

ROWS = 1_000_000
#: Groups of each attribute.
GROUPS = {"sex": 2, "race": 5, "age": 6, "region": 10}
ATTRIBUTES = tuple(
    Grouping(columns=columns) for columns in (*((name,) for name in GROUPS), *itertools.combinations(GROUPS, 2))
)
RUN = Run(
    requirements=(),
    attributes=ATTRIBUTES,
    gaps=tuple(
        GapRequirement(metric=metric, attribute=one.attribute, rule=Rule.AT_MOST, level=Level.GUARDED, bound=0.1)
        for one in ATTRIBUTES
        for metric in ("demographic_parity_difference", "equalized_odds_difference", "predictive_parity_difference")
    ),
)


def batch(rows: int = ROWS) -> Batch:
    """Rows of two good models that mostly agree."""
    rng = np.random.default_rng(0)
    labels = (rng.random(rows) < 0.3).astype(np.int8)
    champion = np.clip(0.4 * labels + 0.6 * rng.random(rows), 0, 1)
    return Batch(
        labels=labels,
        champion=champion,
        challenger=np.clip(champion + 0.05 * rng.standard_normal(rows), 0, 1),
        columns={
            name: Coded(
                codes=rng.integers(0, count, rows).astype(np.int32),
                values=tuple(f"{name}{place}" for place in range(count)),
            )
            for name, count in GROUPS.items()
        },
    )


def ours(rows: Batch) -> Callable[[], object]:
    """All rates, disparities with intervals, curves and findings of both models."""
    return lambda: judge_fairness(RUN, [rows], dataset="rows", titles={})


def stage() -> Callable[[], object]:
    """For the measurement of memory, in a process of its own."""
    return ours(batch())


def fairlearn(rows: Batch) -> float:
    """Seconds for the six rates and their differences of both models, values only, of the same groups."""
    import pandas as pd
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    rates = {
        "selection_rate": selection_rate,
        "recall": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "precision": precision_score,
        "accuracy": accuracy_score,
    }
    columns = pd.DataFrame({name: np.array(one.values)[one.codes] for name, one in rows.columns.items()})
    assert rows.champion is not None
    start = time.perf_counter()
    for scores in (rows.champion, rows.challenger):
        decided = (scores >= RUN.threshold).astype(np.int8)
        for attribute in ATTRIBUTES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = MetricFrame(
                    metrics=rates,
                    y_true=rows.labels,
                    y_pred=decided,
                    sensitive_features=columns[list(attribute.columns)],
                )
                found.difference()
    return time.perf_counter() - start


def main(*, quick: bool = False) -> int:
    """Measure, print and, unless ``quick``, write the table. A missed goal is shown, not failed."""
    rows = batch(ROWS // 10 if quick else ROWS)
    seconds = stage_seconds(ours(rows), times=1 if quick else 3)
    figures = [
        Figure(
            what="mlgate: 4 attributes and their 6 pairs, both models, intervals and curves", value=seconds, goal=2.0
        )
    ]
    if sys.platform == "linux" and not quick:
        figures.append(Figure(what="mlgate: memory above the rows", value=peak_megabytes(stage), unit="MB"))
    # All the rows take fairlearn minutes.
    tenth = batch(ROWS // 10)
    theirs, own = fairlearn(tenth), stage_seconds(ours(tenth), times=1)
    figures += [
        Figure(what="the same on a tenth of the rows (once)", value=own),
        Figure(what="fairlearn on that tenth: six rates and their differences, values only (once)", value=theirs),
        Figure(what="mlgate, times faster on that tenth", value=theirs / own, unit="×", at_least=True),
    ]
    for one in figures:
        show(one)
    if not quick:
        groups = sum(int(np.prod([GROUPS[name] for name in one.columns])) for one in ATTRIBUTES)
        said = f"{machine()} {len(rows.labels):,} rows, {groups} groups; begins when the scores are there."
        write("fairness.md", "fairness", [said, "", *_table(figures)])
    return 0


def _table(figures: list[Figure]) -> list[str]:
    cells = []
    for one in figures:
        goal = "" if one.goal is None else f"≤ {one.goal:g} {one.unit}"
        met = {True: "met", False: "**missed**", None: ""}[one.met]
        cells.append((one.what, f"{one.value:.{0 if one.unit == 'MB' else 2}f} {one.unit}", goal, met))
    return table(("what", "median of 3", "goal", "met"), cells)
