"""Stand-ins for attributes that a model must not read: how well its other inputs tell them.

Separate from ``checks/features.py`` because scikit-learn is needed, which the core does not know. Trees are grown on
four fifths of the rows and asked about the fifth that they have not seen, so that a figure is not flattered.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtri

from mlgate.checks.features import Proxy, observe_proxy
from mlgate.checks.predictive_power import FOLDS, Feature, Label, power_of
from mlgate.edges.arrays import encodable, from_numbers, numeric, to_floats
from mlgate.edges.batches.columns import coded_column, column_of
from mlgate.edges.data_checks.single_columns import ordered_column
from mlgate.edges.hashing import NOTHING, hash_column, hash_rows
from mlgate.errors import ConfigError, install
from mlgate.frozen import dataclass
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.evidence import Observation
from mlgate.records.rows import Coded
from mlgate.records.words import Task
from mlgate.sentences import plural
from mlgate.slices import value_text

__all__ = ["find_proxy", "observe_proxies"]

Floats = NDArray[np.float64]

#: Up to as many distinct values, an attribute is told value by value; beyond, as a number.
VALUES = 10
#: Rows that a value needs, and that all others need, to be told.
FEWEST = 50
#: Categories that a tree may split; rarer ones are one category.
CATEGORIES = 200
#: Small and quick trees: what they cannot find is no stand-in that a model would use.
_TREES = {"max_iter": 60, "learning_rate": 0.15, "max_leaf_nodes": 15, "early_stopping": False, "random_state": 0}
#: Features that a reason names.
NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Design:
    """Features as trees read them, and the part that each row falls into."""

    matrix: Floats
    columns: tuple[Feature, ...]
    folds: NDArray[np.intp]


def observe_proxies(
    table: pa.Table,
    *,
    dataset: str,
    features: Sequence[str],
    settings: FeatureUseSettings,
    private: Collection[str] = (),
) -> tuple[Observation, ...]:
    """How well the features tell each attribute, one observation for each.

    Parameters
    ----------
    table
        The data, n rows.
    dataset
        Its name.
    features
        Columns that the model reads; an attribute among them is left out when it is told.
    settings
        Attributes and bounds.
    private
        Columns of which no value is named.

    Raises
    ------
    ConfigError
        scikit-learn is not installed.
    DataError
        A column is not there.
    """
    attributes = settings.attributes or settings.forbidden
    seen = []
    for attribute in attributes:
        found = find_proxy(
            table,
            dataset=dataset,
            attribute=attribute,
            features=features,
            rows=settings.proxy_rows,
            private=attribute in private,
        )
        seen.append(observe_proxy(found, dataset, settings))
    return tuple(seen)


def find_proxy(
    table: pa.Table, *, dataset: str, attribute: str, features: Sequence[str], rows: int, private: bool = False
) -> Proxy:
    """How well the features tell one attribute: cross-validated AUC of its best-told value, or R² of a number."""
    column_of(table, attribute, "the attribute", dataset)
    others = [name for name in features if name != attribute]
    for name in others:
        column_of(table, name, "the feature", dataset)
    if not others:
        return _untold(attribute, "there is no other feature")
    table = table.select([*others, attribute])
    # A row that does not hold the attribute is no row of another value.
    known_rows = np.flatnonzero(hash_column(table.column(attribute)) != NOTHING)
    if len(known_rows) < table.num_rows:
        table = table.take(from_numbers(known_rows))
    table = _sampled(table, rows)
    column = table.column(attribute)
    coded = coded_column(column)
    known = sum(value is not None for value in coded.values)
    if known <= VALUES:
        return _tell_values(attribute, coded, _design(table, others), private=private)
    if not numeric(column.type.value_type if pa.types.is_dictionary(column.type) else column.type):
        return _untold(attribute, f"it has {known:,} values, more than {VALUES}; group them")
    numbers = to_floats(encodable(column))
    held = np.flatnonzero(np.isfinite(numbers))
    return _tell_number(attribute, numbers[held], _design(table.take(from_numbers(held)), others))


def _untold(attribute: str, problem: str) -> Proxy:
    return Proxy(attribute=attribute, measure="AUC", value=math.nan, low=math.nan, high=math.nan, problem=problem)


def _sampled(table: pa.Table, rows: int) -> pa.Table:
    """Rows chosen by their content, so that their order does not matter."""
    if table.num_rows <= rows:
        return table
    return table.take(from_numbers(np.sort(np.argpartition(hash_rows(table), rows)[:rows])))


def _design(table: pa.Table, features: Sequence[str]) -> _Design:
    columns = tuple(ordered_column(table.column(name), name) for name in features)
    parts = []
    for one, name in zip(columns, features, strict=True):
        if not one.category and numeric(table.column(name).type):
            parts.append(to_floats(table.column(name)))
            continue
        # By frequency, so that what is lumped together is rare.
        sizes = np.bincount(one.order[one.order >= 0], minlength=one.values)
        place = np.empty(one.values + 1, dtype=np.float64)
        place[np.argsort(-sizes, kind="stable")] = np.minimum(np.arange(one.values), CATEGORIES)
        place[-1] = np.nan
        parts.append(place[one.order])
    # Rows of equal features fall into one part, lest they tell each other's attribute.
    folds = (hash_rows(table.select(features)) % np.uint64(FOLDS)).astype(np.intp)
    return _Design(matrix=np.column_stack(parts), columns=columns, folds=folds)


def _tell_values(attribute: str, coded: Coded, design: _Design, *, private: bool) -> Proxy:
    """The value that is told best; with several to choose from, its interval is wide enough for all of them."""
    counts = np.bincount(coded.codes, minlength=len(coded.values))
    rows = len(coded.codes)
    known = [place for place, value in enumerate(coded.values) if value is not None]
    # By value, not by place: of two values that are told alike the same one is named whatever the order of the rows.
    known.sort(key=lambda place: str(coded.values[place]))
    told = [place for place in known if FEWEST <= counts[place] <= rows - FEWEST]
    told = told[:1] if len(known) == 2 else told
    if not told:
        return _untold(attribute, f"it has no value that {FEWEST} rows hold and {FEWEST} others do not")
    found = []
    for place in told:
        truth = (coded.codes == place).astype(np.float64)
        found.append(_auc_elsewhere(truth, design, quantile=float(ndtri(1 - 0.025 / len(told)))))
    best = int(np.argmax([value for value, _, _ in found]))
    chosen = coded.values[told[best]]
    label = Label(
        name=attribute,
        task=Task.BINARY,
        values=(coded.codes == told[best]).astype(np.float64),
        folds=design.folds,
    )
    name = "" if private or len(known) == 2 or chosen is None else value_text(chosen)
    return _proxy(attribute, "AUC", found[best], label, design, told=name)


def _tell_number(attribute: str, numbers: Floats, design: _Design) -> Proxy:
    if len(numbers) < 2 * FEWEST:
        return _untold(
            attribute, f"only {plural(len(numbers), 'row holds', 'rows hold')} it, at least {2 * FEWEST} are needed"
        )
    guess = _elsewhere(numbers, design, category=False)
    spread, errors = (numbers - numbers.mean()) ** 2, (numbers - guess) ** 2
    value = 1 - float(errors.mean() / spread.mean())
    # R² is a ratio of two means; this is what one row moves it by.
    influence = -(errors - (1 - value) * spread) / spread.mean()
    half = float(ndtri(0.975)) * float(np.std(influence, ddof=1)) / math.sqrt(len(numbers))
    label = Label(name=attribute, task=Task.REGRESSION, values=numbers, folds=design.folds)
    return _proxy(attribute, "R²", (value, value - half, min(value + half, 1.0)), label, design)


def _proxy(
    attribute: str, measure: str, found: tuple[float, float, float], label: Label, design: _Design, told: str = ""
) -> Proxy:
    alone = [(one.name, power_of(one, label).figure) for one in design.columns if np.any(one.order >= 0)]
    value, low, high = found
    return Proxy(
        attribute=attribute,
        measure=measure,
        value=value,
        low=low,
        high=high,
        strongest=tuple(sorted(alone, key=lambda pair: (-pair[1], pair[0]))[:NAMED]),
        rows=len(label.values),
        told=told,
    )


def _auc_elsewhere(truth: Floats, design: _Design, *, quantile: float) -> tuple[float, float, float]:
    """Mean AUC of the parts with DeLong's interval; scores of two parts are of two models, and no single ranking."""
    scores = _elsewhere(truth, design, category=True)
    values, variances = [], []
    for fold in range(FOLDS):
        here = design.folds == fold
        positive, negative = scores[here & (truth == 1)], scores[here & (truth == 0)]
        if len(positive) < 2 or len(negative) < 2:
            continue
        above, below = _placements(positive, negative), 1 - _placements(negative, positive)
        values.append(float(above.mean()))
        variances.append(float(np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below)))
    if not values:
        return math.nan, math.nan, math.nan
    value, half = float(np.mean(values)), quantile * math.sqrt(sum(variances)) / len(values)
    return value, max(value - half, 0.0), min(value + half, 1.0)


def _placements(ours: Floats, theirs: Floats) -> Floats:
    """Share of the others that each one is above, ties counted half."""
    ordered = np.sort(theirs)
    places = np.searchsorted(ordered, ours, "left") + np.searchsorted(ordered, ours, "right")
    return np.asarray(places, dtype=np.float64) / (2 * len(theirs))


def _elsewhere(target: Floats, design: _Design, *, category: bool) -> Floats:
    """What trees grown on the other parts say of each row."""
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn needs it
    except ImportError:
        raise ConfigError(
            "the search for stand-ins of attributes needs scikit-learn, which is not installed; run "
            f"{install('scikit-learn')}."
        ) from None
    kind: Any = HistGradientBoostingClassifier if category else HistGradientBoostingRegressor
    categories = [one.category for one in design.columns]
    said = np.full(len(target), float(target.mean()))
    for fold in range(FOLDS):
        here = design.folds == fold
        if not here.any() or len(np.unique(target[~here])) < 2:
            continue
        trees = kind(**_TREES, categorical_features=categories)
        # On a busy machine several threads wait for each other longer than one takes for so few rows.
        with threadpool_limits(1):
            trees.fit(design.matrix[~here], target[~here])
            said[here] = (
                trees.predict_proba(design.matrix[here])[:, 1] if category else trees.predict(design.matrix[here])
            )
    return said
