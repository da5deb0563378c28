"""How sure models are of their answers, and what becomes of their quality when unsure answers are withheld.

Three views of the same scores: the share of answers whose class scores less than a threshold; conformal sets, which
hold the true class of a stated share of rows whatever the model (split conformal prediction: Vovk, Gammerman and
Shafer 2005; Lei and others 2018), so that a model is judged by how often a set is not a single class; and, where a
threshold is stated, what a model still answers that abstains below it. Sets are calibrated on one half of the rows and
counted on the other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.checks.interval_bound import Shown, about, against_bound, points
from mlgate.frozen import dataclass
from mlgate.inference.shares import paired_difference, share
from mlgate.records.evidence import Estimate, Observation
from mlgate.records.model_settings import CertaintySettings
from mlgate.sentences import plural

__all__ = ["LEAST", "Scored", "observe_certainty"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Rows without which nothing is said.
LEAST = 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scored:
    """Class scores of independent rows."""

    #: (n,) index of the true class.
    labels: NDArray[np.intp]
    #: by model, the challenger last: (n, classes).
    scores: tuple[Floats, ...]
    #: (n,) whether a row helps to calibrate the sets.
    calibrates: Flags


def observe_certainty(
    scored: Scored, settings: CertaintySettings, confidence: float
) -> tuple[tuple[Observation, ...], tuple[Shown, ...]]:
    """What was seen of both models' certainty, and what the report shows.

    Parameters
    ----------
    scored
        Of the challenger, and of the champion where there is one.
    settings
        Thresholds, margins, bounds and level.
    confidence
        Of the intervals.
    """
    rows = len(scored.labels)
    if rows < LEAST:
        if len(scored.scores) < 2 and settings.at_most is None and settings.reject_below is None:
            return (), ()
        reason = f"{plural(rows, 'row')}, at least {LEAST} needed"
        return (about("certainty/measured", "certainty can be measured", settings.level, reason, rows=rows),), ()
    best = [scores.max(axis=1) for scores in scored.scores]
    unsure = _shown(
        "unsure",
        f"answers below a score of {settings.threshold:g}",
        [one < settings.threshold for one in best],
        confidence,
    )
    sets = [_sets(scored, scores, settings.coverage) for scores in scored.scores]
    truth = scored.labels[~scored.calibrates]
    held = _shown(
        "covered",
        "conformal sets that hold the true class",
        [one[np.arange(len(one)), truth] for one in sets],
        confidence,
    )
    wide = _shown(
        "sets",
        f"conformal sets at {settings.coverage:.0%} that are not a single class",
        [one.sum(axis=1) != 1 for one in sets],
        confidence,
    )
    seen = [one for shown in (unsure, wide) for one in _not_worse(shown, settings)]
    if settings.at_most is not None:
        title = f"share of {unsure.title} at most {settings.at_most:.3g}"
        said = f"challenger {points(unsure.challenger)}"
        draft = about("certainty/unsure/at_most", title, settings.level, said, rows=rows)
        seen.append(against_bound(draft, unsure.challenger, at_most=settings.at_most))
    rejected, more = _rejecting(scored, best, settings, confidence)
    return (*seen, *more), (unsure, wide, held, *rejected)


def _shown(name: str, title: str, flags: list[Flags], confidence: float) -> Shown:
    shares = [share(one, confidence) for one in flags]
    paired = len(flags) == 2
    return Shown(
        name=name,
        title=title,
        unit="share",
        champion=shares[0] if paired else None,
        challenger=shares[-1],
        difference=paired_difference(flags[0], flags[1], confidence) if paired else None,
        rows=len(flags[0]),
    )


def _sets(scored: Scored, scores: Floats, coverage: float) -> Flags:
    """Which classes are in the set of each row that did not calibrate, (m, classes)."""
    truth = scored.labels[scored.calibrates]
    strange = np.sort(1.0 - scores[scored.calibrates][np.arange(len(truth)), truth])
    place = math.ceil((len(strange) + 1) * coverage) - 1
    # Of too few rows no finite limit covers what is promised: then every class is in the set.
    limit = strange[place] if place < len(strange) else math.inf
    found: Flags = 1.0 - scores[~scored.calibrates] <= limit
    return found


def _not_worse(shown: Shown, settings: CertaintySettings) -> list[Observation]:
    if shown.difference is None or shown.champion is None:
        return []
    title = f"share of {shown.title} at most {settings.margin * 100:g} points above the champion's"
    said = f"challenger {points(shown.challenger)}, champion {points(shown.champion)}: {points(shown.difference)} more"
    draft = about(f"certainty/{shown.name}/not_worse", title, settings.level, said, rows=shown.rows)
    return [against_bound(draft, shown.difference, at_most=settings.margin)]


def _rejecting(
    scored: Scored, best: list[Floats], settings: CertaintySettings, confidence: float
) -> tuple[tuple[Shown, ...], tuple[Observation, ...]]:
    """A model that abstains below a score: how many rows it answers, and how many of these rightly."""
    if settings.reject_below is None:
        return (), ()
    said = f"abstaining below {settings.reject_below:g}"
    answered = [one >= settings.reject_below for one in best]
    shown = _shown("answered", f"rows answered when {said}", answered, confidence)
    right = [
        share(scores[kept].argmax(axis=1) == scored.labels[kept], confidence)
        for scores, kept in zip(scored.scores, answered)
    ]
    rows = int(answered[-1].sum())
    quality = Shown(
        name="answered_accuracy",
        title=f"accuracy of the rows answered when {said}",
        unit="share",
        champion=right[0] if len(right) == 2 else None,
        challenger=right[-1],
        difference=None,  # of different rows, so that there is no pair
        rows=rows,
    )
    seen = []
    for one, bound, name in (
        (shown, settings.answered_at_least, "answered"),
        (quality, settings.accuracy_at_least, "answered_accuracy"),
    ):
        if bound is not None:
            reason = f"challenger {points(one.challenger)}" if one.rows else "it answers no row"
            draft = about(
                f"certainty/{name}/at_least", f"{one.title} at least {bound:g}", settings.level, reason, rows=one.rows
            )
            known: Estimate = one.challenger
            seen.append(against_bound(draft, known, at_least=bound) if one.rows else draft)
    return (shown, quality), tuple(seen)
