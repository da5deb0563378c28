"""Planning: what a standard error means for a requirement that nobody has put a challenger to yet.

Separate from ``power``, which reads the finished interval of one. ``room`` is how far the expected estimate lies inside
what is still allowed: the margin, when the challenger is supposed to be as good as the champion.
"""

from __future__ import annotations

import math

from mlgate.scipy_parts import ndtr, ndtri

__all__ = ["POWER", "chance_to_pass", "need", "rounded_out", "rows_needed"]

#: Power with which "can be decided" is meant.
POWER = 0.80
#: Standard errors of room that give it at a two-sided 95 % interval: 1.96 + 0.84; where the challenger could leave on
#: either side, 1.96 + 1.28.
_ONE_SIDE, _BOTH_SIDES = 2.80, 3.24
_SIGNIFICANT = 2


def need(confidence: float, *, both_sides: bool = False) -> float:
    """Standard errors of room at which a requirement passes with 80 % power.

    >>> need(0.95), need(0.95, both_sides=True), round(need(0.99), 2)
    (2.8, 3.24, 3.42)
    """
    wider = float(ndtri(0.5 + confidence / 2)) - float(ndtri(0.975))
    return (_BOTH_SIDES if both_sides else _ONE_SIDE) + wider


def chance_to_pass(room: float, error: float, confidence: float, *, other: float | None = None) -> float:
    """Chance that an interval around a normal estimate lies wholly within what is allowed.

    Parameters
    ----------
    room
        From the expected estimate to the limit.
    error
        Standard error of the estimate.
    confidence
        Two-sided level of the interval.
    other
        Room on the other side, when there is a limit too.

    >>> round(chance_to_pass(2.80, 1.0, 0.95), 3), round(chance_to_pass(3.24, 1.0, 0.95, other=3.24), 3)
    (0.8, 0.799)
    >>> chance_to_pass(0.0, 0.0, 0.95)
    0.0
    """
    if not error > 0:
        return float(room > 0 and (other is None or other > 0)) if error == 0 else math.nan
    quantile = float(ndtri(0.5 + confidence / 2))
    chance = float(ndtr(room / error - quantile))
    if other is None:
        return chance
    return max(chance + float(ndtr(other / error - quantile)) - 1, 0.0)


def rows_needed(rows: int, room: float, error: float, standard_errors: float) -> int | None:
    """Rows at which that many standard errors fit into the room; None when no number would do.

    >>> rows_needed(1000, 0.01, 0.01, 2.8), rows_needed(1000, 0.0, 0.01, 2.8)
    (7840, None)
    """
    if not room > 0 or not math.isfinite(error):
        return None
    ratio = standard_errors * error / room
    # Margins next to nothing ask for more rows than there ever will be; the last bit must not add a row.
    return math.ceil(rows * ratio**2 * (1 - 1e-12)) if ratio < 1e6 else None


def rounded_out(limit: float, width: float, *, up: bool) -> float:
    """A limit rounded away from what it has to hold, at the second significant digit of the width that it leaves.

    >>> rounded_out(0.01241, 0.01241, up=True), rounded_out(0.98763, 0.01241, up=False)
    (0.013, 0.987)
    """
    if not (width > 0 and math.isfinite(limit) and math.isfinite(width)):
        return limit
    digits = _SIGNIFICANT - 1 - math.floor(math.log10(width))
    steps = limit * 10.0**digits
    # What is round already stays: 0.03 is not 0.031 because of its last bit.
    whole = math.ceil(steps - 1e-9) if up else math.floor(steps + 1e-9)
    return round(whole / 10.0**digits, max(digits, 0))
