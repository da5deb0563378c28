"""Windows of recent rows beside the training data: each is read once, and all checks of columns read its profile.

The place to start reading: ``observe_windows`` is what a command calls. Also here is the rule "n of the last m windows,
the newest among them", which turns a change that comes and goes into none.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

from mlgate.checks.bounds import observe_bounds
from mlgate.checks.category_counts import Categories
from mlgate.checks.drift import observe_drift
from mlgate.checks.profile import Profile, profile
from mlgate.records.columns import ColumnBatch
from mlgate.records.data_settings import BoundsSettings, DriftSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Level
from mlgate.sentences import plural

__all__ = ["observe_windows", "recurring"]


def observe_windows(
    reference: Iterable[ColumnBatch],
    windows: Iterable[tuple[str, Iterable[ColumnBatch]]],
    *,
    drift: DriftSettings | None = None,
    bounds: BoundsSettings | None = None,
    against: str = "training",
) -> tuple[Observation, ...]:
    """What some windows or data sets show beside the training data.

    Parameters
    ----------
    reference
        Batches of the training data (or of the base case); read once, before the windows.
    windows
        Name and batches of each, the oldest first; each is read once.
    drift
        None: drift is not looked at.
    bounds
        None: bounds are not looked at.
    against
        The reference's name, for titles and reasons.

    Returns
    -------
    tuple
        Window by window. With ``drift.last`` above 1, drift of single windows is advisory, and at the end stand the
        observations of the rule, of the level that was asked for, under the data set ``windows``.

    Raises
    ------
    DataError
        A column holds numbers in one batch and categories in another.
    """
    before = profile(reference)
    found: list[Observation] = []
    drifts: list[tuple[str, tuple[Observation, ...]]] = []
    for name, batches in windows:
        now = profile(batches, against=before)
        if drift is not None:
            seen = observe_drift(before, now, name=name, settings=drift, against=against)
            drifts.append((name, seen[:-1]))  # the summary is no finding that could come again
            found += seen if drift.last == 1 else _advisory(seen)
        if bounds is not None:
            told = _told_by_drift(before, drift, bounds)
            asked = dataclasses.replace(bounds, ignore=(*bounds.ignore, *told))
            found += observe_bounds(before, now, name=name, settings=asked, against=against)
    if drift is not None and drift.last > 1:
        found += recurring(drifts, least=drift.least, last=drift.last)
    return tuple(found)


def _told_by_drift(reference: Profile, drift: DriftSettings | None, bounds: BoundsSettings) -> tuple[str, ...]:
    """Columns of categories whose new ones drift tells of, so that bounds need not say the same again.

    Where a change counts in several windows only, or somebody gave the column a share of its own, bounds speak too.
    """
    if drift is None or drift.last > 1:
        return ()
    own = dict(bounds.columns)
    asked = {name: column for name, column in reference.columns.items() if name not in drift.ignore and name not in own}
    return tuple(name for name, column in asked.items() if isinstance(column, Categories) and name != drift.label)


def recurring(
    windows: Sequence[tuple[str, Sequence[Observation]]], *, least: int, last: int
) -> tuple[Observation, ...]:
    """Which observations lie beyond their bounds in ``least`` of the ``last`` windows, the newest among them.

    Parameters
    ----------
    windows
        Name and observations of each, the oldest first. Ids are ``data/<window>/<check>/<subject>``.
    least, last
        With fewer windows than ``last`` those that are there count.

    Returns
    -------
    tuple
        One observation for each check and subject of the newest window: in how many windows it is beyond its bounds,
        0 when the newest is not among them.

    >>> recurring([], least=2, last=3)
    ()
    """
    recent = [(name, {_subject(one): one for one in seen}) for name, seen in windows[-last:]]
    return tuple(_recur(subject, recent, least) for subject in (recent[-1][1] if recent else ()))


def _subject(one: Observation) -> str:
    """What an id says behind the window's name, which may hold a slash itself."""
    return one.id.removeprefix(f"data/{one.dataset}/")


def _recur(subject: str, recent: Sequence[tuple[str, Mapping[str, Observation]]], least: int) -> Observation:
    newest, one = recent[-1][0], recent[-1][1][subject]
    showing = [name for name, seen in recent if subject in seen and _beyond(seen[subject])]
    reason = f"in {len(showing)} of the last {plural(len(recent), 'window')}"
    if showing:
        reason += f" ({', '.join(showing)}){'' if newest in showing else ', the newest not among them'}"
    return dataclasses.replace(
        one,
        id=f"data/windows/{subject}",
        title=f"{one.title} in recent windows",
        reason=f"{reason}; {newest}: {one.reason}",
        dataset="windows",
        value=math.nan if math.isnan(one.value) else float(len(showing) if newest in showing else 0),
        at_least=None,
        at_most=float(least - 1),
    )


def _beyond(one: Observation) -> bool:
    return (one.at_most is not None and one.value > one.at_most) or (
        one.at_least is not None and one.value < one.at_least
    )


def _advisory(seen: Iterable[Observation]) -> tuple[Observation, ...]:
    return tuple(dataclasses.replace(one, level=Level.ADVISORY) for one in seen)
