"""Golden examples: invented applications on which no sound model of any recipe may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.pytest_plugin import RunModel

#: Every bill paid, a third down, obligations well within income.
STRONG = {
    "pubrec": 0,
    "cons": 1,
    "mortg": 1,
    "chist": 1,
    "min30": 0.0,
    "obrat": 25.0,
    "hrat": 18.0,
    "loanprc": 0.6,
    "unem": 2.0,
}

#: Bankrupt once, behind on everything, obligations beyond income.
WEAK = {
    "pubrec": 1,
    "cons": 6,
    "mortg": 4,
    "chist": 0,
    "min30": 1.0,
    "obrat": 75.0,
    "hrat": 45.0,
    "loanprc": 1.0,
    "unem": 10.6,
}


def application(base_case: pd.DataFrame, values: Mapping[str, float]) -> pd.DataFrame:
    """One application with the middle value of every column, but for those given; stored as the base case is."""
    return base_case.median().round().to_frame().T.assign(**values).astype(base_case.dtypes)


def test_a_strong_application_is_granted(challenger: RunModel, base_case: pd.DataFrame) -> None:
    score = float(challenger(application(base_case, STRONG))[0])
    assert score < 0.1, f"its score is {score:.2f}"


def test_a_weak_application_is_denied(challenger: RunModel, base_case: pd.DataFrame) -> None:
    score = float(challenger(application(base_case, WEAK))[0])
    assert score > 0.5, f"its score is {score:.2f}"


def test_a_typical_application_is_granted(challenger: RunModel, base_case: pd.DataFrame) -> None:
    score = float(challenger(application(base_case, {}))[0])
    assert score < 0.3, f"its score is {score:.2f}"
