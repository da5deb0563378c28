"""Rows that a model was trained on and is judged on: copies, near copies, units, and times, seen through hashes alone.

Separate from the edge that hashes columns, so that the arithmetic never meets a value and no value can be told. Data
whose columns take few values repeat by themselves; what is called a copy here has to be more than that. Two things are
compared. How often rows meet a row of the other set is held against how often they meet one of their own set; and a row
that comes twice although no row is nearly like it cannot be explained by columns of few values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrik, betaincinv

from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section
from mlgate.threads import in_threads

__all__ = ["Rows", "chance_bound", "contained", "observe_duplicates", "observe_leakage"]

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

#: How many row ids a reason names.
EXAMPLES = 5
#: Rows that are looked at for neighbours when more come twice.
LOOKED_AT = 20_000
#: A column counts as telling rows apart when at most this share of rows agree with another one in all other columns.
TELLING = 0.02
#: One-sided error of each of the two limits behind ``chance_bound``.
ERROR = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """One data set as hashes, (n,) each; equal hashes stand for equal content."""

    dataset: str
    #: of all features, as they are.
    features: Hashes
    #: of features, label, unit and time: rows that agree here are the same row.
    whole: Hashes
    #: of features and label.
    labelled: Hashes
    #: of all features after rounding; then, one by one, of all but a bundle of columns.
    alike: tuple[Hashes, ...]
    #: columns in a bundle.
    bundle: int = 1
    #: of the declared key; None without one. Rows without a key hold ``nothing``.
    keys: Hashes | None = None
    units: Hashes | None = None
    #: the hash of a missing key or unit.
    nothing: np.uint64 = np.uint64(0)
    #: any scale that grows with time; NaN where missing.
    times: NDArray[np.float64] | None = None
    #: names rows, given their places; None when they may not be named.
    name_rows: Callable[[Sequence[int]], str] | None = None


def observe_leakage(train: Rows, evaluation: Rows, settings: LeakageSettings) -> tuple[Observation, ...]:
    """What the evaluation rows share with the training rows.

    Parameters
    ----------
    train, evaluation
        The two sets, hashed over the same features.
    settings
        What is allowed.

    Returns
    -------
    tuple of Observation
        Shared rows and near copies always; shared keys, shared units and older rows where those columns are declared.
    """
    both = contained(evaluation.features, np.sort(train.features))
    seen = [_shared(train, evaluation, both, settings), _near(train, evaluation, both, settings)]
    for check, what, found, allowed in (
        ("shared_keys", "key", _common(train, evaluation, train.keys, evaluation.keys), settings.keys),
        ("shared_units", "unit", _common(train, evaluation, train.units, evaluation.units), settings.units),
    ):
        if found is not None:
            title = f"no {what} of {evaluation.dataset} is in {train.dataset}"
            reason = f"{_told(found)} of a {what} that {train.dataset} holds too{_examples(evaluation, found)}"
            seen.append(_observation(evaluation, settings, check, train.dataset, title, found, allowed, reason))
    if train.times is not None and evaluation.times is not None:
        seen.append(_older(train, evaluation, train.times, evaluation.times, settings))
    return tuple(seen)


def observe_duplicates(rows: Rows, settings: LeakageSettings) -> tuple[Observation, ...]:
    """Rows of one set that repeat an earlier one, and keys that come twice.

    The number that is judged is of rows that repeat another although none is nearly like them; few-valued columns,
    which make rows repeat by themselves, make nearly equal rows as well.
    """
    later = _later(rows.whole)
    surplus = float(np.mean(later)) if len(later) else 0.0
    unexplained, reason = surplus, f"{_told(later)} that repeat another row"
    if surplus > settings.duplicates:
        alone = _alone(rows, rows, np.flatnonzero(later))
        unexplained = surplus * alone
        reason += f"; {_percent(unexplained)} have no row nearly like them, so few-valued columns do not explain them"
    reason += _examples(rows, later)
    title = f"the rows of {rows.dataset} are no copies of each other"
    seen = [_observation(rows, settings, "duplicates", "rows", title, later, settings.duplicates, reason, unexplained)]
    if rows.keys is not None:
        twice = _later(rows.keys) & (rows.keys != rows.nothing)
        title = f"every key of {rows.dataset} stands there once"
        reason = f"{_told(twice)} whose key an earlier row has{_examples(rows, twice)}"
        seen.append(_observation(rows, settings, "duplicates", "key", title, twice, settings.keys, reason))
    return tuple(seen)


def _shared(train: Rows, evaluation: Rows, both: Mask, settings: LeakageSettings) -> Observation:
    share = float(np.mean(both)) if len(both) else 0.0
    same = contained(evaluation.labelled[both], np.sort(train.labelled))
    reason = f"{_told(both)} whose features stand in {train.dataset} too"
    if not same.all():
        reason += f", {np.count_nonzero(~same):,} of them with another label"
    allowed = settings.shared
    if share > allowed:
        own, other = _repeating(train.features), _repeating(evaluation.features)
        # The share that meets one of m rows grows at most in proportion when n rows are met.
        growth: float = max(1.0, float(len(own)) / max(len(other) - 1, 1))
        chance = max(chance_bound(own, len(both)), growth * chance_bound(other, len(both)))
        unexplained = share * _alone(train, evaluation, np.flatnonzero(both))
        allowed = max(allowed, min(chance, share - unexplained + settings.shared, 1.0))
        reason += (
            f"; {_percent(unexplained)} have no other row nearly like them, and of the rows of {train.dataset} "
            f"{_percent(float(np.mean(own)))} have an equal there"
        )
    reason += _examples(evaluation, both)
    title = f"no row of {evaluation.dataset} was trained on"
    return _observation(evaluation, settings, "shared_rows", train.dataset, title, both, allowed, reason)


def _near(train: Rows, evaluation: Rows, both: Mask, settings: LeakageSettings) -> Observation:
    """Rows that agree with a training row after rounding, or in all columns but a bundle that tells rows apart little.

    What is expected comes from the training rows that have no equal: they meet the other training rows as rows of
    another sample would.
    """
    single = ~_repeating(train.features)
    own, met = np.zeros(len(single), dtype=bool), np.zeros(len(both), dtype=bool)

    def meet(pair: tuple[Hashes, Hashes]) -> tuple[Mask, Mask] | None:
        hashes, asked = pair
        ordered = np.sort(hashes)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        whole = hashes is train.alike[0]
        if not whole and len(twice) > 2 * TELLING * len(ordered) + np.count_nonzero(~single):
            return None
        repeats = contained(hashes, twice) & single
        if not whole and np.count_nonzero(repeats) > TELLING * np.count_nonzero(single):
            return None
        return repeats, contained(asked, ordered)

    for masks in in_threads(meet, zip(train.alike, evaluation.alike, strict=True)):
        if masks is not None:
            own |= masks[0]
            met |= masks[1]
    met &= ~both
    allowed = max(settings.near, chance_bound(own[single], len(met)))
    but = "one column" if train.bundle == 1 else f"{train.bundle} columns"
    reason = (
        f"{_told(met)} that agree with a row of {train.dataset} to 3 digits in all columns, or in all but {but}; rows "
        f"of {train.dataset} do so among themselves in {_percent(float(np.mean(own[single])) if single.any() else 0.0)}"
    )
    reason += _examples(evaluation, met)
    title = f"no row of {evaluation.dataset} is nearly one that was trained on"
    return _observation(evaluation, settings, "near_copies", train.dataset, title, met, allowed, reason)


def _common(train: Rows, evaluation: Rows, ours: Hashes | None, theirs: Hashes | None) -> Mask | None:
    if ours is None or theirs is None:
        return None
    common: Mask = contained(theirs, np.sort(ours)) & (theirs != evaluation.nothing)
    return common


def _older(
    train: Rows,
    evaluation: Rows,
    trained: NDArray[np.float64],
    judged: NDArray[np.float64],
    settings: LeakageSettings,
) -> Observation:
    """Evaluation rows from before the newest training row: the model knows what was still to come for them."""
    title = f"{evaluation.dataset} is newer than {train.dataset}"
    if not np.isfinite(trained).any() or not np.isfinite(judged).any():
        empty = train if not np.isfinite(trained).any() else evaluation
        reason = f"no row of {empty.dataset} has a time"
        nobody = np.zeros(len(judged), dtype=bool)
        return _observation(
            evaluation, settings, "older_rows", train.dataset, title, nobody, settings.older, reason, np.nan
        )
    older = judged < np.nanmax(trained)
    late = np.count_nonzero(trained > np.nanmin(judged))
    reason = f"{_told(older)} from before the newest row of {train.dataset}"
    if late:
        reason += f", of whose {len(trained):,} rows {late:,} are newer than the oldest row of {evaluation.dataset}"
    untimed = np.count_nonzero(np.isnan(judged))
    reason += f"; {untimed:,} have no time" if untimed else ""
    reason += _examples(evaluation, older)
    return _observation(evaluation, settings, "older_rows", train.dataset, title, older, settings.older, reason)


def _alone(base: Rows, asked: Rows, places: NDArray[np.intp]) -> float:
    """Of rows that have an equal in the base, the share that has no row nearly like it there.

    >>> import numpy as np
    >>> def rows(*codes):
    ...     one, two = np.array(codes, dtype=np.uint64)
    ...     both = one * np.uint64(1000) + two
    ...     return Rows(dataset="a", features=both, whole=both, labelled=both, alike=(both, one, two))
    >>> base = rows([1, 2, 3], [5, 5, 6])
    >>> _alone(base, base, np.array([0, 2]))
    0.5
    """
    if not len(places):
        return 0.0
    if len(places) > LOOKED_AT:  # chosen by content, so that the order of the rows does not matter
        places = places[np.argsort(asked.features[places], kind="stable")[:LOOKED_AT]]
    equals = _count(np.sort(base.features), asked.features[places])
    crowded = np.zeros(len(places), dtype=bool)
    for hashes, other in zip(base.alike, asked.alike, strict=True):
        crowded |= _count(np.sort(hashes), other[places]) > equals
    return float(np.mean(~crowded))


def _count(ordered: Hashes, values: Hashes) -> NDArray[np.intp]:
    counts: NDArray[np.intp] = np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")
    return counts


def chance_bound(meets: Mask, rows: int) -> float:
    """Largest share of rows that may meet an equal by chance, when these rows do so among themselves.

    Rows meet in pairs, so that only half of them speak for themselves. Both the rate behind ``meets`` and the count in
    the new rows are taken at their upper limit.

    Parameters
    ----------
    meets
        Whether each row of a set has an equal there.
    rows
        Size of the other set.

    >>> import numpy as np
    >>> round(chance_bound(np.zeros(20_000, dtype=bool), 10_000), 4)
    0.0016
    """
    pairs, hits = len(meets) / 2, float(np.count_nonzero(meets)) / 2
    if not rows or pairs <= hits:
        return 1.0
    rate = float(betaincinv(hits + 1, pairs - hits, 1 - ERROR))
    return min(1.0, float(np.ceil(bdtrik(1 - ERROR, rows, rate))) / rows)


def contained(values: Hashes, ordered: Hashes) -> Mask:
    """Which values are among the ordered ones, (n,).

    >>> import numpy as np
    >>> contained(np.array([3, 4], dtype=np.uint64), np.array([1, 3, 9], dtype=np.uint64)).tolist()
    [True, False]
    """
    inside = np.zeros(len(values), dtype=bool)
    if not len(ordered) or not len(values):
        return inside
    # A table of single bits of the hash sorts most values out, and is far quicker than a search in a long list.
    size = 1 << min(max(int(len(ordered) * 8).bit_length(), 10), 26)
    marked = np.zeros(size, dtype=bool)
    low = np.uint64(size - 1)
    marked[(ordered & low).astype(np.intp)] = True
    likely = np.flatnonzero(marked[(values & low).astype(np.intp)])
    places = np.minimum(np.searchsorted(ordered, values[likely]), len(ordered) - 1)
    inside[likely] = ordered[places] == values[likely]
    return inside


def _repeating(hashes: Hashes) -> Mask:
    """Rows that have an equal among the others."""
    ordered = np.sort(hashes)
    return contained(hashes, ordered[1:][ordered[1:] == ordered[:-1]])


def _later(hashes: Hashes) -> Mask:
    """Rows that repeat an earlier one."""
    repeating = np.flatnonzero(_repeating(hashes))
    later = np.zeros(len(hashes), dtype=bool)
    later[repeating] = True
    later[repeating[np.unique(hashes[repeating], return_index=True)[1]]] = False
    return later


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.4g} %"


def _told(found: Mask) -> str:
    count = int(np.count_nonzero(found))
    return f"{count:,} of {len(found):,} rows ({_percent(count / max(len(found), 1))})"


def _examples(rows: Rows, found: Mask) -> str:
    places = np.flatnonzero(found)
    if rows.name_rows is None or not len(places):
        return ""
    return f"; {rows.name_rows(places[:EXAMPLES].tolist())}" + (" …" if len(places) > EXAMPLES else "")


def _observation(
    rows: Rows,
    settings: LeakageSettings,
    check: str,
    subject: str,
    title: str,
    found: Mask,
    allowed: float,
    reason: str,
    value: float | None = None,
) -> Observation:
    share = float(np.mean(found)) if len(found) else np.nan
    return Observation(
        id=f"{Section.DATA}/{rows.dataset}/{check}/{subject}",
        section=Section.DATA,
        title=title,
        level=settings.level,
        reason=(reason if len(found) else "there are no rows") + f"; allowed are {_percent(allowed)}",
        dataset=rows.dataset,
        value=share if value is None else value,
        at_most=allowed,
        rows=len(found),
    )
