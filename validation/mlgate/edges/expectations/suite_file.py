"""A suite file of Great Expectations, read and checked: every mistake in it is told before any data is touched.

Separate from ``data_suite.py``, which runs what is read here. A suite file holds what Great Expectations itself
stores, a list of ``{"type": …, "kwargs": …, "meta": …}``; ``meta`` may hold ``name`` (the last part of the finding's
id) and ``title`` (its sentence).
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from mlgate.edges.expectations.suite_kinds import columns_of, mentioned
from mlgate.edges.expectations.suite_without import LISTS, leave_out
from mlgate.errors import ConfigError, nearest
from mlgate.frozen import dataclass
from mlgate.records.words import Section

__all__ = ["Expectation", "listed", "one_line", "plain", "read_entries", "read_suite", "short_name"]

#: Letters of a text value that a sentence shows.
LONGEST = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """One entry of a suite file."""

    type: str
    kwargs: Mapping[str, Any]
    id: str
    title: str
    #: columns that it reads; empty when it is about the table.
    columns: tuple[str, ...]
    #: whether it is about a private column, so that only "met" or "not met" may be told.
    hidden: bool = False


def read_suite(
    path: Path, *, dataset: str, private: Collection[str] = (), without: Collection[str] = ()
) -> tuple[Expectation, ...]:
    """The expectations of one suite file, each built once by Great Expectations, which must be importable.

    Parameters
    ----------
    path
        The suite file.
    dataset
        Name of the data set; it stands in every id.
    private
        Columns whose values never stand in a title or a message, not even as a bound.
    without
        Columns that this data set does not have although the suite is about them (``suite_without.py``).

    Raises
    ------
    ConfigError
        The file is missing, is not JSON, or holds an expectation that does not exist or has wrong arguments.
    """
    entries = leave_out(read_entries(path, dataset=dataset), without, where=str(path))
    expectations = tuple(
        _read_expectation(entry, f"{path}: expectation {place}", dataset, frozenset(private))
        for place, entry in enumerate(entries, 1)
    )
    seen: set[str] = set()
    for one in expectations:
        if one.id in seen:
            raise ConfigError(f'{path}: two expectations have the id {one.id}; give one of them "meta": {{"name": …}}.')
        seen.add(one.id)
    return expectations


def read_entries(path: Path, *, dataset: str) -> list[Any]:
    """The entries of one suite file as they stand there, before the library has seen them.

    Raises
    ------
    ConfigError
        The file is missing, is not JSON, or holds no list of expectations.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: _object(pairs, path))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such suite file; correct data.{dataset}.suite, or draft one "
            "with `mlgate data --infer FILE`."
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path}: cannot be read ({problem}); a suite is a JSON file in UTF-8.") from None
    except json.JSONDecodeError as problem:
        raise ConfigError(f"{path}:{problem.lineno}: is not valid JSON ({problem.msg}); correct this line.") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply to be a suite; write a list of expectations.") from None
    entries = content.get("expectations") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f'{path}: holds no expectations; write them as a list under the key "expectations".')
    return entries


def _object(pairs: list[tuple[str, Any]], path: Path) -> dict[str, Any]:
    """One object of the file; of a key that stands there twice, JSON would silently keep the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ConfigError(f'{path}: the key "{double}" stands twice in one object; remove one of them.')
    return found


def _read_expectation(entry: Any, where: str, dataset: str, private: frozenset[str]) -> Expectation:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise ConfigError(f'{where}: must be an object with the keys "type" and "kwargs".')
    kind, kwargs, meta = entry["type"], entry.get("kwargs", {}), entry.get("meta") or {}
    if not isinstance(kwargs, dict) or not isinstance(meta, dict):
        raise ConfigError(f'{where}: "kwargs" and "meta" must be objects.')
    _check_lists(kind, kwargs, where)
    columns = columns_of(kind, kwargs)
    hidden = bool(private.intersection(columns) or mentioned(kwargs, private))
    _check_with_library(kind, kwargs, where, hidden)
    short = short_name(kind)
    subject = "+".join(columns) if columns else "table"
    # A person's own title is kept; what is made here of a private column holds no values.
    made = f"{subject}: {short.replace('_', ' ')}" if hidden else _sentence(kind, kwargs, columns)
    return Expectation(
        type=kind,
        kwargs=kwargs,
        id=f"{Section.DATA}/{dataset}/{subject}/{meta.get('name') or short}",
        title=str(meta.get("title") or made),
        columns=columns,
        hidden=hidden,
    )


def _check_lists(kind: str, kwargs: Mapping[str, Any], where: str) -> None:
    """A list of columns names each of them once."""
    for key in LISTS:
        names = kwargs.get(key)
        if isinstance(names, list) and all(isinstance(name, str) for name in names) and len(set(names)) < len(names):
            double = next(name for name in names if names.count(name) > 1)
            raise ConfigError(f"{where} ({kind}): {key} names the column {double!r} twice; remove one of them.")


def _check_with_library(kind: str, kwargs: Mapping[str, Any], where: str, hidden: bool) -> None:
    """Let the library build the expectation once, so that mistakes are told before any data is read."""
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    try:
        implementation = get_expectation_impl(kind)
    except ExpectationNotFoundError:
        known = list_registered_expectation_implementations()
        raise ConfigError(f'{where}: "{kind}" is not an expectation; {nearest(kind, known)}.') from None
    try:
        with warnings.catch_warnings():
            # That an argument is out of fashion in the library is no mistake of the user's.
            warnings.simplefilter("ignore")
            implementation(**kwargs)
    except (ValueError, TypeError) as problem:
        # The library's validation error is a ValueError with a list of what it found; only its first entry is told.
        fallback: dict[str, Any] = {"loc": (), "msg": str(problem)}
        found: dict[str, Any] = problem.errors()[0] if hasattr(problem, "errors") else fallback
        key = ".".join(str(part) for part in found["loc"] if part != "__root__")
        told = "is not legal" if hidden else one_line(found["msg"])
        raise ConfigError(f'{where} ({kind}): {f"{key}: " if key else ""}{told}; correct its kwargs.') from None


def short_name(kind: str) -> str:
    """The part of an id that says what is expected.

    >>> short_name("expect_column_values_to_not_be_null"), short_name("expect_table_row_count_to_be_between")
    ('values_not_null', 'row_count_between')
    """
    short = re.sub(r"^expect_(column_pair|compound_columns|multicolumn|select_column|column|table)?_?", "", kind)
    return re.sub(r"^to_", "", short.replace("_to_be_", "_").replace("_to_not_be_", "_not_").replace("_to_", "_"))


def _sentence(kind: str, kwargs: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    """The title of an expectation that brings none along."""
    column = " and ".join(columns)
    mostly = kwargs.get("mostly", 1)
    often = "" if mostly == 1 else f" in at least {100 * mostly:g} % of the rows that have it"
    between = _between(kwargs)
    known = {
        "expect_column_to_exist": f"the column {column} exists",
        "expect_column_values_to_be_between": f"{column} is {between}{often}",
        "expect_column_values_to_be_in_set": f"{column} is {listed(kwargs.get('value_set'), 'or')}{often}",
        "expect_column_distinct_values_to_equal_set": (
            f"the values of {column} are exactly {listed(kwargs.get('value_set'))}"
        ),
        "expect_column_values_to_be_in_type_list": f"{column} is stored as {listed(kwargs.get('type_list'), 'or')}",
        "expect_column_values_to_be_of_type": f"{column} is stored as {kwargs.get('type_')}",
        "expect_column_values_to_be_unique": f"no value of {column} stands there twice",
        "expect_column_values_to_not_be_null": (
            f"{column} is never missing"
            if mostly == 1
            else f"{column} is missing in at most {100 * (1 - mostly):.3g} % of rows"
        ),
        "expect_table_row_count_to_be_between": f"the number of rows is {between}",
        "expect_table_columns_to_match_set": (
            f"the columns {'include' if kwargs.get('exact_match') is False else 'are exactly'} "
            f"the {len(kwargs.get('column_set') or ())} that are declared"
        ),
    }
    if kind in known:
        return known[kind]
    measured = re.fullmatch(r"expect_column_(\w+?)_to_be_between", kind)
    if measured and between:
        return f"the {measured[1].replace('_', ' ')} of {column} is {between}"
    words = short_name(kind).replace("_", " ")
    return f"{column or 'the table'}: {words}{often}"


def _between(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None and low == high:
        return plain(low)
    if low is not None and high is not None:
        return f"between {plain(low)} and {plain(high)}"
    if low is not None:
        return f"at least {plain(low)}"
    return f"at most {plain(high)}" if high is not None else ""


def listed(values: Any, word: str = "and") -> str:
    """A few values as people write them; long lists are cut.

    >>> listed([0, 1, 6]), listed([]), listed(range(12))
    ('0, 1 and 6', 'nothing', '0, 1, 2, 3, 4, 5, 6 and 5 more')
    """
    parts = [plain(value) for value in values or ()]
    if len(parts) > 8:
        parts = [*parts[:7], f"{len(parts) - 7} more"]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}" if parts else "nothing"


def plain(value: Any) -> str:
    """A value as text, numbers without noise digits, long texts cut.

    >>> plain(0.1 + 0.2), plain("a" * 200) == "a" * 39 + "…"
    ('0.3', True)
    """
    return f"{value:.10g}" if isinstance(value, float) else one_line(str(value), LONGEST)


def one_line(text: str, limit: int = 200) -> str:
    """Whitespace folded and cut, so that a message stays one clause."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= limit else line[: limit - 1] + "…"
