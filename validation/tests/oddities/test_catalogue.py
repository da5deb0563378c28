"""What single oddities do in particular: shares, bounds, order in time, and what they leave alone."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlgate.errors import ConfigError, DataError
from mlgate.oddities import ODDITIES, Asked, Odd, Oddity, make_odd

BY_NAME = {oddity.name: oddity for oddity in ODDITIES}


def make(name: str, rows: dict[str, Any], **more: Any) -> Odd:
    table = pa.table(rows)
    keys = np.random.default_rng(1).integers(0, 2**63, table.num_rows).astype(np.uint64)
    return make_odd(BY_NAME[name], table, Asked(**{"columns": tuple(table.column_names), "keys": keys, **more}))


def changed(odd: Odd, name: str, before: list[Any]) -> list[Any]:
    pairs = zip(before, odd.table.column(name).to_pylist(), strict=True)
    return [new for old, new in pairs if repr(old) != repr(new)]


NUMBERS = [float(number) for number in range(100)]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("missing", 20),
        ("extreme", 5),
        ("at_bounds", 20),
        ("positive_infinity", 5),
        ("sign_flipped", 20),
        ("noise", 100),
    ],
)
def test_the_share_that_is_said_is_changed(name: str, count: int) -> None:
    assert abs(len(changed(make(name, {"x": NUMBERS}), "x", NUMBERS)) - count) <= 1


def test_extreme_is_ten_observed_ranges_above_the_largest_value() -> None:
    odd = make("extreme", {"age": [20, 30, 70], "ratio": [0.5, 1.0, None]})
    assert max(odd.table.column("age").to_pylist()) == 70 + 10 * 70
    assert max(cell for cell in odd.table.column("ratio").to_pylist() if cell) == pytest.approx(1.0 + 10 * 1.0)


def test_the_largest_number_is_one_that_single_precision_holds() -> None:
    rows = {"double": NUMBERS, "single": pa.array(NUMBERS, pa.float32())}
    odd = make("very_large", rows | {"half": pa.array(np.arange(100, dtype=np.float16))})
    for name, largest in {"double": 3.4028234663852886e38, "single": 3.4028234663852886e38, "half": 65504.0}.items():
        numbers = odd.table.column(name).to_numpy()
        assert float(numbers.max()) == largest and (numbers == numbers.max()).sum() == 5
        assert np.isfinite(numbers.astype(np.float32)).all()


def test_numbers_beyond_single_precision_are_not_made_smaller() -> None:
    odd = make("very_large", {"x": [1e300, math.inf, 1.0, -1e300]})
    assert odd.table.column("x").to_pylist()[:2] == [1e300, math.inf]


def test_a_forest_of_single_precision_answers_the_largest_number() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    train = np.random.default_rng(0).normal(size=(200, 2))
    forest = ensemble.RandomForestClassifier(n_estimators=5, random_state=0).fit(train, train[:, 0] > 0)
    odd = make("very_large", {"a": train[:, 0], "b": train[:, 1]})
    numbers = np.column_stack([odd.table.column(name).to_numpy() for name in "ab"])
    assert numbers.max() > 1e38 and np.isfinite(forest.predict_proba(numbers)).all()
    with pytest.raises(ValueError, match="too large for dtype"), np.errstate(over="ignore"):
        forest.predict_proba(np.where(numbers > 1e38, np.finfo(np.float64).max, numbers))


def test_bounds_are_the_expectations_where_there_are_some_and_else_what_is_observed() -> None:
    rows: dict[str, list[Any]] = {"age": list(range(20, 60)), "pay": [float(pay) for pay in range(40)]}
    odd = make("at_bounds", rows, bounds={"age": (18, 99), "pay": (None, 100.0)})
    assert set(changed(odd, "age", rows["age"])) == {18, 99}
    assert set(changed(odd, "pay", rows["pay"])) <= {0.0, 100.0}
    beyond = make("beyond_range", rows, bounds={"age": (18, 99), "pay": (None, 100.0)})
    assert set(changed(beyond, "age", rows["age"])) <= {17, 100}
    assert all(new in (-1.0, 101.0) for new in changed(beyond, "pay", rows["pay"]))


def test_numbers_that_are_codes_are_no_numbers_to_push_and_an_unseen_code_is_the_next_one() -> None:
    rows = {"code": pa.array([1, 2, 3] * 10, pa.int32()), "x": NUMBERS[:30]}
    assert make("extreme", rows, categories=("code",)).touched == ("x",)
    odd = make("unseen_category", rows, categories=("code",))
    assert set(changed(odd, "code", [1, 2, 3] * 10)) == {4} and len(changed(odd, "code", [1, 2, 3] * 10)) == 6


@pytest.mark.parametrize(
    "column", [pa.array([-128, 127], pa.int8()), pa.array([1.0, math.inf]), pa.array([True, False])]
)
def test_a_declared_category_whose_type_has_no_other_value_is_left_alone(column: pa.Array) -> None:
    odd = make("unseen_category", {"code": column, "word": ["a", "b"]}, categories=("code",))
    assert odd.touched == ("word",)


def test_the_lowest_code_is_undercut_where_the_highest_is_taken() -> None:
    odd = make("unseen_category", {"code": pa.array([3, 127], pa.int8())}, categories=("code",))
    assert changed(odd, "code", [3, 127]) == [2]


def test_a_dictionary_gets_more_values_than_its_index_can_count() -> None:
    words = [f"w{place}" for place in range(128)]
    column = pa.array(words).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
    odd = make("other_case", {"word": column})
    assert sum(word.startswith("W") for word in odd.table.column("word").to_pylist()) == 26


def test_every_row_lacks_exactly_one_feature() -> None:
    odd = make("missing_one_per_row", {"a": NUMBERS, "b": NUMBERS, "c": ["x"] * 100})
    gaps = [sum(cell is None for cell in row.values()) for row in odd.table.to_pylist()]
    assert gaps == [1] * 100
    assert min(odd.table.column(name).null_count for name in "abc") > 15


def test_a_feature_is_missing_where_another_one_is_high() -> None:
    rows = {"x": NUMBERS, "word": ["a"] * 100}
    odd = make("missing_where_high", rows)
    assert odd.table.column("word").to_pylist() == ["a"] * 80 + [None] * 20
    assert odd.touched == ("word",)
    with pytest.raises(DataError, match="finds no two features"):
        make("missing_where_high", {"x": NUMBERS})


def test_a_column_that_allows_no_nulls_allows_them_once_values_are_missing() -> None:
    table = pa.table({"age": [1, 2]}, schema=pa.schema([pa.field("age", pa.int64(), nullable=False)]))
    odd = make_odd(BY_NAME["missing"], table, Asked(columns=("age",), keys=np.arange(2, dtype=np.uint64)))
    assert odd.table.column("age").null_count == 1 and odd.table.schema.field("age").nullable


def test_stale_features_hold_the_value_before_in_time_of_the_same_unit() -> None:
    rows = {"x": [1.0, 2.0, 3.0, 10.0, 20.0], "when": [3, 1, 2, 1, 2], "who": ["a", "a", "a", "b", "b"]}
    odd = make("stale_features", rows, columns=("x", "who"), time="when", unit="who")
    assert odd.table.column("x").to_pylist() == [3.0, 2.0, 2.0, 10.0, 10.0]
    assert odd.touched == ("x",)
    with pytest.raises(DataError, match="column of time"):
        make("stale_features", rows)


def test_columns_and_rows_are_really_shuffled() -> None:
    rows = {"label": [0, 1], "a": [1, 2], "b": [3, 4]}
    odd = make("shuffled_columns", rows, columns=("a", "b"))
    assert odd.table.column_names == ["label", "b", "a"] and odd.touched == ()
    turned = make("shuffled_rows", {"x": [1, 2]})
    assert turned.rows is not None and turned.rows.tolist() == [1, 0] and turned.table.column("x").to_pylist() == [2, 1]


def test_rows_come_twice_once_and_not_at_all() -> None:
    twice = make("duplicate_rows", {"x": NUMBERS})
    assert twice.rows is not None and twice.table.num_rows == 110
    assert Counter(Counter(twice.rows.tolist()).values()) == {1: 90, 2: 10}
    one, none = (make(name, {"x": NUMBERS}) for name in ("one_row", "zero_rows"))
    assert (one.table.num_rows, none.table.num_rows) == (1, 0)
    assert one.rows is not None and one.table.column("x").to_pylist() == [NUMBERS[one.rows[0]]]


def test_an_optional_column_is_taken_away_and_one_that_is_needed_stays() -> None:
    odd = make("missing_optional_column", {"x": [1], "y": [2]}, columns=("y",), optional=("y",))
    assert odd.table.column_names == ["x"] and odd.touched == ("y",)
    with pytest.raises(DataError, match="optional input"):
        make("missing_optional_column", {"x": [1], "y": [2]}, columns=("x",), optional=("y",))


def test_an_extra_column_has_a_name_of_its_own() -> None:
    assert make("extra_column", {"mlgate_extra": [1]}).touched == ("mlgate_extra_",)


def test_features_that_go_together_are_broken_apart_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=2000)
    rows = {"other": rng.normal(size=2000), "a": first, "b": first + 0.1 * rng.normal(size=2000)}
    odd = make("features_apart", rows)
    assert odd.touched == ("b",)
    after = odd.table.column("b").to_numpy()
    assert abs(np.corrcoef(first, after)[0, 1]) < 0.1 and np.array_equal(np.sort(after), np.sort(rows["b"]))
    with pytest.raises(DataError, match="go together"):
        make("features_apart", {"a": rows["other"], "b": rows["a"]})


def test_noise_has_the_spread_of_the_feature() -> None:
    values = np.random.default_rng(0).normal(3, 2, 4000)
    added = make("noise", {"x": values}).table.column("x").to_numpy() - values
    assert abs(added.mean()) < 0.1 and 1.9 < added.std() < 2.1


def test_a_moment_with_a_zone_is_the_same_instant_in_another_zone() -> None:
    kind = pa.timestamp("s", tz="UTC")
    odd = make("dates_in_another_zone", {"when": pa.array([0, 86_400], kind)})
    assert odd.table.schema.field("when").type == pa.timestamp("s", tz="+09:00")
    assert odd.table.column("when").cast(kind).to_pylist() == pa.array([0, 86_400], kind).to_pylist()


def test_a_team_that_gives_back_something_else_than_a_table_is_told_so() -> None:
    def shorter(table: pa.Table, asked: Asked) -> pa.Table:
        return table.slice(1)

    def nonsense(table: pa.Table, asked: Asked) -> Any:
        return 3

    for function, told in ((shorter, "1 row for 2 without saying"), (nonsense, "gave back a int")):
        oddity = Oddity(name="own.f", family="own", title="t", make=function, needs="n")
        with pytest.raises(ConfigError, match=told):
            make_odd(oddity, pa.table({"x": [1, 2]}), Asked(columns=("x",), keys=np.arange(2, dtype=np.uint64)))
