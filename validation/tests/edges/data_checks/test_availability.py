"""Stamps of features against the time of the prediction, read off a table."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from mlgate.edges.data_checks.availability import observe_availability
from mlgate.errors import ConfigError, DataError
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations

DAY = dt.date(2024, 5, 1)
TABLE = pa.table(
    {
        "id": [71, 72, 73, 74],
        "scored_at": [dt.datetime(2024, 5, 1, 12)] * 4,
        "balance_at": ["2024-05-01T11:59:59", "2024-05-01T12:00:00", "2024-05-01T12:00:01", None],
        "rating_on": [DAY] * 4,
        "batch": [1, 2, 3, 4],
    }
)


def settings(*stamps: tuple[str, str], predicted_at: str | None = "scored_at") -> FeatureUseSettings:
    return FeatureUseSettings(stamps=stamps, predicted_at=predicted_at)


def test_each_feature_is_compared_with_the_prediction() -> None:
    asked = settings(("balance", "balance_at"), ("rating", "rating_on"))
    balance, rating = observe_availability(TABLE, dataset="train", settings=asked, id_column="id")
    assert balance.reason == (
        "1 of 3 rows (33 %) has a balance from after the prediction; 1 row lacks one of the two times"
    )
    assert balance.examples == "id 73"
    assert [finding.verdict for finding in judge_observations([balance, rating])] == [Verdict.FAIL, Verdict.PASS]


def test_rows_of_a_private_id_are_not_named() -> None:
    asked = settings(("balance", "balance_at"))
    (seen,) = observe_availability(TABLE, dataset="train", settings=asked, id_column="id", private=["id"])
    assert not seen.examples and "73" not in seen.reason


def test_without_stamps_nothing_is_asked() -> None:
    assert observe_availability(TABLE, dataset="train", settings=settings(predicted_at=None)) == ()


def test_stamps_without_the_time_of_the_prediction_are_refused() -> None:
    with pytest.raises(ConfigError, match="no prediction time"):
        observe_availability(TABLE, dataset="train", settings=settings(("a", "balance_at"), predicted_at=None))


def test_a_number_is_not_compared_with_a_time() -> None:
    with pytest.raises(DataError, match="'batch' and 'scored_at' are not comparable"):
        observe_availability(TABLE, dataset="train", settings=settings(("a", "batch")))
