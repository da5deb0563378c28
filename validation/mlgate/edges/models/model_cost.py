"""What models cost, measured: fresh processes for loading and memory, then warm ones for calls, always by turns.

Champion and challenger never run at the same time, and which comes first is drawn anew for every round, so that a
machine which is busy for a while is busy for both. How long it may take is fixed beforehand, and nothing that was
measured decides when to stop. Separate from ``checks/cost.py``, which says what the figures mean.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from mlgate.edges.models.worker import Model
from mlgate.frozen import dataclass
from mlgate.records.costs import Cost
from mlgate.records.model_settings import CostSettings

__all__ = ["Start", "measure"]

#: From a role to a process of its model, started anew.
Start = Callable[[str], Model]

#: Fresh processes of each model, and the share of all time that they may take.
STARTS, STARTING = 5, 0.4
#: Rounds of calls, and calls of each kind in one.
ROUNDS, ROW_CALLS, BATCH_CALLS = 40, 10, 2
#: Rounds that should fit into the time even when calls are slow: each then has fewer.
WANTED = 12
#: Rows that calls about one row take turns with.
SINGLES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taken:
    """Lists that grow while measuring, one model's."""

    row: list[list[float]]
    batch: list[list[float]]
    load: list[float]
    memory: list[float]


def measure(
    warm: Mapping[str, Model], start: Start, table: pa.Table, *, settings: CostSettings, seed: int, longest: float = 0.0
) -> dict[str, Cost]:
    """Figures of each model.

    Parameters
    ----------
    warm
        By role, the processes that the run has anyway.
    start
        Starts another process of a role.
    table
        The base case, at least one row.
    settings
        Seconds and size of a batch.
    seed
        Of the order of the rounds.
    longest
        Seconds that starting a process takes beside loading the model.

    Raises
    ------
    ModelError
        A model broke down while it was measured.
    """
    end = time.monotonic() + settings.seconds
    order = np.random.default_rng(seed % 2**32)
    taken = {role: _Taken(row=[], batch=[], load=[], memory=[]) for role in warm}
    batch = table.slice(0, settings.batch)
    singles = table.slice(0, SINGLES)
    slowest = sum(model.load_seconds + longest for model in warm.values())
    for _ in range(STARTS):
        begun = time.monotonic()
        if begun + slowest > end - (1.0 - STARTING) * settings.seconds:
            break
        for role in order.permutation(sorted(warm)).tolist():
            with start(role) as fresh:
                _start_up(fresh, taken[role], singles, batch)
        slowest = time.monotonic() - begun
    for role, model in warm.items():
        if not taken[role].load:  # too slow to be started again: what the run has seen of it
            taken[role].load.append(model.load_seconds)
            taken[role].memory.append(float(model.peak) or np.nan)
    _rounds(warm, taken, singles, batch, end, order)
    return {role: _cost(one, batch.num_rows, warm[role].size) for role, one in taken.items()}


def _start_up(model: Model, taken: _Taken, singles: pa.Table, batch: pa.Table) -> None:
    """Load a model, ask it once about a row and once about a batch, and see what it then has held in memory."""
    taken.load.append(model.load_seconds)
    model.times(singles, calls=1, rows=1)
    model.times(batch, calls=1, rows=batch.num_rows)
    taken.memory.append(float(model.peak) or np.nan)


def _rounds(
    models: Mapping[str, Model],
    taken: Mapping[str, _Taken],
    singles: pa.Table,
    batch: pa.Table,
    end: float,
    order: np.random.Generator,
) -> None:
    """Calls by turns until there are enough rounds or time is up."""
    for model in models.values():  # the first calls are slower; they tell how many fit
        model.times(singles, calls=1, rows=1)
        model.times(batch, calls=1, rows=batch.num_rows)
    pilot = [
        (model.times(singles, calls=2, rows=1)[1], model.times(batch, calls=1, rows=batch.num_rows)[0])
        for model in models.values()
    ]
    left = end - time.monotonic()
    row = _fitting(ROW_CALLS, sum(one for one, _ in pilot), left / 2)
    many = _fitting(BATCH_CALLS, sum(one for _, one in pilot), left / 2)
    longest = 0.0
    for _ in range(ROUNDS):
        begun = time.monotonic()
        if begun + longest > end:
            break
        for role in order.permutation(sorted(models)).tolist():
            taken[role].row.append(models[role].times(singles, calls=row, rows=1))
            taken[role].batch.append(models[role].times(batch, calls=many, rows=batch.num_rows))
        longest = time.monotonic() - begun


def _fitting(most: int, seconds: float, left: float) -> int:
    """How many calls a round has, so that the wanted rounds fit into the time."""
    return int(min(most, max(1.0, left / WANTED / max(seconds, 1e-9))))


def _cost(taken: _Taken, rows: int, size: int) -> Cost:
    def matrix(calls: list[list[float]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.array(calls, dtype=np.float64) if calls else np.empty((0, 1))

    return Cost(
        row=matrix(taken.row),
        batch=matrix(taken.batch),
        batch_rows=rows,
        load=np.array(taken.load),
        memory=np.array(taken.memory),
        size=float(size),
    )
