"""What a model says it needs: a Python and packages, from its own requirements.txt, python_env.yaml or conda.yaml.

Read in the model process, before anything is loaded, and compared there with what is installed. Separate from
``model_environment.py``, which builds an environment of it.
"""

from __future__ import annotations

import importlib
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mlgate.frozen import dataclass

__all__ = ["Wanted", "mismatches", "requirement_lines", "wanted_by"]

_PYTHON = re.compile(r"python\s*[=~]*=\s*([0-9]+(?:\.[0-9]+)*)")
#: Packages that a reason names.
NAMED = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a model needs."""

    #: such as ``3.11.7``; empty when it does not say.
    python: str
    #: lines that pip reads, without comments and empty ones.
    requirements: tuple[str, ...]
    #: the file that they come from; empty when there is none.
    file: str


def wanted_by(folder: Path) -> Wanted:
    """What the model in a folder needs.

    Parameters
    ----------
    folder
        Of an MLflow model. Where there is a requirements.txt, what conda.yaml says of packages is not read.
    """
    conda, python_env = _yaml(folder / "conda.yaml"), _yaml(folder / "python_env.yaml")
    listed = conda.get("dependencies") or []
    python = str(python_env.get("python") or "")
    if not python:
        found = (_PYTHON.fullmatch(one.strip()) for one in listed if isinstance(one, str))
        python = next((one[1] for one in found if one), "")
    plain = folder / "requirements.txt"
    if plain.is_file():
        return Wanted(python=python, requirements=requirement_lines(plain.read_text(encoding="utf-8")), file=plain.name)
    by_pip = [line for one in listed if isinstance(one, dict) for line in one.get("pip") or []]
    if by_pip:
        return Wanted(python=python, requirements=requirement_lines("\n".join(map(str, by_pip))), file="conda.yaml")
    return Wanted(python=python, requirements=(), file="")


def _yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    reader: Any = importlib.import_module("yaml")  # MLflow needs it, so it is there
    try:
        content = reader.safe_load(path.read_text(encoding="utf-8"))
    except (reader.YAMLError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def requirement_lines(text: str) -> tuple[str, ...]:
    """Lines that pip reads, continued ones joined, without comments and empty ones."""
    stripped = (line.partition(" #")[0].strip() for line in text.replace("\\\n", " ").splitlines())
    return tuple(line for line in stripped if line and not line.startswith("#"))


def mismatches(wanted: Wanted) -> list[str]:
    """What is not here as the model needs it, such as ``scikit-learn==1.3.2 (here 1.9.1)``.

    Extras, and lines that are no requirement by name (files, addresses, options), are not compared.
    """
    parser: Any = importlib.import_module("packaging.requirements")  # MLflow needs it too
    found = []
    here = platform.python_version()
    if wanted.python and wanted.python.split(".")[:2] != here.split(".")[:2]:
        found.append(f"Python {wanted.python} (here {here})")
    for line in wanted.requirements:
        try:
            requirement = parser.Requirement(line)
        except parser.InvalidRequirement:
            continue
        if requirement.url or (requirement.marker is not None and not requirement.marker.evaluate()):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            found.append(f"{requirement.name}{requirement.specifier} (not here)")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            found.append(f"{requirement.name}{requirement.specifier} (here {installed})")
    return found
