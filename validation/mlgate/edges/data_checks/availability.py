"""When features were known, read off a table: each stamp column against the time of the prediction.

Separate from ``checks/features.py``, which gets numbers and never a table.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from mlgate.checks.features import observe_late
from mlgate.edges.arrays import numeric
from mlgate.edges.data_checks.leakage_rows import row_names, times_of
from mlgate.errors import ConfigError, DataError
from mlgate.records.data_settings import FeatureUseSettings
from mlgate.records.evidence import Observation

__all__ = ["observe_availability"]


def observe_availability(
    table: pa.Table,
    *,
    dataset: str,
    settings: FeatureUseSettings,
    id_column: str | None = None,
    private: Collection[str] = (),
) -> tuple[Observation, ...]:
    """One observation for each feature that has a stamp column.

    Raises
    ------
    ConfigError
        Stamps are declared, and the time of the prediction is not.
    DataError
        A column is not there, holds no times, or holds them on another scale than the other.
    """
    if not settings.stamps:
        return ()
    moment = settings.predicted_at
    if moment is None:
        raise ConfigError(f"{dataset}: stamps are declared but no prediction time; name its column.")
    predicted = times_of(table, moment, dataset)
    names = row_names(table, id_column, private)
    seen = []
    for feature, stamp in settings.stamps:
        stamps = times_of(table, stamp, dataset)
        if numeric(table.column(stamp).type) != numeric(table.column(moment).type):
            raise DataError(
                f"{dataset}: columns {stamp!r} and {moment!r} are not comparable, since one holds numbers and the "
                "other times; store both as times."
            )
        seen.append(observe_late(feature, stamps, predicted, dataset, settings, names))
    return tuple(seen)
