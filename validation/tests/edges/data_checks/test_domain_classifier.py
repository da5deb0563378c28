"""Joint drift that no single column shows is found, named by its features, and not seen where there is none."""

from __future__ import annotations

import math
import sys

import numpy as np
import pyarrow as pa
import pytest

from mlgate.checks.drift import observe_drift
from mlgate.checks.profile import profile
from mlgate.edges.data_checks.domain_classifier import observe_domain
from mlgate.edges.data_checks.drift_columns import column_batch
from mlgate.errors import ConfigError
from mlgate.records.data_settings import DomainSettings, DriftSettings
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations


def rows(seed: int, count: int = 600, correlation: float = 0.0) -> pa.Table:
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    y = correlation * x + math.sqrt(1 - correlation**2) * random.normal(size=count)
    words = np.array(["a", "b", "c"])[random.integers(0, 3, count)]
    return pa.table({"x": x, "y": y, "noise": random.normal(size=count), "word": words.tolist()})


def test_a_changed_correlation_is_found_though_every_column_is_as_it_was() -> None:
    before, now = rows(1), rows(2, correlation=0.95)
    single = observe_drift(
        *(profile([column_batch(table)]) for table in (before, now)), name="may", settings=DriftSettings()
    )
    assert {one.verdict for one in judge_observations(single)} == {Verdict.PASS}
    one = observe_domain(before, now, name="may", settings=DomainSettings())
    assert one.id == "data/may/domain_classifier/features"
    assert judge_observations([one])[0].verdict is Verdict.FAIL
    assert one.value > 0.7
    told = one.reason.partition("told apart by ")[2]
    assert {word.partition(" ")[0] for word in told.split(", ")} >= {"x", "y"}
    assert "word" not in told


def test_two_samples_of_the_same_rows_are_not_told_apart() -> None:
    one = observe_domain(rows(3), rows(4), name="may", settings=DomainSettings())
    assert judge_observations([one])[0].verdict is Verdict.PASS
    assert 0.4 < one.value < 0.55
    assert one.reason.endswith("on 600 rows of training and 600 here; the interval reaches one half")


def test_a_shifted_category_is_found_and_its_values_are_not_told() -> None:
    now = rows(6)
    words = ["secret" if place % 2 else word for place, word in enumerate(now.column("word").to_pylist())]
    one = observe_domain(rows(5), now.set_column(3, "word", [words]), name="may", settings=DomainSettings())
    assert judge_observations([one])[0].verdict is Verdict.FAIL
    assert "told apart by word (" in one.reason
    assert "secret" not in one.reason


def test_order_of_the_rows_changes_nothing_and_the_cap_is_stated() -> None:
    before, now = rows(7), rows(8, correlation=0.8)
    order = np.random.default_rng(0).permutation(600)
    settings = DomainSettings(cap=200, folds=3)
    first = observe_domain(before, now, name="may", settings=settings)
    again = observe_domain(before.take(order.tolist()), now.take(order[::-1].tolist()), name="may", settings=settings)
    assert first == again
    assert "on 200 rows of training and 200 here" in first.reason
    assert first.rows == 600


def test_rows_that_are_on_both_sides_cannot_be_told_apart() -> None:
    table = rows(9, count=200)
    one = observe_domain(table, table, name="may", settings=DomainSettings())
    assert judge_observations([one])[0].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("before", "now", "settings", "reason"),
    [
        (rows(1, 60), rows(2, 10), DomainSettings(), "10 rows, at least 50 needed"),
        (
            rows(1, 60),
            rows(2, 60),
            DomainSettings(ignore=("x", "y", "noise", "word")),
            "no column is both here and in training",
        ),
        (
            pa.table({"x": [1.0] * 60}),
            pa.table({"x": [1.0] * 60}),
            DomainSettings(),
            "there are too few different rows to grow trees on some and ask them about others",
        ),
    ],
)
def test_what_cannot_be_told_is_inconclusive_with_its_reason(
    before: pa.Table, now: pa.Table, settings: DomainSettings, reason: str
) -> None:
    one = observe_domain(before, now, name="may", settings=settings)
    assert math.isnan(one.value)
    assert one.reason == reason
    assert judge_observations([one])[0].verdict is Verdict.INCONCLUSIVE


def test_numbers_in_training_and_text_here_are_compared_as_text_with_missing_and_infinite_values() -> None:
    before = pa.table({"x": [1.0, 2.0, None] * 40, "y": [math.inf, 0.0, 1.0] * 40, "z": np.arange(120.0)})
    now = pa.table({"x": ["1", "2", None] * 40, "y": [0.0, 1.0, -math.inf] * 40, "z": np.arange(120.0)})
    one = observe_domain(before, now, name="may", settings=DomainSettings())
    assert "told apart by y (" in one.reason


def test_without_scikit_learn_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ConfigError, match="needs scikit-learn, which is not installed; run pip install .scikit-learn"):
        observe_domain(rows(1, 60), rows(2, 60), name="may", settings=DomainSettings())
