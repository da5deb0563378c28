"""The MLflow registry: found by one address, asked in plain words, failing quickly and in one sentence.

Everything that moves or reads the alias ``champion`` goes through here. MLflow costs seconds to import, so that happens
in ``connect`` and not before; its telemetry, progress bars and chatter are switched off first.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlgate.edges.registry_address import (
    DEFAULT_ADDRESS,
    VARIABLE,
    check_file,
    check_server,
    one_line,
    resolve_address,
    sqlite_file,
    without_secrets,
)
from mlgate.errors import DataError, RegistryError
from mlgate.records.decision import ModelFacts

__all__ = ["ALIAS", "DIGEST_TAG", "Located", "Registry", "connect"]

#: Alias of the model in production.
ALIAS = "champion"
#: Tag of a model version that holds the digest of its files.
DIGEST_TAG = "mlgate.digest"
#: Set before MLflow is imported. The user can widen the limits below; telemetry cannot be switched on by accident.
_ALWAYS = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
_UNLESS_SET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A model that was found: where its files are now, and which model it is."""

    path: Path
    facts: ModelFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """A registry that answered. Made by ``connect``."""

    #: as MLflow is told it, with whatever secrets it holds; ``address`` is for messages.
    uri: str
    #: ``mlflow.MlflowClient``, which is untyped.
    client: Any

    @property
    def connect(uri: str | None = None, *, create: bool = True) -> Registry:
    """A registry that is known to answer.

    Parameters
    ----------
    uri
        Its address, from ``address``; None: MLFLOW_TRACKING_URI, else ``sqlite:///mlflow.db`` in the current folder.
    create
        Whether an embedded registry is made when its file is not there.

    Raises
    ------
    RegistryError
        It is out of reach, is no MLflow registry, or MLflow is not installed; found out within seconds.
    """
    uri = resolve_address(uri or os.environ.get(VARIABLE, "").strip() or DEFAULT_ADDRESS, Path.cwd())
    file = sqlite_file(uri)
    if file is not None:
        check_file(file, create=create)
    elif uri.startswith(("http://", "https://")):
        check_server(uri)
    make_client = _load_mlflow()
    from mlflow.exceptions import MlflowException

    _log.debug("opening the registry at %s", without_secrets(uri))
    try:
        client = make_client(tracking_uri=uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or uri)
        client.search_registered_models(max_results=1)
    except (MlflowException, OSError, ImportError, ValueError) as problem:
        raise RegistryError(
            f"{without_secrets(uri)}: is no registry that MLflow can use ({one_line(problem)}); "
            "check registry: in mlgate.yaml, or MLFLOW_TRACKING_URI."
        ) from None
    return Registry(uri=uri, client=client)


def _load_mlflow() -> Any:
    """``MlflowClient``, with all that MLflow would do unasked switched off before it is imported."""
    os.environ.update(_ALWAYS)
    for name, value in _UNLESS_SET.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            # MLflow 3.17 asks SQLAlchemy 2.1 for a loader that is to go away; nobody who runs us can act on it.
            warnings.simplefilter("ignore", DeprecationWarning)
            importlib.import_module("mlflow.store.model_registry.sqlalchemy_store")
            importlib.import_module("mlflow.store.tracking.sqlalchemy_store")
            from mlflow import MlflowClient
    except ModuleNotFoundError as problem:
        raise RegistryError(
            f"a registry needs MLflow, and {problem.name} is not installed: pip install 'mlgate[mlflow]'."
        ) from None
    return MlflowClient


def _quoted(text: str) -> str:
    """A value for MLflow's search language, which knows two kinds of quotation marks and no escape."""
    return f'"{text}"' if "'" in text else f"'{text}'"
