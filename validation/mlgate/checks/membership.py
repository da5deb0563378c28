"""How well training rows can be told from others by a model's loss: what it gives away of whom it was trained on.

The attack of Yeom, Giacomelli, Fredrikson and Jha (2018, Privacy risk in machine learning, CSF): a row is taken for a
training row when its loss is at or below a threshold, and the advantage is the share of training rows that are told,
less the share of other rows that are taken for them. The threshold is sought on one half of the rows and the advantage
measured on the other, so that seeking flatters nobody. Rows of training and evaluation may differ by themselves; what
that is worth, the champion's advantage on the very same rows shows, all the more when it was trained on others.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.checks.interval_bound import Shown, about, against_bound, points
from mlgate.frozen import dataclass
from mlgate.inference.shares import difference_of_shares, less, paired_difference, rank_area
from mlgate.records.evidence import Estimate, Observation
from mlgate.records.model_settings import PrivacySettings
from mlgate.sentences import plural

__all__ = ["LEAST", "Losses", "observe_membership"]

Floats = NDArray[np.float64]

#: Rows of either side without which nothing is said.
LEAST = 200
TITLE = "membership advantage"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Losses:
    """Losses of both models on as many training rows as other rows, and which half each row is in."""

    #: (n, models) of training rows; the challenger is the last column.
    members: Floats
    #: (n, models) of rows that no model was trained on.
    others: Floats
    #: (n,) whether a row helps to seek the threshold.
    members_seek: NDArray[np.bool_]
    others_seek: NDArray[np.bool_]


def observe_membership(
    losses: Losses, settings: PrivacySettings, confidence: float
) -> tuple[tuple[Observation, ...], tuple[Shown, ...]]:
    """The challenger's advantage against the champion's and against its bound, and what the report shows.

    Parameters
    ----------
    losses
        Of the challenger, and of the champion where there is one.
    settings
        Margin, bound and level.
    confidence
        Of the intervals.
    """
    paired, rows = losses.members.shape[1] == 2, min(len(losses.members), len(losses.others))
    if rows < LEAST:
        if not paired and settings.at_most is None:
            return (), ()
        reason = f"{plural(rows, 'row')} of either side, at least {LEAST} needed"
        name = "privacy/advantage/" + ("not_worse" if paired else "at_most")
        return (about(name, f"{TITLE} can be measured", settings.level, reason, rows=rows),), ()
    told = [_told(losses, place) for place in range(losses.members.shape[1])]
    advantages = [difference_of_shares(members, others, confidence) for members, others in told]
    areas = [rank_area(losses.members[:, place], losses.others[:, place], confidence) for place in range(len(told))]
    measured = len(told[0][0]) + len(told[0][1])
    change = _change(told, confidence) if paired else None
    shown = tuple(
        Shown(
            name=name,
            title=title,
            unit=unit,
            champion=found[0] if paired else None,
            challenger=found[-1],
            difference=difference,
            rows=measured,
        )
        for name, title, unit, found, difference in (
            ("advantage", "membership advantage of the loss", "share", advantages, change),
            ("membership_auc", "ROC AUC of the loss", "number", areas, None),
        )
    )
    return _judged(advantages, change, settings, measured), shown


def _told(losses: Losses, place: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows of the other half are taken for training rows: of training rows, and of others."""
    members, others = losses.members[:, place], losses.others[:, place]
    threshold = _threshold(members[losses.members_seek], others[losses.others_seek])
    return members[~losses.members_seek] <= threshold, others[~losses.others_seek] <= threshold


def _threshold(members: Floats, others: Floats) -> float:
    """The loss that parts the two groups best: the largest difference of their shares at or below it."""
    candidates = np.unique(np.concatenate([members, others]))
    below = np.searchsorted(np.sort(members), candidates, "right") / max(len(members), 1)
    wrongly = np.searchsorted(np.sort(others), candidates, "right") / max(len(others), 1)
    return float(candidates[np.argmax(below - wrongly)]) if len(candidates) else math.nan


def _change(told: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]], confidence: float) -> Estimate:
    """Challenger's advantage less the champion's, row by row within each group."""
    (old_members, old_others), (new_members, new_others) = told
    return less(
        paired_difference(old_members, new_members, confidence), paired_difference(old_others, new_others, confidence)
    )


def _judged(
    advantages: list[Estimate], change: Estimate | None, settings: PrivacySettings, rows: int
) -> tuple[Observation, ...]:
    seen = []
    said = f"challenger {points(advantages[-1])}"
    if change is not None:
        title = f"{TITLE} at most {settings.margin * 100:g} points above the champion's"
        reason = f"{said}, champion {points(advantages[0])}: {points(change)} more"
        seen.append(
            against_bound(
                about("privacy/advantage/not_worse", title, settings.level, reason, rows=rows),
                change,
                at_most=settings.margin,
            )
        )
    if settings.at_most is not None:
        title = f"{TITLE} at most {settings.at_most:.3g}"
        seen.append(
            against_bound(
                about("privacy/advantage/at_most", title, settings.level, said, rows=rows),
                advantages[-1],
                at_most=settings.at_most,
            )
        )
    return tuple(seen)
