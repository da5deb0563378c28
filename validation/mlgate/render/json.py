"""Decision to ``decision.json``: the record itself, canonical, so that equal decisions give equal bytes."""

from __future__ import annotations

from mlgate.records.codec import dumps
from mlgate.records.decision import Decision

__all__ = ["render"]


def render(decision: Decision) -> str:
    """The decision as JSON text with sorted keys and a final newline."""
    return dumps(decision)
