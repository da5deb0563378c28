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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mlgate.edges.quiet import MLFLOW_PATIENCE, MLFLOW_QUIET
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
from mlgate.errors import DataError, RegistryError, install
from mlgate.frozen import dataclass
from mlgate.records.decision import ModelFacts

__all__ = ["ALIAS", "DIGEST_TAG", "Located", "Registry", "connect"]

#: Alias of the model in production.
ALIAS = "champion"
#: Tag of a model version that holds the digest of its files.
DIGEST_TAG = "mlgate.digest"
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
    def address(self) -> str:
        """Where it is, without user name and password."""
        return without_secrets(self.uri)

    def champion(self, model: str) -> str | None:
        """Version that carries the alias ``champion``; None when the model or the alias does not exist."""
        return (self.aliases(model) or {}).get(ALIAS)

    def aliases(self, model: str) -> dict[str, str] | None:
        """The version that carries each alias of a model; None when the model does not exist."""
        registered = self._registered(model)
        return None if registered is None else {str(name): str(one) for name, one in registered.aliases.items()}

    def set_champion(self, model: str, version: str) -> None:
        """Move the alias ``champion`` to a version, and look whether it moved.

        Raises
        ------
        RegistryError
            There is no such version, or the registry did not take it.
        """
        with self._telling(f"the alias {ALIAS} of {model} cannot be moved to version {version}"):
            self.client.set_registered_model_alias(model, ALIAS, version)
        found = self.champion(model)
        if found != version:
            raise RegistryError(
                f"{self.address}: the alias {ALIAS} of {model} was set to version {version} but stands at {found}; "
                "somebody else moves it at the same time, so look at the registry."
            )

    def latest(self, model: str) -> str | None:
        """The highest version of a model; None when it has none or does not exist."""
        return next(iter(self.newest(model, 1)), None)

    def newest(self, model: str, most: int) -> list[str]:
        """The newest versions of a model, the highest first."""
        with self._telling(f"the versions of {model} cannot be listed"):
            found = self.client.search_model_versions(
                f"name={_quoted(model)}", order_by=["version_number DESC"], max_results=most
            )
        return [str(one.version) for one in found]

    def holds(self, model: str, version: str) -> bool:
        """Whether there is such a version."""
        return (
            self._found(self.client.get_model_version, model, version, what=f"version {version} of {model}") is not None
        )

    def staged(self, model: str, stage: str) -> str | None:
        """The version of a model in a stage, which MLflow keeps for older registries; None when there is none."""
        with self._telling(f"the stage {stage} of {model} cannot be read"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            found = self.client.get_latest_versions(model, [stage])
        return str(found[0].version) if found else None

    def holds_logged(self, model_id: str) -> bool:
        """Whether there is a model of a run under this id, registered or not."""
        return self._found(self.client.get_logged_model, model_id, what=f"the model {model_id}") is not None

    def files_of_run(self, run_id: str, folder: str | None = None) -> list[str] | None:
        """Paths in a folder of a run, without a folder those at its top; None when there is no such run."""
        if self._found(self.client.get_run, run_id, what=f"the run {run_id}") is None:
            return None
        with self._telling(f"the files of the run {run_id} cannot be listed"):
            return [str(one.path) for one in self.client.list_artifacts(run_id, folder)]

    def models_of_run(self, run_id: str) -> list[str]:
        """Names of the models that a run logged."""
        run = self._found(self.client.get_run, run_id, what=f"the run {run_id}")
        logged = [] if run is None or run.outputs is None else run.outputs.model_outputs
        with self._telling(f"the models of the run {run_id} cannot be read"):
            return [str(self.client.get_logged_model(one.model_id).name) for one in logged]

    def models(self) -> list[str]:
        """Names of registered models, of many the first hundred."""
        with self._telling("the models cannot be listed"):
            return [str(one.name) for one in self.client.search_registered_models(max_results=100)]

    def version_facts(self, model: str, version: str) -> dict[str, str]:
        """``version``, ``source``, ``run_id``, ``description`` and ``digest`` of a version; empty where it has none.

        Raises
        ------
        RegistryError
            There is no such version.
        """
        with self._telling(f"there is no version {version} of {model}"):
            found = self.client.get_model_version(model, version)
        tags = dict(found.tags or {})
        return {
            "version": str(found.version),
            "source": str(found.source or ""),
            "run_id": str(found.run_id or ""),
            "description": str(tags.get("description") or found.description or ""),
            "digest": str(tags.get(DIGEST_TAG, "")),
        }

    def artifact_digest(self, model: str, version: str) -> str:
        """Digest of a version's files as they are now, fetched anew, whatever its tags say.

        Raises
        ------
        RegistryError
            The version or its files are gone.
        """
        with tempfile.TemporaryDirectory(prefix="mlgate-") as folder:
            return self.resolve(f"models:/{model}/{version}", role="challenger", into=Path(folder)).facts.digest

    def resolve(self, source: str, *, role: str, into: Path) -> Located:
        """Fetch a model by any of its names.

        Parameters
        ----------
        source
            ``models:/name@alias``, ``models:/name/7``, ``runs:/id/path``, or the path of an MLflow model folder.
        role
            ``champion`` or ``challenger``, for the facts.
        into
            An empty folder for the copy, which lives as long as the caller needs it.

        Raises
        ------
        RegistryError
            The registry holds no such model, version or alias, or its files are gone.
        DataError
            There is no model in the local folder.
        """
        from mlgate.edges.models.artifact import fetch

        with self._telling(f"{source} cannot be fetched"), self._spoken_to():
            try:
                found = fetch(source, into)
            except DataError as problem:
                # A folder without a model is bad input; a version without files is the registry's fault.
                if ":/" not in source:
                    raise
                raise RegistryError(str(problem)) from None
            except (OSError, RegistryError) as problem:
                raise RegistryError(f"{self.address}: {one_line(problem)}") from None
        facts = ModelFacts(
            role=role,
            source=found.pinned or source,
            name=found.name,
            version=found.version,
            digest=found.digest,
            description=found.description,
        )
        return Located(path=found.folder, facts=facts)

    def ensure_model(self, model: str) -> None:
        """Make the registered model when it is not there."""
        from mlflow.exceptions import MlflowException

        if self._registered(model) is not None:
            return
        with self._telling(f"the model {model} cannot be made"):
            try:
                self.client.create_registered_model(model)
            except MlflowException as problem:
                # Somebody else was a moment faster, which is as good.
                if problem.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise

    def tags(self, model: str) -> dict[str, str]:
        """Tags of the registered model, not of a version; empty when it does not exist."""
        registered = self._registered(model)
        return {} if registered is None else {str(key): str(value) for key, value in registered.tags.items()}

    def set_tag(self, model: str, key: str, value: str) -> None:
        """Set a tag of the registered model, which is made when it is not there."""
        self.ensure_model(model)
        with self._telling(f"the tag {key} of {model} cannot be written"):
            self.client.set_registered_model_tag(model, key, value)

    def delete_tag(self, model: str, key: str) -> None:
        """Take a tag of the registered model away; no harm if it is not there."""
        with self._telling(f"the tag {key} of {model} cannot be taken away"):
            self.client.delete_registered_model_tag(model, key)

    def _registered(self, model: str) -> Any | None:
        return self._found(self.client.get_registered_model, model, what=f"the model {model}")

    def _found(self, read: Callable[..., Any], *names: str, what: str) -> Any | None:
        """What the registry holds under some names; None when it holds nothing there."""
        from mlflow.exceptions import MlflowException

        with self._telling(f"{what} cannot be read"):
            try:
                return read(*names)
            except MlflowException as problem:
                if problem.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise

    @contextlib.contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Turn MLflow's exceptions into one sentence that says where."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as problem:
            raise RegistryError(f"{self.address}: {what} ({one_line(problem)}).") from None

    @contextlib.contextmanager
    def _spoken_to(self) -> Iterator[None]:
        """Make this registry the one that MLflow's global functions ask, and put everything back after."""
        import mlflow

        before = os.environ.get(VARIABLE)
        set_by_code = mlflow.is_tracking_uri_set() and mlflow.get_tracking_uri() != before
        kept = mlflow.get_tracking_uri() if set_by_code else None
        mlflow.set_tracking_uri(self.uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(kept)
            # MLflow writes the address into the environment too, from where it would win over mlgate.yaml ever after.
            if before is None:
                os.environ.pop(VARIABLE, None)
            else:
                os.environ[VARIABLE] = before


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
    make_client = _load_mlflow(database=not uri.startswith("http"))
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


def _load_mlflow(*, database: bool) -> Any:
    """``MlflowClient``, with all that MLflow would do unasked switched off before it is imported.

    What a database needs is imported here too, since it warns; a server needs none of it and is asked seconds sooner.
    """
    os.environ.update(MLFLOW_QUIET)
    for name, value in {**MLFLOW_PATIENCE, "MLFLOW_LOGGING_LEVEL": "WARNING"}.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            # MLflow 3.17 asks SQLAlchemy 2.1 for a loader that is to go away; nobody who runs us can act on it.
            warnings.simplefilter("ignore", DeprecationWarning)
            from mlflow import MlflowClient

            for store in ("model_registry", "tracking") if database else ():
                importlib.import_module(f"mlflow.store.{store}.sqlalchemy_store")
    except ModuleNotFoundError as problem:
        raise RegistryError(
            f"a registry needs MLflow, and {problem.name} is not installed; run "
            f"{install('mlflow', 'pandas', 'skops', 'scikit-learn')}."
        ) from None
    return MlflowClient


def _quoted(text: str) -> str:
    """A value for MLflow's search language, which knows two kinds of quotation marks and no escape."""
    return f'"{text}"' if "'" in text else f"'{text}'"
