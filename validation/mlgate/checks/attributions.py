"""What models lean on by SHAP values, judged like permutation importances are, which they stand in for.

Separate from ``checks/reliance.py``, which holds the rule: here is what a reader is told about figures of this kind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlgate.checks.reliance import judged
from mlgate.inference.reliance import Leaning, Reliance
from mlgate.records.evidence import Observation
from mlgate.records.explanation_settings import ExplanationSettings

__all__ = ["FIGURE", "observe_attributions"]

#: What the figures are called.
FIGURE = "mean |SHAP value|"


def observe_attributions(
    found: Mapping[str, Leaning],
    every: Reliance,
    settings: ExplanationSettings,
    *,
    background: int,
    importances: Mapping[str, Leaning],
    notes: Mapping[str, str],
    confidence: float,
) -> tuple[Observation, ...]:
    """One observation for each column, by the change of the reliance on it; none without a champion.

    Parameters
    ----------
    found, every
        By column, and what they have in common.
    settings
        Margin and level.
    background
        Rows that the columns got other values from.
    importances
        By column, what permutation says, which is told and decides nothing; empty where it could not be measured.
    notes
        By column, why it matters more than others.
    confidence
        Of the intervals.
    """
    if any(one.champion is None for one in found.values()):
        return ()
    return tuple(
        judged(
            name,
            one,
            every,
            settings,
            said=_said(one, importances.get(name)),
            basis=f"{background:,} background rows",
            note=notes.get(name, ""),
            confidence=confidence,
        )
        for name, one in found.items()
    )


def _said(one: Leaning, permuted: Leaning | None) -> str:
    assert one.champion is not None
    said = f"it moves an answer by {one.challenger.value:.3g} ({FIGURE}), the champion's by {one.champion.value:.3g}"
    if permuted is None or math.isnan(permuted.share.value):
        return said
    return f"{said} (its permutation importance changed by {permuted.share.value:+.2f}, which does not decide)"
