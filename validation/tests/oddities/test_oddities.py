"""Laws that every oddity obeys, on tables made by Hypothesis, and what each of them does in particular."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.oddities import ODDITIES, Oddity

BY_NAME = {oddity.name: oddity for oddity in ODDITIES}
CATEGORIES = ("code", "grade")

#: Ten columns are drawn for every table, so few tables go a long way.
quickly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CELLS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "small": (pa.int8(), st.integers(-128, 127)),
    "whole": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "count": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "single": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), st.floats()),
    "code": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "grade": (pa.float64(), st.floats(allow_infinity=False)),
    "word": (pa.string(), st.sampled_from(["a", "b", "unseen 1"])),
    "label": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["x", "y"])),
    "flag": (pa.bool_(), st.booleans()),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """A table of one to eight rows with columns of ten types and missing values in all of them."""
    rows = draw(st.integers(1, 8))
    columns = {
        name: pa.array(draw(st.lists(st.none() | cells, min_size=rows, max_size=rows)), type=kind)
        for name, (kind, cells) in CELLS.items()
    }
    return pa.table(columns)


def make(oddity: Oddity, table: pa.Table, *, columns: tuple[str, ...] = tuple(CELLS), seed: int = 0) -> pa.Table:
    """The odd table; cases in which no column can be changed are left to a test of their own."""
    try:
        return oddity.make(table, columns=columns, categories=CATEGORIES, seed=seed)
    except DataError:
        assume(False)
        raise


def same(first: Any, second: Any) -> bool:
    both_nan = isinstance(first, float) and isinstance(second, float) and math.isnan(first) and math.isnan(second)
    return bool(both_nan or first == second)


def is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def changes(before: pa.Table, after: pa.Table, name: str) -> list[tuple[Any, Any]]:
    pairs = zip(before.column(name).to_pylist(), after.column(name).to_pylist(), strict=True)
    return [(old, new) for old, new in pairs if not same(old, new)]


every_oddity = pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.name)


def test_names_are_those_of_the_reference_configuration() -> None:
    assert [oddity.name for oddity in ODDITIES] == ["missing", "extreme", "unseen_category"]


@every_oddity
def test_every_oddity_says_in_one_sentence_what_it_does(oddity: Oddity) -> None:
    first = (oddity.make.__doc__ or "").strip().splitlines()[0]
    assert first.endswith(".") and oddity.title


@every_oddity
@quickly
@given(table=tables(), seed=st.integers(0, 2**32))
def test_the_table_given_is_not_changed(oddity: Oddity, table: pa.Table, seed: int) -> None:
    copy = pa.ipc.open_stream(_serialised(table)).read_all()
    make(oddity, table, seed=seed)
    assert _serialised(table).equals(_serialised(copy))


def _serialised(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


@every_oddity
@quickly
@given(table=tables(), seed=st.integers(0, 2**32))
def test_one_seed_gives_one_table(oddity: Oddity, table: pa.Table, seed: int) -> None:
    assert _serialised(make(oddity, table, seed=seed)).equals(_serialised(make(oddity, table, seed=seed)))


@every_oddity
@quickly
@given(table=tables())
def test_rows_columns_and_types_stay(oddity: Oddity, table: pa.Table) -> None:
    odd = make(oddity, table)
    assert odd.schema == table.schema
    assert odd.num_rows == table.num_rows
    odd.validate(full=True)


@every_oddity
@quickly
@given(table=tables(), chosen=st.sets(st.sampled_from(sorted(CELLS)), min_size=1))
def test_only_the_named_columns_are_touched(oddity: Oddity, table: pa.Table, chosen: set[str]) -> None:
    odd = make(oddity, table, columns=tuple(sorted(chosen)))
    for name in set(CELLS) - chosen:
        assert changes(table, odd, name) == []


@every_oddity
@quickly
@given(table=tables())
def test_a_column_changes_alike_whatever_other_columns_are_touched(oddity: Oddity, table: pa.Table) -> None:
    everything = make(oddity, table)
    touched = [name for name in CELLS if changes(table, everything, name)]
    assume(touched)
    alone = make(oddity, table, columns=(touched[0],))
    assert _serialised(alone.select([touched[0]])).equals(_serialised(everything.select([touched[0]])))


@quickly
@given(table=tables())
def test_missing_only_takes_values_away(table: pa.Table) -> None:
    odd = make(BY_NAME["missing"], table)
    for name in CELLS:
        filled = sum(not is_missing(cell) for cell in table.column(name).to_pylist())
        taken = changes(table, odd, name)
        assert all(new is None and not is_missing(old) for old, new in taken)
        assert len(taken) == (max(1, round(0.2 * filled)) if filled else 0)


@quickly
@given(table=tables())
def test_extreme_values_lie_above_all_that_was_observed(table: pa.Table) -> None:
    odd = make(BY_NAME["extreme"], table)
    for name in CELLS:
        observed = [cell for cell in table.column(name).to_pylist() if not is_missing(cell)]
        for old, new in changes(table, odd, name):
            assert not is_missing(old) and new > max(observed)
            assert math.isfinite(new)


@quickly
@given(table=tables())
def test_extreme_leaves_text_flags_and_declared_categories_alone(table: pa.Table) -> None:
    odd = make(BY_NAME["extreme"], table)
    for name in ("word", "label", "flag", *CATEGORIES):
        assert changes(table, odd, name) == []


@quickly
@given(table=tables())
def test_an_unseen_category_occurs_nowhere_in_the_column(table: pa.Table) -> None:
    odd = make(BY_NAME["unseen_category"], table)
    for name in CELLS:
        observed = table.column(name).to_pylist()
        changed = changes(table, odd, name)
        assert all(new not in observed and not is_missing(old) and not is_missing(new) for old, new in changed)
        assert len({new for _, new in changed}) <= 1
        if name in ("small", "whole", "count", "single", "double", "flag"):
            assert changed == []


def test_extreme_is_ten_observed_ranges_above_the_largest_value() -> None:
    table = pa.table({"age": pa.array([20, 30, 70]), "ratio": [0.5, 1.0, None]})
    odd = make(BY_NAME["extreme"], table, columns=("age", "ratio"))
    assert max(odd.column("age").to_pylist()) == 70 + 10 * 70
    assert max(cell for cell in odd.column("ratio").to_pylist() if cell) == pytest.approx(1.0 + 10 * 1.0)


def test_an_unseen_code_is_the_next_whole_number() -> None:
    table = pa.table({"code": pa.array([1, 2, 3] * 10, type=pa.int32()), "grade": [1.0, None, 4.0] * 10})
    odd = BY_NAME["unseen_category"].make(table, columns=("code", "grade"), categories=CATEGORIES, seed=3)
    assert {new for _, new in changes(table, odd, "code")} == {4}
    assert {new for _, new in changes(table, odd, "grade")} == {5.0}
    assert len(changes(table, odd, "code")) == 6


def test_another_seed_chooses_other_cells() -> None:
    table = pa.table({"age": np.arange(200.0)})
    first, second = (make(BY_NAME["missing"], table, columns=("age",), seed=seed) for seed in (1, 2))
    assert not first.equals(second)


def test_taking_values_from_a_column_that_allows_no_nulls_makes_it_allow_them() -> None:
    table = pa.table({"age": [1, 2]}, schema=pa.schema([pa.field("age", pa.int64(), nullable=False)]))
    odd = make(BY_NAME["missing"], table, columns=("age",))
    assert odd.column("age").null_count == 1 and odd.schema.field("age").nullable


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("missing", pa.array([None, None], type=pa.int64())),
        ("extreme", pa.array(["a", "b"])),
        ("extreme", pa.array([2**63 - 1, 0])),
        ("extreme", pa.array([math.inf, 0.0])),
        ("unseen_category", pa.array([1.5, 2.5])),
        ("unseen_category", pa.array([True, False])),
    ],
)
def test_an_oddity_that_would_change_nothing_is_refused_instead_of_passed(name: str, column: pa.Array) -> None:
    with pytest.raises(DataError, match=f'the oddity "{name}" finds no .*oddities.sets'):
        BY_NAME[name].make(pa.table({"x": column}), columns=("x",), categories=(), seed=0)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([True, False]),
        pa.array([None, None], type=pa.int8()),
        pa.array([-128, 127], type=pa.int8()),
        pa.array([1.0, math.inf]),
    ],
)
def test_a_declared_category_whose_type_has_no_other_value_is_left_alone(column: pa.Array) -> None:
    table = pa.table({"code": column, "word": ["a", "b"]})
    odd = BY_NAME["unseen_category"].make(table, columns=("code", "word"), categories=("code",), seed=0)
    assert changes(table, odd, "code") == []


def test_the_lowest_code_is_undercut_where_the_highest_is_taken() -> None:
    table = pa.table({"code": pa.array([3, 127], type=pa.int8())})
    odd = BY_NAME["unseen_category"].make(table, columns=("code",), categories=("code",), seed=0)
    assert [new for _, new in changes(table, odd, "code")] == [2]
