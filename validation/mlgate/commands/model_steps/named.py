"""Which models and data sets a run is about, as the command line and mlgate.yaml name them.

Separate from ``models.py``, which starts the models and asks them: ``run`` and ``power`` find them in the same way.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mlgate import gate
from mlgate.commands.common.output import progress
from mlgate.commands.model_steps.models import ensure_there
from mlgate.edges.registry_address import address
from mlgate.errors import ConfigError
from mlgate.records.settings import DataSource, Settings

__all__ = ["base_case_of", "challenger_of", "champion_of", "ensure_champion", "named_challenger", "windows_of"]


def base_case_of(settings: Settings) -> DataSource:
    """The rows that both models are judged on.

    Raises
    ------
    ConfigError
        There are none.
    """
    base = settings.source(gate.BASE_CASE)
    if base is None:
        raise ConfigError("mlgate.yaml declares no base_case under data; add the rows that both models are judged on.")
    return base


def windows_of(settings: Settings) -> dict[str, str]:
    """Data sets beside the base case on which something is required, and where they are."""
    asked = {one.dataset for one in settings.run.requirements} - {gate.BASE_CASE}
    return {source.name: source.shown for source in settings.data if source.name in asked}


def named_challenger(options: argparse.Namespace, settings: Settings) -> str:
    """The challenger that the command line or mlgate.yaml names; empty when one is to be trained."""
    named: str = options.challenger or _from_file(settings, settings.challenger)
    return named


def _from_file(settings: Settings, named: str) -> str:
    """A model as mlgate.yaml names it: the path of a folder starts at the folder of the file, as every path in it."""
    if not named or ":/" in named or settings.root.resolve() == Path.cwd():
        return named
    return str(settings.root / named)


def challenger_of(options: argparse.Namespace, settings: Settings) -> str:
    """The model to judge: named on the command line or in mlgate.yaml, else trained now."""
    named = named_challenger(options, settings)
    if named:
        return named
    if settings.train is None:
        raise ConfigError("there is no challenger: name one with --challenger, or declare train: in mlgate.yaml.")
    from mlgate.edges.models.training import train_model

    ensure_champion(options, settings)  # else it would be missed after the training
    progress(options, "training the challenger")
    return train_model(settings, {})


def ensure_champion(options: argparse.Namespace, settings: Settings) -> None:
    """Refuse a champion that is not there before anything starts; that the alias names nobody is no mistake.

    Raises
    ------
    ConfigError, RegistryError
        It is not there, or the registry is out of reach.
    """
    named: str = options.champion or _from_file(settings, settings.champion)
    if named and named != f"models:/{settings.model}@champion":
        ensure_there(named, address(settings), role="champion")


def champion_of(options: argparse.Namespace, settings: Settings) -> str | None:
    """The model to compare with, pinned to its version; None while the registry has no champion."""
    named: str = options.champion or _from_file(settings, settings.champion)
    if named != f"models:/{settings.model}@champion":
        return named or None
    from mlgate.edges.mlflow_registry import connect

    version = connect(address(settings), create=False).champion(settings.model)
    return None if version is None else f"models:/{settings.model}/{version}"
