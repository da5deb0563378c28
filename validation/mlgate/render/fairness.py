"""The section about fairness: what was asked, disparities, rates of every group, and the groups' curves.

It takes the decision and the most rows that a table may have, and returns markup, or None without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision
from mlgate.records.words import Section
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import PERCENT, Unit, count, number, plural
from mlgate.render.group_curves import Line, square_panel
from mlgate.render.markup import Child, Markup, tag
from mlgate.render.metric_names import metric_title, unit_of
from mlgate.render.plain import clip, listed
from mlgate.render.plots import Rate, rate_panel
from mlgate.render.prose import findings_of, lead, model_key, reasons, section_of, tallied
from mlgate.render.tables import Column, check_table, fold, gap_tables, remaining, table
from mlgate.render.terms import terms_of

__all__ = ["fairness"]

Row = Mapping[str, Cell]

_MODELS = ("champion", "challenger")
#: Attributes with pictures, groups that one panel of rates can show, and panels of an attribute.
_MOST_ATTRIBUTES, _MOST_GROUPS, _MOST_PANELS = 6, 24, 6
#: Groups of an attribute whose curves are drawn, and attributes.
_MOST_CURVES, _MOST_CURVED = 4, 3
#: Groups too small to tell that are named; all of them are in the table.
_NAMED = 6
#: Rates whose values are shares of rows, so that a panel from 0 to 100 % is right.
_NO_SHARE = "calibration_in_the_large"
_CAUTION = (
    "A demographic parity ratio below 0.8 is what the four-fifths rule of the EEOC (1978) screens for. It is a rule of "
    "thumb for where to look, no test of fairness and no safe harbour: with few rows it fires by chance, with many a "
    "ratio above 0.8 can still be a real disadvantage; read it with its interval and with the rates themselves."
)


def fairness(decision: Decision, limit: int) -> Markup | None:
    """Groups of people side by side under both models, and the findings about them."""
    findings = findings_of(decision, Section.FAIRNESS)
    rates = rows_of(decision, "rates", ("attribute", "group", "metric", "model", "value", "low", "high"))
    if not findings and not rates:
        return None
    said = (
        f"{plural(len(findings), 'finding')} about groups of people: {tallied(findings)}"
        if findings
        else "No gap between groups is required to stay within a bound."
    )
    attributes = [one for one in dict.fromkeys(word(row, "attribute") for row in rates) if one != "overall"]
    disparities = rows_of(decision, "disparities", ("attribute", "metric", "method", "agg", "model", "value"))
    single = [finding for finding in findings if finding.metric.endswith("_gap")]
    others = [finding for finding in findings if not finding.metric.endswith("_gap")]
    return section_of(
        "fairness",
        "Fairness",
        lead(said),
        reasons(findings),
        check_table("Gaps over all pairs of groups", others, limit) if others else None,
        *gap_tables(single, limit, terms_of(decision)),
        model_key(decision, "lines: intervals") if rates else None,
        *(_attribute(decision, name, place, rates, disparities, limit) for place, name in enumerate(attributes)),
        _small(decision, limit),
        tag("p", {"class": "note"}, _CAUTION) if disparities and decision.task == "binary" else None,
    )


def _attribute(
    decision: Decision, name: str, place: int, rates: Sequence[Row], disparities: Sequence[Row], limit: int
) -> Markup:
    """All about one attribute, folded; the first one is open."""
    own = [row for row in rates if word(row, "attribute") == name]
    found = [row for row in disparities if word(row, "attribute") == name]
    groups = list(dict.fromkeys(word(row, "group") for row in own))
    panels = _panels(own, place) if place < _MOST_ATTRIBUTES else []
    many = 4 * limit
    shown = [row for row in own if word(row, "model") != "change"]
    return fold(
        f"{clip(name, 80)}: {plural(len(groups), 'group')}{_headline(found)}",
        _disparity_table(found) if found else None,
        tag("div", {"class": "panels"}, *panels) if panels else None,
        _undrawn(len(groups)) if panels else None,
        *(_curves(decision, name, place) if place < _MOST_CURVED else ()),
        fold("Every rate of every group", _rate_table(shown[:many]), remaining(len(shown), many, "rate")),
        opened=place == 0,
    )


def _headline(found: Sequence[Row]) -> str:
    """The disparity that comes first, in a clause."""
    first = [row for row in found if word(row, "method") == "between_groups" and word(row, "agg") == "worst_case"]
    if not first:
        return ""
    metric = word(first[0], "metric")
    values = {word(row, "model"): figure(row, "value") for row in first if word(row, "metric") == metric}
    unit = unit_of(metric)
    sign = " %" if unit is PERCENT else ""
    said = f", {metric_title(metric).lower()} {number(values.get('challenger', math.nan), unit)}{sign}"
    old = values.get("champion", math.nan)
    return f"{said} (champion {number(old, unit)}{sign})" if math.isfinite(old) else said


def _disparity_table(found: Sequence[Row]) -> Markup:
    """Each disparity under both models, its change, and between which two groups it is."""
    by: dict[str, dict[str, Row]] = {}
    for row in found:
        if word(row, "method") == "worst_group" or (word(row, "method"), word(row, "agg")) == (
            "between_groups",
            "worst_case",
        ):
            by.setdefault(word(row, "metric"), {})[word(row, "model")] = row
    titles = ("Champion", "Challenger", "Change")
    columns = [Column(title="Disparity"), *(Column(title=title, figures=True) for title in titles)]
    rows: list[list[Child]] = []
    for metric, sides in by.items():
        unit = _unit(metric, sides)
        worst = sides.get("challenger") or next(iter(sides.values()))
        rows.append(
            [
                f"{metric_title(metric)}{_in(unit)}",
                *(_estimate(sides.get(model), unit, signed=model == "change") for model in (*_MODELS, "change")),
                _pair(worst),
            ]
        )
    caption = "Largest gaps and smallest ratios between two groups, with the interval of that pair"
    return table(caption, [*columns, Column(title="Challenger's worst")], rows, classes="tight")


def _unit(metric: str, sides: Mapping[str, Row]) -> Unit:
    """Worst-group values have the unit of their rate."""
    row = next(iter(sides.values()))
    return unit_of(word(row, "rate")) if word(row, "method") == "worst_group" else unit_of(metric)


def _in(unit: Unit) -> str:
    return ", %" if unit is PERCENT else ""


def _estimate(row: Row | None, unit: Unit, *, signed: bool) -> str:
    if row is None or not math.isfinite(figure(row, "value")):
        return "–"
    said = number(figure(row, "value"), unit, signed=signed)
    if not math.isfinite(figure(row, "low")):
        return said
    ends = (number(figure(row, end), unit, signed=signed) for end in ("low", "high"))
    return f"{said} ({' to '.join(ends)})"


def _pair(row: Row) -> str:
    first, second = clip(word(row, "first"), 80), clip(word(row, "second"), 80)
    joint = " over " if word(row, "metric").endswith("_ratio") else " less "
    return f"{first}{joint}{second}" if second else first


def _panels(own: Sequence[Row], place: int) -> list[Markup]:
    """A picture per rate, of as many groups as one can read."""
    metrics = [metric for metric in dict.fromkeys(word(row, "metric") for row in own) if _is_share(metric)]
    panels = []
    for number_, metric in enumerate(metrics[:_MOST_PANELS]):
        inside = [_rate(row) for row in own if word(row, "metric") == metric and word(row, "model") in _MODELS]
        kept = set(list(dict.fromkeys(rate.group for rate in inside))[:_MOST_GROUPS])
        drawn = sorted((rate for rate in inside if rate.group in kept), key=lambda rate: rate.model)
        order = {group: at for at, group in enumerate(dict.fromkeys(rate.group for rate in inside))}
        drawn.sort(key=lambda rate: order[rate.group])
        panels.append(rate_panel(f"rates-{place}-{number_}", f"{metric_title(metric)}, %", drawn))
    return panels


def _is_share(metric: str) -> bool:
    return metric != _NO_SHARE and unit_of(metric) is PERCENT


def _undrawn(groups: int) -> Markup | None:
    if groups <= _MOST_GROUPS:
        return None
    return tag("p", {"class": "note"}, f"Not drawn: {plural(groups - _MOST_GROUPS, 'group')}; see the table.")


def _rate(row: Row) -> Rate:
    rows = figure(row, "rows")
    return Rate(
        group=clip(word(row, "group_title") or word(row, "group"), 80),
        model=word(row, "model"),
        rows=int(rows) if math.isfinite(rows) else 0,
        value=figure(row, "value"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _rate_table(rows: Sequence[Row]) -> Markup:
    columns = [Column(title="Group"), Column(title="Metric"), Column(title="Model")]
    columns += [Column(title=title, figures=True) for title in ("Rows", "Value", "Interval")]
    cells: list[list[Child]] = []
    for row in rows:
        rate, unit = _rate(row), unit_of(word(row, "metric"))
        ends = f"{number(rate.low, unit)} to {number(rate.high, unit)}" if math.isfinite(rate.low) else "–"
        value = number(rate.value, unit) if math.isfinite(rate.value) else "–"
        cells.append([rate.group, clip(word(row, "metric"), 60), clip(rate.model, 40), count(rate.rows), value, ends])
    units = {unit_of(word(row, "metric")).name for row in rows}
    said = "Rates in percent" if len(units) < 2 and "percentage points" in units else "Each in its own unit"
    return table(f"{said}, with intervals", columns, cells, classes="tight")


def _curves(decision: Decision, attribute: str, place: int) -> list[Markup | None]:
    """ROC and calibration of an attribute's largest groups, both models in one picture."""
    found: list[Markup | None] = []
    kinds = (
        ("group_roc", "false_positive_rate", "true_positive_rate", "ROC by group", False),
        ("group_reliability", "mean_score", "observed", "Calibration by group", True),
    )
    for kind, across, up, title, marked in kinds:
        rows = rows_of(decision, kind, ("attribute", "group", "model", across, up))
        own = [row for row in rows if word(row, "attribute") == attribute]
        groups = list(dict.fromkeys(word(row, "group") for row in own))
        panels = []
        for number_, group in enumerate(groups[:_MOST_CURVES]):
            inside = [row for row in own if word(row, "group") == group]
            lines = [
                Line(
                    model=model,
                    points=tuple(
                        (figure(row, across), figure(row, up)) for row in inside if word(row, "model") == model
                    ),
                    marked=marked,
                )
                for model in _MODELS
            ]
            heading = clip(word(inside[0], "group_title") or group, 60)
            said = (across.replace("_", " "), up.replace("_", " "))
            panels.append(square_panel(f"{kind.replace('_', '-')}-{place}-{number_}", heading, lines, said))
        if panels:
            key = f"{title}, %. Across: {across.replace('_', ' ')}. Up: {up.replace('_', ' ')}."
            found += [tag("p", {"class": "note"}, key), tag("div", {"class": "panels"}, *panels)]
    return found


def _small(decision: Decision, limit: int) -> Markup | None:
    """Groups that cannot be told: never merged or dropped, each with the rows that would tell."""
    rows = rows_of(decision, "small_groups", ("attribute", "group", "metric", "rows", "shortage"))
    if not rows:
        return None
    names = list(dict.fromkeys(word(row, "group_title") or word(row, "group") for row in rows))
    some = [clip(name, 60) for name in names[:_NAMED]]
    more = [plural(len(names) - _NAMED, "more group")] if len(names) > _NAMED else []
    said = f"Too few rows to tell, for some rates: {listed([*some, *more])}. None is merged or left out."
    columns = [Column(title="Group"), Column(title="Metric"), Column(title="Rows", figures=True)]
    columns += [Column(title="Why"), Column(title="Rows that would tell", figures=True)]
    cells: list[list[Child]] = [
        [
            clip(word(row, "group_title") or word(row, "group"), 120),
            clip(word(row, "metric"), 60),
            count(figure(row, "rows")),
            clip(word(row, "shortage"), 160),
            count(figure(row, "rows_to_tell")),
        ]
        for row in rows[:limit]
    ]
    return fold(
        said, table("Groups too small to tell", columns, cells, classes="tight"), remaining(len(rows), limit, "rate")
    )
