"""Run all benchmarks and print one line each. The goals are those of the design; a missed goal is shown, not failed."""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import rows
from benchmarks.timing import Figure, command_seconds, peak_megabytes, show, stage_seconds
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare


def main() -> int:
    """Measure start-up, the stages on a million rows, and the command on a file of as many."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {rows.ROWS:,} rows, {rows.SLICES:,} slices\n")
    mlgate = [sys.executable, "-m", "mlgate"]
    show(Figure(what="mlgate --help", value=command_seconds([*mlgate, "--help"], times=5), goal=0.2))
    measure_stages()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "predictions.parquet")
        rows.write(path)
        asked = ["check", "--predictions", str(path), "--label", "label", "--champion", "old", "--challenger", "new"]
        slices = ["--by", "region", "--by", "segment", "--quiet", "--out", str(Path(folder, "run"))]
        value = command_seconds([*mlgate, *asked, *slices], times=1)
        show(Figure(what="mlgate check --predictions, by region and segment, report too", value=value, goal=10))
    return 0


def measure_stages() -> None:
    """add_up and compare, with and without the ranking metric; then memory, where the system tells it."""
    batch = rows.batch()
    for run, goal in ((rows.RUN, 0.5), (rows.RUN_WITH_AUC, 2.5)):
        name = f"{len(run.metrics())} metrics" + (", ROC AUC among them" if run is rows.RUN_WITH_AUC else "")
        tally = add_up(run, [batch])
        if len(tally.slices) != rows.SLICES:
            raise SystemExit(f"{len(tally.slices)} slices instead of {rows.SLICES}: mend benchmarks/rows.py.")
        counted = stage_seconds(lambda: add_up(run, [batch]), times=2)
        compared = stage_seconds(lambda: compare(run, tally, dataset="rows", metrics=run.metrics()), times=2)
        show(
            Figure(
                what=f"{name}: add up {counted:.2f} s, intervals {compared:.2f} s", value=counted + compared, goal=goal
            )
        )
    if sys.platform == "linux":
        value = peak_megabytes(rows.stages)
        show(Figure(what="memory above the data: add up, intervals", value=value, goal=150, unit="MB"))


if __name__ == "__main__":
    sys.exit(main())
