"""The served challenger says what the challenger says in process: one model, one answer, whichever way it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mlgate.edges.pytest_suites.service import payload

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.edges.pytest_suites.service import Service
    from mlgate.edges.pytest_suites.suite_report import SuiteRun
    from mlgate.pytest_plugin import RunModel

#: JSON carries every float to its last bit; sums over another number of rows may differ there.
ROUNDING = 1e-9


def as_table(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(rows, preserve_index=False)


def inputs(rows: pd.DataFrame, challenger: RunModel) -> pd.DataFrame:
    """The columns that the challenger takes."""
    return rows[list(challenger.columns or rows.columns)]


def test_the_service_gives_the_scores_that_the_model_gives_in_process(
    service: Service, challenger: RunModel, base_case: pd.DataFrame
) -> None:
    served = service.ask(payload(as_table(inputs(base_case, challenger)))).scores()
    np.testing.assert_allclose(served, challenger(base_case), rtol=0, atol=ROUNDING)


def test_one_application_gets_the_score_it_gets_among_many(
    service: Service, challenger: RunModel, base_case: pd.DataFrame
) -> None:
    one = service.ask(payload(as_table(inputs(base_case.head(1), challenger)))).scores()
    np.testing.assert_allclose(one, challenger(base_case)[:1], rtol=0, atol=ROUNDING)


def test_a_value_that_is_not_stated_may_be_sent_as_null(
    service: Service, challenger: RunModel, base_case: pd.DataFrame
) -> None:
    few = inputs(base_case[base_case["min30"].isna()].head(10), challenger)
    body = payload(as_table(few))
    assert any(None in row for row in body["dataframe_split"]["data"])
    np.testing.assert_allclose(service.ask(body).scores(), challenger(few), rtol=0, atol=ROUNDING)


def test_the_order_of_columns_does_not_matter(service: Service, challenger: RunModel, base_case: pd.DataFrame) -> None:
    few = inputs(base_case.head(10), challenger)
    turned = few[list(reversed(few.columns))]
    np.testing.assert_array_equal(
        service.ask(payload(as_table(turned))).scores(), service.ask(payload(as_table(few))).scores()
    )


def test_sensitive_attributes_that_are_sent_along_do_not_change_a_score(
    service: Service, base_case: pd.DataFrame, mlgate_run: SuiteRun
) -> None:
    # here nothing keeps them from the model but the model itself, as in production
    few = base_case.head(50).drop(columns=mlgate_run.label)
    other = few.assign(**{name: 1 - few[name] for name in mlgate_run.sensitive})
    np.testing.assert_array_equal(
        service.ask(payload(as_table(other))).scores(), service.ask(payload(as_table(few))).scores()
    )
