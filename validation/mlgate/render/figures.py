"""Numbers as text: counts, values in their unit, margins, intervals, p-values.

Separate from the vocabulary in ``words.py``, and the only place where a number becomes text, so that one number reads
the same in the report, in the comment and in the test results.
"""

from __future__ import annotations

import math
import re

from mlgate.frozen import dataclass
from mlgate.records.evidence import Estimate
from mlgate.sentences import plural

__all__ = [
    "HUNDREDTHS",
    "PERCENT",
    "Unit",
    "confidence_text",
    "count",
    "interval",
    "margin_text",
    "number",
    "p_value",
    "percent",
    "plural",
    "rounded_count",
    "significant",
    "significant_decimals",
    "times",
]

_ONES = ("never", "once", "twice")
#: Beyond this a number is written with a power of ten: no reader counts so many digits.
_HUGE = 1e15


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """How a metric's figures are printed."""

    #: what a value is multiplied by before it is printed.
    factor: float
    #: "percentage points", "hundredths", "€ per row", or empty for a metric in its own unit.
    name: str
    #: decimals; None for four significant digits.
    decimals: int | None
    #: printed after a figure in running text, such as " €".
    after: str = ""


PERCENT = Unit(factor=100.0, name="percentage points", decimals=1)
HUNDREDTHS = Unit(factor=100.0, name="hundredths", decimals=1)


def count(value: int | float | None) -> str:
    """A whole number with thousands separated; a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:,.0f}".replace("-", "−")


def rounded_count(value: int) -> str:
    """A count where there is little room: thousands and millions from a hundred thousand on.

    >>> rounded_count(33434), rounded_count(280465), rounded_count(9699237)
    ('33,434', '280 k', '9.7 M')
    """
    if value < 100_000:
        return count(value)
    if value < 999_500:
        return f"{value / 1e3:.0f} k"
    return f"{value / 1e6:.3g} M" if value < 999_500_000 else f"{value / 1e6:,.0f} M"


def times(value: int) -> str:
    """How often: never, once, twice, 3 times."""
    return _ONES[value] if 0 <= value < len(_ONES) else f"{count(value)} times"


def significant(value: float) -> str:
    """A number that is not negative in four significant digits, whole from a thousand on.

    >>> significant(0.25), significant(12345.678), significant(1e-7)
    ('0.25', '12,346', '1e-07')
    """
    return f"{value:,.0f}" if 1000 <= value < _HUGE else f"{value:.4g}"


def significant_decimals(width: float) -> int | None:
    """Decimals that show an interval of that width in three digits; None where it has no width.

    >>> significant_decimals(12.3), significant_decimals(0.0123), significant_decimals(0.0)
    (1, 4, None)
    """
    if not (math.isfinite(width) and width > 0):
        return None
    return min(max(2 - math.floor(math.log10(width)), 0), 8)


def number(value: float, unit: Unit, *, signed: bool = False, decimals: int | None = None) -> str:
    """A figure in its unit, with a true minus sign; "undefined" where it is not a number.

    >>> number(-0.113, PERCENT, signed=True), number(float("nan"), PERCENT)
    ('−11.3', 'undefined')
    """
    scaled = value * unit.factor
    if not math.isfinite(scaled):
        return "undefined"
    places = unit.decimals if decimals is None else decimals
    text = significant(abs(scaled)) if places is None or abs(scaled) >= _HUGE else f"{abs(scaled):,.{places}f}"
    if not re.search("[1-9]", text):
        return text
    return ("−" if scaled < 0 else "+" if signed else "") + text


def percent(value: float | None) -> str:
    """A share in percent with one decimal."""
    return "–" if value is None else number(value, PERCENT)


def margin_text(value: float | None, unit: Unit) -> str:
    """A margin or bound, without needless zeros.

    >>> margin_text(0.05, PERCENT), margin_text(0.025, PERCENT)
    ('5', '2.5')
    """
    if value is None or not math.isfinite(value):
        return "–"
    scaled = value * unit.factor
    text = f"{scaled:,.0f}" if 1e6 <= abs(scaled) < _HUGE else f"{scaled:,.6g}"
    return text.replace("-", "−")


def interval(estimate: Estimate | None, unit: Unit, *, signed: bool = True, decimals: int | None = None) -> str:
    """An interval as "low to high"."""
    if estimate is None:
        return "–"
    if not (math.isfinite(estimate.low) or math.isfinite(estimate.high)):
        return "undefined"
    low = number(estimate.low, unit, signed=signed, decimals=decimals)
    return f"{low} to {number(estimate.high, unit, signed=signed, decimals=decimals)}"


def p_value(value: float | None) -> str:
    """A p-value in two significant digits.

    >>> p_value(0.00149), p_value(1.0), p_value(1e-9), p_value(None)
    ('0.0015', '1.00', 'below 0.0001', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value < 0.0001:
        return "below 0.0001"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.{1 - math.floor(math.log10(value))}f}"


def confidence_text(confidence: float) -> str:
    """Confidence of the intervals as people write it: "95 %"."""
    return f"{confidence * 100:.4g} %"
