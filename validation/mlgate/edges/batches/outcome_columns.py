"""Columns that hold what happened or what a model answered: a slice by one of them conditions on the outcome.

Separate from ``search_columns.py``, which asks only what a column is, not what it tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlgate.edges.arrays import from_numbers, numeric, to_floats
from mlgate.edges.arrow_functions import take
from mlgate.metrics.answering import answers_of
from mlgate.records.rows import Batch
from mlgate.records.run import Run
from mlgate.records.words import Task
from mlgate.search.levels import SearchColumn

__all__ = ["determined", "determining", "ranking"]

#: Rows on which numbers are compared, and the rank correlation, AUC or lambda from which on a column tells the outcome.
COMPARED, SAME, AUC, LAMBDA = 2_000, 0.99, 0.99, 0.98
#: Rows of a decided class, and of the rest, without which an AUC says nothing.
FEWEST = 10
#: Rows on which most columns are dismissed, the lambda below which they are, and how many rows the majority must leave.
GLANCED, DISMISSED, ENOUGH = 20_000, 0.8, 20

LABEL, ANSWERS, DECISIONS = "it tells the label", "it tells the {}'s answers", "it tells the {}'s decisions"

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


def ranking(table: pa.Table, batch: Batch, run: Run) -> dict[str, str]:
    """Columns of numbers that rank the rows as an outcome does, and why each is left out.

    Where two equally good models disagree, each is wrong on half of the rows; conditions on their own answers pick the
    half that one of them has wrong, and accuse it of what the other does elsewhere. Numbers are held against the scores
    of each model (and the label, in regression) by rank correlation, and against each class that a model decides by the
    AUC; of several classes the largest of as many columns is held against the decisions, too.

    Parameters
    ----------
    table
        The rows.
    batch
        The same rows as the models answered them, with identities.
    run
        Says the task and the thresholds.
    """
    rows = _some(batch, COMPARED)
    some = _taken(batch, rows)
    scores = {ANSWERS.format(role): side for role, side in _sides(some)}
    if run.task is Task.REGRESSION:
        scores[LABEL] = some.labels
    ranked = [
        (because, _ranks(side if side.ndim == 1 else side[:, place]))
        for because, side in scores.items()
        for place in range(1 if side.ndim == 1 else side.shape[1])
    ]
    decided = _decisions(some, run)
    read = take(table, from_numbers(rows))
    numbers = {
        name: to_floats(read.column(name)) for name in read.column_names if numeric(table.schema.field(name).type)
    }
    found = dict[str, str]()
    for name, values in numbers.items():
        ranks = _ranks(values)
        told = (because for because, one in ranked if abs(_correlation(ranks, one)) >= SAME)
        parted = (because for because, classes in decided.items() if _tells_apart(ranks, classes))
        because = next(told, None) or next(parted, None)
        if because is not None:
            found[name] = because
    return {**_class_scores(numbers, decided, len(run.classes)), **found}


def determining(columns: Sequence[SearchColumn], batch: Batch, run: Run) -> dict[str, str]:
    """Columns whose levels determine the label or a model's decisions (see ``determined``), and why each is left out.

    Parameters
    ----------
    columns
        As they are searched.
    batch
        The same rows, with identities.
    run
        Says the task and the thresholds.
    """
    if run.task is Task.REGRESSION:
        return {}
    rows = _some(batch, GLANCED)
    glance, whole = _outcomes(_taken(batch, rows), run), dict[str, Ints]()
    found = dict[str, str]()
    for column in columns:
        codes = column.codes[rows]
        for because, outcome in glance.items():
            if _rest(outcome) >= ENOUGH and determined(codes, outcome) < DISMISSED:
                continue
            whole = whole or _outcomes(batch, run)
            if determined(column.codes, whole[because]) >= LAMBDA:
                found[column.name] = because
                break
    return found


def determined(codes: Ints, outcome: Ints) -> float:
    """Share of the rows outside the most frequent outcome that the levels of a column explain; 0 where there are none.

    Goodman and Kruskal's lambda (Journal of the American Statistical Association 49, 1954).

    Parameters
    ----------
    codes
        (n,) level of each row, from 0.
    outcome
        (n,) class of each row, from 0.

    >>> determined(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1]))
    1.0
    >>> determined(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    0.0
    """
    rest = _rest(outcome)
    if rest == 0:
        return 0.0
    classes = int(outcome.max()) + 1
    cells = np.multiply(codes, classes, dtype=np.intp)
    cells += outcome
    counts = np.bincount(cells, minlength=(int(codes.max()) + 1) * classes).reshape(-1, classes)
    return 1 - (len(outcome) - int(counts.max(axis=1).sum())) / rest


def _rest(outcome: Ints) -> int:
    """Rows outside the most frequent class."""
    return len(outcome) - int(np.bincount(outcome).max(initial=0))


def _some(batch: Batch, most: int) -> NDArray[np.intp]:
    """Places of ``most`` rows, chosen by what they are, ascending."""
    assert batch.identity is not None
    if len(batch.identity) <= most:
        return np.arange(len(batch.identity))
    return np.sort(np.argpartition(batch.identity, most - 1)[:most])


def _taken(batch: Batch, rows: NDArray[np.intp]) -> Batch:
    champion = None if batch.champion is None else batch.champion[rows]
    return Batch(labels=batch.labels[rows], champion=champion, challenger=batch.challenger[rows], columns={})


def _sides(batch: Batch) -> Iterator[tuple[str, NDArray[Any]]]:
    if batch.champion is not None:
        yield "champion", batch.champion
    yield "challenger", batch.challenger


def _decisions(batch: Batch, run: Run) -> dict[str, Ints]:
    """What each model decides, by the reason that a column which tells it is left out for; none in regression."""
    found = {DECISIONS.format(role): answers_of(run, batch, role).decisions for role, _ in _sides(batch)}
    return {because: decisions for because, decisions in found.items() if decisions is not None}


def _outcomes(batch: Batch, run: Run) -> dict[str, Ints]:
    return {LABEL: batch.labels, **_decisions(batch, run)}


def _tells_apart(ranks: Floats, classes: Ints) -> bool:
    """Whether a number tells some class from the rest by its rank alone (AUC near 1 or 0)."""
    sizes = np.bincount(classes)
    usable = (sizes >= FEWEST) & (len(classes) - sizes >= FEWEST)
    # With centred ranks, the mean rank of a class is (AUC - 1/2) times the number of the other rows.
    sums = np.bincount(classes, weights=ranks)[usable]
    sizes = sizes[usable]
    return bool((np.abs(sums) >= (AUC - 0.5) * sizes * (len(classes) - sizes)).any())


def _class_scores(numbers: Mapping[str, Floats], decided: Mapping[str, Ints], classes: int) -> dict[str, str]:
    """Columns that stand side by side, or by turns with another model's, and of which the largest is the decision."""
    names, found = list(numbers), dict[str, str]()
    if classes < 3:
        return found
    for step in (1, 2):
        for first in range(len(names) - step * (classes - 1)):
            window = names[first : first + step * classes : step]
            largest = np.argmax([numbers[name] for name in window], axis=0)
            for because, decisions in decided.items():
                if determined(largest, decisions) >= LAMBDA:
                    found.update({name: found.get(name, because) for name in window})
    return found


def _ranks(values: NDArray[Any]) -> Floats:
    """Centred ranks, (n,); ties share theirs, and missing values are one more value."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True, equal_nan=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place.ravel()]
    return np.asarray(ranks - ranks.mean(), dtype=np.float64)


def _correlation(first: Floats, second: Floats) -> float:
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 0 else 0.0
