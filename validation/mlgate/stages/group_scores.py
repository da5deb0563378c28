"""Batches to what the curves of groups are drawn from: counts of scores in fixed bins, and exact sums, per model.

Separate from ``add_up`` because it serves pictures and the last digits of means, not verdicts: ROC and reliability of
each group come from these bins, so that memory does not grow with the rows, and means per group agree with a plain mean
of the rows to 1e-12, where fixed point alone comes to 1e-9. Everything is a sum of whole numbers, so batches merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.errors import DataError, nearest
from mlgate.inference.group_bins import TENTHS, GroupScores, edges_of, tenths_of
from mlgate.metrics import MeanLoss, find
from mlgate.records.fairness import MOST_GROUPS, group_rates
from mlgate.records.rows import Answers, Batch, Coded
from mlgate.records.run import Grouping, Run
from mlgate.records.words import Task
from mlgate.slices import assign
from mlgate.tables import SCORE_SCALE, Tally
from mlgate.threads import in_threads

__all__ = ["add_scores", "check_attributes", "exact_values"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Bits below the fixed point of losses that exact sums keep.
_MORE_BITS = 22
#: Rows that are summed at a time: sums of 30-bit numbers stay exact in float64.
_CHUNK = 1 << 20


def check_attributes(attributes: Iterable[Grouping], columns: Mapping[str, Coded], rows: int) -> None:
    """Make sure that every attribute has groups that can be compared.

    Raises
    ------
    DataError
        A column is not there, is cut and holds text, or has too many values.
    """
    for attribute in attributes:
        cut = dict(attribute.cuts)
        for column in attribute.columns:
            if column not in columns:
                raise DataError(
                    f'the sensitive attribute "{column}" is not in the data; {nearest(column, columns)} It need not be '
                    "a feature of the model, but the rows that are judged must have it."
                )
            values = columns[column].values
            text = next((value for value in values if isinstance(value, str)), None)
            if column in cut and text is not None:
                raise DataError(
                    f'the sensitive attribute "{column}" is cut at numbers but holds the text "{text[:60]}"; leave its '
                    "cuts out, so that each value is a group."
                )
            if column not in cut and len(values) > MOST_GROUPS:
                present = len(np.unique(columns[column].codes))
                if present > MOST_GROUPS:
                    raise DataError(_too_many(column, present, rows, numbers=text is None))


def _too_many(column: str, values: int, rows: int, *, numbers: bool) -> str:
    what = f'the sensitive attribute "{column}" has {values:,} values'
    if values > rows / 2 and not numbers:
        return (
            f"{what} in {rows:,} rows, as names and identifiers have: such rows are no groups. Name a column whose "
            f"values people share, at most {MOST_GROUPS} of them."
        )
    advice = f"cut it into ranges, such as --cuts {column}=25,40,60" if numbers else "take a coarser column"
    return f"{what}; all pairs of groups are compared, of at most {MOST_GROUPS}: {advice}."


def add_scores(run: Run, batches: Iterable[Batch]) -> GroupScores:
    """Bins and exact sums of all rows, per group.

    Parameters
    ----------
    run
        Its groupings are the attributes; its scales are fixed.
    batches
        Rows in any order and partition, unweighted.
    """
    edges = edges_of(run)
    parts = [_add(run, batch, edges) for batch in batches]
    names = tuple(sorted({name for part in parts for name in part.slices}))
    if len(parts) == 1 and parts[0].slices == names:
        return parts[0]
    places = [np.array([names.index(name) for name in part.slices], dtype=np.intp) for part in parts]

    def together(arrays: list[Ints]) -> Ints:
        first = arrays[0]
        total = np.zeros((first.shape[0], len(names), *first.shape[2:]), dtype=np.int64)
        for place, array in zip(places, arrays, strict=True):
            total[:, place] += array
        return total

    return GroupScores(
        slices=names,
        counts=together([part.counts for part in parts]),
        sums=together([part.sums for part in parts]),
        totals={name: together([part.totals[name] for part in parts]) for name in parts[0].totals},
    )


def _add(run: Run, batch: Batch, edges: Floats) -> GroupScores:
    membership = assign(run.groupings, batch.columns, len(batch.labels))
    slices = len(membership.names)
    answers = [batch.challenger] + ([] if batch.champion is None else [batch.champion])
    curves = run.task is Task.BINARY and run.scores
    bins = len(edges) + 1 if curves else 0
    counts = np.zeros((len(answers), slices, 2, bins), dtype=np.int64)
    sums = np.zeros((len(answers), slices, TENTHS if curves else 0), dtype=np.int64)
    scales = dict(run.scales)
    means = [find(name, run) for name in group_rates(run.task, run.classes, scores=run.scores)]
    exact = [metric for metric in means if isinstance(metric, MeanLoss)]
    totals = {metric.name: np.zeros((len(answers), slices, 2), dtype=np.int64) for metric in exact}

    def add(place: tuple[int, int]) -> None:
        model, start = place
        part = slice(start, start + _CHUNK)
        codes, labels, given = membership.codes[part], batch.labels[part], answers[model][part]
        found = [_binned(given, labels, edges)] if curves else []
        limbs = {metric.name: _limbs(_plain(metric, labels, given), _scale(metric, scales)) for metric in exact}
        for group in codes.T:
            inside = slice(None) if group.min(initial=0) >= 0 else group >= 0
            where = group[inside].astype(np.int64)
            for cell, tenth, score in found:
                flat = np.bincount(where * (2 * bins) + cell[inside], minlength=slices * 2 * bins)
                counts[model] += flat.reshape(slices, 2, bins)
                flat = np.bincount(where * TENTHS + tenth[inside], weights=score[inside], minlength=slices * TENTHS)
                sums[model] += flat.astype(np.int64).reshape(slices, TENTHS)
            for name, both in limbs.items():
                for limb, values in enumerate(both):
                    flat = np.bincount(where, weights=values[inside], minlength=slices)
                    totals[name][model, :, limb] += flat.astype(np.int64)

    # Models fill in different places; the parts of one model are taken one after the other.
    def add_model(model: int) -> None:
        for start in range(0, len(batch.labels), _CHUNK):
            add((model, start))

    in_threads(add_model, range(len(answers)))
    return GroupScores(slices=membership.names, counts=counts, sums=sums, totals=totals)


def _binned(scores: Floats, labels: NDArray[Any], edges: Floats) -> tuple[Ints, Ints, Floats]:
    """Per row: (label, bin) as one number, the tenth, and the score in units of 2^-24."""
    place = np.searchsorted(edges, scores, side="right")
    cells = labels.astype(np.int64) * (len(edges) + 1) + place
    return cells, tenths_of(edges)[place], np.rint(scores * SCORE_SCALE)


def _plain(metric: MeanLoss, labels: NDArray[Any], given: NDArray[Any]) -> Floats:
    """What is averaged, of scores as the models gave them."""
    return metric.of(Answers(labels=labels, scores=given, decisions=None))


def _scale(metric: MeanLoss, scales: Mapping[str, int]) -> int:
    return scales[metric.name] if metric.scale is None else metric.scale.bit_length() - 1


def _limbs(values: Floats, scale: int) -> tuple[Floats, Floats]:
    scaled = np.ldexp(values, scale)
    high = np.rint(scaled)
    return high, np.rint(np.ldexp(scaled - high, _MORE_BITS))


def exact_values(run: Run, scores: GroupScores, tally: Tally) -> dict[str, Floats]:
    """Means of every group of the tally as correctly rounded quotients, per metric (models, slices)."""
    found = {}
    scales = dict(run.scales)
    places = {name: place for place, name in enumerate(scores.slices)}
    for name, limbs in scores.totals.items():
        metric = find(name, run)
        assert isinstance(metric, MeanLoss)  # totals are kept of nothing else
        unit = 1 << (_scale(metric, scales) + _MORE_BITS) if _scale(metric, scales) + _MORE_BITS >= 0 else 1
        lift = 1 << max(0, -(_scale(metric, scales) + _MORE_BITS))
        values = np.full((len(limbs), len(tally.slices)), np.nan)
        for place, (slice_name, rows) in enumerate(zip(tally.slices, tally.rows.tolist(), strict=True)):
            if not rows:
                continue
            for model, (high, low) in enumerate(limbs[:, places[slice_name]].tolist()):
                # Whole numbers divide to the nearest float.
                values[model, place] = ((high << _MORE_BITS) + low) * lift / (unit * rows)
        found[name] = np.sqrt(values) if metric.root else values
    return found
