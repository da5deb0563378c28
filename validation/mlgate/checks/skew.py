"""Training/serving skew: is a row, as production saw it, the row that the training side has?

Two pipelines compute the same feature, and one of them is wrong, late or rounded. Rows that both sides hold (the same
id) show it directly: no statistics are needed, because these are the same rows, not two samples.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.data_settings import SkewSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section
from mlgate.sentences import plural

__all__ = ["FeatureSkew", "differing", "observe_feature", "observe_scores"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureSkew:
    """One feature of the rows that both sides hold."""

    name: str
    #: rows that both sides hold, and those of them in which the feature differs.
    rows: int
    differing: int
    #: among the differing: rows in which one side alone has a value.
    missing: int = 0
    #: mean size of the difference where both have a number, and the standard deviation on the training side; NaN for
    #: what is no number, and for private columns.
    size: float = math.nan
    deviation: float = math.nan
    #: ids of the first differing rows.
    ids: str = ""


def differing(one: NDArray[np.float64], other: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Where two columns of numbers differ by more than a share of the larger one, (n,); nothing equals nothing.

    >>> differing(np.array([1.0, np.nan, 100.0]), np.array([1.001, np.nan, 100.1]), 0.01).tolist()
    [False, False, False]
    >>> differing(np.array([1.0, np.nan]), np.array([np.nan, 0.0]), 0.01).tolist()
    [True, True]
    """
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other) > tolerance * np.maximum(np.abs(one), np.abs(other))
    apart = np.where(np.isinf(one) | np.isinf(other), one != other, apart)
    found: NDArray[np.bool_] = np.where(np.isnan(one) | np.isnan(other), np.isnan(one) != np.isnan(other), apart)
    return found


def observe_feature(seen: FeatureSkew, *, dataset: str, against: str, settings: SkewSettings) -> Observation:
    """The share of shared rows in which a feature differs.

    Parameters
    ----------
    seen
        What was counted.
    dataset
        Name of the log or window.
    against
        Name of the training side, for title and reason.
    settings
        How much may differ.
    """
    share = seen.differing / seen.rows if seen.rows else math.nan
    return Observation(
        id=f"data/{dataset}/skew/{seen.name}",
        section=Section.DATA,
        title=f"{seen.name} in {dataset} is what {against} has for the same rows",
        level=settings.level,
        reason=_reason(seen, share, dataset, against),
        dataset=dataset,
        value=share,
        at_most=settings.most,
        rows=seen.rows,
        examples=f"ids {seen.ids}" if seen.ids else "",
    )


def _reason(seen: FeatureSkew, share: float, dataset: str, against: str) -> str:
    if not seen.rows:
        return f"no row of {dataset} is in {against}, so skew cannot be told"
    if not seen.differing:
        return f"equal in {'the one row' if seen.rows == 1 else f'all {seen.rows:,} rows'} that both hold"
    text = f"differs in {seen.differing:,} of {plural(seen.rows, 'row')} that both hold ({share:.2%})"
    if math.isfinite(seen.size):
        text += f", by {seen.size:.4g} on average"
        if seen.deviation > 0:
            text += f" ({seen.size / seen.deviation:.3g} standard deviations)"
    text += f"; in {seen.missing:,} of them one side has no value" if seen.missing else ""
    return text


def observe_scores(
    logged: NDArray[np.float64],
    now: NDArray[np.float64],
    *,
    dataset: str,
    version: str,
    others: int,
    settings: SkewSettings,
) -> Observation:
    """Whether the champion answers today what it answered in production.

    Parameters
    ----------
    logged
        (n,) or (n, classes) scores in the log, of rows that this version answered; NaN where none was logged.
    now
        Of the same shape: its scores of the same rows now.
    dataset
        Name of the log or window.
    version
        The champion's, as the log calls it.
    others
        Rows that other versions answered, which are not compared.
    settings
        How much may differ.
    """
    old, new = (scores[:, None] if scores.ndim == 1 else scores for scores in (logged, now))
    known = np.isfinite(old).all(axis=1)
    old, new = old[known], new[known]
    apart = np.abs(old - new).max(axis=1, initial=0.0)
    # Scores are compared on their own scale: a share of a score near 0 would be finer than the score was stored.
    changed = int(np.sum(apart > settings.tolerance * np.abs(old).max(axis=1, initial=1.0)))
    share = changed / len(old) if len(old) else math.nan
    left = [f"{plural(others, 'row')} of other versions"] if others else []
    left += [f"{plural(int((~known).sum()), 'row')} without a logged score"] if not known.all() else []
    if not len(old):
        reason = f"no row of {dataset} was scored by version {version}, so that its scores cannot be compared"
    elif changed:
        reason = (
            f"{changed:,} of {plural(len(old), 'score')} {'differs' if changed == 1 else 'differ'} from those logged"
            f" ({share:.2%}), by {apart.max():.4g} at most"
        )
    else:
        reason = f"all {len(old):,} scores are those logged"
    return Observation(
        id=f"data/{dataset}/score_skew/champion",
        section=Section.DATA,
        title=f"the champion answers as it did in {dataset}",
        level=settings.level,
        reason=reason + (f"; not compared: {' and '.join(left)}" if left else ""),
        dataset=dataset,
        value=share,
        at_most=settings.most,
        rows=len(old),
    )
