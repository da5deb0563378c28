"""Findings as lines for a terminal: the report's figures in the report's units, without its page.

Separate from the formats because a command prints these lines itself; a figure that a person saw in the terminal is
found again in the report as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Verdict
from mlgate.render.accounts import has_figures
from mlgate.render.limits import FIGURES
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clean
from mlgate.render.points import grounds
from mlgate.render.terms import Terms, terms_of
from mlgate.render.words import subject, undecided

__all__ = ["lines"]

#: What a reason says before its figures, such as how a slice was found.
_BEFORE_FIGURES = re.compile(r"(.*): (?:improvement|change|value)(?: over the \w+)? [-+\d]")


def lines(decision: Decision, findings: Sequence[Finding]) -> list[str]:
    """One line for each finding, and one that says the units of the figures, where those are not the metric's own.

    Parameters
    ----------
    decision
        Says the task, and the currency.
    findings
        Some of its findings, in the order in which they are told.
    """
    terms = terms_of(decision)
    told = [_line(finding, terms) for finding in findings]
    if any(has_figures(finding) and unit_of(finding.metric).factor != 1 for finding in findings):
        said = FIGURES[decision.task]
        told.append(f"figures {said}" if said.startswith("×") else f"figures: {said}")
    return told


def _line(finding: Finding, terms: Terms) -> str:
    level = f" [{finding.level}]" if finding.blocking else ""
    if not has_figures(finding):
        return clean(f"{finding.verdict}  {finding.title}{level}: {finding.reason}")
    where = f" in {finding.dataset}" if finding.dataset not in ("", "base_case") else ""
    before = _BEFORE_FIGURES.match(finding.reason)
    how = f"{before.group(1)}: " if before else ""
    return clean(f"{finding.verdict}  {subject(finding)}{where}{level}: {how}{grounds(finding, terms)}{_why(finding)}")


def _why(finding: Finding) -> str:
    """Why it is undecided, where only the end of the reason says so: "No number of rows would decide."."""
    end = finding.reason.partition("; ")[2]
    if finding.verdict is not Verdict.INCONCLUSIVE or undecided(finding) or not end:
        return ""
    return f" {end[:1].upper()}{end[1:]}."
