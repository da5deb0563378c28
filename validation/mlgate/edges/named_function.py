"""The function that ``module:function`` of mlgate.yaml names, imported by the process that is made to call it.

Separate from ``own_metrics.py``, whose functions run in the gate's own process and must not shadow anything of it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from mlgate.errors import ConfigError, nearest

__all__ = ["named_function"]


def named_function(name: str, *, told: str, check: str) -> Callable[..., Any]:
    """Import a module and take a function of it.

    Parameters
    ----------
    name
        ``module:function``.
    told
        How an error begins: where the name stands.
    check
        What to look at when there is no such module.

    Raises
    ------
    ConfigError
        There is no such module, or no such function in it. Whatever else the module raises is passed on.
    """
    module_name, _, function_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as problem:
        if problem.name is None or not f"{module_name}.".startswith(f"{problem.name}."):
            raise
        where = "beside mlgate.yaml, nor is one installed"
        raise ConfigError(f"{told}: there is no module {module_name!r} {where}; check {check}.") from None
    function: object = getattr(module, function_name, None)
    if not callable(function):
        known = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        raise ConfigError(f"{told}: {module_name} has no function {function_name!r}; {nearest(function_name, known)}")
    return function
