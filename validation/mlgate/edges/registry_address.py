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


def address(self) -> str:
        """Where it is, without user name and password."""
        return _without_secrets(self.uri)

    def champion(self, model: str) -> str | None:
        """Version that carries the alias ``champion``; None when the model or the alias does not exist."""
        registered = self._registered(model)
        version = registered.aliases.get(ALIAS) if registered is not None else None
        return None if version is None else str(version)

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
        with self._telling(f"the versions of {model} cannot be listed"):
            found = self.client.search_model_versions(
                f"name={_quoted(model)}", order_by=["version_number DESC"], max_results=1
            )
        return str(found[0].version) if found else None

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
            An existing folder for the copy, which lives as long as the caller needs it; a local folder stays where it is.

        Raises
        ------
        RegistryError
            The registry holds no such model, version or alias, or its files are gone.
        DataError
            There is no model in the local folder.
        """
        from mlgate.edges.artifact import fetch

        with self._telling(f"{source} cannot be fetched"), self._spoken_to():
            try:
                found = fetch(source, into)
            except DataError as problem:
                # A folder without a model is bad input; a version without files is the registry's fault.
                if ":/" not in source:
                    raise
                raise RegistryError(str(problem)) from None
            except (OSError, RegistryError) as problem:
                raise RegistryError(f"{self.address}: {_one_line(problem)}") from None
        facts = ModelFacts(
            role=role,
            source=found.pinned or source,
            name=found.name,
            version=found.version,
            digest=found.digest,
            description=found.description,
        )
        return Located(path=found.folder, facts=facts)

    def experiment(self, name: str) -> str:
        """Id of an experiment, made when it is not there.

        Artifacts of an embedded registry go beside its file: MLflow would put them into ``mlruns`` of whatever folder
        the process happens to stand in.
        """
        with self._telling(f"the experiment {name} cannot be opened"):
            found = self.client.get_experiment_by_name(name)
            if found is not None:
                return str(found.experiment_id)
            file = _sqlite_file(self.uri)
            place = str(file.parent / "artifacts") if file is not None else None
            return str(self.client.create_experiment(name, artifact_location=place))

    def register(self, model: str, source: str, *, run_id: str | None = None, description: str = "") -> str:
        """Make a version of a model from a folder or artifact address, tagged with the digest of its files; its number.

        Raises
        ------
        RegistryError
            The registry refused it, or the files cannot be fetched from ``source``.
        """
        self.ensure_model(model)
        with self._telling(f"a version of {model} cannot be registered from {source}"):
            made = self.client.create_model_version(model, source, run_id=run_id, description=description or None)
        version = str(made.version)
        digest = self.artifact_digest(model, version)
        with self._telling(f"version {version} of {model} cannot be tagged with its digest"):
            self.client.set_model_version_tag(model, version, DIGEST_TAG, digest)
        return version

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
        from mlflow.exceptions import MlflowException

        with self._telling(f"the model {model} cannot be read"):
            try:
                return self.client.get_registered_model(model)
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
            raise RegistryError(f"{self.address}: {what} ({_one_line(problem)}).") from None

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


