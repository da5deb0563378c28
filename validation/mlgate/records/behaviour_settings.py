"""What is asked of how a model behaves: golden examples, invariances, directions and flips, as ``mlgate.yaml`` says.

Separate from ``records/settings.py``, which has one field for each of the two records here.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level

__all__ = ["INVARIANCES", "BehaviourSettings", "Counterfactual", "Golden", "Limit", "Monotone"]

#: What a model must not depend on, whatever the task; asked of every pair of models unless somebody leaves it out.
INVARIANCES = ("determinism", "row_order", "column_order", "batch_size")


@dataclass(frozen=True, kw_only=True, slots=True)
class Golden:
    """The key ``golden``: a small file of rows that must be right."""

    path: str
    #: columns of the file: what a row is called, and the answer that it must get.
    name: str = "name"
    expected: str = "expected"
    #: columns of the file: how far off a number may be, or between what it must lie.
    tolerance: str = "tolerance"
    low: str = "low"
    high: str = "high"
    level: Level = Level.REQUIRED
    #: ``none``: a row is what stands in the file. ``typical``: features that are no column of the file have the median,
    #: or the most frequent value, of the base case.
    fill: str = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """How large a share of rows may be, by itself or beside the champion's; exactly one of the two is given."""

    #: 0: not a single row.
    at_most: float | None = 0.01
    #: how much larger than the champion's share it may be.
    not_worse: float | None = None
    level: Level = Level.REQUIRED
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Monotone:
    """One entry of ``behaviour.monotone``: when a column rises, the answer must not move the other way."""

    column: str
    #: ``increasing``: the answer must not fall when the column rises; ``decreasing``: it must not rise.
    direction: str
    #: values that the column is given in turn; empty: some that the base case holds.
    values: tuple[str, ...] = ()
    #: how far an answer may move the wrong way before its row counts.
    tolerance: float = 1e-6
    #: the class whose score is meant; several classes only.
    of_class: str = ""
    limit: Limit = Limit()


@dataclass(frozen=True, kw_only=True, slots=True)
class Counterfactual:
    """One entry of ``behaviour.counterfactual``: another value in one column must not change the decision."""

    attribute: str
    #: values that are put in each other's place; empty: the two that the base case holds.
    values: tuple[str, ...] = ()
    #: the score (regression: the number) may move by this much; None: the decision is what must not change.
    more_than: float | None = None
    limit: Limit = Limit()


@dataclass(frozen=True, kw_only=True, slots=True)
class BehaviourSettings:
    """The key ``behaviour``; without it everything that needs no telling is asked."""

    #: of ``INVARIANCES``, those that are asked.
    invariances: tuple[str, ...] = INVARIANCES
    #: whether the id may change an answer.
    id: bool = False
    #: columns that must not change an answer.
    columns: tuple[str, ...] = ()
    #: of invariances.
    level: Level = Level.REQUIRED
    #: by how much two answers to one question may differ: for rounding.
    tolerance: float = 1e-6
    #: rows of the base case that are asked about; more are chosen by a hash.
    rows: int = 2000
    #: of these, how many are asked about one at a time.
    singles: int = 32
    monotone: tuple[Monotone, ...] = ()
    counterfactual: tuple[Counterfactual, ...] = ()
