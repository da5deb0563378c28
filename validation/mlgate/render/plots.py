"""The smaller pictures: flipped decisions as squares, group rates, calibration curves.

The champion is always open and grey, the challenger filled and dark. The panels are narrow enough for a phone as they
are; only the squares are drawn twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlgate.frozen import dataclass
from mlgate.render.figures import PERCENT, Unit, count, number, percent, plural
from mlgate.render.markup import Markup, join, line, short, tag, text
from mlgate.render.plain import clip
from mlgate.render.scale import Scale, fit, ticks

__all__ = ["Bin", "Curve", "Flip", "Rate", "curve_panel", "flip_squares", "rate_panel", "rows_per_square"]

#: Squares per direction; beyond this one square stands for several rows.
_MOST_SQUARES = 120
#: Where the axis of a curve stands: room for labels such as −12,345.
_AXIS = 48.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """Rows whose decision changed in one direction."""

    label: str
    right: int
    wrong: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """One rate of one group by one model, as shares in [0, 1]."""

    group: str
    model: str
    rows: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """One bin of a curve of what was said against what happened."""

    rows: int
    #: what the model said on average: a score, or a prediction.
    across: float
    #: what happened on average: the share observed, or the mean label.
    up: float
    #: interval of ``up``; NaN where there is none.
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One model's bins, and the axes that both models share."""

    #: prefix of ids, unique in the page.
    name: str
    model: str
    title: str
    bins: tuple[Bin, ...]
    #: ends of both axes.
    low: float
    high: float
    unit: Unit


def rows_per_square(flips: Sequence[Flip]) -> int:
    """How many rows one square stands for, so that no direction needs more squares than can be seen."""
    most = max((flip.right + flip.wrong for flip in flips), default=0)
    return max(1, math.ceil(most / _MOST_SQUARES))


def flip_squares(flips: Sequence[Flip]) -> Markup:
    """A square per changed row: open where the challenger is newly right, filled where it is newly wrong."""
    return join([_squares(flips, "wide", 810.0, 176.0, 600.0), _squares(flips, "narrow", 360.0, 0.0, 360.0)])


def _squares(flips: Sequence[Flip], classes: str, width: float, left: float, right: float) -> Markup:
    each = rows_per_square(flips)
    narrow = classes == "narrow"
    fitting = int((right - left - 12) // 12)
    body, y = [], 0.0
    for flip in flips:
        said = f"{count(flip.right)} newly right, {count(flip.wrong)} newly wrong"
        body.append(text(0, y + 20, fit(flip.label, 340.0 if narrow else left - 8)))
        if narrow:
            body.append(text(width, y + 20, f"{count(flip.right)} right, {count(flip.wrong)} wrong", "axis", end=True))
        else:
            body.append(text(right + 12, y + 20, said, "axis"))
        top = y + (29 if narrow else 9)
        signs = [False] * math.ceil(flip.right / each) + [True] * math.ceil(flip.wrong / each)
        first = math.ceil(flip.right / each)
        for place, wrong in enumerate(signs):
            # A gap parts right from wrong where they share a line.
            x = (
                left
                + 12 * (place % fitting)
                + (10 if wrong and first % fitting and place // fitting == first // fitting else 0)
            )
            size, inset = (10.0, 0.0) if wrong else (8.5, 0.75)
            place_y = top + 12 * (place // fitting) + inset
            body.append(
                tag(
                    "rect",
                    {
                        "class": "unit wrong" if wrong else "unit",
                        "x": x + inset,
                        "y": place_y,
                        "width": size,
                        "height": size,
                    },
                )
            )
        y = top + 12 * max(1, math.ceil(len(signs) / fitting)) + 9
    described = "; ".join(
        f"{flip.label}: {count(flip.right)} newly right, {count(flip.wrong)} newly wrong" for flip in flips
    )
    return _figure(f"flips-{classes}", classes, width, y, "Decisions that changed", described, body)


def _figure(
    name: str, classes: str, width: float, height: float, title: str, said: str, body: Sequence[Markup]
) -> Markup:
    attributes: dict[str, str | float | None] = {
        "class": classes,
        "viewBox": f"0 0 {short(width)} {short(height)}",
        "role": "img",
        "aria-labelledby": f"{name}-t {name}-d",
    }
    heads = (tag("title", {"id": f"{name}-t"}, title), tag("desc", {"id": f"{name}-d"}, said))
    return tag("svg", attributes, *heads, *body)


def rate_panel(name: str, title: str, rates: Sequence[Rate]) -> Markup:
    """One rate for every group, both models one above the other, with intervals.

    Parameters
    ----------
    name
        Prefix of ids, unique in the page.
    title
        Heading of the panel.
    rates
        Of all groups, in the order of drawing; at most some twenty groups are readable.
    """
    groups = list(dict.fromkeys(rate.group for rate in rates))
    left, right, top = 128.0, 384.0, 30.0
    highest = max((end for rate in rates for end in (rate.value, rate.high) if math.isfinite(end)), default=1.0)
    lowest = min((end for rate in rates for end in (rate.value, rate.low) if math.isfinite(end)), default=0.0)
    # Rates that all lie high (recall of a good model) would crowd at the right of an axis from zero.
    low = 0.0 if lowest < 0.5 * highest else math.floor(lowest * 10) / 10
    # An axis that nearly reaches 100 % ends there, so that its last label is the one that everybody knows.
    high = 102.0 if highest > 0.85 else max(highest * 100, low * 100 + 1) * 1.02
    scale = Scale(low=low * 100, high=high, left=left, right=right)
    bottom = top + 36 * len(groups) + 4
    body = [text(left, 18, fit(title, right - left, bold=True), "strong")]
    for tick in ticks(scale.low, scale.high, 4):
        x = scale.at(tick)
        body.append(line(f"M{short(x)} {short(top)}V{short(bottom)}", "zero" if tick == 0 else "grid"))
        body.append(text(x, bottom + 16, f"{tick:.6g}{' %' if tick else ''}", "axis", middle=True))
    for place, group in enumerate(groups):
        y = top + 36 * place + 12
        body.append(text(0, y + 10, fit(group, left - 10)))
        for rate in (rate for rate in rates if rate.group == group):
            body.append(_rate_mark(rate, scale, y + (12 if rate.model == "challenger" else 0)))
    said = "; ".join(f"{rate.group}, {rate.model}: {percent(rate.value)} percent" for rate in rates[:24])
    return _figure(name, "panel", 390, bottom + 22, title, said, body)


def _rate_mark(rate: Rate, scale: Scale, y: float) -> Markup:
    tone = "" if rate.model == "challenger" else " dim"
    if not math.isfinite(rate.value):
        return text(scale.left + 6, y + 4, "undefined", "axis")
    span = f", {number(rate.low, PERCENT)} to {number(rate.high, PERCENT)}" if math.isfinite(rate.low) else ""
    tip = f"{rate.group}, {rate.model}: {percent(rate.value)} %{span}, {plural(rate.rows, 'row')}"
    parts = [tag("title", {}, tip)]
    if math.isfinite(rate.low) and math.isfinite(rate.high):
        parts.append(
            line(f"M{short(scale.at(rate.low * 100))} {short(y)}H{short(scale.at(rate.high * 100))}", f"interval{tone}")
        )
    parts.append(
        tag(
            "circle",
            {"class": f"mark{' open' if tone else ''}{tone}", "cx": scale.at(rate.value * 100), "cy": y, "r": 3.8},
        )
    )
    return tag("g", {}, *parts)


def curve_panel(curve: Curve) -> Markup:
    """What a model said against what happened, bin by bin; on the dashed diagonal the two are equal."""
    factor = curve.unit.factor
    low, high = curve.low * factor, curve.high * factor
    across = Scale(low=low, high=high, left=_AXIS, right=_AXIS + 240)
    up = Scale(low=low, high=high, left=264.0, right=24.0)
    tone = "" if curve.model == "challenger" else " dim"
    body = [text(_AXIS, 14, fit(curve.title, 240, bold=True), "strong")]
    for tick in ticks(low, high, 5):
        body.append(line(f"M{short(_AXIS)} {short(up.at(tick))}h240", "grid"))
        body.append(text(_AXIS - 6, up.at(tick) + 4, _tick(tick), "axis", end=True))
    for tick in ticks(low, high, 4 if max(map(len, map(_tick, (low, high)))) > 5 else 5):
        body.append(text(across.at(tick), 281, _tick(tick), "axis", middle=True))
    body.append(line(f"M{short(_AXIS)} 264L{short(_AXIS + 240)} 24", "margin plain"))
    seen = [part for part in curve.bins if math.isfinite(part.across) and math.isfinite(part.up)]
    spots = [(across.at(part.across * factor), up.at(part.up * factor)) for part in seen]
    for part, (x, _) in zip(seen, spots):
        if math.isfinite(part.low) and math.isfinite(part.high):
            ends = short(up.at(part.low * factor)), short(up.at(part.high * factor))
            body.append(line(f"M{short(x)} {ends[0]}V{ends[1]}", f"interval{tone}"))
    if spots:
        body.append(line("M" + "L".join(f"{short(x)} {short(y)}" for x, y in spots), f"curve{tone}"))
    marks = f"mark{' open' if tone else ''}{tone}"
    body += [tag("circle", {"class": marks, "cx": x, "cy": y, "r": 3.4}) for x, y in spots]
    said = "; ".join(f"said {number(part.across, curve.unit)}, was {number(part.up, curve.unit)}" for part in seen[:20])
    title = f"What was said against what happened, {clip(curve.title, 80)}"
    return _figure(curve.name, "panel square", _AXIS + 252, 290, title, said or "no bins", body)


def _tick(value: float) -> str:
    said = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.3g}"
    return said.replace("-", "−")
