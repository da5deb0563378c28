"""Every metric's independent twin: scikit-learn, fairlearn, or a few plain lines over the rows one by one.

One table per task; a metric that is not in it fails the contract test. Rows weigh whole numbers, so
that libraries without weights can be twins of weighted metrics too: they get each row as often as it weighs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn.metrics as sk
from fairlearn.metrics import false_negative_rate, false_positive_rate, selection_rate
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from mlgate.records.words import Task

__all__ = ["CLASSES", "TWINS", "Seen", "Twin", "seen_of"]

CLASSES = ("a", "b", "c", "d")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Seen:
    """Rows as a twin sees them: of one model, and the other model's decisions for metrics of a pair."""

    y: NDArray[Any]
    s: NDArray[Any]
    d: NDArray[Any]
    #: the champion's decisions.
    old: NDArray[Any]
    money: NDArray[Any]
    #: None: all rows weigh the same.
    w: NDArray[Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Twin:
    """An independent computation of a metric."""

    of: Callable[[Seen], float]
    #: absolute; scores are rounded to 2^-24, decisions are not.
    tolerance: float = 1e-9


def seen_of(batch: Any, task: Task, *, champion: bool, chosen: NDArray[Any], weighted: bool = False) -> Seen:
    """The chosen rows of a batch as one model answers them."""
    answers = batch.champion if champion else batch.challenger

    def decided(given: NDArray[Any]) -> NDArray[Any]:
        if task is Task.REGRESSION:
            return np.zeros(len(given))
        return given.argmax(axis=1) if given.ndim > 1 else (given >= 0.5).astype(np.int64)

    money = np.zeros((len(batch.labels), 4)) if batch.money is None else batch.money
    return Seen(
        y=batch.labels[chosen],
        s=answers[chosen],
        d=decided(answers)[chosen],
        old=decided(batch.champion)[chosen],
        money=money[chosen],
        w=batch.weights[chosen] if weighted else None,
    )


def _average(values: Callable[[Seen], NDArray[Any]]) -> Callable[[Seen], float]:
    return lambda rows: float(np.average(values(rows), weights=rows.w))


def _decided(score: Callable[..., float], **options: Any) -> Callable[[Seen], float]:
    return lambda rows: float(score(rows.y, rows.d, sample_weight=rows.w, **options))


def _scored(score: Callable[..., float], **options: Any) -> Callable[[Seen], float]:
    return lambda rows: float(score(rows.y, rows.s, sample_weight=rows.w, **options))


def _repeated(rows: Seen) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels and scores with each row as often as it weighs."""
    times = np.ones(len(rows.y), dtype=int) if rows.w is None else rows.w.astype(int)
    return np.repeat(rows.y, times), np.repeat(rows.s, times)


def _slope(rows: Seen) -> float:
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    logit = np.log(rows.s / (1 - rows.s))[:, None]
    return float(fit.fit(logit, rows.y, sample_weight=rows.w).coef_[0, 0])


def _ece(rows: Seen) -> float:
    """Bins of equal mass, row by row: a group of equal scores goes where its middle row is."""
    labels, scores = _repeated(rows)
    n, gaps = len(labels), [0.0] * 10
    place = 0
    for _, group in itertools.groupby(
        sorted(zip(scores.tolist(), labels.tolist(), strict=True)), key=lambda row: row[0]
    ):
        members = list(group)
        middle = place + len(members) / 2
        gaps[min(int(10 * middle / n), 9)] += sum(score - label for score, label in members)
        place += len(members)
    return sum(map(abs, gaps)) / n


def _top(rows: Seen, k: float) -> float:
    """Precision among the k rows that score highest, ties at the cut shared, row by row."""
    labels, scores = _repeated(rows)
    left, hits = k, 0.0
    for score in sorted(set(scores.tolist()), reverse=True):
        group = labels[scores == score]
        taken = min(left, len(group))
        hits += taken * float(group.mean())
        left -= taken
        if left <= 0:
            break
    return hits / k


def _lift(rows: Seen, share: float) -> float:
    labels, _ = _repeated(rows)
    return _top(rows, share * len(labels)) / float(labels.mean())


def _best_recall(rows: Seen, rate: float) -> float:
    false, true, _ = sk.roc_curve(rows.y, rows.s, sample_weight=rows.w, drop_intermediate=False)
    return float(true[false <= rate].max())


def _money(rows: Seen) -> NDArray[Any]:
    return np.array([amounts[2 * int(y) + int(d)] for amounts, y, d in zip(rows.money, rows.y, rows.d, strict=True)])


def _median(rows: Seen) -> float:
    labels, predictions = _repeated(rows)
    return float(sk.median_absolute_error(labels, predictions))


def _of_class(score: Callable[..., Any], place: int) -> Callable[[Seen], float]:
    return lambda rows: float(
        score(rows.y, rows.d, labels=[place], average=None, zero_division=np.nan, sample_weight=rows.w)[0]
    )


_EVERY = list(range(len(CLASSES)))
_CHURN = Twin(of=_average(lambda rows: rows.d != rows.old))
#: scores are rounded to 2^-24.
_NEAR = 1e-6

TWINS: dict[Task, dict[str, Twin]] = {
    Task.BINARY: {
        "accuracy": Twin(of=_decided(sk.accuracy_score)),
        "error_rate": Twin(of=_decided(sk.zero_one_loss)),
        "recall": Twin(of=_decided(sk.recall_score)),
        "specificity": Twin(of=_decided(sk.recall_score, pos_label=0)),
        "false_positive_rate": Twin(of=_decided(false_positive_rate)),
        "false_negative_rate": Twin(of=_decided(false_negative_rate)),
        "selection_rate": Twin(of=_decided(selection_rate)),
        "precision": Twin(of=_decided(sk.precision_score)),
        "f1": Twin(of=_decided(sk.f1_score)),
        "fbeta(2)": Twin(of=_decided(sk.fbeta_score, beta=2)),
        "fbeta(0.5)": Twin(of=_decided(sk.fbeta_score, beta=0.5)),
        "balanced_accuracy": Twin(of=_decided(sk.balanced_accuracy_score)),
        "mcc": Twin(of=_decided(sk.matthews_corrcoef)),
        "cohen_kappa": Twin(of=_decided(sk.cohen_kappa_score)),
        "log_loss": Twin(of=_scored(sk.log_loss), tolerance=_NEAR),
        "brier": Twin(of=_scored(sk.brier_score_loss), tolerance=_NEAR),
        "roc_auc": Twin(of=_scored(sk.roc_auc_score)),
        "average_precision": Twin(of=_scored(sk.average_precision_score)),
        "recall_at_fpr(0.1)": Twin(of=lambda rows: _best_recall(rows, 0.1)),
        "precision_at_k(50)": Twin(of=lambda rows: _top(rows, 50)),
        "lift(0.2)": Twin(of=lambda rows: _lift(rows, 0.2)),
        "calibration_in_the_large": Twin(of=_average(lambda rows: rows.s - rows.y), tolerance=_NEAR),
        "calibration_slope": Twin(of=_slope, tolerance=_NEAR),
        "ece": Twin(of=_ece),
        "churn": _CHURN,
        "flips_to_positive": Twin(of=_average(lambda rows: rows.d > rows.old)),
        "flips_to_negative": Twin(of=_average(lambda rows: rows.d < rows.old)),
        "cost": Twin(of=_average(_money), tolerance=1e-5),
        "value": Twin(of=_average(_money), tolerance=1e-5),
    },
    Task.MULTICLASS: {
        "accuracy": Twin(of=_decided(sk.accuracy_score)),
        "f1_macro": Twin(of=_decided(sk.f1_score, average="macro")),
        "f1_weighted": Twin(of=_decided(sk.f1_score, average="weighted")),
        "f1_micro": Twin(of=_decided(sk.f1_score, average="micro")),
        "recall_macro": Twin(of=_decided(sk.balanced_accuracy_score)),
        "cohen_kappa": Twin(of=_decided(sk.cohen_kappa_score)),
        "log_loss": Twin(of=_scored(sk.log_loss, labels=_EVERY), tolerance=_NEAR),
        "top_k_accuracy(2)": Twin(of=_scored(sk.top_k_accuracy_score, k=2, labels=_EVERY)),
        "recall(b)": Twin(of=_of_class(sk.recall_score, 1)),
        "precision(b)": Twin(of=_of_class(sk.precision_score, 1)),
        "churn": _CHURN,
    },
    Task.REGRESSION: {
        "mae": Twin(of=_scored(sk.mean_absolute_error), tolerance=_NEAR),
        "mse": Twin(of=_scored(sk.mean_squared_error), tolerance=_NEAR),
        "rmse": Twin(of=_scored(sk.root_mean_squared_error), tolerance=_NEAR),
        "r2": Twin(of=_scored(sk.r2_score)),
        "median_absolute_error": Twin(of=_median),
        "mape": Twin(of=_scored(sk.mean_absolute_percentage_error), tolerance=_NEAR),
        "smape": Twin(
            of=_average(lambda rows: 2 * np.abs(rows.s - rows.y) / (np.abs(rows.s) + np.abs(rows.y))), tolerance=_NEAR
        ),
        "bias": Twin(of=_average(lambda rows: rows.s - rows.y), tolerance=_NEAR),
        "pinball(0.9)": Twin(of=_scored(sk.mean_pinball_loss, alpha=0.9), tolerance=_NEAR),
        "within(0.5)": Twin(of=_average(lambda rows: np.abs(rows.s - rows.y) <= 0.5)),
    },
}
