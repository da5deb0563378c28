"""Speed and memory on the machine at hand: whole processes, the stages alone, and a plain loop beside them.

``python -m benchmarks speed`` writes the table of docs/speed.md.
"""

from __future__ import annotations

import compileall
import sys
import tempfile
from pathlib import Path

import mlgate
from benchmarks import rows
from benchmarks.pages import machine, table, write
from benchmarks.timing import Figure, command, peak_megabytes, show, stage_seconds
from mlgate.process import collect_seldom
from mlgate.stages.add_up import add_up
from mlgate.stages.compare import compare
from mlgate.stages.settle import settle

__all__ = ["main"]

_COMMAND_METRICS = (*rows.METRICS[:-1], "roc_auc")
#: What the commands are asked: of which columns, by which metrics, on which slices.
_BINARY = "--label label --champion old --challenger new".split()
_AMOUNTS = "--task regression --label amount --champion amount_old --challenger amount_new".split()
_CLASSES = "--task multiclass --label class --champion class_old --challenger class_new".split()
_ASKED = [part for metric in _COMMAND_METRICS for part in ("--metric", metric)]
_BY = [part for column in rows.BY for part in ("--by", column)]
_CROSSED = [part for columns in rows.CROSSED for part in ("--cross", ",".join(columns))]


def main(*, quick: bool = False) -> int:
    """Measure everything, print it and, unless ``quick``, write docs/speed.md. A missed goal is shown, not failed."""
    times = 1 if quick else 3
    # As installing a package does: a checkout under PYTHONDONTWRITEBYTECODE would be compiled again by every process.
    compileall.compile_dir(Path(mlgate.__file__).parent, quiet=1)
    collect_seldom(200_000)  # as a check of predictions does
    figures: list[Figure] = []

    def add(figure: Figure) -> None:
        show(figure)
        figures.append(figure)

    for figure in (*_stages(times), *_commands(times)):
        add(figure)
    if not quick:
        write("speed.md", "speed", [machine(), "", *_table(figures)])
    return 0


def _table(figures: list[Figure]) -> list[str]:
    cells = []
    for one in figures:
        goal = "" if one.goal is None else f"{'≥' if one.at_least else '≤'} {one.goal:g} {one.unit}"
        met = {True: "met", False: "**missed**", None: ""}[one.met]
        cells.append(
            (one.what, f"{one.value:.2f} {one.unit}" if one.unit != "MB" else f"{one.value:.0f} MB", goal, met)
        )
    return table(("what", "median of 3", "goal", "met"), cells)


def _stages(times: int) -> list[Figure]:
    """The stages alone, on rows that are in memory."""
    batch = rows.batch()
    seconds = {}
    for run in (rows.RUN, rows.RUN_WITH_AUC):
        tally = settle(run, add_up(run, [batch]))
        if len(tally.slices) != rows.SLICES:
            raise SystemExit(f"{len(tally.slices)} slices instead of {rows.SLICES}: mend benchmarks/rows.py.")
        added = stage_seconds(lambda: settle(run, add_up(run, [batch])), times=times)
        compared = stage_seconds(lambda: compare(run, tally, dataset="rows", metrics=run.metrics()), times=times)
        seconds[run is rows.RUN_WITH_AUC] = added + compared
    found = [
        Figure(what="stages: 10 metrics with intervals, 1,100 slices, 1 M rows", value=seconds[False], goal=0.5),
        Figure(what="stages: ROC AUC on top", value=seconds[True] - seconds[False], goal=2.0),
    ]
    if sys.platform == "linux":
        value = peak_megabytes(rows.stages)
        found.append(Figure(what="stages: memory above the rows, without ROC AUC", value=value, goal=150, unit="MB"))
    return found


def _commands(times: int) -> list[Figure]:
    """Whole processes, from the file of predictions to decision and reports."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "million.parquet"), Path(folder, "small.parquet")
        rows.write(large)
        rows.write(small, 10_000)

        def check(path: Path, *options: str) -> list[str]:
            out = ["--quiet", "--out", str(Path(folder, "run"))]
            return [sys.executable, "-m", "mlgate", "check", "--predictions", str(path), *options, *out]

        hundred = command(check(large, *_BINARY, *_ASKED, *_BY), times=times)
        loop = command([sys.executable, "-m", "benchmarks.sklearn_loop", str(large)], times=1)
        eleven = command(check(large, *_BINARY, *_ASKED, *_CROSSED), times=times)
        few = command(check(small, *_BINARY, *_BY[:4]), times=times)
        other = {
            "by weights": command(check(large, *_BINARY, *_ASKED, *_BY, "--weight", "weight"), times=1),
            "by units": command(check(large, *_BINARY, *_ASKED, *_BY, "--unit", "customer"), times=1),
            "regression, default metrics": command(check(large, *_AMOUNTS, *_BY), times=1),
            "4 classes, default metrics": command(check(large, *_CLASSES, *_BY), times=1),
        }
        starting = command([sys.executable, "-m", "mlgate", "--help"], times=times)
    whole = "check: 10 metrics with log loss and ROC AUC, 1 M rows"
    return [
        Figure(what=f"{whole}, 100 slices", value=hundred.seconds, goal=3.0),
        Figure(what=f"{whole}, 100 slices: memory", value=hundred.megabytes, goal=700, unit="MB"),
        Figure(what="a loop of scikit-learn over the same, values only", value=loop.seconds),
        Figure(
            what="check, times faster than that loop",
            value=loop.seconds / hundred.seconds,
            goal=8,
            unit="×",
            at_least=True,
        ),
        Figure(what=f"{whole}, 1,100 slices", value=eleven.seconds, goal=4.0),
        Figure(what=f"{whole}, 1,100 slices: memory", value=eleven.megabytes, unit="MB"),
        Figure(what="check: 10,000 rows, default metrics, 50 slices", value=few.seconds, goal=1.0),
        *(Figure(what=f"check: 1 M rows, 100 slices, {name} (once)", value=one.seconds) for name, one in other.items()),
        Figure(what="mlgate --help", value=starting.seconds),
    ]
