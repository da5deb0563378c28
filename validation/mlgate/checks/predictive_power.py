"""How well one column alone predicts the label: an AUC, an accuracy, or an R² of ranks.

Separate from ``single_features.py``, which holds the figures against bounds; stand-ins for attributes are measured with
them too. Everything is counted in ranks and groups, so that the scale of a feature does not matter. Group means are
taken without the rows that they are used on: a column of names must not look like a good feature because every name has
been seen with its label.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.words import Task

__all__ = [
    "FEW",
    "FOLDS",
    "Feature",
    "Label",
    "Power",
    "agreement_within",
    "auc_of",
    "figure_of",
    "power_of",
    "share_of",
]

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Parts in which group means are taken without the part that they are used on.
FOLDS = 5
#: A column of many numbers is cut into up to as many groups, of at least so many rows: fine ones, since the border
#: between two labels falls into a group.
GROUPS, ROWS_OF_GROUP = 1024, 10
#: Up to as many distinct values, each number is a group of its own.
FEW = 256
#: A table of groups and classes larger than this is not made.
CELLS = 20_000_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Feature:
    """One column as places in the order of its distinct values, (n,); -1 where missing."""

    name: str
    order: Codes
    #: number of distinct values.
    values: int
    #: texts and other values that are no quantities.
    category: bool = False
    #: declared as an identifier, or made of texts or whole numbers, so that it can be one.
    names_rows: bool = False


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Label:
    """What is to be predicted, without missing values."""

    name: str
    task: Task
    #: (n,) binary: 0 and 1; several classes: class codes; regression: numbers.
    values: NDArray[np.float64]
    #: (n,) part of each row, 0 to 4, by its content and never by its place.
    folds: Codes


@dataclass(frozen=True, kw_only=True, slots=True)
class Power:
    """How well one feature alone does, in words and as a share of the way from chance to perfect."""

    figure: float
    share: float
    words: str


def power_of(feature: Feature, label: Label) -> Power:
    """How well one feature alone predicts the label, by its order or by groups of its values, whichever is more."""
    group, count = _groups(feature)
    if label.task is Task.MULTICLASS:
        return _classes(group, count, label)
    target = label.values if label.task is Task.BINARY else _ranks(label.values)
    means = _means_elsewhere(group, count, target, label.folds)
    if label.task is Task.BINARY:
        ordered = auc_of(feature.order, label.values)
        figure = max(ordered, 1 - ordered, auc_of(np.unique(means, return_inverse=True)[1], label.values))
        return Power(figure=figure, share=2 * figure - 1, words=f"an AUC of {figure:.4g}")
    spread = float(np.var(target))
    if spread == 0:
        return Power(figure=0.0, share=0.0, words="no R² of ranks, since the label is constant")
    grouped = 1 - float(np.mean((target - means) ** 2)) / spread
    figure = max(grouped, _correlation(_ranks(feature.order.astype(np.float64)), target) ** 2, 0.0)
    return Power(figure=figure, share=figure, words=f"an R² of ranks of {figure:.4g}")


def auc_of(order: Codes, positive: NDArray[np.float64]) -> float:
    """Area under the ROC curve of an ordering, ties counted half; 0.5 when there is one class only.

    >>> auc_of(np.array([0, 1, 1, 2]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.875
    """
    shifted = order - order.min() if len(order) else order
    total = np.bincount(shifted).astype(np.float64)
    hits = np.bincount(shifted, weights=positive, minlength=len(total))
    misses = total - hits
    if not hits.sum() or not misses.sum():
        return 0.5
    below = np.cumsum(misses) - misses
    return float(np.sum(hits * (below + misses / 2)) / (hits.sum() * misses.sum()))


def agreement_within(group: Codes, count: int, classes: Codes, *, number: int) -> tuple[float, int]:
    """How often two rows with the same value have the same label, from 0 (as any two rows) to 1 (always), and the rows.

    Only rows whose value comes more than once speak.

    >>> agreement_within(np.array([0, 0, 1, 1]), 2, np.array([0, 0, 1, 1]), number=2)
    (1.0, 4)
    """
    shares = np.bincount(classes, minlength=number) / max(len(classes), 1)
    inside = group >= 0
    cells, rows = np.unique(group[inside] * number + classes[inside], return_counts=True)
    sizes = np.bincount(group[inside], minlength=count).astype(np.float64)
    same = np.bincount(cells // number, weights=rows * (rows - 1.0), minlength=count)
    many = sizes > 1
    speaking = int(sizes[many].sum())
    by_chance = float(np.sum(shares**2))
    if not speaking or by_chance >= 1:
        return 0.0, speaking
    agreed = float(np.sum(same[many] / (sizes[many] - 1)) / speaking)
    return (agreed - by_chance) / (1 - by_chance), speaking


def _groups(feature: Feature) -> tuple[Codes, int]:
    """Groups of a feature's values: each of few values, of every category, or stretches of many numbers."""
    if feature.category or feature.values <= FEW:
        return np.where(feature.order < 0, feature.values, feature.order), feature.values + 1
    there = feature.order >= 0
    sizes = np.bincount(feature.order[there], minlength=feature.values)
    middle = np.cumsum(sizes) - sizes / 2
    number = max(min(GROUPS, len(feature.order) // ROWS_OF_GROUP), 1)
    stretch = np.minimum((middle * number / max(sizes.sum(), 1)).astype(np.intp), number - 1)
    group = np.full(len(feature.order), number, dtype=np.intp)
    group[there] = stretch[feature.order[there]]
    return group, number + 1


def _means_elsewhere(group: Codes, count: int, target: Floats, folds: Codes) -> Floats:
    """Mean of the target in each row's group over the other parts, drawn to the mean of all by one row's weight."""
    cell = group * FOLDS + folds
    rows = np.bincount(cell, minlength=count * FOLDS).reshape(count, FOLDS).astype(np.float64)
    sums = np.bincount(cell, weights=target, minlength=count * FOLDS).reshape(count, FOLDS)
    # One mean for all parts: a mean of the other parts would tell of the part, and so a little of the label.
    overall = float(np.mean(target))
    means = (sums.sum(axis=1, keepdims=True) - sums + overall) / (rows.sum(axis=1, keepdims=True) - rows + 1)
    found: Floats = means.reshape(-1)[cell]
    return found


def _classes(group: Codes, count: int, label: Label) -> Power:
    """Accuracy of the most frequent class among the other rows of the same value, and the information that it holds."""
    actual = label.values.astype(np.intp)
    number = int(actual.max()) + 1
    shares = np.bincount(actual, minlength=number) / len(actual)
    usual = int(np.argmax(shares))
    guess = np.full(len(actual), usual)
    places = np.cumsum(np.bincount(group, minlength=count) > 1) - 1
    several = np.flatnonzero(np.bincount(group, minlength=count)[group] > 1)
    if len(several) and (places[-1] + 1) * number <= CELLS:
        inner = places[group[several]]
        cell = inner * number + actual[several]
        table = np.bincount(cell, minlength=(places[-1] + 1) * number).reshape(-1, number)
        held, back = np.unique(cell, return_inverse=True)
        others = table[held // number] + shares  # ties go to the class that is more frequent everywhere
        others[np.arange(len(held)), held % number] -= 1
        guess[several] = np.argmax(others, axis=1)[back]
    accuracy = float(np.mean(guess == actual))
    words = (
        f"an accuracy of {accuracy:.4g} (the most frequent class: {shares[usual]:.4g}; normalised mutual information "
    )
    return Power(
        figure=accuracy, share=share_of(accuracy, label), words=words + f"{_information(guess, actual, number):.2f})"
    )


def _information(first: Codes, second: Codes, number: int) -> float:
    """Mutual information of two codings over the mean of their entropies; 0 when both are constant."""
    joint = np.bincount(first * number + second, minlength=number**2).reshape(number, number) / len(first)

    def entropy(shares: Floats) -> float:
        some = shares[shares > 0]
        return -float(np.sum(some * np.log(some)))

    ours, theirs = entropy(joint.sum(axis=1)), entropy(joint.sum(axis=0))
    return 2 * (ours + theirs - entropy(joint.ravel())) / (ours + theirs) if ours + theirs > 0 else 0.0


def _ranks(values: Floats) -> Floats:
    """Average ranks, (n,)."""
    order, sizes = np.unique(values, return_inverse=True, return_counts=True)[1:]
    ranks: Floats = (np.cumsum(sizes) - (sizes - 1) / 2)[order]
    return ranks


def _correlation(first: Floats, second: Floats) -> float:
    ours, theirs = first - first.mean(), second - second.mean()
    size = float(np.sqrt(np.sum(ours**2) * np.sum(theirs**2)))
    return float(np.sum(ours * theirs)) / size if size else 0.0


def most_frequent(label: Label) -> float:
    return float(np.max(np.bincount(label.values.astype(np.intp)))) / len(label.values)


def share_of(figure: float, label: Label) -> float:
    """A figure as a share of the way from chance to perfect."""
    if label.task is Task.MULTICLASS:
        usual = most_frequent(label)
        return (figure - usual) / (1 - usual) if usual < 1 else 0.0
    return 2 * figure - 1 if label.task is Task.BINARY else figure


def figure_of(share: float, label: Label) -> float:
    if label.task is Task.MULTICLASS:
        usual = most_frequent(label)
        return usual + share * (1 - usual)
    return (share + 1) / 2 if label.task is Task.BINARY else share
