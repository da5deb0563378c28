"""What models cost in time, memory and disk: challenger against champion, and against stated budgets.

A ratio is judged by its interval: the challenger is not worse when the whole interval lies within the margin, worse
when it lies beyond, and else nobody can tell, which on a busy machine is what happens. Separate from
``edges/models/model_cost.py``, which starts processes and runs clocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from mlgate.checks.estimate_cells import cells_of, columns_of
from mlgate.frozen import dataclass
from mlgate.inference.rounds import (
    LEAST_ROUNDS,
    mean_of,
    quantile_of,
    ratio_of_means,
    ratio_of_quantiles,
    scatter,
)
from mlgate.records.costs import Cost
from mlgate.records.decision import Exhibit
from mlgate.records.evidence import Estimate, Observation
from mlgate.records.model_settings import CostSettings
from mlgate.records.sizes import size_text
from mlgate.records.words import Level, Section

__all__ = ["EXHIBIT", "Figure", "exhibit", "figures", "observe_broken", "observe_cost"]

#: Name of the exhibit, and its columns.
EXHIBIT = "model_cost"
COLUMNS = ("name", "title", "unit", *columns_of("champion", "challenger", "ratio"), "measured", "scatter")
#: Calls without which a quantile is not told: three that lie beyond it.
_BEYOND = 3
_NOTHING = Estimate(value=math.nan, low=math.nan, high=math.nan)
#: Figures whose ratio is judged; the others are shown.
_JUDGED = ("row_p50", "row_p95", "batch_p50", "load", "memory", "size")


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure of both models."""

    name: str
    title: str
    #: ``s`` or ``bytes``.
    unit: str
    champion: Estimate | None
    challenger: Estimate
    #: challenger over champion.
    ratio: Estimate | None
    #: rounds or starts behind it; 1 for files, which have a size and no error.
    measured: int
    #: how far the champion's (else the challenger's) rounds lie apart, as a share; NaN where there are no rounds.
    scatter: float = math.nan
    #: why it is not known; empty when it is.
    unknown: str = ""


def figures(costs: Mapping[str, Cost], *, confidence: float, seed: int) -> tuple[Figure, ...]:
    """All figures, the champion's beside the challenger's where there is one.

    Parameters
    ----------
    costs
        By role; the challenger's at least.
    confidence
        Of the intervals.
    seed
        Of the weights of the bootstrap.
    """
    challenger, champion = costs["challenger"], costs.get("champion")
    found = []
    for kind in ("row", "batch"):
        new = getattr(challenger, kind)
        old = None if champion is None else getattr(champion, kind)
        about = "one row" if kind == "row" else f"{challenger.batch_rows:,} rows"
        for percent in (50, 95, 99):
            found.append(
                _latency(f"{kind}_p{percent}", f"p{percent} of calls about {about}", new, old, confidence, seed)
            )
    found.append(_started("load", "loading", "s", challenger, champion, confidence))
    found.append(_started("memory", "peak memory", "bytes", challenger, champion, confidence))
    sizes = [_exactly(one.size) for one in (challenger, champion) if one is not None]
    ratio = None if champion is None else _exactly(challenger.size / max(champion.size, 1.0))
    known = sizes[1] if champion is not None else None
    size = Figure(
        name="size",
        title="size of the files",
        unit="bytes",
        champion=known,
        challenger=sizes[0],
        ratio=ratio,
        measured=1,
    )
    return (*found, size)


def _exactly(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value)


def _latency(
    name: str,
    title: str,
    new: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    old: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None,
    confidence: float,
    seed: int,
) -> Figure:
    quantile, rounds = int(name[-2:]) / 100.0, len(new)
    needed = math.ceil(_BEYOND / (1.0 - quantile))
    unknown = ""
    if rounds < LEAST_ROUNDS:
        unknown = f"{rounds} rounds of calls fitted into the time, at least {LEAST_ROUNDS} needed (cost.seconds)"
    elif new.size < needed:
        unknown = f"{new.size} calls fitted into the time, at least {needed} needed (cost.seconds)"

    def of(times: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Estimate:
        return _NOTHING if unknown else quantile_of(times, quantile, confidence=confidence, seed=seed)

    ratio = None
    if old is not None:
        ratio = _NOTHING if unknown else ratio_of_quantiles(old, new, quantile, confidence=confidence, seed=seed)
    return Figure(
        name=name,
        title=title,
        unit="s",
        champion=None if old is None else of(old),
        challenger=of(new),
        ratio=ratio,
        measured=rounds,
        scatter=scatter(new if old is None else old),
        unknown=unknown,
    )


def _started(name: str, title: str, unit: str, new: Cost, old: Cost | None, confidence: float) -> Figure:
    mine = getattr(new, name)
    theirs = None if old is None else getattr(old, name)
    found = mean_of(mine, confidence)
    unknown = "" if math.isfinite(found.low) else f"{len(mine)} starts fitted into the time, at least 3 needed"
    if not np.isfinite(mine).all():
        unknown = "this system does not tell how much memory a process holds"
    return Figure(
        name=name,
        title=title,
        unit=unit,
        champion=None if theirs is None else mean_of(theirs, confidence),
        challenger=found,
        ratio=None if theirs is None else ratio_of_means(theirs, mine, confidence),
        measured=len(mine),
        scatter=scatter((mine if theirs is None else theirs).reshape(-1, 1)),
        unknown=unknown,
    )


def observe_cost(found: tuple[Figure, ...], settings: CostSettings) -> tuple[Observation, ...]:
    """The challenger against the champion on the figures that are judged, and against every stated budget."""
    seen = []
    for figure in found:
        bound = getattr(settings, f"{figure.name}_at_most")
        if figure.ratio is not None and figure.name in _JUDGED:
            seen.append(_compared(figure, figure.ratio, _margin(figure.name, settings), settings.level))
        if bound is not None:
            seen.append(_bounded(figure, bound, settings.level))
    return tuple(seen)


def _margin(name: str, settings: CostSettings) -> float:
    if name.startswith(("row", "batch")):
        return settings.latency_margin
    return float(getattr(settings, f"{name}_margin"))


def _compared(figure: Figure, ratio: Estimate, margin: float, level: Level) -> Observation:
    bound = 1.0 + margin
    said = f"{_text(figure, figure.challenger.value)}, champion {_text(figure, _value(figure.champion))}"
    said += f": {ratio.value:.3g} times"
    return _observation(
        figure, "not_worse", f"{figure.title} at most {margin:.0%} more than the champion's", level, ratio, bound, said
    )


def _bounded(figure: Figure, bound: float, level: Level) -> Observation:
    limit = _text(figure, bound)
    said = _text(figure, figure.challenger.value)
    return _observation(figure, "at_most", f"{figure.title} at most {limit}", level, figure.challenger, bound, said)


def _observation(
    figure: Figure, rule: str, title: str, level: Level, found: Estimate, bound: float, said: str
) -> Observation:
    """A value that the bound decides where the whole interval lies on one side of it; NaN where it does not."""
    decided = found.high <= bound or found.low > bound
    if figure.unknown:
        said = figure.unknown if math.isnan(found.value) else f"{said}, but {figure.unknown}"
    elif found.low < found.high:
        show: Callable[[float], str] = (lambda x: f"{x:.3g}") if rule == "not_worse" else (lambda x: _text(figure, x))
        said += f" [{show(found.low)}, {show(found.high)}]"
        if not decided:
            said += f", and the limit of {show(bound)} lies within"
            if figure.scatter > 0.1:
                said += f"; the machine is noisy: rounds lie {figure.scatter:.0%} apart"
    return Observation(
        id=f"behaviour/cost/{figure.name}/{rule}",
        section=Section.BEHAVIOUR,
        title=title,
        level=level,
        reason=said,
        value=found.value if decided and not figure.unknown else math.nan,
        at_most=bound,
    )


def observe_broken(problem: str, role: str, level: Level) -> Observation:
    """A model that broke down while it was measured: the challenger's fault, or nothing can be said."""
    mine = role == "challenger"
    return Observation(
        id="behaviour/cost/measured",
        section=Section.BEHAVIOUR,
        title="the cost of the models can be measured",
        level=Level.REQUIRED if mine else level,
        reason=problem,
        value=0.0 if mine else math.nan,
        at_least=1.0,
    )


def exhibit(found: tuple[Figure, ...]) -> Exhibit:
    """All figures for the report."""
    rows = []
    for one in found:
        figures_of_both = cells_of(one.champion, one.challenger, one.ratio)
        scatter = one.scatter if math.isfinite(one.scatter) else None
        rows.append((one.name, one.title, one.unit, *figures_of_both, one.measured, scatter))
    return Exhibit(name=EXHIBIT, columns=COLUMNS, rows=tuple(rows))


def _value(estimate: Estimate | None) -> float:
    return math.nan if estimate is None else estimate.value


def _text(figure: Figure, value: float) -> str:
    """A figure as people read it.

    >>> row = Figure(name="row_p50", title="", unit="s", champion=None, challenger=_NOTHING, ratio=None, measured=1)
    >>> _text(row, 0.00123), _text(row, 2.5)
    ('1.23 ms', '2.5 s')
    """
    if math.isnan(value):
        return "unknown"
    if figure.unit == "bytes":
        return size_text(value)
    return f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"
