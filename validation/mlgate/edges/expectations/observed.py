"""What came of an expectation, as an observation: a count, a share or a number against its bounds, or met and not met.

Observations never hold values of single rows: they hold counts, shares, column-wide numbers and the ids of a few rows,
and of private columns only whether the expectation was met. Separate from ``data_suite.py``, which runs the suite:
nothing here needs Great Expectations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, SupportsFloat

import pyarrow as pa

from mlgate.edges.expectations.suite_engine import EXAMPLES, Outcome
from mlgate.edges.expectations.suite_file import Expectation, listed, one_line, plain
from mlgate.frozen import dataclass
from mlgate.records.evidence import Observation
from mlgate.records.words import Level, Section

__all__ = ["Scene", "crash_of_suite", "observe", "obstacle"]

BROKEN_PRIVATE = "the check broke down on a private column"

#: Expectations that compare each value, or a number made of all values, with numbers.
COMPARE_NUMBERS = frozenset(
    f"expect_column_{what}_to_be_between" for what in ("values", "min", "max", "mean", "median", "sum", "stdev")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What every observation of one suite shares."""

    names: frozenset[str]
    rows: int
    dataset: str
    level: Level
    #: whether any column at all is private.
    guarded: bool
    id_column: str | None
    #: ids of example rows, by place.
    ids: Mapping[int, Any] = field(default_factory=dict)
    #: how each column is stored, by name.
    types: Mapping[str, pa.DataType] = field(default_factory=dict)


def obstacle(one: Expectation, scene: Scene) -> str:
    """Why an expectation fails before any value is looked at; empty when it can be put to the data.

    Asking for existence is left to the library. Numbers that are expected of texts would be a breakdown there.
    """
    if one.type == "expect_column_to_exist":
        return ""
    for column in one.columns:
        if column not in scene.names:
            return f"the data has no column {column}"
    bounds = [one.kwargs.get(key) for key in ("min_value", "max_value")]
    numbers = any(isinstance(bound, (int, float)) for bound in bounds) and one.type in COMPARE_NUMBERS
    stored = scene.types.get(one.columns[0]) if one.columns else None
    if numbers and stored is not None and not _holds_numbers(stored):
        return f"it holds no numbers, it is stored as {stored}"
    return ""


def _holds_numbers(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null)
    return any(test(inner) for test in tests)


def observe(one: Expectation, outcome: Outcome | None, scene: Scene) -> Observation:
    """One observation for one expectation, whatever came of it."""
    hindered = obstacle(one, scene)
    if hindered:
        return _observation(one, scene, value=0.0, at_least=1.0, reason=hindered)
    if outcome is None:
        return _observation(one, scene, reason="Great Expectations returned no result for it", crashed=True)
    told = not one.hidden
    if outcome.problem is not None:
        reason = f"the check broke down: {one_line(outcome.problem)}" if told else BROKEN_PRIVATE
        return _observation(one, scene, reason=reason, crashed=True)
    counted = outcome.result.get("element_count")
    if counted and outcome.result.get("missing_count") == counted:
        return _observation(one, scene, reason=f"no row has a value in {' and '.join(one.columns)}", at_least=1.0)
    if not told:
        reason = f"{'met' if outcome.success else 'not met'}; details are withheld, since the column is private"
        return _observation(one, scene, value=float(outcome.success), at_least=1.0, reason=reason)
    if "unexpected_count" in outcome.result and "element_count" in outcome.result:
        return _count(one, outcome, scene)
    return _measure(one, outcome, scene)


def _count(one: Expectation, result: Outcome, scene: Scene) -> Observation:
    """An expectation on every row: how many rows, or which share of them, do not meet it."""
    total = result.result["element_count"] - (result.result.get("missing_count") or 0)
    wrong = result.result["unexpected_count"]
    share = 1 - one.kwargs.get("mostly", 1)
    value, allowed = (float(wrong), 0.0) if share == 0 else (wrong / total if total else math.nan, round(share, 12))
    reason = f"{wrong:,} of {total:,} rows do not meet it"
    if share:
        reason += f" ({100 * wrong / max(total, 1):.2g} %, allowed are {100 * share:.3g} %)"
    examples = _example_rows(result, scene) if wrong else ""
    seen = _agreeing(one, result, scene, value=value, at_least=None, at_most=allowed, reason=reason)
    return replace(seen, examples=examples)


def _example_rows(result: Outcome, scene: Scene) -> str:
    """The ids of the first few rows that do not meet the expectation, if they may be named."""
    names = [plain(scene.ids[place]) for place in result.places if place in scene.ids]
    if not names:
        return ""
    return f"{scene.id_column} " + ", ".join(names[:EXAMPLES]) + (" …" if len(names) > EXAMPLES else "")


def _measure(one: Expectation, result: Outcome, scene: Scene) -> Observation:
    """An expectation on a whole column or table: the observed number against its bounds, or met and not met."""
    observed = result.result.get("observed_value")
    low, high = one.kwargs.get("min_value"), one.kwargs.get("max_value")
    bounded = all(isinstance(bound, (int, float)) or bound is None for bound in (low, high)) and (low, high) != (
        None,
        None,
    )
    if bounded and observed is None:
        return _observation(one, scene, reason="nothing could be measured", at_least=1.0)
    if bounded and isinstance(observed, SupportsFloat):
        value = float(observed)
        reason = f"observed {plain(value)}"
        return _agreeing(one, result, scene, value=value, at_least=low, at_most=high, reason=reason)
    return _observation(one, scene, value=float(result.success), at_least=1.0, reason=_describe(observed, result))


def _describe(observed: Any, result: Outcome) -> str:
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
    result: Outcome,
    scene: Scene,
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
    scene: Scene,
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
        rows=scene.rows,
        crashed=crashed,
    )


def crash_of_suite(scene: Scene, suite: str, problem: Exception) -> Observation:
    """The one observation of a suite that broke down as a whole."""
    return Observation(
        id=f"{Section.DATA}/{scene.dataset}/suite",
        section=Section.DATA,
        title=f"the suite {suite} runs on {scene.dataset}",
        level=scene.level,
        # A message may quote values, so with private columns about only its kind is told.
        reason=f"Great Expectations broke down: {type(problem).__name__}"
        + ("" if scene.guarded else f": {one_line(str(problem))}"),
        dataset=scene.dataset,
        rows=scene.rows,
        crashed=True,
    )
