"""What holds when mlgate.yaml does not say otherwise, in one place.

Separate from the reading of the file because a comparison without a file uses the same defaults. Margins are absolute
and in the units of the metric. Plain values (the threshold, the mode, …) have their defaults in the records; ``BLANK``
holds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mlgate.records.run import OVERALL, GapRequirement, Grouping, Requirement, Run
from mlgate.records.settings import LabelSettings, Settings
from mlgate.records.words import Level, Rule

__all__ = [
    "BLANK",
    "GAP_MARGIN",
    "GAP_METRICS",
    "MARGIN",
    "default_gaps",
    "default_groupings",
    "default_oddity",
    "default_requirements",
]

#: how much worse the challenger may be over all rows; on slices and oddities, twice as much.
MARGIN = 0.01
#: how much a gap between groups may widen before the report calls it out.
GAP_MARGIN = 0.05
#: rates whose gaps between groups can be asked about.
GAP_METRICS = ("selection_rate", "recall", "false_positive_rate")

#: Every key that has a plain default, as if it stood in a file that says nothing.
BLANK = Settings(root=Path(), model="", title="", label=LabelSettings(column=""), data=(), run=Run(requirements=()))


def default_requirements(*, scores: bool, slices: bool) -> tuple[Requirement, ...]:
    """The requirements of a run that declares none.

    Parameters
    ----------
    scores
        Whether the models give probabilities; with decisions only, ``roc_auc`` and ``log_loss`` do not exist.
    slices
        Whether any slice is declared; then the same metrics are guarded on slices at twice the margin.
    """
    metrics = ("accuracy", "roc_auc", "log_loss") if scores else ("accuracy",)
    overall = tuple(
        Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.REQUIRED, on=OVERALL, margin=MARGIN)
        for metric in metrics
    )
    guarded = tuple(
        Requirement(metric=metric, rule=Rule.NOT_WORSE, level=Level.GUARDED, on="slices", margin=2 * MARGIN)
        for metric in metrics
    )
    return overall + guarded if slices else overall


def default_groupings(columns: Iterable[str]) -> tuple[Grouping, ...]:
    """One grouping for each column: every value is a slice."""
    return tuple(Grouping(columns=(column,)) for column in columns)


def default_gaps(attributes: Iterable[str]) -> tuple[GapRequirement, ...]:
    """Gaps between the groups of each attribute, shown and never blocking: how much may widen is for people to say."""
    return tuple(
        GapRequirement(metric=metric, attribute=name, rule=Rule.NOT_WORSE, level=Level.ADVISORY, margin=GAP_MARGIN)
        for name in attributes
        for metric in GAP_METRICS
    )


def default_oddity(*, scores: bool) -> Requirement:
    """By what oddity sets are judged: shown and never blocking, at twice the overall margin."""
    return Requirement(
        metric="log_loss" if scores else "accuracy",
        rule=Rule.NOT_WORSE,
        level=Level.ADVISORY,
        margin=2 * MARGIN,
        dataset="oddities",
    )
