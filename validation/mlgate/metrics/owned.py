"""A user's own metric on every slice: its value for both models, and errors from a Poisson bootstrap."""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlgate.inference.influence import Weighing
from mlgate.metrics.metric import Own
from mlgate.records.rows import Answers
from mlgate.records.run import Run

Floats = NDArray[np.float64]


def settle_own(run: Run, metric: Own, champion: Answers | None, challenger: Answers, code: NDArray[np.intp], slices: int, weighing: Weighing | None, identity: NDArray[np.uint64] | None) -> dict[str, Floats]:
    raise NotImplementedError
