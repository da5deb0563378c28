"""Rows of files, folders, patterns and partitions: one identity from all of them, one sentence for each mistake."""

from __future__ import annotations

import datetime
import json
import urllib.parse
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.edges.rows.sources import open_batches, open_table, shown_as
from mlgate.errors import ConfigError, DataError, MlgateError
from mlgate.records.data_settings import SourceSettings

DAYS = [datetime.date(2026, 1, 5), datetime.date(2026, 1, 6)]
TABLE = pa.table(
    {
        "id": list(range(6)),
        "score": [0.25, None, 1.0, 0.5, 0.125, 0.75],
        "town": ["NA", None, "São Paulo", "a/b", "007", "x"],
        "day": [DAYS[row % 2] for row in range(6)],
    }
)
DIGEST = data_digest(row_identity(TABLE, None))


def write(path: Path, table: pa.Table) -> Path:
    """A table in the format of the path's ending, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    elif path.suffix == ".feather":
        pyarrow.feather.write_feather(table, path)
    elif path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        path.write_text("".join(json.dumps(row, default=str) + "\n" for row in table.to_pylist()))
    return path


def partitioned(folder: Path, table: pa.Table, column: str, ending: str = "parquet") -> Path:
    """A folder with one folder for each value of a column, written by hand as Hive, Spark and Arrow do."""
    values = table.column(column).to_pylist()
    for value in dict.fromkeys(values):
        rows = table.filter(pa.array([one == value for one in values])).drop_columns([column])
        name = "__HIVE_DEFAULT_PARTITION__" if value is None else urllib.parse.quote(str(value), safe="")
        write(folder / f"{column}={name}" / f"part-0.{ending}", rows)
    return folder


def digest(path: str, root: Path) -> str:
    return data_digest(row_identity(open_table(SourceSettings(path=path), root), None))


def batched(path: str, root: Path, rows: int = 2) -> pa.Table:
    batches = list(open_batches(SourceSettings(path=path), root, rows=rows))
    assert all(0 < batch.num_rows <= rows for batch in batches)
    return pa.Table.from_batches(batches)


def told(source: SourceSettings, root: Path) -> str:
    """The sentence, the same whether the whole is read or batches are."""
    with pytest.raises(MlgateError) as caught:
        open_table(source, root)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    with pytest.raises(MlgateError):
        list(open_batches(source, root))
    return message


def refused(path: str, root: Path) -> str:
    return told(SourceSettings(path=path), root)


# ---- every way to lay the same rows out


@pytest.mark.parametrize("ending", ["parquet", "csv", "feather", "jsonl"])
def test_rows_have_one_digest_however_they_are_laid_out(tmp_path: Path, ending: str) -> None:
    table = TABLE
    if ending == "jsonl":  # JSON knows no dates, and Arrow takes texts that look like one for times
        table = TABLE.set_column(3, "day", pa.array([["mon", "tue"][row % 2] for row in range(6)]))
    expected = data_digest(row_identity(table, None))
    write(tmp_path / f"one.{ending}", table)
    for place in range(3):
        write(tmp_path / "many" / f"{place}.{ending}", table.slice(2 * place, 2))
    partitioned(tmp_path / "days", table, "day", ending)
    for path in (f"one.{ending}", "many", f"many/*.{ending}", "many/[0-2].*", "days", "days/day=*"):
        assert digest(path, tmp_path) == expected, path
        assert data_digest(row_identity(batched(path, tmp_path), None)) == expected, path


@pytest.mark.parametrize("column", ["id", "town"])
def test_a_partition_by_any_column_gives_its_values_back(tmp_path: Path, column: str) -> None:
    partitioned(tmp_path / "rows", TABLE, column)
    table = open_table(SourceSettings(path="rows"), tmp_path)
    assert sorted(table.column(column).to_pylist(), key=str) == sorted(TABLE.column(column).to_pylist(), key=str)
    assert data_digest(row_identity(table, None)) == DIGEST
    assert data_digest(row_identity(batched("rows", tmp_path), None)) == DIGEST


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.one_of(
            st.integers(-(10**12), 10**12),
            st.floats(-1e6, 1e6).map(lambda x: round(x, 3) + 0.0),
            st.sampled_from(["a=b", "x y"]),
        ),
        min_size=1,
        max_size=5,
    ),
    name=st.sampled_from(["day", "a b", "größe"]),
)
def test_partition_values_of_one_kind_survive_the_name_of_a_folder(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], name: str
) -> None:
    kind = type(values[0])
    same = [value for value in values if type(value) is kind]
    table = pa.table({name: same, "row": list(range(len(same)))})
    folder = partitioned(tmp_path_factory.mktemp("rows"), table, name)
    read = open_table(SourceSettings(path=str(folder)), folder)
    assert data_digest(row_identity(read, None)) == data_digest(row_identity(table, None))


def test_codes_with_leading_zeros_stay_text(tmp_path: Path) -> None:
    partitioned(tmp_path / "rows", pa.table({"code": ["007", "12"], "x": [1, 2]}), "code")
    assert sorted(open_table(SourceSettings(path="rows"), tmp_path).column("code").to_pylist()) == ["007", "12"]


def test_a_column_in_the_file_goes_before_the_name_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "day=1" / "a.parquet", pa.table({"day": [DAYS[0]], "x": [1]}))
    assert open_table(SourceSettings(path="rows"), tmp_path).to_pydict() == {"day": [DAYS[0]], "x": [1]}


def test_only_the_wanted_columns_are_read_also_those_of_the_folders_names(tmp_path: Path) -> None:
    partitioned(tmp_path / "rows", TABLE, "day")
    table = open_table(
        SourceSettings(path="rows"), tmp_path, wanted=lambda names: [n for n in ("day", "id") if n in names]
    )
    assert table.column_names == ["day", "id"]
    assert {str(day) for day in table.column("day").to_pylist()} == {"2026-01-05", "2026-01-06"}
    batch, *_ = open_batches(SourceSettings(path="rows"), tmp_path, columns=["day", "id"])
    assert batch.schema.names == ["day", "id"]


def test_what_writers_leave_behind_is_not_data(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", TABLE)
    for name in ("_SUCCESS", ".a.parquet.crc", "_temporary/b.parquet", "README.md"):
        (tmp_path / "rows" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "rows" / name).write_text("no data")
    assert digest("rows", tmp_path) == DIGEST


def test_numbers_of_another_width_go_together(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", pa.table({"x": pa.array([1], pa.int32()), "town": pa.nulls(1)}))
    write(tmp_path / "rows" / "b.parquet", pa.table({"town": ["x"], "x": [0.5]}))
    assert open_table(SourceSettings(path="rows"), tmp_path).to_pydict() == {"x": [1.0, 0.5], "town": [None, "x"]}
    assert batched("rows", tmp_path).to_pydict() == {"x": [1.0, 0.5], "town": [None, "x"]}


def test_a_csv_that_changes_its_type_late_is_read_in_batches_as_it_is_whole(tmp_path: Path) -> None:
    rows = "".join(f"{row},{row},{'2026-01-05'}\n" for row in range(900_000))
    (tmp_path / "late.csv").write_text(f"a,b,c\n{rows}1.5,n/a,2026-01-05 10:00:00\n")
    table = open_table(SourceSettings(path="late.csv"), tmp_path)
    batches = pa.Table.from_batches(list(open_batches(SourceSettings(path="late.csv"), tmp_path)))
    assert batches.schema == table.schema
    assert batches.equals(table.combine_chunks())


# ---- mistakes


def test_a_truncated_file_of_a_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", TABLE)
    whole = write(tmp_path / "rows" / "b.parquet", TABLE).read_bytes()
    (tmp_path / "rows" / "b.parquet").write_bytes(whole[:-20])
    assert refused("rows", tmp_path).startswith(f"{tmp_path}/rows/b.parquet: cannot be read: ")


def test_a_folder_without_data_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    assert "rows: the folder holds no data files (known endings are .parquet," in refused("rows", tmp_path)
    (tmp_path / "rows" / "notes.txt").write_text("nothing")
    assert "holds no data files" in refused("rows", tmp_path)


@pytest.mark.parametrize("pattern", ["rows/*.parquet", "none/*.parquet", "none/*/x.csv"])
def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "rows").mkdir()
    assert f"{tmp_path}/{pattern}: the pattern matches no data file" in refused(pattern, tmp_path)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    assert "there is no such file or folder" in refused("none.parquet", tmp_path)


def test_files_of_several_formats_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", TABLE)
    write(tmp_path / "rows" / "b.csv", TABLE)
    assert "holds files of several formats (.csv, .parquet)" in refused("rows", tmp_path)


def test_files_with_other_columns_are_refused_with_both_names(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", TABLE)
    write(tmp_path / "rows" / "b.parquet", TABLE.drop_columns(["score"]))
    message = refused("rows", tmp_path)
    assert "rows/b.parquet: there is no column 'score', which" in message
    assert "rows/a.parquet has" in message
    write(tmp_path / "rows" / "b.parquet", TABLE.append_column("<script>", pa.nulls(6)))
    assert "rows/b.parquet: has a column '<script>', which" in refused("rows", tmp_path)


def test_files_with_other_types_are_refused_with_both_names(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", TABLE)
    write(tmp_path / "rows" / "b.parquet", TABLE.set_column(1, "score", pa.array(["x"] * 6)))
    message = refused("rows", tmp_path)
    assert f"rows/b.parquet: column 'score' is of type string, in {tmp_path}/rows/a.parquet of type double" in message


def test_files_in_folders_of_different_partitions_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "day=1" / "a.parquet", TABLE)
    write(tmp_path / "rows" / "b.parquet", TABLE)
    assert "its folders name day where those of" in refused("rows", tmp_path)


def test_a_column_twice_and_no_rows_are_refused_in_folders_too(tmp_path: Path) -> None:
    write(tmp_path / "rows" / "a.parquet", pa.table([[1], [2]], names=["x", "x"]))
    assert "rows/a.parquet: the column 'x' stands there twice" in refused("rows", tmp_path)
    write(tmp_path / "none" / "a.parquet", TABLE.slice(0, 0))
    write(tmp_path / "none" / "b.parquet", TABLE.slice(0, 0))
    assert f"{tmp_path}/none: holds no rows" in refused("none", tmp_path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SourceSettings(), "a data set names no source; name exactly one of path, url (with query) and callable."),
        (SourceSettings(path="a", url="b", query="c"), "a data set names path and url; name exactly one"),
        (SourceSettings(path="a", query="b"), "a: has a query but no url"),
        (SourceSettings(callable="loans"), "loans: is not the name of a function; write it as module:function."),
    ],
)
def test_a_source_that_is_not_one_is_refused(tmp_path: Path, source: SourceSettings, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_table(source, tmp_path)
    assert words in str(caught.value)


def test_asking_batches_for_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", TABLE)
    with pytest.raises(DataError, match="there is no column 'agee'"):
        list(open_batches(SourceSettings(path="a.parquet"), tmp_path, columns=["agee"]))


def test_what_a_source_is_called_holds_no_secret() -> None:
    assert shown_as(SourceSettings(url="postgresql://me:${PW}@host/db?password=${PW}")) == "postgresql://host/db"
    assert shown_as(SourceSettings(path="s3://key:secret@bucket/x.csv")) == "s3://bucket/x.csv"
