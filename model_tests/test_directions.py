"""What everybody who grants loans expects: a worse application is not less likely to be denied, on the mean of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.pytest_plugin import RunModel

#: Trees step up and down by a little; a real reversal is larger.
LITTLE = 0.005


def with_value(rows: pd.DataFrame, column: str, value: float) -> pd.DataFrame:
    """The same applications with one value in a column, stored as before: a model's signature refuses other types."""
    return rows.assign(**{column: value}).astype({column: rows[column].dtype})


@pytest.mark.parametrize(
    ("column", "better", "worse"),
    [
        pytest.param("pubrec", 0, 1, id="a bankruptcy on record"),
        pytest.param("cons", 1, 6, id="the worst credit history"),
        pytest.param("mortg", 1, 4, id="several late mortgage payments"),
        pytest.param("chist", 1, 0, id="history below the guidelines"),
        pytest.param("obrat", 25, 60, id="obligations of 60 % of income"),
        pytest.param("loanprc", 0.5, 1.0, id="a loan of the whole price"),
    ],
)
def test_a_worse_application_is_not_denied_less_often(
    challenger: RunModel, base_case: pd.DataFrame, column: str, better: float, worse: float
) -> None:
    raised = challenger(with_value(base_case, column, worse)) - challenger(with_value(base_case, column, better))
    assert raised.mean() >= -LITTLE, f"{column} {worse} instead of {better} lowers the score by {-raised.mean():.3f}"


def test_a_bankruptcy_on_record_raises_the_score_clearly(challenger: RunModel, base_case: pd.DataFrame) -> None:
    raised = challenger(with_value(base_case, "pubrec", 1)) - challenger(with_value(base_case, "pubrec", 0))
    assert raised.mean() > 0.05, f"it raises the score by only {raised.mean():.3f}"
