"""Columns and labels as the check of single features reads them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from mlgate.checks.single_features import observe_single_features
from mlgate.edges.data_checks import single_columns
from mlgate.edges.data_checks.single_columns import ordered_column, single_features
from mlgate.errors import DataError
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.words import Task

SETTINGS = LeakageSettings()


@pytest.mark.parametrize(
    ("column", "order", "category", "names_rows"),
    [
        (pa.array([2.5, None, -1.0, float("nan")]), [1, -1, 0, -1], False, False),
        (pa.array([30, 4, 30, None]), [1, 0, 1, -1], False, True),
        (pa.array(["b", None, "a", "b"]), [1, -1, 0, 1], True, True),
        (pa.array(["b", None, "a", "b"]).dictionary_encode(), [1, -1, 0, 1], True, True),
        (pa.array([dt.date(2024, 1, 2), None, dt.date(2023, 5, 1), None]), [1, -1, 0, -1], False, False),
        (pa.array([True, False, None, True]), [1, 0, -1, 1], False, False),
        (pa.nulls(4), [-1, -1, -1, -1], True, True),
    ],
)
def test_columns_of_every_type_are_ordered(
    column: pa.Array, order: list[int], category: bool, names_rows: bool
) -> None:
    found = ordered_column(pa.chunked_array([column]), "x")
    assert found.order.tolist() == order
    assert (found.category, found.names_rows) == (category, names_rows)


def table_of(rows: int) -> pa.Table:
    draw = np.random.default_rng(1)
    truth = draw.choice(["yes", "no"], rows)
    return pa.table({"id": np.arange(rows), "x": draw.normal(size=rows), "leak": truth == "yes", "y": truth})


def test_a_leak_is_found_in_a_table_and_rows_without_label_do_not_count() -> None:
    table = table_of(900)
    labels = [None if place % 3 == 0 else text for place, text in enumerate(table.column("y").to_pylist())]
    table = table.set_column(3, "y", pa.array(labels))
    columns, label = single_features(
        table, dataset="train", features=["x", "leak"], label="y", task=Task.BINARY, positive="yes", identifiers=["id"]
    )
    assert [one.name for one in columns] == ["x", "leak", "id"]
    (seen,) = observe_single_features(columns, label, "train", SETTINGS)
    assert (seen.id, seen.rows) == ("data/train/target_in_category/leak", 600)


def test_of_many_rows_some_are_looked_at_whatever_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_columns, "MANY_ROWS", 400)
    table = table_of(1000)
    shuffled = table.take(pa.array(np.random.default_rng(2).permutation(1000)))
    told = []
    for rows in (table, shuffled):
        columns, label = single_features(
            rows, dataset="train", features=["x"], label="y", task=Task.BINARY, positive="yes"
        )
        assert len(label.values) == 400
        told.append(observe_single_features(columns, label, "train", SETTINGS))
    assert told[0] == told[1]


def test_of_wide_tables_fewer_rows_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_columns, "MANY_ROWS", 400)
    monkeypatch.setattr(single_columns, "MANY_COLUMNS", 2)
    monkeypatch.setattr(single_columns, "ENOUGH_ROWS", 100)
    table = pa.table({**{f"x{place}": np.arange(900) * place for place in range(4)}, "y": np.arange(900) % 2})
    for columns, rows in ((2, 400), (4, 200)):
        names = [f"x{place}" for place in range(columns)]
        label = single_features(table, dataset="t", features=names, label="y", task=Task.BINARY)[1]
        assert len(label.values) == rows


def test_classes_and_numbers_are_read_as_labels() -> None:
    table = pa.table({"x": [1, 2, 3], "kind": ["b", "a", "b"], "sum": [1.5, None, 2.5]})
    kinds = single_features(table, dataset="t", features=["x"], label="kind", task=Task.MULTICLASS)[1]
    assert kinds.values.tolist() == [1.0, 0.0, 1.0]
    sums = single_features(table, dataset="t", features=["x"], label="sum", task=Task.REGRESSION)[1]
    assert sums.values.tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("label", "task", "message"),
    [
        ("nobody", Task.BINARY, "the column 'nobody' is not in the data"),
        ("word", Task.REGRESSION, "holds string, and a regression needs numbers"),
        ("word", Task.BINARY, "holds no label 'yse'; did you mean \"yes\""),
        ("void", Task.BINARY, "holds no label in any row"),
    ],
)
def test_a_label_that_cannot_be_read_is_refused_in_one_sentence(label: str, task: Task, message: str) -> None:
    table = pa.table({"x": [1, 2], "word": ["yes", "no"], "void": pa.nulls(2, pa.float64())})
    with pytest.raises(DataError, match=message):
        single_features(table, dataset="train", features=["x"], label=label, task=task, positive="yse")
