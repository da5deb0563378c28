"""Rows that production logged beside the same rows on the training side, and logged scores beside those of now.

Separate from ``checks/skew.py``, which has no opinion about where rows are: here they are paired by id and counted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.checks.skew import FeatureSkew, differing, observe_feature, observe_scores
from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.batches.columns import coded_column, column_of
from mlgate.edges.batches.joining import first_ids
from mlgate.edges.hashing import hash_column
from mlgate.edges.logs.prediction_log import Window, score_columns
from mlgate.edges.rows.files import row_identity
from mlgate.errors import DataError
from mlgate.records.data_settings import LogSettings, SkewSettings
from mlgate.records.evidence import Observation
from mlgate.sentences import plural
from mlgate.slices import value_text

__all__ = ["observe_logged_scores", "observe_skew"]


def observe_skew(
    log: pa.Table,
    other: pa.Table,
    *,
    ids: tuple[str, str],
    features: Sequence[str],
    names: tuple[str, str],
    settings: SkewSettings,
    private: Collection[str] = (),
) -> tuple[Observation, ...]:
    """Feature by feature, how many rows that both sides hold differ.

    Parameters
    ----------
    log
        Rows as production logged them.
    other
        An extract of the training side: training data, base case, or the feature store.
    ids
        The id column of each.
    features
        Columns that are compared.
    names
        What the two are called, the log first.
    settings
        How much may differ.
    private
        Columns of whose values nothing may be said but counts.

    Raises
    ------
    DataError
        A column is missing on a side, or an id is missing or stands there twice.
    """
    ours, theirs = _identity(log, ids[0], names[0]), _identity(other, ids[1], names[1])
    _, first, second = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    # In the log's order, so that the first ids that are named do not depend on hashes.
    order = np.argsort(first)
    sides = [table.take(from_numbers(rows[order].astype(np.int64))) for table, rows in ((log, first), (other, second))]
    return tuple(
        observe_feature(
            _compared(name, sides, ids[0], names, settings, name in private, ids[0] in private),
            dataset=names[0],
            against=names[1],
            settings=settings,
        )
        for name in features
    )


def _identity(table: pa.Table, id_column: str, name: str) -> NDArray[np.uint64]:
    try:
        row_identity(table, id_column)
    except DataError as problem:
        raise DataError(f"{name}: {problem}") from None
    return hash_column(table.column(id_column))  # of the value alone: the two columns need not be of one name


def _compared(
    name: str,
    sides: Sequence[pa.Table],
    id_column: str,
    names: tuple[str, str],
    settings: SkewSettings,
    private: bool,
    anonymous: bool,
) -> FeatureSkew:
    one, other = (column_of(side, name, "the feature", called) for side, called in zip(sides, names, strict=True))
    size = deviation = math.nan
    if numeric(one.type) and numeric(other.type):
        ours, theirs = to_floats(one), to_floats(other)
        apart = differing(ours, theirs, settings.tolerance)
        missing = int(np.sum(np.isnan(ours) != np.isnan(theirs)))
        both = apart & np.isfinite(ours) & np.isfinite(theirs)
        if both.any() and not private:
            size = float(np.mean(np.abs(ours[both] - theirs[both])))
            held = theirs[np.isfinite(theirs)]
            deviation = float(np.std(held)) if len(held) else math.nan
    else:
        ours_text, theirs_text = _texts(one), _texts(other)
        apart = np.array([a != b for a, b in zip(ours_text, theirs_text, strict=True)], dtype=np.bool_)
        missing = sum((a is None) != (b is None) for a, b in zip(ours_text, theirs_text, strict=True))
    rows = np.flatnonzero(apart)
    return FeatureSkew(
        name=name,
        rows=len(apart),
        differing=len(rows),
        missing=missing,
        size=size,
        deviation=deviation,
        ids="" if anonymous or not len(rows) else first_ids(sides[0], id_column, rows),
    )


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    """Canonical texts, so that a number is equal to itself written as text."""
    coded = coded_column(column)
    texts = [None if value is None else value_text(value) for value in coded.values]
    return [texts[code] for code in coded.codes]


def observe_logged_scores(
    window: Window, scores: NDArray[np.float64], *, log: LogSettings, version: str, name: str, settings: SkewSettings
) -> Observation:
    """Whether the champion, asked now, answers what the log says that it answered.

    Parameters
    ----------
    window
        From ``windows_of``.
    scores
        The champion's, of the window's labelled rows in their order: what both models were asked about.
    log
        What the log's columns are called.
    version
        The champion's, as the log calls it.
    name
        Of the data set.
    settings
        How much may differ.

    Raises
    ------
    DataError
        The log has another number of scores for each row than the model.
    """
    table = window.table.filter(pa.array(window.labelled))
    columns = score_columns(table.column_names, log.score)
    for column in columns:
        if not numeric(table.column(column).type):
            raise DataError(f"{name}: column {column!r} of the log holds no scores but {table.column(column).type}.")
    logged = np.stack([to_floats(table.column(column)) for column in columns], axis=1)
    now = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
    if logged.shape != now.shape:
        raise DataError(
            f"{name}: the log has {plural(logged.shape[1], 'score')} for each of {plural(logged.shape[0], 'row')}, the "
            f"champion gives {now.shape[1]} for each of {now.shape[0]:,}; name the columns under score in the order of "
            "the classes."
        )
    own = np.array([text == version for text in _texts(table.column(log.model_version))], dtype=np.bool_)
    return observe_scores(
        logged[own], now[own], dataset=name, version=version, others=int((~own).sum()), settings=settings
    )
