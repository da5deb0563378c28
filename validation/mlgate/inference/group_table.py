"""One rate of every group of an attribute, and all gaps and ratios between two of them, with intervals.

A gap is a signed difference of two groups' estimates: square-and-add (Newcombe 1998, method 10), with the correlation
of the two where units belong to both groups (Zou and Donner 2008). Groups share no rows, so without units they are
independent. Ratios are on the log scale (Katz, Baptista, Azen and Pike 1978). All pairs are worked out at once as
(groups, groups) arrays; a ``Spread`` is made only of the few pairs whose p-value is asked for.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.inference.pair import UNDEFINED
from mlgate.inference.spread import estimates, joined, mirrored, p_aboves, p_belows, standard_error
from mlgate.records.evidence import Spread

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "CHANGE",
    "MODELS",
    "GroupTable",
    "PairLimits",
    "as_part",
    "distances",
    "gap",
    "gap_limits",
    "narrowing",
    "narrowing_limits",
    "p_beyond",
    "p_wider",
    "ratio",
    "ratio_limits",
]

Floats = NDArray[np.float64]

#: Places of the spreads of a group.
CHALLENGER, CHAMPION, CHANGE = 0, 1, 2
#: What stands at these places.
MODELS = ("challenger", "champion", "change")
#: A ratio's standard error takes half a row more where a group has no hit (Walter 1975): it would be infinite.
_HALF = 0.5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GroupTable:
    """One rate of all k groups of one attribute, under both models."""

    metric: str
    #: name of the attribute, and of its groups as slices.
    attribute: str
    groups: tuple[str, ...]
    #: (k,) rows of each group.
    rows: NDArray[np.int64]
    #: (models, k) rows that the rate is over.
    counted: NDArray[np.int64]
    #: per group, why it has too few rows, or empty.
    shortages: tuple[str, ...]
    #: per group the rows at which it would have enough; None where that cannot be said, or it has.
    rows_to_tell: tuple[int | None, ...]
    #: per model (challenger, champion, challenger - champion) the spreads of the groups; one model without a champion.
    spreads: tuple[tuple[Spread, ...], ...]
    #: (models, k) values, exact where the spreads' are in fixed point, and the distances to their interval's limits.
    values: Floats
    down: Floats
    up: Floats
    #: (models, k, k) correlation of the groups' estimates; None where no unit is in two groups.
    correlation: Floats | None = None

    @property
    def paired(self) -> bool:
        """Whether there is a champion."""
        return len(self.spreads) > 1

    def told(self, *, both: bool) -> NDArray[np.bool_]:
        """(k,) groups with enough rows and a value: of the challenger's, or of ``both`` models."""
        enough = np.array([not shortage for shortage in self.shortages], dtype=np.bool_)
        values = self.values if both else self.values[:1]
        found: NDArray[np.bool_] = enough & np.isfinite(values).all(axis=0)
        return found


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PairLimits:
    """(k, k) arrays: row group less column group, or row over column on the log scale; NaN where undefined."""

    value: Floats
    low: Floats
    high: Floats


def as_part(spread: Spread) -> Spread:
    """A group's own spread as a part of a gap: shares with Wilson's limits, as Newcombe (1998) joins them.

    A gap has no use for the caution of a bound on one model alone: both groups' tails are about alike.
    """
    if spread.method == "exact":
        return dataclasses.replace(spread, method="wilson")
    return dataclasses.replace(spread, heed=1.0) if spread.heed != 1 else spread


def distances(spreads: Sequence[Sequence[Spread]], confidence: float) -> tuple[Floats, Floats]:
    """Distances of each spread's value to the lower and the upper limit of its interval, (models, k) each."""
    found = [[(one.value - one.low, one.high - one.value) for one in estimates(side, confidence)] for side in spreads]
    both = np.array(found, dtype=np.float64).reshape(len(spreads), -1, 2)
    return both[..., 0], both[..., 1]


def gap_limits(table: GroupTable, model: int) -> PairLimits:
    """All signed gaps under one model (or, with ``CHANGE``, how much each gap changed) with their intervals."""
    value, down, up = table.values[model], table.down[model], table.up[model]
    correlation = 0.0 if table.correlation is None else table.correlation[model]
    difference = value[:, None] - value[None, :]
    low = difference - joined(down[:, None], up[None, :], correlation)
    high = difference + joined(up[:, None], down[None, :], correlation)
    return PairLimits(value=difference, low=low, high=high)


def narrowing_limits(table: GroupTable) -> PairLimits:
    """How much each gap narrowed, |champion's| - |challenger's|, with its interval; see ``narrowing``."""
    old, new, change = (gap_limits(table, model) for model in (CHAMPION, CHALLENGER, CHANGE))
    value = np.abs(old.value) - np.abs(new.value)
    rising = old.value + new.value > 0
    low = value - np.where(rising, change.high - change.value, change.value - change.low)
    high = value + np.where(rising, change.value - change.low, change.high - change.value)
    apart = old.value * new.value < 0
    # Gaps of opposite signs: the two gaps' own distances are added, whatever their dependence.
    inner = np.where(old.value > 0, old.value - old.low, old.high - old.value)
    outer = np.where(old.value > 0, old.high - old.value, old.value - old.low)
    reach = np.where(new.value > 0, new.high - new.value, new.value - new.low)
    back = np.where(new.value > 0, new.value - new.low, new.high - new.value)
    return PairLimits(
        value=value,
        low=np.where(apart, value - inner - reach, low),
        high=np.where(apart, value + outer + back, high),
    )


def gap(table: GroupTable, model: int, first: int, second: int) -> Spread:
    """The spread of one signed gap."""
    ours, theirs = table.spreads[model][first], table.spreads[model][second]
    if "undefined" in (ours.method, theirs.method):
        return UNDEFINED
    correlation = 0.0 if table.correlation is None else float(table.correlation[model, first, second])
    return Spread(
        method="mover",
        value=ours.value - theirs.value,
        rows=ours.rows + theirs.rows,
        parts=(ours, theirs),
        correlation=correlation,
    )


def narrowing(table: GroupTable, first: int, second: int) -> Spread:
    """|champion's gap| - |challenger's gap| as a spread.

    With gaps of one sign that is the change itself, turned. With gaps of opposite signs it is not a function of the
    change; the two gaps' own intervals are then added, which holds whatever their dependence.
    """
    challenger, champion, change = (gap(table, model, first, second) for model in (CHALLENGER, CHAMPION, CHANGE))
    if "undefined" in (champion.method, challenger.method, change.method):
        return UNDEFINED
    if champion.value * challenger.value >= 0:
        turned = mirrored(change) if champion.value + challenger.value > 0 else change
        assert turned is not None  # only a single proportion cannot be mirrored
        return turned
    before, after = (champion, mirrored(challenger)) if champion.value > 0 else (mirrored(champion), challenger)
    assert before is not None and after is not None
    return Spread(method="added", value=before.value - after.value, rows=change.rows, parts=(before, after))


def _logs(table: GroupTable, model: int) -> tuple[Floats, Floats]:
    """Logarithm of each group's share and its standard error, (k,) each; half a row is added where there is no hit."""
    logs, errors = [], []
    for value, spread in zip(table.values[model], table.spreads[model], strict=True):
        if spread.method == "undefined" or not math.isfinite(value) or value < 0:
            logs.append(math.nan)
            errors.append(math.nan)
        elif spread.method == "wilson":
            hits, rows = spread.counts[0], spread.rows
            # Nor is there no error where all are hits.
            hits = hits if value > 0 else _HALF
            share = hits / rows if hits < rows else rows / (rows + _HALF)
            logs.append(math.log(value) if value > 0 else math.log(_HALF / (rows + _HALF)))
            errors.append(math.sqrt((1 - share) / (share * rows)))
        else:
            # Nothing at all has no logarithm: one standard error stands for it, which it cannot be told from.
            error = standard_error(spread)
            shown = value if value > 0 else error
            logs.append(math.log(shown) if shown > 0 else math.nan)
            errors.append(error / shown if shown > 0 else math.nan)
    return np.array(logs), np.array(errors)


def ratio_limits(table: GroupTable, model: int, quantile: float) -> PairLimits:
    """All ratios under one model on the log scale; ``quantile`` is that of the normal distribution."""
    logs, errors = _logs(table, model)
    difference = logs[:, None] - logs[None, :]
    half = quantile * _ratio_errors(table, model, errors)
    return PairLimits(value=difference, low=difference - half, high=difference + half)


def _ratio_errors(table: GroupTable, model: int, errors: Floats) -> Floats:
    correlation = 0.0 if table.correlation is None else table.correlation[model]
    return joined(errors[:, None], errors[None, :], correlation)


def ratio(table: GroupTable, model: int, first: int, second: int) -> Spread:
    """The spread of one log ratio."""
    logs, errors = _logs(table, model)
    value = float(logs[first] - logs[second])
    if math.isnan(value):
        return UNDEFINED
    error = float(_ratio_errors(table, model, errors)[first, second])
    return Spread(
        method="student", value=value, error=error, freedom=1e9, rows=float(table.rows[[first, second]].sum())
    )


def p_beyond(spreads: Sequence[Spread], bound: float) -> Floats:
    """p for H0: the value lies within ± bound, the worst case being at the bound.

    Both tails count: far from a bound of zero the second one is next to nothing, and p is one-sided; at a bound of zero
    it is as large as the first, and p is the usual two-sided one.
    """
    bounds = np.full(len(spreads), bound)
    above = p_aboves(spreads, bounds) + p_aboves(spreads, -bounds)
    below = p_belows(spreads, -bounds) + p_belows(spreads, bounds)
    found: Floats = np.minimum(1.0, np.minimum(above, below))
    return found


def p_wider(spreads: Sequence[Spread], margin: float) -> Floats:
    """One-sided p for H0: the gap did not widen by more than the margin."""
    return p_belows(spreads, np.full(len(spreads), -margin))
