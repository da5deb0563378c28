"""What a decision says to people: the headline, what blocks, what is uncertain, and what to do next.

Plain sentences without any markup, so that the report and the comment tell one story in one wording. Every sentence is
computed from findings; nothing here has an opinion of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Level, Rule, Section, Verdict
from mlgate.render.groups import has_champion, is_overall, primary, required_overall, urgent_first
from mlgate.render.words import (
    clip,
    count,
    enough_decimals,
    interval,
    kind,
    listed,
    margin_text,
    model_facts,
    model_name,
    number,
    p_value,
    plural,
    subject,
    times,
    undecided,
    unit_of,
)

__all__ = ["Point", "blocking", "blocks", "facts", "headline", "observed", "uncertain", "verdict_word"]

#: Metrics whose pairs are rows that one model got right and the other did not.
_RIGHT_OR_WRONG = frozenset("accuracy recall specificity false_positive_rate true_positive_rate".split())
_KINDS = {
    Section.DATA: ("data check", "data checks"),
    Section.COMPARE: ("overall finding", "overall findings"),
    Section.SLICES: ("slice", "slices"),
    Section.FAIRNESS: ("fairness gap", "fairness gaps"),
    Section.ODDITIES: ("oddity", "oddities"),
    Section.BEHAVIOUR: ("behaviour test", "behaviour tests"),
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


def verdict_word(decision: Decision) -> str:
    """The verdict in words: Pass, Fail, or Cannot tell."""
    return {Verdict.PASS: "Pass", Verdict.FAIL: "Fail", Verdict.INCONCLUSIVE: "Cannot tell"}[decision.verdict]


def observed(decision: Decision) -> str:
    """What observing changes about the verdict; empty in a gate that blocks."""
    if decision.mode != "observe":
        return ""
    would = {
        Verdict.PASS: "In mode: gate it would pass, too.",
        Verdict.FAIL: "In mode: gate it would have been blocked.",
        Verdict.INCONCLUSIVE: "In mode: gate it would have been held.",
    }
    return f"Observed only: mlgate.yaml says mode: observe, so nothing is blocked. {would[decision.verdict]}"


def facts(decision: Decision) -> tuple[str, ...]:
    """The run line: title, models, data."""
    said = [clip(decision.title or decision.model, 120)]
    for role, before in (("challenger", ""), ("champion", "against ")):
        model = model_facts(decision, role)
        if model is not None:
            about = f", {clip(model.description, 80)}" if model.description else ""
            said.append(f"{before}{role} {model_name(decision, role)}{about}")
    if len(said) == 3:
        said[1:] = [f"{said[1]}, {said[2]}"]
    elif not has_champion(decision):
        said.append("no champion yet")
    main = primary(decision)
    data = next((part for part in decision.provenance.data if main and part.name == main.dataset), None)
    data = data or next(iter(decision.provenance.data), None)
    if data is not None:
        positives = f", {count(data.positives)} {clip(decision.positive, 40)}" if data.positives is not None else ""
        said.append(f"{clip(data.name.replace('_', ' '), 60)}: {count(data.rows)} {clip(decision.noun, 40)}{positives}")
    return tuple(said)


def _values(finding: Finding) -> str:
    """Both values, champion first: "88.7 → 77.4"."""
    unit = unit_of(finding.metric)
    new = number(finding.challenger.value, unit) if finding.challenger else "undefined"
    return f"{number(finding.champion.value, unit)} → {new}" if finding.champion else new


def _moved(finding: Finding) -> str:
    """A metric that got worse, as a clause: "roc_auc falls from 80.3 to 50.1"."""
    unit, name = unit_of(finding.metric), clip(finding.metric, 60)
    if finding.challenger is None:
        return f"{name} is undefined"
    new = number(finding.challenger.value, unit)
    if finding.rule in (Rule.AT_LEAST, Rule.AT_MOST):
        need = "at least" if finding.rule is Rule.AT_LEAST else "at most"
        return f"{name} is {new}, where {need} {margin_text(finding.bound, unit)} is required"
    if finding.champion is None:
        return f"{name} is {new}"
    rises = finding.challenger.value > finding.champion.value
    return f"{name} {'rises' if rises else 'falls'} from {number(finding.champion.value, unit)} to {new}"


def _standing(decision: Decision) -> str:
    """How the challenger stands on all rows: better overall, not worse overall; empty where that is not known."""
    paired = [
        finding
        for finding in required_overall(decision)
        if finding.improvement is not None and finding.rule in (Rule.NOT_WORSE, Rule.BETTER)
    ]
    if not paired or any(finding.verdict is not Verdict.PASS for finding in paired):
        return ""
    first = next((finding for finding in paired if finding.metric == "accuracy"), paired[0])
    gains = [finding.improvement for finding in paired if finding.improvement]
    better = first.improvement is not None and first.improvement.low > 0 and not any(gain.high < 0 for gain in gains)
    return "better overall" if better else "not worse overall"


def blocking(decision: Decision, verdict: Verdict | None = None) -> tuple[Finding, ...]:
    """Blocking findings, failures first; of one verdict if asked."""
    found = tuple(finding for finding in decision.findings if finding.blocking and finding.verdict is not Verdict.PASS)
    return urgent_first(tuple(finding for finding in found if verdict is None or finding.verdict is verdict))


def headline(decision: Decision) -> str:
    """The verdict's reason as one sentence."""
    if decision.verdict is Verdict.FAIL:
        return _failed(decision)
    return _passed(decision) if decision.verdict is Verdict.PASS else _untold(decision)


def _failed(decision: Decision) -> str:
    failed = blocking(decision, Verdict.FAIL)
    overall = [
        finding for finding in failed if is_overall(finding) and finding.metric and finding.level is Level.REQUIRED
    ]
    if overall:
        worse = any(finding.rule is not None and finding.rule.paired for finding in overall)
        said = listed([_moved(finding) for finding in overall[:3]])
        more = (
            f"; {plural(len(failed) - len(overall[:3]), 'more finding')} block"
            if len(failed) > len(overall[:3])
            else ""
        )
        more += "s" if more and len(failed) - len(overall[:3]) == 1 else ""
        return f"The challenger is {'worse overall' if worse else 'not good enough'}: {said}{more}."
    if not failed:
        return _sentence(decision.reason)
    worst = min(failed, key=lambda finding: (finding.section is not Section.SLICES, _loss(finding)))
    standing = _standing(decision)
    begin = f"The challenger is {standing}, but " if standing else "The challenger "
    others = len(failed) - 1
    more = f", and {plural(others, 'more finding')} {'blocks' if others == 1 else 'block'}" if others else ""
    if worst.metric and worst.section in (Section.SLICES, Section.COMPARE) and worst.challenger is not None:
        return f"{begin}{_where(worst, bool(standing))}{more}."
    clause = f"one thing blocks: {clip(worst.title, 140)}" if standing else f"is blocked by: {clip(worst.title, 140)}"
    return f"{begin}{clause}{more}."


def _where(finding: Finding, standing: bool) -> str:
    """The loss in one slice as a clause, in rows where the metric counts rows."""
    place = "overall" if is_overall(finding) else f"in the slice {subject(finding)}"
    he = "it " if standing else ""
    if finding.metric in _RIGHT_OR_WRONG and finding.lost is not None and finding.gained is not None:
        wrong = f"newly wrong {times(finding.lost)}"
        right = f"newly right {times(finding.gained)}" if finding.gained else "never newly right"
        return f"{place} it is {wrong} and {right}" if standing else f"is {wrong} and {right} {place}"
    return f"{place} {_moved(finding)}" if he else f"is worse {place}: {_moved(finding)}"


def _loss(finding: Finding) -> float:
    value = finding.improvement.value if finding.improvement else math.inf
    return value if math.isfinite(value) else math.inf


def _passed(decision: Decision) -> str:
    failed = [finding for finding in decision.findings if finding.verdict is Verdict.FAIL]
    tail = f"; {plural(len(failed), 'advisory finding')} {'fails' if len(failed) == 1 else 'fail'}" if failed else ""
    if not has_champion(decision):
        asked = [
            finding
            for finding in decision.findings
            if finding.level is Level.REQUIRED and finding.verdict is Verdict.PASS
        ]
        return f"There is no champion yet: the challenger alone meets {plural(len(asked), 'requirement')}{tail}."
    standing = _standing(decision)
    sliced = any(finding.section in (Section.SLICES, Section.FAIRNESS) for finding in decision.findings)
    begin = f"The challenger is {standing}" if standing else "The challenger meets every requirement"
    return f"{begin}{', and no slice or gap that is guarded fails' if sliced else ''}{tail}."


def _untold(decision: Decision) -> str:
    held = [finding for finding in blocking(decision) if finding.improvement and finding.rule and finding.rule.paired]
    if not has_champion(decision):
        return (
            "There is no champion to compare with, and nothing absolute is required that the challenger alone has met."
        )
    if not held:
        return _sentence(decision.reason)
    rows = next((finding.rows for finding in held if finding.rows), None)
    who = f"{count(rows)} {clip(decision.noun, 40)}" if rows else "The data"
    names = listed(list(dict.fromkeys(_kept(finding) for finding in held))[:3])
    first = held[0]
    reach = ""
    if first.improvement is not None and first.margin is not None and first.rule is Rule.NOT_WORSE:
        unit = unit_of(first.metric)
        lose = number(-first.improvement.low, unit, decimals=enough_decimals(first))
        what = clip(first.metric, 60) if len(held) > 1 else "it"
        reach = f": {what} may lose {margin_text(first.margin, unit)}, and a loss of {lose} cannot be excluded"
    return f"{who} cannot tell whether the challenger keeps {names} within its margin{reach}."


def _kept(finding: Finding) -> str:
    name = clip(finding.metric, 60)
    return name if is_overall(finding) else f"{name} in the slice {subject(finding)}"


def _sentence(said: str) -> str:
    said = clip(said, 300)
    return said if said.endswith((".", "…", "!", "?")) else f"{said}."


def blocks(decision: Decision, limit: int) -> tuple[Point, ...]:
    """What blocks, at most ``limit`` points: what was asked, what was seen, and why that is not chance."""
    return tuple(_block(finding) for finding in blocking(decision)[:limit])


def _block(finding: Finding) -> Point:
    said = f", {finding.level}: {_account(finding)}"
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
    return Point(sign=kind(finding), subject=subject(finding), text=said)


def _account(finding: Finding) -> str:
    """Values, margin, loss and interval of a finding; its reason where it has no such figures."""
    unit, decimals = unit_of(finding.metric), enough_decimals(finding)
    name = "" if is_overall(finding) else f"{clip(finding.metric, 60)} "
    gain = finding.improvement
    if finding.metric and gain is not None and finding.margin is not None and math.isfinite(gain.value):
        span = interval(gain, unit, decimals=decimals)
        margin, moved = margin_text(finding.margin, unit), number(abs(gain.value), unit, decimals=decimals)
        asked = {
            Rule.NOT_WORSE: f"it may lose {margin}, it {'loses' if gain.value < 0 else 'gains'} {moved}",
            Rule.BETTER: f"it must gain more than {margin}, it {'loses' if gain.value < 0 else 'gains'} {moved}",
            Rule.UNCHANGED: f"it may move by {margin}, it moves by {moved}",
        }.get(finding.rule or Rule.NOT_WORSE, f"improvement {moved}")
        tail = undecided(finding) if finding.verdict is Verdict.INCONCLUSIVE else ""
        return f"{name}{_values(finding)}; {asked} ({span}).{f' {_begun(tail)}.' if tail else ''}"
    if finding.metric and finding.challenger is not None and finding.bound is not None:
        span = interval(finding.challenger, unit, signed=False)
        need = "at most" if finding.rule is Rule.AT_MOST else "at least"
        value, bound = number(finding.challenger.value, unit), margin_text(finding.bound, unit)
        return f"{name}{value} ({span}), {need} {bound} is required."
    return _sentence(finding.reason)


def _begun(tail: str) -> str:
    """The words of a verdict's cell as a sentence."""
    if tail.endswith(" would decide"):
        return tail.replace(" would decide", " rows would decide")
    return tail[:1].upper() + tail[1:]


def uncertain(decision: Decision) -> tuple[Point, ...]:
    """What the run could not tell: what deserves a look, how much is open, one example, and what may go unseen."""
    open_ = [finding for finding in decision.findings if finding.verdict is Verdict.INCONCLUSIVE]
    points = [
        Point(sign="look", subject=subject(finding), text=f", look here: {_account(finding)}")
        for finding in open_
        if finding.look_here and not finding.blocking
    ]
    points = points[:3]
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
    able = [finding for finding in findings if undecided(finding).endswith("would decide")]
    able.sort(key=lambda finding: (finding.section is not Section.SLICES, _loss(finding)))
    if not able:
        return ""
    metric = f", {clip(able[0].metric, 60)}" if able[0].metric else ""
    return f" {subject(able[0])}{metric}: {count(able[0].rows)} rows, {undecided(able[0])}."


def _unseen(decision: Decision) -> str:
    main = primary(decision)
    first = next((finding for finding in main.findings if is_overall(finding)), None) if main else None
    if first is None or first.smallest_detectable is None or not math.isfinite(first.smallest_detectable):
        return ""
    unit = unit_of(first.metric)
    most = number(first.smallest_detectable, unit)
    return f"A loss of {clip(first.metric, 60)} under {most} may go unseen."
