"""ROC and calibration of one group, both models in one small picture, drawn from bins.

Separate from ``plots.py``, whose curves have a panel for each model: groups are compared with each other, so there are
many panels, and each must be small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlgate.frozen import dataclass
from mlgate.render.figures import percent
from mlgate.render.markup import Markup, line, short, tag, text
from mlgate.render.plain import clip
from mlgate.render.scale import Scale, fit

__all__ = ["Line", "square_panel"]

#: Room for labels at the left, and the side of the square.
_LEFT, _SIDE = 40.0, 150.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One model's points, as shares in [0, 1]."""

    model: str
    points: tuple[tuple[float, float], ...]
    #: whether each point has a mark.
    marked: bool = False


def square_panel(name: str, title: str, lines: Sequence[Line], said: tuple[str, str]) -> Markup:
    """Lines of both models over the dashed diagonal.

    Parameters
    ----------
    name
        Prefix of ids, unique in the page.
    title
        Heading: the group.
    lines
        The champion first, so that the challenger lies on top.
    said
        What is drawn across and up, for those who hear the picture.
    """
    across = Scale(low=0.0, high=1.0, left=_LEFT, right=_LEFT + _SIDE)
    up = Scale(low=0.0, high=1.0, left=24.0 + _SIDE, right=24.0)
    body = [text(_LEFT, 14, fit(title, _SIDE + 20, bold=True), "strong")]
    for tick in (0.0, 0.5, 1.0):
        body.append(line(f"M{short(_LEFT)} {short(up.at(tick))}h{short(_SIDE)}", "grid"))
        body.append(text(_LEFT - 6, up.at(tick) + 4, f"{100 * tick:.0f}", "axis", end=True))
        body.append(text(across.at(tick), 24 + _SIDE + 17, f"{100 * tick:.0f}", "axis", middle=True))
    diagonal = f"M{short(_LEFT)} {short(24 + _SIDE)}L{short(_LEFT + _SIDE)} 24"
    body.append(line(diagonal, "margin plain"))
    told = []
    for one in lines:
        tone = "" if one.model == "challenger" else " dim"
        seen = [point for point in one.points if all(map(math.isfinite, point))]
        spots = [(across.at(x), up.at(y)) for x, y in seen]
        if not spots:
            continue
        body.append(line("M" + "L".join(f"{short(x)} {short(y)}" for x, y in spots), f"curve{tone}"))
        if one.marked:
            marks = f"mark{' open' if tone else ''}{tone}"
            body += [tag("circle", {"class": marks, "cx": x, "cy": y, "r": 2.6}) for x, y in spots]
        few = seen[:: max(1, len(seen) // 5)][:6]
        told.append(f"{one.model}: " + ", ".join(f"{percent(x)} and {percent(y)}" for x, y in few))
    attributes: dict[str, str | float | None] = {
        "class": "panel square",
        "viewBox": f"0 0 {short(_LEFT + _SIDE + 20)} {short(24 + _SIDE + 26)}",
        "role": "img",
        "aria-labelledby": f"{name}-t {name}-d",
    }
    heading = tag("title", {"id": f"{name}-t"}, f"{said[0]} and {said[1]}, {clip(title, 80)}")
    spoken = tag("desc", {"id": f"{name}-d"}, "; ".join(told) or "no points")
    return tag("svg", attributes, heading, spoken, *body)
