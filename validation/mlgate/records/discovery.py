"""How slices that nobody declared are searched for; a field for each key of ``discovered`` in mlgate.yaml.

Separate from ``run.py``: what a run measures does not hang on it, and the search reads columns that no slice names.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level

__all__ = ["DiscoverySettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscoverySettings:
    """What is searched, how deep, and how much a confirmed slice weighs."""

    #: level of a confirmed slice where the challenger is worse.
    level: Level = Level.GUARDED
    #: columns that are searched; empty: all but label, predictions, ids, units, weights and private columns.
    columns: tuple[str, ...] = ()
    #: columns that are left alone.
    leave: tuple[str, ...] = ()
    #: conditions of a slice, 1 to 3.
    depth: int = 3
    #: bins of a column of numbers.
    bins: int = 10
    #: share of the rows that a slice holds at least.
    support: float = 0.01
    #: rows that are searched, chosen by their identity; more tell no more about slices of that size.
    rows: int = 200_000
    #: columns that are searched; what is beyond is told.
    most_columns: int = 40
    #: sets of three columns that are searched; where there are more, slices have two conditions. A depth that is asked
    #: for in so many words has no such limit.
    most_triples: int = 300
    #: the metric that must not be worse; empty: the first required one that has a value for each row.
    metric: str = ""
