"""Rows of a real PostgreSQL: types, credentials from the environment only, and no secret in any message."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pytest

from mlgate.edges.rows.files import data_digest, row_identity
from mlgate.edges.rows.sources import open_batches, open_table
from mlgate.errors import DataError
from mlgate.records.data_settings import SourceSettings
from tests.edges.rows.postgres import PASSWORD, Server, programs, running

sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
FOLDER = programs()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="PostgreSQL is not installed (Debian's package postgresql)")

SETUP = """
CREATE TABLE loans AS SELECT
    n AS id, n / 8.0::float8 AS score, CASE WHEN mod(n, 2) = 0 THEN 'São' END AS town
    FROM generate_series(1, 120000) AS n;
CREATE TABLE kinds AS SELECT
    12345678901234567::bigint AS big, 1.25::numeric(10, 2) AS amount, 7::numeric(10, 0) AS whole, 0.5::numeric AS free,
    true AS yes, DATE '2026-01-05' AS day, TIMESTAMP '2026-01-05 10:00' AS plain,
    TIMESTAMPTZ '2026-01-05 10:00+02' AS zoned, '{"b": 1, "a": [2]}'::jsonb AS doc,
    '7f9c24e8-3b12-4fef-91e0-a2f9d2fc5b1d'::uuid AS key, '\\x00ff'::bytea AS raw, NULL::int AS nothing;
CREATE SEQUENCE taken
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    assert FOLDER is not None
    with running(FOLDER) as started:
        engine = sqlalchemy.create_engine(
            f"postgresql+psycopg://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{started.port}/postgres"
        )
        with engine.begin() as connection:
            for statement in SETUP.split(";"):
                connection.exec_driver_sql(statement)
        engine.dispose()
        yield started


@pytest.fixture
def url(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LOANS_PASSWORD", PASSWORD)
    return f"postgresql+psycopg://reader:${{LOANS_PASSWORD}}@127.0.0.1:{server.port}/postgres"


def refused(source: SourceSettings, root: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_table(source, root)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert PASSWORD not in message
    assert quote(PASSWORD, safe="") not in message
    return message


def test_rows_of_postgresql_are_those_of_a_file(url: str, tmp_path: Path) -> None:
    expected = pa.table(
        {
            "id": range(1, 120_001),
            "score": [n / 8 for n in range(1, 120_001)],
            "town": [None if n % 2 else "São" for n in range(1, 120_001)],
        }
    )
    source = SourceSettings(url=url, query="SELECT * FROM loans ORDER BY id DESC")
    digest = data_digest(row_identity(expected, "id"))
    table = open_table(source, tmp_path)
    assert data_digest(row_identity(table, None)) == data_digest(row_identity(expected, None))
    batches = list(open_batches(source, tmp_path, rows=30_000))
    assert max(batch.num_rows for batch in batches) <= 30_000
    assert data_digest(row_identity(pa.Table.from_batches(batches), "id")) == digest


@pytest.mark.usefixtures("forked_sources")
def test_the_whole_address_may_come_from_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = f"postgresql+psycopg://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/postgres"
    monkeypatch.setenv("DATABASE_URL", whole)
    table = open_table(SourceSettings(url="${DATABASE_URL}", query="SELECT count(*) AS rows FROM loans"), tmp_path)
    assert table.to_pylist() == [{"rows": 120_000}]


@pytest.mark.usefixtures("forked_sources")
def test_types_of_postgresql_become_those_that_models_get(url: str, tmp_path: Path) -> None:
    table = open_table(SourceSettings(url=url, query="SELECT * FROM kinds"), tmp_path)
    assert table.to_pylist() == [
        {
            "big": 12345678901234567,
            "amount": 1.25,
            "whole": 7,
            "free": 0.5,
            "yes": True,
            "day": datetime.date(2026, 1, 5),
            "plain": datetime.datetime(2026, 1, 5, 10),
            "zoned": datetime.datetime(2026, 1, 5, 8, tzinfo=datetime.UTC),
            "doc": '{"a": [2], "b": 1}',
            "key": "7f9c24e8-3b12-4fef-91e0-a2f9d2fc5b1d",
            "raw": b"\x00\xff",
            "nothing": None,
        }
    ]


@pytest.mark.usefixtures("forked_sources")
def test_signs_that_mean_something_to_drivers_are_the_querys_own(url: str, tmp_path: Path) -> None:
    query = "SELECT '%s :x %(y)s'::text AS signs, id % 7 AS rest FROM loans WHERE id::text LIKE '%99999%'"
    assert open_table(SourceSettings(url=url, query=query), tmp_path).to_pylist() == [
        {"signs": "%s :x %(y)s", "rest": 99_999 % 7}
    ]


@pytest.mark.usefixtures("forked_sources")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT agee FROM loans", 'the query failed (column "agee" does not exist'),
        ("SELECT 1 / (id - 100000) FROM loans", "the query failed (division by zero"),
        ("SELECT * FROM loans WHERE id < 0", "holds no rows"),
        ("INSERT INTO loans VALUES (0, 0, NULL)", 'the query failed (syntax error at or near "INSERT"'),
        ("SELECT nextval('taken')", "the query failed (cannot execute nextval() in a read-only transaction"),
        ("SELECT id, score AS id FROM loans LIMIT 1", "the column 'id' stands there twice"),
    ],
)
def test_a_query_that_postgresql_refuses_is_one_sentence(url: str, tmp_path: Path, query: str, words: str) -> None:
    message = refused(SourceSettings(url=url, query=query), tmp_path)
    assert message.startswith("postgresql+psycopg://127.0.0.1:")
    assert words in message


@pytest.mark.usefixtures("forked_sources")
def test_a_wrong_password_is_one_sentence_without_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANS_PASSWORD", "wrong-one")
    message = refused(SourceSettings(url=url, query="SELECT 1"), tmp_path)
    assert "the database cannot be reached (" in message
    assert 'password authentication failed for user "reader"' in message
    assert "wrong-one" not in message


@pytest.mark.usefixtures("forked_sources")
def test_a_server_that_is_not_there_is_one_sentence(url: str, server: Server, tmp_path: Path) -> None:
    message = refused(SourceSettings(url=url.replace(str(server.port), "1"), query="SELECT 1"), tmp_path)
    assert "the database cannot be reached (" in message
    assert "refused" in message


@pytest.mark.usefixtures("forked_sources")
def test_an_address_without_the_driver_takes_the_installed_one_or_says_what_to_install(
    url: str, tmp_path: Path
) -> None:
    table = open_table(SourceSettings(url=url.replace("+psycopg", ""), query="SELECT 1 AS x"), tmp_path)
    assert table.to_pylist() == [{"x": 1}]
