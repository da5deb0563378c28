"""Great Expectations, put to a table in pieces: what each expectation of a suite found, with counts added up.

Separate from ``data_suite.py``, which turns outcomes into observations: only here does the library see data.
Expectations about single rows get the table batch by batch, those about its shape get no rows, and only the rest gets
columns whole, one group of columns at a time (``suite_kinds.py`` says which). Texts are handed over as plain
Python texts, because the library does not know the text type of recent pandas versions.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.dataset

from mlgate.edges.expectations.suite_file import Expectation
from mlgate.edges.expectations.suite_kinds import Reach, mentioned, reach
from mlgate.frozen import dataclass

__all__ = ["COUNTS", "EXAMPLES", "Outcome", "Rows", "count_rows", "names_of_rows", "quiet", "validate"]

#: A table in memory, or files that are read piece by piece.
Rows: TypeAlias = pa.Table | pyarrow.dataset.Dataset

#: How many rows of those that do not meet an expectation are remembered: one more is, to tell that there are more.
EXAMPLES = 5

#: Cells of one batch: large enough that the library's own work per call does not count, small enough for any machine.
CELLS = 6_000_000

#: Tells whether a column holds texts, in any of their encodings.
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)

#: Keys of the library's results that are counts of rows.
COUNTS = ("element_count", "missing_count", "unexpected_count")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one expectation found."""

    success: bool
    #: counts and column-wide numbers, never values of single rows.
    result: Mapping[str, Any]
    #: places of the first few rows that do not meet it, counted from 0.
    places: tuple[int, ...] = ()
    #: the message of an exception inside the library.
    problem: str | None = None


def validate(rows: Rows, expectations: Mapping[int, Expectation], library: Any) -> dict[int, Outcome]:
    """The outcome of each expectation, by its place.

    Parameters
    ----------
    rows
        The data; all columns that the expectations are about exist.
    expectations
        The expectations by place.
    library
        The module ``great_expectations``.
    """
    if not expectations:
        return {}
    empty = _frame(rows.schema.empty_table())
    loose = [name for name, kind in zip(empty.columns, empty.dtypes) if kind == object]
    reaches = {place: reach(one.type, one.kwargs, loose=loose) for place, one in expectations.items()}

    def of(wanted: Reach) -> dict[int, Expectation]:
        return {place: one for place, one in expectations.items() if reaches[place] is wanted}

    with quiet(library):
        engine = _open(library)
        found = _once(engine, empty, of(Reach.SHAPE))
        found |= _once(engine, _only_index(rows) if of(Reach.SIZE) else None, of(Reach.SIZE))
        found |= _in_batches(engine, rows, of(Reach.ROWS))
        for columns, some in _grouped(of(Reach.WHOLE), rows).items():
            found |= _once(engine, _frame(_load(rows, columns)), some)
    return found


def count_rows(rows: Rows) -> int:
    """The number of rows, without loading them where the format tells it."""
    return int(rows.num_rows if isinstance(rows, pa.Table) else rows.count_rows())


def names_of_rows(rows: Rows, column: str, places: Sequence[int]) -> dict[int, Any]:
    """What a column holds at some places, by place."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    some = rows.select([column]).take(wanted) if isinstance(rows, pa.Table) else rows.take(wanted, columns=[column])
    return dict(zip(wanted, some.column(0).to_pylist()))


@contextmanager
def quiet(library: Any) -> Iterator[None]:
    """The library's warnings and logs kept from the user: they are about itself, or they quote values of the data."""
    logger = logging.getLogger(library.__name__)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _open(library: Any) -> Any:
    """The definition of a batch in a project of the library that lives in memory."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    project = library.get_context(mode="ephemeral")
    project.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = project.data_sources.add_pandas("table").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _once(engine: Any, frame: Any, expectations: Mapping[int, Expectation]) -> dict[int, Outcome]:
    """The library's outcomes on one frame, by place: it returns results in an order of its own."""
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.registry import get_expectation_impl

    if not expectations:
        return {}
    built = [get_expectation_impl(one.type)(**one.kwargs, meta={"place": place}) for place, one in expectations.items()]
    suite = ExpectationSuite(name="suite", expectations=built)
    wanted = {"result_format": "COMPLETE", "exclude_unexpected_values": True}
    results = engine.get_batch({"dataframe": frame}).validate(suite, result_format=wanted).results
    return {result.expectation_config.meta["place"]: _outcome(result) for result in results}


def _outcome(result: Any) -> Outcome:
    # Lists of what a column holds are values of rows; lists of what a table holds are names of columns.
    of_table = result.expectation_config.type.startswith("expect_table_")
    told = {
        key: value
        for key, value in result.result.items()
        if key in COUNTS or (key in ("observed_value", "details") and (of_table or not isinstance(value, (list, set))))
    }
    if not of_table:
        told.pop("details", None)
    places = result.result.get("unexpected_index_list") or ()
    return Outcome(
        success=bool(result.success),
        result=told,
        places=tuple(int(place) for place in places[: EXAMPLES + 1] if not isinstance(place, dict)),
        problem=_exception_of(result),
    )


def _exception_of(result: Any) -> str | None:
    """The message of an exception inside the library, which tells it in two shapes: flat, or one entry per metric."""
    info = result.exception_info
    entries = [info] if "raised_exception" in info else list(info.values())
    raised = [entry for entry in entries if entry.get("raised_exception")]
    return str(raised[0].get("exception_message")) if raised else None


def _in_batches(engine: Any, rows: Rows, expectations: Mapping[int, Expectation]) -> dict[int, Outcome]:
    """Outcomes of expectations about single rows, their counts added over batches."""
    if not expectations:
        return {}
    wanted = {name for one in expectations.values() for name in _needed(one, rows)}
    columns = [name for name in rows.schema.names if name in wanted]
    found: dict[int, Outcome] = {}
    start = 0
    for piece in _pieces(rows, columns, max(1_000, CELLS // max(1, len(columns)))):
        for place, outcome in _once(engine, _frame(piece, start), expectations).items():
            found[place] = _add(found[place], outcome, expectations[place]) if place in found else outcome
        start += piece.num_rows
    return found


def _add(first: Outcome, second: Outcome, one: Expectation) -> Outcome:
    """Two batches as one: counts added, success decided as the library decides it."""
    if first.problem or second.problem:
        return first if first.problem else second
    counts = {
        key: (first.result.get(key) or 0) + (second.result.get(key) or 0)
        for key in COUNTS
        if key in first.result or key in second.result
    }
    held = counts["element_count"] - counts.get("missing_count", 0)
    success = held == 0 or (float(held) - counts["unexpected_count"]) / held >= one.kwargs.get("mostly", 1)
    places = (*first.places, *second.places)[: EXAMPLES + 1]
    return Outcome(success=success, result={**first.result, **counts}, places=places)


def _needed(one: Expectation, rows: Rows) -> tuple[str, ...]:
    """Columns that must be loaded for an expectation; the whole table when it names none."""
    names = rows.schema.names
    wanted = {*one.columns, *mentioned(one.kwargs, names)} if one.columns else set(names)
    return tuple(name for name in names if name in wanted)


def _grouped(expectations: Mapping[int, Expectation], rows: Rows) -> dict[tuple[str, ...], dict[int, Expectation]]:
    """Expectations by the columns that they need, so that each column is loaded once and let go again."""
    groups: dict[tuple[str, ...], dict[int, Expectation]] = {}
    for place, one in expectations.items():
        groups.setdefault(_needed(one, rows), {})[place] = one
    return groups


def _load(rows: Rows, columns: Sequence[str]) -> pa.Table:
    return rows.select(list(columns)) if isinstance(rows, pa.Table) else rows.to_table(columns=list(columns))


def _pieces(rows: Rows, columns: Sequence[str], size: int) -> Iterator[pa.Table]:
    """The rows in order, in pieces of about ``size``; small row groups are put together."""
    if isinstance(rows, pa.Table):
        chosen = rows.select(list(columns))
        for start in range(0, max(1, rows.num_rows), size):
            yield chosen.slice(start, size)
        return
    held: list[pa.RecordBatch] = []
    for batch in _batches(rows, list(columns), size):
        held.append(batch)
        if sum(one.num_rows for one in held) >= size // 2:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _batches(rows: pyarrow.dataset.Dataset, columns: list[str], size: int) -> Iterator[pa.RecordBatch]:
    """Batches in order, one row group after the other: a scan of everything reads far ahead of a slow reader."""
    how = {"columns": columns, "batch_size": size, "batch_readahead": 1}
    if getattr(rows, "_scan_options", None):
        # A filter belongs to the whole and is unknown to its fragments.
        yield from rows.to_batches(**how, fragment_readahead=1)
        return
    for fragment in rows.get_fragments():
        groups = isinstance(fragment, pyarrow.dataset.ParquetFileFragment)
        for part in fragment.split_by_row_group() if groups else (fragment,):
            yield from part.to_batches(schema=rows.schema, **how)


def _only_index(rows: Rows) -> Any:
    """A frame without columns and with as many rows."""
    import pandas

    return pandas.DataFrame(index=pandas.RangeIndex(count_rows(rows)))


def _frame(table: pa.Table, start: int = 0) -> Any:
    """The table as the library wants it, its rows numbered from ``start``."""
    import pandas

    columns = {}
    for name, column in zip(table.column_names, table.columns):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if any(test(column.type) for test in TEXTS):
            columns[name] = pandas.Series(column.cast(pa.large_string()).to_numpy(), dtype=object)
        else:
            columns[name] = column.to_pandas()
    index = pandas.RangeIndex(start, start + table.num_rows)
    return pandas.DataFrame(columns).set_axis(index) if columns else pandas.DataFrame(index=index)
