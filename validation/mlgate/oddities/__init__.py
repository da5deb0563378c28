"""Oddities: copies of the base case with one specific abnormality each; one file per family and these explicit tuples.

An oddity is a pure function of a table. What a model may lose on it is a requirement of the run and not decided here.
To add one, write it in the file of its family and name it in that file's tuple; the laws of the tests then hold for it.
"""

from __future__ import annotations

from mlgate.oddities import category, missing, noise, order, range, shape, text, type
from mlgate.oddities.oddity import Asked, Odd, Oddity, make_odd
from mlgate.sentences import FAMILIES

__all__ = ["FAMILIES", "ODDITIES", "Asked", "Odd", "Oddity", "make_odd"]

#: In the order in which people read them.
ODDITIES: tuple[Oddity, ...] = (
    *missing.ODDITIES,
    *range.ODDITIES,
    *type.ODDITIES,
    *category.ODDITIES,
    *text.ODDITIES,
    *order.ODDITIES,
    *shape.ODDITIES,
    *noise.ODDITIES,
)
