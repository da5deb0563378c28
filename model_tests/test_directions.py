"""What everybody who grants loans expects: a worse application is not less likely to be denied.

Directions over all the values that a column holds are declared in mlgate.yaml, which puts them to both models; here
are the steps that a loan officer would name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgate.metamorphic import assert_answers_do_not_fall_when

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.pytest_plugin import RunModel

#: Trees step up and down by a little; a real reversal is larger.
LITTLE = 0.005


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
    assert_answers_do_not_fall_when(
        challenger, base_case, column, rises_through=[better, worse], at_most=0.02, by_more_than=LITTLE
    )


def test_a_bankruptcy_on_record_raises_the_score_clearly(challenger: RunModel, base_case: pd.DataFrame) -> None:
    without, with_one = base_case.copy(), base_case.copy()
    without["pubrec"], with_one["pubrec"] = without["pubrec"] * 0, with_one["pubrec"] * 0 + 1
    raised = challenger(with_one) - challenger(without)
    assert raised.mean() > 0.05, f"it raises the score by only {raised.mean():.3f}"
