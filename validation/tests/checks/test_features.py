"""What a model may read: forbidden inputs under any spelling, stand-ins against a bound, and values from too late."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlgate.checks.features import Proxy, observe_forbidden, observe_late, observe_proxy
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.words import Level, Verdict
from mlgate.stages.judge import judge_observations

SETTINGS = FeatureUseSettings(forbidden=("marital_status",))


@pytest.mark.parametrize(
    "name", ["marital_status", "Marital-Status", "maritalStatus", "onehot__marital_status", "marital_status=single"]
)
def test_a_forbidden_feature_is_found_however_it_is_written(name: str) -> None:
    (seen,) = observe_forbidden(["age", name], "challenger", "base_case", SETTINGS)
    assert seen.id == "data/base_case/forbidden_feature/challenger/marital_status"
    assert seen.reason == f"it reads {name}"
    assert judge_observations([seen])[0].blocking


def test_other_features_are_not_forbidden() -> None:
    (seen,) = observe_forbidden(
        ["age", "marital", "status", "marital_status_of_guarantor"], "challenger", "t", SETTINGS
    )
    assert judge_observations([seen])[0].verdict is Verdict.PASS
    assert seen.reason == "it is not among its 4 inputs"


def proxy(low: float, *, problem: str = "") -> Proxy:
    return Proxy(
        attribute="sex",
        measure="AUC",
        value=low + 0.01,
        low=low,
        high=low + 0.02,
        strongest=(("relationship", 0.863), ("occupation", 0.752)),
        rows=1000,
        problem=problem,
    )


@pytest.mark.parametrize(("low", "verdict"), [(0.801, Verdict.FAIL), (0.795, Verdict.PASS)])
def test_a_stand_in_is_a_finding_when_all_of_its_interval_is_beyond_the_bound(low: float, verdict: Verdict) -> None:
    seen = observe_proxy(proxy(low), "train", SETTINGS)
    (finding,) = judge_observations([seen])
    assert (finding.verdict, finding.level, finding.blocking) == (verdict, Level.ADVISORY, False)
    assert finding.id == "data/train/proxy/sex"
    assert finding.reason.endswith("allowed are 0.8; alone tell most: relationship 0.863, occupation 0.752")


def test_what_cannot_be_told_of_a_stand_in_is_no_pass() -> None:
    seen = observe_proxy(proxy(0.1, problem="there is no other feature"), "train", SETTINGS)
    assert judge_observations([seen])[0].verdict is Verdict.INCONCLUSIVE
    assert seen.reason == "there is no other feature"


def test_values_from_after_the_prediction_are_counted_and_named_and_the_same_moment_is_in_time() -> None:
    stamps, predicted = np.array([1.0, 2.0, 3.0, np.nan, 9.0]), np.array([2.0, 2.0, 2.0, 2.0, np.nan])
    seen = observe_late(
        "balance", stamps, predicted, "train", SETTINGS, lambda places: "id " + ", ".join(map(str, places))
    )
    assert seen.id == "data/train/known_in_time/balance"
    assert seen.value == pytest.approx(1 / 3)
    assert seen.reason == "1 of 3 rows (33 %) has a balance from after the prediction; 2 rows lack one of the two times"
    assert seen.examples == "id 2"
    assert judge_observations([seen])[0].blocking


def test_without_both_times_it_cannot_be_told() -> None:
    seen = observe_late("balance", np.array([math.nan]), np.array([1.0]), "train", SETTINGS)
    assert judge_observations([seen])[0].verdict is Verdict.INCONCLUSIVE
