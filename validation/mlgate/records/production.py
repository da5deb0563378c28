"""What became of a decision once it was carried out, as the ledger tells it.

Separate from the decision, whose content is bound by its digest: a promotion never changes it, so what was done with it
stands beside it, and the reports get both.
"""

from __future__ import annotations

from mlgate.frozen import dataclass

__all__ = ["Move", "Production"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """The alias ``champion`` went from one version to another."""

    #: ``promoted`` or ``rolled back``.
    what: str
    by: str
    #: ISO 8601, UTC.
    at: str
    #: version that was champion before; empty when there was none.
    origin: str
    #: version that became champion.
    target: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Production:
    """How a decision's challenger went into production, and whether it is there still."""

    #: the promotion by this decision.
    promoted: Move
    #: what took it out, a rollback or a later promotion; None while it is the champion.
    out: Move | None = None
    #: the rollback that brought it back after it had been taken out; None when none did, or it was taken out again.
    back: Move | None = None
