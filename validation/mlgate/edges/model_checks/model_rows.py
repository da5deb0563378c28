"""Rows and answers as the checks of membership and certainty read them: drawn, independent, dealt to halves.

Which rows are drawn, and to which half each goes, is a hash of what the row is (or of its unit), so that order and
number of files change nothing. Where a unit is declared one row of each is taken, which makes rows independent.
Separate from the checks because tables, units and labels are met here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.certainty import Scored
from mlgate.checks.membership import Losses
from mlgate.edges.arrays import from_numbers
from mlgate.edges.batches.columns import units_of
from mlgate.edges.batches.scoring import Predict, ask_both, labels_of
from mlgate.edges.hashing import hash_rows, mix
from mlgate.edges.rows.files import row_identity
from mlgate.errors import ModelError
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings
from mlgate.records.words import Task

__all__ = ["losses_of", "scored_of"]

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]

_DRAW, _HALF = np.uint64(0xD1B54A32D192ED03), np.uint64(0x8CB92BA72F3D8DD7)


def _identity(settings: Settings, table: pa.Table, source: str) -> tuple[Hashes, NDArray[np.intp]]:
    """What each row is dealt by, and one row for each of these."""
    unit = settings.run.unit
    identity = units_of(table, unit, source) if unit else row_identity(table, settings.id)
    order = np.argsort(mix(row_identity(table, settings.id) ^ np.uint64(settings.run.seed % 2**64)), kind="stable")
    _, first = np.unique(identity[order], return_index=True)
    return identity, order[first]


def _drawn(identity: Hashes, places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most so many of the places, by the smallest hashes."""
    order = np.argsort(mix(identity[places] ^ _DRAW), kind="stable")
    return places[order[:most]]


def _half(identity: Hashes) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (mix(identity ^ _HALF) & np.uint64(1)) == 1
    return found


def losses_of(
    settings: Settings,
    tables: tuple[pa.Table, pa.Table],
    sources: tuple[str, str],
    batches: Sequence[Batch],
    predictors: tuple[Predict | None, Predict],
    most: int,
) -> Losses:
    """Losses on equally many training rows and rows of the base case that are no training rows.

    Parameters
    ----------
    settings
        Task, label, id, unit and seed.
    tables
        The training rows and the base case.
    sources
        What errors call them.
    batches
        The base case as both models answered it, in the table's order.
    predictors
        How champion and challenger answer.
    most
        Rows of each side.

    Raises
    ------
    DataError
        A training row has no legal label.
    ModelError
        A model breaks down on training rows.
    """
    train, base = tables
    members, member_places = _identity(settings, train, sources[0])
    others, other_places = _identity(settings, base, sources[1])
    shared = [name for name in train.column_names if name in base.column_names and name != settings.id]
    known = np.isin(hash_rows(base.select(shared)), hash_rows(train.select(shared)))
    known |= np.isin(others, members) if settings.id or settings.run.unit else False
    other_places = other_places[~known[other_places]]
    rows = min(len(member_places), len(other_places), most)
    member_places, other_places = _drawn(members, member_places, rows), _drawn(others, other_places, rows)
    part = train.take(from_numbers(member_places))
    labels = labels_of(part, settings.label, sources[0], settings.run)
    answers = [one for one in ask_both(part, *predictors) if one is not None] if rows else []
    for one in answers:
        if isinstance(one, ModelError):
            raise one
    inside = [_losses(settings.run.task, labels, one) for one in answers if isinstance(one, np.ndarray)]
    sides = [side for side in ("champion", "challenger") if getattr(batches[0], side) is not None] if batches else []
    outside = [
        np.concatenate([_losses(settings.run.task, batch.labels, getattr(batch, side)) for batch in batches])
        for side in sides
    ]
    empty = np.empty((0, max(1, len(sides))))
    return Losses(
        members=np.column_stack(inside) if inside else empty,
        others=np.column_stack(outside)[other_places] if outside and rows else empty,
        members_seek=_half(members[member_places]),
        others_seek=_half(others[other_places]),
    )


def _losses(task: Task, labels: NDArray[np.generic], answers: NDArray[np.generic]) -> Floats:
    """How wrong each answer is, (n,), in the order of the usual losses: their shape does not matter to a threshold."""
    if task is Task.MULTICLASS:
        places = np.asarray(labels, dtype=np.intp)
        if answers.ndim == 1:
            wrong: Floats = (np.asarray(answers) != places).astype(np.float64)
            return wrong
        right: Floats = np.asarray(answers, dtype=np.float64)[np.arange(len(places)), places]
        return 1.0 - right
    apart: Floats = np.abs(np.asarray(labels, dtype=np.float64) - np.asarray(answers, dtype=np.float64))
    return apart


def scored_of(settings: Settings, table: pa.Table, source: str, batches: Sequence[Batch]) -> Scored | None:
    """Class scores of independent rows of the base case; None where models give none.

    Parameters
    ----------
    settings
        Task, id, unit and seed.
    table
        The base case.
    source
        What errors call it.
    batches
        As both models answered it, in the table's order.
    """
    task = settings.run.task
    if task is Task.REGRESSION or not batches or (task is Task.MULTICLASS and batches[0].challenger.ndim == 1):
        return None
    identity, places = _identity(settings, table, source)
    sides = [side for side in ("champion", "challenger") if getattr(batches[0], side) is not None]
    whole = [np.concatenate([getattr(batch, side) for batch in batches]) for side in sides]
    classes = [np.column_stack([1.0 - one, one]) if one.ndim == 1 else one for one in whole]
    labels = np.concatenate([batch.labels for batch in batches]).astype(np.intp)
    return Scored(
        labels=labels[places],
        scores=tuple(one[places].astype(np.float64) for one in classes),
        calibrates=_half(identity[places]),
    )
