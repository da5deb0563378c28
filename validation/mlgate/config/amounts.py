"""What requirements on metrics, on gaps and on oddities have in common: the rule, and the margin or bound it takes.

Separate so that the grammar is written once.
"""

from __future__ import annotations

from mlgate.config.document import Node, Problem
from mlgate.config.fields import Keys
from mlgate.frozen import dataclass
from mlgate.records.words import Rule

__all__ = ["Amounts", "note_repetition", "read_amounts", "read_rule"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Amounts:
    """The number that a rule compares with."""

    margin: float | None = None
    #: whether the margin is a share of the champion's value.
    relative: bool = False
    bound: float | None = None


def read_rule(keys: Keys) -> Rule | None:
    """The rule, ``not_worse`` when none is given; None when it is unknown, which is noted."""
    if not keys.has("rule"):
        return Rule.NOT_WORSE
    written = keys.word("rule", [str(rule) for rule in Rule], "")
    return Rule(written) if written else None


def read_amounts(keys: Keys, rule: Rule | None, *, percent: bool) -> Amounts:
    """The margin or the bound, whichever the rule takes; the other one, and a missing one, are noted.

    Parameters
    ----------
    rule
        None when it is unknown or refused: then nothing can be said about its amounts, and nothing is.
    percent
        Whether a margin may be a share of the champion's value.
    """
    if rule is None:
        return Amounts()
    if rule.paired:
        if keys.has("bound"):
            keys.complain("bound", f"{rule} takes margin, not bound; bound goes with at_least and at_most.")
        if not keys.has("margin"):
            if rule is not Rule.BETTER:
                allowed = "change is" if rule is Rule.UNCHANGED else "worse is"
                sentence = f"margin is missing: say how much {allowed} still allowed, such as margin: 0.01."
                keys.complain("margin", sentence)
            return Amounts(margin=0.0)
        margin, relative = keys.margin("margin", percent=percent)
        return Amounts(margin=margin, relative=relative)
    if keys.has("margin"):
        keys.complain("margin", f"{rule} takes bound, not margin; margin goes with not_worse, better and unchanged.")
    if not keys.has("bound"):
        keys.complain("bound", f"bound is missing: {rule} needs the number to compare with, such as bound: 0.7.")
        return Amounts()
    return Amounts(bound=keys.number("bound", 0.0))


def note_repetition(question: object, node: Node, first: dict[object, int], problems: list[Problem]) -> None:
    """Note a question that was asked on an earlier line; ``first`` remembers the lines."""
    if question in first:
        sentence = f"this requirement stands on line {first[question]} already; keep one, with the level that you mean."
        problems.append(Problem(line=node.line, sentence=sentence))
    else:
        first[question] = node.line
