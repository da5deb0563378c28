"""A model's files: found by any of its names, fetched, bound by a digest, and looked at before they are loaded.

Runs inside the model process and the training process, which have MLflow loaded anyway; separate from both because all
who name a model by digest must fetch it in this one way.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlgate.edges.rows.files import digest_folder
from mlgate.errors import DataError, RegistryError
from mlgate.frozen import dataclass

__all__ = ["ALLOW_PICKLE", "REGISTERED", "THRESHOLD", "Artifact", "fetch", "refuse_pickles"]

#: Environment variable that lets pickled models be loaded, when it is 1.
ALLOW_PICKLE = "MLGATE_ALLOW_PICKLE"
#: Key of a model's metadata: the score from which its decision is the positive class.
THRESHOLD = "decision_threshold"
#: Endings of files that run code of their choice when they are loaded.
PICKLES = frozenset({".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pth"})
#: What MLflow adds to a copy that it downloads under a registered name. It is no part of the model.
DOWNLOAD_NOTE = "registered_model_meta"

#: A version of a registered model, by its alias, its number, or ``latest``.
REGISTERED = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+|latest))")


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One model, fetched."""

    folder: Path
    #: registered name and version; empty for a folder and for the model of a run.
    name: str
    version: str
    #: SHA-256 over the files, ``sha256:…``: the same for a registered version and for its folder.
    digest: str
    #: tag ``description`` of the version, else its description, else ``description`` in the model's metadata.
    description: str

    @property
    def pinned(self) -> str:
        """The name under which exactly this version is found again, whatever happens to aliases."""
        return f"models:/{self.name}/{self.version}" if self.name else ""


def fetch(source: str, into: Path) -> Artifact:
    """Fetch a model by ``models:/name@alias``, ``models:/name/7``, ``runs:/…`` or the path of an MLflow model folder.

    Parameters
    ----------
    source
        The name. What registry is asked is MLflow's setting.
    into
        An existing folder for the copy. A local model folder is copied too: loading may write beside a model's code,
        and what is loaded must be what was digested.

    Raises
    ------
    DataError
        There is no MLflow model at that place.
    RegistryError
        The registry holds no such model, version or alias.
    """
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    registered = REGISTERED.fullmatch(source)
    folder = into / "model"
    try:
        version = _find(registered) if registered else None
        if ":/" in source:
            address = source if version is None else f"models:/{version.name}/{version.version}"
            folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=str(into)))
            (folder / DOWNLOAD_NOTE).unlink(missing_ok=True)
        elif (Path(source) / "MLmodel").is_file():
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    except MlflowException as problem:
        reason = " ".join(str(problem).split())[:300].rstrip(".")
        raise RegistryError(
            f"{source}: cannot be fetched ({reason}); check its name, its version and the registry."
        ) from None
    if ":/" not in source and not Path(source).exists():
        raise DataError(
            f"{source}: there is no such folder, which would hold a file MLmodel; check the path, or name a registered "
            "model such as models:/NAME/7."
        )
    if not (folder / "MLmodel").is_file():
        raise DataError(f"{source}: is not an MLflow model, since there is no file MLmodel in it; check the path.")
    metadata: Mapping[str, Any] = Model.load(str(folder)).metadata or {}
    described = "" if version is None else version.tags.get("description") or version.description
    return Artifact(
        folder=folder,
        name="" if version is None else version.name,
        version="" if version is None else str(version.version),
        digest=digest_folder(folder),
        description=str(described or metadata.get("description", "")),
    )


def _find(registered: re.Match[str]) -> Any:
    """The registry's record of a version; by its alias, its number, or ``latest``."""
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    client = MlflowClient()
    name = registered["name"]
    if registered["alias"]:
        return client.get_model_version_by_alias(name, registered["alias"])
    if registered["version"] != "latest":
        return client.get_model_version(name, registered["version"])
    newest = client.search_model_versions(f"name='{name}'", max_results=1, order_by=["version_number DESC"])
    if not newest:
        raise MlflowException(f"{name} has no versions")
    return newest[0]


def refuse_pickles(folder: Path, flavors: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a model that is, or brings, pickles: loading one runs whatever code its author put in.

    Parameters
    ----------
    folder
        The model's files.
    flavors
        As in its MLmodel.

    Raises
    ------
    DataError
        There is a pickle, and the environment variable MLGATE_ALLOW_PICKLE is not 1.
    """
    if os.environ.get(ALLOW_PICKLE) == "1":
        return
    kinds = {str(flavor.get("serialization_format")) for flavor in flavors.values()} & {"pickle", "cloudpickle"}
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix.lower() in PICKLES)
    if kinds or files:
        what = f"holds {files[0]}" if files else f"is saved as {kinds.pop()}"
        raise DataError(
            f"{what}, and a pickle can run any code when it is loaded; save the model with serialization_format="
            f'"skops" or in a format of its library, or set {ALLOW_PICKLE}=1 if you trust whoever made it.'
        )
