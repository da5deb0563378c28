"""Rows that a model was trained on and is judged on: copies, near copies, units, and times, seen through hashes alone.

Separate from ``duplicates.py``, which looks at one set. Data whose columns take few values repeat by themselves; what
is called a copy here has to be more than that. Two things are compared. How often rows meet a row of the other set is
held against how often they meet one of their own set; and a row that comes again although no row is nearly like it
cannot be explained by columns of few values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.checks.hashed_rows import (
    Hashes,
    Mask,
    Rows,
    chance_bound,
    contained,
    copied_share,
    observed,
    percent,
    repeating,
    told,
)
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.sentences import plural
from mlgate.threads import in_threads

__all__ = ["observe_leakage"]

#: A column counts as telling rows apart when at most this share of rows agree with another one in all other columns.
TELLING = 0.02


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
            reason = f"{told(found)} of a {what} that {train.dataset} holds too"
            seen.append(observed(evaluation, settings, check, train.dataset, title, found, allowed, reason))
    if train.times is not None and evaluation.times is not None:
        seen.append(_older(train, evaluation, train.times, evaluation.times, settings))
    return tuple(seen)


def _shared(train: Rows, evaluation: Rows, both: Mask, settings: LeakageSettings) -> Observation:
    share = float(np.mean(both)) if len(both) else 0.0
    same = contained(evaluation.labelled[both], np.sort(train.labelled))
    reason = f"{told(both)} whose features stand in {train.dataset} too"
    if not same.all():
        reason += f", {np.count_nonzero(~same):,} of them with another label"
    allowed = settings.shared
    if share > allowed:
        own, other = repeating(train.features), repeating(evaluation.features)
        chance = chance_bound(own, len(both))
        # The share that meets one of m rows grows at most in proportion when n rows are met.
        growth = max(1.0, float(len(own)) / max(len(other) - 1, 1))
        if float(np.mean(own)) < 0.5 * min(1.0, len(own) / len(other)) * float(np.mean(other)):
            # Training rows were made unique, so that they do not tell how often rows come again by themselves.
            chance = max(chance, growth * chance_bound(other, len(both)))
        unexplained = share * copied_share(train, evaluation, np.flatnonzero(both))
        allowed = max(allowed, min(chance, share - unexplained + settings.shared, 1.0))
        reason += (
            f"; {percent(unexplained)} are more than few-valued columns explain, and of the rows of {train.dataset} "
            f"{percent(float(np.mean(own)))} have an equal there"
        )
    title = f"no row of {evaluation.dataset} was trained on"
    return observed(evaluation, settings, "shared_rows", train.dataset, title, both, allowed, reason)


def _near(train: Rows, evaluation: Rows, both: Mask, settings: LeakageSettings) -> Observation:
    """Rows that agree with a training row after rounding, or in all columns but a bundle that tells rows apart little.

    What is expected comes from the training rows that have no equal: they meet the other training rows as rows of
    another sample would.
    """
    single = ~repeating(train.features)
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
        f"{told(met)} that agree with a row of {train.dataset} to 3 digits in all columns, or in all but {but}; rows "
        f"of {train.dataset} do so among themselves in {percent(float(np.mean(own[single])) if single.any() else 0.0)}"
    )
    title = f"no row of {evaluation.dataset} is nearly one that was trained on"
    return observed(evaluation, settings, "near_copies", train.dataset, title, met, allowed, reason)


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
        return observed(
            evaluation, settings, "older_rows", train.dataset, title, nobody, settings.older, reason, np.nan
        )
    older = judged < np.nanmax(trained)
    late = np.count_nonzero(trained > np.nanmin(judged))
    reason = f"{told(older)} from before the newest row of {train.dataset}"
    if late:
        newer = f"{late:,} {'is' if late == 1 else 'are'} newer than the oldest row of {evaluation.dataset}"
        reason += f", of whose {plural(len(trained), 'row')} {newer}"
    untimed = np.count_nonzero(np.isnan(judged))
    reason += f"; {plural(int(untimed), 'has', 'have')} no time" if untimed else ""
    return observed(evaluation, settings, "older_rows", train.dataset, title, older, settings.older, reason)
