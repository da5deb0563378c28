"""Has the champion declined in recent windows, so that it should be trained again?

Separate from every paired comparison: rows of a window and rows of the base case are different rows, so the two values
are two independent samples, and their difference gets the interval of one (MOVER: Zou and Donner 2008, Stat Med
27:1693; for two shares with Wilson intervals it is Newcombe's, 1998, Stat Med 17:873, method 10).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from mlgate.records.data_settings import DeclineSettings
from mlgate.records.evidence import Estimate, Evidence, Observation
from mlgate.records.run import OVERALL
from mlgate.records.words import Section
from mlgate.sentences import plural

__all__ = ["average", "difference", "observe_decline"]

#: Data set in the ids of these observations.
DATASET = "windows"


def observe_decline(
    reference: Sequence[Evidence],
    windows: Sequence[tuple[str, Sequence[Evidence]]],
    *,
    settings: DeclineSettings,
    greater_is_better: Mapping[str, bool | None],
) -> tuple[Observation, ...]:
    """Whether the champion is worse than it was, in ``least`` of the ``last`` windows, the newest among them.

    Parameters
    ----------
    reference
        Evidence of the base case; read when ``settings.against`` says so.
    windows
        Name and evidence of each window, the oldest first; no evidence where no row has a label.
    settings
        What counts as a decline.
    greater_is_better
        By metric. A metric without direction cannot decline; a change in either sense is taken for one.

    Returns
    -------
    tuple
        One observation for each metric: in how many windows it declined, 0 when the newest is not among them; NaN when
        too few windows can be judged to tell.
    """
    return tuple(
        _observe(metric, reference, windows, settings, greater_is_better.get(metric)) for metric in settings.metrics
    )


def difference(new: Estimate, old: Estimate) -> Estimate:
    """``new - old`` of two independent estimates, with the interval that MOVER makes of theirs.

    56 of 70 against 48 of 80, Newcombe's first example:

    >>> new, old = Estimate(value=0.8, low=0.69183, high=0.87695), Estimate(value=0.6, low=0.49045, high=0.70038)
    >>> found = difference(new, old)
    >>> [round(part, 4) for part in (found.value, found.low, found.high)]
    [0.2, 0.0524, 0.3339]
    """
    value = new.value - old.value
    return Estimate(
        value=value,
        low=value - math.hypot(new.value - new.low, old.high - old.value),
        high=value + math.hypot(new.high - new.value, old.value - old.low),
    )


def average(some: Sequence[Estimate]) -> Estimate:
    """The mean of independent estimates, each of which counts the same.

    >>> average([Estimate(value=0.5, low=0.4, high=0.6), Estimate(value=0.7, low=0.6, high=0.8)]).value
    0.6
    """
    count = len(some)
    value = sum(one.value for one in some) / count
    return Estimate(
        value=value,
        low=value - math.hypot(*(one.value - one.low for one in some)) / count,
        high=value + math.hypot(*(one.high - one.value for one in some)) / count,
    )


def _observe(
    metric: str,
    reference: Sequence[Evidence],
    windows: Sequence[tuple[str, Sequence[Evidence]]],
    settings: DeclineSettings,
    better: bool | None,
) -> Observation:
    values = [(name, _champion(metric, evidence)) for name, evidence in windows]
    older = [one for _, one in values[: -settings.last] if one is not None]
    before = _champion(metric, reference) if settings.against == "base_case" else average(older) if older else None
    recent = values[-settings.last :]
    called = "on the base case" if settings.against == "base_case" else f"in {len(older)} older windows"
    changes = [None if one is None or before is None else difference(one, before) for _, one in recent]
    states = [None if one is None else _declined(one, better, settings.margin) for one in changes]
    value = _count(states, settings.least)
    return Observation(
        id=f"data/{DATASET}/decline/{metric}",
        section=Section.DATA,
        title=f"the champion's {metric} holds in recent windows",
        level=settings.level,
        reason=_reason(metric, before, recent, changes, states, called, value, settings),
        dataset=DATASET,
        metric=metric,
        value=value,
        at_most=float(settings.least - 1),
        rows=sum(_rows(metric, evidence) for _, evidence in windows[-settings.last :]),
    )


def _found(metric: str, evidence: Iterable[Evidence]) -> Evidence | None:
    """The champion's own evidence on all rows, where there are enough of them."""
    for one in evidence:
        if one.metric == metric and one.slice == OVERALL and one.than == "champion" and not one.shortage:
            return one
    return None


def _champion(metric: str, evidence: Iterable[Evidence]) -> Estimate | None:
    found = _found(metric, evidence)
    one = None if found is None else found.champion
    return None if one is None or not math.isfinite(one.value + one.high - one.low) else one


def _rows(metric: str, evidence: Iterable[Evidence]) -> int:
    found = _found(metric, evidence)
    return 0 if found is None else found.rows


def _declined(change: Estimate, better: bool | None, margin: float) -> bool:
    worse_above, worse_below = change.low > margin, change.high < -margin
    if better is None:
        return worse_above or worse_below
    return worse_below if better else worse_above


def _count(states: Sequence[bool | None], least: int) -> float:
    """Windows with a decline; 0 when the newest has none; NaN when what is not known could change the answer.

    >>> _count([True, False, True], 2), _count([True, True, False], 2), _count([None, False, True], 2)
    (2.0, 0.0, nan)
    """

    def of(unknown: bool) -> int:
        known = [unknown if state is None else state for state in states]
        return sum(known) if known and known[-1] else 0

    fewest, most = of(False), of(True)
    if not states or len(states) < least or (fewest < least <= most):
        return math.nan
    return float(fewest)


def _reason(
    metric: str,
    before: Estimate | None,
    recent: Sequence[tuple[str, Estimate | None]],
    changes: Sequence[Estimate | None],
    states: Sequence[bool | None],
    called: str,
    value: float,
    settings: DeclineSettings,
) -> str:
    if before is None:
        return f"the champion has no {metric} {called} to compare with"
    known = sum(state is not None for state in states)
    if math.isnan(value):
        return (
            f"{known} of the last {plural(settings.last, 'window')} {'has' if known == 1 else 'have'} enough labelled "
            f"rows; a decline in {settings.least} of them cannot be told"
        )
    newest, change = recent[-1], changes[-1]
    told = [name for (name, _), state in zip(recent, states, strict=True) if state]
    text = f"worse in {len(told)} of the last {plural(len(recent), 'window')}"
    if told:
        text += f" ({', '.join(told)}){'' if states[-1] else ', the newest not among them'}"
    if newest[1] is not None and change is not None:
        text += (
            f"; {newest[0]}: {newest[1].value:.4g} against {before.value:.4g} {called}, a change of {change.value:+.4g}"
            f" [{change.low:+.4g}, {change.high:+.4g}]"
        )
    return text + ("; train the model again" if value >= settings.least else "")
