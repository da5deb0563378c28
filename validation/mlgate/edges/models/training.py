"""Training on request: the user's own callable, in a process of its own, with a time limit and a registry.

Separate from the model processes because training is called once, may take an hour, and writes to the registry. Trained
again with another seed, only to learn how much the outcome moves, it writes to a registry that is thrown away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from mlgate.edges.child import Child, ChildDied, ChildLate, spawn
from mlgate.edges.models.fork_server import fork, running
from mlgate.edges.quiet import quiet_environment
from mlgate.edges.registry_address import VARIABLE, address, check_file, check_server, sqlite_file
from mlgate.edges.rows.files import write_atomically
from mlgate.errors import ConfigError, ModelError, RegistryError
from mlgate.frozen import dataclass
from mlgate.records.settings import Settings, TrainSettings

__all__ = ["Trained", "throwaway_address", "train", "train_model", "train_seed"]

#: By which MLflow learns where the artifacts of an SQLite registry go; else they would lie beside the user's files.
_ARTIFACTS = "_MLFLOW_SERVER_ARTIFACT_ROOT"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What training registered."""

    #: ``models:/<name>/<version>``.
    uri: str
    #: SHA-256 over the model's files, also the version's tag ``mlgate.digest``.
    digest: str
    #: such as "gradient boosting"; empty when the training code says nothing.
    description: str


def train_model(settings: Settings, options: Mapping[str, str]) -> str:
    """Name of the newly registered version, ``models:/<name>/<version>``; see ``train``."""
    return train(settings, options).uri


def train(settings: Settings, options: Mapping[str, str], *, log: Path | None = None) -> Trained:
    """Run the training callable of mlgate.yaml and label the version that it registers.

    Parameters
    ----------
    settings
        Of one mlgate.yaml. The callable is found from its folder, and runs there.
    options
        Handed to the callable as keyword arguments.
    log
        File that gets the end of what training printed; ``reports/train.log`` beside mlgate.yaml when None.

    Raises
    ------
    ConfigError
        Nothing to call, no such callable, no such configuration file, or options that it does not take.
    ModelError
        Training raised, died, took too long, or did not return a version of this model; role ``challenger``.
    RegistryError
        It is out of reach, or does not hold what training says it registered.
    """
    place = {VARIABLE: _reachable(settings)} if settings.train is not None else {}
    return _train(settings, options, place, log or settings.root / "reports" / "train.log")


def train_seed(settings: Settings, seed: int, *, place: Path) -> Trained:
    """Train another challenger with a seed of its own, and register it in a registry that nobody keeps.

    Parameters
    ----------
    settings
        Of one mlgate.yaml.
    seed
        Handed to the training callable as ``--with seed=…`` would.
    place
        Folder of that registry, see ``throwaway_address``; removing it removes the model.

    Raises
    ------
    ConfigError, ModelError, RegistryError
        As ``train``.
    """
    own = {VARIABLE: throwaway_address(place), _ARTIFACTS: (place / "artifacts").as_uri()}
    try:
        return _train(settings, {"seed": str(seed)}, own, settings.root / "reports" / "train-seeds.log")
    except RegistryError as problem:
        told = str(problem).partition("; ")[0]
        raise RegistryError(
            f"train.seeds: {told}; training must register where MLFLOW_TRACKING_URI says, which is elsewhere for seeds."
        ) from None


def throwaway_address(place: Path) -> str:
    """Address of the registry in a folder that will be removed."""
    return f"sqlite:///{place / 'mlflow.db'}"


def _train(settings: Settings, options: Mapping[str, str], place: Mapping[str, str], log: Path) -> Trained:
    if settings.train is None:
        raise ConfigError("mlgate.yaml: there is no train section; name a callable under train: to train with mlgate.")
    config = settings.root / settings.train.config if settings.train.config else None
    if config is not None and not config.is_file():
        raise ConfigError(f"mlgate.yaml: train.config: there is no file {config}; check the path.")
    order = {
        "root": str(settings.root),
        "callable": settings.train.callable,
        "config": "" if config is None else str(config),
        "options": dict(options),
        "seeds": settings.train.seeds,
        "model": settings.model,
    }
    # Training runs alone: it may have all processors.
    environment = {**quiet_environment(os.cpu_count()), **place}
    # A fork saves the imports where there is a server already; nobody waits for one that only a training would use.
    begin = fork if running() else spawn
    child = Child(begin(module="mlgate.edges.models.training_process", folder=settings.root, environment=environment))
    return _read(_ask(child, order, settings.train, log), settings.train, log)


def _ask(child: Child, order: Mapping[str, object], train: TrainSettings, log: Path) -> dict[str, str]:
    """The answer of the process, which is ended whatever happens; what it printed goes to the log."""
    try:
        answer: dict[str, str] = json.loads(child.exchange(json.dumps(order).encode(), seconds=train.timeout))
    except ChildLate:
        problem = f"training by {train.callable} took longer than {train.timeout:g} s and was ended (train.timeout)"
    except ChildDied as death:
        problem = f"training by {train.callable} {death}"
    else:
        child.stop()  # it has nothing left to do, and ends by itself
        return answer
    finally:
        child.stop(grace=0.0)
        write_atomically(log, child.tail())
    raise ModelError(f"{problem}; what it printed is in {log}.", role="challenger")


def _read(answer: dict[str, str], train: TrainSettings, log: Path) -> Trained:
    kind, problem = answer.get("kind"), answer.get("problem", "")
    if kind == ConfigError.__name__:
        raise ConfigError(problem)
    if kind == RegistryError.__name__:
        raise RegistryError(problem)
    if kind is not None:
        told = f"training by {train.callable} failed: {problem.rstrip('.')}; what it printed is in {log}."
        raise ModelError(told, role="challenger")
    return Trained(uri=answer["uri"], digest=answer["digest"], description=answer["description"])


def _reachable(settings: Settings) -> str:
    """Address of the registry, known to answer: better told before an hour of training than after it."""
    place = address(settings)
    file = sqlite_file(place)
    if file is not None:
        check_file(file, create=True)
    elif place.startswith(("http://", "https://")):
        check_server(place)
    return place
