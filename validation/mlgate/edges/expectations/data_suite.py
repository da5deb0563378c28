"""Data suites: a readable JSON file of Great Expectations, run on one set of data, told as observations.

Separate from the engine because Great Expectations is a heavy library, which only the files about suites know. The
suite runs in memory, with no project folder, no network, and no analytics; ``suite_engine.py`` puts the data to
it in pieces, and ``observed.py`` tells what came of it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlgate.edges.expectations.observed import Scene, crash_of_suite, observe, obstacle
from mlgate.edges.expectations.suite_engine import Outcome, Rows, count_rows, names_of_rows, validate
from mlgate.edges.expectations.suite_file import Expectation, read_suite
from mlgate.errors import ConfigError, DataError, install
from mlgate.frozen import dataclass
from mlgate.records.evidence import Observation
from mlgate.records.words import Level

__all__ = ["Examination", "examine"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """One suite run on one set of data: what is judged, and what Great Expectations' own pages are made of."""

    dataset: str
    suite: str
    rows: int
    observations: tuple[Observation, ...]
    #: each expectation with its outcome; None: it could not be put to the data.
    outcomes: tuple[tuple[Expectation, Outcome | None], ...] = ()


def examine(
    table: Rows,
    *,
    suite: Path,
    dataset: str,
    level: Level,
    id_column: str | None = None,
    private: Collection[str] = (),
    without: Collection[str] = (),
) -> Examination:
    """Run one suite file on one set of data.

    Parameters
    ----------
    table
        The data, n rows: a table, or a ``pyarrow.dataset.Dataset`` whose files are then read piece by piece.
    suite
        Path of the suite file.
    dataset
        Name of the data set; it stands in every id.
    level
        Level of the observations.
    id_column
        Column whose values name example rows; without one no rows are named.
    private
        Columns of which nothing but "met" or "not met" is told.
    without
        Columns that this data set does not have although the suite is about them.

    Raises
    ------
    ConfigError
        The suite file is missing or is not valid, or Great Expectations is not installed.
    DataError
        The data has a column twice.
    """
    library = _import_library(suite)
    expectations = read_suite(suite, dataset=dataset, private=private, without=without)
    names = table.schema.names
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{dataset}: the column {double!r} stands there twice; rename or remove one.")
    told = id_column if id_column in names and id_column not in private else None
    scene = Scene(
        names=frozenset(names),
        rows=count_rows(table),
        dataset=dataset,
        level=level,
        guarded=bool(private),
        id_column=told,
        types={one.name: one.type for one in table.schema},
    )
    runnable = {place: one for place, one in enumerate(expectations) if not obstacle(one, scene)}
    try:
        outcomes = validate(table, runnable, library)
        places = [place for key, one in outcomes.items() if not runnable[key].hidden for place in one.places]
        ids = names_of_rows(table, told, places) if told else {}
    except Exception as problem:  # whatever broke inside the library, it must block and must not be a pass
        # A traceback and a message may quote values, so with private columns about only the kind is told.
        logger.error("the suite %s broke down on %s", suite, dataset, exc_info=None if private else problem)
        crash = crash_of_suite(scene, suite.name, problem)
        return Examination(dataset=dataset, suite=suite.name, rows=scene.rows, observations=(crash,))
    scene = replace(scene, ids=ids)
    return Examination(
        dataset=dataset,
        suite=suite.name,
        rows=scene.rows,
        observations=tuple(observe(one, outcomes.get(place), scene) for place, one in enumerate(expectations)),
        outcomes=tuple((one, outcomes.get(place)) for place, one in enumerate(expectations)),
    )


def _import_library(suite: Path) -> Any:
    """Great Expectations, with analytics off before its import and its own warnings kept from the user."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import great_expectations
    except ImportError:
        raise ConfigError(
            f"{suite}: needs Great Expectations, which is not installed; run {install('great-expectations', 'pandas')}."
        ) from None
    # This logger lowers its own level to tell of every temporary folder; what is told is for the command line to set.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.NOTSET)
    return great_expectations
