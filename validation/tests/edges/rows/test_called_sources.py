"""Rows from a callable and from SQLite: what comes back, and one sentence for everything that can go wrong."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest

from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.edges.rows.sources import open_batches, open_table
from mlgate.errors import ConfigError, DataError, MlgateError
from mlgate.records.data_settings import SourceSettings

LOADERS = """
import os, sys, time
import pyarrow as pa

TABLE = pa.table({"id": [1, 2, 3], "score": [0.25, None, 1.0], "town": ["NA", None, "x"]})

def arrow(): return TABLE
def batch(): return TABLE.to_batches()[0]
def pieces():
    for start in range(3):
        yield TABLE.slice(start, 1)

def frame():
    import pandas as pd
    # pandas would take the missing town for NaN of its own making
    return TABLE.to_pandas().sort_values("id", ascending=False)

def polars():
    import polars as pl
    return pl.from_arrow(TABLE)

def options(*, first, second="b"):
    return pa.table({"first": [first], "second": [second], "folder": [os.getcwd()]})

def raises(): raise KeyError("no such month\\nreally")
def exits(): sys.exit(0)
def dies(): os._exit(7)
def hangs(): time.sleep(600)
def text(): return "loans.csv"
def mapping(): return {"x": [1]}
def nothing(): return None
def no_pieces(): return iter(())
def late():
    yield TABLE
    raise RuntimeError("the second page is gone")
def twice(): return pa.table([[1], [2]], names=["x", "x"])
def empty(): return TABLE.slice(0, 0)
def other_pieces():
    yield TABLE
    yield TABLE.drop_columns(["town"])
def mixed():
    import pandas as pd
    return pd.DataFrame({"x": [1, "a"]})
"""

TABLE = pa.table({"id": [1, 2, 3], "score": [0.25, None, 1.0], "town": ["NA", None, "x"]})
DIGEST = data_digest(row_identity(TABLE, None))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "loaders.py").write_text(LOADERS)
    (tmp_path / "broken.py").write_text("import no_such_package\n")
    base = sqlite3.connect(tmp_path / "loans.db")
    base.execute("CREATE TABLE loans (id INTEGER, score REAL, town TEXT)")
    base.executemany("INSERT INTO loans VALUES (?, ?, ?)", zip(*TABLE.to_pydict().values(), strict=True))
    base.execute("CREATE TABLE odd (x)")
    base.executemany("INSERT INTO odd VALUES (?)", [(1,), ("a",)])
    base.commit()
    base.close()
    return tmp_path


def refused(source: SourceSettings, root: Path) -> MlgateError:
    with pytest.raises(MlgateError) as caught:
        open_table(source, root)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?")) or "known are" in message
    return caught.value


# ---- callables


@pytest.mark.parametrize("name", ["arrow", "batch", "pieces", "frame", "polars"])
def test_a_callable_may_return_any_table(root: Path, name: str) -> None:
    if name == "polars":
        pytest.importorskip("polars", reason="polars is not installed")
    source = SourceSettings(callable=f"loaders:{name}")
    table = open_table(source, root)
    assert table.column_names == ["id", "score", "town"]
    assert data_digest(row_identity(table, None)) == DIGEST
    if name in ("arrow", "pieces"):
        # Whatever came back is files of Arrow by now: one, or several.
        batches = pa.Table.from_batches(list(open_batches(source, root, rows=2)))
        assert data_digest(row_identity(batches, None)) == DIGEST


def test_a_callable_gets_its_options_and_runs_beside_mlgate_yaml(root: Path) -> None:
    table = open_table(SourceSettings(callable="loaders:options", options=(("first", "a=b"),)), root)
    assert table.to_pylist() == [{"first": "a=b", "second": "b", "folder": str(root)}]


@pytest.mark.usefixtures("forked_sources")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raises", "loaders:raises: failed: KeyError: 'no such month\\nreally'; correct the function."),
        ("exits", "loaders:exits: failed: SystemExit: 0"),
        ("dies", "loaders:dies: the process that fetched the rows ended itself with exit code 7"),
        (
            "text",
            "loaders:text: returns str, which is no table; return an Arrow table or a pandas or polars data frame.",
        ),
        ("mapping", "loaders:mapping: returns dict, which is no table"),
        ("nothing", "loaders:nothing: returns NoneType, which is no table"),
        ("no_pieces", "loaders:no_pieces: gives no table at all"),
        ("late", "loaders:late: failed: RuntimeError: the second page is gone"),
        ("twice", "loaders:twice: the column 'x' stands there twice"),
        ("empty", "loaders:empty: holds no rows"),
        ("other_pieces", "loaders:other_pieces (piece 2): there is no column 'town'"),
        ("mixed", "loaders:mixed: its table cannot be taken"),
    ],
)
def test_a_callable_that_gives_no_table_is_refused(root: Path, name: str, words: str) -> None:
    problem = refused(SourceSettings(callable=f"loaders:{name}"), root)
    assert isinstance(problem, DataError)
    assert words in str(problem)


@pytest.mark.usefixtures("forked_sources")
def test_a_callable_that_hangs_is_ended(root: Path) -> None:
    problem = refused(SourceSettings(callable="loaders:hangs", timeout=2.0), root)
    assert "loaders:hangs: took longer than 2 s and was ended" in str(problem)


@pytest.mark.usefixtures("forked_sources")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("loader:arrow", "there is no module 'loader' beside mlgate.yaml"),
        ("loaders:arow", "loaders has no function 'arow'; did you mean \"arrow\"?"),
        ("loaders:options", "cannot be called with these options (missing a required argument: 'first')"),
    ],
)
def test_a_callable_that_is_not_there_is_a_mistake_of_the_configuration(root: Path, name: str, words: str) -> None:
    problem = refused(SourceSettings(callable=name), root)
    assert isinstance(problem, ConfigError)
    # Python 3.13 says what kind of argument it is.
    assert words in str(problem).replace("keyword-only argument", "argument")


@pytest.mark.usefixtures("forked_sources")
def test_a_module_that_breaks_is_told_by_its_own_error(root: Path) -> None:
    assert "No module named 'no_such_package'" in str(refused(SourceSettings(callable="broken:load"), root))


# ---- SQLite


def test_a_query_gives_the_rows_with_the_digest_of_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///loans.db")
    (root / "q.sql").write_text("SELECT * FROM loans ORDER BY id DESC\n")
    source = SourceSettings(url="sqlite:///loans.db", query="SELECT id, score, town FROM loans")
    assert data_digest(row_identity(open_table(source, root), None)) == DIGEST
    source = SourceSettings(url="${DATABASE_URL}", query="q.sql")
    assert data_digest(row_identity(pa.Table.from_batches(list(open_batches(source, root))), None)) == DIGEST


@pytest.mark.usefixtures("forked_sources")
def test_a_colon_and_a_percent_sign_in_a_query_are_its_own(root: Path) -> None:
    table = open_table(
        SourceSettings(url="sqlite:///loans.db", query="SELECT 'a :b%s' x, id % 2 y FROM loans LIMIT 1"), root
    )
    assert table.to_pylist() == [{"x": "a :b%s", "y": 1}]


@pytest.mark.usefixtures("forked_sources")
@pytest.mark.parametrize(
    ("url", "query", "words"),
    [
        ("sqlite:///loans.db", "SELECT agee FROM loans", "sqlite:///loans.db: the query failed (no such column: agee)"),
        ("sqlite:///loans.db", "SELEKT", 'the query failed (near "SELEKT": syntax error); correct it.'),
        ("sqlite:///loans.db", "DELETE FROM loans", "the query returns no rows of any kind; write a SELECT."),
        ("sqlite:///loans.db", "SELECT * FROM loans WHERE id > 9", "sqlite:///loans.db: holds no rows"),
        ("sqlite:///loans.db", "SELECT id, id FROM loans", "the column 'id' stands there twice"),
        ("sqlite:///loans.db", "SELECT x FROM odd", "column 'x' of the query holds int and str"),
        ("sqlite:///loans.db", "", "there is no query"),
        ("sqlite:///loans.db", "none.sql", "none.sql: there is no such file of a query"),
        ("sqlite:///none.db", "SELECT 1", "sqlite:///none.db: there is no such file"),
        ("oracel://db/x", "SELECT 1", "oracel://db/x: no driver of that name is known to SQLAlchemy"),
        ("mysql+pymysql://db/x", "SELECT 1", "its driver 'pymysql' is not installed; run pip install pymysql."),
        ("loans.db", "SELECT 1", "loans.db: is not an address of a database"),
        ("${NOT_SET_AT_ALL}", "SELECT 1", "the environment variable NOT_SET_AT_ALL is not set"),
        ("postgresql://me:hunter2@db/x", "SELECT 1", "postgresql://db/x: the address holds a password; put it"),
        ("postgresql://me@db/x?password=hunter2", "SELECT 1", "postgresql://db/x: the address holds a password"),
    ],
)
def test_a_query_that_cannot_be_answered_is_one_sentence(root: Path, url: str, query: str, words: str) -> None:
    message = str(refused(SourceSettings(url=url, query=query), root))
    assert words in message
    assert "hunter2" not in message
    assert not (root / "none.db").exists()


@pytest.mark.usefixtures("forked_sources")
def test_a_query_that_would_change_something_changes_nothing(root: Path) -> None:
    refused(SourceSettings(url="sqlite:///loans.db", query="DELETE FROM loans"), root)
    assert open_table(SourceSettings(url="sqlite:///loans.db", query="SELECT * FROM loans"), root).num_rows == 3


@pytest.mark.usefixtures("forked_sources")
def test_a_query_that_never_ends_is_ended(root: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    problem = refused(SourceSettings(url="sqlite:///loans.db", query=endless, timeout=3.0), root)
    assert "sqlite:///loans.db: took longer than 3 s and was ended" in str(problem)
