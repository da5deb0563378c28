"""Arrow's functions called by name give what its own Python functions give, wherever they live."""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from mlgate.edges import arrow_functions as ours

TEXTS = pa.chunked_array([["a1", None, "b"], ["a1", "c22"]])
NUMBERS = pa.chunked_array([[3, None], [1, 2, 3]])
TABLE = pa.table({"x": NUMBERS, "y": TEXTS})
PLACES = pa.array([4, 0])


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (lambda: ours.cast(NUMBERS, pa.float64()), lambda: NUMBERS.cast(pa.float64())),
        (lambda: ours.cast(pa.array([1.5]), pa.int64(), safe=False), lambda: pa.array([1.5]).cast(pa.int64(), False)),
        (lambda: ours.take(TABLE, PLACES), lambda: TABLE.take(PLACES)),
        (lambda: ours.take(TEXTS, PLACES), lambda: TEXTS.take(PLACES)),
        (lambda: ours.unique(TEXTS), lambda: pc.unique(TEXTS)),
        (lambda: ours.dictionary_encode(TEXTS), lambda: pc.dictionary_encode(TEXTS)),
        (
            lambda: ours.dictionary_encode(TEXTS, null_encoding="encode"),
            lambda: pc.dictionary_encode(TEXTS, null_encoding="encode"),
        ),
        (lambda: ours.is_null(TEXTS), lambda: pc.is_null(TEXTS)),
        (lambda: ours.is_valid(TEXTS), lambda: pc.is_valid(TEXTS)),
        (lambda: ours.min_max(NUMBERS), lambda: pc.min_max(NUMBERS)),
        (
            lambda: ours.replace_in_texts(TEXTS, "[0-9]+$", ""),
            lambda: pc.replace_substring_regex(TEXTS, "[0-9]+$", ""),
        ),
        (
            lambda: ours.run_end_decode(pc.run_end_encode(pa.array([1, 1, 2]))),
            lambda: pa.array([1, 1, 2]),
        ),
    ],
)
def test_functions_called_by_name_give_what_those_of_pyarrow_give(
    mine: Callable[[], Any], theirs: Callable[[], Any]
) -> None:
    assert mine().equals(theirs())


def test_what_a_cast_would_lose_and_rows_that_are_not_there_are_errors() -> None:
    with pytest.raises(pa.ArrowInvalid):
        ours.cast(pa.array([1.5]), pa.int64())
    with pytest.raises(pa.ArrowIndexError):
        ours.take(TEXTS, pa.array([5]))


@pytest.mark.parametrize("found", [None, types.ModuleType("pyarrow._compute")])
def test_a_pyarrow_that_keeps_them_elsewhere_is_imported_in_the_ordinary_way(
    found: types.ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported(name: str) -> types.ModuleType:
        if name != "pyarrow._compute":
            return real(name)
        if found is None:
            raise ImportError(name)
        return found

    real = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", imported)
    assert ours._functions() is pc
