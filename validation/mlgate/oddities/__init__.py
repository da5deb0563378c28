"""Oddities: copies of the base case with one specific abnormality each; one file per oddity and this explicit tuple.

An oddity is a pure function of a table: the same rows in the same order with the same types come back, and only the
named columns differ, in only one way. What a model may lose on it is a requirement of the run and not decided here.
"""

from __future__ import annotations

from mlgate.oddities.category import UNSEEN_CATEGORY
from mlgate.oddities.extreme import EXTREME
from mlgate.oddities.missing import MISSING
from mlgate.oddities.oddity import Oddity

__all__ = ["ODDITIES", "Oddity"]

ODDITIES: tuple[Oddity, ...] = (MISSING, EXTREME, UNSEEN_CATEGORY)
