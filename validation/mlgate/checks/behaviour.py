"""What moves a model's answers although it must not: from wrong rows to shares, and from shares to observations.

The models were asked elsewhere (``commands/model_steps/behaviour.py``); here are their answers to one question each:
which rows were answered wrongly by the challenger, and which by the champion. A share of rows has an interval, and the
interval is what is judged. A bound of 0 is another matter: that a row moves is then a fact about the model and no
estimate, so one such row fails, and none of those that were asked about passes; the reason says how many these were.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.proportions import tango_interval, wilson_interval
from mlgate.records.behaviour_settings import Limit
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section
from mlgate.scipy_parts import ndtri

__all__ = ["Question", "Seen", "Share", "observe", "share_of", "worth_of"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Seen:
    """What one model did when it was asked one question."""

    #: (n,) rows that it answered wrongly; without any when ``problem`` says that it gave no legal answer.
    wrong: Flags
    problem: str = ""
    #: why nothing can be said of it, such as that it answers at random.
    unsure: str = ""
    #: about the row that moved most, such as "the most by 0.31"; empty when none did.
    worst: str = ""
    #: that row by its id, where it may be named.
    example: str = ""
    #: why there was nothing to ask, such as "its signature does not ask for sex".
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked of both models."""

    #: stable and readable, such as ``behaviour/monotone/income``.
    id: str
    #: a sentence's beginning: "answers do not depend on the order of rows".
    title: str
    #: what a wrong row does: "get another answer".
    does: str
    limit: Limit
    #: rows that the question does not apply to, and why it does not.
    left_out: int = 0
    because_left_out: str = ""
    #: independent rows that one row is worth: below 1 where rows belong together.
    worth: float = 1.0
    #: whether it weighs less where the champion does the same.
    yardstick: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share of rows with its interval; NaN without rows."""

    hits: int
    rows: int
    value: float
    low: float
    high: float


def share_of(wrong: Flags, confidence: float, worth: float = 1.0) -> Share:
    """How many rows are wrong, with Wilson's interval.

    Parameters
    ----------
    wrong
        (n,) rows.
    confidence
        Of the two-sided interval.
    worth
        Independent rows that each is worth; counts are scaled by it.

    >>> found = share_of(np.array([True, False, False, False]), 0.95)
    >>> found.hits, found.value, round(found.low, 3), round(found.high, 3)
    (1, 0.25, 0.046, 0.699)
    """
    hits, rows = int(np.count_nonzero(wrong)), len(wrong)
    low, high = wilson_interval(hits * worth, rows * worth, confidence)
    return Share(hits=hits, rows=rows, value=hits / rows if rows else math.nan, low=float(low), high=float(high))


def worth_of(units: NDArray[np.generic] | None) -> float:
    """Independent rows that one row is worth, N / Σ n_g²: 1 without units, less where rows of one unit are alike.

    >>> worth_of(np.array([1, 1, 2, 2])), worth_of(None)
    (0.5, 1.0)
    """
    if units is None or not len(units):
        return 1.0
    _, sizes = np.unique(units, return_counts=True)
    return float(len(units) / np.sum(sizes.astype(np.float64) ** 2))


def observe(question: Question, challenger: Seen, champion: Seen | None, confidence: float) -> Observation:
    """One question, as both models took it.

    Parameters
    ----------
    question
        What was asked, and how large a share may be.
    challenger, champion
        The same rows in the same order; None without a champion.
    confidence
        Of the intervals.
    """
    limit, level = question.limit, question.limit.level
    bounds: tuple[float | None, float | None] = (None, limit.at_most)
    if challenger.problem:
        value, reason = 1.0, f"the challenger gives no legal answer: {challenger.problem}"
        bounds = (None, 0.0)
        if champion is not None and champion.problem:
            reason += "; nor does the champion"
            level = Level.ADVISORY if question.yardstick else level
    elif challenger.unsure:
        value, reason = math.nan, f"this cannot be told of the challenger: {challenger.unsure}"
        if question.yardstick and champion is not None and champion.unsure:
            level, reason = Level.ADVISORY, f"{reason}; nor does the champion"
    elif not len(challenger.wrong):
        value, reason = math.nan, f"there is no row to ask about{_left_out(question)}"
    elif limit.not_worse is not None:
        value, reason = _beside_champion(question, challenger, champion, confidence)
        bounds = (-limit.not_worse, None)
        level = Level.ADVISORY if champion is None else level
    else:
        value, reason = _alone(question, challenger, confidence)
        reason += _champion(champion) if challenger.wrong.any() else ""
        if question.yardstick and challenger.wrong.any() and champion is not None and champion.wrong.any():
            level, reason = Level.ADVISORY, f"{reason}, so it does not block"
    return Observation(
        id=question.id,
        section=Section.BEHAVIOUR,
        title=question.title,
        level=level,
        reason=reason,
        because=limit.because,
        dataset="base_case",
        value=value,
        at_least=bounds[0],
        at_most=bounds[1],
        rows=len(challenger.wrong),
        examples=challenger.example if challenger.wrong.any() else "",
    )


def _alone(question: Question, challenger: Seen, confidence: float) -> tuple[float, str]:
    """The challenger's share against a bound; NaN where its interval does not decide."""
    share, bound = share_of(challenger.wrong, confidence, question.worth), question.limit.at_most or 0.0
    told = _told(question, challenger, share)
    if bound == 0 and not share.hits:
        more = "" if challenger.note else f"; of all such rows at most {_percent(share.high)} would"
        return 0.0, f"{told}{more}"
    if bound == 0:
        return share.value, told
    allowed = f"{told}; allowed are {_percent(bound)}"
    # A model that cannot know of a change is not moved by it: nothing is estimated there.
    if challenger.note or share.high <= bound or share.low > bound:
        return share.value, allowed
    needed = _needed(bound, confidence) / question.worth
    return math.nan, f"{allowed}, so these rows cannot tell" + (
        f" (it takes {math.ceil(needed):,} at least)" if share.rows < needed else ""
    )


def _needed(bound: float, confidence: float) -> float:
    """Rows from which Wilson's interval of no hit at all lies below a bound: z² (1 - b) / b.

    >>> round(_needed(0.01, 0.95))
    380
    """
    return float(ndtri(0.5 + confidence / 2) ** 2 * (1 - bound) / bound)


def _beside_champion(
    question: Question, challenger: Seen, champion: Seen | None, confidence: float
) -> tuple[float, str]:
    """How much smaller the challenger's share is; NaN where the interval of the difference does not decide."""
    told = _told(question, challenger, share_of(challenger.wrong, confidence, question.worth))
    if champion is None:
        return math.nan, f"no champion to compare with; {told}"
    if champion.problem or champion.unsure or len(champion.wrong) != len(challenger.wrong):
        return math.nan, f"{told}{_champion(champion)}"
    gained = int(np.count_nonzero(champion.wrong & ~challenger.wrong))
    lost = int(np.count_nonzero(challenger.wrong & ~champion.wrong))
    rows, margin = len(challenger.wrong), question.limit.not_worse or 0.0
    up, down, all_rows = (part * question.worth for part in (gained, lost, rows))
    low, high = map(float, tango_interval(up, down, all_rows, confidence))
    better = (gained - lost) / rows
    told += (
        f"{_champion(champion)}; that is {_points(-better)} ({_points(-high)} to {_points(-low)}), "
        f"allowed are {_points(margin)}"
    )
    if challenger.note and not lost:
        return max(better, -margin), told
    if low > -margin:
        return better, told
    if high < -margin:
        return better, told
    return math.nan, f"{told}, so these rows cannot tell"


def _told(question: Question, seen: Seen, share: Share) -> str:
    """What the challenger did, in words."""
    rows = f"{share.rows:,} row{'s' if share.rows != 1 else ''}"
    if seen.note:
        return f"{seen.note}{_left_out(question)}"
    if not share.hits:
        return f"none of {rows} {question.does}{_left_out(question)}"
    told = f"{share.hits:,} of {rows} {question.does}"
    told += f" ({_percent(share.value)}; {_percent(share.low)} to {_percent(share.high)})"
    return told + (f", {seen.worst}" if seen.worst else "") + _left_out(question)


def _left_out(question: Question) -> str:
    if not question.left_out:
        return ""
    return f"; {question.left_out:,} left out, {question.because_left_out}"


def _champion(champion: Seen | None) -> str:
    if champion is None:
        return ""
    if champion.problem:
        return f"; the champion gives no legal answer: {champion.problem}"
    if champion.unsure:
        return f"; this cannot be told of the champion: {champion.unsure}"
    hits = int(np.count_nonzero(champion.wrong))
    return f"; of the champion {hits:,} do" if hits else "; of the champion none does"


def _percent(share: float) -> str:
    """A share of rows, short.

    >>> _percent(0.0148), _percent(0.5), _percent(0.0)
    ('1.5 %', '50 %', '0 %')
    """
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.3g} %"


def _points(difference: float) -> str:
    """A difference of shares in percentage points.

    >>> _points(0.0148), _points(-0.0)
    ('+1.5 points', '0 points')
    """
    points = 100 * difference
    return f"{points:+.2g} points" if abs(points) >= 5e-4 else "0 points"
