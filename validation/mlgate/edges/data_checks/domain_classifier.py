"""A classifier that tries to tell a window from the training data: joint drift that no single column shows.

Trees are grown on four fifths of the rows of both and asked about the fifth that they have not seen; equal rows are in
the same fifth. How well they tell is ROC AUC with DeLong's interval, as everywhere else. Separate from
``checks/drift.py`` because scikit-learn is needed, which the core does not know.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.data_checks.feature_rows import Drawn, draw, shared_features, texts_of
from mlgate.edges.hashing import mix
from mlgate.errors import ConfigError, install
from mlgate.frozen import dataclass
from mlgate.inference.influence import errors_of_rows
from mlgate.inference.pair import never_certain
from mlgate.inference.spread import estimate
from mlgate.metrics.ranking import ROC_AUC
from mlgate.metrics.slicewise import one_slice
from mlgate.records.data_settings import DomainSettings
from mlgate.records.evidence import Estimate, Observation, Spread
from mlgate.records.rows import Coded
from mlgate.records.words import Section
from mlgate.sentences import plural

__all__ = ["observe_domain"]

Floats = NDArray[np.float64]

#: Rows of each side without which an AUC has no interval worth the name.
FEWEST = 50
#: Categories that a tree may split; rarer ones are one category.
CATEGORIES = 200
#: Features that a reason names, and by how much AUC has to fall without one.
NAMED, DROP = 5, 0.005


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """Rows of both sides as trees read them."""

    matrix: Floats
    #: (features,) whether a column is of categories.
    categories: NDArray[np.bool_]
    #: (n,) 1 for the window.
    labels: NDArray[np.int8]
    #: (n,) which part a row is in.
    folds: NDArray[np.intp]


def observe_domain(
    reference: pa.Table, window: pa.Table, *, name: str, settings: DomainSettings, against: str = "training"
) -> Observation:
    """How well a window is told from the reference.

    Parameters
    ----------
    reference, window
        The rows; only columns that both have are read.
    name
        The window's name; it stands in the id.
    settings
        Thresholds and sizes.
    against
        The name of the reference.

    Returns
    -------
    Observation
        Its value is the AUC. An AUC above the threshold whose interval reaches down to one half may be chance: it has
        no bound then and passes, with that reason. Features are named, their values never are.

    Raises
    ------
    ConfigError
        scikit-learn is not installed.
    """
    features = shared_features(reference, window, settings.ignore)
    sides = [draw(table, features, settings.cap) for table in (reference, window)]
    value, at_most, reason = _told_apart(features, sides, settings, against)
    return Observation(
        id=f"data/{name}/domain_classifier/features",
        section=Section.DATA,
        title=f"not told from {against} by a classifier",
        level=settings.level,
        reason=reason,
        dataset=name,
        metric=ROC_AUC.name,
        value=value,
        at_most=at_most,
        rows=window.num_rows,
    )


def _told_apart(
    features: tuple[str, ...], sides: list[Drawn], settings: DomainSettings, against: str
) -> tuple[float, float | None, str]:
    """AUC, its bound and the reason."""
    short = min(len(side.places) for side in sides)
    if not features:
        return math.nan, settings.at_most, f"no column is both here and in {against}"
    if short < FEWEST:
        return math.nan, settings.at_most, f"{plural(short, 'row')}, at least {FEWEST} needed"
    rows = _rows(features, sides, settings.folds)
    scores, worth = _scores(rows, settings.folds)
    found = _auc(rows.labels, scores)
    if math.isnan(found.value):
        reason = "there are too few different rows to grow trees on some and ask them about others"
        return math.nan, settings.at_most, reason
    reason = f"ROC AUC {found.value:.3f} ({found.low:.3f} to {found.high:.3f}), at most {settings.at_most:g}"
    reason += f", on {plural(len(sides[0].places), 'row')} of {against} and {len(sides[1].places):,} here"
    if found.low <= 0.5:
        chance = found.value > settings.at_most
        return found.value, None if chance else settings.at_most, f"{reason}; the interval reaches one half"
    ordered = sorted(zip(worth.tolist(), features, strict=True), key=lambda pair: (-pair[0], pair[1]))
    used = [f"{feature} ({drop:.3f})" for drop, feature in ordered[:NAMED] if drop >= DROP]
    reason += f"; told apart by {', '.join(used)}" if used else "; no single feature tells them apart"
    return found.value, settings.at_most, reason


def _rows(features: tuple[str, ...], sides: list[Drawn], folds: int) -> _Rows:
    columns = [_joined([side.columns[name] for side in sides]) for name in features]
    content = mix(np.concatenate([side.content for side in sides]))
    sizes = [len(side.places) for side in sides]
    return _Rows(
        matrix=np.column_stack([values for values, _ in columns]),
        categories=np.array([categories for _, categories in columns]),
        labels=np.repeat(np.array([0, 1], dtype=np.int8), sizes),
        folds=(content % np.uint64(folds)).astype(np.intp),
    )


def _joined(parts: list[Floats | Coded]) -> tuple[Floats, bool]:
    """One feature of both sides under the same codes, and whether it is of categories."""
    numbers = [part for part in parts if not isinstance(part, Coded)]
    if len(numbers) == len(parts):
        whole = np.concatenate(numbers)
        return np.where(np.isinf(whole), np.sign(whole) * np.finfo(np.float64).max, whole), False
    words = np.concatenate([texts_of(part) for part in parts])
    frequent = sorted(Counter(word for word in words if word is not None).items(), key=lambda item: (-item[1], item[0]))
    codes: dict[str | None, float] = {word: float(place) for place, (word, _) in enumerate(frequent[:CATEGORIES])}
    codes[None] = math.nan
    return np.array([codes.get(word, float(CATEGORIES)) for word in words]), True


def _scores(rows: _Rows, folds: int) -> tuple[Floats, Floats]:
    """Scores by trees that have not seen the row, (n,), NaN where there are none, and what each feature is worth.

    The worth is the fall of AUC when the feature's values are dealt anew to the rows of one part, (features,).
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.inspection import permutation_importance
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn needs it
    except ImportError:
        raise ConfigError(
            "telling windows from the training data needs scikit-learn, which is not installed; run "
            f"{install('scikit-learn')}."
        ) from None
    scores, worth = np.full(len(rows.labels), np.nan), np.zeros(rows.matrix.shape[1])
    labels = rows.labels
    # One thread: small trees gain nothing by more, and on a busy machine threads that wait for each other cost minutes.
    with threadpool_limits(limits=1):
        for fold in range(folds):
            asked = rows.folds == fold
            if len(np.unique(labels[~asked])) < 2 or not asked.any():
                continue
            trees: Any = HistGradientBoostingClassifier(
                max_iter=50,
                max_leaf_nodes=15,
                categorical_features=rows.categories,
                early_stopping=False,
                random_state=0,
            )
            trees.fit(rows.matrix[~asked], labels[~asked])
            scores[asked] = trees.predict_proba(rows.matrix[asked])[:, 1]
            if not worth.any() and len(np.unique(labels[asked])) == 2:
                measured = permutation_importance(
                    trees, rows.matrix[asked], labels[asked], scoring="roc_auc", n_repeats=3, random_state=0
                )
                worth = np.asarray(measured.importances_mean, dtype=np.float64)
    return scores, worth


def _auc(labels: NDArray[np.int8], scores: Floats) -> Estimate:
    """ROC AUC with DeLong's interval, of the rows that were scored."""
    held = ~np.isnan(scores)
    if len(np.unique(labels[held])) < 2:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    ranked = one_slice(labels[held], scores[held])
    value, influence = ROC_AUC.of(ranked)
    where = np.zeros(len(influence), dtype=np.intp)
    errors = errors_of_rows(influence, influence, where, 1, ranked.labels)
    spread = Spread(
        method="student",
        value=float(value[0]),
        error=float(errors.error[0, 0]),
        freedom=float(errors.freedom[0, 0]),
        rows=float(len(where)),
    )
    return estimate(never_certain(spread, float(min(np.bincount(labels[held])))), 0.95)
