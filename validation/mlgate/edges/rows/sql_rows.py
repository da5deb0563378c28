"""A query to Arrow tables by way of SQLAlchemy, some rows at a time; runs in a process of its own.

Separate because types are decided here: what a driver hands over as Python objects becomes what a model would be given.
Exact decimals become floats (whole ones integers, where the database says that they have no decimals), other objects
the text that PostgreSQL would show. Secrets come from the environment and leave in no message.
"""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import json
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa

from mlgate.edges.rows.schemas import refuse_doubles
from mlgate.errors import ConfigError, DataError, install

__all__ = ["rows_of"]

#: Rows that are held as Python objects at a time.
CHUNK = 50_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
#: A password in an address that is no variable.
_PASSWORD = re.compile(
    r"://[^/@]*?:(?!\$\{[A-Za-z_][A-Za-z0-9_]*\}@)[^@]+@|[?&](password|sslpassword|pwd)=(?!\$\{)", re.I
)


def rows_of(url: str, query: str, *, shown: str) -> Iterator[pa.Table]:
    """The rows that a query gives.

    Parameters
    ----------
    url
        SQLAlchemy address, with ``${NAME}`` for what comes from the environment.
    query
        One statement that returns rows.
    shown
        The address as it may be printed.

    Raises
    ------
    ConfigError
        A password in the address, a variable that is not set, or no such driver.
    DataError
        The database does not let us in, or the query fails.
    """
    address, secrets = _expanded(url, shown)
    engine = _engine(address, shown, secrets)
    try:
        with _told(shown, secrets, "the database cannot be reached", "check the address and the credentials"):
            connection = engine.connect()
        options = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
        with connection:
            streamed = connection.execution_options(stream_results=True, yield_per=CHUNK, **options)
            yield from _chunks(streamed, query, shown, secrets)
    finally:
        engine.dispose()


def _chunks(connection: Any, query: str, shown: str, secrets: Sequence[str]) -> Iterator[pa.Table]:
    from sqlalchemy import text

    with _told(shown, secrets, "the query failed", "correct it"):
        # A colon in the query is no parameter, and SQLAlchemy doubles percent signs for the drivers that read them.
        result = connection.execute(text(query.replace(":", "\\:")))
    if not result.returns_rows:
        raise DataError(f"{shown}: the query returns no rows of any kind; write a SELECT.")
    names = [str(name) for name in result.keys()]
    refuse_doubles(names, shown)
    whole = [_is_whole(column) for column in result.cursor.description]
    empty = True
    parts = result.partitions(CHUNK)
    while True:
        with _told(shown, secrets, "the query failed", "correct it"):
            rows = next(parts, None)
        if rows is None:
            break
        empty = False
        columns = zip(names, zip(*rows, strict=True), whole, strict=True)
        yield pa.table([_array(values, name, digits, shown) for name, values, digits in columns], names=names)
    if empty:
        yield pa.table([pa.nulls(0) for _ in names], names=names)


def _expanded(url: str, shown: str) -> tuple[str, list[str]]:
    """The address with its variables filled in, and what must not be printed."""
    if _PASSWORD.search(url):
        raise ConfigError(
            f"{shown}: the address holds a password; put it into an environment variable and write ${{NAME}} in its "
            "place."
        )
    secrets = []

    def value(found: re.Match[str]) -> str:
        held = os.environ.get(found[1], "")
        if not held:
            raise ConfigError(f"{shown}: the environment variable {found[1]} is not set; set it to the credentials.")
        secrets.append(held)
        return held if found[0] == url.strip() else quote(held, safe="")

    return _VARIABLE.sub(value, url.strip()), secrets


def _engine(address: str, shown: str, secrets: list[str]) -> Any:
    try:
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
        from sqlalchemy.pool import NullPool
    except ImportError:
        raise ConfigError(
            f"{shown}: reading it needs SQLAlchemy, which is not installed; run {install('sqlalchemy')}."
        ) from None
    try:
        url = sqlalchemy.make_url(address)
        secrets += [one for one in (url.password, url.render_as_string(hide_password=False)) if one]
        if url.get_backend_name() == "sqlite" and url.database and not url.database.startswith(("file:", ":memory:")):
            _check_file(url.database, shown)
        return sqlalchemy.create_engine(url, poolclass=NullPool)
    except NoSuchModuleError:
        raise ConfigError(
            f"{shown}: no driver of that name is known to SQLAlchemy; write an address such as "
            "postgresql+psycopg://host/database."
        ) from None
    except ArgumentError:
        raise ConfigError(
            f"{shown}: is not an address of a database; write one such as postgresql+psycopg://host/database."
        ) from None
    except ModuleNotFoundError as problem:
        raise ConfigError(
            f"{shown}: its driver {problem.name!r} is not installed; run {install(problem.name or 'the driver')}."
        ) from None


def _check_file(name: str, shown: str) -> None:
    """SQLite would make an empty database where there is none."""
    if not Path(name).is_file():
        raise DataError(f"{shown}: there is no such file; check the path.")


@contextmanager
def _told(shown: str, secrets: Sequence[str], what: str, advice: str) -> Iterator[None]:
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, UnicodeError) as problem:
        reason = problem.orig if isinstance(problem, DBAPIError) else problem
        raise DataError(f"{shown}: {what} ({_clean(reason, secrets)}); {advice}.") from None


def _clean(problem: object, secrets: Sequence[str]) -> str:
    """The driver's reason in one line, with no secret in it."""
    text = " ".join(str(problem).split()).rstrip(".")[:300]
    hidden = sorted({form for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""))}, key=len)
    if any(len(form) < 4 and form in text for form in hidden):
        return type(problem).__name__  # what is so short would be told by what is left out
    for form in reversed(hidden):
        text = text.replace(form, "***")
    return text


# ---- types


def _is_whole(column: Sequence[Any]) -> bool:
    """Whether the database says of a decimal column that it has no decimals."""
    return len(column) > 5 and column[5] == 0


def _array(values: Sequence[Any], name: str, whole: bool, shown: str) -> pa.Array:
    first = next((value for value in values if value is not None), None)
    kind = None
    if isinstance(first, decimal.Decimal):
        values = [value if value is None else int(value) if whole else float(value) for value in values]
    elif isinstance(first, datetime.datetime) and first.tzinfo is not None:
        kind = pa.timestamp("us", "UTC")
    elif isinstance(first, (dict, list)):
        values = [value if value is None else json.dumps(value, sort_keys=True, default=str) for value in values]
    elif isinstance(first, (uuid.UUID, ipaddress.IPv4Address, ipaddress.IPv6Address)):
        values = [value if value is None else str(value) for value in values]
    elif isinstance(first, memoryview):
        values = [value if value is None else bytes(value) for value in values]
    try:
        return pa.array(values, type=kind)
    except (pa.ArrowException, TypeError, OverflowError):
        kinds = " and ".join(sorted({type(value).__name__ for value in values if value is not None}))
        raise DataError(
            f"{shown}: column {name!r} of the query holds {kinds}, which is no single type; cast it in the query."
        ) from None
