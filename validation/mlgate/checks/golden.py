"""Golden examples: rows that a person has judged, and whether the models' answers to them are right.

Separate from metrics, which weigh many rows: each of these is looked at by itself, and has a name.
"""

from __future__ import annotations

import math

import numpy as np

from mlgate.frozen import dataclass
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section

__all__ = ["Example", "Reply", "observe_example"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One row by hand, and what is right."""

    name: str
    #: place of the right class; None where a number is asked for.
    decision: int | None = None
    low: float = -math.inf
    high: float = math.inf
    #: what people read: "positive", "a score of 0.9 to 1".
    expected: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What one model said to one row."""

    #: place of the class that it decided for; None for numbers.
    decision: int | None = None
    #: score or number; NaN where there is none.
    value: float = math.nan
    #: what people read: "positive (score 0.97)".
    told: str = ""
    problem: str = ""

    def is_right(self, example: Example) -> bool:
        """Whether it is what the person said."""
        if self.problem:
            return False
        if example.decision is not None:
            return self.decision == example.decision
        return bool(np.isfinite(self.value)) and example.low <= self.value <= example.high


def observe_example(example: Example, challenger: Reply, champion: Reply | None, level: Level) -> Observation:
    """One example as a finding: right or not, and what the champion says to it.

    >>> asked = Example(name='"I love you"', decision=1, expected="positive")
    >>> said = Reply(decision=0, told="negative"), Reply(decision=1, told="positive")
    >>> seen = observe_example(asked, *said, Level.REQUIRED)
    >>> seen.title, seen.value, seen.reason
    ('"I love you" is positive', 0.0, 'the challenger says negative; the champion: positive')
    """
    said = [("the challenger says ", challenger)]
    said += [("the champion: ", champion)] if champion is not None else []
    clauses = [
        f"{who}{reply.told}" if not reply.problem else f"{who}nothing legal ({reply.problem.rstrip('.')})"
        for who, reply in said
    ]
    return Observation(
        id=f"{Section.BEHAVIOUR}/golden/{example.name}",
        section=Section.BEHAVIOUR,
        title=f"{example.name} is {example.expected}",
        level=level,
        reason="; ".join(clauses),
        value=1.0 if challenger.is_right(example) else 0.0,
        at_least=1.0,
        rows=1,
    )
