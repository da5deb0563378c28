"""Wrong requests are refused with a clear answer, and the service lives on.

What MLflow's scoring server (3.17) does beyond that, and these tests do not ask otherwise: text that spells a number is
taken as the number, a row that is too short gets missing values for what it lacks, columns that the model does not know
are passed over, and the refusal of an empty batch carries a stack trace.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from mlgate.edges.pytest_suites.service import payload

if TYPE_CHECKING:
    import pandas as pd

    from mlgate.edges.pytest_suites.service import Answer, Service
    from mlgate.pytest_plugin import RunModel


@pytest.fixture
def request_body(base_case: pd.DataFrame, challenger: RunModel) -> dict[str, Any]:
    """A good request for three applications."""
    rows = base_case.head(3)[list(challenger.columns or base_case.columns)]
    return payload(pa.Table.from_pandas(rows, preserve_index=False))


def refused(answer: Answer) -> bool:
    return 400 <= answer.status < 500


def test_a_missing_column_is_refused_and_named(service: Service, request_body: dict[str, Any]) -> None:
    split = request_body["dataframe_split"]
    place = split["columns"].index("obrat")
    split["columns"].pop(place)
    for row in split["data"]:
        row.pop(place)
    answer = service.ask(request_body)
    assert refused(answer), f"the service answered {answer.status}"
    assert "obrat" in answer.body, "the refusal does not say which column is missing"


def test_text_in_the_place_of_a_number_is_refused_and_its_column_named(
    service: Service, request_body: dict[str, Any]
) -> None:
    split = request_body["dataframe_split"]
    split["data"][1][split["columns"].index("obrat")] = "high"
    answer = service.ask(request_body)
    assert refused(answer), f"the service answered {answer.status}"
    assert "obrat" in answer.body, "the refusal does not say which column holds text"


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param({"dataframe_records": []}, id="no records"),
        pytest.param({"dataframe_split": {"columns": [], "data": []}}, id="neither columns nor rows"),
    ],
)
def test_an_empty_batch_is_refused(service: Service, batch: dict[str, Any]) -> None:
    assert refused(service.ask(batch))


def test_columns_without_rows_are_refused_or_get_no_scores(service: Service, request_body: dict[str, Any]) -> None:
    # either is right; MLflow leaves it to the model, which refuses; an invented score or a breakdown is wrong
    request_body["dataframe_split"]["data"] = []
    answer = service.ask(request_body)
    empty = answer.status == 200 and json.loads(answer.body) == {"predictions": []}
    assert refused(answer) or empty, f"the service answered {answer.status}: {answer.body[:200]}"


@pytest.mark.parametrize("body", [b"", b"{nope", b"[1, 2]", b"{}"], ids=["nothing", "no JSON", "a list", "no rows"])
def test_a_body_that_is_no_request_is_refused(service: Service, body: bytes) -> None:
    assert refused(service.ask(body))


def test_after_refusals_a_good_request_is_answered(service: Service, request_body: dict[str, Any]) -> None:
    service.ask(b"{nope")
    assert len(service.ask(request_body).scores()) == 3
