"""What the models lean on, by permutation and by SHAP values: of which columns it is asked, on which rows, and why.

Shared by ``run`` and ``check``. Models are asked through their processes like everywhere, so that nothing needs to be
known of them (``importances.py``, ``attributions.py``). What is made of the answers stands in
``inference/reliance.py`` and ``checks/reliance.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.commands.model_steps.attributions import ATTRIBUTED, attributed, attributions_of
from mlgate.commands.model_steps.explained_rows import Sample, asking, sampled
from mlgate.commands.model_steps.importances import SEEDED, importances_of, permuted
from mlgate.commands.model_steps.models import Models
from mlgate.edges.arrays import from_numbers
from mlgate.edges.data_checks.stand_ins import stand_ins
from mlgate.edges.model_checks.permuted import hashed_order
from mlgate.edges.model_checks.probes import numbers_first
from mlgate.edges.models.worker import Model
from mlgate.edges.rows.files import row_identity
from mlgate.errors import DataError, nearest
from mlgate.frozen import dataclass
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Observation
from mlgate.records.explanation_settings import ExplanationSettings
from mlgate.records.rows import Batch
from mlgate.records.settings import Settings

__all__ = ["Explained", "explanations_of", "leanings_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


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
    plain = permuted(
        settings,
        asked,
        ask,
        rows.first(asked.rows),
        columns,
        notes=notes,
        training=_seeds(settings, columns, SEEDED),
        paired=models.champion is not None,
    )
    if asked.shap is None:
        return Explained(observations=plain.observations, exhibits=plain.exhibits)
    told = attributed(
        settings,
        asked,
        ask,
        rows.first(asked.shap.rows),
        rows.last(asked.shap.background),
        columns,
        importances=plain.importances,
        notes=notes,
        training=_seeds(settings, columns, ATTRIBUTED),
    )
    if told.exhibit is None:
        return Explained(observations=(*plain.observations, *told.observations), exhibits=plain.exhibits)
    # One finding for each column: SHAP values decide, and say what permutation says. What it could not say stays.
    kept = () if plain.importances else plain.observations
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
    importances = importances_of(settings, asked, ask, rows.first(asked.rows), columns)
    found = {SEEDED + name: one for name, one in importances.items()}
    if asked.shap is not None:
        values = attributions_of(
            settings, asked, ask, rows.first(asked.shap.rows), rows.last(asked.shap.background), columns
        )
        found |= {ATTRIBUTED + name: one for name, one in values.items()}
    return found


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


def _seeds(settings: Settings, columns: Sequence[str], prefix: str) -> tuple[Floats, int] | None:
    """The spread over retrained seeds, where ``seeds.py`` has measured it for every column."""
    known = {one.metric.removeprefix(prefix): one for one in settings.run.training if one.metric.startswith(prefix)}
    if not columns or not all(name in known for name in columns):
        return None
    deviations = np.array([known[name].deviation for name in columns])
    return deviations, min(known[name].seeds for name in columns)


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
