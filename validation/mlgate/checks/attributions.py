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
    """One observation for each column; see ``checks.reliance.observe_reliance``.

    Parameters
    ----------
    background
        Rows that the columns got other values from.
    importances
        By column, what permutation says, which is told and decides nothing; empty where it could not be measured.
    """

    def said(name: str, challenger: float, champion: float) -> str:
        moves = f"it moves an answer by {challenger:.3g} ({FIGURE}), the champion's by {champion:.3g}"
        permuted = importances.get(name)
        if permuted is None or math.isnan(permuted.share.value):
            return moves
        return f"{moves} (its permutation importance changed by {permuted.share.value:+.2f}, which does not decide)"

    basis = f"{background:,} background rows"
    return judged(found, every, settings, said=said, basis=basis, notes=notes, confidence=confidence)
