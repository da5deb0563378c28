"""The grid of oddities: what each model lost under each abnormality, and how much more the challenger did.

Separate from other sections because exhibit and findings of many sets meet here, grouped as the catalogue has them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Section, Verdict
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import Unit, interval, number, plural
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.metric_names import metric_title, unit_of
from mlgate.render.plain import clip, listed
from mlgate.render.prose import findings_of, lead, section_of, tallied
from mlgate.render.tables import Column, check_table, outcome, remaining, table
from mlgate.render.terms import terms_of
from mlgate.sentences import FAMILIES

__all__ = ["oddities", "oddities_said"]

_MODELS = ("champion", "challenger")
#: Sets that a sentence names.
_NAMED = 4
#: How the id of a finding ends that tells of a class which is never answered.
_GONE = "/classes"

_Row = Mapping[str, Cell]


def oddities(decision: Decision, limit: int) -> Markup | None:
    """The base case again with one abnormality at a time: what each model did."""
    findings = findings_of(decision, Section.ODDITIES)
    rows = rows_of(decision, "oddities", ("name", "model", "answered", "value"))
    if not findings and not rows:
        return None
    by_name: dict[str, list[_Row]] = {}
    for row in rows:
        by_name.setdefault(word(row, "name"), []).append(row)
    about = {name: [finding for finding in findings if _about(finding, name)] for name in by_name}
    names = _telling(by_name, about, limit)
    metric = next((word(row, "metric") for row in rows if word(row, "metric")), "")
    unit = unit_of(metric, terms_of(decision).currency)
    families = dict.fromkeys(word(by_name[name][0], "family") for name in names)
    tables = [
        table(
            _caption(family, metric, unit),
            _columns(),
            [_line(name, by_name[name], about[name], unit) for name in names if _family(by_name, name) == family],
        )
        for family in families
    ]
    known = {id(finding) for inside in about.values() for finding in inside}
    rest = [finding for finding in findings if id(finding) not in known]
    said = f"The base case again, with one abnormality at a time. {tallied(findings) if findings else ''}"
    return section_of(
        "oddities",
        "Oddities",
        lead(said),
        _legend(rows, metric, unit) if tables else None,
        *tables,
        remaining(len(by_name), len(names), "oddity", "oddities"),
        check_table("Findings on oddities", rest, limit) if rest else None,
    )


def oddities_said(decision: Decision) -> str:
    """One sentence: how many sets there were, where the challenger does wrong, and where it loses more."""
    findings = findings_of(decision, Section.ODDITIES)
    answers = [finding for finding in findings if finding.id.endswith("/answers")]
    losses = [finding for finding in findings if not finding.id.endswith(("/answers", _GONE))]
    gone = [_set_of(finding) for finding in findings if finding.id.endswith(_GONE)]
    if not answers:
        return ""
    said = f"{plural(len(answers), 'set')} of strange input"
    broken = [_set_of(finding) for finding in answers if finding.verdict is not Verdict.PASS]
    worse = [_set_of(finding) for finding in losses if finding.verdict is Verdict.FAIL]
    parts = [f"no right answer to {_few(broken)}"] if broken else ["every one is answered as it should be"]
    if gone:
        parts.append(f"a class vanishes under {_few(gone)}")
    if losses:
        parts.append(f"more is lost than by the champion under {_few(worse)}" if worse else "none costs clearly more")
    return f"{said}; {'; '.join(parts)}."


def _set_of(finding: Finding) -> str:
    return finding.dataset.removeprefix("oddity ")


def _few(names: Sequence[str]) -> str:
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return listed([*(clip(name, 60) for name in names[:_NAMED]), *more])


def _family(by_name: Mapping[str, Sequence[_Row]], name: str) -> str:
    return word(by_name[name][0], "family")


def _telling(
    by_name: Mapping[str, Sequence[_Row]], about: Mapping[str, Sequence[Finding]], limit: int
) -> tuple[str, ...]:
    """As many sets as a table may have: those with a finding that did not pass go before others; in their order."""
    ranked = sorted(by_name, key=lambda name: all(finding.verdict is Verdict.PASS for finding in about[name]))
    kept = set(ranked[:limit])
    return tuple(name for name in by_name if name in kept)


def _about(finding: Finding, name: str) -> bool:
    return finding.dataset in (name, f"oddity {name}") or name in finding.id.split("/")


def _columns() -> list[Column]:
    return [
        Column(title="One abnormality each"),
        *(Column(title=f"{role.capitalize()} loses") for role in _MODELS),
        Column(title="Challenger loses more by"),
        Column(title="Finding"),
    ]


def _caption(family: str, metric: str, unit: Unit) -> str:
    name = unit.name.replace("percentage points", "percent")
    in_unit = f" {name}" if name.startswith("in ") else f" in {name}" if name else ""
    shown = f"{metric_title(metric)}{in_unit} under each oddity" if metric else "Answers under each oddity"
    return f"{FAMILIES.get(family, family)}. {shown}" if family else shown


def _legend(rows: Sequence[_Row], metric: str, unit: Unit) -> Markup:
    """How to read the grid, in plain words."""
    clean = []
    for role in _MODELS:
        row = next(
            (one for one in rows if word(one, "model") == role and math.isfinite(figure(one, "base_value"))), None
        )
        if row is not None:
            clean.append(f"{role} {number(figure(row, 'base_value'), unit)}")
    base = f" On the clean base case: {', '.join(clean)}." if clean else ""
    said = (
        f"A figure is how much worse {metric_title(metric)} gets on the same rows, with its interval; below 0 it gets "
        f"better.{base} The finding compares the two losses: what both models lose alike is no fault of the challenger."
        if metric
        else "Only whether the models answer was asked."
    )
    return tag("p", {"class": "note"}, said)


def _line(name: str, rows: Sequence[_Row], findings: Sequence[Finding], unit: Unit) -> list[Child]:
    title = next((word(row, "title") for row in rows if word(row, "title")), name)
    cells: list[Child] = [clip(title[:1].upper() + title[1:], 160)]
    for role in _MODELS:
        row = next((row for row in rows if word(row, "model") == role), None)
        cells.append("–" if row is None else _cell(row, unit))
    loss = next((finding for finding in findings if not finding.id.endswith(("/answers", _GONE))), None)
    more = None if loss is None or loss.improvement is None else _turned(loss.improvement)
    cells.append("–" if more is None else _figures(more, unit))
    answers = [finding for finding in findings if finding is not loss]
    # That both models answered goes without saying beside a loss.
    told = [one for one in answers if one.verdict is not Verdict.PASS or loss is None] + ([loss] if loss else [])
    # What a vanished class is stands nowhere else in the line.
    why = {id(one): f": {clip(one.reason, 200)}" for one in told if one.id.endswith(_GONE)}
    shown = [tag("div", {}, outcome(one), f" ({one.level}){why.get(id(one), '')}") for one in told]
    return [*cells, join(shown) if shown else "–"]


def _turned(change: Estimate) -> Estimate:
    """A change as a loss."""
    return Estimate(value=-change.value, low=-change.high, high=-change.low)


def _figures(loss: Estimate, unit: Unit) -> str:
    if not math.isfinite(loss.value):
        return "undefined"
    return f"{number(loss.value, unit, signed=True)} ({interval(loss, unit)})"


def _cell(row: _Row, unit: Unit) -> Markup:
    reason = clip(word(row, "reason"), 200)
    if not figure(row, "answered") > 0:
        return join([icon("fail"), f" no answer{f': {reason}' if reason else ''}"])
    loss = Estimate(value=figure(row, "loss"), low=figure(row, "loss_low"), high=figure(row, "loss_high"))
    if math.isfinite(loss.value):
        return join([_figures(loss, unit)])
    value = figure(row, "value")
    return join([number(value, unit) if math.isfinite(value) else "a legal answer", f", {reason}" if reason else None])
