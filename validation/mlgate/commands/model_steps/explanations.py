"""What the models lean on: permutation importance and partial dependence of both, on the same rows of the base case.

Shared by ``run`` and ``check``. Models are asked through their processes like everywhere, so that nothing needs to be
known of them: both get the same permuted tables, side by side. How many rows are asked about is bounded by time, and
told. What is made of the answers stands in ``inference/reliance.py`` and ``checks/reliance.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.reliance import LEAST_ROWS, exhibit, observe_reliance, observe_untold
from mlgate.commands.model_steps.attributions import ATTRIBUTED, attributed, attributions_of
from mlgate.commands.model_steps.dependence import POINTS_ASKED, SHOWN, dependence_of
from mlgate.commands.model_steps.explained_rows import Ask, Sample, asking, sampled, seconds_of
from mlgate.commands.model_steps.models import Models
from mlgate.edges.arrays import from_numbers
from mlgate.edges.data_checks.stand_ins import stand_ins
from mlgate.edges.model_checks.permuted import dealt, hashed_order
from mlgate.edges.model_checks.probes import numbers_first
from mlgate.edges.model_checks.row_losses import RowLoss, loss_of, row_losses
from mlgate.edges.models.worker import Model
from mlgate.edges.rows.files import row_identity
from mlgate.errors import DataError, ModelError, nearest
from mlgate.frozen import dataclass
from mlgate.inference.reliance import Leaning, Rises, reliance
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings

__all__ = ["SEEDED", "Explained", "explanations_of", "leanings_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: Before the name of a column, what the spread of its importance over retrained seeds is called in ``Run.training``.
SEEDED = "reliance on "
#: How many times the bound of time even the fewest rows may be expected to take; beyond, nothing is asked.
_MOST = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """What was seen, and what the report draws of it."""

    observations: tuple[Observation, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


def explanations_of(settings: Settings, models: Models, table: pa.Table, answered: Sequence[Batch]) -> Explained:
    """Ask both models what they lean on, within the time that is given for it.

    Parameters
    ----------
    settings
        As the models' answers have made them.
    models
        Both, loaded.
    table
        The base case.
    answered
        The base case as both models answered it, in the table's order.

    Raises
    ------
    DataError
        A column of ``explanations`` is not in the base case.
    """
    asked = settings.explanations
    if asked is None or not table.num_rows:
        return Explained()
    columns = _columns(settings, asked, models, table)
    if not columns:
        return Explained()
    rows = _rows(settings, table, answered)
    ask, notes = asking(settings, models), _notes(settings, table, columns, rows.order)
    try:
        plain, found = _permuted(
            settings, asked, ask, rows.first(asked.rows), columns, notes, models.champion is not None
        )
    except ModelError as problem:
        # The base case was answered: that rows put together anew break a model is what oddities are about.
        untold = observe_untold(str(problem), asked.level, rows=min(asked.rows, table.num_rows))
        plain, found = Explained(observations=(untold,)), {}
    if asked.shap is None:
        return plain
    told = attributed(
        settings,
        asked,
        ask,
        rows.first(asked.shap.rows),
        rows.last(asked.shap.background),
        columns,
        importances=found,
        notes=notes,
        training=_seeds(settings, columns, ATTRIBUTED),
    )
    if told.exhibit is None:
        return Explained(observations=(*plain.observations, *told.observations), exhibits=plain.exhibits)
    # One finding for each column: SHAP values decide, and say what permutation says. What it could not say stays.
    kept = () if found else plain.observations
    return Explained(observations=(*kept, *told.observations), exhibits=(*plain.exhibits, told.exhibit))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """The base case in the order of a hash of what its rows are."""

    table: pa.Table
    answered: Sequence[Batch]
    identity: NDArray[np.uint64]
    order: Places

    def first(self, most: int) -> Sample:
        """The first rows, with all that is known of them."""
        return sampled(self.table, self.answered, self.identity, self.order[:most])

    def last(self, most: int) -> pa.Table:
        """The last rows by themselves: others than the first, where there are enough."""
        return self.table_at(self.order[-most:])

    def table_at(self, places: Places) -> pa.Table:
        return numbers_first(self.table).take(from_numbers(places))


def _rows(settings: Settings, table: pa.Table, answered: Sequence[Batch]) -> _Rows:
    identity = row_identity(table, settings.id)
    order = hashed_order(identity, settings.run.seed)
    return _Rows(table=table, answered=answered, identity=identity, order=order)


def _permuted(
    settings: Settings,
    asked: ExplanationSettings,
    ask: Ask,
    sample: Sample,
    columns: Sequence[str],
    notes: Mapping[str, str],
    paired: bool,
) -> tuple[Explained, Mapping[str, Leaning]]:
    """What permutation and curves say, and the importances by column."""
    sample, repeats, expected = _within(asked, ask, sample, len(columns))
    if expected > _MOST * asked.seconds:
        problem = (
            f"{sample.rows.num_rows:,} rows would take about {expected:.0f} s, and explanations.seconds is "
            f"{asked.seconds:g}; raise it, or name fewer columns"
        )
        return Explained(observations=(observe_untold(problem, asked.level, rows=sample.rows.num_rows),)), {}
    loss = loss_of(settings.run)
    rises = _rises(settings, loss, ask, sample, columns, repeats)
    every = reliance(
        Rises(
            champion=rises[0] if paired else None,
            challenger=rises[-1],
            weights=sample.weights,
            units=sample.units,
            seeds=_seeds(settings, columns, SEEDED),
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
    return Explained(observations=observations, exhibits=exhibits), found


def leanings_of(settings: Settings, models: Models, table: pa.Table, answered: Sequence[Batch]) -> dict[str, float]:
    """How much the challenger alone leans on each column: what is repeated for each retrained seed.

    By the name of the figure in ``Run.training``: importances, and SHAP values where they are asked for. Without those
    that take too long, and those for which the model breaks on rows that are put together anew.
    """
    asked = settings.explanations
    if asked is None or not table.num_rows:
        return {}
    columns = _columns(settings, asked, models, table)
    if not columns:
        return {}
    rows, ask = _rows(settings, table, answered), asking(settings, models)
    found = {SEEDED + name: one for name, one in _importances(settings, asked, ask, rows, columns).items()}
    if asked.shap is not None:
        values = attributions_of(
            settings, asked, ask, rows.first(asked.shap.rows), rows.last(asked.shap.background), columns
        )
        found |= {ATTRIBUTED + name: one for name, one in values.items()}
    return found


def _importances(
    settings: Settings, asked: ExplanationSettings, ask: Ask, rows: _Rows, columns: Sequence[str]
) -> dict[str, float]:
    try:
        sample, repeats, expected = _within(asked, ask, rows.first(asked.rows), len(columns))
        if expected > _MOST * asked.seconds:
            return {}
        rises = _rises(settings, loss_of(settings.run), ask, sample, columns, repeats)[-1]
    except ModelError:
        return {}
    means = np.average(rises.mean(axis=1), axis=1, weights=sample.weights)
    return dict(zip(columns, map(float, means), strict=True))


def _columns(settings: Settings, asked: ExplanationSettings, models: Models, table: pa.Table) -> tuple[str, ...]:
    """What either model is shown, in the table's order, as far as it is asked about."""
    for key, names in (("columns", asked.columns), ("leave", asked.leave)):
        for name in names:
            if name not in table.column_names:
                known = nearest(name, table.column_names)
                raise DataError(f"explanations.{key}: the column {name!r} is not in the base case; {known}")
    hidden = {settings.label.column, settings.id, *settings.sensitive}
    read = {
        name
        for model in (models.champion, models.challenger)
        if model is not None
        for name in _shown(settings, model, table)
    }
    wanted = asked.columns or table.column_names
    return tuple(
        name
        for name in table.column_names
        if name in read and name in wanted and name not in hidden and name not in asked.leave
    )


def _shown(settings: Settings, model: Model, table: pa.Table) -> Sequence[str]:
    named = model.columns
    if named is not None:
        return named
    return [name for name in table.column_names if name not in settings.run.columns()]


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


def _seeds(settings: Settings, columns: Sequence[str], prefix: str) -> tuple[Floats, int] | None:
    """The spread over retrained seeds, where ``seeds.py`` has measured it for every column."""
    known = {one.metric.removeprefix(prefix): one for one in settings.run.training if one.metric.startswith(prefix)}
    if not columns or not all(name in known for name in columns):
        return None
    deviations = np.array([known[name].deviation for name in columns])
    return deviations, min(known[name].seeds for name in columns)


def _weight(one: Leaning) -> float:
    champion = 0.0 if one.champion is None else one.champion.value
    return -float(max(champion, one.challenger.value))


def _notes(settings: Settings, table: pa.Table, columns: Sequence[str], order: Places) -> dict[str, str]:
    """By column, the sensitive attribute that it stands in for."""
    limits = settings.checks.features or FeatureUseSettings()
    grouped = [name for one in settings.run.all_attributes() for name in one.columns]
    attributes = tuple(dict.fromkeys((*settings.sensitive, *grouped, *limits.forbidden, *limits.attributes)))
    found = stand_ins(
        table, columns=columns, attributes=attributes, order=order, auc=limits.proxy_auc, r2=limits.proxy_r2
    )
    notes = {name: f"stands in for {attribute}" for name, attribute in found.items()}
    return notes | {name: "sensitive" for name in columns if name in attributes}
