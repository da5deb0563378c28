"""The compiled parts of scipy that the engine calls, without the Python packages around them.

``scipy.special`` and ``scipy.sparse`` wrap their functions for arrays of other libraries and load most of numpy and
its test tools for that: a third of the time that a check of 10,000 rows takes. The functions that are needed lie in
two compiled modules. They are scipy's own, the very same objects; should a version of scipy keep them elsewhere, the
packages are imported in the ordinary way.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "bdtr",
    "betainc",
    "betaincinv",
    "expit",
    "ndtr",
    "ndtri",
    "part_of",
    "stdtr",
    "stdtrit",
    "sum_rows",
]


def part_of(package: str, part: str) -> ModuleType:
    """The module ``package.part``, and the package's own code only once somebody else asks for it.

    The package stands in ``sys.modules`` with its place on the disk alone, so that its modules can be imported; the
    first name that it does not know yet runs its code. Whoever imports it later sees no difference.

    Raises
    ------
    ImportError
        There is no such package, or no such module in it.
    """
    if package not in sys.modules:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.loader is None:
            raise ImportError(f"there is no package {package}", name=package)
        module = importlib.util.module_from_spec(spec)
        module.__dict__["__getattr__"] = _Loading(module)
        sys.modules.setdefault(package, module)
    return importlib.import_module(f"{package}.{part}")


class _Loading:
    """The ``__getattr__`` of a package whose code has not run: runs it, then looks again."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._lock = threading.RLock()
        self._begun = False

    def __call__(self, name: str) -> Any:
        # What looks through all modules asks for names such as __warningregistry__; that loads nothing.
        if not name.startswith("__") or name == "__all__":
            with self._lock:
                if not self._begun:
                    self._begun = True
                    self._run()
                if name in self._module.__dict__:
                    return self._module.__dict__[name]
                own = self._module.__dict__.get("__getattr__")
                if own is not self and own is not None:
                    return own(name)
        raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r}")

    def _run(self) -> None:
        spec = self._module.__spec__
        if spec is not None and spec.loader is not None:
            try:
                spec.loader.exec_module(self._module)
            except BaseException:
                self._begun = False  # the next one who asks gets the same error, not half a package
                raise


def _functions() -> ModuleType:
    """Where the special functions live."""
    try:
        found = part_of("scipy.special", "_ufuncs")
    except ImportError:
        return importlib.import_module("scipy.special")
    return found if all(hasattr(found, name) for name in _FUNCTIONS) else importlib.import_module("scipy.special")


_FUNCTIONS = ("bdtr", "betainc", "betaincinv", "expit", "ndtr", "ndtri", "stdtr", "stdtrit")
_special = _functions()

bdtr: Any = _special.bdtr
betainc: Any = _special.betainc
betaincinv: Any = _special.betaincinv
expit: Any = _special.expit
ndtr: Any = _special.ndtr
ndtri: Any = _special.ndtri
stdtr: Any = _special.stdtr
stdtrit: Any = _special.stdtrit


def sum_rows(
    values: NDArray[np.float64],
    groups: NDArray[np.signedinteger[Any]],
    starts: NDArray[np.int32],
    count: int,
    *,
    into: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Sums of rows per group, where a row may be in several groups: (count, columns).

    Parameters
    ----------
    values
        (rows, columns).
    groups
        The groups of the first row, of the second, and so on; each from 0 to ``count`` - 1.
    starts
        Where the groups of each row begin, and as last the number of all: (rows + 1,).
    count
        Number of groups.
    into
        (count, columns) sums so far, to which these are added; None: zeros.

    >>> rows = np.array([[1.0, 10.0], [2.0, 20.0]])
    >>> sum_rows(rows, np.array([0, 1, 1], dtype=np.int32), np.array([0, 2, 3], dtype=np.int32), 2)
    array([[ 1., 10.],
           [ 3., 30.]])
    """
    ones = np.ones(len(groups))
    shape = (count, len(values))
    try:
        add = part_of("scipy.sparse", "_sparsetools").csc_matvecs
    except (ImportError, AttributeError):
        sparse = importlib.import_module("scipy.sparse")
        more = np.asarray(sparse.csc_array((ones, groups, starts), shape=shape) @ values)
        return more if into is None else np.add(into, more, out=into)
    total = np.zeros((count, values.shape[1])) if into is None else into
    add(*shape, values.shape[1], starts, groups.astype(np.int32, copy=False), ones, values.ravel(), total.ravel())
    return total
