"""Sections that are drawn from exhibits and findings together: fairness and oddities.

Each takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision, Finding
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import PERCENT, count, number, plural
from mlgate.render.markup import Child, Markup, icon, join, tag
from mlgate.render.metric_names import metric_title, unit_of
from mlgate.render.plain import clip
from mlgate.render.plots import Rate, rate_panel
from mlgate.render.prose import findings_of, lead, model_key, reasons, section_of, tallied
from mlgate.render.tables import Column, check_table, fold, gap_tables, outcome, remaining, table
from mlgate.render.terms import terms_of

__all__ = ["fairness", "oddities"]

_MODELS = ("champion", "challenger")
#: Groups that one panel of rates can show, and panels.
_MOST_GROUPS, _MOST_PANELS = 24, 6


def fairness(decision: Decision, limit: int) -> Markup | None:
    """Rates of every group under both models, and the findings about gaps."""
    findings = findings_of(decision, Section.FAIRNESS)
    rates = [
        _rate(row)
        for row in rows_of(decision, "rates", ("attribute", "group", "metric", "model", "value", "low", "high"))
    ]
    if not findings and not rates:
        return None
    said = (
        f"{plural(len(findings), 'gap')} between groups: {tallied(findings)}"
        if findings
        else "No gap between groups is required to stay within a bound."
    )
    panels = _panels(rates)
    return section_of(
        "fairness",
        "Fairness",
        lead(said),
        model_key(decision, "lines: intervals") if panels else None,
        tag("div", {"class": "panels"}, *panels) if panels else None,
        _undrawn(rates),
        (
            fold(
                "The numbers behind the picture",
                _rate_table(rates[: 4 * limit]),
                remaining(len(rates), 4 * limit, "rate"),
            )
            if rates
            else None
        ),
        reasons(findings),
        *gap_tables(findings, limit, terms_of(decision)),
    )


def _panels(rates: Sequence[tuple[str, Rate]]) -> list[Markup]:
    """A picture per metric, of as many groups as one can read."""
    panels = []
    for place, metric in enumerate(list(dict.fromkeys(metric for metric, _ in rates))[:_MOST_PANELS]):
        inside = [rate for name, rate in rates if name == metric]
        kept = set(list(dict.fromkeys(rate.group for rate in inside))[:_MOST_GROUPS])
        title = f"{metric_title(metric)}, %"
        panels.append(rate_panel(f"rates-{place}", title, [rate for rate in inside if rate.group in kept]))
    return panels


def _undrawn(rates: Sequence[tuple[str, Rate]]) -> Markup | None:
    """How many groups and metrics have no place in the pictures."""
    groups = len({rate.group for _, rate in rates}) - _MOST_GROUPS
    metrics = len({metric for metric, _ in rates}) - _MOST_PANELS
    said = [plural(groups, "group")] * (groups > 0) + [plural(metrics, "metric")] * (metrics > 0)
    return tag("p", {"class": "note"}, f"Not drawn: {' and '.join(said)}; see the table.") if said else None


def _rate(row: Mapping[str, Cell]) -> tuple[str, Rate]:
    rows = figure(row, "rows")
    return word(row, "metric"), Rate(
        group=clip(word(row, "group_title") or f"{word(row, 'attribute')}={word(row, 'group')}", 80),
        model=word(row, "model"),
        rows=int(rows) if math.isfinite(rows) else 0,
        value=figure(row, "value"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _rate_table(rates: Sequence[tuple[str, Rate]]) -> Markup:
    unit = PERCENT
    columns = [Column(title="Group"), Column(title="Metric"), Column(title="Model")]
    columns += [Column(title=title, figures=True) for title in ("Rows", "Rate", "Interval")]
    rows: list[list[Child]] = [
        [
            rate.group,
            clip(metric, 60),
            clip(rate.model, 40),
            count(rate.rows),
            number(rate.value, unit),
            f"{number(rate.low, unit)} to {number(rate.high, unit)}" if math.isfinite(rate.low) else "–",
        ]
        for metric, rate in rates
    ]
    return table("Rates in percent, with intervals", columns, rows, classes="tight")


def oddities(decision: Decision, limit: int) -> Markup | None:
    """The base case again with one abnormality at a time: what each model did."""
    findings = findings_of(decision, Section.ODDITIES)
    rows = rows_of(decision, "oddities", ("name", "model", "answered", "value"))
    if not findings and not rows:
        return None
    every = list(dict.fromkeys(word(row, "name") for row in rows))
    names = every[:limit]
    metric = next((word(row, "metric") for row in rows if word(row, "metric")), "")
    grid = [_odd_row(name, [row for row in rows if word(row, "name") == name], findings) for name in names]
    known = {id(finding) for name in names for finding in findings if _about(finding, name)}
    rest = [finding for finding in findings if id(finding) not in known]
    said = f"The base case again, with one abnormality at a time. {tallied(findings) if findings else ''}"
    columns = [
        Column(title="One abnormality each"),
        *(Column(title=role.capitalize()) for role in _MODELS),
        Column(title="Finding"),
    ]
    unit = unit_of(metric, terms_of(decision).currency).name.replace("percentage points", "percent")
    in_unit = f" {unit}" if unit.startswith("in ") else f" in {unit}" if unit else ""
    caption = f"{metric_title(metric)}{in_unit} under each oddity" if metric else "Answers under each oddity"
    return section_of(
        "oddities",
        "Oddities",
        lead(said),
        table(caption, columns, [_clean_row(rows), *grid]) if grid else None,
        remaining(len(every), len(names), "oddity", "oddities"),
        check_table("Findings on oddities", rest, limit) if rest else None,
    )


def _about(finding: Finding, name: str) -> bool:
    return name in finding.id.split("/") or finding.dataset in (name, f"oddity {name}")


def _clean_row(rows: Sequence[Mapping[str, Cell]]) -> list[Child]:
    said: list[Child] = ["Clean base case"]
    for role in _MODELS:
        row = next(
            (row for row in rows if word(row, "model") == role and math.isfinite(figure(row, "base_value"))), None
        )
        said.append(number(figure(row, "base_value"), unit_of(word(row, "metric"))) if row else "–")
    return [*said, "reference"]


def _odd_row(name: str, rows: Sequence[Mapping[str, Cell]], findings: Sequence[Finding]) -> list[Child]:
    title = next((word(row, "title") for row in rows if word(row, "title")), name)
    cells_: list[Child] = [clip(title, 160)]
    for role in _MODELS:
        row = next((row for row in rows if word(row, "model") == role), None)
        cells_.append("–" if row is None else _odd_cell(row))
    about = [finding for finding in findings if _about(finding, name)]
    return [
        *cells_,
        join([tag("div", {}, outcome(finding), f" ({finding.level})") for finding in about]) if about else "–",
    ]


def _odd_cell(row: Mapping[str, Cell]) -> Markup:
    reason = clip(word(row, "reason"), 200)
    if not figure(row, "answered") > 0:
        return join([icon("fail"), f" no answer{f': {reason}' if reason else ''}"])
    said = number(figure(row, "value"), unit_of(word(row, "metric")))
    return join([said, f", {reason}" if reason else None])
