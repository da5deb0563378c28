"""What blocks and what is uncertain, as points: a sign, a subject and a statement each.

Plain sentences without any markup, so that the report and the comment make the same points in the same words.
"""

from __future__ import annotations

import math

from mlgate.frozen import dataclass
from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Level, Section, Verdict
from mlgate.render.accounts import account, loss
from mlgate.render.exhibits import overused
from mlgate.render.figures import number, p_value, plural
from mlgate.render.groups import has_champion, is_overall, primary
from mlgate.render.plain import clip, listed
from mlgate.render.story import blocking
from mlgate.render.terms import Terms, terms_of, unit_in
from mlgate.render.words import kind, subject, undecided, value_decimals

__all__ = ["Point", "blocks", "grounds", "uncertain"]

_KINDS = {
    Section.DATA: ("data check", "data checks"),
    Section.COMPARE: ("overall finding", "overall findings"),
    Section.SLICES: ("slice", "slices"),
    Section.FAIRNESS: ("fairness gap", "fairness gaps"),
    Section.ODDITIES: ("oddity", "oddities"),
    Section.BEHAVIOUR: ("behaviour finding", "behaviour findings"),
    Section.SERVICE: ("service test", "service tests"),
    Section.SUITE: ("suite test", "suite tests"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One statement about one finding."""

    #: ``pass``, ``fail``, ``look`` or ``unsure``.
    sign: str
    #: what it is about; printed bold.
    subject: str
    #: the rest of the statement, beginning after the subject.
    text: str


def blocks(decision: Decision, limit: int) -> tuple[Point, ...]:
    """What blocks, at most ``limit`` points: what was asked, what was seen, and why that is not chance."""
    terms = terms_of(decision)
    return tuple(_block(finding, terms) for finding in blocking(decision)[:limit])


def _block(finding: Finding, terms: Terms) -> Point:
    return Point(sign=kind(finding), subject=subject(finding), text=f", {finding.level}: {grounds(finding, terms)}")


def grounds(finding: Finding, terms: Terms) -> str:
    """Its account, and of a guarded finding that fails why that is not chance."""
    said = account(finding, terms)
    if finding.verdict is Verdict.FAIL and finding.level is Level.GUARDED and finding.adjusted_p is not None:
        many = (
            plural(
                finding.family,
                _KINDS[finding.section][0].replace("fairness ", ""),
                _KINDS[finding.section][1].replace("fairness ", ""),
            )
            if finding.family
            else ""
        )
        among = f"Among {many} that" if finding.family and finding.family > 1 else "That"
        said += f" {among} is not chance: adjusted p\u00a0{p_value(finding.adjusted_p)}, at most 0.025 fails."
    return said


def uncertain(decision: Decision) -> tuple[Point, ...]:
    """What the run could not tell: what deserves a look, how much is open, one example, and what may go unseen."""
    terms = terms_of(decision)
    open_ = [finding for finding in decision.findings if finding.verdict is Verdict.INCONCLUSIVE]
    look = [finding for finding in open_ if finding.look_here and not finding.blocking]
    points = [
        Point(sign="look", subject=subject(finding), text=f", look here: {account(finding, terms)}")
        for finding in look[:3]
    ]
    if len(look) > 3:
        more = "deserves a look" if len(look) == 4 else "deserve a look"
        points.append(Point(sign="look", subject="", text=f"{plural(len(look) - 3, 'more finding')} {more}."))
    rest = [finding for finding in open_ if not finding.blocking and not finding.look_here]
    if rest and not has_champion(decision):
        points.append(
            Point(sign="unsure", subject="", text=f"{plural(len(rest), 'comparison')} must wait for a champion.")
        )
    elif rest:
        example = _example(rest)
        block = "it does not block" if len(rest) == 1 else "none of them blocks"
        said = f"{_tallied(rest)} cannot be told; {block}.{example}"
        points.append(Point(sign="unsure", subject="", text=said))
    points += [Point(sign="look", subject=name, text=said) for name, said in overused(decision)]
    unseen = _unseen(decision)
    if unseen:
        points.append(Point(sign="", subject="", text=unseen))
    return tuple(points)


def _tallied(findings: list[Finding]) -> str:
    parts = []
    for section, (one, many) in _KINDS.items():
        inside = [finding for finding in findings if finding.section is section]
        if inside:
            # A slice that three metrics cannot tell is one slice.
            names = {finding.slice or finding.id for finding in inside} if section is Section.SLICES else inside
            parts.append(plural(len(names), one, many))
    return listed(parts)


def _example(findings: list[Finding]) -> str:
    """One slice with the rows that would decide, so that the reader knows what more data would buy."""
    open_ = [finding for finding in findings if finding.rows_to_decide]
    open_.sort(key=lambda finding: (finding.section is not Section.SLICES, loss(finding)))
    first = next((finding for finding in open_ if undecided(finding).endswith("would decide")), None)
    if first is None:
        return ""
    metric = f", {clip(first.metric, 60)}" if first.metric else ""
    return f" {subject(first)}{metric}: {plural(first.rows or 0, 'row')}, {undecided(first)}."


def _unseen(decision: Decision) -> str:
    main = primary(decision)
    first = next((finding for finding in main.findings if is_overall(finding)), None) if main else None
    if first is None or first.smallest_detectable is None or not math.isfinite(first.smallest_detectable):
        return ""
    unit = unit_in(first, terms_of(decision))
    most = number(first.smallest_detectable, unit, decimals=value_decimals(first))
    return f"A loss of {clip(first.metric, 60)} under {most}{unit.after} may go unseen."
