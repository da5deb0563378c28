"""What every model owes: legal probabilities that depend on the application and on nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mlgate.metamorphic import (
    assert_a_row_alone_gets_the_answer_it_gets_in_company,
    assert_decisions_do_not_depend_on,
    assert_the_order_of_columns_does_not_matter,
    assert_the_order_of_rows_does_not_matter,
    assert_the_same_rows_get_the_same_answers,
)

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.edges.pytest_suites.suite_report import SuiteRun
    from mlgate.pytest_plugin import RunModel


def test_the_same_rows_get_the_same_scores(challenger: RunModel, base_case: pd.DataFrame) -> None:
    assert_the_same_rows_get_the_same_answers(challenger, base_case, tolerance=0.0)


def test_a_row_alone_gets_the_score_it_gets_in_company(challenger: RunModel, base_case: pd.DataFrame) -> None:
    assert_a_row_alone_gets_the_answer_it_gets_in_company(challenger, base_case, most=5)


def test_the_order_of_rows_does_not_matter(challenger: RunModel, base_case: pd.DataFrame) -> None:
    assert_the_order_of_rows_does_not_matter(challenger, base_case)


def test_the_order_of_columns_does_not_matter(challenger: RunModel, base_case: pd.DataFrame) -> None:
    assert_the_order_of_columns_does_not_matter(challenger, base_case, tolerance=0.0)


def test_being_married_decides_about_hardly_anybody(challenger: RunModel, base_case: pd.DataFrame) -> None:
    assert_decisions_do_not_depend_on(challenger, base_case, "married", values=[0, 1], at_most=0.02)


def test_sensitive_attributes_and_the_label_do_not_change_a_score(
    challenger: RunModel, base_case: pd.DataFrame, mlgate_run: SuiteRun
) -> None:
    other = base_case.copy()
    for name in (*mlgate_run.sensitive, mlgate_run.label):
        other[name] = 1 - other[name]
    np.testing.assert_array_equal(challenger(other), challenger(base_case))


def test_scores_tell_applications_apart(challenger: RunModel, base_case: pd.DataFrame) -> None:
    scores = challenger(base_case)
    assert len(np.unique(scores)) > 50, "nearly all applications get one of a few scores"
    assert scores.min() < 0.1 and scores.max() > 0.4, f"all scores lie from {scores.min():.2f} to {scores.max():.2f}"


def test_the_mean_score_is_near_the_share_of_denials(challenger: RunModel, base_case: pd.DataFrame) -> None:
    mean, share = float(challenger(base_case).mean()), float(base_case["denied"].mean())
    assert abs(mean - share) < 0.05, f"the mean score is {mean:.3f}, and {share:.3f} were denied"


def test_an_application_without_stated_history_is_scored(challenger: RunModel, base_case: pd.DataFrame) -> None:
    # as they occur: min30 is missing in a tenth of the applications
    few = base_case.head(20).assign(min30=np.nan, rep=np.nan, dep=np.nan, married=np.nan)
    assert np.isfinite(challenger(few)).all()


def test_a_sentinel_is_not_taken_for_a_fortune(challenger: RunModel, base_case: pd.DataFrame) -> None:
    # 999999.4 means "not stated": it must not carry an application through
    few = base_case[base_case["liq"] < 10_000]
    moved = challenger(few.assign(liq=1_000_000.0)) - challenger(few)
    assert abs(moved.mean()) < 0.05, f"the sentinel moves the mean score by {moved.mean():+.3f}"


@pytest.mark.mlgate(level="advisory")
def test_champion_and_challenger_agree_on_nine_of_ten_applications(
    champion: RunModel, challenger: RunModel, base_case: pd.DataFrame
) -> None:
    same = ((champion(base_case) >= 0.5) == (challenger(base_case) >= 0.5)).mean()
    assert same >= 0.9, f"they decide alike on only {100 * same:.0f} % of the applications"
