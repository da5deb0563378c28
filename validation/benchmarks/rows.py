"""A million invented rows, the same ones every time, as the stages and as the command line get them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlgate.metrics import METRICS as ALL_METRICS
from mlgate.metrics import Ranking
from mlgate.records.rows import Batch, Coded
from mlgate.records.run import Grouping, Requirement, Run
from mlgate.records.words import Level, Rule
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare

__all__ = ["ROWS", "RUN", "RUN_WITH_AUC", "SLICES", "batch", "stages", "write"]

ROWS = 1_000_000
#: Distinct values of each column that slices read.
COLUMNS = {"region": 10, "segment": 10, "channel": 9}
#: All rows, each column, two crossings: 1 + 10 + 10 + 9 + 100 + 900.
SLICES = 1_030
GROUPINGS = tuple(
    Grouping(columns=columns)
    for columns in (("region",), ("segment",), ("channel",), ("region", "segment"), ("region", "segment", "channel"))
)
#: The more metrics there are, the more of them are measured.
METRICS = tuple(metric.name for metric in ALL_METRICS if not isinstance(metric, Ranking))


def _run(metrics: tuple[str, ...]) -> Run:
    requirements = tuple(
        Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=0.02)
        for metric in metrics
    )
    return Run(requirements=requirements, groupings=GROUPINGS)


RUN = _run(METRICS)
RUN_WITH_AUC = _run(tuple(metric.name for metric in ALL_METRICS))


def batch() -> Batch:
    """The rows with the scores of two models of nearly the same quality, about 12 % of them positive."""
    random = np.random.default_rng(20261124)
    truth = random.normal(-2.0, 1.5, ROWS)
    logits = (truth + random.normal(0, 0.8, ROWS), truth + random.normal(0, 0.78, ROWS))
    champion, challenger = (1 / (1 + np.exp(-logit)) for logit in logits)
    return Batch(
        labels=(random.random(ROWS) < 1 / (1 + np.exp(-truth))).astype(np.int8),
        champion=champion,
        challenger=challenger,
        columns={
            name: Coded(
                codes=random.integers(0, size, ROWS, dtype=np.int32), values=tuple(f"{name[0]}{k}" for k in range(size))
            )
            for name, size in COLUMNS.items()
        },
    )


def stages() -> Callable[[], object]:
    """The stage whose memory is measured, with its rows made already."""
    rows = batch()
    return lambda: compare(RUN, add_up(RUN, [rows]), dataset="rows", metrics=RUN.metrics())


def write(path: Path) -> None:
    """The same rows as a file of predictions."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = batch()
    coded = {
        name: pa.DictionaryArray.from_arrays(column.codes, list(column.values)).dictionary_decode()
        for name, column in rows.columns.items()
    }
    pq.write_table(pa.table({"label": rows.labels, "old": rows.champion, "new": rows.challenger, **coded}), path)
