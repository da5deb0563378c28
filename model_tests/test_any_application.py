"""Any application that may legally come, drawn within what the suite of the base case allows.

A row that fails is made small, told in the report, and kept in regressions.jsonl, from where it is tried first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model.features import columns
from model.train import fit, read_config

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.pytest_plugin import AnyLegalRow, RunModel

CONFIG = Path(__file__).resolve().parent.parent / "model" / "config.yaml"


def test_any_legal_application_gets_a_legal_score(challenger: RunModel, any_legal_row: AnyLegalRow) -> None:
    any_legal_row(challenger, inputs=challenger.columns)


def test_the_feature_code_makes_finite_numbers_of_any_legal_application(
    dataset: Callable[[str], pd.DataFrame], any_legal_row: AnyLegalRow
) -> None:
    settings = read_config(CONFIG)
    prepared = fit(settings, "champion", dataset("train"))[:-1]

    def finite(rows: pd.DataFrame) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # a code that training never saw shares the column of rare ones, as it should
            numbers = prepared.transform(rows)
        dense = numbers.toarray() if hasattr(numbers, "toarray") else np.asarray(numbers)
        assert len(dense) == len(rows)
        assert np.isfinite(dense).all(), "a feature is not finite"

    any_legal_row(finite, inputs=columns(settings["features"]), examples=50)
