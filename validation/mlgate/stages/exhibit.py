"""Tallies to exhibits: the small tables of numbers that a report draws beside its findings.

They are kept in the decision, so that a report can be written again from the decision alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.checks.oddity import Trial
from mlgate.inference.proportions import wilson_interval
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Estimate, Evidence
from mlgate.records.losses import Losses
from mlgate.records.run import OVERALL, Run
from mlgate.tables import Tally
from mlgate.threads import in_threads

__all__ = ["calibration", "cells", "classes", "money", "oddity_grid", "predictions"]

Cell = str | float | int | None
Floats = NDArray[np.float64]

#: Calibration is shown in bins of about equally many rows.
CALIBRATION_BINS = 10


def cells(tallies: Mapping[str, Tally], titles: Mapping[str, str]) -> Exhibit:
    """Joint counts of (label, champion decision, challenger decision) per data set and slice."""
    rows: list[tuple[Cell, ...]] = []
    for dataset, tally in tallies.items():
        for name, counts in zip(tally.slices, tally.cells, strict=True):
            rows.append((dataset, name, titles.get(name, name), *(int(value) for value in counts)))
    return Exhibit(
        name="cells",
        columns=("dataset", "slice", "slice_title", "n000", "n001", "n010", "n011", "n100", "n101", "n110", "n111"),
        rows=tuple(rows),
    )


def calibration(tally: Tally, confidence: float) -> Exhibit:
    """Binary: mean score against observed share, in bins of about equally many rows, for both models."""
    rows: list[tuple[Cell, ...]] = []
    sides = list(_scored(tally, classes=2))
    for (model, _, _), found in zip(sides, in_threads(_calibrated, sides), strict=True):
        for low_score, high_score, n, mean, hits in found:
            low, high = wilson_interval(hits, n, confidence)
            rows.append((model, low_score, high_score, n, mean, hits / n, float(low), float(high)))
    columns = ("model", "bin_low", "bin_high", "rows", "mean_score", "observed", "low", "high")
    return Exhibit(name="calibration", columns=columns, rows=tuple(rows))


def _calibrated(side: tuple[str, Floats, NDArray[Any]]) -> list[tuple[float, float, int, float, int]]:
    """Lowest and highest score, rows, mean score and positive rows of each bin; equal scores are in one bin."""
    _, scores, labels = side
    if not len(scores):
        return []
    # Scores are not negative, so their bits sort as they do, and the label fits in behind them.
    bits = (scores + 0.0).view(np.uint64)
    bits <<= np.uint64(1)
    bits |= labels.astype(np.uint64)
    bits.sort()
    positive = (bits & np.uint64(1)).astype(np.int8)
    bits >>= np.uint64(1)
    ordered = bits.view(np.float64)
    cuts = [len(ordered) * place // CALIBRATION_BINS for place in range(1, CALIBRATION_BINS)]
    starts = sorted(set(np.searchsorted(ordered, np.append(0.0, ordered[cuts])).tolist()))
    found = []
    for low, high in zip(starts, [*starts[1:], len(ordered)], strict=True):
        n, hits = high - low, int(positive[low:high].sum(dtype=np.int64))
        found.append((float(ordered[low]), float(ordered[high - 1]), n, _sum(ordered[low:high]) / n, hits))
    return found


def _sum(shares: Floats) -> float:
    """Sum of numbers in [0, 1], rounded once as that of ``math.fsum``, in whole numbers of 2^-90."""
    total, rest = 0, shares
    for _ in range(3):
        rest = rest * 2.0**30
        whole = np.floor(rest)
        total = (total << 30) + int(whole.astype(np.int64).sum())
        rest = rest - whole
    return total / 2**90


def predictions(tally: Tally) -> Exhibit:
    """Regression: mean prediction against mean label, in bins of about equally many rows, for both models."""
    rows: list[tuple[Cell, ...]] = []
    for model, answers, labels in _scored(tally, classes=0):
        for place in _bins(answers):
            inside, n = answers[place], len(place)
            means = (math.fsum(inside) / n, math.fsum(labels[place]) / n)
            rows.append((model, float(inside.min()), float(inside.max()), n, *means))
    columns = ("model", "low", "high", "rows", "mean_prediction", "mean_label")
    return Exhibit(name="predictions", columns=columns, rows=tuple(rows))


def _scored(tally: Tally, classes: int) -> Iterator[tuple[str, NDArray[np.float64], NDArray[Any]]]:
    """(model, answers, labels) of the rows that were kept, in a task of that many classes."""
    kept = tally.kept
    if kept is None or tally.classes != classes:
        return
    if kept.champion is not None:
        yield "champion", kept.champion, kept.labels
    yield "challenger", kept.challenger, kept.labels


def _bins(values: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Rows of each bin; bins hold about equally many rows, and equal values are in one bin."""
    cuts = [len(values) * place // CALIBRATION_BINS for place in range(1, CALIBRATION_BINS)]
    edges = np.unique(np.partition(values, cuts)[cuts]) if len(values) else values
    place = np.searchsorted(edges, values, side="right")
    for number in range(len(edges) + 1):
        inside = np.flatnonzero(place == number)
        if len(inside):
            yield inside


def classes(run: Run, tally: Tally) -> Exhibit:
    """Multiclass: recall and precision of every class, for both models, over all rows."""
    rows: list[tuple[Cell, ...]] = []
    place, cell, count = tally.triples.T
    overall = place == tally.slices.index(OVERALL)
    label, first, second = np.unravel_index(cell[overall], (max(tally.classes, 1),) * 3)
    for model, decision in (("champion", first), ("challenger", second))[0 if tally.paired else 1 :]:
        for metric, among in (("recall", label), ("precision", decision)):
            for number, name in enumerate(run.classes):
                n = int(count[overall][among == number].sum())
                hits = int(count[overall][(label == number) & (decision == number)].sum())
                low, high = wilson_interval(hits, n, run.confidence)
                rows.append((name, n, metric, model, hits / n if n else None, *_known(float(low), float(high))))
    columns = ("class", "rows", "metric", "model", "value", "low", "high")
    return Exhibit(name="classes", columns=columns, rows=tuple(rows))


def _known(*numbers: float) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(number) else number for number in numbers)


def money(run: Run, evidence: Sequence[Evidence], titles: Mapping[str, str]) -> Exhibit:
    """What decisions cost or are worth, per row and in total, for both models and for the change, on every slice."""
    rows: list[tuple[Cell, ...]] = []
    for found in evidence:
        if run.money is None or found.metric != run.money.kind or found.than != "champion":
            continue
        sides = (("champion", found.champion), ("challenger", found.challenger), ("improvement", found.improvement))
        for model, side in sides:
            if side is not None:
                total = tuple(number * found.rows for number in (side.value, side.low, side.high))
                name = titles.get(found.slice, found.slice)
                rows.append((name, found.rows, model, *_known(side.value, *total)))
    columns = ("slice", "rows", "model", "mean", "total", "low", "high")
    return Exhibit(name="money", columns=columns, rows=tuple(rows))


def oddity_grid(trials: Sequence[tuple[Trial, Losses | None]], base: Evidence | None) -> Exhibit:
    """Oddity by model: whether it answered, and what it lost by the metric against the same rows of the base case.

    Parameters
    ----------
    trials
        Each with what both models lost; None where that was not measured.
    base
        Evidence of the same metric on the base case.
    """
    rows: list[tuple[Cell, ...]] = []
    for trial, losses in trials:
        for model in ("champion", "challenger") if trial.champion else ("challenger",):
            problem: str = getattr(trial, f"{model}_problem")
            change: Estimate | None = getattr(losses, model, None)
            # A loss is above 0 when the model got worse.
            lost = () if change is None else _known(-change.value, -change.high, -change.low)
            values = [getattr(losses, f"{part}_{model}", None) for part in ("base", "odd")]
            clean, odd = _known(*(math.nan if value is None else value for value in values))
            answered = int(not (problem or trial.breakdown))
            metric = losses.metric if losses is not None and change is not None else None
            reason = problem or trial.breakdown
            rows.append(
                (
                    *(trial.name, trial.title, model, answered, trial.rows, metric),
                    *(_value(base, model) if clean is None else clean, odd, reason, trial.family),
                    *(lost or (None, None, None)),
                )
            )
    columns = ("name", "title", "model", "answered", "rows", "metric", "base_value", "value", "reason", "family")
    return Exhibit(name="oddities", columns=(*columns, "loss", "loss_low", "loss_high"), rows=tuple(rows))


def _value(found: Evidence | None, model: str) -> float | None:
    if found is None:
        return None
    side = found.champion if model == "champion" else found.challenger
    return side.value if side is not None else None
