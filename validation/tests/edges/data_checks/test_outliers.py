"""Strange combinations are found as rows far from the training data, and ordinary rows are not."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate.edges.data_checks.outliers import observe_outliers
from mlgate.errors import ConfigError
from mlgate.records.data_settings import OutlierSettings
from mlgate.records.evidence import Observation
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations


def rows(seed: int, count: int = 2_000, strange: int = 0, start: int = 0) -> pa.Table:
    """Two features that go together, of which the first ``strange`` rows have them the wrong way round."""
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    y = x + 0.1 * random.normal(size=count)
    x[:strange], y[:strange] = 2.5 + x[:strange] / 100, -2.5
    words = np.where(random.random(count) < 0.7, "usual", "other")
    return pa.table({"id": np.arange(start, start + count), "x": x, "y": y, "word": words.tolist()})


def observed(before: pa.Table, now: pa.Table, **asked: Any) -> Observation:
    (one,) = observe_outliers(before, [("may", now)], settings=OutlierSettings(), **{"id_column": "id", **asked})
    return one


def verdict(one: Observation) -> Verdict:
    return judge_observations([one])[0].verdict


def test_a_combination_that_training_never_had_is_far_though_each_value_is_ordinary() -> None:
    one = observed(rows(1), rows(2, strange=100))
    assert one.id == "data/may/outliers/rows"
    assert verdict(one) is Verdict.FAIL
    assert 0.05 <= one.value < 0.08
    named = one.examples.partition("the farthest: id ")[2].split(", ")
    assert len(named) == 5
    assert all(int(word) < 100 for word in named)


def test_rows_like_those_of_training_are_far_as_often_as_those_are() -> None:
    shares = [observed(rows(3), rows(seed)).value for seed in range(4, 7)]
    assert max(shares) <= 0.03
    assert 0.002 < float(np.mean(shares)) < 0.02


@pytest.mark.parametrize("strange", ["category", "missing", "constant"])
def test_what_training_never_has_sets_a_row_apart(strange: str) -> None:
    before, now = (rows(seed).append_column("same", [[3.0] * 2_000]) for seed in (9, 10))
    words, x, same = (now.column(name).to_pylist() for name in ("word", "x", "same"))
    for place in range(200):
        words[place] = "never" if strange == "category" else words[place]
        x[place] = None if strange == "missing" else x[place]
        same[place] = 3.1 if strange == "constant" else same[place]
    now = now.set_column(3, "word", [words]).set_column(1, "x", [x]).set_column(4, "same", [same])
    one = observed(before, now)
    assert verdict(one) is Verdict.FAIL
    assert one.value == pytest.approx(0.1, abs=0.02)


def test_rows_that_never_vary_are_not_far_from_each_other() -> None:
    constant = pa.table({"id": np.arange(300), "x": [1.0] * 300})
    assert observed(constant, constant).value == 0.0


def test_order_of_the_rows_changes_nothing_and_the_cap_holds() -> None:
    before, now = rows(11), rows(12, strange=60)
    order = np.random.default_rng(0).permutation(2_000)
    settings = OutlierSettings(cap=500)
    first = observe_outliers(before, [("may", now)], settings=settings, id_column="id")
    shuffled = [("may", now.take(order.tolist()))]
    again = observe_outliers(before.take(order[::-1].tolist()), shuffled, settings=settings, id_column="id")
    assert first == again
    assert " of 500 rows are farther than all but 1 % of training" in first[0].reason


def test_a_few_far_rows_of_a_small_window_may_be_chance() -> None:
    one = observed(rows(13), rows(14, count=20, strange=1))
    assert one.value >= 0.05
    assert "it may be chance: p" in one.reason
    assert verdict(one) is Verdict.PASS


def test_no_row_is_named_when_ids_are_private_or_not_there() -> None:
    now = rows(2, strange=100)
    assert "the farthest:" not in observed(rows(1), now, private=("id",)).examples
    assert "the farthest:" not in observed(rows(1), now.drop_columns(["id"])).examples


def test_a_window_that_lacks_a_column_or_holds_text_in_it_is_measured_by_what_is_left() -> None:
    now = rows(15, strange=100).drop_columns(["word"])
    assert verdict(observed(rows(16), now)) is Verdict.FAIL
    text = observed(rows(16), now.set_column(1, "x", [["text"] * 2_000]))
    assert not math.isnan(text.value)


def test_too_few_rows_are_inconclusive_with_the_reason() -> None:
    one = observed(rows(1, count=100), rows(2))
    assert math.isnan(one.value)
    assert one.reason == "training has fewer than 200 rows, or no feature, to learn from"
    assert observed(rows(1), rows(2).slice(0, 0)).reason == "no rows"
    only_id = rows(1).select(["id"])
    assert math.isnan(observed(only_id, only_id).value)


def test_without_scikit_learn_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.neighbors", None)
    with pytest.raises(ConfigError, match="needs scikit-learn, which is not installed; run pip install .scikit-learn"):
        observed(rows(1), rows(2))
