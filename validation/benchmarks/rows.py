"""A million invented rows, the same ones every time, as the stages and as the command line get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BY", "CROSSED", "METRICS", "ROWS", "RUN", "RUN_WITH_AUC", "SLICES", "batch", "stages", "write"]

ROWS = 1_000_000
#: Distinct values of each column that slices read.
COLUMNS = {"region": 25, "segment": 25, "channel": 25, "product": 25, "site": 10, "team": 10, "tariff": 10}
#: Columns whose values are 100 slices, and crossings that are 1,100.
BY = ("region", "segment", "channel", "product")
CROSSED = (("site", "team"), ("site", "team", "tariff"))
#: Slices of the stages: all rows, and the crossings.
SLICES = 1_101
#: Ten metrics that need no rows; the command line has ROC AUC in the place of the last.
METRICS = (
    "accuracy",
    "recall",
    "precision",
    "f1",
    "specificity",
    "balanced_accuracy",
    "mcc",
    "log_loss",
    "brier",
    "selection_rate",
)


def _run(metrics: tuple[str, ...]) -> Run:
    requirements = tuple(
        Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=0.02)
        for metric in metrics
    )
    return Run(requirements=requirements, groupings=tuple(Grouping(columns=columns) for columns in CROSSED))


RUN = _run(METRICS)
RUN_WITH_AUC = _run((*METRICS, "roc_auc"))


def batch(rows: int = ROWS) -> Batch:
    """The rows with the scores of two models of nearly the same quality, about 12 % of them positive."""
    random = np.random.default_rng(20261124)
    truth = random.normal(-2.0, 1.5, rows)
    logits = (truth + random.normal(0, 0.8, rows), truth + random.normal(0, 0.78, rows))
    champion, challenger = (1 / (1 + np.exp(-logit)) for logit in logits)
    return Batch(
        labels=(random.random(rows) < 1 / (1 + np.exp(-truth))).astype(np.int8),
        champion=champion,
        challenger=challenger,
        columns={
            name: Coded(
                codes=random.integers(0, size, rows, dtype=np.int32), values=tuple(f"{name[0]}{k}" for k in range(size))
            )
            for name, size in COLUMNS.items()
        },
    )


def stages() -> Callable[[], object]:
    """The stage whose memory is measured, with its rows made already."""
    rows = batch()
    return lambda: compare(RUN, add_up(RUN, [rows]), dataset="rows", metrics=RUN.metrics())


def write(path: Path, rows: int = ROWS) -> None:
    """The same rows as a file of predictions, with a column of units, one of weights, and answers of other tasks."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = batch(rows)
    assert made.champion is not None  # it was just made
    coded = {
        name: pa.DictionaryArray.from_arrays(column.codes, list(column.values)).dictionary_decode()
        for name, column in made.columns.items()
    }
    random = np.random.default_rng(20261125)
    more = {
        "customer": random.integers(0, max(rows // 5, 1), rows),
        "weight": random.integers(1, 5, rows).astype(np.float64),
        **_amounts(random, made.champion, made.challenger),
        **_classes(random, rows),
    }
    columns = {"label": made.labels, "old": made.champion, "new": made.challenger, **coded, **more}
    pq.write_table(pa.table(columns), path)


def _amounts(random: np.random.Generator, champion: NDArray[Any], challenger: NDArray[Any]) -> Mapping[str, Any]:
    """A number to predict, and two predictions of it."""
    first, second = 100 * champion, 100 * challenger
    return {
        "amount": (first + second) / 2 + random.normal(0, 10, len(first)),
        "amount_old": first,
        "amount_new": second,
    }


def _classes(random: np.random.Generator, rows: int) -> Mapping[str, Any]:
    """A label of four classes, and two models' decisions that are right three times out of four."""
    names = np.array(["a", "b", "c", "d"])
    label = random.integers(0, 4, rows)
    columns = {"class": names[label]}
    for model in ("old", "new"):
        other = random.integers(0, 4, rows)
        columns[f"class_{model}"] = names[np.where(random.random(rows) < 0.67, label, other)]
    return columns
