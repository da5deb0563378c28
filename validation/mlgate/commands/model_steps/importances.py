"""What the models lean on by permutation: how much worse both become when a column is dealt anew, and their curves.

Both get the same permuted tables, side by side. How many rows are asked about is bounded by time, and told. Separate
from ``explanations.py``, which says on which columns, and from ``attributions.py``, whose rows and cost are others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.reliance import LEAST_ROWS, exhibit, observe_reliance, observe_untold
from mlgate.commands.model_steps.dependence import POINTS_ASKED, SHOWN, dependence_of
from mlgate.commands.model_steps.explained_rows import Ask, Sample, seconds_of
from mlgate.edges.model_checks.permuted import dealt
from mlgate.edges.model_checks.row_losses import RowLoss, loss_of, row_losses
from mlgate.errors import ModelError
from mlgate.frozen import dataclass
from mlgate.inference.reliance import Leaning, Rises, reliance
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.settings import Settings

__all__ = ["SEEDED", "Permuted", "importances_of", "permuted"]

Floats = NDArray[np.float64]

#: Before the name of a column, what the spread of its importance over retrained seeds is called in ``Run.training``.
SEEDED = "reliance on "
#: How many times the bound of time even the fewest rows may be expected to take; beyond, nothing is asked.
_MOST = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Permuted:
    """What permutation and curves say, or that they could not be had."""

    observations: tuple[Observation, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    #: by column; empty where they could not be had.
    importances: Mapping[str, Leaning] = field(default_factory=dict)


def permuted(
    settings: Settings,
    asked: ExplanationSettings,
    ask: Ask,
    sample: Sample,
    columns: Sequence[str],
    *,
    notes: Mapping[str, str],
    training: tuple[Floats, int] | None,
    paired: bool,
) -> Permuted:
    """Judge the change of reliance by permutation importances.

    Parameters
    ----------
    settings, asked
        Private columns, the time that is given, and what is allowed.
    ask
        Both models, or the challenger alone.
    sample
        Rows that may be asked about.
    columns
        That are dealt anew, one after the other.
    notes
        By column, why it matters more than others.
    training
        (columns,) spread over retrained seeds, and how many there were; None: not known.
    paired
        Whether there is a champion.
    """
    try:
        return _permuted(settings, asked, ask, sample, columns, notes, training, paired)
    except ModelError as problem:
        # The base case was answered: that rows put together anew break a model is what oddities are about.
        return Permuted(observations=(observe_untold(str(problem), asked.level, rows=sample.rows.num_rows),))


def _permuted(
    settings: Settings,
    asked: ExplanationSettings,
    ask: Ask,
    sample: Sample,
    columns: Sequence[str],
    notes: Mapping[str, str],
    training: tuple[Floats, int] | None,
    paired: bool,
) -> Permuted:
    sample, repeats, expected = _within(asked, ask, sample, len(columns))
    if expected > _MOST * asked.seconds:
        problem = (
            f"{sample.rows.num_rows:,} rows would take about {expected:.0f} s, and explanations.seconds is "
            f"{asked.seconds:g}; raise it, or name fewer columns"
        )
        return Permuted(observations=(observe_untold(problem, asked.level, rows=sample.rows.num_rows),))
    loss = loss_of(settings.run)
    rises = _rises(settings, loss, ask, sample, columns, repeats)
    every = reliance(
        Rises(
            champion=rises[0] if paired else None,
            challenger=rises[-1],
            weights=sample.weights,
            units=sample.units,
            seeds=training,
        ),
        margin=asked.margin,
        confidence=settings.run.confidence,
    )
    found = dict(zip(columns, every.columns, strict=True))
    told = [name for name in sorted(columns, key=lambda name: _weight(found[name])) if name not in settings.private]
    observations = observe_reliance(
        found, every, asked, loss=loss.words, notes=notes, confidence=settings.run.confidence
    )
    shown = dependence_of(settings, ask, sample.rows, sample.weights, told, paired=paired)
    exhibits = (exhibit(found, every, loss=loss.words, notes=notes), *((shown,) if shown.rows else ()))
    return Permuted(observations=observations, exhibits=exhibits, importances=found)


def importances_of(
    settings: Settings, asked: ExplanationSettings, ask: Ask, sample: Sample, columns: Sequence[str]
) -> Mapping[str, float]:
    """The challenger's importances, by column; empty where they cannot be had. See ``permuted``."""
    try:
        sample, repeats, expected = _within(asked, ask, sample, len(columns))
        if expected > _MOST * asked.seconds:
            return {}
        rises = _rises(settings, loss_of(settings.run), ask, sample, columns, repeats)[-1]
    except ModelError:
        return {}
    means = np.average(rises.mean(axis=1), axis=1, weights=sample.weights)
    return dict(zip(columns, map(float, means), strict=True))


def _within(asked: ExplanationSettings, ask: Ask, sample: Sample, columns: int) -> tuple[Sample, int, float]:
    """As many rows and repeats as the time allows, by halves, and the seconds that they will take.

    Halves, so that a machine that is a little slower or faster asks the same.
    """
    repeats, rows = asked.repeats, len(sample.labels)
    stacked = pa.concat_tables([sample.rows] * repeats)
    each = seconds_of(ask, stacked) / repeats

    def seconds() -> float:
        return each * rows / len(sample.labels) * (columns * repeats + SHOWN * POINTS_ASKED)

    while seconds() > asked.seconds and rows // 2 >= LEAST_ROWS:
        rows //= 2
    while seconds() > asked.seconds and repeats > 2:
        repeats -= 1
    expected = seconds()
    return sample.first(rows), repeats, expected


def _rises(
    settings: Settings, loss: RowLoss, ask: Ask, sample: Sample, columns: Sequence[str], repeats: int
) -> list[Floats]:
    """By model, (columns, repeats, n) what each row costs more when a column is dealt anew."""
    run, rows = settings.run, sample.rows.num_rows
    labels = np.tile(sample.labels, repeats)
    before = ask(sample.rows)
    roles = ("champion", "challenger")[-len(before) :]
    clean = [row_losses(run, loss, sample.labels, one, role) for one, role in zip(before, roles, strict=True)]
    found = [np.empty((len(columns), repeats, rows)) for _ in roles]
    for place, column in enumerate(columns):
        answers = ask(dealt(sample.rows, column, sample.identity, repeats))
        for model, (one, role) in enumerate(zip(answers, roles, strict=True)):
            losses = row_losses(run, loss, labels, one, role).reshape(repeats, rows)
            found[model][place] = losses - clean[model]
    return found


def _weight(one: Leaning) -> float:
    champion = 0.0 if one.champion is None else one.champion.value
    return -float(max(champion, one.challenger.value))
