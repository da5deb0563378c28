"""``mlgate train``: run the training callable of mlgate.yaml and register what it made."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mlgate.commands.common.output import progress, say, show_json
from mlgate.commands.common.settings import load_settings
from mlgate.errors import ConfigError
from mlgate.records.decision import Finding
from mlgate.records.settings import Settings
from mlgate.records.words import Verdict

__all__ = ["main", "read_options"]


def main(options: argparse.Namespace) -> int:
    """Train, and say which version it became.

    Returns
    -------
    int
        0 when it is registered; 1 when the data are refused, so that nothing was trained.

    Raises
    ------
    ConfigError, DataError, ModelError, RegistryError
        As ``mlgate.edges.models.training.train`` and ``mlgate.commands.data_steps.data_checks.observe_data``.
    """
    from mlgate.edges.models.training import train

    chosen = read_options(options.options)
    settings = load_settings(options.config)
    refused = _refused(options, settings)
    if refused:
        return _say_refused(options, refused)
    trained = train(settings, chosen, log=Path(options.out) / "train.log" if options.out else None)
    described = f" ({trained.description})" if trained.description else ""
    say(options, f"trained {trained.uri}{described}")
    show_json(options, trained)
    return 0


def _refused(options: argparse.Namespace, settings: Settings) -> tuple[Finding, ...]:
    """Findings about the training rows, and the base case beside them, because of which nothing is trained."""
    from mlgate.commands.data_steps.before_training import DATASETS, stopping

    named = [source for source in settings.data if source.name in DATASETS]
    if settings.train is None or not settings.train.check_data or not any(one.name == "train" for one in named):
        return ()
    from mlgate.commands.data_steps.data_checks import observe_data
    from mlgate.edges.rows.sources import open_table

    progress(options, "checking the data")
    tables = {source.name: open_table(source.rows, settings.root) for source in named}
    return stopping(settings, observe_data(settings, tables).observations)


def _say_refused(options: argparse.Namespace, findings: Sequence[Finding]) -> int:
    show_json(options, {"verdict": Verdict.FAIL, "trained": None, "findings": findings})
    lines = ["not trained, because the data are refused (train.check_data: false trains all the same):"]
    lines += [f"  {one.verdict}  {one.title} [{one.level}]: {one.reason}" for one in findings]
    say(options, "\n".join(lines))
    return 1


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
