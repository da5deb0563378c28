"""Sections about what the models answered: calibration of scores, and predictions against labels.

Shown, never judged. Each takes the decision and the most rows that a table may have, and returns markup, or None
without anything to show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlgate.records.decision import Decision
from mlgate.render.exhibits import Cell, figure, rows_of, word
from mlgate.render.figures import PERCENT, Unit, count, number, percent, significant_decimals
from mlgate.render.markup import Child, Markup, tag
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip
from mlgate.render.plots import Bin, Curve, curve_panel
from mlgate.render.prose import lead, section_of
from mlgate.render.tables import Column, fold, remaining, table
from mlgate.render.words import model_name

__all__ = ["calibration", "predictions"]

_MODELS = ("champion", "challenger")


def calibration(decision: Decision, limit: int) -> Markup | None:
    """Predicted against observed shares: shown, never decides."""
    rows = rows_of(decision, "calibration", ("model", "rows", "mean_score", "observed"))
    drawn = _by_model([(word(row, "model"), _score_bin(row)) for row in rows])
    if not drawn:
        return None
    seen = [value for parts in drawn.values() for part in parts for value in (part.across, part.up, part.high)]
    highest = min(1.0, max((value for value in seen if math.isfinite(value)), default=1.0) * 1.05) or 1.0
    said = f"Predicted against observed shares of {clip(decision.positive, 40)}, in bins. Shown, never decides."
    key = "Across: mean score, %. Up: share observed, %. Bars: intervals; the dashed line is perfect calibration."
    return section_of(
        "calibration",
        "Calibration",
        lead(said),
        _panels(decision, "calibration", drawn, (0.0, highest), PERCENT),
        tag("p", {"class": "note"}, key),
        fold("The numbers behind the picture", *_score_table(drawn, limit)),
    )


def _by_model(found: Sequence[tuple[str, Bin]]) -> dict[str, list[Bin]]:
    """Bins that hold rows, by model, champion first; models without any are left out."""
    every = {role: [part for model, part in found if model == role and part.rows > 0] for role in _MODELS}
    return {role: parts for role, parts in every.items() if parts}


def _panels(
    decision: Decision, name: str, drawn: Mapping[str, Sequence[Bin]], ends: tuple[float, float], unit: Unit
) -> Markup:
    panels = [
        curve_panel(
            Curve(
                name=f"{name}-{role}",
                model=role,
                title=f"{role.capitalize()} {model_name(decision, role)}".strip(),
                bins=tuple(parts),
                low=ends[0],
                high=ends[1],
                unit=unit,
            )
        )
        for role, parts in drawn.items()
    ]
    return tag("div", {"class": "panels"}, *panels)


def _score_bin(row: Mapping[str, Cell]) -> Bin:
    return Bin(
        rows=_whole(row),
        across=figure(row, "mean_score"),
        up=figure(row, "observed"),
        low=figure(row, "low"),
        high=figure(row, "high"),
    )


def _whole(row: Mapping[str, Cell]) -> int:
    rows = figure(row, "rows")
    return int(rows) if math.isfinite(rows) else 0


def _score_table(drawn: Mapping[str, Sequence[Bin]], limit: int) -> list[Markup | None]:
    columns = [Column(title="Model and bin")] + [
        Column(title=title, figures=True) for title in ("Rows", "Mean score", "Observed", "Interval")
    ]
    every = [(f"{role}, {place}", part) for role, parts in drawn.items() for place, part in enumerate(parts, start=1)]
    rows: list[list[Child]] = [
        [
            name,
            count(part.rows),
            percent(part.across),
            percent(part.up),
            f"{percent(part.low)} to {percent(part.high)}",
        ]
        for name, part in every[:limit]
    ]
    caption = "Scores and shares in percent"
    return [table(caption, columns, rows, classes="plain"), remaining(len(every), limit, "bin")]


def predictions(decision: Decision, limit: int) -> Markup | None:
    """Regression: mean prediction against mean label, bin by bin."""
    rows = rows_of(decision, "predictions", ("model", "rows", "mean_prediction", "mean_label"))
    drawn = _by_model([(word(row, "model"), _label_bin(row)) for row in rows])
    seen = [value for parts in drawn.values() for part in parts for value in (part.across, part.up)]
    finite = [value for value in seen if abs(value) < 1e290]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    pad = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    own, digits = unit_of("mae"), significant_decimals(high - low)
    # One more than shows the labels in three digits, for the sake of the difference.
    decimals = None if digits is None else digits + 1
    columns = [Column(title="Model and bin")] + [
        Column(title=title, figures=True)
        for title in ("Rows", "Mean prediction", "Mean label", "Label less prediction")
    ]
    every = [(f"{role}, {place}", part) for role, parts in drawn.items() for place, part in enumerate(parts, start=1)]
    cells: list[list[Child]] = [
        [
            name,
            count(part.rows),
            number(part.across, own, decimals=decimals),
            number(part.up, own, decimals=decimals),
            number(part.up - part.across, own, signed=True, decimals=decimals),
        ]
        for name, part in every[:limit]
    ]
    said = "Mean prediction against mean label, in bins of about equally many rows. Shown, never decides."
    key = "Across: mean prediction. Up: mean label, both in the label's unit; on the dashed line they are equal."
    return section_of(
        "predictions",
        "Predictions",
        lead(said),
        _panels(decision, "predictions", drawn, (low - pad, high + pad), own),
        tag("p", {"class": "note"}, key),
        fold(
            "The numbers behind the picture",
            table("In the label's unit", columns, cells, classes="plain"),
            remaining(len(every), limit, "bin"),
        ),
    )


def _label_bin(row: Mapping[str, Cell]) -> Bin:
    return Bin(
        rows=_whole(row),
        across=figure(row, "mean_prediction"),
        up=figure(row, "mean_label"),
        low=math.nan,
        high=math.nan,
    )
