"""Sections that list what a reader must not miss: everything that blocks, and everything that deserves a look.

Left out where the first screen has already shown all of it. What cannot be listed is counted, never dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.render.accounts import account
from mlgate.render.figures import count, plural
from mlgate.render.markup import Child, Markup, join
from mlgate.render.plain import clip
from mlgate.render.prose import lead, section_of
from mlgate.render.story import blocking
from mlgate.render.tables import Column, left_note, outcome, table
from mlgate.render.terms import Terms, terms_of
from mlgate.render.words import level_of

__all__ = ["FIRST_SCREEN", "urgent"]

#: Blocking findings that the first screen tells in full.
FIRST_SCREEN = 4
#: Rows of these tables for every row that another table may have: what blocks goes first.
_SHARE = 4


def urgent(decision: Decision, limit: int) -> Markup | None:
    """Everything that blocks, and everything to look at, as far as the first screen has no room for it."""
    parts = []
    every = blocking(decision)
    if len(every) > FIRST_SCREEN:
        verb = "would block" if decision.mode == "observe" else "block"
        said = f"{plural(len(every), 'finding')} {verb}, failures first."
        parts.append(_listed("blocking", "Everything that blocks", said, every, limit * _SHARE, decision))
    look = [finding for finding in decision.findings if finding.look_here and not finding.blocking]
    if len(look) > 3:
        said = f"{count(len(look))} findings may be chance among so many, but look like a real loss. They do not block."
        parts.append(_listed("look", "Look here", said, look, limit * _SHARE, decision))
    return join(parts) if parts else None


def _listed(name: str, title: str, said: str, findings: Sequence[Finding], most: int, decision: Decision) -> Markup:
    terms, shown = terms_of(decision), findings[:most]
    columns = [Column(title="Finding"), Column(title="Seen"), Column(title="Level"), Column(title="Verdict")]
    rows = [_row(finding, terms) for finding in shown]
    return section_of(
        name,
        title,
        lead(said),
        table("What was asked and what was seen", columns, rows),
        left_note(findings, shown),
    )


def _row(finding: Finding, terms: Terms) -> list[Child]:
    return [
        clip(finding.title or finding.id, 160),
        clip(account(finding, terms), 240),
        level_of(finding),
        outcome(finding, short=True),
    ]
