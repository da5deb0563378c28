"""One feature alone against the label: what predicts too well is mostly the label itself in another dress.

Separate from ``leakage.py`` because it reads columns, not rows. Everything is counted in ranks and groups, so that the
scale of a feature does not matter. Group means are taken without the rows that they are used on: a column of names must
not look like a good feature because every name has been seen with its label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section, Task

__all__ = ["Feature", "Label", "agreement_within", "auc_of", "observe_single_features", "power_of"]

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Parts in which group means are taken without the part that they are used on.
FOLDS = 5
#: A column of many numbers is cut into up to as many groups, of at least so many rows: fine ones, since the border
#: between two labels falls into a group.
GROUPS, ROWS_OF_GROUP = 1024, 10
#: Up to as many distinct values, each number is a group of its own.
FEW = 256
#: Rows that must repeat a value before it is said that values determine the label.
FEWEST = 30
#: Agreement of labels within values from which on they are said to determine it.
DETERMINED = 0.98
#: Share of distinct values from which on a column names rows.
NEAR_UNIQUE = 0.95
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
class _Power:
    """How well one feature alone does, in words and as a share of the way from chance to perfect."""

    figure: float
    share: float
    words: str


def observe_single_features(
    features: Sequence[Feature], label: Label, dataset: str, settings: LeakageSettings, champion: float | None = None
) -> tuple[Observation, ...]:
    """Each feature that alone predicts the label too well, identifiers and coded labels by that name.

    Parameters
    ----------
    features
        The columns, identifiers among them.
    label
        The truth.
    dataset
        Name of the data set.
    settings
        How well a feature may predict.
    champion
        What the champion reaches in the same measure (AUC, accuracy, R² of ranks), when there is one.

    Returns
    -------
    tuple of Observation
        One for each feature beyond its bound; when there is none, one that names the strongest.
    """
    bound = {Task.BINARY: settings.auc, Task.MULTICLASS: settings.accuracy_gain}.get(label.task, settings.rank_r2)
    limit = 2 * bound - 1 if label.task is Task.BINARY else bound
    if champion is not None:
        limit = min(limit, max(_share(champion, label), settings.floor))
    seen: list[Observation] = []
    strongest: tuple[Feature, _Power] | None = None
    for feature in features:
        if np.all(feature.order < 0):
            continue
        power = power_of(feature, label)
        if strongest is None or power.share > strongest[1].share:
            strongest = feature, power
        reason = ""
        if _determines(feature, label):
            check, title = "target_in_category", f"{feature.name} does not stand for {label.name}"
            reason = f"rows with the same {feature.name} have the same {label.name}; alone it reaches {power.words}"
        elif power.share >= limit and feature.names_rows and feature.values >= NEAR_UNIQUE * len(feature.order):
            check, title = "identifier", f"the order of {feature.name} does not tell {label.name}"
            reason = f"{feature.name} names rows, and its order alone reaches {power.words}"
        elif power.share >= limit:
            check, title = "single_feature", f"{feature.name} alone does not tell {label.name}"
            reason = f"{feature.name} alone reaches {power.words}"
        if reason:
            value = 1.0 if check == "target_in_category" else power.figure
            allowed = np.nextafter(_figure(limit, label), -np.inf) if value == power.figure else 0.0
            said = reason + _compared(champion, bound, label, power)
            seen.append(_observation(f"{check}/{feature.name}", title, said, dataset, value, allowed, label, settings))
    if not seen:
        title = f"no feature alone tells {label.name}"
        reason = "no feature has a value"
        if strongest is not None:
            reason = f"the strongest, {strongest[0].name}, alone reaches {strongest[1].words}"
        value = strongest[1].figure if strongest else np.nan
        said = reason + _compared(champion, bound, label, strongest[1] if strongest else None)
        allowed = _figure(limit, label)
        seen.append(_observation("single_feature/all", title, said, dataset, value, allowed, label, settings))
    return tuple(seen)


def power_of(feature: Feature, label: Label) -> _Power:
    """How well one feature alone predicts the label, by its order or by groups of its values, whichever is more."""
    group, count = _groups(feature)
    if label.task is Task.MULTICLASS:
        return _classes(group, count, label)
    target = label.values if label.task is Task.BINARY else _ranks(label.values)
    means = _means_elsewhere(group, count, target, label.folds)
    if label.task is Task.BINARY:
        ordered = auc_of(feature.order, label.values)
        figure = max(ordered, 1 - ordered, auc_of(np.unique(means, return_inverse=True)[1], label.values))
        return _Power(figure=figure, share=2 * figure - 1, words=f"an AUC of {figure:.4g}")
    spread = float(np.var(target))
    if spread == 0:
        return _Power(figure=0.0, share=0.0, words="no R² of ranks, since the label is constant")
    grouped = 1 - float(np.mean((target - means) ** 2)) / spread
    figure = max(grouped, _correlation(_ranks(feature.order.astype(np.float64)), target) ** 2, 0.0)
    return _Power(figure=figure, share=figure, words=f"an R² of ranks of {figure:.4g}")


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


def _determines(feature: Feature, label: Label) -> bool:
    """Whether the values of a category, or of a number with few values, determine the label.

    Enough rows must be of the rarer labels, or values would agree by accident.
    """
    if label.task is Task.REGRESSION or not (feature.category or feature.values <= FEW):
        return False
    classes = label.values.astype(np.intp)
    number = int(classes.max()) + 1
    agreed, rows = agreement_within(feature.order, feature.values, classes, number=number)
    rarer = 1 - float(np.max(np.bincount(classes))) / len(classes)
    return agreed >= DETERMINED and rows >= max(FEWEST, 0.05 * len(classes)) and rows * rarer >= 20


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


def _classes(group: Codes, count: int, label: Label) -> _Power:
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
    return _Power(
        figure=accuracy, share=_share(accuracy, label), words=words + f"{_information(guess, actual, number):.2f})"
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


def _usual(label: Label) -> float:
    return float(np.max(np.bincount(label.values.astype(np.intp)))) / len(label.values)


def _share(figure: float, label: Label) -> float:
    """A figure as a share of the way from chance to perfect."""
    if label.task is Task.MULTICLASS:
        usual = _usual(label)
        return (figure - usual) / (1 - usual) if usual < 1 else 0.0
    return 2 * figure - 1 if label.task is Task.BINARY else figure


def _figure(share: float, label: Label) -> float:
    if label.task is Task.MULTICLASS:
        usual = _usual(label)
        return usual + share * (1 - usual)
    return (share + 1) / 2 if label.task is Task.BINARY else share


def _compared(champion: float | None, bound: float, label: Label, power: _Power | None) -> str:
    stated = _figure(bound, label) if label.task is Task.MULTICLASS else bound
    most = f"{stated:.4g} is the most that one may reach"
    if champion is None:
        return f"; {most}"
    no_less = "no less than" if power is not None and power.figure >= champion else "less than"
    return f", {no_less} the champion with all features, {champion:.4g}; {most}"


def _observation(
    subject: str,
    title: str,
    reason: str,
    dataset: str,
    value: float,
    allowed: float,
    label: Label,
    settings: LeakageSettings,
) -> Observation:
    return Observation(
        id=f"{Section.DATA}/{dataset}/{subject}",
        section=Section.DATA,
        title=title,
        level=settings.level,
        reason=reason,
        dataset=dataset,
        value=float(value),
        at_most=float(allowed),
        rows=len(label.values),
    )
