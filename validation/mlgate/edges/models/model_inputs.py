"""Which columns of a table a model is shown: those that it asks for, and never those that it must not see.

The other end of a question is ``model_answers.py``. Separate from ``worker.py``, which knows processes and time limits.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from mlgate.edges.models.messages import Loaded
from mlgate.errors import DataError

__all__ = ["shown"]


def shown(table: pa.Table, told: Loaded, *, drop: Collection[str], spare: Collection[str]) -> pa.Table:
    """The columns that a model may see and asks for, in the order of its signature; without one, all that it may see.

    Parameters
    ----------
    table
        Rows.
    told
        What the model says of itself.
    drop
        Columns that it must never see.
    spare
        Columns that it sees only when its signature asks for them.

    Raises
    ------
    DataError
        It cannot do without a column that is not there, or that it must not see; the sentence has no subject, which is
        the model.
    """
    if told.columns is None:
        hidden = {*drop, *spare}
        return table.select([name for name in table.column_names if name not in hidden])
    for name in told.required:
        if name in drop:
            raise DataError(f"asks for the column {name!r}, which is the label, an id or sensitive; train it without")
        if name not in table.column_names:
            raise DataError(f"asks for the column {name!r}, which is not in the data; add it or train without it")
    return table.select([name for name in told.columns if name in table.column_names and name not in drop])
