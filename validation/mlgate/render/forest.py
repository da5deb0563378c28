"""The forest plot: improvement with its interval against its margin, overall and per slice, worst first.

Drawn twice, wide for a screen and narrow for a phone, on the server and as plain SVG: the reader needs no script.
Without a champion the challenger's own values are drawn. The margin steps from row to row, as each may have its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Level, Rule, Verdict
from mlgate.render.figures import count, number, plural
from mlgate.render.forest_rows import Row, describe, domain, draw_estimate, draw_zones, row_of, tone_of
from mlgate.render.groups import Group, is_overall, most_telling
from mlgate.render.markup import Markup, join, line, short, tag, text
from mlgate.render.metric_names import metric_title, unit_of
from mlgate.render.plain import clip
from mlgate.render.scale import Scale, fit, ticks, width_of
from mlgate.render.terms import Terms, unit_in
from mlgate.render.words import kind, undecided, value_decimals, verdict_words

__all__ = ["caption", "draw", "legend"]

_WIDE, _NARROW = 960.0, 360.0
_RIGHT, _CHAMPION, _CHALLENGER, _ROWS, _VERDICT = 552.0, 622.0, 692.0, 732.0, 762.0


def draw(group: Group, terms: Terms, *, name: str, limit: int) -> Markup:
    """The group's forest plot, wide and narrow.

    Parameters
    ----------
    group
        Findings of one metric and rule.
    terms
        The decision's words.
    name
        Prefix of the ids in the SVG, unique in the page.
    limit
        Slices that are drawn at most; failures are always among them. The table holds the others.
    """
    overall = tuple(finding for finding in group.findings if is_overall(finding))
    slices = most_telling(tuple(finding for finding in group.findings if not is_overall(finding)), limit)
    rows = [row_of(finding, group.paired) for finding in overall[:3] + slices]
    ends = domain(rows, group.paired)
    split = len(overall[:3])
    frame = _Frame(group=group, terms=terms, rows=tuple(rows), domain=ends, name=f"{name}-wide", split=split)
    return join([_draw_wide(frame), _draw_narrow(replace(frame, name=f"{name}-narrow"))])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """All that both drawings need."""

    group: Group
    terms: Terms
    rows: tuple[Row, ...]
    domain: tuple[float, float]
    name: str
    #: number of rows that are about all rows of the data.
    split: int


def _axis(frame: _Frame, scale: Scale, top: float, bottom: float) -> tuple[list[Markup], list[Markup]]:
    """Grid lines, and the labels below; the margin that most rows share is labelled in the accent."""
    limits = [limit for row in frame.rows for limit in (row.floor, row.ceiling) if math.isfinite(limit)]
    common = max(limits, key=limits.count, default=math.nan)
    grid, labels = [], []
    wanted = max(2, min(5, int((scale.right - scale.left) / 68)))
    for tick in ticks(scale.low, scale.high, wanted):
        x = scale.at(tick)
        zero = frame.group.paired and tick == 0
        grid.append(line(f"M{short(x)} {short(top)}V{short(bottom + (4 if zero else 0))}", "zero" if zero else "grid"))
        if not abs(x - scale.at(common)) < _clear(tick, common, frame.group.paired):
            labels.append(text(x, bottom + 18, _tick(tick, frame.group.paired), "axis", middle=True))
    if math.isfinite(common):
        labels.append(
            text(scale.at(common), bottom + 18, _tick(common, frame.group.paired), "axis accent", middle=True)
        )
    return grid, labels


def _clear(one: float, other: float, signed: bool) -> float:
    """Pixels that two labels on the axis must lie apart, so as not to touch; NaN where there is no other."""
    return math.nan if math.isnan(other) else (len(_tick(one, signed)) + len(_tick(other, signed))) * 3.4 + 3


def _tick(value: float, signed: bool) -> str:
    return ("−" if value < 0 else "+" if signed and value > 0 else "") + f"{abs(value):,.6g}"


def _heading(frame: _Frame) -> tuple[Markup, Markup]:
    """Title and description of the picture."""
    group, rows = frame.group, frame.rows
    what = f"improvement of the challenger over the {group.than}" if group.paired else "the challenger alone"
    slices = rows[frame.split :]
    said = [describe(row.finding, group.paired, frame.terms) + "." for row in rows[: frame.split]]
    if slices:
        said.append(f"Worst slice: {describe(slices[0].finding, group.paired, frame.terms)}.")
        passed = sum(row.finding.verdict is Verdict.PASS for row in slices)
        said.append(f"{passed} of {plural(len(slices), 'slice')} drawn here pass.")
    said.append("All numbers are in the table below.")
    return (
        tag("title", {"id": f"{frame.name}-t"}, f"Forest plot of {clip(group.metric, 80)}, {what}"),
        tag("desc", {"id": f"{frame.name}-d"}, " ".join(said)),
    )


def _svg(frame: _Frame, classes: str, width: float, height: float, body: Sequence[Markup]) -> Markup:
    attributes: dict[str, str | float | None] = {
        "class": classes,
        "viewBox": f"0 0 {short(width)} {short(height)}",
        "role": "img",
        "aria-labelledby": f"{frame.name}-t {frame.name}-d",
    }
    return tag("svg", attributes, *_heading(frame), *body)


def _draw_wide(frame: _Frame) -> Markup:
    """The drawing for screens: labels, picture and figures on one line per row."""
    rows, paired = frame.rows, frame.group.paired
    widest = max((width_of(clip(row.label, 34), bold=bool(tone_of(row.finding))) for row in rows), default=0.0)
    left = min(max(widest + 16, 130.0), 262.0)
    scale = Scale(low=frame.domain[0], high=frame.domain[1], left=left, right=_RIGHT)
    step = 35.0 if len(rows) <= 16 else 30.0 if len(rows) <= 20 else 26.0
    bands, y = [], 36.0
    for place in range(len(rows)):
        height = step + 10 if place < frame.split else step
        bands.append((y, y + height))
        y += height
    grid, labels = _axis(frame, scale, 36, y)
    body = draw_zones(rows, bands, scale) + grid + labels + _wide_head(frame, scale)
    if 0 < frame.split < len(rows):
        border = short(bands[frame.split - 1][1])
        body.append(line(f"M0 {border}H{short(_WIDE)}", "rule"))
    for row, (top, bottom) in zip(rows, bands):
        body.append(_wide_row(row, scale, (top, bottom), left, paired, frame.terms))
    body += _margin_note(frame, scale, bands)
    return _svg(frame, "forest wide", _WIDE, y + 26, body)


def _wide_head(frame: _Frame, scale: Scale) -> list[Markup]:
    heads = [("challenger", _CHALLENGER), ("rows", _ROWS)]
    if frame.group.paired:
        heads.insert(0, (frame.group.than, _CHAMPION))
    drawn = [text(x, 28, word, "axis", end=True) for word, x in heads] + [text(_VERDICT, 28, "verdict", "axis")]
    zero = scale.at(0.0)
    roomy = not frame.group.paired or zero > scale.left + 150
    worse = "out of bounds" if not frame.group.paired else "worse than the margin" if roomy else "worse"
    if any(math.isfinite(row.floor) for row in frame.rows):
        drawn.append(text(scale.left + 5, 28, worse, "axis accent"))
    if frame.group.paired and frame.group.rule is not Rule.UNCHANGED and zero > scale.left + 50:
        drawn.append(text(zero + 4, 28, "better →", "axis"))
    return drawn


def _margin_note(frame: _Frame, scale: Scale, bands: Sequence[tuple[float, float]]) -> list[Markup]:
    """The overall margin in words, where it differs from the one on the axis."""
    if not 0 < frame.split < len(frame.rows) or frame.rows[0].floor in [row.floor for row in frame.rows[frame.split :]]:
        return []
    floor = frame.rows[0].floor
    if not math.isfinite(floor):
        return []
    x, y = scale.at(floor), bands[0][0] + 11
    note = f"margin {_tick(floor, False)}" if frame.group.paired else f"bound {_tick(floor, False)}"
    room = x - scale.left > 76
    return [text(x - 7 if room else x + 7, y, note, "axis accent", end=room)]


def _wide_row(row: Row, scale: Scale, band: tuple[float, float], left: float, paired: bool, terms: Terms) -> Markup:
    (top, bottom), finding = band, row.finding
    y = (top + bottom) / 2
    strong = is_overall(finding) or tone_of(finding) == " accent"
    base = y + 4.5
    parts: list[Markup | None] = [
        tag("title", {}, describe(finding, paired, terms)),
        tag("rect", {"class": "hover", "x": 0.0, "y": top, "width": _WIDE, "height": bottom - top}),
        text(0, base, fit(row.label, left - 12, bold=strong), "strong" if strong else ""),
    ]
    if paired:
        parts.append(text(_CHAMPION, base, _value(finding.champion, finding), end=True))
    parts += [
        text(_CHALLENGER, base, _value(finding.challenger, finding), end=True),
        text(_ROWS, base, count(finding.rows), end=True),
        _sign(kind(finding), 742, y - 7),
        text(
            _VERDICT,
            base,
            clip(verdict_words(finding), 34),
            "verdict" + (" accent" if strong and tone_of(finding) == " accent" else ""),
        ),
        *draw_estimate(row, scale, y),
    ]
    return tag("g", {}, *parts)


def _value(estimate: Estimate | None, finding: Finding) -> str:
    if estimate is None:
        return "–"
    unit = unit_of(finding.metric)
    said = number(estimate.value, unit, decimals=value_decimals(finding))
    # The column has room for nine signs; all digits are in the table.
    return said if len(said) <= 9 else f"{estimate.value * unit.factor:.3g}".replace("-", "−")


def _sign(which: str, x: float, y: float) -> Markup:
    accent = "accent" if which in ("fail", "look") else None
    return tag("use", {"href": f"#sign-{which}", "class": accent, "x": x, "y": y, "width": 14.0, "height": 14.0})


def _draw_narrow(frame: _Frame) -> Markup:
    """The drawing for phones: label and verdict above each interval, which has the whole width."""
    scale = Scale(low=frame.domain[0], high=frame.domain[1], left=0.0, right=_NARROW)
    body: list[Markup] = []
    y, bands = 24.0, []
    for place in range(len(frame.rows)):
        y += 9 if place == frame.split and frame.split else 0
        bands.append((y + 22, y + 42))
        y += 50
    # Zones stand apart here, so each row's margin begins its own path.
    for row, band in zip(frame.rows, bands):
        body += draw_zones([row], [band], scale)
        if frame.group.paired:
            body.append(line(f"M{short(scale.at(0.0))} {short(band[0])}V{short(band[1])}", "zero"))
    if any(math.isfinite(row.floor) for row in frame.rows):
        body.append(text(4, 13, "worse than the margin" if frame.group.paired else "out of bounds", "axis accent"))
    if frame.group.paired and frame.group.rule is not Rule.UNCHANGED:
        body.append(text(_NARROW, 13, "better →", "axis", end=True))
    if 0 < frame.split < len(frame.rows):
        body.append(line(f"M0 {short(bands[frame.split - 1][1] + 11)}H{short(_NARROW)}", "rule"))
    body += [_narrow_row(row, scale, band, frame.group.paired, frame.terms) for row, band in zip(frame.rows, bands)]
    body += _axis(frame, scale, y, y)[1]
    return _svg(frame, "forest narrow", _NARROW, y + 26, body)


def _narrow_row(row: Row, scale: Scale, band: tuple[float, float], paired: bool, terms: Terms) -> Markup:
    finding, base = row.finding, band[0] - 8
    said = _narrow_words(finding)
    strong = is_overall(finding) or tone_of(finding) == " accent"
    rows = f" {count(finding.rows)}" if finding.rows is not None else ""
    room = _NARROW - 30 - width_of(said) - width_of(rows)
    label = join([fit(row.label, room, bold=strong), tag("tspan", {"class": "soft"}, rows)])
    accent = " accent" if tone_of(finding) == " accent" else ""
    return tag(
        "g",
        {},
        tag("title", {}, describe(finding, paired, terms)),
        text(0, base, label, "strong" if strong else ""),
        text(_NARROW - 20, base, said, f"verdict{accent}", end=True),
        _sign(kind(finding), _NARROW - 14, base - 11.5),
        *draw_estimate(row, scale, (band[0] + band[1]) / 2),
    )


def _narrow_words(finding: Finding) -> str:
    tail = undecided(finding)
    if kind(finding) != "unsure" or not tail:
        return verdict_words(finding, short=True)
    return clip(
        (
            f"needs {tail.removesuffix(' would decide')}"
            if tail.endswith("would decide")
            else tail.removesuffix(" needed")
        ),
        18,
    )


def legend(group: Group) -> Markup:
    """Which mark means which level, below the picture."""
    levels = [level for level in Level if any(finding.level is level for finding in group.findings)]
    shapes = {
        Level.REQUIRED: tag("rect", {"class": "mark", "x": 2.4, "y": 2.4, "width": 9.2, "height": 9.2}),
        Level.GUARDED: tag("circle", {"class": "mark", "cx": 7.0, "cy": 7.0, "r": 4.1}),
        Level.ADVISORY: line("M7 1.8l5.2 5.2l-5.2 5.2l-5.2-5.2z", "mark open"),
    }
    keys = [(shapes[level], level.value, "icon") for level in levels]
    if any((finding.margin if group.paired else finding.bound) is not None for finding in group.findings):
        keys.append((line("M0 7H22", "margin"), "margin" if group.paired else "bound", "icon long"))
    if any(finding.too_small for finding in group.findings):
        keys.append((line("M0 7H22", "interval dim dotted"), "below the minimum size", "icon long"))
    return tag(
        "p",
        {"class": "legend"},
        *(
            tag("span", {}, tag("svg", {"class": classes, "aria-hidden": "true"}, shape), f" {word}")
            for shape, word, classes in keys
        ),
    )


def caption(group: Group, lower: bool, terms: Terms) -> tuple[str, str]:
    """Heading of a forest plot: what it shows, and how to read it."""
    unit = unit_in(group.findings[0], terms)
    title = metric_title(group.metric)
    unit_words = f"{unit.name[:1].upper()}{unit.name[1:]}" if unit.name else "In its own unit"
    tail = f"{unit_words} with {terms.sure} interval"
    if any(not is_overall(finding) for finding in group.findings):
        tail += "; overall, then slices, worst first"
    if not group.paired:
        return f"{title} of the challenger.", f"{tail.replace('Percentage points', 'Percent')}."
    turned = lower and group.rule is not Rule.UNCHANGED
    order = f"{group.than} less challenger" if turned else f"challenger less {group.than}"
    return f"{title}, {order}.", f"{tail}."
