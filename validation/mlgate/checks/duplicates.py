"""Rows of one data set that repeat each other.

Separate from ``leakage.py``, which compares two sets. Columns of few values make rows repeat by themselves; but they
make nearly equal rows as well, so that a row that comes twice although no row is nearly like it was copied.
"""

from __future__ import annotations

import numpy as np

from mlgate.checks.hashed_rows import Hashes, Mask, Rows, copied_share, observed, percent, repeating, told
from mlgate.records.data_settings import LeakageSettings
from mlgate.records.evidence import Observation

__all__ = ["observe_duplicates"]


def observe_duplicates(rows: Rows, settings: LeakageSettings) -> tuple[Observation, ...]:
    """Rows of one set that repeat an earlier one, and keys that come twice.

    The share that is judged is of rows that repeat another although few are nearly like them; few-valued columns, which
    make rows repeat by themselves, make nearly equal rows as well.
    """
    later = _later(rows.whole)
    surplus = float(np.mean(later)) if len(later) else 0.0
    unexplained, reason = surplus, f"{told(later)} that repeat another row"
    if surplus > settings.duplicates:
        unexplained = surplus * copied_share(rows, rows, np.flatnonzero(later))
        reason += f"; {percent(unexplained)} are more than few-valued columns explain"
    title = f"the rows of {rows.dataset} are no copies of each other"
    seen = [observed(rows, settings, "duplicates", "rows", title, later, settings.duplicates, reason, unexplained)]
    if rows.keys is not None:
        twice = _later(rows.keys) & (rows.keys != rows.nothing)
        title = f"every key of {rows.dataset} stands there once"
        reason = f"{told(twice)} whose key an earlier row has"
        seen.append(observed(rows, settings, "duplicates", "key", title, twice, settings.keys, reason))
    return tuple(seen)


def _later(hashes: Hashes) -> Mask:
    """Rows that repeat an earlier one."""
    places = np.flatnonzero(repeating(hashes))
    later = np.zeros(len(hashes), dtype=bool)
    later[places] = True
    later[places[np.unique(hashes[places], return_index=True)[1]]] = False
    return later
