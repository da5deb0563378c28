"""What the models lean on by SHAP values: ``explanations.shap`` of mlgate.yaml, for ``run`` and for retrained seeds.

Separate from ``explanations.py``, which says on which columns, because its rows, its bound of time and its
cost are others: rows x (2 x columns + 1) x background rows are asked of each model, at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.attributions import FIGURE, observe_attributions
from mlgate.checks.reliance import LEAST_ROWS, exhibit, observe_untold
from mlgate.commands.model_steps.explained_rows import Ask, Sample, outputs_of, seconds_of
from mlgate.edges.model_checks.shap_values import shap_values
from mlgate.errors import ModelError
from mlgate.frozen import dataclass
from mlgate.inference.reliance import Leaning, Rises, reliance, sizes
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.explanation_settings import PARTS, ExplanationSettings, ShapSettings
from mlgate.records.settings import Settings
from mlgate.sentences import plural

__all__ = ["ATTRIBUTED", "Attributed", "attributed", "attributions_of"]

Floats = NDArray[np.float64]

#: Before the name of a column, what the spread of its SHAP values over retrained seeds is called in ``Run.training``.
ATTRIBUTED = "SHAP values of "
#: How many times the bound of time even the fewest rows may be expected to take; beyond, nothing is asked.
_MOST = 4.0
#: Background rows below which time does not press them, and rows of a trial call.
_LEAST_BACKGROUND, _TRIAL = 2 * PARTS, 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Attributed:
    """What SHAP values say, or that they could not be had."""

    observations: tuple[Observation, ...] = ()
    #: nothing where they could not be had: then permutation importances decide.
    exhibit: Exhibit | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sizes:
    """Sizes of SHAP values, (columns, parts, n); the champion's first where there is one."""

    models: tuple[Floats, ...]
    sample: Sample
    background: int


def attributed(
    settings: Settings,
    asked: ExplanationSettings,
    ask: Ask,
    sample: Sample,
    background: pa.Table,
    columns: Sequence[str],
    *,
    importances: Mapping[str, Leaning],
    notes: Mapping[str, str],
    training: tuple[Floats, int] | None,
) -> Attributed:
    """Judge the change of reliance by SHAP values.

    Parameters
    ----------
    settings, asked
        With ``asked.shap``.
    ask
        Both models, or the challenger alone.
    sample
        Rows that may be explained.
    background
        Rows from which columns get other values.
    columns
        That are explained.
    importances
        By column, what permutation says.
    notes
        By column, why it matters more than others.
    training
        (columns,) spread over retrained seeds, and how many there were; None: not known.
    """
    try:
        seen = _seen(settings, asked, ask, sample, background, columns)
    except ModelError as problem:
        seen = str(problem)
    if isinstance(seen, str):
        untold = observe_untold(seen, asked.level, rows=sample.rows.num_rows, by="SHAP")
        return Attributed(observations=(untold,))
    every = reliance(
        Rises(
            champion=seen.models[0] if len(seen.models) > 1 else None,
            challenger=seen.models[-1],
            weights=seen.sample.weights,
            units=seen.sample.units,
            seeds=training,
            shared=True,
        ),
        margin=asked.margin,
        confidence=settings.run.confidence,
    )
    found = dict(zip(columns, every.columns, strict=True))
    observations = observe_attributions(
        found,
        every,
        asked,
        background=seen.background,
        importances=importances,
        notes=notes,
        confidence=settings.run.confidence,
    )
    shown = exhibit(found, every, loss=FIGURE, notes=notes, background=seen.background)
    return Attributed(observations=observations, exhibit=shown)


def attributions_of(
    settings: Settings,
    asked: ExplanationSettings,
    ask: Ask,
    sample: Sample,
    background: pa.Table,
    columns: Sequence[str],
) -> Mapping[str, float]:
    """Mean size of the challenger's SHAP values, by column; empty where they cannot be had. See ``attributed``."""
    try:
        seen = _seen(settings, asked, ask, sample, background, columns)
    except ModelError:
        return {}
    if isinstance(seen, str):
        return {}
    means = np.average(seen.models[-1].mean(axis=1), axis=1, weights=seen.sample.weights)
    return dict(zip(columns, map(float, means), strict=True))


def _seen(
    settings: Settings,
    asked: ExplanationSettings,
    ask: Ask,
    sample: Sample,
    background: pa.Table,
    columns: Sequence[str],
) -> _Sizes | str:
    """Sizes of the values, or why there are none."""
    assert asked.shap is not None
    dealt = background.num_rows // PARTS * PARTS
    if not dealt:
        return (
            f"the base case has {plural(background.num_rows, 'row')}, and at least {PARTS} are needed as a background"
        )
    sample, dealt, expected = _within(asked.shap, ask, sample, dealt, len(columns))
    if expected > _MOST * asked.shap.seconds:
        return (
            f"{sample.rows.num_rows:,} rows, each of {len(columns):,} columns against {dealt} background rows, would "
            f"take about {expected:.0f} s, and explanations.shap.seconds is {asked.shap.seconds:g}; raise it, or name "
            "fewer columns"
        )
    widths: list[int] = []

    def outputs(table: pa.Table) -> Floats:
        answers = [outputs_of(settings, one) for one in ask(table)]
        widths[:] = [answer.shape[1] for answer in answers]
        return np.concatenate(answers, axis=1)

    values = shap_values(
        sample.rows,
        background.slice(0, dealt),
        columns,
        identity=sample.identity,
        parts=PARTS,
        ask=outputs,
    )
    each = np.split(values, np.cumsum(widths)[:-1], axis=3)
    return _Sizes(models=tuple(map(sizes, each)), sample=sample, background=dealt)


def _within(asked: ShapSettings, ask: Ask, sample: Sample, background: int, columns: int) -> tuple[Sample, int, float]:
    """As many rows and background rows as the time allows, by halves, and the seconds that they will take."""
    rows = sample.rows.num_rows
    stacked = pa.concat_tables([sample.rows] * max(1, _TRIAL // rows))
    each = seconds_of(ask, stacked) / stacked.num_rows

    def seconds() -> float:
        return float(each * rows * background * (2 * columns + 1))

    while seconds() > asked.seconds and rows // 2 >= LEAST_ROWS:
        rows //= 2
    while seconds() > asked.seconds and background // 2 >= _LEAST_BACKGROUND:
        background = background // 2 // PARTS * PARTS
    return sample.first(rows), background, seconds()
