"""The search for undeclared slices: its speed, beside the package ``sliceline``, and what it finds of what is planted.

``python -m benchmarks slices`` writes the tables of docs/slices.md. ``sliceline`` is optional: where it is not
installed, its rows are left out. Each process gets the same rows; ours may then be asked about runs of bins too.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import planted
from benchmarks.pages import machine, table, write
from benchmarks.timing import Figure, Process, command, show
from mlgate.discovery import discover
from mlgate.records.discovery import DiscoverySettings
from mlgate.records.rows import Batch, Coded
from mlgate.search.lattice import Target, search
from mlgate.search.levels import SearchColumn, categories, numbers
from mlgate.search.scores import SliceLine

__all__ = ["main"]

PAGE = "slices.md"
ROWS, FEATURES, BINS, DEPTH, TOP = 1_000_000, 12, 10, 3, 10
#: Rows that sliceline gets, and ours beside it; with a million it does not end in reasonable time.
BESIDE = 50_000
#: SliceLine's weight of the error against the size, and the share of the rows that a slice holds at least.
WEIGHT, SUPPORT = 0.95, 0.01
#: Features of which a conjunction of one level each has more errors, and in which share of its rows.
PLANTED = (((2, 5), 0.4), ((1, 7, 9), 0.5), ((0, 3, 11), 0.5), ((4, 6), 0.3), ((8, 10), 0.3), ((3,), 0.1))
TRIALS = 50
#: A planted slice counts as found when a confirmed one shares at least this much with it: rows in both over rows in
#: either.
FOUND = 0.5
CHURNS = (0.03, 0.10)

Floats = NDArray[np.float64]


def main(*, quick: bool) -> int:
    """Measure, print, and write the page unless ``quick``. A missed goal is shown, not failed."""
    rows = 50_000 if quick else ROWS
    figures, best = _speed(rows)
    for figure in figures:
        show(figure)
    print(flush=True)
    found = [_trials(churn, 5 if quick else TRIALS) for churn in CHURNS]
    for line in found:
        print(*line, sep="  ", flush=True)
    if not quick:
        write(PAGE, "speed", [machine(), "", *_speed_table(figures), "", *best])
        heads = ("the models differ anyway in", "trials", "found and confirmed", "confirmed anything", "match, median")
        write(PAGE, "trials", table((*heads, "nothing planted: confirmed anything"), found))
    return 0


def _speed(rows: int) -> tuple[list[Figure], list[str]]:
    """Whole processes on the same rows, and the best slices of ours and of sliceline's."""
    beside = min(rows, BESIDE)
    asked = {"whole": ("whole", rows), "ours": ("ours", rows), "ours beside": ("ours", beside)}
    if importlib.util.find_spec("sliceline") is not None:
        asked["sliceline"] = ("sliceline", beside)
    with tempfile.TemporaryDirectory() as folder:
        told = {name: Path(folder, f"{name}.json") for name in asked}
        processes = {name: _process(*what, told[name]) for name, what in asked.items()}
        scores = {name: json.loads(path.read_text()) for name, path in told.items()}
    what = {
        "whole": f"search and confirmation, runs of bins, {rows:,} rows",
        "ours": f"search by SliceLine's score, {rows:,} rows",
        "ours beside": f"search by SliceLine's score, {beside:,} rows",
        "sliceline": f"sliceline, the same {beside:,} rows",
    }
    figures = []
    for name in asked:
        large = name in ("whole", "ours")
        figures.append(Figure(what=what[name], value=scores[name]["seconds"], goal=20.0 if large else None))
        figures.append(Figure(what=f"{what[name]}: processor time", value=scores[name]["worked"]))
        memory = f"{what[name]}: memory of the process"
        figures.append(Figure(what=memory, value=processes[name].megabytes, goal=1500 if large else None, unit="MB"))
    if "sliceline" not in scores:
        return figures, ["The package `sliceline` was not installed; its figures are left out."]
    return figures, _compared(scores["ours beside"]["scores"], scores["sliceline"]["scores"])


def _compared(ours: list[float], theirs: list[float]) -> list[str]:
    pairs = list(zip(ours, theirs, strict=False))
    least = min((one - other for one, other in pairs), default=0.0)
    said = "every one of ours is at least as bad" if least >= -1e-6 else "NOT every one of ours is at least as bad"
    rows = [(str(place), f"{one:.6f}", f"{other:.6f}") for place, (one, other) in enumerate(pairs, start=1)]
    return [
        f"The {len(pairs)} worst slices by SliceLine's score: {said}.",
        "",
        *table(("", "mlgate", "sliceline"), rows),
    ]


def _process(name: str, rows: int, path: Path) -> Process:
    return command([sys.executable, "-m", "benchmarks.slices", name, str(rows), str(path)], times=1)


def _speed_table(figures: list[Figure]) -> list[str]:
    rows = []
    for one in figures:
        met = "" if one.met is None else "met" if one.met else "**missed**"
        goal = "" if one.goal is None else f"≤ {one.goal:g} {one.unit}"
        rows.append((one.what, f"{one.value:,.1f} {one.unit}", goal, met))
    return table(("what", "measured", "goal", "met"), rows)


def _rows(rows: int) -> tuple[list[SearchColumn], Floats, Floats]:
    """Ten levels each, the first ones frequent, and errors of two models; the second has more in ``PLANTED``."""
    random = np.random.default_rng(20261126)
    shares = 0.7 ** np.arange(BINS, dtype=np.float64)
    columns = [
        categories(f"f{place:02}", Coded(codes=_drawn(random, shares, rows), values=tuple("abcdefghij")))
        for place in range(FEATURES)
    ]
    first, second = (random.random(rows) < 0.1 for _ in range(2))
    for places, share in PLANTED:
        inside = np.ones(rows, dtype=np.bool_)
        for place in places:
            inside &= columns[place].codes == place % 2
        second |= inside & (random.random(rows) < share)
    return columns, first.astype(np.float64), second.astype(np.float64)


def _drawn(random: np.random.Generator, shares: Floats, rows: int) -> NDArray[np.int32]:
    return random.choice(len(shares), size=rows, p=shares / shares.sum()).astype(np.int32)


def _measure(name: str, rows: int) -> dict[str, object]:
    """What one process does, after the rows are there."""
    columns, first, second = _rows(rows)
    values = [
        one.codes.astype(np.float64) + np.random.default_rng(place).random(rows) for place, one in enumerate(columns)
    ]
    start, worked, scores = time.perf_counter(), time.process_time(), list[float]()
    if name == "whole":
        cut = [numbers(one.name, held, BINS) for one, held in zip(columns, values, strict=True)]
        identity = np.random.default_rng(1).integers(0, 2**63, rows).astype(np.uint64)
        labels = np.zeros(rows, dtype=np.int8)
        batch = Batch(labels=labels, champion=first, challenger=second, columns={}, identity=identity)
        found = discover(planted.RUN, batch, cut, DiscoverySettings(depth=DEPTH))
        scores = [one.improvement.value for one in found.findings if one.improvement is not None]
    elif name == "ours":
        score = SliceLine(weight=WEIGHT, mean=float(second.mean()), rows=rows)
        target = Target(vector=0, sign=1, score=score)
        best = search(columns, [second], [target], support=int(SUPPORT * rows), depth=DEPTH, most=TOP, apart=None)
        scores = [one.score for one in best.found[0]]
    else:
        from sliceline.slicefinder import Slicefinder  # type: ignore[import-not-found]

        codes = np.column_stack([one.codes for one in columns])
        finder = Slicefinder(alpha=WEIGHT, k=TOP, max_l=DEPTH, min_sup=int(SUPPORT * rows), verbose=False)
        finder.fit(codes, second)
        scores = [float(one["slice_score"]) for one in finder.top_slices_statistics_]
    return {"seconds": time.perf_counter() - start, "worked": time.process_time() - worked, "scores": scores}


def _trials(churn: float, count: int) -> tuple[str, ...]:
    """How often a planted slice is found and confirmed, and how often something is where nothing is planted."""
    matches, anything, alarms = [], 0, 0
    for seed in range(count):
        trial = planted.plant(seed, planted=True, churn=churn)
        found = planted.judge_trial(trial)
        matches.append(planted.best_match(trial, found))
        anything += bool(found.findings)
        nothing = planted.judge_trial(planted.plant(seed, planted=False, churn=churn))
        alarms += bool(nothing.findings)
    hits = sum(match >= FOUND for match in matches)
    return (
        f"{100 * churn:.0f} % of the rows",
        str(count),
        f"{100 * hits / count:.0f} %",
        f"{100 * anything / count:.0f} %",
        f"{np.median(matches):.2f}",
        f"{100 * alarms / count:.0f} %",
    )


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))), encoding="utf-8")
