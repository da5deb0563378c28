"""What users can do wrong, as a small tree.

    MlgateError
    ├── ConfigError      mlgate.yaml or the command line asks for something impossible
    ├── DataError        a file, column, row or label is not what was declared
    ├── ModelError       a model cannot be loaded, or its answer is not legal
    ├── RegistryError    the registry is out of reach, or does not hold what was asked for
    └── ServiceError     a service that serves a model does not answer as agreed

Every message is one sentence that says what is wrong, where (file, key, column, row), and what to do.
The command line prints it and exits with 2; there is no traceback for a user's mistake. Separate from
everything else because every layer raises these and only ``__main__`` turns them into exit codes.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "DataError",
    "MlgateError",
    "ModelError",
    "RegistryError",
    "ServiceError",
    "install",
    "nearest",
    "vacuous",
]

#: One line of a distribution's metadata: a package with its optional parts and versions, and the extra it belongs to.
_REQUIREMENT = re.compile(r"\s*([\w.-]+)([^;]*);.*extra\s*==\s*[\"']([\w-]+)[\"']")
#: Extras that pin the versions of this repository and bind nobody else.
_OUR_OWN = ("reference", "dev")


class MlgateError(Exception):
    """A mistake of the user or of the user's surroundings, told in one sentence."""


class ConfigError(MlgateError):
    """The configuration or the command line asks for something that cannot be done."""


class DataError(MlgateError):
    """Data is not what was declared: a missing file, a missing column, a strange label, an unpaired row."""


class ModelError(MlgateError):
    """A model cannot be loaded, crashes, hangs, or gives an answer that is not legal.

    Parameters
    ----------
    message
        The sentence for the user.
    role
        ``"champion"`` (the run cannot be trusted: exit code 2) or ``"challenger"`` (a blocking finding: exit code 1).
    """

    def __init__(self, message: str, *, role: str) -> None:
        super().__init__(message)
        self.role = role


class RegistryError(MlgateError):
    """The registry cannot be reached or does not hold what was asked for."""


class ServiceError(MlgateError):
    """A service that serves a model does not start, or does not answer as agreed."""


def nearest(word: str, known: Iterable[str]) -> str:
    """End of a sentence that names the closest valid word, or lists all of them when none is close.

    >>> nearest("acuracy", ["accuracy", "recall"])
    'did you mean "accuracy"?'
    >>> nearest("zzz", ["b", "a"])
    'known are: a, b'
    """
    names = sorted(known)
    # Capitals are the most frequent slip in the names of columns, and outweigh all else in a short one.
    folded = {name.casefold(): name for name in reversed(names)}
    close = difflib.get_close_matches(word, names, n=1) or difflib.get_close_matches(word.casefold(), folded, n=1)
    return f'did you mean "{folded.get(close[0], close[0])}"?' if close else "known are: " + ", ".join(names)


def install(*packages: str) -> str:
    """The command that installs packages, in the versions that mlgate's own metadata ask for.

    It names the packages and no extra of mlgate: that is right wherever mlgate itself was installed from.

    >>> install("dvc")
    'pip install dvc'
    """
    wanted = _wanted()
    return "pip install " + " ".join(shlex.quote(wanted.get(_bare(name), name)) for name in packages)


def _wanted() -> dict[str, str]:
    """Packages of mlgate's extras with their versions, by name."""
    from importlib import metadata  # only where something is missing

    try:
        lines = metadata.requires("mlgate") or []
    except metadata.PackageNotFoundError:
        return {}
    found = [part for part in map(_REQUIREMENT.match, lines) if part and part.group(3) not in _OUR_OWN]
    return {_bare(part.group(1)): f"{part.group(1)}{part.group(2)}".strip() for part in found}


def _bare(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def vacuous(margin: float, metric: str, reach: tuple[float, float] | None) -> str:
    """End of the sentence that refuses a margin as wide as the range of its metric; empty when it is not.

    >>> vacuous(2.0, "accuracy", (0.0, 1.0))
    '2 decides nothing, since accuracy lies between 0 and 1; 2 points are 0.02.'
    >>> vacuous(0.02, "accuracy", (0.0, 1.0)), vacuous(2.0, "mae", None)
    ('', '')
    """
    if reach is None or margin < reach[1] - reach[0]:
        return ""
    low, high = reach
    return f"{margin:g} decides nothing, since {metric} lies between {low:g} and {high:g}; 2 points are 0.02."
