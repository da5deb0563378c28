"""The forest plot: improvement with its interval against its margin, overall and per slice, worst first.

Drawn twice, wide for a screen and narrow for a phone, on the server and as plain SVG: the reader needs no script.
Without a champion the challenger's own values are drawn. The margin steps from row to row, as each may have its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from mlgate.frozen import dataclass
from mlgate.records.decision import Finding
from mlgate.records.evidence import Estimate
from mlgate.records.words import Rule, Verdict
from mlgate.render.figures import count, number, plural
from mlgate.render.forest_rows import Row, describe, domain, draw_estimate, draw_zones, row_of, tone_of
from mlgate.render.groups import Group, is_overall, most_telling
from mlgate.render.markup import Markup, join, line, short, tag, text
from mlgate.render.metric_names import unit_of
from mlgate.render.plain import clip
from mlgate.render.scale import Scale, fit, ticks, width_of
from mlgate.render.terms import Terms
from mlgate.render.words import common_decimals, kind, undecided, value_decimals, verdict_words

__all__ = ["draw"]

_WIDE, _NARROW = 960.0, 360.0
#: Right end of the column of rows, and left end of the verdict.
_ROWS, _VERDICT = 732.0, 762.0


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
    rows = [row_of(finding, group.paired, terms) for finding in overall[:3] + slices]
    ends = domain(rows, group.paired)
    split = len(overall[:3])
    # The column of rows is as wide as its widest count; what stands left of it gives way.
    widest = max((width_of(count(row.finding.rows)) for row in rows), default=0.0)
    frame = _Frame(
        group=group,
        terms=terms,
        rows=tuple(rows),
        domain=ends,
        name=f"{name}-wide",
        split=split,
        challenger=_ROWS - max(40.0, widest + 8),
    )
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
    #: right end of the challenger's column.
    challenger: float

    @property
    def champion(self) -> float:
        """Right end of the champion's column."""
        return self.challenger - 70

    @property
    def right(self) -> float:
        """Where the picture ends."""
        return self.champion - 70


def _axis(frame: _Frame, scale: Scale, top: float, bottom: float) -> tuple[list[Markup], list[Markup]]:
    """Grid lines, and the labels below; the margin that most rows share is labelled in the accent."""
    limits = [_rounded(row, limit) for row in frame.rows for limit in (row.floor, row.ceiling) if math.isfinite(limit)]
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


def _rounded(row: Row, limit: float) -> float:
    """A limit as it is labelled: a margin that was worked out from the champion's value in two digits."""
    return limit if row.finding.relative is None else float(f"{limit:.2g}")


def _clear(one: float, other: float, signed: bool) -> float:
    """Pixels that two labels on the axis must lie apart, so as not to touch; NaN where there is no other."""
    return math.nan if math.isnan(other) else (len(_tick(one, signed)) + len(_tick(other, signed))) * 4.2 + 3


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
    rows = frame.rows
    widest = max((width_of(clip(row.label, 34), bold=bool(tone_of(row.finding))) for row in rows), default=0.0)
    left = min(max(widest + 16, 130.0), 262.0)
    scale = Scale(low=frame.domain[0], high=frame.domain[1], left=left, right=frame.right)
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
        body.append(_wide_row(row, scale, (top, bottom), left, frame))
    body += _margin_note(frame, scale, bands)
    return _svg(frame, "forest wide", _WIDE, y + 26, body)


def _wide_head(frame: _Frame, scale: Scale) -> list[Markup]:
    heads = [("challenger", frame.challenger), ("rows", _ROWS)]
    if frame.group.paired:
        heads.insert(0, (frame.group.than, frame.champion))
    drawn = [text(x, 28, word, "axis", end=True) for word, x in heads] + [text(_VERDICT, 28, "verdict", "axis")]
    zero = scale.at(0.0)
    roomy = not frame.group.paired or zero > scale.left + 150
    worse = "out of bounds" if not frame.group.paired else "worse than the margin" if roomy else "worse"
    if any(math.isfinite(row.floor) for row in frame.rows):
        drawn.append(text(scale.left + 5, 28, worse, "axis accent"))
    if frame.group.paired and frame.group.rule is not Rule.UNCHANGED and scale.left + 50 < zero < scale.right - 48:
        drawn.append(text(zero + 4, 28, "better →", "axis"))
    return drawn


def _margin_note(frame: _Frame, scale: Scale, bands: Sequence[tuple[float, float]]) -> list[Markup]:
    """The overall margin in words, where it differs from the one on the axis."""
    floor = _rounded(frame.rows[0], frame.rows[0].floor)
    others = [_rounded(row, row.floor) for row in frame.rows[frame.split :]]
    if not 0 < frame.split < len(frame.rows) or floor in others:
        return []
    if not math.isfinite(floor):
        return []
    x, y = scale.at(floor), bands[0][0] + 11
    note = f"margin {_tick(floor, False)}" if frame.group.paired else f"bound {_tick(floor, False)}"
    room = x - scale.left > 76
    return [text(x - 7 if room else x + 7, y, note, "axis accent", end=room)]


def _wide_row(row: Row, scale: Scale, band: tuple[float, float], left: float, frame: _Frame) -> Markup:
    (top, bottom), finding, paired = band, row.finding, frame.group.paired
    common = common_decimals(frame.group.findings)
    y = (top + bottom) / 2
    strong = is_overall(finding) or tone_of(finding) == " accent"
    base = y + 4.5
    parts: list[Markup | None] = [
        row.title,
        tag("rect", {"class": "hover", "x": 0.0, "y": top, "width": _WIDE, "height": bottom - top}),
        text(0, base, fit(row.label, left - 12, bold=strong), "strong" if strong else ""),
    ]
    if paired:
        parts.append(text(frame.champion, base, _value(finding.champion, finding, common), end=True))
    parts += [
        text(frame.challenger, base, _value(finding.challenger, finding, common), end=True),
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


def _value(estimate: Estimate | None, finding: Finding, common: int | None) -> str:
    if estimate is None:
        return "–"
    unit = unit_of(finding.metric)
    said = number(estimate.value, unit, decimals=value_decimals(finding, common))
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
    body += [_narrow_row(row, scale, band) for row, band in zip(frame.rows, bands)]
    body += _axis(frame, scale, y, y)[1]
    return _svg(frame, "forest narrow", _NARROW, y + 26, body)


def _narrow_row(row: Row, scale: Scale, band: tuple[float, float]) -> Markup:
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
        row.title,
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
