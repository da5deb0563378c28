"""What no expectation on a single table can say: the data sets against each other, and columns against the label."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Dataset = Callable[[str], "pd.DataFrame"]


def test_no_application_is_in_both_train_and_base_case(dataset: Dataset, base_case: pd.DataFrame) -> None:
    shared = set(dataset("train")["row"]) & set(base_case["row"])
    assert not shared, f"{len(shared)} applications were trained on and are judged on: {sorted(shared)[:5]}"


def test_no_application_of_the_base_case_is_a_copy_of_one_in_train(dataset: Dataset, base_case: pd.DataFrame) -> None:
    columns = [name for name in base_case.columns if name != "row"]
    both = base_case[columns].merge(dataset("train")[columns].drop_duplicates(), on=columns, how="inner")
    assert both.empty, f"{len(both)} applications of the base case stand in train too, under another number"


def test_train_and_base_case_have_a_similar_share_of_denials(dataset: Dataset, base_case: pd.DataFrame) -> None:
    share, other = float(dataset("train")["denied"].mean()), float(base_case["denied"].mean())
    assert abs(share - other) < 0.03, f"{share:.3f} of train and {other:.3f} of the base case were denied"


def test_no_single_column_gives_the_decision_away(dataset: Dataset) -> None:
    # one that ranks denials better than a good model does would be the decision itself
    train = dataset("train")
    denied = train["denied"] == 1
    for name in train.columns.drop(["denied", "row"]):
        ranks = train[name].fillna(train[name].median()).rank()
        area = (ranks[denied].mean() - ranks[~denied].mean()) / len(train) + 0.5
        assert 0.15 < area < 0.85, f"{name} alone ranks denials with an AUC of {max(area, 1 - area):.2f}"
