"""Populations of real scores: two scikit-learn models trained on half of a public data set, scoring the other half.

The data sets are not part of the repository. They are looked for in the folder that MLGATE_BENCH_DATA names, else in
``shared/data`` beside the checkout; without them these populations are left out, and the page says so.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from benchmarks.processes import Population
from mlgate.records.words import Task

__all__ = ["LEFT_OUT", "real_populations"]

LEFT_OUT = "left out: data absent"

_ADULT = (
    "age workclass fnlwgt education education-num marital-status occupation relationship race sex capital-gain "
    "capital-loss hours-per-week native-country income"
).split()


def _folder() -> Path:
    return Path(os.environ.get("MLGATE_BENCH_DATA") or Path(__file__).parents[3] / "shared" / "data")


def real_populations() -> tuple[Population, ...]:
    """Scores on Adult (income; relationship) and Bank Marketing (subscription; duration); empty when data is absent."""
    adult, bank = _folder() / "adult" / "adult.data.gz", _folder() / "bank_marketing" / "bank-full.csv.gz"
    found = []
    if adult.exists():
        table = pd.read_csv(adult, header=None, names=_ADULT, skipinitialspace=True)
        found += [_income(table), _relationship(table)]
    if bank.exists():
        table = pd.read_csv(bank, sep=";")
        found += [_subscribed(table), _duration(table)]
    return tuple(found)


def _coded(table: pd.DataFrame, *left_out: str) -> pd.DataFrame:
    """Features with texts as numbers, which trees may split."""
    features = table.drop(columns=list(left_out))
    return features.apply(lambda column: column if column.dtype.kind in "if" else pd.factorize(column, sort=True)[0])


def _halves(rows: int) -> tuple[Any, Any]:
    order = np.random.default_rng(41).permutation(rows)
    return order[: rows // 2], order[rows // 2 :]


def _linear() -> Any:
    """Logistic regression of binned, one-hot features."""
    encoder = OneHotEncoder(handle_unknown="ignore", min_frequency=200)
    return make_pipeline(encoder, LogisticRegression(max_iter=300))


def _boosted(**options: Any) -> Any:
    return HistGradientBoostingClassifier(max_iter=60, random_state=0, **options)


def _income(table: pd.DataFrame) -> Population:
    features, label = _coded(table, "income", "fnlwgt"), (table["income"] == ">50K").to_numpy().astype(np.int8)
    train, test = _halves(len(label))
    champion = _boosted().fit(features.iloc[train], label[train])
    challenger = _linear().fit(features.iloc[train], label[train])
    return Population(
        name="adult",
        title="Adult, real: 24 % positive, gradient boosting and logistic regression",
        task=Task.BINARY,
        labels=label[test],
        champion=champion.predict_proba(features.iloc[test])[:, 1],
        challenger=challenger.predict_proba(features.iloc[test])[:, 1],
        money=np.tile([0.0, 1.0, 3.0, 0.0], (len(test), 1)),
    )


def _subscribed(table: pd.DataFrame) -> Population:
    features, label = _coded(table, "y"), (table["y"] == "yes").to_numpy().astype(np.int8)
    train, test = _halves(len(label))
    champion = _boosted().fit(features.iloc[train], label[train])
    challenger = _boosted().fit(features.iloc[train[: len(train) // 3]], label[train[: len(train) // 3]])
    # A missed customer costs what they hold, in hundreds; balances are heavy-tailed.
    miss = np.clip(table["balance"].to_numpy()[test], 0, None) / 100
    zero = np.zeros(len(test))
    return Population(
        name="bank",
        title="Bank Marketing, real: 12 % positive, the same recipe on a third of the rows",
        task=Task.BINARY,
        labels=label[test],
        champion=champion.predict_proba(features.iloc[test])[:, 1],
        challenger=challenger.predict_proba(features.iloc[test])[:, 1],
        threshold=0.3,
        money=np.column_stack([zero, zero + 1, miss, zero]),
    )


def _relationship(table: pd.DataFrame) -> Population:
    """Place in the family, in six classes."""
    features = _coded(table, "relationship", "marital-status", "fnlwgt")
    codes, names = pd.factorize(table["relationship"], sort=True)
    label = codes.astype(np.int32)
    train, test = _halves(len(label))
    champion = HistGradientBoostingClassifier(max_iter=25, random_state=0).fit(features.iloc[train], label[train])
    challenger = _linear().fit(features.iloc[train], label[train])
    return Population(
        name="family",
        title="Adult, real: relationship in 6 classes, gradient boosting and logistic regression",
        task=Task.MULTICLASS,
        labels=label[test],
        champion=champion.predict_proba(features.iloc[test]),
        challenger=challenger.predict_proba(features.iloc[test]),
        classes=tuple(map(str, names)),
    )


def _duration(table: pd.DataFrame) -> Population:
    """Seconds of a call, of those that took place."""
    table = table[table["duration"] > 0].reset_index(drop=True)
    features, label = _coded(table, "duration"), table["duration"].to_numpy(dtype=np.float64)
    train, test = _halves(len(label))
    fewer = train[: len(train) // 4]
    champion = HistGradientBoostingRegressor(max_iter=60, random_state=0).fit(features.iloc[train], label[train])
    challenger = HistGradientBoostingRegressor(max_iter=60, random_state=0).fit(features.iloc[fewer], label[fewer])
    return Population(
        name="duration",
        title="Bank Marketing, real: seconds of a call, heavy-tailed, the same recipe on a quarter of the rows",
        task=Task.REGRESSION,
        labels=label[test],
        champion=champion.predict(features.iloc[test]),
        challenger=challenger.predict(features.iloc[test]),
    )
