"""Names of models that a registry does not hold: refused early, with what there is instead.

Separate from ``mlflow_registry.py``, which asks the registry: here is what a slip in a name is answered with, before
anything is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mlgate.edges.mlflow_registry import Registry
from mlgate.edges.models.artifact import REGISTERED
from mlgate.errors import RegistryError, nearest

__all__ = ["ensure_held"]

#: How many of a model's versions are told, when one is asked for that is not there.
SHOWN = 10
#: A model by its name alone or by the id of a logged model; a version by its stage; a model among a run's files.
_BARE = re.compile(r"models:/(?P<name>[^/@]+)/?")
_STAGED = re.compile(r"models:/(?P<name>[^/@]+)/(?P<stage>[A-Za-z]+)")
_OF_RUN = re.compile(r"runs:/(?P<run>[^/]+)/(?P<path>[^/].*?)/*")
_STAGES = ("Staging", "Production", "Archived")


def ensure_held(registry: Registry, source: str) -> None:
    """Refuse the name of a model that the registry does not hold, and say what it holds.

    Parameters
    ----------
    registry
        Where it is looked for.
    source
        ``models:/name@alias``, ``models:/name/7``, ``models:/name/Production``, ``models:/m-…`` or
        ``runs:/id/path``; names of other kinds are not looked at.

    Raises
    ------
    RegistryError
        There is no such model, version, alias, stage or run, or the name is not whole.
    """
    registered, bare, staged = (one.fullmatch(source) for one in (REGISTERED, _BARE, _STAGED))
    if registered is not None:
        _ensure_version(registry, source, registered["name"], registered["alias"], registered["version"])
    elif bare is not None:
        _ensure_logged(registry, source, bare["name"])
    elif staged is not None:
        _ensure_staged(registry, source, staged["name"], staged["stage"])
    elif source.startswith("models:/"):
        raise RegistryError(f"{source}: is no name of a version; write models:/NAME/7 or models:/NAME@ALIAS.")
    elif source.startswith("runs:/"):
        _ensure_of_run(registry, source)


def _ensure_version(registry: Registry, source: str, model: str, alias: str | None, version: str | None) -> None:
    if version and (registry.latest(model) if version == "latest" else registry.holds(model, version)):
        return
    aliases = _aliases(registry, source, model)
    if alias in aliases:
        return
    what = f"alias {alias}" if alias else f"version {version}"
    there = _there(registry.newest(model, SHOWN + 1), aliases)
    raise RegistryError(f"{source}: {model} has no {what} in the registry {registry.address}; {there}.")


def _ensure_logged(registry: Registry, source: str, model: str) -> None:
    """A name alone is the id of a logged model; of a registered one it says no version."""
    if registry.holds_logged(model):
        return
    there = _there(registry.newest(model, SHOWN + 1), _aliases(registry, source, model))
    raise RegistryError(
        f"{source}: says no version of {model}; write models:/{model}/7, /latest or @ALIAS: in the registry"
        f" {registry.address} {there}."
    )


def _ensure_staged(registry: Registry, source: str, model: str, stage: str) -> None:
    aliases = _aliases(registry, source, model)
    known = next((one for one in _STAGES if one.lower() == stage.lower()), None)
    if known is not None and registry.staged(model, known) is not None:
        return
    what = f"version in the stage {known}" if known else f"version {stage}, which is no stage either,"
    there = _there(registry.newest(model, SHOWN + 1), aliases)
    raise RegistryError(f"{source}: {model} has no {what} in the registry {registry.address}; {there}.")


def _ensure_of_run(registry: Registry, source: str) -> None:
    asked = _OF_RUN.fullmatch(source)
    if asked is None:
        raise RegistryError(f"{source}: is no model of a run; write runs:/RUN/NAME, with the name it was logged under.")
    run, path = asked["run"], asked["path"]
    files = registry.files_of_run(run, path)
    if files is None:
        raise RegistryError(f"{source}: there is no run {run} in {registry.address}; check its id.")
    if f"{path}/MLmodel" in files:
        return
    names = sorted({*registry.models_of_run(run), *(registry.files_of_run(run) or [])})
    there = nearest(path, names) if names else "it holds nothing."
    raise RegistryError(f"{source}: the run {run} in {registry.address} holds no MLflow model {path!r}; {there}")


def _aliases(registry: Registry, source: str, model: str) -> Mapping[str, str]:
    """Aliases of a registered model, which has to be there."""
    aliases = registry.aliases(model)
    if aliases is None:
        names = registry.models()
        mend = nearest(model, names) if names else "it has none yet, so train one with `mlgate train`."
        raise RegistryError(f"{source}: there is no model {model} in the registry {registry.address}; {mend}")
    return aliases


def _there(versions: Sequence[str], aliases: Mapping[str, str]) -> str:
    """What there is instead of a version or alias that is not there.

    >>> _there(["2", "1"], {"champion": "1"})
    'there are the versions 2 and 1 (champion)'
    """
    if not versions:
        return "it has no versions yet, so train one with `mlgate train`"
    names = {number: " and ".join(sorted(name for name in aliases if aliases[name] == number)) for number in versions}
    told = [f"{number} ({names[number]})" if names[number] else number for number in versions[:SHOWN]]
    if len(told) == 1:
        return f"there is only version {told[0]}"
    newest = "the newest are" if len(versions) > SHOWN else "there are the versions"
    return f"{newest} {', '.join(told[:-1])} and {told[-1]}"
