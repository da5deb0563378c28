"""The prediction log: what production answered, read as windows of time and joined with the labels that came later.

docs/prediction-log.md says what a log looks like. Nothing is dropped silently: rows without a label, labels without a
row, and rows outside every window are counted and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers
from mlgate.edges.batches.columns import column_of
from mlgate.edges.hashing import NOTHING, hash_column, hash_rows
from mlgate.edges.logs.late_labels import ids_of, with_labels
from mlgate.edges.logs.log_times import Span, spans_of, times_of
from mlgate.edges.rows.sources import open_table, shown_as
from mlgate.errors import ConfigError, DataError
from mlgate.frozen import dataclass
from mlgate.records.data_settings import LogSettings
from mlgate.sentences import plural

__all__ = ["Log", "Window", "limit_of", "read_log", "tables_of", "windows_of"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Log:
    """A prediction log with its late labels."""

    #: all rows, once each.
    table: pa.Table
    #: where they come from.
    source: str
    #: (n,) int64, microseconds since 1970 in UTC.
    times: NDArray[np.int64]
    #: (n,) whether the label is known.
    labelled: NDArray[np.bool_]
    #: clauses about what was found on the way.
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Window:
    """The rows of one span of time."""

    name: str
    #: ISO 8601 in UTC; the end does not belong to it.
    start: str
    end: str
    #: all rows, whether labelled or not.
    table: pa.Table
    #: (n,) whether the label is known.
    labelled: NDArray[np.bool_]

    @property
    def labels(self) -> int:
        """Rows with a label."""
        return int(self.labelled.sum())

    @property
    def note(self) -> str:
        """One clause for the report."""
        rows, missing = self.table.num_rows, self.table.num_rows - self.labels
        told = f", {missing:,} of them without a label yet" if missing else ""
        return f"{self.start} to {self.end}: {plural(rows, 'row')}{told}"


def limit_of(settings: LogSettings) -> str | None:
    """The limit that the report must name when labels exist for some cases only."""
    if not settings.selective:
        return None
    return (
        f"Labels of the prediction log exist only for {settings.selective}: figures on recent windows speak about "
        "these cases, not about all that were scored, and say nothing about those that the model in production turned "
        "away."
    )


# ---- reading


def read_log(settings: LogSettings, root: Path) -> Log:
    """Read the log and join the labels that came late.

    A row that stands there twice, alike in every column, is taken once (a log may be written at least once); an id
    with two different rows is refused. Of several labels for one id the newest wins where ``labels_time`` names when
    each was known; else they must agree. A label of the second source goes before one in the log.

    Parameters
    ----------
    settings
        The log's.
    root
        Folder of mlgate.yaml.

    Raises
    ------
    ConfigError, DataError
        The log or the labels cannot be read, a column is missing, an id or a time is, or labels contradict.
    """
    source = shown_as(settings.source)
    table, notes = _once(open_table(settings.source, root), source)
    _check(table, settings, source)
    if settings.labels is not None:
        table, more = with_labels(table, open_table(settings.labels, root), settings, source)
        notes += more
    labels = table.column(settings.label)
    return Log(
        table=table,
        source=source,
        times=times_of(table.column(settings.time), f"{source}: column {settings.time!r}"),
        labelled=hash_column(labels) != NOTHING,
        notes=tuple(notes),
    )


def _once(table: pa.Table, source: str) -> tuple[pa.Table, list[str]]:
    """Every row once, in its first place."""
    places = np.sort(np.unique(hash_rows(table), return_index=True)[1])
    repeated = table.num_rows - len(places)
    if not repeated:
        return table, []
    standing = plural(repeated, "row stands", "rows stand")
    note = f"{source}: {standing} there more than once and {'counts' if repeated == 1 else 'count'} once"
    return table.take(from_numbers(places)), [note]


def _check(table: pa.Table, settings: LogSettings, source: str) -> None:
    for name, what in ((settings.id, "the id"), (settings.time, "the time"), (settings.model_version, "the version")):
        column_of(table, name, f"{what} column of the log", source)
    if not score_columns(table.column_names, settings.score):
        raise DataError(f"{source}: there is no column of scores {settings.score!r} in the log; name it under score.")
    if settings.labels is None:
        column_of(table, settings.label, "the label column of the log", source)
    ids_of(table, settings.id, source)


def score_columns(names: Sequence[str], pattern: str) -> list[str]:
    """The columns of scores: the one of that name, or all that fit a name with a star."""
    start, star, end = pattern.partition("*")
    if not star:
        return [pattern] if pattern in names else []
    return [name for name in names if name.startswith(start) and name.endswith(end) and len(name) > len(start + end)]


# ---- windows


def windows_of(log: Log, settings: LogSettings) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    """The windows of a log, the oldest first, and clauses about rows that are in none.

    Windows without a row are among them: a week in which nothing was logged is something to know.

    Parameters
    ----------
    log
        From ``read_log``.
    settings
        Its windows.

    Raises
    ------
    ConfigError
        Windows that are not declared rightly.
    DataError
        No window holds a row.
    """
    if settings.last < 1 or settings.every not in ("", "hour", "day", "week", "month"):
        raise ConfigError("windows: every is hour, day, week or month, and last at least 1.")
    spans = spans_of(log.times, settings)
    windows = tuple(_window(log, span) for span in spans)
    inside = np.zeros(len(log.times), dtype=np.bool_)
    for span in spans:
        inside |= (log.times >= span.start) & (log.times < span.end)
    if not inside.any():
        raise DataError(
            f"{log.source}: none of {plural(len(spans), 'window')} holds a row; check them and the log's times."
        )
    after = int(np.sum(log.times >= max(span.end for span in spans)))
    between = len(log.times) - int(inside.sum()) - after
    notes = (
        [f"{log.source}: {plural(after, 'row is', 'rows are')} newer than the newest window that is over"]
        if after
        else []
    )
    notes += (
        [f"{log.source}: {plural(between, 'row is', 'rows are')} older than the windows or between them"]
        if between
        else []
    )
    notes += [f"{log.source}: window {one.name} holds no rows" for one in windows if not one.table.num_rows]
    return windows, tuple(notes)


def _window(log: Log, span: Span) -> Window:
    rows = np.flatnonzero((log.times >= span.start) & (log.times < span.end))
    return Window(
        name=span.name,
        start=span.shown[0],
        end=span.shown[1],
        table=log.table.take(from_numbers(rows)),
        labelled=log.labelled[rows],
    )


def tables_of(
    windows: Sequence[Window], settings: LogSettings, *, label: str, source: str, prefix: str = "window "
) -> dict[str, tuple[pa.Table, str]]:
    """The labelled rows of each window as data sets that both models can be asked about (``commands.models.ask``).

    What production alone knows (time, version, logged scores) is left out, so that no model gets it as a feature.

    Parameters
    ----------
    windows
        From ``windows_of``; those without a labelled row give no data set.
    settings
        The log's.
    label
        What the label column is called in mlgate.yaml.
    source
        Where the log comes from.
    prefix
        Of the data sets' names.
    """
    found = {}
    for window in (one for one in windows if one.labels):
        table = window.table.filter(pa.array(window.labelled))
        own = {settings.time, settings.model_version, *score_columns(table.column_names, settings.score)} - {label}
        table = table.select([name for name in table.column_names if name not in own])
        if settings.label != label:
            table = table.rename_columns([label if name == settings.label else name for name in table.column_names])
        found[f"{prefix}{window.name}"] = (table, f"{source} ({window.name})")
    return found
