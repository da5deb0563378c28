"""What a finding could have seen, and how many rows it would need. Never "observed power".

All three figures come from the printed interval: with h a half-width of it, the standard error is h / 1.96. What fails
is an upper limit below the margin, so the smallest detectable regression takes the upper half-width; what passes is a
lower limit above it, so the rows that would decide take the lower one. The two differ where losses are skewed: with the
lower half-width 62 to 72 % of the printed regressions of heavy-tailed money were found instead of 80 %.
"""

from __future__ import annotations

import math
from functools import cache

from mlgate.records.evidence import Estimate
from mlgate.scipy_parts import ndtri

__all__ = ["ALPHA", "rows_to_decide", "smallest_detectable_guarded", "smallest_detectable_required"]

#: One-sided error allowed to a required finding, and to a whole family of guarded ones.
ALPHA = 0.025
#: Normal quantile of 80 % power.
_POWER = 0.84


@cache
def _quantile(share: float) -> float:
    """Of the normal distribution; every finding of a run asks for the same few."""
    return float(ndtri(share))


def _error(half: float, confidence: float) -> float:
    return half / _quantile(0.5 + confidence / 2)


@cache
def _both(confidence: float) -> float:
    """Standard errors that an interval's half-width and 80 % power need together: 2.80 at 95 %."""
    return round(_quantile(0.5 + confidence / 2), 2) + _POWER


def smallest_detectable_required(improvement: Estimate, margin: float, confidence: float) -> float:
    """Smallest true regression that a required finding declares ``fail`` with 80 % power.

    >>> improvement = Estimate(value=0.0, low=-0.0196, high=0.0196)
    >>> round(smallest_detectable_required(improvement, 0.01, 0.95), 4)
    0.038
    """
    return margin + _both(confidence) * _error(improvement.high - improvement.value, confidence)


def smallest_detectable_guarded(improvement: Estimate, margin: float, family: int, confidence: float) -> float:
    """The same for a guarded finding, one of ``family`` that are adjusted together."""
    error = _error(improvement.high - improvement.value, confidence)
    return max(margin + _POWER * error, (_quantile(1 - ALPHA / max(family, 1)) + _POWER) * error)


def rows_to_decide(improvement: Estimate, margin: float, rows: int, confidence: float) -> int | None:
    """Rows at which an equal challenger would pass with 80 % power; None when no number would (margin 0).

    >>> rows_to_decide(Estimate(value=-0.049, low=-0.175, high=0.065), 0.05, 41, 0.95)
    532
    """
    if margin <= 0 or not math.isfinite(improvement.low):
        return None
    ratio = _both(confidence) * _error(improvement.value - improvement.low, confidence) / margin
    # Margins next to nothing ask for more rows than there ever will be.
    return math.ceil(rows * ratio**2) if ratio < 1e6 else None
