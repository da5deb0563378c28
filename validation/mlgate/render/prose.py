"""What the report's sections have in common: their frame, the sentence at their head, outcomes counted in words."""

from __future__ import annotations

from collections.abc import Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Level, Section, Verdict
from mlgate.render.figures import count
from mlgate.render.markup import Child, Markup, join, tag
from mlgate.render.plain import clip, listed
from mlgate.render.words import kind, model_name

__all__ = ["findings_of", "lead", "model_key", "pairs", "reasons", "section_of", "tallied"]

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
    outcomes: dict[str, list[Finding]] = {}
    for finding in findings:
        outcomes.setdefault(kind(finding), []).append(finding)
    for sign, one, many in _OUTCOMES:
        inside = outcomes.get(sign, [])
        if inside:
            levels = {finding.level for finding in inside}
            advisory = "advisory " if levels == {Level.ADVISORY} and sign != "pass" else ""
            parts.append(f"{count(len(inside))} {advisory}{one if len(inside) == 1 else many}")
    blocking = sum(finding.blocking and finding.verdict is not Verdict.PASS for finding in findings)
    block = f"{count(blocking)} of them {'blocks' if blocking == 1 else 'block'}" if blocking else "nothing blocks"
    return f"{listed(parts)}; {block}."


def reasons(findings: Sequence[Finding]) -> Markup | None:
    """Why the requirement exists, in the words of who declared it."""
    said = [clip(because, 300) for because in dict.fromkeys(finding.because for finding in findings) if because]
    more = f"; and {count(len(said) - 5)} more reasons in decision.json" if len(said) > 5 else ""
    return tag("p", {"class": "note"}, f"Asked because: {'; '.join(said[:5])}{more}.") if said else None


def model_key(decision: Decision, more: str) -> Markup:
    """Open is the champion, filled the challenger."""
    dots = []
    for role, classes in (("champion", "mark open dim"), ("challenger", "mark")):
        name = model_name(decision, role)
        if name:
            circle = tag("circle", {"class": classes, "cx": 7.0, "cy": 7.0, "r": 4.0})
            dot = tag("svg", {"class": "icon", "aria-hidden": "true"}, circle)
            dots.append(tag("span", {}, dot, f" {role} {name}"))
    return tag("p", {"class": "legend"}, *dots, tag("span", {}, more))


def pairs(said: Sequence[tuple[str, Child]]) -> Markup:
    """Names and what they stand for, as a list of terms."""
    return tag("dl", {}, *(join([tag("dt", {}, name), tag("dd", {}, value)]) for name, value in said))
