"""The prediction log as windows: ends, late labels, rows without a label; nothing is dropped without being told."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.edges.logs.log_times import spans_of, times_of
from mlgate.edges.logs.prediction_log import Log, limit_of, read_log, tables_of, windows_of
from mlgate.errors import ConfigError, DataError, MlgateError
from mlgate.records.data_settings import LogSettings, SourceSettings, WindowSettings

FIRST = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def log_of(**columns: Any) -> pa.Table:
    """A log of January 2026, rows at midnight and so on; every third label is not known."""
    rows = 56
    known: dict[str, list[Any]] = {
        "id": [f"a{row}" for row in range(rows)],
        "time": [FIRST + datetime.timedelta(hours=12 * row) for row in range(rows)],
        "income": [float(row) for row in range(rows)],
        "score": [row / rows for row in range(rows)],
        "model_version": ["7"] * rows,
        "label": [None if row % 3 == 0 else row % 2 for row in range(rows)],
    }
    return pa.table({**known, **columns})


def save(root: Path, log: pa.Table, labels: pa.Table | None = None) -> None:
    pyarrow.parquet.write_table(log, root / "log.parquet")
    if labels is not None:
        pyarrow.parquet.write_table(labels, root / "labels.parquet")


def asked(**changes: Any) -> LogSettings:
    late = SourceSettings(path="labels.parquet") if changes.pop("late", False) else None
    return LogSettings(source=SourceSettings(path="log.parquet"), labels=late, **changes)


def refused(root: Path, settings: LogSettings) -> str:
    with pytest.raises(MlgateError) as caught:
        windows_of(read_log(settings, root), settings)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?")) or "known are" in message
    return message


# ---- windows


def test_weeks_are_those_of_the_calendar_and_only_such_as_are_over(tmp_path: Path) -> None:
    save(tmp_path, log_of())
    log = read_log(asked(last=3), tmp_path)
    windows, notes = windows_of(log, asked(last=3))
    assert [(one.name, one.start, one.end, one.table.num_rows) for one in windows] == [
        ("2026-W02", "2026-01-05", "2026-01-12", 14),
        ("2026-W03", "2026-01-12", "2026-01-19", 14),
        ("2026-W04", "2026-01-19", "2026-01-26", 14),
    ]
    assert notes == (
        f"{log.source}: 6 rows are newer than the newest window that is over",
        f"{log.source}: 8 rows are older than the windows or between them",
    )
    assert windows[0].note == "2026-01-05 to 2026-01-12: 14 rows, 5 of them without a label yet"
    assert windows[0].labels == 9


@pytest.mark.parametrize(
    ("every", "until", "names"),
    [
        ("day", "2026-01-03T00:00:00Z", ["2026-01-01", "2026-01-02"]),
        ("day", "2026-01-03T01:00:00+02:00", ["2025-12-31", "2026-01-01"]),
        ("month", "2026-02-01", ["2025-12", "2026-01"]),
        ("month", "2026-03-31T23:59:59", ["2026-01", "2026-02"]),
        ("hour", "2026-01-01T02:30:00", ["2026-01-01T00", "2026-01-01T01"]),
        ("week", "2026-01-05", ["2025-W52", "2026-W01"]),
    ],
)
def test_windows_end_when_the_calendar_says_so(tmp_path: Path, every: str, until: str, names: list[str]) -> None:
    save(tmp_path, log_of())
    settings = asked(every=every, until=until, last=2)
    assert [one.name for one in windows_of(read_log(settings, tmp_path), settings)[0]] == names


def test_midnight_belongs_to_the_window_that_begins(tmp_path: Path) -> None:
    save(tmp_path, log_of())
    settings = asked(
        windows=(
            WindowSettings(name="second", start="2026-01-06", end="2026-01-07T12:00:00Z"),
            WindowSettings(name="first", start="2026-01-05", end="2026-01-06"),
        )
    )
    windows, _ = windows_of(read_log(settings, tmp_path), settings)
    assert [one.name for one in windows] == ["first", "second"]
    assert [one.table.column("id").to_pylist() for one in windows] == [["a8", "a9"], ["a10", "a11", "a12"]]
    assert windows[1].end == "2026-01-07T12:00:00Z"


@given(
    moments=st.lists(
        st.datetimes(datetime.datetime(1999, 1, 1), datetime.datetime(2099, 1, 1)), min_size=1, max_size=20
    ),
    every=st.sampled_from(["hour", "day", "week", "month"]),
    last=st.integers(1, 9),
)
def test_calendar_windows_touch_and_hold_nothing_that_is_not_over(
    moments: list[datetime.datetime], every: str, last: int
) -> None:
    times = times_of(pa.chunked_array([pa.array(moments, pa.timestamp("us"))]), "x")
    spans = spans_of(times, asked(every=every, last=last))
    assert len(spans) == last
    assert all(one.end == other.start for one, other in zip(spans, spans[1:], strict=False))
    assert spans[-1].end <= times.max()
    longest = {"hour": 1, "day": 24, "week": 168, "month": 31 * 24}[every]
    assert times.max() - spans[-1].end < longest * 3_600_000_000
    assert len({span.name for span in spans}) == last


@pytest.mark.parametrize(
    "times",
    [
        pa.array([1767225600123456, 1769904000000000], pa.timestamp("us", "Europe/Berlin")),
        pa.array(["2026-01-01T00:00:00.123456Z", "2026-02-01T02:00:00+02:00"]),
        pa.array(["2026-01-01T00:00:00.123456", "2026-02-01"]),
        pa.array(["2026-01-01T00:00:00.123456", "2026-02-01T00:00:00Z"]).dictionary_encode(),
        pa.array([1767225600123456789, 1769904000000000000], pa.timestamp("ns")),
    ],
)
def test_a_time_is_the_same_however_it_is_written(times: pa.Array) -> None:
    assert times_of(pa.chunked_array([times]), "x").tolist() == [1767225600123456, 1769904000000000]


def test_a_date_is_its_midnight() -> None:
    days = pa.chunked_array([pa.array([datetime.date(2026, 1, 1)])])
    assert times_of(days, "x").tolist() == [1767225600000000]


# ---- late labels


def test_labels_that_come_late_are_joined_by_id_and_counted(tmp_path: Path) -> None:
    labels = pa.table({"id": ["a3", "a0", "elsewhere", "a6", "a1"], "label": [1, 0, 1, None, 0]})
    save(tmp_path, log_of(), labels)
    log = read_log(asked(late=True), tmp_path)
    assert log.table.column("label").to_pylist()[:7] == [0, 0, 0, 1, 0, 1, None]
    assert log.labelled[:7].tolist() == [True] * 6 + [False]
    shown = str(tmp_path / "labels.parquet")[-14:]
    assert [note for note in log.notes if shown in note] == [
        "labels.parquet: 3 labels joined to log.parquet",
        "labels.parquet: 1 label belongs to no row of log.parquet",
        "labels.parquet: 1 row holds no label",
        "labels.parquet: 1 label of the log was corrected",
    ]


def test_a_log_without_a_label_column_gets_one(tmp_path: Path) -> None:
    save(tmp_path, log_of().drop_columns(["label"]), pa.table({"id": ["a1"], "label": [1]}))
    log = read_log(asked(late=True), tmp_path)
    assert log.table.column("label").to_pylist()[:3] == [None, 1, None]


def test_the_newest_label_wins_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    labels = pa.table(
        {
            "id": ["a0", "a0", "a0", "a3"],
            "label": [0, 1, 0, 1],
            "known": ["2026-02-01", "2026-02-03", "2026-02-02", "2026-02-01"],
        }
    )
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        save(tmp_path, log_of(), labels.take(order))
        log = read_log(asked(late=True, labels_time="known"), tmp_path)
        assert log.table.column("label").to_pylist()[:4] == [1, 1, 0, 1]


def test_labels_that_contradict_are_refused_unless_one_is_newer(tmp_path: Path) -> None:
    labels = pa.table({"id": ["a0", "a1", "a0", "a1"], "label": [0, 1, 1, 1], "known": ["2026-02-01"] * 4})
    save(tmp_path, log_of(), labels)
    message = refused(tmp_path, asked(late=True))
    assert (
        "1 ids have contradictory labels, such as 'a0'; name the column of when each was known (labels_time)" in message
    )
    message = refused(tmp_path, asked(late=True, labels_time="known"))
    assert "such as 'a0'; they were known at the same time, so say which is right." in message


def test_a_row_that_is_logged_twice_alike_counts_once_and_differently_is_refused(tmp_path: Path) -> None:
    log = log_of()
    save(tmp_path, pa.concat_tables([log, log.slice(3, 2)]))
    read = read_log(asked(), tmp_path)
    assert read.table.equals(log)
    assert read.notes == ("log.parquet: 2 rows stand there more than once and count once",)
    save(tmp_path, pa.concat_tables([log, log_of(score=[0.5] * 56).slice(3, 1)]))
    assert "the id 'a3' stands there twice" in refused(tmp_path, asked())


# ---- what the models are asked


def test_models_are_asked_about_labelled_rows_without_what_only_production_knows(tmp_path: Path) -> None:
    save(tmp_path, log_of().rename_columns(["id", "time", "income", "score", "model_version", "outcome"]))
    settings = asked(last=2, label="outcome")
    log = read_log(settings, tmp_path)
    windows, _ = windows_of(log, settings)
    tables = tables_of(windows, settings, label="default", source=log.source)
    assert list(tables) == ["window 2026-W03", "window 2026-W04"]
    table, source = tables["window 2026-W03"]
    assert table.column_names == ["id", "income", "default"]
    assert table.num_rows == windows[0].labels
    assert table.column("default").null_count == 0
    assert source == "log.parquet (2026-W03)"


def test_class_scores_are_named_by_a_star(tmp_path: Path) -> None:
    log = log_of().append_column("score_a", [[0.5] * 56]).append_column("score_b", [[0.5] * 56])
    save(tmp_path, log)
    settings = asked(score="score_*", last=1)
    read = read_log(settings, tmp_path)
    ((table, _),) = tables_of(windows_of(read, settings)[0], settings, label="label", source="x").values()
    assert table.column_names == ["id", "income", "score", "label"]


def test_a_window_without_rows_is_told_and_not_asked_about(tmp_path: Path) -> None:
    log = log_of()
    save(tmp_path, log.filter(pa.array([not 8 <= row < 22 for row in range(56)])))
    settings = asked(last=3)
    read = read_log(settings, tmp_path)
    windows, notes = windows_of(read, settings)
    assert windows[0].table.num_rows == 0
    assert "log.parquet: window 2026-W02 holds no rows" in notes
    assert list(tables_of(windows, settings, label="label", source="x")) == ["window 2026-W03", "window 2026-W04"]


def test_selective_labels_become_a_limit_of_the_report() -> None:
    assert limit_of(asked()) is None
    told = limit_of(asked(selective="loans that were granted"))
    assert told is not None
    assert told.startswith("Labels of the prediction log exist only for loans that were granted: ")


# ---- mistakes


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("time", [None] + [FIRST] * 55, "column 'time': 1 row has no time, the first of them row 1."),
        ("time", ["yesterday"] * 56, "column 'time': row 1 holds 'yesterday', which is no time"),
        ("time", list(range(56)), "column 'time': holds int64, which is no time"),
        ("id", [None] * 56, "column 'id': 56 rows have no id"),
    ],
)
def test_a_broken_column_of_the_log_is_one_sentence(tmp_path: Path, column: str, values: list[Any], words: str) -> None:
    save(tmp_path, log_of(**{column: values}))
    message = refused(tmp_path, asked())
    assert message.startswith("log.parquet: ")
    assert words in message


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("id", "the id column of the log 'id' is not in the data"),
        ("time", "the time column of the log 'time' is not in the data"),
        ("model_version", "the version column of the log 'model_version' is not in the data"),
        ("label", "the label column of the log 'label' is not in the data"),
        ("score", "there is no column of scores 'score' in the log"),
    ],
)
def test_a_column_that_the_log_must_have_is_asked_for(tmp_path: Path, missing: str, words: str) -> None:
    save(tmp_path, log_of().drop_columns([missing]))
    assert words in refused(tmp_path, asked())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"until": "soon"}, "window until: 'soon' is no time"),
        ({"every": "year"}, "every is hour, day, week or month"),
        ({"last": 0}, "last at least 1"),
        (
            {"windows": (WindowSettings(name="w", start="2026-02-01", end="2026-01-01"),)},
            "window w: ends at 2026-01-01",
        ),
        (
            {"windows": (WindowSettings(name="w", start="2026-01-01", end="2026-02-01"),) * 2},
            "there are two of this name",
        ),
        (
            {"windows": (WindowSettings(name="w", start="1999-01-01", end="1999-02-01"),)},
            "none of 1 window holds a row",
        ),
    ],
)
def test_windows_that_cannot_be_are_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    save(tmp_path, log_of())
    assert words in refused(tmp_path, asked(**changes))


def test_labels_of_another_type_are_refused(tmp_path: Path) -> None:
    save(tmp_path, log_of(), pa.table({"id": ["a0"], "label": ["granted"]}))
    with pytest.raises(DataError, match="label column 'label' is of type int64 in the log and string in the labels"):
        read_log(asked(late=True), tmp_path)


def test_a_log_may_be_partitioned_by_day(tmp_path: Path) -> None:
    log = log_of()
    for day in range(28):
        name = tmp_path / "log" / f"day=2026-01-{day + 1:02}" / "part-0.parquet"
        name.parent.mkdir(parents=True)
        pyarrow.parquet.write_table(log.slice(2 * day, 2), name)
    settings = LogSettings(source=SourceSettings(path="log"), last=2)
    windows, _ = windows_of(read_log(settings, tmp_path), settings)
    assert [one.table.num_rows for one in windows] == [14, 14]
    assert isinstance(read_log(settings, tmp_path), Log)
    assert np.all(np.diff(read_log(settings, tmp_path).times) > 0)


def test_the_class_of_the_errors_is_that_of_the_mistake(tmp_path: Path) -> None:
    save(tmp_path, log_of())
    with pytest.raises(ConfigError):
        windows_of(read_log(asked(), tmp_path), asked(every="year"))
