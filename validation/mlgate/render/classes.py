"""Multiclass: recall and precision of every class under both models, for the report and the comment alike.

Shown, never judged: what is required of a class is a metric such as ``recall(setosa)`` and stands with the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.records.decision import Decision
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import count, percent
from mlgate.render.markup import Child, Markup, tag
from mlgate.render.metric_names import metric_title
from mlgate.render.plain import clip
from mlgate.render.plots import Rate, rate_panel
from mlgate.render.prose import lead, model_key, section_of
from mlgate.render.tables import Column, fold, remaining, table

__all__ = ["MODELS", "class_rows", "classes", "rows_in_class"]

MODELS = ("champion", "challenger")
#: Classes that one panel can show.
_MOST_CLASSES = 24
#: Rates of one class by metric and model.
Rates = Mapping[tuple[str, str], Rate]


def class_rows(decision: Decision) -> dict[str, Rates]:
    """The exhibit ``classes`` by class: what lost the most recall comes first, ties as they came."""
    found: dict[str, dict[tuple[str, str], Rate]] = {}
    for row in rows_of(decision, "classes", ("class", "rows", "metric", "model", "value", "low", "high")):
        found.setdefault(word(row, "class"), {})[word(row, "metric"), word(row, "model")] = _rate(row)
    return dict(sorted(found.items(), key=lambda one: _gained(one[1])))


def rows_in_class(rates: Rates) -> int | None:
    """Rows whose label is the class: those that recall is among."""
    return next((rate.rows for (metric, _), rate in rates.items() if metric == "recall"), None)


def _rate(row: Mapping[str, Cell]) -> Rate:
    rows = figure(row, "rows")
    return Rate(
        group=clip(word(row, "class"), 80),
        model=word(row, "model"),
        rows=int(rows) if math.isfinite(rows) else 0,
        value=figure(row, "value"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _gained(rates: Rates) -> float:
    old, new = rates.get(("recall", "champion")), rates.get(("recall", "challenger"))
    gain = new.value - old.value if old is not None and new is not None else math.nan
    return gain if math.isfinite(gain) else math.inf


def classes(decision: Decision, limit: int) -> Markup | None:
    """Recall and precision class by class: a panel per metric, and all figures in a fold."""
    found = class_rows(decision)
    if not found:
        return None
    metrics = list(dict.fromkeys(metric for rates in found.values() for metric, _ in rates))
    panels = []
    for place, metric in enumerate(metrics):
        drawn = list(found.values())[:_MOST_CLASSES]
        inside = [rate for rates in drawn for (name, _), rate in rates.items() if name == metric]
        panels.append(rate_panel(f"classes-{place}", f"{metric_title(metric)}, %", inside))
    named = " and ".join(metric_title(metric) if not place else metric for place, metric in enumerate(metrics))
    paired = any(("recall", role) in rates for rates in found.values() for role in MODELS[:1])
    first = ", those that lost the most recall first" if paired else ""
    said = f"{named} of {count(len(found))} classes{first}."
    if len(found) > _MOST_CLASSES:
        said += f" {count(_MOST_CLASSES)} of them are drawn."
    return section_of(
        "classes",
        "Class by class",
        lead(said),
        model_key(decision, "lines: intervals"),
        tag("div", {"class": "panels"}, *panels),
        fold(
            "The numbers behind the picture",
            _table(found, metrics, limit),
            remaining(len(found), limit, "class", "classes"),
        ),
    )


def _table(found: Mapping[str, Rates], metrics: list[str], limit: int) -> Markup:
    models = [role for role in MODELS if any(model == role for rates in found.values() for _, model in rates)]
    asked = [(metric, role) for metric in metrics for role in models]
    columns = [Column(title="Class"), Column(title="Rows", figures=True)]
    columns += [Column(title=f"{metric_title(metric)}, {role}", figures=True) for metric, role in asked]
    rows: list[list[Child]] = [
        [clip(name, 80), count(rows_in_class(rates)), *(_with_interval(rates.get(one)) for one in asked)]
        for name, rates in list(found.items())[:limit]
    ]
    caption = "Recall and precision in percent, with intervals; rows are those of the class"
    return table(caption, columns, rows, classes="tight")


def _with_interval(rate: Rate | None) -> str:
    if rate is None or not math.isfinite(rate.value):
        return "undefined"
    span = f" ({percent(rate.low)} to {percent(rate.high)})" if math.isfinite(rate.low + rate.high) else ""
    return f"{percent(rate.value)}{span}"
