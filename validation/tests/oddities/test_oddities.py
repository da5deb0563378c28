"""Laws that every oddity obeys, on tables made by Hypothesis: pure, seeded, by row, with one abnormality each."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlgate.errors import DataError
from mlgate.oddities import FAMILIES, ODDITIES, Asked, Odd, Oddity, make_odd

BY_NAME = {oddity.name: oddity for oddity in ODDITIES}
CATEGORIES = ("code", "grade")
#: Every oddity is made of every table, so few tables go a long way; the columns are few enough to read unshrunk.
quickly = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

WORDS = ["a", "b", "unseen 1", "Über ALLES", "", "Peach", "ace"]
CELLS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "small": (pa.int8(), st.integers(-128, 127)),
    "whole": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "count": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "single": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), st.floats()),
    "price": (pa.float64(), st.floats(-1e3, 1e3).map(lambda number: round(number, 3))),
    "code": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "grade": (pa.float64(), st.floats(allow_infinity=False)),
    "word": (pa.string(), st.sampled_from(WORDS)),
    "label": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["x", "y"])),
    "flag": (pa.bool_(), st.booleans()),
    "day": (pa.date32(), st.dates(date(1900, 1, 1), date(2100, 1, 1))),
    "moment": (pa.timestamp("us"), st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))),
}


@st.composite
def tables(draw: st.DrawFn, least: int = 0) -> pa.Table:
    """A table of up to nine rows with columns of many types and missing values in all of them."""
    rows = draw(st.integers(least, 9))
    columns = {
        name: pa.array(draw(st.lists(st.none() | cells, min_size=rows, max_size=rows)), type=kind)
        for name, (kind, cells) in CELLS.items()
    }
    return pa.table(columns)


def asked_of(table: pa.Table, *, columns: tuple[str, ...] = tuple(CELLS), seed: int = 0) -> Asked:
    keys = np.random.default_rng(5).integers(0, 2**63, table.num_rows).astype(np.uint64)
    return Asked(
        columns=columns, keys=keys, seed=seed, categories=CATEGORIES, time="moment", unit="word", optional=("price",)
    )


def made(table: pa.Table, asked: Asked) -> Iterator[tuple[Oddity, Odd, Asked]]:
    """Every oddity of a table, those column by column of one column; what the table cannot have is left out."""
    for oddity in ODDITIES:
        narrowed = dataclasses.replace(asked, columns=("price",)) if oddity.each else asked
        try:
            yield oddity, make_odd(oddity, table, narrowed), narrowed
        except DataError as problem:
            assert f'the oddity "{oddity.name}" finds no {oddity.needs}' in str(problem)


def bits(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    whole = table.combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return bytes(sink.getvalue())


def cells(table: pa.Table, name: str) -> list[Any]:
    """The cells of a column; those that are not equal to themselves as text, so that they can be compared."""
    return [repr(cell) if isinstance(cell, float) else cell for cell in table.column(name).to_pylist()]


def lines(odd: Odd, order: np.ndarray[Any, Any] | None = None) -> list[tuple[int, list[Any]]]:
    """Rows with the base case's row that they are, sorted; ``order`` says which rows the base case's were."""
    rows = np.arange(odd.table.num_rows) if odd.rows is None else odd.rows
    base = rows if order is None else order[rows]
    contents = zip(*(cells(odd.table, name) for name in odd.table.column_names)) if odd.table.num_columns else []
    found = [(int(place), list(content)) for place, content in zip(base, contents)]
    return sorted(found, key=lambda pair: (pair[0], repr(pair[1])))


def test_every_oddity_has_a_name_a_family_and_a_sentence_of_its_own() -> None:
    assert len(BY_NAME) == len(ODDITIES) >= 40
    assert {"missing", "extreme", "unseen_category"} <= set(BY_NAME)
    assert len({oddity.title for oddity in ODDITIES}) == len(ODDITIES)
    for oddity in ODDITIES:
        first = (oddity.make.__doc__ or "").strip()
        assert first.endswith(".") and "\n" not in first and len(oddity.title) < 110
        assert oddity.family in FAMILIES and oddity.name.isidentifier() and oddity.name == oddity.name.lower()
        assert oddity.expect in ("answer", "refuse", "either")


@quickly
@given(table=tables(), seed=st.integers(0, 2**32))
def test_an_oddity_is_pure_and_one_seed_gives_one_table(table: pa.Table, seed: int) -> None:
    before = bits(table)
    asked = asked_of(table, seed=seed)
    for (oddity, odd, _), (_, again, _) in zip(made(table, asked), made(table, asked), strict=True):
        assert bits(odd.table) == bits(again.table), oddity.name
        assert (odd.rows is None) == (again.rows is None)
        assert odd.rows is None or again.rows is None or odd.rows.tolist() == again.rows.tolist()
        odd.table.validate(full=True)
    assert bits(table) == before


@quickly
@given(table=tables(), shuffle=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_of_no_account(table: pa.Table, shuffle: Any) -> None:
    order = np.array(shuffle.sample(range(table.num_rows), table.num_rows), dtype=np.intp)
    asked = asked_of(table)
    turned = dataclasses.replace(asked, keys=asked.keys[order])
    moved = table.take(pa.array(order, pa.int64()))
    for (oddity, odd, _), (_, other, _) in zip(made(table, asked), made(moved, turned), strict=True):
        assert lines(odd) == lines(other, order), oddity.name


@quickly
@given(table=tables(), chosen=st.sets(st.sampled_from(sorted(CELLS)), min_size=1))
def test_only_what_is_declared_changes(table: pa.Table, chosen: set[str]) -> None:
    asked = asked_of(table, columns=tuple(name for name in CELLS if name in chosen))
    for oddity, odd, narrowed in made(table, asked):
        added = {name for name in odd.table.column_names if name not in CELLS}
        lost = {name for name in CELLS if name not in odd.table.column_names}
        assert set(odd.touched) <= {*narrowed.columns, *added}, oddity.name
        assert bool(added) == (oddity.name == "extra_column")
        assert bool(lost) == (oddity.name == "missing_optional_column")
        if oddity.family not in ("shape", "order"):
            assert odd.rows is None and odd.table.column_names == table.column_names
        base = table if odd.rows is None else table.take(pa.array(odd.rows, pa.int64()))
        for name in set(CELLS) - lost:
            if name not in odd.touched:
                assert cells(odd.table, name) == cells(base, name), (oddity.name, name)
                assert odd.table.schema.field(name) == table.schema.field(name)
            elif oddity.family != "type":
                kinds = [one.schema.field(name).type for one in (odd.table, table)]
                assert kinds[0] == kinds[1] or all(map(pa.types.is_dictionary, kinds))


@quickly
@given(table=tables(least=1))
def test_a_column_changes_alike_whatever_other_columns_are_touched(table: pa.Table) -> None:
    together = {"missing_one_per_row", "missing_where_high", "constant_column", "features_apart", "shuffled_columns"}
    for oddity, odd, asked in made(table, asked_of(table)):
        if oddity.name in together or oddity.each or odd.rows is not None:
            continue
        for name in odd.touched[:1]:
            if name in asked.columns:
                alone = make_odd(oddity, table, dataclasses.replace(asked, columns=(name,)))
                assert cells(alone.table, name) == cells(odd.table, name), oddity.name


@quickly
@given(table=tables(least=1))
def test_oddities_that_change_no_row_give_back_rows_of_the_base_case(table: pa.Table) -> None:
    for oddity, odd, _ in made(table, asked_of(table)):
        if not oddity.alike or oddity.name == "negative_zero":
            continue
        rows = np.arange(table.num_rows) if odd.rows is None else odd.rows
        for name in CELLS:
            assert cells(odd.table, name) == [cells(table, name)[row] for row in rows]


Odd_ = Callable[[Any, Any, list[Any]], bool]


def _is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _near(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=1e-5, abs_tol=1e-44)


#: Of the numeric types in ``CELLS``; a double gets what single precision holds.
LARGEST = (2**7 - 1, 2**16 - 1, 2**63 - 1, float(np.finfo(np.float32).max))
#: What a changed cell must look like: (before, after, all that the column held) -> whether it is that abnormality.
CHANGED: dict[str, Odd_] = {
    "missing": lambda old, new, _: not _is_missing(old) and new is None,
    "missing_one_per_row": lambda old, new, _: not _is_missing(old) and new is None,
    "missing_where_high": lambda old, new, _: not _is_missing(old) and new is None,
    "missing_column": lambda old, new, _: new is None,
    "extreme": lambda old, new, held: new > max(held) and math.isfinite(new),
    "beyond_range": lambda old, new, held: math.isfinite(new) and not min(held) <= new <= max(held),
    "at_bounds": lambda old, new, held: new in (min(held), max(held)),
    "positive_infinity": lambda old, new, _: not _is_missing(old) and new == math.inf,
    "negative_infinity": lambda old, new, _: not _is_missing(old) and new == -math.inf,
    "very_large": lambda old, new, _: old < new and new in LARGEST,
    "negative_zero": lambda old, new, _: old == 0 and math.copysign(1, new) == -1,
    "times_hundred": lambda old, new, _: _near(new, 100 * old),
    "divided_by_thousand": lambda old, new, _: _near(new, round(old / 1000) if isinstance(old, int) else old / 1000),
    "sign_flipped": lambda old, new, _: new == -old != 0,
    "rounded": lambda old, new, _: abs(new - old) <= abs(old) * 0.051,
    "unseen_category": lambda old, new, held: not _is_missing(old) and new not in held,
    "rare_category": lambda old, new, held: held.count(new) == min(map(held.count, held)),
    "white_space": lambda old, new, _: new.strip() == old.strip() and new != old,
    "other_case": lambda old, new, _: new.swapcase().casefold() == old.casefold(),
    "look_alikes": lambda old, new, _: len(new) == len(old) and not new.isascii(),
    "emoji": lambda old, new, _: new.startswith(old) and "\U0001f469" in new,
    "right_to_left": lambda old, new, _: old in new and new.startswith("\u202e"),
    "control_characters": lambda old, new, _: old in new and "\x00" in new,
    "empty_text": lambda old, new, _: new == "" != old,
    "very_long_text": lambda old, new, _: len(new) == 10_000 and new.startswith(old),
    "typos": lambda old, new, _: sorted(new) == sorted(old),
    "noise": lambda old, new, _: math.isfinite(new) and not _is_missing(old),
    "integers_as_floats": lambda old, new, _: isinstance(new, float) and new == float(old),
    "integers_as_text": lambda old, new, _: new == str(old),
    "decimal_comma": lambda old, new, _: isinstance(new, str) and "." not in new,
    "booleans_as_text": lambda old, new, _: new == str(old).lower(),
    "dates_in_another_format": lambda old, new, _: new == old.strftime("%d.%m.%Y"),
    "dates_in_another_zone": lambda old, new, _: (new - old).total_seconds() == 9 * 3600,
    "single_precision": lambda old, new, _: _near(new, old),
    "constant_column": lambda old, new, held: held.count(new) == max(map(held.count, held), default=0),
    "stale_features": lambda old, new, held: new is None or _is_missing(new) or new in held,
    "features_apart": lambda old, new, held: new is None or _is_missing(new) or new in held,
}


@quickly
@given(table=tables(least=1), seed=st.integers(0, 2**32))
def test_a_changed_cell_has_the_one_abnormality_and_no_other(table: pa.Table, seed: int) -> None:
    for oddity, odd, _ in made(table, asked_of(table, seed=seed)):
        if oddity.name not in CHANGED:
            assert oddity.family in ("shape", "order"), oddity.name
            continue
        for name in odd.touched:
            before, after = (one.column(name).to_pylist() for one in (table, odd.table))
            held = [cell for cell in before if not _is_missing(cell)]
            changed = [pair for pair in zip(before, after, strict=True) if repr(pair[0]) != repr(pair[1])]
            told = [pair for pair in changed if not (_is_missing(pair[0]) and _is_missing(pair[1]))]
            if oddity.family == "type":
                told = [pair for pair in told if not _is_missing(pair[0])]
            assert all(CHANGED[oddity.name](old, new, held) for old, new in told), (oddity.name, name, told)


def test_just_beyond_a_range_is_beyond_it_in_the_columns_own_type() -> None:
    # A hundredth of this range is 0 in single precision.
    values = pa.array(np.array([0.0, 4e-45] * 40, dtype=np.float32))
    table = pa.table({"single": values})
    odd = make_odd(
        next(one for one in ODDITIES if one.name == "beyond_range"), table, asked_of(table, columns=("single",))
    )
    after = np.array(odd.table.column("single").to_pylist())
    moved = after[after != np.array(values.to_pylist())]
    assert len(moved) and np.all((moved < 0) | (moved > np.float32(4e-45)))


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.name)
@pytest.mark.parametrize(
    "rows", [{}, {"n": [None, None], "t": [None, None]}, {"n": [1.0], "t": ["a"]}], ids=["none", "nulls", "one"]
)
def test_tables_without_columns_values_or_further_rows_are_refused_or_answered_and_break_nothing(
    oddity: Oddity, rows: dict[str, list[Any]]
) -> None:
    kinds = {"n": pa.float64(), "t": pa.string()}
    table = pa.table({name: pa.array(cells_, type=kinds[name]) for name, cells_ in rows.items()})
    asked = Asked(columns=tuple(rows), keys=np.arange(table.num_rows).astype(np.uint64))
    try:
        odd = make_odd(oddity, table, asked)
    except DataError as problem:
        assert f'the oddity "{oddity.name}" finds no {oddity.needs}' in str(problem)
    else:
        odd.table.validate(full=True)
        assert odd.touched or odd.rows is not None or oddity.name in ("extra_column", "shuffled_columns")
