"""What the models do with strange input: do they answer at all, is the answer legal, and where the right answer is to
refuse, do they refuse and say why?

A trial is one oddity set put to both models. What the answers lose in quality is not judged here; that is compared with
the base case in ``stages/compare_losses.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.run import Requirement
from mlgate.records.words import Level, Section
from mlgate.sentences import plural

__all__ = ["Trial", "astray", "names_a_column", "observe", "vanished"]

#: Rows in which a class is answered by the champion, and in the base case, before its absence is no chance.
SEEN = 20

#: How far the answer to a row may be from its answer in the base case and still be the same: other sizes of batches add
#: up floats in another order. Of predictions, in standard deviations of the base case's.
TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """One oddity set and how both models took it."""

    name: str
    title: str
    rows: int
    #: whether there is a champion at all.
    champion: bool
    family: str = ""
    #: empty when the model gave a legal answer; else what went wrong.
    champion_problem: str = ""
    challenger_problem: str = ""
    #: the set itself could not be made or put: a breakdown of the check.
    breakdown: str = ""
    #: ``answer``, ``refuse`` (an error that names a column), or ``either`` of them: what is right.
    expect: str = "answer"
    #: columns that differ from the base case's.
    touched: tuple[str, ...] = ()
    #: level of everything about this set, where somebody gave it one of its own.
    level: Level | None = None
    #: what the loss of quality is held against; None: only answers are asked for.
    asked: Requirement | None = None
    #: the base case's rows that came again, each once, with what both models answered there.
    base: Batch | None = None
    #: (n,) what each model answered to the same rows under the oddity; None when it gave no legal answer.
    odd_champion: NDArray[Any] | None = None
    odd_challenger: NDArray[Any] | None = None


def astray(base: NDArray[Any], odd: NDArray[Any], classes: Sequence[str] = ()) -> str:
    """How answers to rows whose content is the same differ; a sentence without subject, empty where they do not.

    Parameters
    ----------
    base, odd
        (n,) answers, or (n, classes) scores, to the base case and to the same rows under the oddity.
    classes
        What class indices and columns of scores are called.

    >>> astray(np.array([0.2, 0.7]), np.array([0.2, 0.1]))
    'answers row 2 with 0.1, and the same row of the base case with 0.7'
    >>> astray(np.array([0, 1], dtype=np.int32), np.array([0, 0], dtype=np.int32), ("low", "high"))
    'answers row 2 with low, and the same row of the base case with high'
    """
    if base.shape != odd.shape:
        return "answers the same rows in another form than in the base case"
    near = TOLERANCE
    if odd.dtype.kind == "f" and len(base) and not (0 <= base.min() and base.max() <= 1):
        near *= float(np.std(base)) or 1.0
    apart = np.abs(odd - base) > near if odd.dtype.kind == "f" else odd != base
    bad = np.flatnonzero(apart if apart.ndim == 1 else apart.any(axis=1))
    if not len(bad):
        return ""
    row = bad[0]
    place = () if apart.ndim == 1 else (int(np.argmax(apart[row])),)
    more = f"; {len(bad):,} of {len(base):,} rows differ" if len(bad) > 1 else ""
    named = bool(classes) and odd.dtype.kind != "f"
    after, before = (classes[int(one[row])] if named else f"{one[(row, *place)]:.4g}" for one in (odd, base))
    about = f" for class {classes[place[0]]}" if place and classes else ""
    return f"answers row {row + 1:,} with {after}{about}, and the same row of the base case with {before}{more}"


def names_a_column(problem: str, columns: tuple[str, ...]) -> bool:
    """Whether an error names one of the columns, as a word of its own."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", problem) for name in columns)


def observe(trial: Trial) -> Observation:
    """Whether the challenger does what is right, and where that is to answer, whether it does so as the champion does.

    Both refusing is an advisory fail; the challenger alone refusing blocks; answering where the champion did not
    passes. Where either is right, both refusing with an error that names a column passes too.
    """
    if trial.breakdown:
        right, level, reason = False, Level.REQUIRED, f"the check broke down: {trial.breakdown}"
    elif trial.expect == "refuse":
        right, level, reason = _refused(trial)
    else:
        right, level, reason = _answered(trial)
    wanted = "a refusal that names a column" if trial.expect == "refuse" else "a legal answer"
    return Observation(
        id=f"oddities/{trial.name}/answers",
        section=Section.ODDITIES,
        title=f"{wanted} where {trial.title}",
        level=level,
        reason=reason,
        dataset=f"oddity {trial.name}",
        value=float(right),
        at_least=1.0,
        rows=trial.rows,
        crashed=bool(trial.breakdown),
    )


def vanished(trial: Trial, classes: Sequence[str]) -> Observation | None:
    """That there is a class which the challenger never answers under the oddity, though the champion does.

    None where there is no such class, which is nearly always. A class counts when the champion answers it in at least
    20 rows under the oddity, and the challenger in as many of the base case.

    Parameters
    ----------
    trial
        Of a multiclass task.
    classes
        In the order of the run.
    """
    if trial.base is None or trial.odd_champion is None or trial.odd_challenger is None:
        return None
    clean, old, new = (
        np.bincount(one if one.ndim == 1 else np.argmax(one, axis=1), minlength=len(classes))
        for one in (trial.base.challenger, trial.odd_champion, trial.odd_challenger)
    )
    gone = np.flatnonzero((new == 0) & (clean >= SEEN) & (old >= SEEN)).tolist()
    if not gone:
        return None
    told = " and ".join(
        f"{classes[place]}, which the champion answers in {plural(old[place], 'row')}" for place in gone
    )
    return Observation(
        id=f"oddities/{trial.name}/classes",
        section=Section.ODDITIES,
        title=f"no class vanishes where {trial.title}",
        level=_level(trial),
        reason=f"the challenger never answers {told}",
        dataset=f"oddity {trial.name}",
        value=0.0,
        at_least=1.0,
        rows=trial.rows,
    )


def _level(trial: Trial) -> Level:
    """Of a set without a champion that showed how it is done: its own, or that of what it may lose."""
    asked = Level.ADVISORY if trial.asked is None else trial.asked.level
    return trial.level or asked


def _refused(trial: Trial) -> tuple[bool, Level, str]:
    level = _level(trial)
    if not trial.challenger_problem:
        as_well = ", and so does the champion" if trial.champion and not trial.champion_problem else ""
        return False, level, f"the challenger answers{as_well}; it should refuse with an error that names a column"
    if names_a_column(trial.challenger_problem, trial.touched):
        return True, level, f"it refuses and says why: {trial.challenger_problem}"
    shown = ", ".join(trial.touched[:5]) or "none was changed"
    return False, level, f"the error names none of the columns ({shown}): {trial.challenger_problem}"


def _answered(trial: Trial) -> tuple[bool, Level, str]:
    alone = trial.level or Level.REQUIRED
    if not trial.challenger_problem:
        if trial.champion_problem:
            return True, alone, f"the challenger answers where the champion does not: {trial.champion_problem}"
        said = f"to each of {trial.rows:,} rows" if trial.rows > 1 else "to one row" if trial.rows else "to no rows"
        return True, alone, f"a legal answer {said}"
    if trial.champion and not trial.champion_problem:
        return False, alone, f"the challenger gives no legal answer where the champion does: {trial.challenger_problem}"
    if trial.expect == "either" and names_a_column(trial.challenger_problem, trial.touched):
        both = "both refuse" if trial.champion else "the challenger refuses"
        return True, Level.ADVISORY, f"{both}, and the error names the column: {trial.challenger_problem}"
    if trial.champion:
        return False, Level.ADVISORY, f"neither model answers; the challenger: {trial.challenger_problem}"
    return False, _level(trial), f"the challenger gives no legal answer: {trial.challenger_problem}"
