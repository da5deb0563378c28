"""The page docs/calibration.md: measure, print what is missed, and write the tables.

Separate from ``calibration.py``, which measures, because here everything is about words and columns.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from benchmarks import calibration, clusters, guarded
from benchmarks.figures import CAUTIOUS, GOALS, LEAST, Cell, Goal, Missed, missed
from benchmarks.pages import machine, table, write
from benchmarks.processes import Population
from benchmarks.real_scores import LEFT_OUT
from mlgate.records.words import Task

__all__ = ["main"]

#: Runs of 100 guarded slices each: the error of a share of 2.5 % is 0.5 points.
_RUNS = 1_000
#: Of cells in which fewer samples are judged, the share is told.
_MOST = 0.9
_REAL = ("adult", "bank", "family", "duration")
_TITLES = {Task.BINARY: "Two classes", Task.MULTICLASS: "Several classes", Task.REGRESSION: "Numbers"}


def main(*, quick: bool = False, divide: int = 1) -> int:
    """Measure all promises; ``quick`` takes a twentieth of the replicates and writes nothing."""
    start = time.perf_counter()
    divide = 20 if quick else divide
    found = calibration.populations(quick=quick)
    cells = calibration.measure(found, divide=divide)
    grouped = clusters.measure(divide=divide)
    families = guarded.measure(runs=_RUNS // divide)
    seconds = time.perf_counter() - start
    misses = [one for cell in (*cells, *grouped) for one in missed(cell)]
    for one in misses:
        print(_said(one))
    _print_families(families)
    print(f"{len(cells) + len(grouped)} cells, {seconds:.0f} s")
    if not quick:
        _write(found, cells, grouped, families, misses, seconds)
    return 0


def _print_families(families: Iterable[guarded.Family]) -> None:
    for one in families:
        print(
            f"100 slices, {one.population}, {one.metric}: any fail {100 * one.any_fail:.1f} %, planted loss found "
            f"{100 * one.found:.0f} %, another slice {100 * one.other_fail:.1f} %"
        )


def _said(one: Missed) -> str:
    cell = one.cell
    sure = "" if one.clearly else " (within the error of measurement)"
    return f"{cell.population:<10} {cell.metric:<24} {cell.size:>9}: {100 * one.seen:.1f} %, {one.goal.text}{sure}"


def _write(
    found: Sequence[Population],
    cells: Sequence[Cell],
    grouped: Sequence[Cell],
    families: Sequence[guarded.Family],
    misses: Sequence[Missed],
    seconds: float,
) -> None:
    page = "calibration.md"
    judged = [cell for cell in (*cells, *grouped) if cell.judged >= LEAST]
    fewest, most = (pick(cell.judged for cell in judged) for pick in (min, max))
    said = f"It took {seconds / 60:.0f} minutes: {fewest:,} to {most:,} samples a cell, {len(judged):,} cells."
    write(page, "goals", [f"{machine()} {said}", "", *_summary(judged, misses)])
    write(page, "populations", _populations(found))
    lines: list[str] = []
    for task, title in _TITLES.items():
        names = [one.name for one in found if one.task is task]
        lines += [f"### {title}", "", *_cells([cell for cell in cells if cell.population in names]), ""]
    write(page, "cells", lines[:-1])
    write(page, "clusters", _cells(grouped))
    write(page, "guarded", _families(families))
    write(page, "misses", _misses(misses))


def _summary(judged: Sequence[Cell], misses: Sequence[Missed]) -> list[str]:
    rows = []
    for goal in GOALS:
        about = [one for one in judged if _applies(one, goal)]
        out = [one for one in misses if one.goal is goal]
        clear = sum(one.clearly for one in out)
        rows.append((goal.text, f"{len(about):,}", f"{len(about) - len(out):,}", f"{len(out) - clear:,}", f"{clear:,}"))
    return table(("goal", "cells", "met", "missed within the error", "missed clearly"), rows)


def _applies(cell: Cell, goal: Goal) -> bool:
    seen = getattr(cell, goal.field)
    return not math.isnan(seen) and (goal.high != 0.965 or (cell.n >= 1000 and cell.differing >= 20))


def _populations(found: Sequence[Population]) -> list[str]:
    rows = [(one.name, one.title, f"{len(one.labels):,}") for one in found]
    lines = table(("name", "rows are", "rows"), rows, right=2)
    absent = [name for name in _REAL if name not in {one.name for one in found}]
    return lines + [f"\n{', '.join(absent)}: {LEFT_OUT}."] if absent else lines


def _cells(cells: Sequence[Cell]) -> list[str]:
    """One row for each metric and population; the least size first, then the others."""
    sizes = list(dict.fromkeys(cell.size for cell in sorted(cells, key=lambda one: one.n) if not cell.least))
    any_least = any(cell.least for cell in cells)
    rows = []
    for (metric, population), many in groupby(
        sorted(cells, key=lambda one: _rank(cells, one)), key=lambda one: (one.metric, one.population)
    ):
        by_size = {("least" if one.least else one.size): one for one in many}
        shown = [_figures(by_size.get(size), size) for size in ([*(["least"] if any_least else []), *sizes])]
        rows.append((f"`{metric}`", population, *shown, _met(by_size.values())))
    head = ("metric", "population", *(["least size"] if any_least else []), *sizes, "goals")
    return table(head, rows, right=2)


def _rank(cells: Sequence[Cell], one: Cell) -> tuple[int, int]:
    metrics = list(dict.fromkeys(cell.metric for cell in cells))
    populations = list(dict.fromkeys(cell.population for cell in cells))
    return metrics.index(one.metric), populations.index(one.population)


def _figures(cell: Cell | None, size: str) -> str:
    if cell is None:
        return ""
    if cell.judged < LEAST:
        return f"{100 * cell.share:.0f} % judged"
    shares = (cell.coverage, cell.false_pass, cell.equal_fail)
    text = " / ".join("–" if math.isnan(share) else f"{100 * share:.1f}" for share in shares)
    text += " / " + ("–" if math.isnan(cell.power) else f"{100 * cell.power:.0f}")
    text = f"{100 * cell.share:.0f} % judged, {text}" if cell.share < _MOST else text
    return f"{cell.size}: {text}" if size == "least" else text


def _met(cells: Collection[Cell]) -> str:
    if all(cell.judged < LEAST for cell in cells):
        return "inconclusive"
    out = [one for cell in cells for one in missed(cell)]
    clear = [one for one in out if one.clearly]
    errors = [f"{one.goal.field.replace('_', ' ')} at {one.cell.size}" for one in clear if one.goal not in CAUTIOUS]
    if errors:
        return "**missed**: " + ", ".join(dict.fromkeys(errors))
    if clear:
        return "cautious"
    return "met, within the error" if out else "met"


def _families(families: Sequence[guarded.Family]) -> list[str]:
    rows = [
        (
            f"`{one.metric}`",
            one.population,
            f"{one.runs:,}",
            f"{100 * one.any_fail:.1f} %",
            "met" if one.any_fail <= 0.035 else "**missed**",
            f"{100 * one.found:.0f} %",
            f"{100 * one.other_fail:.1f} %",
        )
        for one in families
    ]
    head = (
        "metric",
        "population",
        "runs",
        "equal challenger fails any slice",
        "goal ≤ 3.5 %",
        "planted loss found",
        "another slice fails",
    )
    return table(head, rows, right=2)


def _misses(misses: Sequence[Missed]) -> list[str]:
    clear = [one for one in misses if one.clearly and one.goal not in CAUTIOUS]
    if not clear:
        return ["None: no goal is missed by more than twice the error of measurement."]
    rows = [
        (f"`{one.cell.metric}`", one.cell.population, one.cell.size, f"{100 * one.seen:.1f} %", one.goal.text)
        for one in clear
    ]
    return table(("metric", "population", "rows or units", "seen", "goal"), rows, right=2)
