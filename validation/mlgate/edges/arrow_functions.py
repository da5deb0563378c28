"""The functions of Arrow that reading predictions needs, called by name.

``pyarrow.compute``, which the methods of arrays and tables import too, writes the documentation of three hundred
functions when it is imported: a tenth of the time that a check of 10,000 rows takes. They are Arrow's own, the very
same; should a version of pyarrow keep them elsewhere, they are imported in the ordinary way.
"""

from __future__ import annotations

import importlib
from typing import Any

import pyarrow as pa

__all__ = [
    "cast",
    "dictionary_encode",
    "is_null",
    "is_valid",
    "min_max",
    "replace_in_texts",
    "run_end_decode",
    "take",
    "unique",
]


def _functions() -> Any:
    """Where ``call_function`` and its options live."""
    try:
        found = importlib.import_module("pyarrow._compute")
    except ImportError:
        return importlib.import_module("pyarrow.compute")
    needed = ("CastOptions", "DictionaryEncodeOptions", "ReplaceSubstringOptions", "TakeOptions", "call_function")
    return found if all(hasattr(found, name) for name in needed) else importlib.import_module("pyarrow.compute")


_arrow = _functions()


def cast(values: Any, kind: pa.DataType, *, safe: bool = True) -> Any:
    """Values in another type; where that loses something it is an error, unless ``safe`` is false.

    >>> cast(pa.array([1, 2]), pa.float64()).to_pylist()
    [1.0, 2.0]
    """
    options = _arrow.CastOptions.safe(kind) if safe else _arrow.CastOptions.unsafe(kind)
    return _arrow.call_function("cast", [values], options)


def take(values: Any, places: pa.Array) -> Any:
    """Some rows of an array, a column or a table.

    >>> take(pa.array(["a", "b"]), pa.array([1, 1])).to_pylist()
    ['b', 'b']
    """
    return _arrow.call_function("take", [values, places], _arrow.TakeOptions(boundscheck=True))


def unique(values: Any) -> pa.Array:
    """Distinct values, null among them, in the order in which they come."""
    return _arrow.call_function("unique", [values])


def dictionary_encode(values: Any, *, null_encoding: str = "mask") -> Any:
    """Values as codes into a dictionary; with ``encode``, null is in the dictionary."""
    return _arrow.call_function("dictionary_encode", [values], _arrow.DictionaryEncodeOptions(null_encoding))


def is_null(values: Any) -> Any:
    """Where nothing is held."""
    return _arrow.call_function("is_null", [values])


def is_valid(values: Any) -> Any:
    """Where something is held."""
    return _arrow.call_function("is_valid", [values])


def min_max(values: Any) -> pa.StructScalar:
    """The least and the largest value; null where there is none."""
    return _arrow.call_function("min_max", [values])


def replace_in_texts(values: Any, pattern: str, replacement: str) -> Any:
    """Texts in which whatever a regular expression (RE2) finds is replaced.

    >>> replace_in_texts(pa.array(["a1", "b"]), "[0-9]+$", "!").to_pylist()
    ['a!', 'b']
    """
    options = _arrow.ReplaceSubstringOptions(pattern, replacement)
    return _arrow.call_function("replace_substring_regex", [values], options)


def run_end_decode(values: Any) -> Any:
    """A column of runs, written out."""
    return _arrow.call_function("run_end_decode", [values])
