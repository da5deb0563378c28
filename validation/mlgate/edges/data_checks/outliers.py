"""Rows far from the training data: strange combinations of values, each of which may be ordinary by itself.

How far a row is, is its distance to the fifth nearest of one half of the training rows, in standardised columns and
principal components beside them, so that breaking a strong relation counts as much as an extreme value. The other half
of the training rows says how far is far. An isolation forest was tried first: its cuts are made where training rows
lie, and 100 of 100 rows that broke a correlation of 0.995 went unnoticed. Separate from ``checks/bounds.py`` because
scikit-learn is needed, which the core does not know.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers
from mlgate.edges.batches.columns import coded_column
from mlgate.edges.data_checks.feature_rows import Drawn, draw, texts_of
from mlgate.edges.hashing import hash_column
from mlgate.errors import ConfigError, install
from mlgate.frozen import dataclass
from mlgate.inference.distances import fisher_above
from mlgate.records.data_settings import OutlierSettings
from mlgate.records.evidence import Observation
from mlgate.records.rows import Coded
from mlgate.records.words import Section
from mlgate.sentences import plural
from mlgate.slices import value_text

__all__ = ["observe_outliers"]

Floats = NDArray[np.float64]

#: Training rows without which their farthest hundredth says nothing.
FEWEST = 200
#: Row ids that a reason names.
EXAMPLES = 5
#: Largest p at which more far rows than in training are not chance.
SIGNIFICANCE = 0.01
#: Standard deviations beyond which a value is as strange as can be; so is one where training has a single value.
WIDEST = 6.0
#: Which of the nearest rows counts: one or two strange training rows do not make others ordinary.
NEIGHBOURS = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Space:
    """Where training rows lie: standardised columns, and their principal components, which have variance 1 too."""

    #: (columns,) mean, and standard deviation, 0 where the training data do not vary.
    mean: Floats
    deviation: Floats
    #: (columns, components), divided by each component's standard deviation.
    directions: Floats

    def place(self, matrix: Floats) -> Floats:
        """The rows of a matrix in this space."""
        apart = matrix - self.mean
        varying = self.deviation > 0
        scaled = np.where(varying, apart / np.where(varying, self.deviation, 1.0), np.sign(apart) * WIDEST)
        scaled = np.clip(scaled, -WIDEST, WIDEST)
        placed: Floats = np.column_stack([scaled, np.clip(scaled @ self.directions, -WIDEST, WIDEST)])
        return placed


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Training:
    """What was learned of the training data."""

    #: (n, columns) -> (n,) distances.
    distances: Callable[[Floats], Floats]
    #: by feature: the median, or by category the logarithm of its share.
    known: dict[str, float | dict[str | None, float]]
    #: rows farther than this are far.
    limit: float
    #: rows that were held back, and how many of them are far.
    held: int
    far: int


def observe_outliers(
    reference: pa.Table,
    windows: Iterable[tuple[str, pa.Table]],
    *,
    settings: OutlierSettings,
    id_column: str | None = None,
    private: Collection[str] = (),
    against: str = "training",
) -> tuple[Observation, ...]:
    """The share of rows far from the training data, one observation per window.

    Parameters
    ----------
    reference
        The training rows.
    windows
        Name and rows of each.
    settings
        Thresholds and sizes.
    id_column
        Column whose values name the farthest rows; without one none are named. It is no feature.
    private
        If the id column is among them, no rows are named. Values of features never are.
    against
        The name of the reference.

    Returns
    -------
    tuple
        The value is the share. One above the threshold that may be chance has no bound and passes, with that reason.

    Raises
    ------
    ConfigError
        scikit-learn is not installed.
    """
    features = [name for name in reference.column_names if name not in {*settings.ignore, id_column}]
    training = _grow(draw(reference, features, settings.cap), settings.expected) if features else None
    named = None if id_column in private else id_column
    return tuple(_observe(training, name, window, settings, named, against) for name, window in windows)


def _grow(rows: Drawn, expected: float) -> _Training | None:
    """Half of the rows to measure from, and the limit that the other half gives; None of too few rows."""
    if len(rows.places) < FEWEST:
        return None
    known = {name: _learn(column) for name, column in rows.columns.items()}
    matrix = _matrix(rows, known)
    # Rows stand in the order of their hashes, so that every other one is a random half.
    distances = _measure(matrix[::2])
    found = distances(matrix[1::2])
    limit = float(np.quantile(found, 1 - expected, method="higher"))
    return _Training(
        distances=distances, known=known, limit=limit, held=len(found), far=int(np.count_nonzero(found > limit))
    )


def _measure(matrix: Floats) -> Callable[[Floats], Floats]:
    """How far rows are from these: the distance to the fifth nearest."""
    try:
        from sklearn.neighbors import NearestNeighbors
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn needs it
    except ImportError:
        raise ConfigError(
            "finding rows far from the training data needs scikit-learn, which is not installed; run "
            f"{install('scikit-learn')}."
        ) from None
    space = _space(matrix)
    nearest = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(space.place(matrix))

    def distances(asked: Floats) -> Floats:
        with threadpool_limits(limits=1):  # so that sums are taken in the same order everywhere
            found = nearest.kneighbors(space.place(asked))[0][:, -1]
        return np.asarray(found, dtype=np.float64)

    return distances


def _space(matrix: Floats) -> _Space:
    mean, deviation = matrix.mean(axis=0), matrix.std(axis=0)
    deviation = np.where(deviation > 1e-9 * np.abs(matrix).max(axis=0), deviation, 0.0)
    mean = np.where(deviation > 0, mean, matrix[0])
    none = _Space(mean=mean, deviation=deviation, directions=np.empty((matrix.shape[1], 0)))
    scaled = none.place(matrix)
    spread, directions = np.linalg.eigh(np.cov(scaled, rowvar=False).reshape(scaled.shape[1], -1))
    # Where one column follows from others to the last digit, components of rounding alone are left.
    real = spread > 1e-6
    return _Space(mean=mean, deviation=deviation, directions=directions[:, real] / np.sqrt(spread[real]))


def _learn(column: Floats | Coded) -> float | dict[str | None, float]:
    """Of numbers the median; of categories the logarithm of each one's share, and under None that of unseen ones."""
    if not isinstance(column, Coded):
        held = column[np.isfinite(column)]
        return float(np.median(held)) if len(held) else 0.0
    words = Counter(word for word in texts_of(column) if word is not None)
    total = max(words.total(), 1)
    return {**{word: math.log(count / total) for word, count in words.items()}, None: math.log(0.5 / total)}


def _matrix(rows: Drawn, known: dict[str, float | dict[str | None, float]]) -> Floats:
    """Two columns for each feature: its value, and whether it is missing. A feature that is not there is missing.

    A rare category is a small number, far from the others; one that training has not seen is the smallest.
    """
    count = len(rows.places)
    columns = []
    for name, learned in known.items():
        column = rows.columns.get(name, np.full(count, np.nan))
        if isinstance(learned, dict):
            words = texts_of(column)
            missing = np.array([word is None for word in words], dtype=np.float64)
            ordinary = max(learned.values())
            values = np.array([ordinary if word is None else learned.get(word, learned[None]) for word in words])
        else:
            numbers = _numbers(column)
            missing = np.isnan(numbers).astype(np.float64)
            values = np.clip(np.where(np.isnan(numbers), learned, numbers), -1e30, 1e30)
        columns += [values, missing]
    return np.column_stack(columns)


def _numbers(column: Floats | Coded) -> Floats:
    """Numbers; texts where training has numbers are missing."""
    if not isinstance(column, Coded):
        return column
    values = np.array([value if isinstance(value, float) else math.nan for value in column.values], dtype=np.float64)
    return values[column.codes] if len(values) else np.empty(0)


def _observe(
    training: _Training | None,
    name: str,
    window: pa.Table,
    settings: OutlierSettings,
    id_column: str | None,
    against: str,
) -> Observation:
    value, at_most, reason, examples = _share(training, window, settings, id_column, against)
    return Observation(
        id=f"data/{name}/outliers/rows",
        section=Section.DATA,
        title=f"rows far from {against}",
        level=settings.level,
        reason=reason,
        dataset=name,
        value=value,
        at_most=at_most,
        rows=window.num_rows,
        examples=examples,
    )


def _share(
    training: _Training | None, window: pa.Table, settings: OutlierSettings, id_column: str | None, against: str
) -> tuple[float, float | None, str, str]:
    """The share of far rows, its bound, the reason and the farthest rows."""
    if training is None:
        return (
            math.nan,
            settings.at_most,
            f"{against} has fewer than {FEWEST} rows, or no feature, to learn from",
            "",
        )
    if not window.num_rows:
        return math.nan, settings.at_most, "no rows", ""
    rows = draw(window, list(training.known), settings.cap)
    distances = training.distances(_matrix(rows, training.known))
    count, total = int(np.count_nonzero(distances > training.limit)), len(distances)
    reason = f"{count:,} of {plural(total, 'row')} {'is' if count == 1 else 'are'} farther than all but "
    reason += f"{100 * settings.expected:.3g} % of {against}"
    reason += f" ({100 * count / total:.3g} %, at most {100 * settings.at_most:.3g} %)"
    examples = ""
    if count and id_column in window.column_names:
        ids = window.column(id_column).take(from_numbers(rows.places))
        # Equal rows are equally far: their ids decide, not their order.
        farthest = np.lexsort((hash_column(ids), -distances))[: min(EXAMPLES, count)]
        examples = f"the farthest: {id_column} {', '.join(_named(ids.take(from_numbers(farthest))))}"
    p = fisher_above(count, total, training.far, training.held)
    if count / total > settings.at_most and p > SIGNIFICANCE:
        return count / total, None, f"{reason}; it may be chance: p {p:.2g}", examples
    return count / total, settings.at_most, reason, examples


def _named(ids: pa.ChunkedArray) -> list[str]:
    coded = coded_column(ids)
    words = ["none" if value is None else value_text(value)[:60] for value in coded.values]
    return [words[code] for code in coded.codes]
