"""Metrics of many classes: shares of rows, and means over classes of what each class has against all others.

A class that no row has and no decision names is left out of every mean. ``f1_macro`` and ``f1_weighted`` then equal
scikit-learn's ``f1_score``, which reads the classes off labels and decisions. ``recall_macro`` also leaves out a class
without rows, whose recall is nothing divided by nothing: it equals scikit-learn's ``balanced_accuracy_score``, and
``recall_score`` with ``labels=`` the classes that rows have.

>>> import numpy as np
>>> from mlgate.records.rows import Answers
>>> rows = Answers(labels=np.array([0, 1, 2]), decisions=np.array([0, 1, 1]),
...                scores=np.array([[0.5, 0.3, 0.2], [0.3, 0.6, 0.1], [0.1, 0.6, 0.3]]))
>>> float(CLASS_ACCURACY.of(rows).mean().round(4)), float(F1_MICRO.of(rows).mean().round(4))
(0.6667, 0.6667)
>>> float(top_k_accuracy(2).of(rows).mean())
1.0
>>> table = np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0]])  # the same rows: labels down, decisions across
>>> float(F1_MACRO.value(table).round(4)), float(F1_WEIGHTED.value(table).round(4))  # (1 + 2/3 + 0) / 3, twice
(0.5556, 0.5556)
>>> float(RECALL_MACRO.value(table).round(4))  # (1 + 1 + 0) / 3
0.6667
>>> against_others = np.array([1.0, 1, 0, 1])  # the same rows, second class against the others
>>> float(recall_of("b", 1).value(against_others)), float(precision_of("b", 1).value(against_others))
(1.0, 0.5)
"""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlgate.metrics.metric import ClassTable, Confusion, Hits, Minimum, quotient, spelled
from mlgate.metrics.overlap import PRECISION
from mlgate.metrics.proportions import RECALL
from mlgate.records.rows import Answers

__all__ = [
    "CLASS_ACCURACY",
    "F1_MACRO",
    "F1_MICRO",
    "F1_WEIGHTED",
    "RECALL_MACRO",
    "precision_of",
    "recall_of",
    "top_k_accuracy",
]

Floats = NDArray[np.float64]

_ROWS = Minimum(rows=30)
_MACRO = Minimum(rows=100, each=20)


def _right(rows: Answers) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = rows.labels == rows.decisions
    return right


CLASS_ACCURACY = Hits(name="accuracy", title="Accuracy", greater_is_better=True, minimum=_ROWS, of=_right)
"""Share of rows decided rightly.

Source: Fawcett 2006.
"""

F1_MICRO = Hits(name="f1_micro", title="Micro F1", greater_is_better=True, minimum=_ROWS, of=_right)
"""F1 of all classes' decisions counted together: with one label and one decision per row it is the accuracy.

Source: Manning, Raghavan and Schütze 2008.
"""


@cache
def top_k_accuracy(k: int) -> Hits:
    """Share of rows whose label is among the ``k`` classes that score highest; of tied classes the first counts.

    Source: scikit-learn's ``top_k_accuracy_score``, which lets the last of tied classes count.
    """

    def of(rows: Answers) -> NDArray[np.bool_]:
        assert rows.scores is not None
        label = rows.labels.astype(np.intp)[:, None]
        own = np.take_along_axis(rows.scores, label, axis=1)
        tied_before = (rows.scores == own) & (np.arange(rows.scores.shape[1]) < label)
        among: NDArray[np.bool_] = ((rows.scores > own) | tied_before).sum(axis=1) < k
        return among

    return Hits(
        name=f"top_k_accuracy({spelled(k)})",
        title=f"Top-{k} accuracy",
        greater_is_better=True,
        minimum=_ROWS,
        of=of,
        scores=True,
    )


@cache
def recall_of(name: str, place: int) -> Confusion:
    """Share of the rows of one class, ``CLASS``, that are decided so.

    Source: Fawcett 2006.
    """
    return dataclasses.replace(RECALL, name=f"recall({name})", title=f"Recall of {name}", of_class=place)


@cache
def precision_of(name: str, place: int) -> Confusion:
    """Share of the decisions for one class, ``CLASS``, that are right.

    Source: Fawcett 2006.
    """
    return dataclasses.replace(PRECISION, name=f"precision({name})", title=f"Precision of {name}", of_class=place)


def _sums(table: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Per class: rows decided rightly, rows, and decisions, (…, classes); all rows, (…, 1)."""
    table = np.asarray(table, dtype=np.float64)
    right = np.diagonal(table, axis1=-2, axis2=-1)
    return right, table.sum(axis=-1), table.sum(axis=-2), table.sum(axis=(-2, -1))[..., None]


def _f1s(table: Floats) -> tuple[Floats, Floats]:
    """F1 of each class against all others, NaN for a class that does not occur; and its influence by cell.

    F1 of a class is H/A with H twice its hits and A its rows and decisions: influence n (2 hit - F1 (row + decision))/A
    """
    right, labels, decisions, rows = _sums(table)
    each = quotient(2 * right, labels + decisions)
    one = np.eye(table.shape[-1])
    hit = 2 * one[:, :, None] * one[:, None, :]
    counted = one[:, :, None] + one[:, None, :]
    weight = quotient(np.broadcast_to(rows, each.shape), labels + decisions)
    return each, weight[..., None, None] * (hit - each[..., None, None] * counted)


def _over_classes(weights: Floats, each: Floats) -> Floats:
    """Sum over classes of weight times value; a class of NaN counts nothing, whatever its weight."""
    extra = each.ndim - weights.ndim
    wide = weights.reshape(*weights.shape, *(1 for _ in range(extra)))
    summed: Floats = (wide * np.nan_to_num(each)).sum(axis=-1 - extra)
    return summed


def _even(each: Floats) -> Floats:
    """The same weight for every class that has a value; NaN where no class has."""
    known = ~np.isnan(each)
    return quotient(known.astype(np.float64), np.broadcast_to(known.sum(axis=-1, keepdims=True), each.shape))


def _f1_macro(table: Floats) -> Floats:
    each, _ = _f1s(table)
    return _over_classes(_even(each), each)


def _f1_macro_influence(table: Floats) -> Floats:
    each, influence = _f1s(table)
    return _over_classes(_even(each), influence)


def _f1_weighted(table: Floats) -> Floats:
    each, _ = _f1s(table)
    _, labels, _, rows = _sums(table)
    return _over_classes(quotient(labels, np.broadcast_to(rows, labels.shape)), each)


def _f1_weighted_influence(table: Floats) -> Floats:
    """Each class's F1 moves by its own influence, and its weight by having one row more of the label."""
    each, influence = _f1s(table)
    _, labels, _, rows = _sums(table)
    moved = _over_classes(quotient(labels, np.broadcast_to(rows, labels.shape)), influence)
    return moved + np.nan_to_num(each)[..., :, None] - _f1_weighted(table)[..., None, None]


def _recall_macro(table: Floats) -> Floats:
    right, labels, _, _ = _sums(table)
    each = quotient(right, labels)
    return _over_classes(_even(each), each)


def _recall_macro_influence(table: Floats) -> Floats:
    right, labels, _, rows = _sums(table)
    each = quotient(right, labels)
    weight = _even(each) * np.nan_to_num(quotient(np.broadcast_to(rows, labels.shape), labels))
    influence: Floats = weight[..., :, None] * (np.eye(table.shape[-1]) - np.nan_to_num(each)[..., :, None])
    return influence


F1_MACRO = ClassTable(
    name="f1_macro",
    title="Macro F1",
    greater_is_better=True,
    minimum=_MACRO,
    value=_f1_macro,
    influence=_f1_macro_influence,
    span=(0.0, 1.0),
)
"""Mean over classes of each class's F1 against all others; a class without rows and without decisions is left out.

Source: Opitz and Burst 2019, the mean of F1s; influence by the delta method.
"""

F1_WEIGHTED = ClassTable(
    name="f1_weighted",
    title="Weighted F1",
    greater_is_better=True,
    minimum=Minimum(rows=100),
    value=_f1_weighted,
    influence=_f1_weighted_influence,
    span=(0.0, 1.0),
)
"""Mean over classes of each class's F1 against all others, weighted by the class's rows.

Source: scikit-learn's ``f1_score(average="weighted")``; influence by the delta method.
"""

RECALL_MACRO = ClassTable(
    name="recall_macro",
    title="Macro recall",
    greater_is_better=True,
    minimum=_MACRO,
    value=_recall_macro,
    influence=_recall_macro_influence,
    span=(0.0, 1.0),
)
"""Mean over classes of each class's recall; a class without rows is left out.

Source: Brodersen, Ong, Stephan and Buhmann 2010, as balanced accuracy of many classes.
"""
