"""Versions of installed packages are those that Python's own reader finds."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from mlgate.commands.common.writing import _PACKAGES
from mlgate.edges.versions import versions_of


def test_versions_are_those_that_python_finds() -> None:
    expected = []
    for package in (*_PACKAGES, "mlgate", "pytest", "ruamel.yaml"):
        try:
            expected.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            continue
    assert versions_of([*_PACKAGES, "mlgate", "pytest", "ruamel.yaml"]) == tuple(expected)
    assert dict(expected)["numpy"], "a test that compares nothing"


def test_a_package_that_is_not_installed_is_left_out() -> None:
    assert versions_of(["numpy", "no-such-package-at-all"])[0][0] == "numpy"
    assert len(versions_of(["numpy", "no-such-package-at-all"])) == 1


@pytest.mark.parametrize("end, name", [(".dist-info", "METADATA"), (".egg-info", "PKG-INFO")])
def test_the_first_folder_counts_and_names_are_compared_in_one_spelling(tmp_path: Path, end: str, name: str) -> None:
    for folder, version in (("first", "1.5+local"), ("second", "2.0")):
        info = tmp_path / folder / f"Scikit_Learn-{version}{end}"
        info.mkdir(parents=True)
        (info / name).write_text(f"Metadata-Version: 2.1\nName: scikit-learn\nVersion: {version}\n\nVersion: 9\n")
    path = [str(tmp_path / folder) for folder in ("missing", "first", "second")]
    assert versions_of(["scikit.learn"], path=path) == (("scikit.learn", "1.5+local"),)


def test_a_folder_that_says_nothing_of_its_version_is_passed_over(tmp_path: Path) -> None:
    for folder, text in (("first", "Name: broken\n"), ("second", "Version: 3\n")):
        info = tmp_path / folder / "broken-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(text)
    (tmp_path / "third" / "broken-2.dist-info").mkdir(parents=True)
    path = [str(tmp_path / folder) for folder in ("third", "first", "second")]
    assert versions_of(["broken"], path=path) == (("broken", "3"),)
