"""The smaller pictures: flipped decisions as squares, group rates, calibration curves.

The champion is always open and grey, the challenger filled and dark. The panels are narrow enough for a phone as they
are; only the squares are drawn twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlgate.render.markup import Markup, join, line, short, tag, text
from mlgate.render.scale import Scale, fit, ticks
from mlgate.render.words import clip, count, number, percent, unit_of

__all__ = ["Bin", "Flip", "Rate", "calibration_panel", "flip_squares", "rate_panel"]

#: Squares per direction; beyond this one square stands for several rows.
_MOST_SQUARES = 120


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
    """One bin of a calibration curve, as shares in [0, 1]."""

    rows: int
    mean_score: float
    observed: float
    low: float
    high: float


def rows_per_square(flips: Sequence[Flip]) -> int:
    """How many rows one square stands for, so that no direction needs more squares than can be seen."""
    most = max((flip.right + flip.wrong for flip in flips), default=0)
    return max(1, math.ceil(most / _MOST_SQUARES))


def flip_squares(flips: Sequence[Flip]) -> Markup:
    """A square per changed row: open where the challenger is newly right, filled where it is newly wrong."""
    return join([_squares(flips, "wide", 780.0, 176.0, 600.0), _squares(flips, "narrow", 360.0, 0.0, 360.0)])


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
        for place, wrong in enumerate(signs):
            # A gap parts right from wrong where they share a line.
            x = (
                left
                + 12 * (place % fitting)
                + (10 if wrong and place // fitting == signs.index(True) // fitting else 0)
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
    scale = Scale(low=low * 100, high=max(highest * 100, low * 100 + 1) * 1.02, left=left, right=right)
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
    unit = unit_of("accuracy")
    span = f", {number(rate.low, unit)} to {number(rate.high, unit)}" if math.isfinite(rate.low) else ""
    tip = f"{rate.group}, {rate.model}: {percent(rate.value)} %{span}, {count(rate.rows)} rows"
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


def calibration_panel(name: str, model: str, title: str, bins: Sequence[Bin], highest: float) -> Markup:
    """Mean score against the observed share, bin by bin, with intervals; the dashed diagonal is perfect calibration.

    ``highest`` is the end of both axes as a share, common to both models.
    """
    across = Scale(low=0.0, high=highest * 100, left=34.0, right=274.0)
    up = Scale(low=0.0, high=highest * 100, left=264.0, right=24.0)
    tone = "" if model == "challenger" else " dim"
    body = [text(34, 14, fit(title, 240, bold=True), "strong")]
    for tick in ticks(0.0, highest * 100, 5):
        body.append(line(f"M34 {short(up.at(tick))}h240", "grid"))
        body.append(text(28, up.at(tick) + 4, f"{tick:.6g}", "axis", end=True))
        body.append(text(across.at(tick), 281, f"{tick:.6g}", "axis", middle=True))
    body.append(line("M34 264L274 24", "margin plain"))
    seen = [part for part in bins if math.isfinite(part.mean_score) and math.isfinite(part.observed)]
    spots = [(across.at(part.mean_score * 100), up.at(part.observed * 100)) for part in seen]
    for part, (x, _) in zip(seen, spots):
        if math.isfinite(part.low) and math.isfinite(part.high):
            body.append(
                line(f"M{short(x)} {short(up.at(part.low * 100))}V{short(up.at(part.high * 100))}", f"interval{tone}")
            )
    if spots:
        body.append(line("M" + "L".join(f"{short(x)} {short(y)}" for x, y in spots), f"curve{tone}"))
    marks = f"mark{' open' if tone else ''}{tone}"
    body += [tag("circle", {"class": marks, "cx": x, "cy": y, "r": 3.4}) for x, y in spots]
    said = "; ".join(
        f"mean score {percent(part.mean_score)}, observed {percent(part.observed)} percent" for part in seen[:20]
    )
    return _figure(name, "panel square", 286, 290, f"Calibration, {clip(title, 80)}", said or "no bins", body)
