"""From figures to pixels: scales, round ticks, and how much room a text takes.

Separate from the drawings because all of them measure alike.
"""

from __future__ import annotations

import math
import unicodedata

from mlgate.frozen import dataclass
from mlgate.render.plain import clip

__all__ = ["Scale", "fit", "ticks", "width_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A linear map from figures (already in their printed unit) to pixels."""

    low: float
    high: float
    left: float
    right: float

    def at(self, value: float) -> float:
        """Pixel of a value; values outside are put on the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)


def width_of(content: str, *, bold: bool = False) -> float:
    """Estimated width of a text in pixels at 13 px: a little too much rather than too little, as fonts differ."""
    wide = 0 if content.isascii() else sum(unicodedata.east_asian_width(sign) in "WF" for sign in content)
    return (len(content) + wide) * (7.9 if bold else 7.3)


def fit(content: str, room: float, *, bold: bool = False) -> str:
    """The text cut to the room that it has."""
    content = clip(content, 200)
    if width_of(content, bold=bold) <= room:
        return content
    # Wide signs take two places, so the cut is found by trying.
    limit = next(
        size for size in range(len(content), 0, -1) if width_of(clip(content, size), bold=bold) <= room or size == 1
    )
    return clip(content, limit)


def ticks(low: float, high: float, wanted: int = 5) -> tuple[float, ...]:
    """Round numbers between two ends, about as many as wanted.

    >>> ticks(-24.0, 15.0)
    (-20.0, -10.0, 0.0, 10.0)
    """
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((nice * power for nice in (1, 2, 5) if nice * power >= rough), 10 * power)
    first = math.ceil(low / step - 1e-9)
    return tuple(place * step for place in range(first, math.floor(high / step + 1e-9) + 1))
