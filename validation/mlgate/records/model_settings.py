"""What is asked of models beside their answers being right: what they cost, what they give away, how sure they are.

Every field of a record is a key of mlgate.yaml, so that the defaults stand in one place. Separate from
``records/settings.py``, which says where models and data are.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level

__all__ = ["CertaintySettings", "CostSettings", "PrivacySettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CostSettings:
    """What models may cost in time, memory and disk. Margins are shares of the champion's figure."""

    #: how much a finding weighs.
    level: Level = Level.ADVISORY
    #: seconds that measuring may take, all together.
    seconds: float = 5.0
    #: rows of a batch; fewer where the base case has fewer.
    batch: int = 1000
    #: how much slower answers may come, for one row and for a batch.
    latency_margin: float = 0.2
    #: how much longer loading may take.
    load_margin: float = 0.5
    #: how much more memory the process may hold at its peak.
    memory_margin: float = 0.2
    #: how much more room the files may take.
    size_margin: float = 0.5
    #: most seconds that half, 95 % and 99 % of the answers about one row may take.
    row_p50_at_most: float | None = None
    row_p95_at_most: float | None = None
    row_p99_at_most: float | None = None
    #: the same for a batch.
    batch_p50_at_most: float | None = None
    batch_p95_at_most: float | None = None
    batch_p99_at_most: float | None = None
    #: most seconds of loading.
    load_at_most: float | None = None
    #: most bytes of memory at the peak.
    memory_at_most: float | None = None
    #: most bytes of files.
    size_at_most: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivacySettings:
    """How well an attacker may tell training rows from others by the model's loss."""

    #: how much a finding weighs.
    level: Level = Level.ADVISORY
    #: how much larger the challenger's membership advantage may be than the champion's.
    margin: float = 0.05
    #: how large the challenger's own advantage may be; None: any.
    at_most: float | None = None
    #: most rows that are taken of either side.
    rows: int = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class CertaintySettings:
    """How often a model is unsure, and what becomes of its quality when it then refuses to answer."""

    #: how much a finding weighs.
    level: Level = Level.ADVISORY
    #: an answer is unsure when the score of its class is below this (binary and multiclass).
    threshold: float = 0.6
    #: conformal sets hold the true class of this share of rows.
    coverage: float = 0.9
    #: how much larger the challenger's share of unsure answers may be than the champion's.
    margin: float = 0.05
    #: how large the challenger's share of unsure answers may be; None: any.
    at_most: float | None = None
    #: a model that abstains below this score; None: no model does.
    reject_below: float | None = None
    #: smallest share of rows that the challenger must then still answer; None: any.
    answered_at_least: float | None = None
    #: smallest accuracy of the challenger on the rows that it then answers; None: any.
    accuracy_at_least: float | None = None
