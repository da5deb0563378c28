"""How much a challenger of equal quality agrees with the champion, and the error of their difference that follows.

Separate from ``inference/agreement.py``, which knows no metric, and from ``stages/plan.py``, which knows requirements.
The three scenarios are the lower quartiles of pairs of models that were retrained on real data: ``docs/planning.md``
has the table and its command.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.agreement import (
    agreement_at,
    differing_share,
    error_from_own,
    error_of_counts,
    error_of_proportion,
    influence_variance,
)
from mlgate.inference.table_pairs import PSEUDO_ROWS, heaviest
from mlgate.metrics.metric import ClassTable, Confusion, Flips, Hits, MeanLoss, Metric, Ranking
from mlgate.records.run import OVERALL
from mlgate.tables import Tally

__all__ = [
    "CLOSE",
    "FAR",
    "SCENARIOS",
    "USUAL",
    "Known",
    "Scenario",
    "at_agreement",
    "expected_flips",
    "given",
    "least_rows",
    "planned_error",
    "share_of",
    "table_of",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """How much a challenger of equal quality is supposed to agree with the champion."""

    name: str
    #: of decisions beyond chance, given the label (Cohen's kappa within a label).
    agreement: float
    #: correlation of the two models' losses per row.
    losses: float
    #: correlation of their placements (ROC AUC), and of all other influences that need the rows.
    rankings: float


#: The same recipe with another seed, a tenth more rows, or other parameters.
CLOSE = Scenario(name="close", agreement=0.82, losses=0.96, rankings=0.94)
#: The same recipe retrained on twice the rows.
USUAL = Scenario(name="usual", agreement=0.72, losses=0.93, rankings=0.89)
#: Another algorithm, or the same recipe on rows that have nothing in common.
FAR = Scenario(name="far", agreement=0.55, losses=0.76, rankings=0.73)
SCENARIOS = (CLOSE, USUAL, FAR)


def at_agreement(agreement: float) -> Scenario:
    """The scenario of that agreement of decisions; losses and rankings go with it, in straight lines between the three.

    Parameters
    ----------
    agreement
        Between 0 (two models that have nothing in common) and 1 (the same model).

    >>> at_agreement(1.0).losses, at_agreement(USUAL.agreement).rankings == USUAL.rankings
    (1.0, True)
    """
    known = [0.0, *(scenario.agreement for scenario in reversed(SCENARIOS)), 1.0]

    def along(values: Sequence[float]) -> float:
        return float(np.interp(agreement, known, [0.0, *values, 1.0]))

    return Scenario(
        name="given",
        agreement=agreement,
        losses=along([scenario.losses for scenario in reversed(SCENARIOS)]),
        rankings=along([scenario.rankings for scenario in reversed(SCENARIOS)]),
    )


def given(tally: Tally, share: float) -> Scenario | None:
    """The scenario in which decisions differ on that share of all rows; None where two models that are equally good
    cannot differ so much, or there are no decisions.
    """
    table = table_of(tally, OVERALL)
    agreement = math.nan if table is None else agreement_at(table, share)
    return at_agreement(agreement) if agreement >= 0 else None


def share_of(scenario: Scenario, tally: Tally) -> float | None:
    """Share of all rows on which the decisions differ in a scenario; None in regression."""
    table = table_of(tally, OVERALL)
    return None if table is None else differing_share(table, scenario.agreement)


def table_of(tally: Tally, name: str) -> Floats | None:
    """(classes, classes) counts of (label, champion's decision) on a slice; None in regression, or without rows."""
    if not tally.classes or name not in tally.slices:
        return None
    place = tally.slices.index(name)
    if tally.classes == 2:
        return np.asarray(tally.cells[place].reshape(2, 2, 2).sum(axis=2), dtype=np.float64)
    _, cell, count = tally.triples[tally.triples[:, 0] == place].T
    table = np.zeros((tally.classes,) * 2)
    label, champion, _ = np.unravel_index(cell, (tally.classes,) * 3)
    np.add.at(table, (label, champion), count)
    return table


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Known:
    """What is known of one metric on one slice (of a gap: on two) from the champion alone."""

    #: the champion's value and the standard error of it.
    value: float
    error: float
    rows: int
    #: units that the rows are worth; None when rows are independent.
    worth: float | None
    #: (classes, classes) counts of (label, decision), one for each slice; empty in regression.
    tables: Sequence[Floats]
    #: two-sided level of the interval that will be printed.
    confidence: float


def planned_error(metric: Metric, known: Known, scenario: Scenario) -> float:
    """Standard error of the difference between the champion and a challenger of equal quality; NaN where undefined."""
    match metric:
        case Confusion() | ClassTable():
            return _error_of_tables(metric, known, scenario.agreement)
        case Hits():
            return _error_of_hits(metric, known, scenario)
        case MeanLoss(name="cost" | "value"):
            # Money hangs on decisions, so it moves when they do.
            return error_from_own(known.error, scenario.agreement)
        case MeanLoss() | Ranking(key="error"):
            return error_from_own(known.error, scenario.losses)
        case _:
            return error_from_own(known.error, scenario.rankings)


def _error_of_hits(metric: Hits, known: Known, scenario: Scenario) -> float:
    variance = known.value * (1 - known.value)
    # Regression has no decisions: what is within a tolerance agrees as losses do.
    differing = 2 * (1 - (scenario.agreement if known.tables else scenario.losses)) * variance
    if metric.name == "accuracy" and known.tables:
        table = known.tables[0]
        _, differing = influence_variance(table, np.eye(len(table)), scenario.agreement)
    if not known.rows or math.isnan(differing):
        return math.nan
    return error_of_proportion(differing, known.rows / _design(known, variance / known.rows), known.confidence)


def expected_flips(metric: Flips, table: Floats, scenario: Scenario) -> float:
    """Share of rows that flip between two models of equal quality, each way as often as the other."""
    ways = metric.of(np.array([0, 1]), np.array([1, 0]))
    return differing_share(table, scenario.agreement) * float(np.mean(ways))


def least_rows(metric: Metric, rows: int, tables: Sequence[Floats]) -> int:
    """Rows at which the metric's minimum size would be met, with the classes as they are among these rows.

    Parameters
    ----------
    metric
        Whose minimum it is.
    rows
        How many there are.
    tables
        As in ``Known``.
    """
    minimum = metric.minimum
    times = [minimum.rows / rows if rows else 1.0]
    of_class = metric.of_class if isinstance(metric, Confusion) else None
    for full in tables:
        table = _two_by_two(full, of_class)
        have = table.sum(axis=1)
        if len(have) == 2:
            needed = ((minimum.negatives, have[0]), (minimum.positives, have[1]), (minimum.decided, table[:, 1].sum()))
            times += [least / count for least, count in needed if count]
        times += [minimum.each / count for count in have if count]
    return max(math.ceil(rows * max(times) - 1e-9), minimum.rows)


def _error_of_tables(metric: Confusion | ClassTable, known: Known, agreement: float) -> float:
    """Of one slice, or of the difference between two (their errors add in squares)."""
    parts = []
    for full in known.tables:
        table = _two_by_two(full, metric.of_class) if isinstance(metric, Confusion) else full
        plain = isinstance(metric, Confusion) and metric.paired
        # As in the interval, which deals the pseudo rows to the 8 joint cells.
        table = table + PSEUDO_ROWS / 4 if isinstance(metric, Confusion) and not plain else table
        influence = _influence(metric, table)
        parts.append((table, plain, *influence_variance(table, influence, agreement)))
    design = _design(known, sum(own / table.sum() for table, _, own, _ in parts))
    errors = [
        (
            _error_of_share(metric, table, paired, design, known.confidence)
            if plain and isinstance(metric, Confusion)
            else error_of_counts(paired * design / table.sum(), _most_moved(metric, table) * design, known.confidence)
        )
        for table, plain, _, paired in parts
    ]
    return math.hypot(*errors) if errors else math.nan


def _most_moved(metric: Confusion | ClassTable, table: Floats) -> float:
    """The most that one row, decided otherwise, moves the metric."""
    influence, rows = _influence(metric, table)[None], float(table.sum())
    return float(heaviest(influence, influence, (table.sum(axis=1) > 0)[None] / rows).max()) if rows else math.nan


def _error_of_share(metric: Confusion, table: Floats, paired: float, design: float, confidence: float) -> float:
    """A share among some of the rows: one of them counts 1 / (share of rows that count), squared in the variance."""
    assert metric.among is not None  # it is there for plain shares
    counted = float((table.ravel() * metric.among).sum())
    if not counted:
        return math.nan
    return error_of_proportion(paired * counted / float(table.sum()), counted / design, confidence)


def _two_by_two(table: Floats, of_class: int | None) -> Floats:
    """One class against all others; a binary table as it is."""
    if of_class is None:
        return table
    is_class = np.arange(len(table)) == of_class
    sides = (~is_class, is_class)
    return np.array([[table[np.ix_(label, decision)].sum() for decision in sides] for label in sides])


def _influence(metric: Confusion | ClassTable, table: Floats) -> Floats:
    cells = table.reshape(-1) if isinstance(metric, Confusion) else table
    return np.asarray(metric.influence(cells), dtype=np.float64).reshape(table.shape)


def _design(known: Known, plain: float) -> float:
    """How much units and weights inflate a variance: as they inflate that of the champion's own value, at least not at
    all, at most as if all rows of a unit were one.
    """
    if known.worth is None or not plain > 0:
        return 1.0
    return min(max(known.error**2 / plain, 1.0), max(known.rows / known.worth, 1.0))
