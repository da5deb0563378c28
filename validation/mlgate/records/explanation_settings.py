"""What is asked of what models lean on: the key ``explanations`` of mlgate.yaml, field by field.

Separate from ``records/model_settings.py`` because its lists of columns are read in another way than plain figures.
"""

from __future__ import annotations

from mlgate.frozen import dataclass
from mlgate.records.words import Level

__all__ = ["PARTS", "ExplanationSettings", "ShapSettings"]

#: Parts that the background rows of SHAP are dealt to, each with an order of columns of its own: the repeats that show
#: how much the choice of both moves a figure.
PARTS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ShapSettings:
    """How many rows are explained by SHAP values, against how many, and how long that may take."""

    #: rows of the base case that are explained, chosen by a hash; fewer where models are slow.
    rows: int = 300
    #: rows of the base case from which a column that a model is not to see gets its values; a multiple of ``PARTS``.
    background: int = 50
    #: seconds that asking may take, all together.
    seconds: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplanationSettings:
    """How far the challenger may lean on other columns than the champion, and how long to look."""

    #: how much a finding weighs.
    level: Level = Level.ADVISORY
    #: the only columns that are asked about; empty: all that either model is shown.
    columns: tuple[str, ...] = ()
    #: columns that are left out.
    leave: tuple[str, ...] = ()
    #: permutations of each column.
    repeats: int = 5
    #: rows of the base case that are asked about, chosen by a hash; fewer where models are slow.
    rows: int = 1000
    #: seconds that asking may take, all together.
    seconds: float = 2.0
    #: how far the reliance on a column may move, as a share of the champion's reliance on all columns.
    margin: float = 0.1
    #: SHAP values too, which then decide; None: not asked.
    shap: ShapSettings | None = None
