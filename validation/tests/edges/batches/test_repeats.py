"""Columns that repeat as units do are found, and the ordinary columns of a data set are not taken for units."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from mlgate.edges.batches.repeats import SHARE, Repeats, likely_unit


def customers(rows: int, values: int, seed: int = 0) -> NDArray[np.int64]:
    """Who each row is about, as chance has it."""
    return np.random.default_rng(seed).integers(0, values, rows)


def found(column: object, name: str = "customer_id") -> Repeats | None:
    return likely_unit(pa.table({name: column}), taken=())


def adult(rows: int, seed: int = 1) -> pa.Table:
    """Columns that are distributed as those of the census data known as Adult."""
    rng = np.random.default_rng(seed)
    gains = np.round(rng.lognormal(8.5, 1.0, 118))
    paid = rng.random(rows)
    words = ["Bachelors", "HS-grad", "11th", "Masters", "9th", "Some-college", "Assoc-acdm", "7th-8th", "Doctorate"]
    return pa.table(
        {
            "age": np.clip(rng.gamma(6.0, 6.5, rows), 17, 90).astype(np.int64),
            "fnlwgt": np.round(rng.lognormal(12.0, 0.55, rows)).astype(np.int64),
            "education": [words[place] for place in rng.integers(0, len(words), rows)],
            "education_num": rng.integers(1, 17, rows),
            "capital_gain": np.where(paid < 0.92, 0.0, gains[rng.integers(0, len(gains), rows)]),
            "hours_per_week": np.clip(np.round(rng.normal(40, 12, rows)), 1, 99),
            "native_country": [f"Country{place}" for place in np.minimum(rng.geometric(0.9, rows), 41)],
            "day": rng.integers(1, 367, rows),
            "day_text": [
                str(datetime.date(2020, 1, 1) + datetime.timedelta(days=int(day))) for day in rng.integers(0, 400, rows)
            ],
            "balance": np.round(rng.laplace(800, 1500, rows)).astype(np.int64),
            "income": np.round(rng.lognormal(10, 0.6, rows), -2),
            "ratio": rng.random(rows),
            "rounded": np.round(rng.random(rows), 3),
            "number_of_loans": rng.poisson(30, rows),
            "married": rng.random(rows) < 0.5,
            "nothing": pa.nulls(rows),
        }
    )


@pytest.mark.parametrize("rows", [200, 1000, 3000, 10_000, 40_000])
def test_ordinary_categories_and_measured_numbers_are_no_units(rows: int) -> None:
    for name in adult(1).column_names:
        assert likely_unit(adult(rows).select([name]), taken=()) is None, name
    assert likely_unit(adult(rows), taken=()) is None


@pytest.mark.parametrize(
    "name", ["customer_id", "CustomerID", "customerId", "custid", "patient", "Patients", "policy no", "household-key"]
)
def test_a_column_that_is_named_as_units_are_is_found_with_its_counts(name: str) -> None:
    who = customers(3000, 600)
    rows_of = np.bincount(who)
    expected = Repeats(column=name, values=int(np.sum(rows_of > 0)), rows=3000, most=int(rows_of.max()))
    assert found(who, name) == expected
    assert found(pa.array([f"x{one}" for one in who]), name) == expected


@pytest.mark.parametrize("name", ["age", "paid", "id_type", "number_of_ids", "width", "gender", "2"])
def test_another_name_alone_makes_no_unit_of_whole_numbers(name: str) -> None:
    assert found(customers(3000, 600), name) is None


def test_texts_that_look_like_identifiers_are_found_under_any_name() -> None:
    who = customers(3000, 600)
    for texts in ([f"C-{one:06d}" for one in who], [f"{one}@example.org" for one in who]):
        for column in (pa.array(texts), pa.array(texts).dictionary_encode(), pa.array(texts, pa.string_view())):
            repeats = found(column, "x")
            assert repeats is not None and repeats.values == len(set(texts))
    assert found([f"town number {one}" for one in who], "x") is None
    assert found([f"{one}.5" for one in who], "x") is None


def test_a_panel_in_which_each_has_as_many_rows_is_found_under_any_name() -> None:
    who = np.random.default_rng(3).permutation(np.repeat(np.arange(250), 4))
    assert found(who, "x") == Repeats(column="x", values=250, rows=1000, most=4)


def test_a_column_of_ids_that_name_one_row_each_does_not_repeat() -> None:
    assert found(np.arange(5000)) is None
    assert found(np.r_[np.arange(4990), np.arange(10)]) is None, "ten of five thousand is an accident"


def test_few_values_are_a_category_whatever_they_are_called() -> None:
    assert found(customers(3000, 12), "region_id") is None
    assert found(customers(100_000, 40), "country_id") is None


def test_a_column_whose_use_is_known_is_left_alone() -> None:
    table = pa.table({"customer_id": customers(3000, 600), "user_id": customers(3000, 300)})
    first = likely_unit(table, taken=())
    assert first is not None and first.column == "user_id", "the coarser of two"
    second = likely_unit(table, taken={"user_id"})
    assert second is not None and second.column == "customer_id"
    assert likely_unit(table, taken=("user_id", "customer_id")) is None


def test_a_named_column_comes_before_one_that_only_looks_like_it() -> None:
    table = pa.table({"a": [f"C-{one:06d}" for one in customers(3000, 200)], "user_id": customers(3000, 600)})
    first = likely_unit(table, taken=())
    assert first is not None and first.column == "user_id"


def test_missing_values_are_no_unit_of_their_own() -> None:
    who = [None if place % 3 == 0 else int(one) for place, one in enumerate(customers(3000, 400))]
    rows_of = np.bincount([one for one in who if one is not None])
    expected = Repeats(column="customer_id", values=int(np.sum(rows_of > 0)), rows=2000, most=int(rows_of.max()))
    assert found(pa.array(who)) == expected
    floats = pa.array([float("nan") if one is None else float(one) for one in who])
    assert found(floats) == expected, "as a data frame writes it"


def test_order_and_partition_of_the_rows_do_not_matter() -> None:
    who = customers(3000, 600)
    turned = pa.chunked_array([pa.array(who[::-1][:1000]), pa.array(who[::-1][1000:])])
    assert found(turned) == found(who)


@pytest.mark.parametrize("name", ["customer_id", "x"])
def test_of_many_rows_a_share_of_the_values_is_counted_and_the_answer_is_of_all(name: str) -> None:
    who = np.repeat(np.arange(100_000), 3)
    assert found(who, name) == Repeats(column=name, values=100_000, rows=300_000, most=3)
    assert found(np.arange(300_000), name) is None
    assert found(np.arange(300_000) % SHARE, name) is None


def test_a_table_without_rows_or_columns_has_no_units() -> None:
    assert found(pa.array([], pa.int64())) is None
    assert likely_unit(pa.table({}), taken=()) is None
