"""Tables in, files out, and digests that bind evidence to content and to nothing else."""

from __future__ import annotations

import datetime
import decimal
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgate.edges.rows.files import (
    checked_table,
    data_digest,
    digest_bytes,
    digest_folder,
    read_table,
    row_identity,
    write_atomically,
)
from mlgate.errors import DataError

TABLE = pa.table({"id": [1, 2, 3], "score": [0.25, None, 1.0], "town": ["NA", "null", None]})
IDENTITY = row_identity(TABLE, None).tolist()


def write(path: Path, table: pa.Table) -> Path:
    """A table in the format of the path's ending."""
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    elif path.suffix in (".feather", ".arrow"):
        pyarrow.feather.write_feather(table, path)
    elif path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    return path


# ---- reading


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.feather", "t.arrow", "t.jsonl", "t.ndjson", "T.PARQUET"])
def test_every_format_holds_the_same_rows_with_the_same_identity(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name.lower(), TABLE).rename(tmp_path / name)
    table = read_table(path)
    assert table.to_pylist() == TABLE.to_pylist()
    assert row_identity(table, None).tolist() == IDENTITY


def test_a_compressed_csv_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(write(tmp_path / "t.csv", TABLE).read_bytes()))
    assert read_table(path).to_pylist() == TABLE.to_pylist()


def test_a_town_called_na_is_no_missing_value(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('town,x\nNA,1\nnull,NaN\n"",3\n,\n')
    assert read_table(path).to_pydict() == {"town": ["NA", "null", "", None], "x": [1.0, None, 3.0, None]}


def content(ending: str) -> bytes:
    """What a whole file holds."""
    sink = pa.BufferOutputStream()
    (pyarrow.parquet.write_table if ending == "parquet" else pyarrow.feather.write_feather)(TABLE, sink)
    return bytes(sink.getvalue().to_pybytes())


PARQUET, FEATHER = content("parquet"), content("feather")
EMPTY = r"the file is empty \(0 bytes\)"
BROKEN = {
    "gone.parquet": (None, "there is no such file"),
    "t.xlsx": (b"x", "the ending is not one that can be read; known are .parquet"),
    "t": (b"x", "the ending is not one"),
    "no.parquet": (b"no parquet at all", "cannot be read: Parquet magic bytes not found in footer; it may be cut off"),
    "cut.parquet": (PARQUET[: len(PARQUET) // 2], "cannot be read: .*; it may be cut off"),
    "page.parquet": (PARQUET[:20] + b"\xff" * 20 + PARQUET[40:], "cannot be read: .*"),
    "empty.parquet": (b"", EMPTY),
    "no.feather": (b"no feather", "cannot be read: .*; it may be cut off"),
    "cut.feather": (FEATHER[: len(FEATHER) // 2], "cannot be read: .*; it may be cut off"),
    "empty.feather": (b"", EMPTY),
    "cut.jsonl": (b'{"a": 1}\n{"a": ', r"row 2 cannot be read \(invalid value\); repair the line"),
    "kind.jsonl": (b'{"a": 1}\n{"a": "x"}\n', r"column 'a' in row 2 cannot be read \(changed from number to string\)"),
    "twice.jsonl": (b'{"a": 1, "a": 2}\n', r"column 'a' in row 1 cannot be read \(was specified twice\)"),
    "array.jsonl": (b'[{"a": 1}]\n', "row 1 is no object; write one object with all columns per line"),
    "empty.jsonl": (b"", EMPTY),
    "blank.jsonl": (b"\n", "holds no rows"),
    "latin.jsonl": (
        '{"a": "x"}\n{"a": "größe"}\n'.encode("latin-1"),
        "column 'a' holds text that is not UTF-8 in row 2",
    ),
    "long.csv": (b"a,b\n1,2\n1,2,3\n", r"row 2 has 3 columns where there are 2 names \('1,2,3'\)"),
    "short.csv": (b"a,b\n1,2\n1,2\n7\n", r"row 3 has 1 column where there are 2 names \('7'\)"),
    "empty.csv": (b"", EMPTY),
    "blank.csv": (b"\n\n", "cannot be read: .*Empty"),
    "header.csv": (b"a,b\n", "holds no rows"),
    "twice.csv": (b"a,b,a\n1,2,3\n", "column 'a' stands there twice"),
    "names.csv": ("größe,b\n1,2\n".encode("latin-1"), "the names of the columns are not UTF-8 text"),
    "latin.csv": (
        "a,b\n1,x\n2,größe\n".encode("latin-1"),
        "column 'b' holds text that is not UTF-8 in row 2 .*'größe'",
    ),
    "wide.csv": ("a,b\n1,2\n".encode("utf-16"), "the text is UTF-16; save the file as UTF-8"),
    "german.csv": (b"a;b\n1;0,5\n", r"separated by semicolons \('a;b'\); separate them by commas"),
    "tabs.csv": (b"a\tb\n1\t2\n", "separated by tabs"),
    "no.csv.gz": (b"no gzip", "cannot be read"),
    "cut.csv.gz": (gzip.compress(b"a,b\n" + b"1,2\n" * 999)[:30], "cannot be read: Truncated compressed stream"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_file_that_cannot_be_read_is_told_in_one_line_with_its_path(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as told:
        read_table(path)
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value) and ". " not in str(told.value), "one sentence"


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_a_column_that_stands_there_twice_is_told_in_every_format_that_can_hold_it(tmp_path: Path, name: str) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "b", "a"])
    for wanted in (None, lambda names: ["b"]):
        with pytest.raises(DataError, match="the column 'a' stands there twice"):
            read_table(write(tmp_path / name, table), wanted=wanted)


def test_a_row_of_the_second_block_is_counted_from_the_start_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n' * 200_000 + '{"a": "x"}\n')
    with pytest.raises(DataError, match="column 'a' in row 200,001 cannot be read"):
        read_table(path)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 400_000 + "1\n")
    with pytest.raises(DataError, match="row 400,001 has 1 column"):
        read_table(path)


def test_a_quoted_text_with_a_comma_is_one_cell_and_one_column_needs_no_comma(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('town,x\n"a,b;c",1\n')
    assert read_table(path).to_pylist() == [{"town": "a,b;c", "x": 1}]
    path.write_text("town\na;b\n")
    assert read_table(path).to_pylist() == [{"town": "a;b"}]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".feather", ".jsonl"])
def test_a_file_whose_name_is_no_utf8_is_told_in_one_line(tmp_path: Path, ending: str) -> None:
    name = os.fsdecode(b"gr\xf6\xdfe" + ending.encode())
    try:
        (tmp_path / name).write_text("a,b\n1,2\n")
    except OSError:
        pytest.skip("this file system takes names of UTF-8 only")
    with pytest.raises(DataError, match="the name of the file is not UTF-8 text, which Arrow needs; rename it"):
        read_table(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").mkdir()
    with pytest.raises(DataError, match="t.parquet: is a folder; name one file in it"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_text_that_is_no_utf8_is_refused_before_it_breaks_something(tmp_path: Path, name: str) -> None:
    text = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 3], dtype=np.int32)), pa.py_buffer(b"x\xff\xfe")]
    )
    with pytest.raises(DataError, match="column 'a' holds text that is not UTF-8 in row 2"):
        read_table(write(tmp_path / name, pa.table({"a": text})))


def test_only_what_is_wanted_is_read_and_texts_that_repeat_stay_codes(tmp_path: Path) -> None:
    table = pa.table({"id": [f"{one:09d}" for one in range(300)], "town": ["Ulm", "Bonn", None] * 100, "x": [1] * 300})
    path = write(tmp_path / "t.parquet", table)
    found = read_table(path, wanted=lambda names: [name for name in names if name != "x"] + ["id"])
    assert found.column_names == ["id", "town"]
    assert pa.types.is_dictionary(found.schema.field("town").type)
    assert pa.types.is_string(found.schema.field("id").type), "a column of ids is read faster as text"
    assert found.to_pylist() == table.select(["id", "town"]).to_pylist()
    csv = read_table(write(tmp_path / "t.csv", table), wanted=lambda names: ["town"])
    assert csv.column_names == ["town"]


def test_rows_can_be_picked_of_every_column_that_was_handed_over() -> None:
    views = pa.table(
        {
            "text": pa.array(["a", None, "c"], pa.string_view()),
            "bytes": pa.array([b"a", None, b"c"], pa.binary_view()),
            "runs": pa.RunEndEncodedArray.from_arrays([2, 3], ["x", "y"]),
            "codes": pa.DictionaryArray.from_arrays([0, None, 1], pa.array(["a", "b"], pa.string_view())),
        }
    )
    found = checked_table(views, "frame").take(pa.array([2, 1]))
    assert found.to_pydict() == {"text": ["c", None], "bytes": [b"c", None], "runs": ["y", "x"], "codes": ["b", None]}
    assert row_identity(found, None).tolist() == [row_identity(views, None).tolist()[place] for place in (2, 1)]


def test_reading_a_file_and_naming_its_rows_imports_no_pandas(tmp_path: Path) -> None:
    table = TABLE.append_column("at", pa.array([1, 2, None], pa.timestamp("ns")))
    paths = [
        write(tmp_path / name, table if name == "t.parquet" else TABLE) for name in ("t.parquet", "t.csv", "t.arrow")
    ]
    code = (
        "import sys, pathlib; from mlgate.edges.rows.files import read_table, row_identity\n"
        "from mlgate.edges.batches.scoring import coded_column\n"
        "for path in sys.argv[1:]:\n"
        "    table = read_table(pathlib.Path(path)); row_identity(table, None); row_identity(table, 'id')\n"
        "    for name in table.column_names: coded_column(table.column(name))\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, *map(str, paths)], check=True)


# ---- identity


def test_identity_is_of_the_row_and_not_of_its_place() -> None:
    turned = TABLE.take(pa.array([2, 0, 1]))
    assert row_identity(turned, None).tolist() == [IDENTITY[place] for place in (2, 0, 1)]
    mixed = TABLE.select(["town", "id", "score"])
    assert row_identity(mixed, None).tolist() == IDENTITY, "columns in another order"
    halves = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert row_identity(halves, None).tolist() == IDENTITY, "another number of chunks"


def test_a_value_changes_the_identity_of_its_row_only() -> None:
    changed = TABLE.set_column(1, "score", pa.array([0.25, None, 0.999]))
    same = [one == other for one, other in zip(row_identity(changed, None).tolist(), IDENTITY, strict=True)]
    assert same == [True, True, False]
    assert row_identity(TABLE.rename_columns(["id", "scores", "town"]), None).tolist() != IDENTITY


def test_equal_rows_are_told_apart_by_their_number_in_any_order() -> None:
    table = pa.table({"x": [1, 2, 1, 1, 2]})
    found = row_identity(table, None)
    assert len(set(found.tolist())) == 5
    for order in ([4, 3, 2, 1, 0], [2, 3, 0, 1, 4]):
        assert data_digest(row_identity(table.take(pa.array(order)), None)) == data_digest(found)
    assert data_digest(row_identity(table.slice(0, 4), None)) != data_digest(found)


@pytest.mark.parametrize(
    "one",
    [
        pa.array([1, 2, None]),
        pa.array([1.0, 2.0, float("nan")]),
        pa.array([1, 2, None], pa.int8()),
        pa.array([1, 2, None], pa.float32()),
        pa.array([1, 2, None]).dictionary_encode(),
    ],
)
def test_a_whole_number_is_itself_in_every_type(one: pa.Array) -> None:
    table = pa.table({"x": one})
    assert row_identity(table, None).tolist() == row_identity(pa.table({"x": [1.0, 2.0, None]}), None).tolist()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_a_text_is_itself_in_every_type(kind: pa.DataType) -> None:
    texts = ["a", "", None, "ü"]
    found = row_identity(pa.table({"x": pa.array(texts, kind)}), None)
    assert found.tolist() == row_identity(pa.table({"x": pa.array(texts).dictionary_encode()}), None).tolist()
    assert len(set(found.tolist())) == 4, "nothing at all is not the empty text"


def test_minus_zero_is_zero_and_one_is_not_true_or_text() -> None:
    def of(value: object) -> int:
        return int(row_identity(pa.table({"x": [value]}), None)[0])

    assert of(-0.0) == of(0.0) == of(0)
    assert of("1") != of(1)


def test_large_numbers_keep_their_last_digit_with_missing_values_too() -> None:
    big = 2**60
    for values in ([big, big + 1], [big, big + 1, None]):
        found = row_identity(pa.table({"x": values}), None).tolist()
        assert len(set(found)) == len(values)
        # Occurrence numbers would hide a clash: the second value alone must differ from the first alone.
        assert row_identity(pa.table({"x": [big]}), None)[0] != row_identity(pa.table({"x": [big + 1]}), None)[0]
    with_missing = pa.table({"x": [big, None]}), pa.table({"x": [big + 1, None]})
    assert row_identity(with_missing[0], None)[0] != row_identity(with_missing[1], None)[0]


ODD = {
    "list": pa.array([[1.0, 2.0], [3.0]]),
    "struct": pa.array([{"a": 1}, {"a": None}]),
    "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
    "null": pa.array([1, None]),
    "date": pa.array([datetime.date(2020, 1, 1), datetime.date(1, 1, 1)]),
    "far time": pa.array([0, -(10**17)], pa.timestamp("us")),
    "nanoseconds": pa.array([0, 1], pa.timestamp("ns")),
    "zone": pa.array([0, 1], pa.timestamp("s", "Europe/Berlin")),
    "clock": pa.array([1, 2], pa.time64("ns")),
    "duration": pa.array([1, 2], pa.duration("ns")),
    "decimal": pa.array([decimal.Decimal("1.5"), None]),
    "binary": pa.array([b"\xff", None]),
    "binary view": pa.array([b"\xff", None], pa.binary_view()),
    "half": pa.array(np.array([0.5, 1], dtype=np.float16)),
    "uuid": pa.array([b"a" * 16, b"b" * 16], pa.binary(16)).cast(pa.uuid()),
    "run-end": pa.RunEndEncodedArray.from_arrays([1, 2], ["x", "y"]),
    "interval": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_a_column_of_any_type_takes_part_in_the_identity(name: str) -> None:
    table = pa.table({"x": ODD[name]})
    found = row_identity(table, None).tolist()
    assert len(set(found)) == 2
    assert (
        row_identity(table, "x").tolist()[0] != row_identity(table, "x").tolist()[1]
        if name != "null" and not (table.column("x").null_count)
        else True
    )


def test_one_moment_is_one_value_in_every_zone() -> None:
    naive, zoned = (pa.table({"x": pa.array([86400], pa.timestamp("s", zone))}) for zone in (None, "Asia/Tokyo"))
    assert row_identity(naive, None).tolist() == row_identity(zoned, None).tolist()


def test_an_id_alone_names_the_row() -> None:
    changed = TABLE.set_column(1, "score", pa.array([9.0, 9.0, 9.0]))
    assert row_identity(changed, "id").tolist() == row_identity(TABLE, "id").tolist()
    as_float = TABLE.set_column(0, "id", pa.array([1.0, 2.0, 3.0]))
    assert row_identity(as_float, "id").tolist() == row_identity(TABLE, "id").tolist()


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (pa.array([1, 2, 1]), r"column 'id': the id 1 stands there twice \(rows 1 and 3\)"),
        (pa.array([1.0, 2.0, 2.0]), r"the id 2.0 stands there twice \(rows 2 and 3\)"),
        (pa.array(["a", "b", "a"]), r"the id 'a' stands there twice \(rows 1 and 3\)"),
        (pa.array([1, None, None]), "2 rows have no id, the first of them row 2"),
        (pa.array([0.0, 1.0, -0.0]), r"the id -0.0 stands there twice \(rows 1 and 3\)"),
        (pa.array([0.0, float("nan"), 1.0]), "1 row has no id"),
        (pa.DictionaryArray.from_arrays([0, 1], [None, 3]), "1 row has no id"),
    ],
)
def test_ids_are_unique_and_never_missing(ids: pa.Array, message: str) -> None:
    with pytest.raises(DataError, match=message):
        row_identity(pa.table({"id": ids}), "id")


def test_an_id_column_that_is_not_there_is_told_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match="the id column 'idd' is not in the data; did you mean \"id\""):
        row_identity(TABLE, "idd")


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.integers(-5, 5), min_size=1, max_size=20), data=st.data())
def test_the_digest_of_data_does_not_know_the_order_of_rows(values: list[int], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(values))
    one, other = (data_digest(row_identity(pa.table({"x": rows}), None)) for rows in (values, mixed))
    assert one == other
    assert one.startswith("sha256:") and len(one) == 71


# ---- writing


def test_a_file_is_written_with_its_folder_and_ordinary_rights(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "f.txt"
    former = os.umask(0o027)
    try:
        write_atomically(path, "ü")
    finally:
        os.umask(former)
    assert path.read_bytes() == "ü".encode()
    assert path.stat().st_mode & 0o777 == 0o640
    write_atomically(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert [one.name for one in path.parent.iterdir()] == ["f.txt"]


@pytest.mark.parametrize("step", ["os.fsync", "os.replace"])
def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "f.txt"
    write_atomically(path, "former")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(DataError, match=r"f.txt: cannot be written \(No space left on device\)"):
        write_atomically(path, "new")
    assert [one.read_text() for one in tmp_path.iterdir()] == ["former"]


def test_an_interrupted_write_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "f.txt", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot be written .*; choose another folder"):
        write_atomically(tmp_path / "file" / "f.txt", "new")


# ---- digests


def test_a_folder_is_bound_by_names_and_contents_of_all_its_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        write_atomically(folder / "x" / "1", "one")
        write_atomically(folder / "2", "two")
    plain = digest_folder(first)
    assert digest_folder(second) == plain
    (second / "2").write_text("two!")
    assert digest_folder(second) != plain
    (second / "2").write_text("two")
    (second / "2").rename(second / "3")
    assert digest_folder(second) != plain
    (second / "3").rename(second / "2")
    assert digest_folder(second) == plain
    (second / "empty").touch()
    assert digest_folder(second) != plain


def test_moving_a_byte_from_a_name_to_a_content_changes_the_digest(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "ab", "c")
    write_atomically(tmp_path / "b" / "a", "bc")
    assert digest_folder(tmp_path / "a") != digest_folder(tmp_path / "b")


def test_a_single_file_is_bound_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "x")
    write_atomically(tmp_path / "b", "x")
    assert digest_folder(tmp_path / "a") == digest_folder(tmp_path / "b")


def test_what_is_no_plain_file_cannot_be_bound(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file or folder"):
        digest_folder(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is not a plain file"):
        digest_folder(tmp_path)


def test_the_digest_of_bytes_is_sha256() -> None:
    assert digest_bytes(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
