"""The rows that models are asked to be explained on, and how both are asked: what every kind of explanation shares."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.commands.model_steps.models import Models
from mlgate.edges.arrays import from_numbers
from mlgate.edges.batches.scoring import ask_both
from mlgate.edges.model_checks.probes import numbers_first
from mlgate.errors import ModelError
from mlgate.frozen import dataclass
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings
from mlgate.records.words import Task

__all__ = ["Ask", "Sample", "asking", "outputs_of", "sampled", "seconds_of"]

Floats = NDArray[np.float64]

#: Both models' answers to a table, the champion's first, or those of the challenger alone.
Ask = Callable[[pa.Table], list[NDArray[Any]]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sample:
    """Rows that both models are asked about, in the order of a hash of what they are."""

    rows: pa.Table
    identity: NDArray[np.uint64]
    labels: NDArray[Any]
    weights: Floats | None
    units: NDArray[np.uint64] | None

    def first(self, most: int) -> Sample:
        """The first of them."""
        return Sample(
            rows=self.rows.slice(0, most),
            identity=self.identity[:most],
            labels=self.labels[:most],
            weights=None if self.weights is None else self.weights[:most],
            units=None if self.units is None else self.units[:most],
        )


def sampled(
    table: pa.Table, answered: Sequence[Batch], identity: NDArray[np.uint64], places: NDArray[np.intp]
) -> Sample:
    """The rows at these places.

    Parameters
    ----------
    table
        The base case.
    answered
        The same rows, with labels, in its order.
    identity
        Hashes of what they are.
    places
        Of the rows that are taken.
    """

    def of(name: str) -> NDArray[Any] | None:
        parts = [getattr(batch, name) for batch in answered]
        return None if any(part is None for part in parts) else np.concatenate(parts)[places]

    labels = of("labels")
    assert labels is not None
    rows = numbers_first(table).take(from_numbers(places))
    return Sample(rows=rows, identity=identity[places], labels=labels, weights=of("weights"), units=of("units"))


def asking(settings: Settings, models: Models) -> Ask:
    """How both are asked; a model that breaks raises ``ModelError``."""
    champion, challenger = models.predictors(settings)

    def ask(table: pa.Table) -> list[NDArray[Any]]:
        answers = []
        for one in ask_both(table, champion, challenger):
            if isinstance(one, ModelError):
                raise one
            if one is not None:
                answers.append(one)
        return answers

    return ask


def seconds_of(ask: Ask, table: pa.Table) -> float:
    """How long an answer takes: the better of two, since the first call is slow, and a busy machine now and then."""

    def once() -> float:
        began = time.perf_counter()
        ask(table)
        return time.perf_counter() - began

    return min(once() for _ in range(2))


def outputs_of(settings: Settings, answers: NDArray[Any]) -> Floats:
    """Answers as numbers, (n, outputs): one output, or the score (without scores: 0 or 1) of each class."""
    outputs = np.asarray(answers)
    if settings.run.task is Task.MULTICLASS and outputs.ndim == 1:
        outputs = np.eye(len(settings.run.classes))[outputs]
    return outputs.astype(np.float64).reshape(len(outputs), -1)
