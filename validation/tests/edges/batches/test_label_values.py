"""Which values of a binary label are negative: the one other, those declared, or all others where somebody says so."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from mlgate.commands.common.settings import with_label_values
from mlgate.config.defaults import BLANK
from mlgate.edges.batches.label_values import value_counts, with_negative
from mlgate.edges.batches.scoring import labels_of
from mlgate.errors import DataError
from mlgate.records.settings import DataSource, LabelSettings

LABEL = LabelSettings(column="y", positive="yes", negative=())


def table(*values: object) -> pa.Table:
    return pa.table({"y": list(values)})


def test_rows_are_counted_per_value_as_the_gate_compares_them() -> None:
    assert value_counts(table(1.0, 0.0, 1.0, None, float("nan")), "y", "f") == {"1": 2, "0": 1}
    words = pa.table({"y": pa.array(["b", "a", "b", None]).dictionary_encode()})
    assert value_counts(words, "y", "f") == {"b": 2, "a": 1}


def test_the_one_other_value_of_all_data_sets_is_the_negative_one() -> None:
    found = with_negative(LABEL, {"a.csv": table("yes", "no"), "b.csv": table("no", "no")})
    assert found.negative == ("no",)
    with pytest.raises(DataError, match="holds 'nope' in row 2; declared labels are 'yes' .positive. and 'no'"):
        labels_of(table("no", "nope"), found, "later.csv")


def test_a_third_value_in_any_data_set_is_told_with_the_rows_of_all() -> None:
    sets = {"a.csv": table("yes", "no", "no"), "b.csv": table("yes", "No")}
    with pytest.raises(DataError) as told:
        with_negative(LABEL, sets)
    assert str(told.value) == (
        "a.csv, b.csv: column 'y' holds 3 values, 'no' (2), 'yes' (2), 'No' (1), and a binary label has two; mend what"
        " is mistyped, or name all that are negative under label.negative (null: all but 'yes')."
    )


def test_a_positive_value_that_no_row_holds_is_told_with_the_nearest() -> None:
    with pytest.raises(DataError, match="a.csv: column 'y' never holds the positive label 'yes'; did you mean \"Yes\""):
        with_negative(LABEL, {"a.csv": table("Yes", "no")})


@pytest.mark.parametrize("negative", [None, ("no",), ("no", "maybe")])
def test_what_was_declared_is_left_as_it_is(negative: tuple[str, ...] | None) -> None:
    label = replace(LABEL, negative=negative)
    assert with_negative(label, {"a.csv": table("yes", "no", "maybe", "nope")}) == label


def test_several_declared_values_are_negative_and_nothing_else_is() -> None:
    label = replace(LABEL, negative=("no", "maybe"))
    assert labels_of(table("no", "yes", "maybe"), label, "f").tolist() == [0, 1, 0]
    with pytest.raises(
        DataError, match="holds 'nope' in row 1; declared labels are 'yes' .positive. and 'no', 'maybe'"
    ):
        labels_of(table("nope"), label, "f")


def test_data_sets_without_the_label_are_not_asked() -> None:
    sources = (DataSource(name="base_case", path="a.csv"), DataSource(name="serving", path="b.csv", without=("y",)))
    settings = replace(BLANK, label=LABEL, data=sources)
    tables = {"base_case": table("yes", "no"), "serving": pa.table({"x": [1]})}
    assert with_label_values(settings, tables).label.negative == ("no",)
