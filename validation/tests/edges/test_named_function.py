"""A function named in mlgate.yaml is found, or one sentence says which part of its name is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlgate.edges.named_function import named_function
from mlgate.errors import ConfigError


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that no other test imports."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"named_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("def rows():\n    return 3\nlimit = 3\n")
    (tmp_path / f"{name}_lacking.py").write_text("import nothing_of_that_name\n")
    return name


def test_a_function_is_found_by_its_name(module: str) -> None:
    assert named_function(f"{module}:rows", told="here", check="it")() == 3


def test_a_module_that_is_not_there_is_told_with_what_to_check(module: str) -> None:
    with pytest.raises(ConfigError, match=f"^here: there is no module '{module}x' beside mlgate.yaml.*; check it.$"):
        named_function(f"{module}x:rows", told="here", check="it")


@pytest.mark.parametrize("name", ["row", "limit"])
def test_what_is_no_function_of_the_module_is_told_with_those_that_are(module: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"^here: {module} has no function '{name}'; .*rows"):
        named_function(f"{module}:{name}", told="here", check="it")


def test_what_the_module_itself_lacks_is_not_taken_for_the_module(module: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        named_function(f"{module}_lacking:rows", told="here", check="it")
