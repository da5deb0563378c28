"""``mlgate train``: run the training callable of mlgate.yaml and register what it made."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlgate.commands.output import say, show_json
from mlgate.commands.settings import load_settings
from mlgate.errors import ConfigError

__all__ = ["main", "read_options"]


def main(options: argparse.Namespace) -> int:
    """Train, and say which version it became; 0 when it is registered.

    Raises
    ------
    ConfigError, ModelError, RegistryError
        As ``mlgate.edges.training.train``.
    """
    from mlgate.edges.training import train

    chosen = read_options(options.options)
    settings = load_settings(options.config)
    trained = train(settings, chosen, log=Path(options.out) / "train.log" if options.out else None)
    described = f" ({trained.description})" if trained.description else ""
    say(options, f"trained {trained.uri}{described}")
    show_json(options, trained)
    return 0


def read_options(texts: Sequence[str]) -> dict[str, str]:
    """Keyword arguments for the training callable, from ``key=value`` texts.

    >>> read_options(["recipe=champion", "note=a=b"])
    {'recipe': 'champion', 'note': 'a=b'}

    Raises
    ------
    ConfigError
        A text is not of that form, or a key stands there twice.
    """
    chosen: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise ConfigError(f"--with {text}: is not of the form key=value; write for example --with recipe=champion.")
        if key in chosen:
            raise ConfigError(f"--with {text}: {key} was given before; give each key once.")
        chosen[key] = value
    return chosen
