"""Times of a log as numbers, and the spans of its windows: calendar hours, days, weeks and months, all in UTC.

Separate from reading the log, because here stands everything that knows of calendars. A span is [start, end): midnight
belongs to the day that begins.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlgate.edges.arrays import encodable, one_chunk, to_integers
from mlgate.errors import ConfigError, DataError
from mlgate.frozen import dataclass
from mlgate.records.data_settings import LogSettings
from mlgate.sentences import plural

__all__ = ["Span", "spans_of", "times_of"]

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One window's ends, in microseconds since 1970."""

    name: str
    start: int
    end: int

    @property
    def shown(self) -> tuple[str, str]:
        """Both ends as people write them."""
        first, last = (_text(_START + end * _MICROSECOND) for end in (self.start, self.end))
        return first, last


def times_of(column: pa.ChunkedArray, called: str) -> NDArray[np.int64]:
    """Times in microseconds since 1970, (n,); what has no zone is UTC.

    Parameters
    ----------
    column
        Times, dates, or texts in ISO 8601.
    called
        File and column, for the errors.

    Raises
    ------
    DataError
        A time is missing or cannot be read, or the column holds numbers.
    """
    column = encodable(column) if pa.types.is_dictionary(column.type) else column
    if pa.types.is_null(column.type) or column.null_count:
        row = int(np.argmax(to_integers(pc.is_null(one_chunk(column)).cast(pa.uint8())))) + 1
        raise DataError(
            f"{called}: {plural(column.null_count, 'row has', 'rows have')} no time, the first of them row {row:,}."
        )
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _parsed(column, called)
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise DataError(
            f"{called}: holds {column.type}, which is no time; write timestamps, or texts such as 2026-01-05T10:00:00Z."
        )
    # A timestamp with a zone is stored in UTC; finer digits than microseconds are cut off.
    return to_integers(one_chunk(column.cast(pa.timestamp("us"), safe=False)).cast(pa.int64()))


def _parsed(column: pa.ChunkedArray, called: str) -> NDArray[np.int64]:
    try:
        return to_integers(one_chunk(column.cast(pa.timestamp("us", "UTC"))).cast(pa.int64()))
    except pa.ArrowException:
        pass  # one by one: some have a zone and some have none, or one of them is no time
    times = np.empty(len(column), dtype=np.int64)
    for row, text in enumerate(column.to_pylist()):
        try:
            times[row] = (_moment(text) - _START) // _MICROSECOND
        except ValueError:
            raise DataError(
                f"{called}: row {row + 1:,} holds {text[:40]!r}, which is no time; write 2026-01-05T10:00:00Z."
            ) from None
    return times


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def spans_of(times: NDArray[np.int64], settings: LogSettings) -> tuple[Span, ...]:
    """The windows that the settings mean, the oldest first.

    Parameters
    ----------
    times
        Of all rows; the newest one tells which windows are over, unless ``until`` does.
    settings
        The log's.

    Raises
    ------
    ConfigError
        An end that is no time, a window that ends before it starts, or a name twice.
    """
    if settings.windows:
        return _declared(settings)
    end = _read(settings.until, "until") if settings.until else _START + int(times.max()) * _MICROSECOND
    start, spans = _floor(end, settings.every), []
    for _ in range(settings.last):
        before = _floor(start - _MICROSECOND, settings.every)
        spans.append(Span(name=_name(before, settings.every), start=_count(before), end=_count(start)))
        start = before
    return tuple(reversed(spans))


def _declared(settings: LogSettings) -> tuple[Span, ...]:
    spans = []
    for one in settings.windows:
        start, end = _read(one.start, f"{one.name}: from"), _read(one.end, f"{one.name}: to")
        if start >= end:
            raise ConfigError(f"window {one.name}: ends at {one.end}, before it starts; a window is [from, to).")
        spans.append(Span(name=one.name, start=_count(start), end=_count(end)))
    names = [span.name for span in spans]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise ConfigError(f"window {double}: there are two of this name; rename one.")
    return tuple(sorted(spans, key=lambda span: (span.end, span.start)))


def _read(text: str, called: str) -> datetime:
    try:
        return _moment(text)
    except ValueError:
        raise ConfigError(f"window {called}: {text!r} is no time; write 2026-01-05 or 2026-01-05T10:00:00Z.") from None


def _floor(moment: datetime, every: str) -> datetime:
    """The start of the hour, day, week or month that a moment is in."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if every == "hour":
        return hour
    day = hour.replace(hour=0)
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _name(start: datetime, every: str) -> str:
    """What a calendar window is called: ``2026-W02``, ``2026-01``, ``2026-01-05``, ``2026-01-05T10``."""
    if every == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    return start.strftime({"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}[every])


def _count(moment: datetime) -> int:
    return (moment - _START) // _MICROSECOND


def _text(moment: datetime) -> str:
    text = moment.replace(tzinfo=None).isoformat()
    return f"{text.removesuffix('T00:00:00')}" if text.endswith("T00:00:00") else f"{text}Z"
