"""How many rows carry the spread of a label, or a sum of money: a warning that a metric rests on a few rows.

No interval from a sample's own moments knows of the rare, enormous rows that the sample has not met. Whether there may
be such rows is read off labels and amounts alone, before any model has scored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.fixed_point import exact_sums

__all__ = ["rows_that_carry"]

Floats = NDArray[np.float64]


def rows_that_carry(
    values: Floats, weights: Floats, code: NDArray[np.intp], slices: int, *, centred: bool = True
) -> Floats:
    """(Σ c)² / Σ c² with c = w (y - mean)², or w y², per slice: n over the kurtosis; 0 where nothing varies.

    The effective number of contributions to a variance (Kish 1965). For normal values it is n / 3, and it stays small,
    however many rows there are, where a few of them are most of the variance.

    Parameters
    ----------
    values
        (n,) labels, or the amounts that decisions are about.
    weights
        (n,) of the rows.
    code
        (n,) slice of each row.
    slices
        Their number.
    centred
        Whether distances are from the mean, rather than from 0.

    >>> rows_that_carry(np.array([-1.0, 1, -1, 1, 100]), np.ones(5), np.array([0, 0, 0, 0, 0]), 1).round(2).tolist()
    [1.54]
    """
    total = exact_sums(weights, code, slices)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviations = values
        if centred:
            mean = exact_sums(weights * values, code, slices) / total
            deviations = values - np.nan_to_num(mean)[code]
        largest = float(np.abs(deviations).max(initial=0.0))
        # In shares of the largest, so that no square overflows.
        carried = weights * np.square(deviations / largest) if largest > 0 else np.zeros_like(values)
        found: Floats = exact_sums(carried, code, slices) ** 2 / exact_sums(np.square(carried), code, slices)
    return np.nan_to_num(found)
