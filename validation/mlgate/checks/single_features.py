"""One feature alone against the label: what predicts too well is mostly the label itself in another dress.

Separate from ``leakage.py`` because it reads columns, not rows, and from ``predictive_power.py``, which has no bounds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlgate.checks.predictive_power import FEW, Feature, Label, Power, agreement_within, figure_of, power_of, share_of
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section, Task

__all__ = ["observe_single_features"]

#: Rows that must repeat a value before it is said that values determine the label.
FEWEST = 30
#: Agreement of labels within values from which on they are said to determine it.
DETERMINED = 0.98
#: Share of distinct values from which on a column names rows.
NEAR_UNIQUE = 0.95


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
    champion = None if champion is None or np.isnan(champion) else champion
    if champion is not None:
        limit = min(limit, max(share_of(champion, label), settings.floor))
    seen: list[Observation] = []
    strongest: tuple[Feature, Power] | None = None
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
            allowed = np.nextafter(figure_of(limit, label), -np.inf) if value == power.figure else 0.0
            said = reason + _compared(champion, bound, label, power)
            seen.append(_observation(f"{check}/{feature.name}", title, said, dataset, value, allowed, label, settings))
    if not seen:
        title = f"no feature alone tells {label.name}"
        reason = "no feature has a value"
        if strongest is not None:
            reason = f"the strongest, {strongest[0].name}, alone reaches {strongest[1].words}"
        value = strongest[1].figure if strongest else np.nan
        said = reason + _compared(champion, bound, label, strongest[1] if strongest else None)
        allowed = figure_of(limit, label)
        seen.append(_observation("single_feature/all", title, said, dataset, value, allowed, label, settings))
    return tuple(seen)


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


def _compared(champion: float | None, bound: float, label: Label, power: Power | None) -> str:
    stated = figure_of(bound, label) if label.task is Task.MULTICLASS else bound
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
