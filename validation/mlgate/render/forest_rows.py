"""Rows of a forest plot: findings in printed units, said in words, and drawn as marks, intervals and margins.

Separate from ``forest.py``, which lays rows out twice, because both layouts share everything that stands here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlgate.frozen import dataclass
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Rule
from mlgate.render.figures import count, interval, number
from mlgate.render.groups import is_overall
from mlgate.render.markup import Markup, line, short, tag, text
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip
from mlgate.render.scale import Scale
from mlgate.render.terms import Terms, sample, unit_in
from mlgate.render.words import enough_decimals, kind, limit_of, verdict_words

__all__ = ["Row", "describe", "domain", "draw_estimate", "draw_zones", "row_label", "row_of", "tone_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the plot, in printed units."""

    finding: Finding
    label: str
    value: float
    low: float
    high: float
    #: worse is left of this; -inf where nothing is.
    floor: float
    #: worse is right of this; +inf where nothing is.
    ceiling: float
    #: the row in words; both layouts say the same.
    title: Markup


def row_label(finding: Finding) -> str:
    """What stands at the left of a row."""
    return "Overall" if is_overall(finding) else finding.slice_title or finding.slice


def _shown(finding: Finding, paired: bool) -> Estimate | None:
    return finding.improvement if paired else finding.challenger


def row_of(finding: Finding, paired: bool, terms: Terms) -> Row:
    factor = unit_of(finding.metric).factor
    drawn = _shown(finding, paired) or Estimate(value=math.nan, low=math.nan, high=math.nan)
    floor, ceiling = -math.inf, math.inf
    margin = finding.margin
    if paired and margin is not None:
        floor = (margin if finding.rule is Rule.BETTER else -margin) * factor
        ceiling = margin * factor if finding.rule is Rule.UNCHANGED else math.inf
    elif not paired and finding.bound is not None:
        floor = finding.bound * factor if finding.rule is Rule.AT_LEAST else -math.inf
        ceiling = finding.bound * factor if finding.rule is Rule.AT_MOST else math.inf
    return Row(
        finding=finding,
        label=row_label(finding),
        value=drawn.value * factor,
        low=drawn.low * factor,
        high=drawn.high * factor,
        floor=floor,
        ceiling=ceiling,
        title=tag("title", {}, describe(finding, paired, terms)),
    )


def domain(rows: Sequence[Row], paired: bool) -> tuple[float, float]:
    """Ends of the axis: all that can be judged; intervals of slices that are too small may run out of the picture."""
    solid = [row for row in rows if not row.finding.too_small] or list(rows)
    seen = [end for row in solid for end in (row.low, row.high)] + [row.value for row in rows]
    seen += [limit for row in rows for limit in (row.floor, row.ceiling)] + ([0.0] if paired else [])
    # Beyond this, differences of two values overflow; nothing real is that large.
    finite = [value for value in seen if abs(value) < 1e290] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    # A little wider for their sake, but one slice of five rows must not flatten all others.
    loose, reach = [end for row in rows for end in (row.low, row.high) if math.isfinite(end)], (high - low) * 0.3
    kept = [end for end in loose if low - reach < end < high + reach]
    low, high = min([low, *kept]), max([high, *kept])
    flat = high - low <= 1e-9 * (1 + abs(high))
    pad = (abs(high) * 0.1 or 1.0) if flat else (high - low) * 0.06
    # A zone that begins at the very edge would not be seen as one.
    return low - pad * (1.6 if paired else 1.0), high + pad


def describe(finding: Finding, paired: bool, terms: Terms) -> str:
    """A row in words, for screen readers and as the tip under the pointer."""
    unit = unit_in(finding, terms)
    decimals = enough_decimals(finding)
    drawn = _shown(finding, paired)
    unit_word = "points" if unit.name == "percentage points" else unit.name
    parts = [f"{clip(row_label(finding), 120)}:"]
    if drawn is None:
        parts.append("undefined")
    else:
        over = " over the baseline" if finding.than == "baseline" else ""
        parts.append(f"improvement{over}" if paired else clip(finding.metric, 80))
        parts.append(number(drawn.value, unit, signed=paired, decimals=decimals))
        parts.append(f"{unit_word}," if unit_word else ",")
        parts.append(f"interval {interval(drawn, unit, signed=paired, decimals=decimals)}")
    said = " ".join(parts).replace(" ,", ",")
    if finding.margin is not None:
        said += f", margin {limit_of(finding, unit)}"
    if finding.gained is not None and finding.lost is not None:
        said += f"; {count(finding.lost)} newly wrong, {count(finding.gained)} newly right"
    return f"{said}{f' of {sample(finding, terms)}' if finding.rows else ''}; {verdict_words(finding)}"


def tone_of(finding: Finding) -> str:
    return {"pass": "", "unsure": " dim", "look": " accent", "fail": " accent"}[kind(finding)]


def draw_estimate(row: Row, scale: Scale, y: float) -> list[Markup]:
    """Interval and mark: square required, disc guarded, open diamond advisory; dotted below the minimum size."""
    if not math.isfinite(row.value):
        return [text(scale.left + 8, y + 4, "undefined", "axis")]
    tone, x = tone_of(row.finding), scale.at(row.value)
    drawn = []
    if math.isfinite(row.low) and math.isfinite(row.high):
        dots = " dotted" if row.finding.too_small else ""
        drawn.append(
            line(f"M{short(scale.at(row.low))} {short(y)}H{short(scale.at(row.high))}", f"interval{tone}{dots}")
        )
        if row.low < scale.low:
            drawn.append(line(f"M{short(scale.left + 5)} {short(y - 4)}l-5 4l5 4", f"interval{tone}"))
        if row.high > scale.high:
            drawn.append(line(f"M{short(scale.right - 5)} {short(y - 4)}l5 4l-5 4", f"interval{tone}"))
    if row.finding.level is Level.REQUIRED:
        drawn.append(tag("rect", {"class": f"mark{tone}", "x": x - 4.6, "y": y - 4.6, "width": 9.2, "height": 9.2}))
    elif row.finding.level is Level.GUARDED:
        drawn.append(tag("circle", {"class": f"mark{tone}", "cx": x, "cy": y, "r": 4.1}))
    else:
        drawn.append(line(f"M{short(x)} {short(y - 5.2)}l5.2 5.2l-5.2 5.2l-5.2-5.2z", f"mark open{tone}"))
    return drawn


def draw_zones(rows: Sequence[Row], bands: Sequence[tuple[float, float]], scale: Scale) -> list[Markup]:
    """The shaded side of every margin, and the margin itself as a line that steps from row to row."""
    drawn = []
    for floors in (True, False):
        limits = [row.floor if floors else row.ceiling for row in rows]
        edge = scale.left if floors else scale.right
        shade, steps, before = "", "", math.nan
        for limit, (top, bottom) in zip(limits, bands):
            if math.isfinite(limit):
                x = short(scale.at(limit))
                shade += f"M{short(edge)} {short(top)}H{x}V{short(bottom)}H{short(edge)}z"
                steps += f"H{x}V{short(bottom)}" if math.isfinite(before) else f"M{x} {short(top)}V{short(bottom)}"
            before = limit
        if shade:
            drawn += [line(shade, "zone"), line(steps, "margin")]
    return drawn
