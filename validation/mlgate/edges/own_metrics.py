"""A user's own metrics: dotted names of mlgate.yaml to functions, imported into the gate's own process.

Separate from the configuration, which opens and imports nothing. Unlike models and training, which run in processes of
their own, a metric is called some hundred times for every slice, so it runs here: it is code of the repository that can
do whatever the gate can. Hence the import is put off to the first call (``put_off``) wherever nothing is measured:
approving, promoting and rolling back, where keys and tokens are at hand, never import it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from mlgate.errors import ConfigError, nearest

__all__ = ["PutOff", "function_of", "load"]


@dataclass(frozen=True, slots=True)
class PutOff:
    """A function that is imported when it is first called; equal when name and folder are."""

    name: str
    root: Path

    def __call__(self, labels: object, scores: object, weights: object) -> float:
        """The metric's value; raises ConfigError as ``load`` does."""
        return _cached(self.name, self.root)(labels, scores, weights)


def load(name: str, root: Path) -> Callable[..., float]:
    """The function that a dotted name stands for.

    Parameters
    ----------
    name
        ``module.function``, such as ``mymetrics.profit``; the module may lie in packages: ``metrics.money.profit``.
    root
        The folder of mlgate.yaml. Modules are looked for there first, then among what is installed. It is appended to
        ``sys.path``, so that what the module imports later is found too, and nothing of the gate is shadowed by it.

    Returns
    -------
    callable
        Called as ``f(labels, scores, weights)``, three arrays of n rows: labels as 0 and 1, class indices or numbers;
        scores as the models gave them; weights, which say how often a row counts.

    Raises
    ------
    ConfigError
        There is no such module or function, it cannot be imported, or it does not take three arguments.
    """
    function: Callable[..., float] = function_of(name, root)
    _check_signature(name, function)
    return function


def function_of(name: str, root: Path) -> Callable[..., Any]:
    """The function of a dotted name, whatever it takes; see ``load``.

    Raises
    ------
    ConfigError
        There is no such module or function, or it cannot be imported.
    """
    module_name, _, function_name = name.rpartition(".")
    module = _import(module_name, name, root)
    function: object = getattr(module, function_name, None)
    if function is None:
        known = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        hint = nearest(function_name, known) if known else f"define it in {module.__file__}."
        raise ConfigError(f'the module {module_name} has no function "{function_name}"; {hint}')
    if not callable(function):
        raise ConfigError(f"{name} is not a function but of type {type(function).__name__}; name one of yours.")
    found: Callable[..., Any] = function
    return found


_cached = functools.cache(load)


def _import(module_name: str, name: str, root: Path) -> ModuleType:
    place = str(root)
    importlib.invalidate_caches()
    _refuse_shadowed(module_name.partition(".")[0], place)
    sys.path.insert(0, place)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and f"{module_name}.".startswith(f"{problem.name}."):
            where = f"in {place}, nor is one installed"
            raise ConfigError(f'there is no module "{module_name}" {where}; check {name}.') from None
        raise ConfigError(f"{module_name} cannot be imported ({problem}); install what it needs.") from None
    except (Exception, SystemExit) as problem:  # whatever the user's code does on import, the sentence names it
        told = " ".join(f"{type(problem).__name__}: {problem}".split())[:300]
        raise ConfigError(f"{module_name} cannot be imported ({told}); correct the module.") from None
    finally:
        sys.path.remove(place)
        if place not in sys.path:
            sys.path.append(place)


def _refuse_shadowed(top: str, place: str) -> None:
    """Refuse a module of the user's whose name is taken by one that is loaded already: that one would be imported."""
    spec, loaded = PathFinder.find_spec(top, [place]), sys.modules.get(top)
    if spec is None or loaded is None or spec.origin == getattr(loaded, "__file__", None):
        return
    raise ConfigError(f'the name of the module "{top}" is taken by another one; rename {spec.origin or top}.')


def _check_signature(name: str, function: Callable[..., object]) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:  # written in C without a signature: whether it takes three arrays shows when it is called
        return
    try:
        signature.bind(None, None, None)
    except TypeError as problem:
        raise ConfigError(
            f"{name}{signature} cannot be called as {name}(labels, scores, weights): {problem}."
        ) from None
