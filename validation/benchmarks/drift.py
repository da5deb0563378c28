"""Drift of 12 features: a million rows against a million, ten million rows as a stream, and Evidently beside it.

``python -m benchmarks.drift`` prints figures with their goals. Every figure is of a whole process, from Parquet files
to observations. Evidently runs in an environment of its own: that of the interpreter which the variable
``MLGATE_EVIDENTLY`` names, else one that is made under a temporary folder, for which its packages are fetched.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.timing import Figure, command, show

__all__ = ["main"]

ROWS = 1_000_000
#: Rows that are read at a time.
BATCH = 250_000

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


def main() -> int:
    """Measure and print. A missed goal is shown, not failed."""
    with tempfile.TemporaryDirectory() as folder:
        reference, window, stream = (Path(folder, f"{name}.parquet") for name in ("reference", "window", "stream"))
        # In a process of its own: what is started later would begin with this one's peak of memory.
        making = multiprocessing.get_context("spawn").Process(target=_write_all, args=(reference, window, stream))
        making.start()
        making.join()
        if making.exitcode:
            return 1
        ours = [sys.executable, "-m", "benchmarks.drift", str(reference)]
        million = command([*ours, str(window)], times=3)
        show(Figure(what="drift and bounds: 12 features, 1 M rows against 1 M", value=million.seconds, goal=15))
        show(Figure(what="  peak memory of the process", value=million.megabytes, goal=1500, unit="MB"))
        streamed = command([*ours, str(stream)], times=1)
        show(Figure(what="drift and bounds: 10 M rows as a stream against 1 M", value=streamed.seconds))
        show(Figure(what="  peak memory of the process", value=streamed.megabytes, goal=1000, unit="MB"))
        python = _evidently(Path(folder, "environment"))
        if python is None:
            print("Evidently cannot be installed here: nothing stands beside these figures")
            return 0
        theirs = command([python, "-c", EVIDENTLY, str(reference), str(window)], times=1)
        show(Figure(what="Evidently: the same features and rows", value=theirs.seconds))
        show(Figure(what="  peak memory of the process", value=theirs.megabytes, unit="MB"))
        show(Figure(what="times faster", value=theirs.seconds / million.seconds, unit="×"))
        show(Figure(what="times less memory", value=theirs.megabytes / million.megabytes, unit="×"))
    return 0


def _write_all(reference: Path, window: Path, stream: Path) -> None:
    _write(reference, parts=1, seed=1)
    _write(window, parts=1, seed=2)
    _write(stream, parts=10, seed=3)


def _write(path: Path, *, parts: int, seed: int) -> None:
    """So many million rows of eight columns of numbers and four of categories, with missing values."""
    random = np.random.default_rng(seed)
    writer = None
    for _ in range(parts):
        columns: dict[str, pa.Array] = {
            "normal": pa.array(random.normal(size=ROWS)),
            "income": pa.array(random.lognormal(8, 1, ROWS)),
            "mostly_none": pa.array(np.where(random.random(ROWS) < 0.9, 0.0, random.exponential(500, ROWS))),
            "age": pa.array(random.integers(18, 90, ROWS)),
            "share": pa.array(random.beta(2, 5, ROWS)),
            "since": pa.array(18_000 + random.random(ROWS) * 700),
            "heavy": pa.array(random.standard_t(2, ROWS)),
            "gaps": pa.array(random.normal(size=ROWS), mask=random.random(ROWS) < 0.1),
        }
        for name, count in (("sex", 2), ("region", 12), ("job", 60), ("town", 900)):
            words = np.array([f"{name} {place}" for place in range(count)])
            columns[name] = pa.array(words[(count * random.random(ROWS) ** 2).astype(int)])
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=BATCH)
    assert writer is not None, "at least one part is written"
    writer.close()


def _evidently(folder: Path) -> str | None:
    """The interpreter of an environment that has Evidently; None when it cannot be made."""
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
        if subprocess.run(arguments, capture_output=True, check=False).returncode:
            return None
    return python


def observe(reference: str, window: str) -> int:
    """What is measured: both files batch by batch, and the number of observations as a check."""
    from mlgate.checks.windows import observe_windows
    from mlgate.edges.drift_columns import column_batch
    from mlgate.records.columns import ColumnBatch
    from mlgate.records.data_settings import BoundsSettings, DriftSettings

    def batches(path: str) -> Iterator[ColumnBatch]:
        # With buffers filled ahead, pyarrow 25 keeps all that it has read: 100 MB for each million of these rows.
        for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(BATCH):
            yield column_batch(pa.Table.from_batches([batch]))

    seen = observe_windows(
        batches(reference), [("window", batches(window))], drift=DriftSettings(), bounds=BoundsSettings()
    )
    found = [one.id for one in seen if one.at_most is not None and one.value > one.at_most]
    if found:
        raise ValueError(f"files of the same distribution differ: {', '.join(found)}")
    return len(seen)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        try:
            observe(*sys.argv[1:])
        except Exception:
            traceback.print_exc()
            sys.exit(70)  # 1 stands for a verdict where processes are timed
        sys.exit(0)
    sys.exit(main())
