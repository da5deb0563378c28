"""A team's own oddities: dotted names of mlgate.yaml to records, made from one function each.

As a team's own metrics they are code of the repository and run in the gate's own process; see ``own_metrics.py``.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlgate.edges.own_metrics import function_of
from mlgate.errors import ConfigError, DataError
from mlgate.oddities import ODDITIES, Oddity
from mlgate.oddities.oddity import sentence_of

__all__ = ["load_oddity", "sets_of"]


def sets_of(names: Sequence[str], root: Path) -> tuple[Oddity, ...]:
    """The oddities of those names, in the order of the catalogue, a team's own ones last.

    Raises
    ------
    ConfigError
        A function of a team's own cannot be used.
    """
    known = tuple(oddity for oddity in ODDITIES if oddity.name in names)
    return (*known, *(load_oddity(name, root) for name in names if "." in name))


def load_oddity(name: str, root: Path) -> Oddity:
    """The oddity that a dotted name stands for.

    Parameters
    ----------
    name
        ``module.function``, such as ``oddities.shouting``. The function is called as ``f(table, asked)``, with a
        ``pyarrow.Table`` and an ``mlgate.oddities.Asked``, and gives back a table of the same rows, an
        ``mlgate.oddities.Odd``, or None where the table has nothing that could be changed.
    root
        The folder of mlgate.yaml.

    Raises
    ------
    ConfigError
        There is no such function, it takes other arguments, or its docstring does not say what it does.
    """
    function = function_of(name, root)
    try:
        inspect.signature(function).bind(None, None)
    except TypeError as problem:
        raise ConfigError(f"{name} cannot be called as {name}(table, asked): {problem}.") from None
    except ValueError:  # written in C without a signature: whether it takes two arguments shows when it is called
        pass
    title = sentence_of(function)
    if not title:
        raise ConfigError(
            f'the oddity {name} has no docstring; write one sentence that follows "where", such as "Every text is in '
            'capitals."'
        )

    def make(table: Any, asked: Any) -> Any:
        try:
            return function(table, asked)
        except (ConfigError, DataError):
            raise
        except Exception as problem:  # whatever the team's code does, the sentence names it
            told = " ".join(f"{type(problem).__name__}: {problem}".split())[:300]
            raise ConfigError(f"the oddity {name} broke down ({told}); correct the function.") from None

    return Oddity(name=name, family="own", title=title, make=make, needs="column that it could change")
