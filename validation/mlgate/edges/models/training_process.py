"""The other side of ``training.py``: the process in which the user's training callable runs.

``python -m mlgate.edges.models.training_process REQUESTS ANSWERS LIFELINE`` (three file descriptors). It gets one order
and gives one answer, both JSON. Separate because here, and not in the parent, are MLflow and the user's code imported.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlgate.edges.child_side import answer_once
from mlgate.edges.models.artifact import fetch
from mlgate.edges.named_function import named_function
from mlgate.errors import ConfigError, DataError, MlgateError, RegistryError

__all__ = ["DIGEST_TAG", "main", "resolve", "run_training"]

#: Tag of a model version: SHA-256 over its files at the moment of training.
DIGEST_TAG = "mlgate.digest"

_VERSION = re.compile(r"models:/(?P<name>[^/@]+)/(?P<version>\d+)")


def main(arguments: list[str]) -> int:
    """Train once and answer with ``{"uri", "digest", "description"}``, or with ``{"problem", "kind"}``."""
    return answer_once(arguments, run_training)


def run_training(order: dict[str, Any]) -> dict[str, str]:
    """Call the training callable and label what it registered.

    Parameters
    ----------
    order
        ``root``, ``callable``, ``config``, ``options``, ``seeds`` (with how many seeds it will be called again) and
        ``model``: the name under which it must be registered.
    """
    try:
        _take_threads()
        sys.path.insert(0, order["root"])
        function = resolve(order["callable"], order["options"])
        if order["seeds"]:
            _check_seed(function, order["callable"], order["options"])
        return label_version(function(order["config"], **order["options"]), order["callable"], order["model"])
    except (ConfigError, RegistryError) as problem:
        return {"problem": str(problem), "kind": type(problem).__name__}
    except BaseException as problem:  # SystemExit too: training code may end its process, and that is no success
        traceback.print_exc()
        told = str(problem) if isinstance(problem, MlgateError) else traceback.format_exception_only(problem)[-1]
        return {"problem": " ".join(told.split())[:500], "kind": "ModelError"}


def _take_threads() -> None:
    """Give numeric libraries the threads that the environment names: in a fork they were loaded under another one."""
    with contextlib.suppress(ImportError, KeyError, ValueError):
        named = {"openmp": "OMP_NUM_THREADS", "blas": "OPENBLAS_NUM_THREADS"}
        limits = {kind: int(os.environ[name]) for kind, name in named.items()}
        importlib.import_module("threadpoolctl").threadpool_limits(limits)


def resolve(name: str, options: dict[str, str]) -> Callable[..., object]:
    """The function that ``module:function`` names, checked to take a configuration file and these options.

    Raises
    ------
    ConfigError
        There is no such module or function, or it does not take such options.
    """
    function = named_function(name, told="mlgate.yaml: train.callable", check=repr(name))
    try:
        inspect.signature(function).bind("", **options)
    except TypeError as problem:
        raise ConfigError(f"{name} cannot be called with these options ({problem}); see --with.") from None
    return function


def _check_seed(function: Callable[..., object], name: str, options: dict[str, str]) -> None:
    """Better told before an hour of training than after it."""
    try:
        inspect.signature(function).bind("", **{**options, "seed": "1"})
    except TypeError:
        raise ConfigError(
            f"mlgate.yaml: train.seeds: {name} does not take a seed; give it a keyword argument seed (it gets a text "
            'such as "1"), or leave train.seeds out.'
        ) from None


def label_version(uri: object, callable_name: str, model: str) -> dict[str, str]:
    """Check what training returned, and put digest and description on the model version as tags.

    Raises
    ------
    DataError
        It is not ``models:/<model>/<version>`` of the model that mlgate.yaml names.
    RegistryError
        The registry does not hold that version.
    """
    found = _VERSION.fullmatch(uri) if isinstance(uri, str) else None
    if found is None or found["name"] != model:
        raise DataError(
            f"{callable_name} returned {uri!r}; it must register the model and return models:/{model}/<version>."
        )
    from mlflow.tracking import MlflowClient

    with tempfile.TemporaryDirectory(prefix="mlgate-train-") as folder:
        artifact = fetch(found.string, Path(folder))
    tags = {DIGEST_TAG: artifact.digest} | ({"description": artifact.description} if artifact.description else {})
    for key, value in tags.items():
        MlflowClient().set_model_version_tag(artifact.name, artifact.version, key, value)
    return {"uri": artifact.pinned, "digest": artifact.digest, "description": artifact.description}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
