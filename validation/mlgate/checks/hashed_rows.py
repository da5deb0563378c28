"""Data sets as hashes: which rows have an equal, which have one by chance, and how that is told.

Separate from the checks that ask, and from the edge that hashes columns: the arithmetic never meets a value, so that no
value can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrik, betaincinv

from mlgate.frozen import dataclass
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Section
from mlgate.sentences import plural

__all__ = [
    "Hashes",
    "Mask",
    "Rows",
    "copied_share",
    "chance_bound",
    "contained",
    "observed",
    "percent",
    "repeating",
    "told",
]

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

#: How many row ids a reason names.
EXAMPLES = 5
#: Rows that are looked at for neighbours when more come twice.
LOOKED_AT = 20_000
#: Share of rows without a row nearly like them below which nothing can be said from having none.
LEAST_ROOM = 0.05
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


def repeating(hashes: Hashes) -> Mask:
    """Rows that have an equal among the others."""
    ordered = np.sort(hashes)
    return contained(hashes, ordered[1:][ordered[1:] == ordered[:-1]])


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


def copied_share(base: Rows, asked: Rows, places: NDArray[np.intp]) -> float:
    """Of rows that have an equal in the base, the share that columns of few values do not explain.

    A row that was copied has a row nearly like it as often as any row has one; a row that came again by itself lies
    where rows are dense and mostly has one. By itself coming again is taken to leave rows alone half as often as
    copying does, which is more than it does in data that were looked at: small copies may be missed, rather than rows
    be suspected that are not copies.

    >>> import numpy as np
    >>> def rows(*codes):
    ...     one, two = np.array(codes, dtype=np.uint64)
    ...     both = one * np.uint64(1000) + two
    ...     return Rows(dataset="a", features=both, whole=both, labelled=both, alike=(both, one, two))
    >>> base = rows([1, 2, 3], [5, 6, 7])
    >>> copied_share(base, base, np.array([0, 2]))
    1.0
    >>> base = rows([1, 1, 1], [5, 6, 7])
    >>> copied_share(base, base, np.array([0, 2]))
    0.0
    """
    if not len(places):
        return 0.0
    # Both samples are chosen by content, so that the order of the rows does not matter.
    places = places[np.argsort(asked.features[places], kind="stable")[:LOOKED_AT]]
    anyone = np.unique(base.features, return_index=True)[1][:LOOKED_AT]
    ordered = np.sort(base.features)
    equals, own = _count(ordered, asked.features[places]), _count(ordered, base.features[anyone])
    crowded, usual = np.zeros(len(places), dtype=bool), np.zeros(len(anyone), dtype=bool)
    for hashes, other in zip(base.alike, asked.alike, strict=True):
        ordered = np.sort(hashes)
        crowded |= _count(ordered, other[places]) > equals
        usual |= _count(ordered, hashes[anyone]) > own
    room = float(np.mean(~usual))
    return min(max(2 * float(np.mean(~crowded)) / room - 1, 0.0), 1.0) if room >= LEAST_ROOM else 0.0


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


def told(found: Mask) -> str:
    count = int(np.count_nonzero(found))
    return f"{count:,} of {plural(len(found), 'row')} ({percent(count / max(len(found), 1))})"


def percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.4g} %"


def _examples(rows: Rows, found: Mask) -> str:
    places = np.flatnonzero(found)
    if rows.name_rows is None or not len(places):
        return ""
    return f"{rows.name_rows(places[:EXAMPLES].tolist())}" + (" …" if len(places) > EXAMPLES else "")


def observed(
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
        reason=(reason if len(found) else "there are no rows") + f"; allowed are {percent(allowed)}",
        dataset=rows.dataset,
        value=share if value is None else value,
        at_most=allowed,
        rows=len(found),
        examples=_examples(rows, found),
    )
