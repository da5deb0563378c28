"""Slices that nobody declared: where the challenger is worse, where it is better, where it is simply bad; and the lines
of mlgate.yaml that guard a slice from now on.

Separate from the forest plots, which show findings: here stands also what the search suggested and nothing confirmed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from mlgate.records.decision import Decision, Finding
from mlgate.records.run import OVERALL
from mlgate.records.words import Level, Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import Unit, count, number, p_value, percent, plural
from mlgate.render.groups import urgent_first
from mlgate.render.markup import Child, Markup, join, tag
from mlgate.render.metric_names import metric_title, unit_of
from mlgate.render.plain import clip
from mlgate.render.prose import lead, section_of
from mlgate.render.tables import Column, fold, remaining, table
from mlgate.where import amount_text, guard_line

__all__ = ["discovered", "found_said", "guard"]

_ABOUT = ("metric", "slices", "depth", "support", "searched", "confirming", "columns")
_ROWS = ("kind", "slice", "rows", "improvement", "low", "high", "adjusted_p", "confirmed")
#: Lines that are printed; the failures come first.
_MOST_LINES = 60
#: Columns that were not searched and are named.
_MOST_NAMED = 12

Row = Mapping[str, Cell]


def discovered(decision: Decision, limit: int) -> Markup | None:
    """What the search for slices found on one half of the rows, and what the other half says of it."""
    about = next(iter(rows_of(decision, "discovery", _ABOUT)), None)
    left = _left(decision)
    if about is None:
        return None if left is None else section_of("discovered", _TITLE, lead("No column was left to search."), left)
    rows = rows_of(decision, "discovered", _ROWS)
    metric = word(about, "metric")
    unit = unit_of(metric, decision.currency)
    worse = _of_kind(rows, "worse")
    others = [_told(rows, kind, title, metric, unit, limit) for kind, title in _OTHERS.items()]
    return section_of(
        "discovered",
        _TITLE,
        lead(_summary(about, worse, decision)),
        left,
        _table(_WORSE.format(metric_title(metric).lower()), worse[:limit], unit) if worse else None,
        *others,
        fold("How this was searched", tag("p", {}, _method(about))),
    )


#: How ids of findings about slices that nobody declared begin.
_FOUND = "slices/discovered/"
_TITLE = "Slices that nobody declared"
_WORSE = "{}: suggested by one half of the rows, measured on the other"
_OTHERS = {
    "better": "where the challenger is better than the champion, and better than elsewhere",
    "bad": "where the challenger is simply bad: worse than elsewhere, whatever the champion does",
}


def found_said(decision: Decision) -> str:
    """What the search confirmed, in a sentence; empty where it confirmed nothing or was not made."""
    about = next(iter(rows_of(decision, "discovery", _ABOUT)), None)
    rows = [row for row in _of_kind(rows_of(decision, "discovered", _ROWS), "worse") if figure(row, "confirmed")]
    if about is None or not rows:
        return ""
    unit = unit_of(word(about, "metric"), decision.currency)
    named = [
        f"{clip(word(row, 'slice'), 120)} ({_interval(row, unit)} on {plural(figure(row, 'rows'), 'row')})"
        for row in rows
    ]
    return f"{word(about, 'metric')} is worse where nobody looked: {'; '.join(named[:3])}" + (
        f"; and {plural(len(named) - 3, 'more slice')}." if len(named) > 3 else "."
    )


def guard(decision: Decision, limit: int) -> Markup | None:
    """The line of mlgate.yaml that guards a slice from now on, for each that the file does not guard yet."""
    lines = _lines(decision)
    if not lines:
        return None
    shown = lines[: min(limit, _MOST_LINES)]
    columns = [Column(title="Slice"), Column(title="Metric"), Column(title="Line of mlgate.yaml")]
    rows: list[list[Child]] = [
        [clip(name, 120), clip(metric, 60), tag("code", {}, clip(line(), 600))] for name, metric, line in shown
    ]
    said = (
        "Paste a line into mlgate.yaml, and its slice is guarded from now on: it must not fail. "
        "A list of that name takes further entries."
    )
    return section_of(
        "guard",
        "Guard a slice from now on",
        lead(said),
        fold(
            plural(len(lines), "line"),
            table("Lines that guard a slice", columns, rows, classes="stack"),
            remaining(len(lines), len(shown), "line"),
        ),
    )


def _lines(decision: Decision) -> list[tuple[str, str, Callable[[], str]]]:
    """Slice, metric and what gives the line; of findings by their urgency, then of slices that are simply bad."""
    where = {word(row, "slice"): row for row in rows_of(decision, "conditions", ("slice", "where", "first"))}
    metric = _metric_of(decision)
    confirmed = {(word(row, "slice"), metric): word(row, "line") for row in _confirmed(decision)}
    found: dict[tuple[str, str], Callable[[], str]]
    found = {key: partial(str, line) for key, line in confirmed.items() if line}
    lines: dict[tuple[str, str], Callable[[], str]] = {}
    guarded = _guarded(decision)
    for finding in urgent_first(tuple(one for one in decision.findings if _guardable(one))):
        key = (finding.slice, finding.metric)
        if key in found:
            lines.setdefault(key, found[key])
        elif key not in confirmed and finding.slice in where:
            lines.setdefault(key, partial(_line, finding, where[finding.slice]))
    return [(*key, line) for key, line in {**lines, **found}.items() if key not in guarded]


def _guarded(decision: Decision) -> set[tuple[str, str]]:
    """Slices and metrics that mlgate.yaml guards, or requires, already; a check has no such file."""
    if decision.provenance.command != "run":
        return set()
    declared = (one for one in decision.findings if _guardable(one) and not one.id.startswith(_FOUND))
    return {(one.slice, one.metric) for one in declared if one.level is not Level.ADVISORY}


def _line(finding: Finding, row: Row) -> str:
    """The line that guards a declared slice."""
    rule = str(finding.rule or "not_worse")
    amount = amount_text(finding.margin, finding.relative, rule=rule, bound=finding.bound)
    return guard_line(word(row, "where"), finding.metric, amount, first=bool(figure(row, "first")))


def _guardable(finding: Finding) -> bool:
    return finding.section is Section.SLICES and finding.rule is not None and finding.slice != OVERALL


def _metric_of(decision: Decision) -> str:
    return word(next(iter(rows_of(decision, "discovery", _ABOUT)), {}), "metric")


def _confirmed(decision: Decision) -> list[Row]:
    return [row for row in rows_of(decision, "discovered", (*_ROWS, "line")) if figure(row, "confirmed")]


def _of_kind(rows: Sequence[Row], kind: str) -> list[Row]:
    """Rows of one kind, confirmed ones first."""
    return sorted((row for row in rows if word(row, "kind") == kind), key=lambda row: -figure(row, "confirmed"))


def _told(rows: Sequence[Row], kind: str, title: str, metric: str, unit: Unit, limit: int) -> Markup | None:
    """A fold with the confirmed slices of another kind."""
    found = [row for row in _of_kind(rows, kind) if figure(row, "confirmed")]
    if not found:
        return None
    caption = f"{metric_title(metric)} {title}"
    return fold(f"{plural(len(found), 'slice')} {title}", _table(caption, found[:limit], unit))


def _summary(about: Row, worse: Sequence[Row], decision: Decision) -> str:
    sure = sum(figure(row, "confirmed") > 0 for row in worse)
    looked = f"{plural(_whole(about, 'slices'), 'slice')} of up to {plural(_whole(about, 'depth'), 'condition')}"
    columns = plural(len(word(about, "columns").split(", ")), "column")
    where = f"{looked} over {columns} were searched on one half of the rows"
    if not worse:
        paired = any(one.champion is not None for one in decision.findings)
        return f"{where}. {'None looked worse.' if paired else 'Without a champion, only where it is bad can be told.'}"
    word_ = "is" if sure == 1 else "are"
    return f"{where}; of {len(worse)} that looked worst {sure or 'none'} {word_} confirmed by the other half."


def _method(about: Row) -> str:
    return (
        f"{plural(figure(about, 'searched'), 'row')} suggested, {plural(figure(about, 'confirming'), 'other')} "
        f"confirmed; a slice held at least {count(figure(about, 'support'))} of the former. A confirmed slice is worse "
        f"than the champion and worse than elsewhere, by p-values adjusted for all that were carried over, and by more "
        f"than the margin. Columns: {clip(word(about, 'columns'), 600)}."
    )


def _left(decision: Decision) -> Markup | None:
    """Columns that were not searched, each with its reason."""
    rows = rows_of(decision, "not_searched", ("column", "because"))
    if not rows:
        return None
    named = [f"{clip(word(row, 'column'), 60)} ({word(row, 'because')})" for row in rows]
    more = f"; and {plural(len(named) - _MOST_NAMED, 'more column')}" if len(named) > _MOST_NAMED else ""
    said = (
        f"Not searched, since a slice by the outcome accuses whoever is wrong there: {'; '.join(named[:_MOST_NAMED])}"
    )
    return tag("p", {}, f"{said}{more}.")


def _whole(row: Row, name: str) -> int:
    value = figure(row, name)
    return int(value) if math.isfinite(value) else 0


def _table(caption: str, rows: Sequence[Row], unit: Unit) -> Markup:
    heads = ("Rows", "Share", "Champion", "Challenger", "Improvement, interval", "Elsewhere", "Adjusted p")
    columns = [Column(title="Slice"), *(Column(title=one, figures=True) for one in heads), Column(title="Confirmed")]
    cells: list[list[Child]] = [
        [
            clip(word(row, "slice"), 160),
            count(figure(row, "rows")),
            f"{percent(figure(row, 'share'))} %",
            _or_dash(figure(row, "champion"), unit),
            _or_dash(figure(row, "challenger"), unit),
            _interval(row, unit),
            _or_dash(figure(row, "elsewhere"), unit, signed=word(row, "kind") != "bad"),
            p_value(figure(row, "adjusted_p")),
            tag("b", {}, "yes") if figure(row, "confirmed") else join(["no"]),
        ]
        for row in rows
    ]
    name = unit.name.removeprefix("in ")
    return table(f"{caption}{f', in {name}' if name else ''}", columns, cells)


def _or_dash(value: float, unit: Unit, *, signed: bool = False) -> str:
    return number(value, unit, signed=signed) if math.isfinite(value) else "–"


def _interval(row: Row, unit: Unit) -> str:
    value, low, high = (figure(row, name) for name in ("improvement", "low", "high"))
    if not math.isfinite(value):
        return f"{_or_dash(low, unit)} to {_or_dash(high, unit)}"
    size, *ends = (_or_dash(one, unit, signed=True) for one in (value, low, high))
    return f"{size} ({' to '.join(ends)})"
