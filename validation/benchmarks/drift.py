"""Checks of 12 features: 20 expectations and drift of a million rows, ten million as a stream, and Evidently beside.

``python -m benchmarks drift`` writes the table of docs/data.md. Every figure is of a whole process, from Parquet files
to observations. Evidently runs in an environment of its own: that of the interpreter which the variable
``MLGATE_EVIDENTLY`` names, else one that is made under a temporary folder, for which its packages are fetched. What
breaks down is told in its row.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from benchmarks.pages import machine, table, write
from benchmarks.timing import Figure, Process, command, show
from mlgate.records.evidence import Observation
from mlgate.records.words import Level

__all__ = ["main"]

PAGE = "data.md"
ROWS, QUICK = 1_000_000, 50_000
#: Rows that are read at a time.
BATCH = 250_000
NUMBERS = ("normal", "income", "mostly_none", "age", "share", "since", "heavy", "gaps")
CATEGORIES = {"sex": 2, "region": 12, "job": 60, "town": 900}

#: The same questions: Kolmogorov-Smirnov of eight columns, Jensen-Shannon of four.
EVIDENTLY = """
import os
import sys
import traceback

# Python ends with 1 after an exception, which stands for a verdict where processes are timed.
sys.excepthook = lambda *problem: (traceback.print_exception(*problem), os._exit(70))

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

reference, current = (pd.read_parquet(path) for path in sys.argv[1:])
asked = DataDriftPreset(num_method="ks", cat_method="jensenshannon")
found = Report([asked]).run(current, reference).dict()
assert len(found["metrics"]) == 13, found["metrics"]
"""


def main(*, quick: bool) -> int:
    """Measure, print, and write the page unless ``quick``. A missed goal is shown, not failed."""
    rows = QUICK if quick else ROWS
    with tempfile.TemporaryDirectory() as folder:
        places = [str(Path(folder, f"{name}.parquet")) for name in ("reference", "window", "stream")]
        # In a process of its own: what is started later would begin with this one's peak of memory.
        making = multiprocessing.get_context("spawn").Process(target=_write_all, args=(places, rows))
        making.start()
        making.join()
        if making.exitcode:
            return 1
        suite = Path(folder, "suite.json")
        suite.write_text(json.dumps({"expectations": _expectations()}), encoding="utf-8")
        found = _measure(places, str(suite), Path(folder, "environment"), rows, times=1 if quick else 3)
    for one in found:
        print(one) if isinstance(one, str) else show(one)
    if not quick:
        write(PAGE, "speed", [machine(), "", *_table(found)])
    return 0


def _measure(places: Sequence[str], suite: str, environment: Path, rows: int, *, times: int) -> list[Figure | str]:
    """Figures, and sentences where something broke down."""
    reference, window, stream = places
    ours = [sys.executable, "-m", "benchmarks.drift"]
    size, many = f"{rows:,} rows", f"{10 * rows:,} rows"
    both = _once([*ours, reference, window, suite], times)
    alone = _once([*ours, reference, window], times)
    found = [
        *_rows(f"20 expectations, and drift and bounds of 12 features: {size} against as many", both, 15, 1500),
        *_rows(f"drift and bounds of 12 features alone: {size} against as many", alone, None, None),
        *_rows(f"the same of {many} as a stream", _once([*ours, reference, stream], 1), None, 1000),
    ]
    python = _evidently(environment)
    if not Path(python).is_file():
        return [*found, f"Evidently, drift of the same features: not measured, {python}"]
    theirs = _once([python, "-c", EVIDENTLY, reference, window], 1)
    found += _rows("Evidently, drift of the same features", theirs, None, None)
    if isinstance(theirs, Process) and isinstance(alone, Process):
        found.append(Figure(what="drift: times faster", value=theirs.seconds / alone.seconds, unit="×"))
        found.append(Figure(what="drift: times less memory", value=theirs.megabytes / alone.megabytes, unit="×"))
    return found


def _once(arguments: Sequence[str], times: int) -> Process | str:
    """What a process took, or why it broke down."""
    try:
        return command(arguments, times=times)
    except SystemExit as problem:
        return _last_line(str(problem))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _rows(what: str, took: Process | str, seconds: float | None, megabytes: float | None) -> list[Figure | str]:
    if isinstance(took, str):
        return [f"{what}: broke down ({took})"]
    return [
        Figure(what=what, value=took.seconds, goal=seconds),
        Figure(what=f"{what}: memory", value=took.megabytes, goal=megabytes, unit="MB"),
    ]


def _table(found: Sequence[Figure | str]) -> list[str]:
    lines = []
    for one in found:
        if isinstance(one, str):
            lines.append((one, "", "", ""))
            continue
        met = "" if one.met is None else "met" if one.met else "**missed**"
        goal = "" if one.goal is None else f"≤ {one.goal:g} {one.unit}"
        lines.append((one.what, f"{one.value:,.2f} {one.unit}", goal, met))
    return table(("what", "measured", "goal", "met"), lines)


def _expectations() -> list[dict[str, Any]]:
    """Twenty: ranges and gaps of the numbers, the categories, and the size."""

    def expect(kind: str, **asked: Any) -> dict[str, Any]:
        return {"type": f"expect_{kind}", "kwargs": asked}

    between = [expect("column_values_to_be_between", column=one, min_value=-1e9, max_value=1e9) for one in NUMBERS]
    filled = [expect("column_values_to_not_be_null", column=one) for one in NUMBERS[:-1]]
    known = [
        expect("column_values_to_be_in_set", column=name, value_set=[f"{name} {place}" for place in range(count)])
        for name, count in CATEGORIES.items()
    ]
    return [*between, *filled, *known, expect("table_row_count_to_be_between", min_value=1)]


def _write_all(places: Sequence[str], rows: int) -> None:
    for seed, (path, parts) in enumerate(zip(places, (1, 1, 10), strict=True), start=1):
        _write(path, rows, parts=parts, seed=seed)


def _write(path: str, rows: int, *, parts: int, seed: int) -> None:
    """So many times the rows, of eight columns of numbers and four of categories, with missing values."""
    random = np.random.default_rng(seed)
    writer = None
    for _ in range(parts):
        columns: dict[str, pa.Array] = {
            "normal": pa.array(random.normal(size=rows)),
            "income": pa.array(random.lognormal(8, 1, rows)),
            "mostly_none": pa.array(np.where(random.random(rows) < 0.9, 0.0, random.exponential(500, rows))),
            "age": pa.array(random.integers(18, 90, rows)),
            "share": pa.array(random.beta(2, 5, rows)),
            "since": pa.array(18_000 + random.random(rows) * 700),
            "heavy": pa.array(random.standard_t(2, rows)),
            "gaps": pa.array(random.normal(size=rows), mask=random.random(rows) < 0.1),
        }
        for name, count in CATEGORIES.items():
            words = np.array([f"{name} {place}" for place in range(count)])
            columns[name] = pa.array(words[(count * random.random(rows) ** 2).astype(int)])
        made = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, made.schema)
        writer.write_table(made, row_group_size=BATCH)
    assert writer is not None, "at least one part is written"
    writer.close()


def _evidently(folder: Path) -> str:
    """The interpreter of an environment that has Evidently; else why there is none."""
    # Its telemetry is switched off before anything of it is imported.
    os.environ["DO_NOT_TRACK"] = "1"
    named = os.environ.get("MLGATE_EVIDENTLY")
    if named:
        return named
    python = str(folder / "bin" / "python")
    for arguments in (
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "evidently", "pandas<3"],
    ):
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"it cannot be installed here ({_last_line(done.stderr or done.stdout)})"
    return python


def _suite(window: str, suite: Path) -> tuple[Observation, ...]:
    """The expectations, put to the file piece by piece."""
    from mlgate.edges.expectations.data_suite import examine

    rows = pyarrow.dataset.dataset(window)
    seen = examine(rows, suite=suite, dataset="window", level=Level.REQUIRED).observations
    unmet = [one.id for one in seen if one.crashed or (one.at_least is not None and not one.value >= one.at_least)]
    if unmet or len(seen) != 20:
        raise ValueError(f"{len(seen)} expectations, of which are not met: {', '.join(unmet)}")
    return seen


def observe(reference: str, window: str, suite: str = "") -> int:
    """What is measured: the files batch by batch, and the number of observations as a check."""
    from mlgate.checks.windows import observe_windows
    from mlgate.edges.data_checks.drift_columns import column_batch
    from mlgate.records.columns import ColumnBatch
    from mlgate.records.data_settings import BoundsSettings, DriftSettings

    def batches(path: str) -> Iterator[ColumnBatch]:
        # With buffers filled ahead, pyarrow 25 keeps all that it has read: 100 MB for each million of these rows.
        for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(BATCH):
            yield column_batch(pa.Table.from_batches([batch]))

    seen = observe_windows(
        batches(reference), [("window", batches(window))], drift=DriftSettings(), bounds=BoundsSettings()
    )
    if suite:
        seen += _suite(window, Path(suite))
    found = [one.id for one in seen if one.at_most is not None and one.value > one.at_most]
    if found:
        raise ValueError(f"files of the same distribution differ: {', '.join(found)}")
    return len(seen)


def _end(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """Tell what happened and end with 70: Python would end with 1, which stands for a verdict where one is timed."""
    traceback.print_exception(kind, problem, trace)
    sys.stderr.flush()
    os._exit(70)


if __name__ == "__main__":
    sys.excepthook = _end
    observe(*sys.argv[1:])
