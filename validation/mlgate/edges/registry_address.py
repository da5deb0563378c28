"""Where the registry is, and whether anything is there: found out in seconds and without importing MLflow.

Separate from ``mlflow_registry.py`` because MLflow retries for minutes what can be known at once.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from mlgate.errors import RegistryError
from mlgate.records.settings import Settings

__all__ = [
    "DEFAULT_ADDRESS",
    "VARIABLE",
    "address",
    "check_file",
    "check_server",
    "one_line",
    "resolve_address",
    "sqlite_file",
    "without_secrets",
]

#: Environment variable that comes before everything that mlgate.yaml says.
VARIABLE = "MLFLOW_TRACKING_URI"
DEFAULT_ADDRESS = "sqlite:///mlflow.db"
#: Seconds that a server may take to answer at all.
PATIENCE = 5.0

_SQLITE = "sqlite:///"


def address(settings: Settings) -> str:
    """Where the registry of one mlgate.yaml is: MLFLOW_TRACKING_URI, else ``registry:``, else ``sqlite:///mlflow.db``.

    A relative path starts at the folder of mlgate.yaml; in MLFLOW_TRACKING_URI, which other tools read too, it starts
    where they would start it: at the current folder.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return resolve_address(given, Path.cwd())
    return resolve_address(settings.registry or DEFAULT_ADDRESS, settings.root)


def resolve_address(uri: str, root: Path) -> str:
    """An address with its relative path made absolute; addresses of servers stay as they are.

    >>> resolve_address("sqlite:///reports/mlflow.db", Path("/home/anna"))
    'sqlite:////home/anna/reports/mlflow.db'
    >>> resolve_address("https://mlflow.example.com", Path("/home/anna"))
    'https://mlflow.example.com'
    """
    if uri.startswith(_SQLITE):
        path, mark, query = uri.removeprefix(_SQLITE).partition("?")
        return f"{_SQLITE}{root / path}{mark}{query}"
    if "://" in uri or uri.split(":")[0] in ("databricks", "databricks-uc", "uc", "file"):
        return uri
    return str(root / uri)


def sqlite_file(uri: str) -> Path | None:
    """File of an embedded registry; None for all others."""
    return Path(uri.removeprefix(_SQLITE).partition("?")[0]) if uri.startswith(_SQLITE) else None


def check_file(file: Path, *, create: bool) -> None:
    """Refuse what SQLite cannot open, before MLflow tries ten times; make the folder of a new one."""
    advice = "check registry: in mlgate.yaml, or MLFLOW_TRACKING_URI"
    if not file.exists():
        if not create:
            raise RegistryError(
                f"{file}: there is no registry yet; train and register a first model with `mlgate train`, or {advice}."
            )
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise RegistryError(
                f"{file}: the registry's folder cannot be made ({problem.strerror}); {advice}."
            ) from None
        if not os.access(file.parent, os.W_OK):
            raise RegistryError(f"{file}: the registry's folder cannot be written to; {advice}.")
        return
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{urllib.parse.quote(str(file))}?mode=ro", uri=True, timeout=PATIENCE)
        ) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as problem:
        raise RegistryError(f"{file}: is not a registry that can be opened ({problem}); {advice}.") from None
    if tables and "registered_models" not in tables:
        raise RegistryError(f"{file}: is a SQLite database, but not one of MLflow; {advice}.")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would lead to an address that the user did not name."""

    def redirect_request(self, *_: object) -> None:
        return None


def check_server(uri: str) -> None:
    """One short request: any answer but a gateway's complaint shows that there is a server."""
    place = without_secrets(uri)
    problem = ""
    try:
        urllib.request.build_opener(_NoRedirect).open(f"{place.rstrip('/')}/health", timeout=PATIENCE).close()
    except urllib.error.HTTPError as answer:
        answer.close()
        problem = f"it answers {answer.code}" if answer.code in (502, 503, 504) else ""
    except (OSError, http.client.HTTPException, ValueError) as failure:
        problem = one_line(getattr(failure, "reason", failure))
    if problem:
        raise RegistryError(
            f"{place}: the registry is out of reach ({problem}); start it, or correct registry: in mlgate.yaml or"
            " MLFLOW_TRACKING_URI."
        )


def without_secrets(uri: str) -> str:
    parts = urllib.parse.urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def one_line(problem: object) -> str:
    return " ".join(str(problem).split()).rstrip(".")[:300]
