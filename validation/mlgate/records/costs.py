"""What was measured of the cost of models: seconds of calls, seconds of loading, bytes of memory and of files.

Separate from ``records/model_settings.py``, which says what is asked of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.frozen import dataclass

__all__ = ["Cost"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cost:
    """One model's figures; what stands at the same place of both models' arrays was measured one after the other."""

    #: (rounds, calls) seconds of calls about one row.
    row: NDArray[np.float64]
    #: (rounds, calls) seconds of calls about a batch.
    batch: NDArray[np.float64]
    #: rows of a batch.
    batch_rows: int
    #: (starts,) seconds of loading, without imports that all models share and without fetching the files.
    load: NDArray[np.float64]
    #: (starts,) most bytes that a fresh process held in memory; NaN where the system does not tell.
    memory: NDArray[np.float64]
    #: bytes of all files.
    size: float
