"""Data suites: a readable JSON file of Great Expectations, run on one table, told as observations.

Separate from the engine because Great Expectations is a heavy library, which only this file and ``edges/suite_file.py``
know. The suite runs in memory, with no project folder, no network, and no analytics.

Observations never hold values of single rows: they hold counts, shares, column-wide numbers and the ids of a few rows,
and of private columns only whether the expectation was met.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlgate.edges.suite_file import Expectation, listed, one_line, plain, read_suite
from mlgate.errors import ConfigError
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section

__all__ = ["run_suite"]

logger = logging.getLogger(__name__)

#: How many row ids a reason names.
EXAMPLES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scene:
    """What every observation of one suite shares."""

    table: pa.Table
    dataset: str
    level: Level
    private: frozenset[str]
    id_column: str | None


def run_suite(
    table: pa.Table,
    *,
    suite: Path,
    dataset: str,
    level: Level,
    id_column: str | None = None,
    private: Collection[str] = (),
) -> tuple[Observation, ...]:
    """What the expectations of one suite file saw in a table, one observation each, in the order of the file.

    Parameters
    ----------
    table
        The data, n rows.
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

    Raises
    ------
    ConfigError
        The suite file is missing or is not valid, or Great Expectations is not installed.
    """
    library = _import_library(suite)
    expectations = read_suite(suite, dataset=dataset)
    scene = _Scene(table=table, dataset=dataset, level=level, private=frozenset(private), id_column=id_column)
    runnable = {place: one for place, one in enumerate(expectations) if not _absent(one, table)}
    try:
        results = _validate(table, runnable, library)
    except Exception as problem:  # whatever broke inside the library, it must block and must not be a pass
        logger.exception("the suite %s broke down on %s", suite, dataset)
        return (_crash_of_suite(scene, suite, problem),)
    return tuple(_observe(one, results.get(place), scene) for place, one in enumerate(expectations))


def _import_library(suite: Path) -> Any:
    """Great Expectations, with analytics off before its import and its own warnings kept from the user."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import great_expectations
    except ImportError:
        raise ConfigError(f'{suite}: needs Great Expectations; install it with "pip install mlgate[data]".') from None
    # This logger lowers its own level to tell of every temporary folder; what is told is for the command line to set.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.NOTSET)
    return great_expectations


def _absent(one: Expectation, table: pa.Table) -> tuple[str, ...]:
    """Columns that the expectation reads and the table lacks; asking for existence is left to the library."""
    if one.type == "expect_column_to_exist":
        return ()
    return tuple(column for column in one.columns if column not in table.column_names)


def _validate(table: pa.Table, expectations: Mapping[int, Expectation], library: Any) -> dict[int, Any]:
    """The library's result for each expectation, by place: the library returns them in an order of its own."""
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.registry import get_expectation_impl

    if not expectations:
        return {}
    with warnings.catch_warnings():
        # The library's warnings about itself are not the user's; where warnings are errors they must not crash checks.
        warnings.simplefilter("ignore")
        project = library.get_context(mode="ephemeral")
        project.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = project.data_sources.add_pandas("table").add_dataframe_asset("rows")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table.to_pandas()})
        suite = library.ExpectationSuite(
            name="suite",
            expectations=[
                get_expectation_impl(one.type)(**one.kwargs, meta={"place": place})
                for place, one in expectations.items()
            ],
        )
        wanted = {"result_format": "COMPLETE", "exclude_unexpected_values": True}
        outcome = batch.validate(suite, result_format=wanted)
    return {result.expectation_config.meta["place"]: result for result in outcome.results}


def _observe(one: Expectation, result: Any, scene: _Scene) -> Observation:
    """One observation for one expectation, whatever came of it."""
    absent = _absent(one, scene.table)
    if absent:
        reason = f"the data has no column {absent[0]}"
        return _observation(one, scene, value=0.0, at_least=1.0, reason=reason)
    if result is None:
        return _observation(one, scene, reason="Great Expectations returned no result for it", crashed=True)
    told = not scene.private.intersection(one.columns)
    problem = _exception_of(result)
    if problem is not None:
        reason = f"the check broke down: {one_line(problem)}" if told else "the check broke down on a private column"
        return _observation(one, scene, reason=reason, crashed=True)
    if result.result.get("element_count") and result.result.get("missing_count") == result.result["element_count"]:
        return _observation(one, scene, reason=f"no row has a value in {' and '.join(one.columns)}", at_least=1.0)
    if not told:
        reason = f"{'met' if result.success else 'not met'}; details are withheld, since the column is private"
        return _observation(one, scene, value=float(result.success), at_least=1.0, reason=reason)
    if "unexpected_count" in result.result and "element_count" in result.result:
        return _count(one, result, scene)
    return _measure(one, result, scene)


def _exception_of(result: Any) -> str | None:
    """The message of an exception inside the library, which tells it in two shapes: flat, or one entry per metric."""
    info = result.exception_info
    entries = [info] if "raised_exception" in info else list(info.values())
    raised = [entry for entry in entries if entry.get("raised_exception")]
    return str(raised[0].get("exception_message")) if raised else None


def _count(one: Expectation, result: Any, scene: _Scene) -> Observation:
    """An expectation on every row: how many rows, or which share of them, do not meet it."""
    total = result.result["element_count"] - (result.result.get("missing_count") or 0)
    wrong = result.result["unexpected_count"]
    share = 1 - one.kwargs.get("mostly", 1)
    value, allowed = (float(wrong), 0.0) if share == 0 else (wrong / total if total else math.nan, round(share, 12))
    reason = f"{wrong:,} of {total:,} rows do not meet it"
    if share:
        reason += f" ({100 * wrong / max(total, 1):.2g} %, allowed are {100 * share:.3g} %)"
    if wrong:
        reason += _example_rows(result, scene)
    return _agreeing(one, result, scene, value=value, at_least=None, at_most=allowed, reason=reason)


def _example_rows(result: Any, scene: _Scene) -> str:
    """The ids of the first few rows that do not meet the expectation, if they may be named."""
    places = result.result.get("unexpected_index_list") or []
    places = [place for place in places if isinstance(place, int)][: EXAMPLES + 1]
    if not places or scene.id_column is None or scene.id_column in scene.private:
        return ""
    if scene.id_column not in scene.table.column_names:
        return ""
    names = [plain(scene.table.column(scene.id_column)[place].as_py()) for place in places]
    return f"; {scene.id_column} " + ", ".join(names[:EXAMPLES]) + (" …" if len(names) > EXAMPLES else "")


def _measure(one: Expectation, result: Any, scene: _Scene) -> Observation:
    """An expectation on a whole column or table: the observed number against its bounds, or met and not met."""
    observed = result.result.get("observed_value")
    low, high = one.kwargs.get("min_value"), one.kwargs.get("max_value")
    bounded = all(isinstance(bound, (int, float)) or bound is None for bound in (low, high)) and (low, high) != (
        None,
        None,
    )
    if bounded and observed is None:
        return _observation(one, scene, reason="nothing could be measured", at_least=1.0)
    if bounded and hasattr(observed, "__float__"):
        value = float(observed)
        reason = f"observed {plain(value)}"
        return _agreeing(one, result, scene, value=value, at_least=low, at_most=high, reason=reason)
    return _observation(one, scene, value=float(result.success), at_least=1.0, reason=_describe(observed, result))


def _describe(observed: Any, result: Any) -> str:
    mismatched = (result.result.get("details") or {}).get("mismatched") or {}
    parts = [
        f"{word}: {listed(mismatched[key])}"
        for word, key in (("missing", "missing"), ("not expected", "unexpected"))
        if mismatched.get(key)
    ]
    if parts:
        return "; ".join(parts)
    if isinstance(observed, (str, int, float)):
        return f"observed {plain(observed)}"
    wrong = result.result.get("unexpected_count")
    if wrong:
        return f"{wrong} {'value is' if wrong == 1 else 'values are'} not among those expected"
    return "met" if result.success else "not met"


def _agreeing(
    one: Expectation,
    result: Any,
    scene: _Scene,
    *,
    value: float,
    at_least: float | None,
    at_most: float | None,
    reason: str,
) -> Observation:
    """The number with its bounds, or met and not met where the library decides by more than these bounds.

    Strict bounds are such a case. So the verdict is always the library's, whichever form is shown.
    """
    within = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    if within == bool(result.success) and not math.isnan(value):
        return _observation(one, scene, value=value, at_least=at_least, at_most=at_most, reason=reason)
    return _observation(one, scene, value=float(result.success), at_least=1.0, reason=reason)


def _observation(
    one: Expectation,
    scene: _Scene,
    *,
    reason: str,
    value: float = math.nan,
    at_least: float | None = None,
    at_most: float | None = None,
    crashed: bool = False,
) -> Observation:
    return Observation(
        id=one.id,
        section=Section.DATA,
        title=one.title,
        level=scene.level,
        reason=f"{' and '.join(one.columns)}: {reason}" if one.columns else reason,
        dataset=scene.dataset,
        value=value,
        at_least=None if at_least is None else float(at_least),
        at_most=None if at_most is None else float(at_most),
        rows=scene.table.num_rows,
        crashed=crashed,
    )


def _crash_of_suite(scene: _Scene, suite: Path, problem: Exception) -> Observation:
    return Observation(
        id=f"{Section.DATA}/{scene.dataset}/suite",
        section=Section.DATA,
        title=f"the suite {suite.name} runs on {scene.dataset}",
        level=scene.level,
        # A message may quote values, so with private columns about only its kind is told.
        reason=f"Great Expectations broke down: {type(problem).__name__}"
        + ("" if scene.private else f": {one_line(str(problem))}"),
        dataset=scene.dataset,
        rows=scene.table.num_rows,
        crashed=True,
    )
