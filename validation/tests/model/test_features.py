"""What the models see, and that odd values neither break them nor leak the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from model.data import LABEL, LEFT_OUT, SENSITIVE, write_splits
from model.features import TRUSTED_TYPES, columns
from model.train import fit, read_config

CONFIG = Path(__file__).resolve().parents[3] / "model" / "config.yaml"
Fitted = dict[str, Pipeline]


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return read_config(CONFIG)


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(path) for name, path in write_splits(tmp_path_factory.mktemp("data")).items()}


@pytest.fixture(scope="module")
def fitted(settings: dict[str, Any], splits: dict[str, pd.DataFrame]) -> Fitted:
    return {recipe: fit(settings, recipe, splits["train"]) for recipe in settings["recipes"]}


@pytest.fixture
def inputs(settings: dict[str, Any], splits: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return splits["base_case"][columns(settings["features"])].astype("float64")


def score(pipeline: Pipeline, inputs: pd.DataFrame) -> Any:
    return pipeline.predict_proba(inputs)[:, 1]


def test_every_column_is_a_feature_or_left_out_or_for_evaluation_only(
    settings: dict[str, Any], splits: dict[str, pd.DataFrame]
) -> None:
    used = columns(settings["features"])
    assert len(used) == len(set(used)) == 37
    assert not set(used) & {*SENSITIVE, *LEFT_OUT, LABEL, "row"}
    assert {*used, *SENSITIVE, LABEL, "row"} == set(splits["train"].columns)


@pytest.mark.parametrize("recipe", ["champion", "challenger"])
def test_the_ranking_on_unseen_rows_is_good_but_not_too_good_to_be_true(
    fitted: Fitted, inputs: pd.DataFrame, splits: dict[str, pd.DataFrame], recipe: str
) -> None:
    assert 0.75 <= roc_auc_score(splits["base_case"][LABEL], score(fitted[recipe], inputs)) <= 0.84


def test_a_model_of_shuffled_labels_ranks_like_a_coin(
    fitted: Fitted, inputs: pd.DataFrame, splits: dict[str, pd.DataFrame]
) -> None:
    assert roc_auc_score(splits["base_case"][LABEL], score(fitted["shuffled"], inputs)) < 0.65


@pytest.mark.parametrize("recipe", ["champion", "challenger"])
def test_the_same_settings_and_rows_give_the_same_model(
    fitted: Fitted, settings: dict[str, Any], splits: dict[str, pd.DataFrame], inputs: pd.DataFrame, recipe: str
) -> None:
    again = fit(settings, recipe, splits["train"])
    assert np.array_equal(score(again, inputs), score(fitted[recipe], inputs))


@pytest.mark.parametrize("recipe", ["champion", "challenger"])
@pytest.mark.parametrize(
    ("column", "sentinel"),
    [("liq", 1e6), ("term", 999999.375), ("lines", 999999.375), ("cototinc", 666), ("hexp", 666)],
)
def test_a_sentinel_counts_as_missing(
    fitted: Fitted, inputs: pd.DataFrame, recipe: str, column: str, sentinel: float
) -> None:
    with_sentinel = score(fitted[recipe], inputs.assign(**{column: sentinel}))
    assert np.array_equal(with_sentinel, score(fitted[recipe], inputs.assign(**{column: np.nan})))


@pytest.mark.parametrize("recipe", ["champion", "challenger"])
@pytest.mark.parametrize("value", [np.nan, 0.0, -1e9, 1e9])
def test_rows_without_a_sensible_value_are_still_answered(
    fitted: Fitted, inputs: pd.DataFrame, recipe: str, value: float
) -> None:
    scores = score(fitted[recipe], pd.DataFrame(value, index=range(5), columns=inputs.columns))
    assert np.all((scores >= 0) & (scores <= 1))


@pytest.mark.parametrize("recipe", ["champion", "challenger"])
def test_a_code_that_training_never_saw_is_answered(fitted: Fitted, inputs: pd.DataFrame, recipe: str) -> None:
    scores = score(fitted[recipe], inputs.assign(prop=77.0, cons=77.0, rep=77.0))
    assert np.all((scores >= 0) & (scores <= 1))


@pytest.mark.parametrize("recipe", ["champion", "challenger", "shuffled"])
def test_saving_needs_no_pickle_and_no_type_beyond_those_we_vouch_for(
    fitted: Fitted, inputs: pd.DataFrame, recipe: str
) -> None:
    saved = skops.io.dumps(fitted[recipe])
    assert set(skops.io.get_untrusted_types(data=saved)) <= set(TRUSTED_TYPES)
    loaded = skops.io.loads(saved, trusted=list(TRUSTED_TYPES))
    assert np.array_equal(score(loaded, inputs), score(fitted[recipe], inputs))
