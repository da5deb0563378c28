"""Estimates as cells of an exhibit: value, low and high beside each other, and nothing where one is not known.

Separate because several checks show figures of both models, each in columns of its own.
"""

from __future__ import annotations

import math

from mlgate.records.evidence import Estimate

__all__ = ["cells_of", "columns_of"]


def columns_of(*names: str) -> tuple[str, ...]:
    """The columns that estimates stand in.

    >>> columns_of("share")
    ('share', 'share_low', 'share_high')
    """
    return tuple(f"{name}{end}" for name in names for end in ("", "_low", "_high"))


def cells_of(*estimates: Estimate | None) -> list[float | None]:
    """What stands in these columns; None for an estimate that is not there, and for what is not finite.

    >>> cells_of(Estimate(value=0.5, low=-math.inf, high=0.75), None)
    [0.5, None, 0.75, None, None, None]
    """
    found: list[float | None] = []
    for one in estimates:
        numbers = (math.nan,) * 3 if one is None else (one.value, one.low, one.high)
        found += [number if math.isfinite(number) else None for number in numbers]
    return found
