"""Training/serving skew: the same rows on both sides, feature by feature, and the champion's scores then and now."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.checks.skew import differing
from mlgate.edges.logs.prediction_log import Window
from mlgate.edges.logs.skew_rows import observe_logged_scores, observe_skew
from mlgate.errors import DataError
from mlgate.records.data_settings import LogSettings, SkewSettings, SourceSettings
from mlgate.records.evidence import Observation

LOG = pa.table(
    {
        "id": ["a", "b", "c", "d", "x"],
        "income": [1.0, 2.0, 30.0, None, 5.0],
        "town": ["A", "B", "C", None, "E"],
        "code": ["1", "2", "3", "4", "5"],
    }
)
TRAINING = pa.table(
    {
        "key": ["d", "c", "b", "a", "y"],
        "income": pa.array([4.0, 3.0, 2.0, 1.0, 9.0], pa.float32()),
        "town": ["D", "C", "B", "a", "Y"],
        "code": [4, 3, 2, 1, 9],
    }
)


def skew(log: pa.Table = LOG, training: pa.Table = TRAINING, **more: Any) -> dict[str, Observation]:
    settings = more.pop("settings", SkewSettings())
    seen = observe_skew(
        log,
        training,
        ids=("id", "key"),
        features=("income", "town", "code"),
        names=("log", "train"),
        settings=settings,
        **more,
    )
    return {one.id.removeprefix("data/log/skew/"): one for one in seen}


def test_each_feature_is_told_with_its_share_size_and_ids() -> None:
    seen = skew()
    assert {name: one.value for name, one in seen.items()} == {"income": 0.5, "town": 0.5, "code": 0.0}
    assert seen["income"].reason == (
        "differs in 2 of 4 rows that both hold (50.00%), by 27 on average (24.1 standard deviations); in 1 of them one "
        "side has no value"
    )
    assert [seen[name].examples for name in ("income", "town", "code")] == ["ids c, d", "ids a, d", ""]
    assert seen["town"].reason == "differs in 2 of 4 rows that both hold (50.00%); in 1 of them one side has no value"
    assert seen["code"].reason == "equal in all 4 rows that both hold"
    assert all(one.at_most == 0.0 and one.rows == 4 for one in seen.values())


def test_the_order_of_the_rows_does_not_show() -> None:
    turned = skew(LOG.take([4, 2, 0, 3, 1]), TRAINING.take([2, 4, 1, 3, 0]))
    assert turned == skew()


def test_nothing_but_counts_is_said_of_private_columns() -> None:
    seen = skew(private=("income", "id"))
    assert seen["income"].reason == (
        "differs in 2 of 4 rows that both hold (50.00%); in 1 of them one side has no value"
    )
    assert not seen["town"].examples


def test_rows_that_no_side_shares_say_that_skew_cannot_be_told() -> None:
    seen = skew(training=TRAINING.slice(4))
    assert all(math.isnan(one.value) for one in seen.values())
    assert seen["income"].reason == "no row of log is in train, so skew cannot be told"


def test_a_missing_feature_and_a_repeated_id_are_refused() -> None:
    with pytest.raises(DataError, match="train: the feature 'town' is not in the data"):
        skew(training=TRAINING.drop_columns(["town"]))
    with pytest.raises(DataError, match="log: column 'id': the id 'a' stands there twice"):
        skew(pa.concat_tables([LOG, LOG.slice(0, 1)]))


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=20))
def test_a_number_stored_as_float32_is_no_skew(values: list[float]) -> None:
    wide = np.array(values)
    wide[np.abs(wide) < 1e-30] = 0.0
    assert not differing(wide, wide.astype(np.float32).astype(np.float64), SkewSettings().tolerance).any()


@given(st.lists(st.sampled_from([0.0, 1.0, -1.0, math.inf, -math.inf, math.nan]), min_size=1, max_size=20))
def test_a_value_does_not_differ_from_itself_and_differing_has_no_side(values: list[float]) -> None:
    one = np.array(values)
    other = np.roll(one, 1)
    assert not differing(one, one, 0.0).any()
    assert differing(one, other, 0.01).tolist() == differing(other, one, 0.01).tolist()


# ---- the champion's scores

SETTINGS = LogSettings(source=SourceSettings(path="log.parquet"))


def window(**columns: list[Any]) -> Window:
    table = pa.table({"id": ["a", "b", "c", "d"], "model_version": ["7", "7", "7", "6"], **columns})
    return Window(
        name="2026-W02",
        start="2026-01-05",
        end="2026-01-12",
        table=table,
        labelled=np.array([True, True, True, True]),
    )


def scored(scores: list[Any], logged: list[Any], *, log: LogSettings = SETTINGS, **more: list[Any]) -> Observation:
    return observe_logged_scores(
        window(score=logged, **more), np.array(scores), log=log, version="7", name="w", settings=SkewSettings()
    )


def test_scores_of_the_champions_version_are_compared_with_those_of_now() -> None:
    one = scored([0.1, 0.2, 0.4, 0.9], [0.1, 0.2, 0.3, 0.1])
    assert one.value == pytest.approx(1 / 3)
    assert one.reason == (
        "1 of 3 scores differs from those logged (33.33%), by 0.1 at most; not compared: 1 row of other versions"
    )
    same = scored([0.1, 0.2, 0.3, 0.9], [0.1, None, float(np.float32(0.3)), 0.1])
    assert same.value == 0.0
    assert same.reason == (
        "all 2 scores are those logged; not compared: 1 row of other versions and 1 row without a logged score"
    )


def test_without_a_row_of_that_version_scores_cannot_be_compared() -> None:
    one = observe_logged_scores(
        window(score=[0.1] * 4), np.array([0.1] * 4), log=SETTINGS, version="8", name="w", settings=SkewSettings()
    )
    assert math.isnan(one.value)
    assert one.reason.startswith("no row of w was scored by version 8")


def test_class_scores_are_compared_class_by_class_and_must_be_as_many() -> None:
    log = LogSettings(source=SourceSettings(path="log.parquet"), score="score_*")
    more = {"score_a": [0.1] * 4, "score_b": [0.9] * 4}
    now = [[0.1, 0.9], [0.1, 0.9], [0.2, 0.8], [0.5, 0.5]]
    assert scored(now, [0.0] * 4, log=log, **more).value == pytest.approx(1 / 3)
    with pytest.raises(DataError, match="the log has 1 score for each of 4 rows, the champion gives 2"):
        scored(now, [0.0] * 4)
    with pytest.raises(DataError, match="column 'score' of the log holds no scores but string"):
        scored([0.1] * 4, ["a"] * 4)
