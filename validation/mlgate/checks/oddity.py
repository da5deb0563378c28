"""What the models do with strange input: do they answer at all, and is the answer legal?

A trial is one oddity set put to both models. The quality of the answers is not judged here; that goes the way of every
other comparison (tally, evidence, finding) on the rows that both models answered.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlgate.records.evidence import Observation
from mlgate.records.rows import Batch
from mlgate.records.words import Level, Section

__all__ = ["Trial", "observe"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """One oddity set and how both models took it."""

    name: str
    title: str
    rows: int
    #: whether there is a champion at all.
    champion: bool
    #: empty when the model gave a legal answer; else what went wrong.
    champion_problem: str = ""
    challenger_problem: str = ""
    #: the set itself could not be made or put: a breakdown of the check.
    breakdown: str = ""
    #: rows with both models' scores; None when either gave none.
    batch: Batch | None = None


def observe(trial: Trial) -> Observation:
    """Whether the challenger answers legally where the champion does.

    Both refusing is an advisory fail; the challenger alone refusing blocks; answering where the champion did not
    passes.
    """
    answered = not trial.challenger_problem
    both = bool(trial.challenger_problem and trial.champion_problem)
    if trial.breakdown:
        reason = f"the check broke down: {trial.breakdown}"
    elif both:
        reason = f"neither model answers; the challenger: {trial.challenger_problem}"
    elif not answered:
        where = " where the champion does" if trial.champion else ""
        reason = f"the challenger gives no legal answer{where}: {trial.challenger_problem}"
    elif trial.champion_problem:
        reason = f"the challenger answers where the champion does not: {trial.champion_problem}"
    else:
        reason = f"a legal answer to each of {trial.rows:,} rows"
    return Observation(
        id=f"oddities/{trial.name}/answers",
        section=Section.ODDITIES,
        title=f"a legal answer on {trial.title}",
        level=Level.ADVISORY if both else Level.REQUIRED,
        reason=reason,
        dataset=f"oddity {trial.name}",
        value=1.0 if answered else 0.0,
        at_least=1.0,
        rows=trial.rows,
        crashed=bool(trial.breakdown),
    )
