"""What each model loses under an oddity: estimates of two changes, and of how far apart they are.

Separate from ``evidence.py`` because four answers per row stand behind it, not two.
"""

from __future__ import annotations

import dataclasses
import math

from mlgate.frozen import dataclass
from mlgate.records.evidence import Estimate, Evidence, Spread

__all__ = ["Losses"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Losses:
    """What each model changes by under an oddity; positive is better, so a loss is negative."""

    metric: str
    #: values on the base case, of the rows that came again.
    base_champion: float | None = None
    base_challenger: float | None = None
    #: and of the same rows under the oddity.
    odd_champion: float | None = None
    odd_challenger: float | None = None
    #: None for a model that is not there or gave no legal answer.
    champion: Estimate | None = None
    challenger: Estimate | None = None
    #: the challenger's change less the champion's.
    difference: Estimate | None = None
    difference_spread: Spread | None = None
    #: the champion's value on the base case, and its covariance with the difference, for relative margins.
    reference: Estimate | None = None
    reference_spread: Spread | None = None
    covariance: float = math.nan

    def judged(self, found: Evidence) -> Evidence:
        """Evidence under the oddity with the difference of the changes in the place of the improvement."""
        return dataclasses.replace(
            found,
            champion=self.reference,
            champion_spread=self.reference_spread,
            improvement=self.difference,
            improvement_spread=self.difference_spread,
            covariance=self.covariance,
            gained=None,
            lost=None,
        )
