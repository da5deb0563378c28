"""Two files of predictions: joined by the id of the row, refused where that cannot be, and no row lost on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.batches.joining import Joined, first_ids, join
from mlgate.edges.batches.predictions import predictions_of
from mlgate.errors import DataError
from mlgate.records.settings import LabelSettings

OLD = pa.table({"id": [7, 3, 5], "y": [0, 1, 1], "sex": ["F", "M", "F"], "old": [0.1, 0.9, 0.8]})
NEW = pa.table({"id": [5, 7, 3], "y": [1, 0, 1], "town": ["Ulm", "Bonn", None], "new": [0.7, 0.2, 0.6]})


def joined(old: pa.Table = OLD, new: pa.Table = NEW, shared: Sequence[str] = ("y", "sex", "town")) -> Joined:
    return join(old, new, id_column="id", sources=("old.csv", "new.csv"), shared=shared)


def test_rows_belong_together_by_id_and_keep_the_order_of_the_champions_file() -> None:
    found = joined()
    assert found.champion.equals(OLD)
    assert found.challenger.column("new").to_pylist() == [0.2, 0.6, 0.7]
    assert found.shared.column_names == ["id", "y", "sex", "old", "town", "new"]
    assert found.shared.column("town").to_pylist() == ["Bonn", None, "Ulm"]
    assert [rows.tolist() for rows in found.rows] == [[0, 1, 2], [1, 2, 0]]
    assert (found.lacking, found.lacking_ids) == (0, "")


def test_files_in_the_same_order_are_taken_as_they_are() -> None:
    new = NEW.take(pa.array([1, 2, 0]))
    found = joined(new=new)
    assert found.champion.equals(OLD) and found.challenger.equals(new)
    assert [rows.tolist() for rows in found.rows] == [[0, 1, 2], [0, 1, 2]]


def test_a_row_that_only_the_challenger_lacks_is_handed_on_and_not_dropped_silently() -> None:
    found = joined(new=NEW.slice(0, 1))
    assert found.lacking == 2 and found.lacking_ids == "3, 7"
    assert found.champion.column("id").to_pylist() == found.challenger.column("id").to_pylist() == [5]
    assert [rows.tolist() for rows in found.rows] == [[2], [0]]


def test_a_row_that_the_champion_did_not_score_is_refused_with_row_and_id() -> None:
    with pytest.raises(DataError) as told:
        joined(old=OLD.slice(0, 2))
    assert str(told.value) == (
        "new.csv: 1 row is not in old.csv, the champion's file, the first of them row 1 (id 5); models are compared "
        "on the same rows, so score them with the champion or leave them out."
    )


def test_a_score_that_is_missing_in_the_champions_file_is_told_with_its_row_there_and_its_id() -> None:
    old = OLD.set_column(3, "old", pa.array([0.1, 0.9, None]))
    found = joined(old=old, new=NEW.slice(0, 2))
    assert found.champion.num_rows == 2
    with pytest.raises(DataError, match=r"old.csv: column 'old' holds no score in row 3 \(id 5\)"):
        predictions_of(
            found.champion,
            "old",
            role="champion",
            label=LabelSettings(column="y"),
            source="old.csv",
            id_column="id",
            rows=found.rows[0],
        )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ([7, 3, 7], [7, 3, 5], r"old.csv: column 'id': the id 7 stands there twice \(rows 1 and 3\); make ids unique"),
        ([7, 3, 5], [3, 5, 5], r"new.csv: column 'id': the id 5 stands there twice \(rows 2 and 3\)"),
        ([7, None, 5], [7, 3, 5], "old.csv: column 'id': 1 row has no id, the first of them row 2"),
        ([7, 3, 5], [7, 3, None], "new.csv: column 'id': 1 row has no id, the first of them row 3"),
        ([7, 3, 5], [1, 2, 4], r"new.csv: no 'id' of it is in old.csv \(int64 against int64\)"),
        (
            [7, 3, 5],
            ["7", "3", "5"],
            r"no 'id' of it is in old.csv \(string against int64\); join the two files by an id",
        ),
    ],
)
def test_ids_that_do_not_name_rows_are_refused(old: list[object], new: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        joined(OLD.set_column(0, "id", pa.array(old)), NEW.set_column(0, "id", pa.array(new)))


@pytest.mark.parametrize("side", [0, 1])
def test_a_file_without_the_id_column_is_refused(side: int) -> None:
    tables = [OLD, NEW]
    tables[side] = tables[side].rename_columns(["key", *tables[side].column_names[1:]])
    with pytest.raises(
        DataError, match=f"{('old', 'new')[side]}.csv: the id column 'id' is not in the data; known are"
    ):
        joined(*tables)


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([5.0, 7.0, 3.0]),
        pa.array([5, 7, 3], pa.int8()),
        pa.array([5, 7, 3]).dictionary_encode(),
        pa.chunked_array([[5], [7, 3]]),
    ],
)
def test_an_id_is_the_same_in_every_type_of_number(ids: pa.Array) -> None:
    found = joined(new=NEW.set_column(0, "id", ids))
    assert found.challenger.column("new").to_pylist() == [0.2, 0.6, 0.7]


# ---- what both files say


def test_files_that_disagree_about_a_row_are_refused() -> None:
    with pytest.raises(DataError) as told:
        joined(new=NEW.set_column(1, "y", pa.array([1, 1, 0])))
    assert str(told.value) == (
        "new.csv: column 'y' differs from old.csv in 2 of the rows that both have (id 3, 7); both files must say the "
        "same of one row."
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([0, 1, None]), pa.array([0.0, 1.0, float("nan")])),
        (pa.array([0, 1, None]), pa.array(["0", "1", None])),
        (pa.array([False, True, None]), pa.array(["false", "true", None])),
        (pa.array(["a", "b", None]), pa.array(["a", "b", None]).dictionary_encode()),
        (pa.array(["a", "b", None]), pa.array(["a", "b", None], pa.large_string())),
        (pa.array([0.0, 1.5, None]), pa.array([-0.0, 1.5, None], pa.float32())),
    ],
)
def test_one_value_in_two_types_is_no_disagreement(one: pa.Array, other: pa.Array) -> None:
    ids = pa.array([1, 2, 3])
    for first, second in ((one, other), (other, one)):
        found = joined(pa.table({"id": ids, "y": first}), pa.table({"id": ids, "y": second}))
        assert (
            found.shared.column("y").to_pylist() == pa.chunked_array([first]).to_pylist() or first.type == pa.float64()
        )


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        ([1.0, 2.0, None], [1.0, 2.0, float("inf")], "id 3"),
        ([2**60, 2, 3], [2**60 + 1, 2, 3], "id 1"),
        (["a", "b", ""], ["a", "b", None], "id 3"),
        (["a", "b", "c"], ["a", "B", "C"], "id 2, 3"),
    ],
)
def test_missing_is_no_value_and_no_digit_is_lost(one: list[object], other: list[object], where: str) -> None:
    ids = pa.array([1, 2, 3])
    with pytest.raises(DataError, match=rf"\({where}\)"):
        joined(pa.table({"id": ids, "y": one}), pa.table({"id": ids, "y": other}))


def test_columns_that_nobody_reads_may_differ() -> None:
    new = NEW.append_column("sex", pa.array(["x", "x", "x"]))
    assert joined(new=new, shared=("y",)).shared.column("sex").to_pylist() == ["F", "M", "F"]


# ---- names and laws


def test_a_sentence_names_five_ids_by_value_in_any_order_and_keeps_every_digit() -> None:
    table = pa.table({"id": [2**60 + 1, 10, 9, 8, 7, 6]})
    assert first_ids(table, "id", np.array([0, 1, 2])) == "9, 10, 1152921504606846977"
    assert first_ids(table, "id", np.array([2, 0, 1])) == first_ids(table, "id", np.array([0, 1, 2]))
    assert first_ids(table, "id", np.arange(6)) == "6, 7, 8, 9, 10, …"
    assert first_ids(pa.table({"id": ["b", "a", None]}), "id", np.arange(3)) == "a, b"
    assert first_ids(pa.table({"id": [1.0, 0.5]}), "id", np.arange(2)) == "0.5, 1"


@settings(max_examples=60, deadline=None)
@given(
    ids=st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True),
    data=st.data(),
)
def test_every_row_of_the_champions_file_is_paired_with_its_own_or_counted(ids: list[int], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    old = pa.table({"id": ids, "old": [one / 100 for one in ids]})
    new = pa.table({"id": kept, "new": [one / 100 for one in kept]})
    found = joined(old, new)
    assert found.champion.column("id").to_pylist() == [one for one in ids if one in kept]
    assert found.champion.column("old").to_pylist() == found.challenger.column("new").to_pylist()
    assert found.lacking == len(ids) - len(kept)
    assert old.take(pa.array(found.rows[0])).equals(found.champion)
    assert new.take(pa.array(found.rows[1])).equals(found.challenger)
    missing = sorted(set(ids) - set(kept))
    assert found.lacking_ids == ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
