"""Tallies to exhibits: the small tables of numbers that a report draws beside its findings.

They are kept in the decision, so that a report can be written again from the decision alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mlgate.inference.proportions import wilson_interval
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Estimate, Evidence
from mlgate.tables import Tally

__all__ = ["calibration", "cells", "oddity_grid", "rates"]

Cell = str | float | int | None

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


def rates(found: Sequence[tuple[str, str, str, str, int, Estimate]], titles: Mapping[str, str]) -> Exhibit:
    """Rates per group of each sensitive attribute, for both models."""
    rows = tuple(
        (attribute, group, titles.get(group, group), metric, model, n, value.value, value.low, value.high)
        for attribute, group, metric, model, n, value in found
    )
    columns = ("attribute", "group", "group_title", "metric", "model", "rows", "value", "low", "high")
    return Exhibit(name="rates", columns=columns, rows=rows)


def calibration(tally: Tally, confidence: float) -> Exhibit:
    """Mean score against observed share, in bins of about equally many rows, for both models."""
    rows: list[tuple[Cell, ...]] = []
    ranks = tally.ranks
    if ranks is not None:
        for model in ("champion", "challenger") if tally.paired else ("challenger",):
            scores = ranks.champion if model == "champion" else ranks.challenger
            order = np.argsort(scores, kind="stable")
            score, label, weight = scores[order], ranks.labels[order], ranks.counts[order]
            place = np.minimum((np.cumsum(weight) - weight) * CALIBRATION_BINS // weight.sum(), CALIBRATION_BINS - 1)
            # Equal scores belong in one bin, whichever side of a boundary they were counted on.
            same = np.r_[False, score[1:] == score[:-1]]
            place = place[np.maximum.accumulate(np.where(same, 0, np.arange(len(score))))]
            for number in np.unique(place):
                inside = place == number
                n, hits = int(weight[inside].sum()), int((weight * label)[inside].sum())
                low, high = wilson_interval(hits, n, confidence)
                mean = float((weight * score)[inside].sum() / n)
                span = (float(score[inside].min()), float(score[inside].max()))
                rows.append((model, *span, n, mean, hits / n, float(low), float(high)))
    columns = ("model", "bin_low", "bin_high", "rows", "mean_score", "observed", "low", "high")
    return Exhibit(name="calibration", columns=columns, rows=tuple(rows))


def oddity_grid(
    answers: Sequence[tuple[str, str, str, bool, int, str]], evidence: Mapping[str, Evidence], base: Evidence | None
) -> Exhibit:
    """Oddity by model: whether it answered, and the metric on the oddity beside the one on the base case.

    Parameters
    ----------
    answers
        (name, title, model, answered, rows, reason)
    evidence
        Of the oddity metric, by oddity name.
    base
        Evidence of the same metric on the base case.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, title, model, answered, n, reason in answers:
        found = evidence.get(name)
        rows.append(
            (
                name,
                title,
                model,
                int(answered),
                n,
                found.metric if found else None,
                _value(base, model),
                _value(found, model),
                reason,
            )
        )
    columns = ("name", "title", "model", "answered", "rows", "metric", "base_value", "value", "reason")
    return Exhibit(name="oddities", columns=columns, rows=tuple(rows))


def _value(found: Evidence | None, model: str) -> float | None:
    if found is None:
        return None
    side = found.champion if model == "champion" else found.challenger
    return side.value if side is not None else None
