"""The fixed vocabularies: task, verdict, level, rule, section and state of approval.

Each is a string enumeration, so that the word in the code, in mlgate.yaml, in decision.json and in the report is one
word. What a symbol or colour a word gets is the renderers' business and stands there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = ["ApprovalState", "Level", "Rule", "Section", "Task", "Verdict"]


class Task(StrEnum):
    """What the models answer: one of two classes, one of several, or a number."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Verdict(StrEnum):
    """Outcome of a finding or of a whole decision. There are three, because "cannot tell" is neither good nor bad."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Level(StrEnum):
    """How much a requirement weighs: must pass, must not fail, or is only shown."""

    REQUIRED = "required"
    GUARDED = "guarded"
    ADVISORY = "advisory"


class Rule(StrEnum):
    """What is asked: of the pair (the first two and the last) or of the challenger alone."""

    #: whether the rule compares with the champion and so cannot be judged without one.
    paired: bool

    NOT_WORSE = "not_worse", True
    BETTER = "better", True
    AT_LEAST = "at_least", False
    AT_MOST = "at_most", False
    UNCHANGED = "unchanged", True

    def __new__(cls, word: str, paired: bool = False) -> Self:
        """A word with what it says of itself, which a million findings ask for."""
        rule = str.__new__(cls, word)
        rule._value_ = word
        rule.paired = paired
        return rule


class Section(StrEnum):
    """Where a finding belongs in the report."""

    DATA = "data"
    COMPARE = "compare"
    SLICES = "slices"
    FAIRNESS = "fairness"
    ODDITIES = "oddities"
    BEHAVIOUR = "behaviour"
    SERVICE = "service"
    SUITE = "suite"


class ApprovalState(StrEnum):
    """Whether a person has to act, and what they did. Separate from the verdict."""

    NOT_NEEDED = "not_needed"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    OVERRIDDEN = "overridden"
