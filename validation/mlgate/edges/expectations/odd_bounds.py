"""The lowest and highest value that a data set's expectations allow, by column: where oddities look for an edge.

Separate from ``suite_file.py``, which has Great Expectations check every entry: here only plain bounds are read, and a
suite with mistakes is told of elsewhere.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mlgate.edges.expectations.suite_file import read_entries
from mlgate.errors import ConfigError

__all__ = ["bounds_of"]

Bounds = tuple[float | None, float | None]


def bounds_of(path: Path, *, dataset: str) -> dict[str, Bounds]:
    """Bounds by column from the entries ``expect_column_values_to_be_between``; nothing of a suite that is unreadable.

    Parameters
    ----------
    path
        The suite file.
    dataset
        Name of the data set.
    """
    try:
        entries = read_entries(path, dataset=dataset)
    except ConfigError:
        return {}
    found: dict[str, Bounds] = {}
    for entry in entries:
        if isinstance(entry, dict) and entry.get("type") == "expect_column_values_to_be_between":
            kwargs = entry.get("kwargs")
            if isinstance(kwargs, dict) and isinstance(kwargs.get("column"), str):
                found[kwargs["column"]] = (_number(kwargs.get("min_value")), _number(kwargs.get("max_value")))
    return found


def _number(value: Any) -> float | None:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if plain else None
