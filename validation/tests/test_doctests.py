"""The examples in docstrings are tests: every module of the library is imported and its examples are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import mlgate

MODULES = sorted(info.name for info in pkgutil.walk_packages(mlgate.__path__, "mlgate."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples are wrong"


def test_there_are_examples_at_all() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(len(test.examples) for module in modules for test in finder.find(module)) > 30
