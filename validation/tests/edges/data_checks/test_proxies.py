"""Stand-ins for attributes: found, with the features that tell most, and never made up."""

from __future__ import annotations

import math
import sys
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from mlgate.checks.features import Proxy
from mlgate.edges.data_checks import proxies
from mlgate.edges.data_checks.proxies import find_proxy, observe_proxies
from mlgate.errors import ConfigError, DataError
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.words import Verdict
from mlgate.stages.judge import judge_observations

FEATURES = ("first_name_length", "district", "amount", "noise")


@cache
def people(rows: int = 1500, seed: int = 1) -> pa.Table:
    draw = np.random.default_rng(seed)
    woman = draw.random(rows) < 0.5
    origin = draw.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1])
    return pa.table(
        {
            "sex": np.where(woman, "F", "M"),
            "origin": origin,
            "age": draw.integers(18, 80, rows),
            "first_name_length": draw.normal(5, 1, rows) + 2.5 * woman,
            "district": np.where(origin == "c", draw.choice(["x1", "x2"], rows), draw.choice(["y", "z", "x1"], rows)),
            "amount": draw.lognormal(size=rows),
            "noise": draw.choice(["p", "q", "r"], rows),
        }
    )


def told(attribute: str, features: tuple[str, ...] = FEATURES, table: pa.Table | None = None) -> Proxy:
    return find_proxy(table or people(), dataset="train", attribute=attribute, features=features, rows=20_000)


def test_a_stand_in_is_found_and_its_feature_is_named_first() -> None:
    found = told("sex")
    woman = np.array(people().column("sex").to_pylist()) == "F"
    alone = roc_auc_score(woman, people().column("first_name_length").to_numpy())
    assert found.measure == "AUC" and found.strongest[0][0] == "first_name_length"
    assert found.strongest[0][1] == pytest.approx(alone, abs=1e-3)
    assert alone - 0.04 < found.low < found.value < found.high < alone + 0.04
    asked = FeatureUseSettings(forbidden=("sex",))
    (seen,) = observe_proxies(people(), dataset="train", features=FEATURES, settings=asked)
    assert judge_observations([seen])[0].verdict is Verdict.FAIL


def test_unrelated_features_stand_for_nothing() -> None:
    found = told("sex", ("amount", "noise", "district"))
    assert found.low < 0.5 < found.high or abs(found.value - 0.5) < 0.04


def test_of_several_values_the_one_that_is_told_best_is_named_unless_the_column_is_private() -> None:
    assert told("origin").told == "c"
    hidden = find_proxy(people(), dataset="train", attribute="origin", features=FEATURES, rows=20_000, private=True)
    assert hidden.told == "" and hidden.value == told("origin").value


def test_a_number_is_told_by_its_r2() -> None:
    table = people().append_column("years_employed", pa.array(people().column("age").to_numpy() - 18.0))
    found = told("age", (*FEATURES, "years_employed"), table)
    assert found.measure == "R²" and found.low > 0.98 and found.strongest[0][0] == "years_employed"
    assert told("age").high < 0.1


def test_rows_without_the_attribute_do_not_count() -> None:
    sexes = people().column("sex").to_pylist()
    gaps = [None if place % 3 == 0 else sex for place, sex in enumerate(sexes)]
    table = people().drop_columns(["sex"]).append_column("sex", pa.array(gaps))
    found = told("sex", table=table)
    assert found.rows == 1000 and found.value > 0.9


def test_the_attribute_does_not_stand_for_itself() -> None:
    assert told("sex", ("sex", "amount", "noise")).value < 0.6


def test_the_order_of_the_rows_changes_nothing_when_some_are_chosen() -> None:
    shuffled = people().take(pa.array(np.random.default_rng(3).permutation(1500)))
    figures = []
    for table in (people(), shuffled):
        found = find_proxy(table, dataset="t", attribute="sex", features=FEATURES, rows=600)
        assert found.rows == 600
        figures.append(found.value)
    assert figures[0] == pytest.approx(figures[1], abs=1e-3)


@pytest.mark.parametrize(
    ("attribute", "features", "problem"),
    [
        ("sex", ("sex",), "there is no other feature"),
        ("street", ("amount",), "it has 40 values, more than 10; group them"),
        ("rare", ("amount",), "it has no value that 50 rows hold and 50 others do not"),
    ],
)
def test_what_cannot_be_told_says_why(attribute: str, features: tuple[str, ...], problem: str) -> None:
    table = people().append_column("street", pa.array([f"s{place % 40}" for place in range(1500)]))
    table = table.append_column("rare", pa.array([int(place < 9) for place in range(1500)]))
    found = told(attribute, features, table)
    assert found.problem == problem and math.isnan(found.value)


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(DataError, match="the attribute 'gender' is not in the data"):
        told("gender")


def test_without_scikit_learn_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ConfigError, match="needs scikit-learn, which is not installed; run pip install .scikit-learn"):
        told("sex")


def test_the_interval_of_an_auc_covers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """DeLong's interval over parts, on scores whose true AUC is known: Φ(1/√2) for normals one deviation apart."""
    covered = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        truth = (draw.random(400) < 0.3).astype(np.float64)
        scores = draw.normal(size=400) + truth
        design = proxies._Design(matrix=np.empty((400, 0)), columns=(), folds=draw.integers(0, 5, 400))
        monkeypatch.setattr(proxies, "_elsewhere", lambda *_, said=scores, **__: said)
        _, low, high = proxies._auc_elsewhere(truth, design, quantile=1.959964)
        covered += low <= 0.7602 <= high
    assert covered >= 183  # 95 % of 200, less three standard errors, is 181
