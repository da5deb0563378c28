"""A property put to any legal row: rows are drawn, a failing one is made small, told, kept, and tried first next time.

Separate from ``strategies.py``, which says what is legal and knows neither tests nor files. The rows that are drawn are
the same in every run (no random seed, no database of Hypothesis), so that the gate does not change its mind by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlgate.errors import DataError
from mlgate.strategies import LegalColumn, as_frame, rows, unusual

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["hold_for_any_legal_row"]

#: Values that a sentence about a failing row shows.
SHOWN = 6


def hold_for_any_legal_row(
    holds: Callable[[pd.DataFrame], object],
    columns: Sequence[LegalColumn],
    *,
    saved: Path,
    test: str,
    private: Collection[str] = (),
    examples: int = 100,
    max_size: int = 10,
) -> None:
    """Put a property to rows that failed before, then to rows that are drawn.

    Parameters
    ----------
    holds
        Gets a frame of legal rows and raises when the property does not hold.
    columns
        What is legal; from ``mlgate.strategies.legal_columns``.
    saved
        File of the rows that failed before, JSON lines; a new one is added to it.
    test
        Under which name they stand there.
    private
        Columns whose values are not told.
    examples
        Frames that are drawn.
    max_size
        Rows of a frame.

    Raises
    ------
    AssertionError
        The property does not hold; the sentence tells the smallest row that was found and what happened.
    ConfigError
        Hypothesis is not installed.
    DataError
        The file of saved rows cannot be read.
    """
    for drawn in _saved(saved, test, columns):
        try:
            holds(drawn)
        except Exception as problem:
            raise AssertionError(
                f"fails again on {_told(drawn, columns, private)}: {_first_line(problem)}"
            ) from problem
    found = _smallest(holds, columns, examples=examples, max_size=max_size)
    if found is not None:
        smallest, why = found
        kept = _keep(saved, test, smallest, columns)
        told = f"fails on {_told(smallest, columns, private)}: {_first_line(why)}"
        raise AssertionError(f"{told} ({kept})") from why


def _smallest(
    holds: Callable[[pd.DataFrame], object], columns: Sequence[LegalColumn], *, examples: int, max_size: int
) -> tuple[pd.DataFrame, Exception] | None:
    """The smallest frame that Hypothesis finds to fail, and how; None when none fails."""
    strategy = rows(columns, max_size=max_size)
    from hypothesis import HealthCheck, given, settings

    last: list[tuple[pd.DataFrame, Exception]] = []

    @settings(
        database=None,
        derandomize=True,
        deadline=None,
        max_examples=examples,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(drawn=strategy)
    def hold(drawn: pd.DataFrame) -> None:
        try:
            holds(drawn)
        except Exception as problem:
            last[:] = [(drawn, problem)]
            raise

    try:
        hold()
    except Exception:
        # Hypothesis comes back to the smallest one at the end, so that it is the last that failed.
        if not last:
            raise
    return last[0] if last else None


def _told(drawn: pd.DataFrame, columns: Sequence[LegalColumn], private: Collection[str]) -> str:
    """A failing frame in words: what is not typical about its rows."""
    parts = []
    for place in range(len(drawn)):
        odd = unusual(drawn.iloc[place], columns, private=private)
        said = [f"{name} missing" if value is None else f"{name}={value!s:.40}" for name, value in odd.items()]
        more = f" and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
        parts.append("a typical row" + (f" with {', '.join(said[:SHOWN])}{more}" if said else ""))
    told = "; ".join(parts[:2])
    return told if len(parts) <= 2 else f"{len(parts)} rows, such as {told}"


def _first_line(problem: Exception) -> str:
    lines = str(problem).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(problem).__name__


def _saved(path: Path, test: str, columns: Sequence[LegalColumn]) -> Iterator[pd.DataFrame]:
    for case in _cases(path):
        if case["test"] == test:
            # A column that is newer than the case has its typical value.
            yield as_frame(columns, [[row.get(one.name, one.typical) for one in columns] for row in case["rows"]])


def _cases(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            case = json.loads(line)
            assert isinstance(case["test"], str) and isinstance(case["rows"], list)
        except (ValueError, KeyError, TypeError, AssertionError):
            raise DataError(f"{path}:{number}: is no saved row; remove the line.") from None
        found.append(case)
    return found


def _keep(path: Path, test: str, drawn: pd.DataFrame, columns: Sequence[LegalColumn]) -> str:
    """Add a frame to the file; what became of it."""
    kept = [{one.name: _plain(row[one.name], one) for one in columns} for _, row in drawn.iterrows()]
    case = {"test": test, "rows": kept}
    try:
        if case not in _cases(path):
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(case, ensure_ascii=False) + "\n")
    except OSError as problem:
        return f"not kept in {path.name}, {problem.strerror}"
    return f"kept in {path.name}"


def _plain(value: Any, column: LegalColumn) -> Any:
    """A cell as JSON has it."""
    if value is None or value != value:
        return None
    if column.kind == "time":
        return int(value.as_unit("ns").value)
    if column.kind == "whole":
        return int(value)
    return value.item() if hasattr(value, "item") else value
