"""What a model is shown of a table: what it asks for, in its order, and nothing that it must not see."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow as pa
import pytest

from mlgate.edges.models.messages import Loaded
from mlgate.edges.models.model_inputs import shown
from mlgate.errors import DataError

TABLE = pa.table({"weight": [1.0], "label": [1], "age": [30], "town": ["Arle"]})
UNSIGNED = Loaded(
    name="",
    version="",
    digest="",
    description="",
    pinned="",
    size=0,
    folder=Path(),
    mismatches=(),
    columns=None,
    required=(),
    classes=None,
    threshold=None,
    seconds=0.0,
)


def names(columns: tuple[str, ...] | None, required: tuple[str, ...] = ()) -> list[str]:
    told = dataclasses.replace(UNSIGNED, columns=columns, required=required)
    found: list[str] = shown(TABLE, told, drop=("label",), spare=("weight",)).column_names
    return found


def test_without_a_signature_all_is_shown_that_may_be_seen() -> None:
    assert names(None) == ["age", "town"]


def test_a_signature_says_which_columns_and_in_which_order() -> None:
    assert names(("town", "weight", "age"), ("town",)) == ["town", "weight", "age"]


def test_what_a_signature_can_do_without_is_left_out_where_it_is_not_there_or_must_not_be_seen() -> None:
    assert names(("age", "income", "label"), ("age",)) == ["age"]


@pytest.mark.parametrize(
    ("needed", "told"), [("income", "which is not in the data"), ("label", "which is the label, an id or sensitive")]
)
def test_what_a_model_cannot_do_without_and_does_not_get_is_told(needed: str, told: str) -> None:
    with pytest.raises(DataError, match=f"^asks for the column '{needed}', {told}"):
        names(("age", needed), (needed,))
