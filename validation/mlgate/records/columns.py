"""Columns of some rows as checks of the data read them: numbers, or codes into distinct values.

Separate from ``rows.py``, whose batches hold labels and scores: data are checked before any model has seen them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass
from mlgate.records.rows import Coded

__all__ = ["ColumnBatch"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ColumnBatch:
    """Some rows of one data set, column by column."""

    #: number of rows.
    rows: int
    #: by name: (rows,) numbers with NaN where a row holds none, or the codes of a column of categories.
    columns: Mapping[str, NDArray[np.float64] | Coded]
