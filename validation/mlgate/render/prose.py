"""What the report's sections have in common: their frame, the sentence at their head, outcomes counted in words."""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Level, Section, Verdict
from mlgate.render.markup import Child, Markup, tag
from mlgate.render.words import clip, count, kind, listed

__all__ = ["findings_of", "lead", "reasons", "section_of", "tallied"]

_OUTCOMES = (
    ("fail", "fails", "fail"),
    ("look", "deserves a look", "deserve a look"),
    ("unsure", "cannot be told", "cannot be told"),
    ("pass", "passes", "pass"),
)


def section_of(name: str, title: str, *content: Child) -> Markup:
    inside = tag("div", {"class": "in"}, *content)
    return tag("section", {"id": name, "aria-labelledby": f"h-{name}"}, tag("h2", {"id": f"h-{name}"}, title), inside)


def lead(said: str) -> Markup:
    return tag("p", {"class": "lead"}, said)


def findings_of(decision: Decision, section: Section) -> tuple[Finding, ...]:
    return tuple(finding for finding in decision.findings if finding.section is section)


def tallied(findings: Sequence[Finding]) -> str:
    """Outcomes counted in words: "1 advisory cannot be told and 13 pass; nothing blocks."."""
    if len(findings) == 1:
        verb = next(one for sign, one, _ in _OUTCOMES if sign == kind(findings[0]))
        return f"{verb} and blocks." if findings[0].blocking else f"{verb}."
    if all(finding.verdict is Verdict.PASS for finding in findings):
        return "all pass."
    parts = []
    for sign, one, many in _OUTCOMES:
        inside = [finding for finding in findings if kind(finding) == sign]
        if inside:
            levels = {finding.level for finding in inside}
            advisory = "advisory " if levels == {Level.ADVISORY} and sign != "pass" else ""
            parts.append(f"{count(len(inside))} {advisory}{one if len(inside) == 1 else many}")
    blocking = sum(finding.blocking and finding.verdict is not Verdict.PASS for finding in findings)
    block = f"{count(blocking)} of them {'blocks' if blocking == 1 else 'block'}" if blocking else "nothing blocks"
    return f"{listed(parts)}; {block}."


def reasons(findings: Sequence[Finding]) -> Markup | None:
    """Why the requirement exists, in the words of who declared it."""
    said = list(dict.fromkeys(clip(finding.because, 300) for finding in findings if finding.because))[:5]
    return tag("p", {"class": "note"}, f"Asked because: {'; '.join(said)}.") if said else None
