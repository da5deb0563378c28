"""Labels that became known after the prediction was logged, joined to the log by id.

Separate from reading the log, because here it is answered which of several labels counts: the newest, where a column
says when each was known; else they must agree. Labels that are in neither place are counted, never made up.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers
from mlgate.edges.batches.columns import column_of
from mlgate.edges.hashing import NOTHING, hash_column
from mlgate.edges.logs.log_times import times_of
from mlgate.edges.rows.called_source import shown_as
from mlgate.edges.rows.files import row_identity
from mlgate.errors import DataError
from mlgate.records.data_settings import LogSettings
from mlgate.sentences import plural

__all__ = ["ids_of", "with_labels"]


def ids_of(table: pa.Table, name: str, source: str) -> NDArray[np.uint64]:
    """Identity of each row by its id, (n,).

    Raises
    ------
    DataError
        An id is missing or stands there twice.
    """
    try:
        return row_identity(table, name)
    except DataError as problem:
        raise DataError(f"{source}: {problem}") from None


def with_labels(table: pa.Table, late: pa.Table, settings: LogSettings, log: str) -> tuple[pa.Table, list[str]]:
    """The log with the labels of a second source, and clauses about what was joined.

    Parameters
    ----------
    table
        The log, each id once.
    late
        The second source: id, label, and when the label was known if ``labels_time`` names it.
    settings
        What the columns are called.
    log
        Where the log comes from.

    Raises
    ------
    DataError
        A column is missing, or labels of one id contradict.
    """
    assert settings.labels is not None
    shown = shown_as(settings.labels)
    labels = column_of(late, settings.label, "the label column", shown)
    known = np.flatnonzero(hash_column(labels) != NOTHING)
    late, unknown = late.take(from_numbers(known)), late.num_rows - len(known)
    late = late.take(from_numbers(_chosen(late, settings, shown)))
    ours, theirs = ids_of(table, settings.id, log), ids_of(late, settings.id, shown)
    order = np.argsort(theirs)
    held = theirs[order]
    places = np.minimum(np.searchsorted(held, ours), max(len(held) - 1, 0))
    found = held[places] == ours if len(held) else np.zeros(len(ours), dtype=np.bool_)
    pick = np.where(found, order[places] if len(held) else 0, -1)
    joined, corrected = _joined(table, late.column(settings.label), settings.label, pick)
    notes = [f"{shown}: {plural(int(found.sum()), 'label')} joined to {log}"]
    lost = late.num_rows - int(found.sum())
    notes += [f"{shown}: {plural(lost, 'label belongs', 'labels belong')} to no row of {log}"] if lost else []
    notes += [f"{shown}: {plural(unknown, 'row holds', 'rows hold')} no label"] if unknown else []
    notes += (
        [f"{shown}: {plural(corrected, 'label of the log was', 'labels of the log were')} corrected"]
        if corrected
        else []
    )
    return joined, notes


def _chosen(late: pa.Table, settings: LogSettings, shown: str) -> NDArray[np.intp]:
    """One row for each id: the newest, or any where all of them say the same."""
    column_of(late, settings.id, "the id column", shown)
    ids, labels = hash_column(late.column(settings.id)), hash_column(late.column(settings.label))
    if settings.labels_time:
        column = column_of(late, settings.labels_time, "the column of when a label was known", shown)
        when = times_of(column, f"{shown}: column {settings.labels_time!r}")
    else:
        when = np.zeros(late.num_rows, dtype=np.int64)
    order = np.lexsort((when, ids))
    last = np.flatnonzero(np.r_[ids[order][1:] != ids[order][:-1], np.True_][: len(order)])
    chosen = order[last]
    newest = np.repeat(chosen, np.diff(np.r_[-1, last]))
    contrary = order[(when[order] == when[newest]) & (labels[order] != labels[newest])]
    if len(contrary):
        one = late.column(settings.id)[int(contrary.min())].as_py()
        advice = (
            "they were known at the same time" if settings.labels_time else "name the column of when each was known"
        )
        raise DataError(
            f"{shown}: {len(np.unique(ids[contrary])):,} ids have contradictory labels, such as {one!r}; {advice}"
            f"{', so say which is right' if settings.labels_time else ' (labels_time), then the newest counts'}."
        )
    return np.sort(chosen)


def _joined(table: pa.Table, labels: pa.ChunkedArray, name: str, pick: NDArray[np.intp]) -> tuple[pa.Table, int]:
    """The table with a label column in which the late ones stand before the log's, and how many those corrected."""
    mask = pick < 0
    places = pa.array(pick, mask=mask, type=pa.int64())
    column = labels.take(places)
    if name not in table.column_names:
        return table.append_column(name, column), 0
    own = table.column(name)
    if own.type != column.type and not pa.types.is_null(own.type):
        try:
            column = column.cast(own.type)
        except pa.ArrowException:
            raise DataError(
                f"label column {name!r} is of type {own.type} in the log and {column.type} in the labels; write both "
                "with one type."
            ) from None
    before, after = hash_column(own), hash_column(column)
    corrected = int(np.sum(~mask & (before != NOTHING) & (before != after)))
    whole = column if pa.types.is_null(own.type) else pc.coalesce(column, own)
    return table.set_column(table.column_names.index(name), name, whole), corrected
