"""Errors that users see: one tree, and sentences that name the nearest valid word."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

import mlgate
import mlgate.errors
from mlgate.errors import ConfigError, DataError, MlgateError, ModelError, RegistryError, ServiceError, install, nearest


@pytest.mark.parametrize("kind", [ConfigError, DataError, ModelError, RegistryError, ServiceError])
def test_every_error_is_one_that_the_command_line_turns_into_exit_2(kind: type[MlgateError]) -> None:
    assert issubclass(kind, MlgateError)
    assert kind.__doc__ and kind.__name__ in (mlgate.errors.__doc__ or ""), "the tree in the docstring is whole"


def test_a_model_error_says_whose_fault_it_was() -> None:
    problem = ModelError("the model died", role="challenger")
    assert (str(problem), problem.role) == ("the model died", "challenger")


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("recal", ["recall", "precision"], 'did you mean "recall"?'),
        ("xyz", ["b", "a"], "known are: a, b"),
        ("xyz", (name for name in ("b", "a")), "known are: a, b"),
        ("", ["a"], "known are: a"),
    ],
)
def test_the_nearest_word_is_named_or_all_are(word: str, known: list[str], expected: str) -> None:
    assert nearest(word, known) == expected


def test_a_hint_names_packages_with_the_versions_of_our_metadata_and_no_extra_of_ours() -> None:
    assert install("great-expectations", "dvc") == "pip install 'great-expectations<2,>=1.6' dvc"
    assert install("psycopg") == "pip install 'psycopg[binary]>=3.2'"
    assert install("Scikit_Learn") == "pip install 'scikit-learn>=1.6'"


def test_a_hint_without_metadata_names_the_packages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", unknown)
    assert install("mlflow", "pandas") == "pip install mlflow pandas"


def test_every_hint_of_the_library_is_made_in_one_place() -> None:
    root = Path(mlgate.__file__).parent
    found = {
        path.name: line.strip()
        for path in root.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"pip install\b|mlgate\[", line) and path.name != "errors.py"
    }
    assert found == {}, "say it with mlgate.errors.install"
