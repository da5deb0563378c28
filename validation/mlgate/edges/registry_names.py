"""Names of registered versions that are not there: refused early, with what there is instead.

Separate from ``mlflow_registry.py``, which asks the registry: here is what a slip in a name is answered with, before
anything is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlgate.edges.mlflow_registry import Registry
from mlgate.edges.models.artifact import REGISTERED
from mlgate.errors import RegistryError, nearest

__all__ = ["ensure_version"]

#: How many of a model's versions are told, when one is asked for that is not there.
SHOWN = 10


def ensure_version(registry: Registry, source: str) -> None:
    """Refuse the name of a registered version that is not there, and say which there are.

    Parameters
    ----------
    registry
        Where it is looked for.
    source
        ``models:/name@alias`` or ``models:/name/7``; names of other kinds are not looked at.

    Raises
    ------
    RegistryError
        There is no such model, version or alias.
    """
    asked = REGISTERED.fullmatch(source)
    if asked is None:
        return
    model, alias, version = asked["name"], asked["alias"], asked["version"]
    if version and (registry.latest(model) if version == "latest" else registry.holds(model, version)):
        return
    aliases = registry.aliases(model)
    if aliases is None:
        names = registry.models()
        mend = nearest(model, names) if names else "it has none yet, so train one with `mlgate train`."
        raise RegistryError(f"{source}: there is no model {model} in the registry {registry.address}; {mend}")
    if alias in aliases:
        return
    what, there = f"alias {alias}" if alias else f"version {version}", _there(
        registry.newest(model, SHOWN + 1), aliases
    )
    raise RegistryError(f"{source}: {model} has no {what} in the registry {registry.address}; {there}.")


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
