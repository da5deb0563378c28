"""What one would write without mlgate: scikit-learn's metrics in a loop over slices and models, values only.

``python -m benchmarks.sklearn_loop FILE`` reads the same file and measures the same metrics on the same slices.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from sklearn import metrics

from benchmarks.rows import BY

__all__ = ["loop"]

_OF_DECISIONS: Mapping[str, Callable[[Any, Any], float]] = {
    "accuracy": metrics.accuracy_score,
    "recall": metrics.recall_score,
    "precision": metrics.precision_score,
    "f1": metrics.f1_score,
    "specificity": lambda labels, decisions: metrics.recall_score(labels, decisions, pos_label=0),
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "mcc": metrics.matthews_corrcoef,
}
_OF_SCORES: Mapping[str, Callable[[Any, Any], float]] = {
    "log_loss": metrics.log_loss,
    "brier": metrics.brier_score_loss,
    "roc_auc": metrics.roc_auc_score,
}


def loop(path: str) -> dict[tuple[str, str, str], float]:
    """Per slice, model and metric its value."""
    table = pd.read_parquet(path, columns=["label", "old", "new", *BY])
    found = {}
    groups = [("overall", table)] + [(f"{by}={name}", part) for by in BY for name, part in table.groupby(by)]
    for name, part in groups:
        labels = part["label"].to_numpy()
        for model in ("old", "new"):
            scores = part[model].to_numpy()
            decisions = (scores >= 0.5).astype("int8")
            for metric, of in _OF_DECISIONS.items():
                found[name, model, metric] = float(of(labels, decisions))
            for metric, of in _OF_SCORES.items():
                found[name, model, metric] = float(of(labels, scores))
    return found


if __name__ == "__main__":
    print(len(loop(sys.argv[1])), "values")
