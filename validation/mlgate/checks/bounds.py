"""Bounds: how many rows of a window lie outside what the training data have seen, column by column.

Separate from ``drift.py``: a few rows far outside hardly move a distribution, and a model has no ground to stand on
there. Of numbers the range of the training data counts, of categories the set of their values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy.special import bdtrc

from mlgate.checks.category_counts import Categories
from mlgate.checks.number_cells import Numbers
from mlgate.checks.profile import Profile
from mlgate.checks.shift import unseen
from mlgate.records.data_settings import BoundsSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section
from mlgate.sentences import plural

__all__ = ["observe_bounds"]


def observe_bounds(
    reference: Profile, window: Profile, *, name: str, settings: BoundsSettings, against: str = "training"
) -> tuple[Observation, ...]:
    """The share of values outside the training range, or of unseen categories, one observation per column.

    Columns that the window lacks, holds as another kind or holds nothing in have no such share; drift and schema tell
    of them.

    Parameters
    ----------
    reference
        Profile of the training data.
    window
        Profile of the window, taken ``against`` the reference.
    name
        The window's name; it stands in every id.
    settings
        Thresholds.
    against
        The name of the reference, for titles.
    """
    return tuple(
        observation
        for column in reference.columns
        if column not in settings.ignore
        for observation in _observe(column, reference, window, name, settings, against)
    )


def _observe(
    column: str, reference: Profile, window: Profile, name: str, settings: BoundsSettings, against: str
) -> Iterator[Observation]:
    before, now = reference.columns[column], window.columns.get(column)
    if isinstance(before, Numbers) and isinstance(now, Numbers):
        title, value, reason = f"{column} within the range of {against}", *_of_numbers(column, before, now, settings)
    elif isinstance(before, Categories) and isinstance(now, Categories):
        title, value, reason = f"{column} among the categories of {against}", *_of_categories(before, now)
    else:
        return
    at_most = dict(settings.columns).get(column, settings.at_most)
    by_chance = False
    if not math.isnan(value):
        reason += f" ({100 * value:.3g} %, at most {100 * at_most:.3g} %)"
        # Of few rows a single one can be more than the share that is allowed.
        outside = round(value * now.held)
        p = float(bdtrc(outside - 1, now.held, at_most)) if value > at_most else 0.0
        by_chance = p > settings.significance
        reason += f"; of so few rows that may be chance, p {p:.2g}" if by_chance else ""
    yield Observation(
        id=f"data/{name}/bounds/{column}",
        section=Section.DATA,
        title=title,
        level=settings.level,
        reason=reason,
        dataset=name,
        value=value,
        at_most=None if by_chance else at_most,
        rows=now.held,
    )


def _of_numbers(column: str, before: Numbers, now: Numbers, settings: BoundsSettings) -> tuple[float, str]:
    if not before.held:
        return math.nan, "training holds no value to give a range"
    if not now.held:
        return 0.0, "no row holds a value"
    outside = now.below + now.above
    reason = f"{outside:,} of {plural(now.held, 'value')} outside"
    if column not in settings.private:
        reason += f" {before.low:,.6g} to {before.high:,.6g}"
        reason += f", down to {now.low:,.6g}" if now.below else ""
        reason += f", up to {now.high:,.6g}" if now.above else ""
    elif outside:
        reason += f", {now.below:,} below and {now.above:,} above"
    return outside / now.held, reason


def _of_categories(before: Categories, now: Categories) -> tuple[float, str]:
    if not before.held:
        return math.nan, "training holds no category"
    if not now.held:
        return 0.0, "no row holds a category"
    found = unseen(before, now)
    if found is None:
        return math.nan, "too many categories to tell which are unseen"
    strange = plural(len(found.counts), "unseen category", "unseen categories")
    return found.share, f"{found.rows:,} of {plural(now.held, 'row')} in {strange}"
